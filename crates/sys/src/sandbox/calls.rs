//! seccomp: which system calls are answered by an error.
//!
//! All is allowed but what is listed here. A call in the way of another architecture's programs ends the process.

use crate::error::{Error, Result};
use crate::process;
use libc::{EACCES, ENOSYS, EPERM, c_long};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter, apply_filter_all_threads,
};
use std::collections::BTreeMap;

/// What is taken from a process, beside what `ALWAYS` takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Making sockets, of any family (`EACCES`). Pairs that are connected to each other are no way out and stay.
    pub network: bool,
    /// Executing programs and making processes (`EPERM`). Threads stay.
    pub programs: bool,
    /// Signals to other processes, and their resource limits (`EPERM`); sound only together with `programs`, as children
    /// would be told apart from others by nothing.
    pub signals: bool,
}

/// Whom it holds for, together with all that they start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The calling thread.
    Thread,
    /// All threads.
    Process,
}

/// Ways around any confinement: into other processes, into the kernel, out of the file system (`EPERM`).
const ALWAYS: &[c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_chroot,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
];

/// io_uring makes sockets and opens files past any filter.
const RINGS: &[c_long] = &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// `F_SETOWN` and `F_SETOWN_EX`: a descriptor that is ready can send any signal to its owner.
const OWNER_COMMANDS: [u64; 2] = [8, 15];
/// `FIOSETOWN` and `SIOCSPGRP`: the same.
const OWNER_REQUESTS: [u64; 2] = [0x8901, 0x8902];

/// By the error that answers, the calls and when they are meant.
#[derive(Default)]
struct Refusals(BTreeMap<i32, BTreeMap<i64, Vec<SeccompRule>>>);

impl Refusals {
    fn of(calls: Calls) -> seccompiler::Result<Refusals> {
        let mut refusals = Refusals::default();
        refusals.all(EPERM, ALWAYS);
        refusals.all(ENOSYS, RINGS);
        if calls.network {
            refusals.all(EACCES, &[libc::SYS_socket]);
        }
        if calls.programs {
            refusals.all(EPERM, &[libc::SYS_execve, libc::SYS_execveat]);
            #[cfg(target_arch = "x86_64")]
            refusals.all(EPERM, &[libc::SYS_fork, libc::SYS_vfork]);
            let thread = libc::CLONE_THREAD as u64;
            refusals.when(EPERM, libc::SYS_clone, &[(0, SeccompCmpOp::MaskedEq(thread), 0)])?;
            // Its flags are in memory, which no filter reads; the C library then makes threads by `clone`.
            refusals.all(ENOSYS, &[libc::SYS_clone3]);
        }
        if calls.signals {
            refusals.all(EPERM, &[libc::SYS_pidfd_send_signal]);
            let own = u64::from(process::id());
            // The group that it leads is its own as well; any other it may have joined.
            let group = u64::from(process::id().wrapping_neg());
            refusals.when(
                EPERM,
                libc::SYS_kill,
                &[(0, SeccompCmpOp::Ne, own), (0, SeccompCmpOp::Ne, group)],
            )?;
            for call in
                [libc::SYS_tkill, libc::SYS_tgkill, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo]
            {
                refusals.when(EPERM, call, &[(0, SeccompCmpOp::Ne, own)])?;
            }
            refusals.when(
                EPERM,
                libc::SYS_prlimit64,
                &[(0, SeccompCmpOp::Ne, 0), (0, SeccompCmpOp::Ne, own)],
            )?;
            for command in OWNER_COMMANDS {
                refusals.when(EPERM, libc::SYS_fcntl, &[(1, SeccompCmpOp::Eq, command)])?;
            }
            for request in OWNER_REQUESTS {
                refusals.when(EPERM, libc::SYS_ioctl, &[(1, SeccompCmpOp::Eq, request)])?;
            }
        }
        Ok(refusals)
    }

    fn all(&mut self, errno: i32, calls: &[c_long]) {
        // No rule: whatever the arguments are.
        let rules = self.0.entry(errno).or_default();
        rules.extend(calls.iter().map(|&call| (call, Vec::new())));
    }

