//! Dying with the host, even in a busy loop that reads nothing.
//!
//! The host holds the only write end of a pipe. A worker re-opens the read end, which gives it an open file
//! of its own (owner and signal belong to the open file, which forked siblings would otherwise share), and
//! asks for `SIGKILL` as the signal of an event. When the host dies, in whatever way, the kernel closes
//! the write end and kills every armed worker. One that leads a process group is killed with all of that: the programs
//! that its tasks have started.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::stat::Mode;

use crate::error::{Named, Result, checked};
use crate::process;

/// The host's end. Nothing is ever written to it; dropping it kills every process that armed the pipe.
#[derive(Debug)]
pub struct Lifeline {
    _write_end: OwnedFd,
}

/// A worker's armed end; dropping it disarms.
#[derive(Debug)]
pub struct ArmedLifeline {
    _read_end: OwnedFd,
}

impl Lifeline {
    /// Makes the pipe and returns the read end to pass to workers.
    ///
    /// # Errors
    /// The errno of `pipe2`, such as `EMFILE`.
    pub fn new() -> Result<(Lifeline, OwnedFd)> {
        let (read_end, write_end) =
            nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).named("pipe2")?;
        Ok((Lifeline { _write_end: write_end }, read_end))
    }

    /// Arms the calling process, or the process group that it leads: from now on it dies by `SIGKILL` when the write end
    /// is gone. If that has already happened, it dies here.
    ///
    /// # Errors
    /// The errno of `open` or `fcntl`.
    pub fn arm(read_end: OwnedFd) -> Result<ArmedLifeline> {
        let path = format!("/proc/self/fd/{}", read_end.as_raw_fd());
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let own = open(path.as_str(), flags, Mode::empty()).named("open(lifeline)")?;
        set_owner_and_signal(&own)?;
        fcntl(&own, FcntlArg::F_SETFL(OFlag::O_NONBLOCK | OFlag::O_ASYNC)).named("fcntl(O_ASYNC)")?;
        // Only now look for an end that came before: what comes after is signalled. A read, since poll does
        // not report a hang-up that is older than this open file.
        let mut byte = [0];
        match nix::unistd::read(&own, &mut byte) {
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(ArmedLifeline { _read_end: own }),
            _ => {
                process::kill_self(libc::SIGKILL)?;
                process::exit_now(137)
            }
        }
    }
}

/// `F_SETOWN` to this process or the group it leads, `F_SETSIG` to `SIGKILL`; nix has neither.
fn set_owner_and_signal(descriptor: &OwnedFd) -> Result<()> {
    let raw = descriptor.as_raw_fd();
    let own = process::id() as i32;
    let owner = if process::leads_process_group() { -own } else { own };
    // SAFETY: F_SETOWN takes an integer and touches no memory of ours.
    checked("fcntl(F_SETOWN)", unsafe { libc::fcntl(raw, libc::F_SETOWN, owner) })?;
    // SAFETY: F_SETSIG takes an integer and touches no memory of ours.
    checked("fcntl(F_SETSIG)", unsafe { libc::fcntl(raw, F_SETSIG, libc::SIGKILL) })?;
    Ok(())
}

/// From `<fcntl.h>` (`F_SETSIG` is 10 on every Linux architecture); libc does not export it everywhere.
const F_SETSIG: i32 = 10;
