//! Reaping children.
//!
//! nix's `waitid` turns a child killed by a real-time signal into `EINVAL` after it has been reaped, which
//! would lose the exit status; so this calls libc.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::error::{Error, Result, checked};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Exit code, or -1 if a signal ended the process.
    pub code: i32,
    /// Number of the signal that ended the process, or 0 if it exited.
    pub signal: i32,
}

impl Exit {
    /// It has ended, and how is known to its parent alone, which was somebody else.
    pub const UNKNOWN: Exit = Exit { code: -1, signal: 0 };

    /// Whether it is known how the process ended.
    pub fn is_known(&self) -> bool {
        *self != Exit::UNKNOWN
    }
}

/// Whom to reap.
pub(crate) enum Whom<'a> {
    /// Any child of this process.
    Any,
    /// The child behind a pidfd.
    Descriptor(BorrowedFd<'a>),
}

/// Reaps one child that has ended; none if it (or every child) still runs.
pub(crate) fn wait_nohang(whom: &Whom<'_>) -> Result<Option<(u32, Exit)>> {
    look(whom, libc::WNOHANG | libc::WEXITED)
}

/// As [`wait_nohang`], and leaves the child to be reaped.
pub(crate) fn peek_nohang(whom: &Whom<'_>) -> Result<Option<(u32, Exit)>> {
    look(whom, libc::WNOHANG | libc::WEXITED | libc::WNOWAIT)
}

fn look(whom: &Whom<'_>, options: i32) -> Result<Option<(u32, Exit)>> {
    let (kind, identifier) = match whom {
        Whom::Any => (libc::P_ALL, 0),
        Whom::Descriptor(descriptor) => (libc::P_PIDFD, descriptor.as_raw_fd() as libc::id_t),
    };
    loop {
        // SAFETY: siginfo_t is plain data for which all zero bytes are a valid value.
        let mut information: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `information` is a live siginfo_t that waitid may fill.
        let result = unsafe { libc::waitid(kind, identifier, &mut information, options) };
        match checked("waitid", result) {
            Err(error) if error.raw_os_error() == libc::EINTR => continue,
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        // SAFETY: waitid succeeded, so the kernel filled the SIGCHLD members, or left the zeroes (no child).
        let (pid, status) = unsafe { (information.si_pid(), information.si_status()) };
        if pid == 0 {
            return Ok(None);
        }
        let exit = match information.si_code {
            libc::CLD_EXITED => Exit { code: status, signal: 0 },
            libc::CLD_KILLED | libc::CLD_DUMPED => Exit { code: -1, signal: status },
            // WEXITED excludes the others; an unknown one must not pass for success.
            _ => return Err(Error::new("waitid(code)", libc::EPROTO)),
        };
        return Ok(Some((pid as u32, exit)));
    }
}