    /// When all of the conditions hold (argument, comparison, value; 32 bits each).
    fn when(
        &mut self,
        errno: i32,
        call: c_long,
        conditions: &[(u8, SeccompCmpOp, u64)],
    ) -> seccompiler::Result<()> {
        let conditions = conditions.iter().map(|(argument, comparison, value)| {
            SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, comparison.clone(), *value)
        });
        let rule = SeccompRule::new(conditions.collect::<std::result::Result<_, _>>()?)?;
        self.0.entry(errno).or_default().entry(call).or_default().push(rule);
        Ok(())
    }

    fn programs(self) -> seccompiler::Result<Vec<BpfProgram>> {
        let target = std::env::consts::ARCH.try_into()?;
        let program = |(errno, rules): (i32, _)| {
            let answer = SeccompAction::Errno(errno.cast_unsigned());
            let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, target)?;
            Ok(without_second_numbers(filter.try_into()?))
        };
        self.0.into_iter().map(program).collect()
    }
}

/// On x86-64 every call may have a second number (the x32 ABI), by which a filter that lists calls would be passed: those
/// are not there any more (`ENOSYS`).
fn without_second_numbers(program: BpfProgram) -> BpfProgram {
    #[cfg(target_arch = "x86_64")]
    {
        use seccompiler::sock_filter;
        /// `BPF_LD | BPF_W | BPF_ABS`, `BPF_JMP | BPF_JSET | BPF_K`, `BPF_RET | BPF_K`.
        const CODES: [u16; 3] = [0x20, 0x45, 0x06];
        let [load, test, answer] = CODES;
        const SECOND: u32 = 0x4000_0000;
        const ANSWER: u32 = 0x0005_0000 | ENOSYS.cast_unsigned();
        let instruction = |code, jt, jf, k| sock_filter { code, jt, jf, k };
        // The number is the first word. Jumps are relative, so what follows may be moved.
        let mut whole = vec![instruction(load, 0, 0, 0)];
        whole.push(instruction(test, 0, 1, SECOND));
        whole.push(instruction(answer, 0, 0, ANSWER));
        whole.extend(program);
        whole
    }
    #[cfg(not(target_arch = "x86_64"))]
    program
}

/// Takes the calls away, and the way to new privileges. It cannot be undone.
///
/// # Errors
/// The errno of `seccomp`; `ESRCH` if a thread stands in the way, which then has a filter of its own.
pub fn confine_calls(calls: Calls, reach: Reach) -> Result<()> {
    let apply = match reach {
        Reach::Thread => apply_filter,
        Reach::Process => apply_filter_all_threads,
    };
    let programs = Refusals::of(calls).and_then(Refusals::programs).map_err(refused)?;
    programs.iter().try_for_each(|program| apply(program)).map_err(refused)
}

/// Takes io_uring, and the way to new privileges, from the calling thread and what it starts.
///
/// # Errors
/// The errno of `seccomp`.
pub fn forbid_rings() -> Result<()> {
    let mut refusals = Refusals::default();
    refusals.all(ENOSYS, RINGS);
    let programs = refusals.programs().map_err(refused)?;
    programs.iter().try_for_each(|program| apply_filter(program)).map_err(refused)
}

fn refused(error: seccompiler::Error) -> Error {
    use seccompiler::Error::{Prctl, Seccomp, ThreadSync};
    match error {
        Prctl(error) => Error::from_io("prctl(PR_SET_NO_NEW_PRIVS)", &error),
        Seccomp(error) => Error::from_io("seccomp", &error),
        ThreadSync(_) => Error::new("seccomp", libc::ESRCH),
        _ => Error::new("seccomp", libc::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spawn::apart;
    use std::net::UdpSocket;
    use std::process::Command;

    #[test]
    fn calls_are_refused_and_threads_are_not() {
        let all = Calls { network: true, programs: true, signals: true };
        let errno = |error: std::io::Error| error.raw_os_error();
        let (socket, program, signal) = apart(|| {
            confine_calls(all, Reach::Thread)?;
            let socket = UdpSocket::bind("127.0.0.1:0").map(drop).map_err(errno);
            let program = Command::new("/bin/true").spawn().map(drop).map_err(errno);
            let parent = nix::unistd::getppid();
            let own = nix::sys::signal::kill(nix::unistd::getpid(), None);
            let signal = (nix::sys::signal::kill(parent, None), own);
            assert_eq!(apart(|| 7)?, 7);
            Ok::<_, Error>((socket, program, signal))
        })
        .unwrap()
        .unwrap();
        assert_eq!(socket, Err(Some(EACCES)));
        assert_eq!(program, Err(Some(EPERM)));
        assert_eq!(signal, (Err(nix::errno::Errno::EPERM), Ok(())));
        assert!(UdpSocket::bind("127.0.0.1:0").is_ok());
    }
}
