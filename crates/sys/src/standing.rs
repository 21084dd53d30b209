//! What the kernel lets the calling process use, and its standing among others.

use std::fs;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, setpriority_process, setrlimit};

use crate::error::{Error, Named, Result};
use crate::process::threads;

/// What a limit is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// The highest descriptor that may be opened, plus one.
    Files,
    /// Seconds of processor time, of all threads together.
    ProcessorTime,
    /// Bytes of a core dump.
    Core,
    /// Bytes that a file may be made to have.
    FileSize,
}

/// Limits this process, for good: it cannot raise the limit again unless it has the privilege.
///
/// Processor time is the exception: `SIGXCPU` comes at the limit, and `SIGKILL` a second later. With one and the same
/// limit for both the kernel would send only the latter, which tells nothing.
///
/// # Errors
/// `EPERM` for more than this process may have itself.
pub fn limit(what: Limited, value: u64) -> Result<()> {
    let (resource, operation) = match what {
        Limited::Files => (Resource::Nofile, "setrlimit(RLIMIT_NOFILE)"),
        Limited::ProcessorTime => (Resource::Cpu, "setrlimit(RLIMIT_CPU)"),
        Limited::Core => (Resource::Core, "setrlimit(RLIMIT_CORE)"),
        Limited::FileSize => (Resource::Fsize, "setrlimit(RLIMIT_FSIZE)"),
    };
    let grace = u64::from(what == Limited::ProcessorTime && getrlimit(resource).maximum != Some(value));
    let maximum = Some(value.saturating_add(grace));
    setrlimit(resource, Rlimit { current: Some(value), maximum }).named(operation)
}

/// Sets the nice value of all threads of this process, and so of those that they start.
///
/// # Errors
/// `EACCES` for a lower one than this process may have.
pub fn set_nice(value: i32) -> Result<()> {
    for thread in threads()? {
        // Linux has a nice value a thread. One that has ended meanwhile needs none.
        match setpriority_process(Pid::from_raw(thread.id.cast_signed()), value) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(errno) => return Err(errno).named("setpriority"),
        }
    }
    Ok(())
}

/// How much more, or less, than its memory makes it the kernel takes this process for the one to kill when there is no
/// memory left: thousandths of all memory, from -1000 (never) to 1000.
///
/// # Errors
/// The errno of reading `/proc/self/oom_score_adj`.
pub fn oom_score_adjustment() -> Result<i32> {
    const OPERATION: &str = "read /proc/self/oom_score_adj";
    let text = fs::read_to_string("/proc/self/oom_score_adj").named(OPERATION)?;
    text.trim().parse().map_err(|_| Error::new(OPERATION, libc::EPROTO))
}

/// Sets [`oom_score_adjustment`] of this process, or of a child of it that has not been reaped.
///
/// # Errors
/// `EACCES` for a lower one than this process may have.
pub fn set_oom_score_adjustment(child: Option<u32>, value: i32) -> Result<()> {
    let path = match child {
        None => "/proc/self/oom_score_adj".to_owned(),
        Some(process) => format!("/proc/{process}/oom_score_adj"),
    };
    fs::write(path, value.to_string()).named("write oom_score_adj")
}
