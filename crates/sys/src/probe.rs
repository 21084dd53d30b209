//! What the kernel, and whatever confines this process, allow: found out by trying. Nothing that is tried here outlives
//! the call, and what cannot be undone is tried on a thread that ends with it.

use std::ffi::{c_int, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;

use rustix::process::{Resource, getrlimit};

use crate::cgroup_leaf::{LeafLimits, LeafParent, Refusal};
use crate::error::{Error, Named, Result, checked};
use crate::headroom::{self, Headroom};
use crate::own_groups::{Version, own_groups};
use crate::sandbox::{Calls, Reach, confine_calls, confine_files, confine_signals};
use crate::spawn::apart;
use crate::{EventFd, MemFd, PidFd, TimerFd, cgroup, cpu, process};

/// What was found.
#[derive(Debug)]
pub struct Probe {
    /// Memory with a descriptor, sealed: what lanes are made of.
    pub memfd: Result<()>,
    /// … sealed against future writing: read-only segments.
    pub memfd_seal_writes: Result<()>,
    /// A descriptor of a process, and a signal by it.
    pub pidfd: Result<()>,
    /// An eventfd and a timerfd.
    pub events: Result<()>,
    /// Version of Landlock's interface.
    pub landlock_version: Result<u32>,
    /// The sandbox's `fs`.
    pub landlock_files: Result<()>,
    /// The sandbox's `signals`.
    pub landlock_signals: Result<()>,
    /// The sandbox's `net`, `exec`, `signals`; it implies `no_new_privs`.
    pub seccomp: Result<()>,
    /// Whether this process has given up the way to new privileges already.
    pub no_new_privs: bool,
    /// A huge page made of small ones.
    pub collapse: Result<()>,
    /// Processors that this thread may run on.
    pub processors: Vec<u32>,
    /// Whole processors that control groups grant.
    pub processor_limit: Option<usize>,
    /// Workers at most, when nothing is configured.
    pub default_parallelism: usize,
    /// The scarcest of the machine's memory and what control groups allow.
    pub memory: Option<Headroom>,
    /// Descriptors that a process may have: soft limit, hard limit; none: any number.
    pub files: (Option<u64>, Option<u64>),
    /// Processes and threads that the user may have, likewise.
    pub processes: (Option<u64>, Option<u64>),
    /// The group below which workers could get groups of their own, and which controllers it has.
    pub leaves: std::result::Result<(PathBuf, Vec<String>), Refusal>,
    /// Lines of `io.max` of the own groups: device and limits.
    pub io_limits: Vec<String>,
}

/// Tries everything.
pub fn probe() -> Probe {
    let limit = |resource| {
        let limit = getrlimit(resource);
        (limit.current, limit.maximum)
    };
    Probe {
        memfd: MemFd::create("hatchery-probe", 4096).and_then(|memory| memory.seal_size()),
        memfd_seal_writes: MemFd::create("hatchery-probe", 4096)
            .and_then(|memory| memory.seal_future_writes()),
        // Nobody minds this signal: what it does by default is nothing.
        pidfd: PidFd::open(process::id()).and_then(|own| own.kill(libc::SIGURG)),
        events: EventFd::new().and_then(|_| TimerFd::new().map(drop)),
        landlock_version: landlock_version(),
        landlock_files: apart(|| confine_files(&[PathBuf::from("/")], &[])).and_then(|outcome| outcome),
        landlock_signals: apart(confine_signals).and_then(|outcome| outcome),
        seccomp: apart(|| {
            confine_calls(Calls { network: true, programs: true, signals: true }, Reach::Thread)
        })
        .and_then(|outcome| outcome),
        no_new_privs: rustix::thread::no_new_privs().unwrap_or(false),
        collapse: collapse(),
        processors: cpu::allowed().unwrap_or_default(),
        processor_limit: cgroup::processor_limit(Path::new("/")),
        default_parallelism: cpu::default_parallelism(),
        memory: headroom::memory(),
        files: limit(Resource::Nofile),
        processes: limit(Resource::Nproc),
        leaves: leaves(),
        io_limits: io_limits(Path::new("/")),
    }
}

/// Without limits, so that no controller is switched on in a group, where it would stay so.
fn leaves() -> std::result::Result<(PathBuf, Vec<String>), Refusal> {
    let parent = LeafParent::find(None, LeafLimits::default(), "probe")?;
    let controllers = fs::read_to_string(parent.folder().join("cgroup.controllers")).unwrap_or_default();
    let controllers = controllers.split_ascii_whitespace().map(str::to_owned).collect();
    Ok((parent.folder().to_owned(), controllers))
}

/// `root` is `/`, except in tests.
fn io_limits(root: &Path) -> Vec<String> {
    let groups =
        own_groups(root, "io", &[]).into_iter().filter(|group| matches!(group.version, Version::Two));
    let texts = groups.filter_map(|group| fs::read_to_string(group.folder.join("io.max")).ok());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn landlock_version() -> Result<u32> {
    const VERSION: c_int = 1;
    // SAFETY: with this flag the kernel only answers with its version, and wants neither address nor length.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<c_void>(), 0_usize, VERSION) };
    checked("landlock", version as i32).map(i32::cast_unsigned)
}

/// What the zygote does to its heap.
fn collapse() -> Result<()> {
    const HUGE: usize = 2 << 20;
    /// `MADV_COLLAPSE`, since Linux 6.1.
    const COLLAPSE: c_int = 25;
    const OPERATION: &str = "madvise(MADV_COLLAPSE)";
    let mut memory = vec![1_u8; 2 * HUGE];
    let offset = memory.as_ptr().align_offset(HUGE);
    let block = memory.get_mut(offset..offset + HUGE).ok_or(Error::new(OPERATION, libc::EINVAL))?;
    // SAFETY: moves the pages of a block that is ours without changing what is in them.
    let result = unsafe { libc::madvise(block.as_mut_ptr().cast(), HUGE, COLLAPSE) };
    nix::errno::Errno::result(result).named(OPERATION).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::MadeUp;

    #[test]
    fn what_the_tests_themselves_need_is_there_and_nothing_is_lost_by_looking() {
        let found = probe();
        assert_eq!((found.memfd, found.pidfd, found.events), (Ok(()), Ok(()), Ok(())));
        assert_eq!(found.default_parallelism, cpu::default_parallelism());
        assert!(!found.processors.is_empty());
        // What was tried on other threads does not hold here.
        assert!(fs::File::create("/dev/null").is_ok());
        assert!(std::net::UdpSocket::bind("127.0.0.1:0").is_ok());
    }

    #[test]
    fn limits_of_devices_are_those_of_all_own_groups() {
        let tree = MadeUp::tree(&[
            ("proc/self/cgroup", "0::/top/own\n"),
            ("sys/fs/cgroup/top/io.max", "8:0 rbps=1048576 wbps=max riops=max wiops=max\n"),
            ("sys/fs/cgroup/top/own/io.max", ""),
        ]);
        assert_eq!(io_limits(tree.root()), ["8:0 rbps=1048576 wbps=max riops=max wiops=max"]);
    }
}
