//! For tests: a kernel that refuses something.

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// What `act` returns on a thread to which the kernel answers a call with `errno`.
pub(crate) fn refusing<T: Send>(call: i64, errno: i32, act: impl FnOnce() -> T + Send) -> T {
    let rules = [(call, Vec::new())].into_iter().collect();
    let target = std::env::consts::ARCH.try_into().unwrap();
    let refusal = SeccompAction::Errno(errno.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refusal, target).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    hatchery_sys::apart(|| {
        apply_filter(&program).unwrap();
        act()
    })
    .unwrap()
}
