//! Descriptors in general: standard input, readiness, what is open.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::error::{Named, Result, checked};
use crate::timeout::Deadline;

/// Moves what is on descriptor 0 to a close-on-exec descriptor above the standard ones, and puts
/// `/dev/null` on 0, so that nothing the program does with standard input touches the socket.
///
/// # Errors
/// The errno of `fcntl`, `open` or `dup2`.
pub fn take_standard_input() -> Result<OwnedFd> {
    // The standard library duplicates with F_DUPFD_CLOEXEC and a minimum of 3.
    let taken = io::stdin().as_fd().try_clone_to_owned().named("fcntl(F_DUPFD_CLOEXEC)")?;
    let null = File::open("/dev/null").named("open /dev/null")?;
    nix::unistd::dup2_stdin(&null).named("dup2")?;
    Ok(taken)
}

/// Puts `other` in the place of `descriptor`: what uses that by its number uses the other from then on. They have to be of
/// one kind, as far as that matters to who uses them.
///
/// # Errors
/// The errno of `dup3`.
pub fn replace(descriptor: BorrowedFd<'_>, other: OwnedFd) -> Result<()> {
    // SAFETY: takes integers. The number stays open all the time, and whoever owns it owns what is behind it now.
    let result = unsafe { libc::dup3(other.as_raw_fd(), descriptor.as_raw_fd(), libc::O_CLOEXEC) };
    checked("dup3", result).map(drop)
}

/// Waits until one of `descriptors` is readable (or at its end, or broken) or `timeout` passes, and says
/// for each whether it is.
///
/// # Errors
/// The errno of `poll`, never `EINTR`.
pub fn wait_readable(descriptors: &[BorrowedFd<'_>], timeout: Option<Duration>) -> Result<Vec<bool>> {
    let deadline = Deadline::after(timeout);
    let mut entries: Vec<PollFd<'_>> =
        descriptors.iter().map(|descriptor| PollFd::new(*descriptor, PollFlags::POLLIN)).collect();
    loop {
        let timeout = PollTimeout::try_from(deadline.milliseconds()).unwrap_or(PollTimeout::NONE);
        match poll(&mut entries, timeout) {
            Err(Errno::EINTR) => {}
            result => {
                result.named("poll")?;
                return Ok(entries.iter().map(|entry| entry.any().unwrap_or(true)).collect());
            }
        }
    }
}

/// Takes the lock of an open file (`flock`) unless another open file of the same one has it. It ends with the open file.
///
/// # Errors
/// The errno of `flock`, never `EWOULDBLOCK`.
pub fn try_lock(file: BorrowedFd<'_>) -> Result<bool> {
    match rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        outcome => outcome.named("flock").map(|()| true),
    }
}

/// Gives that lock back.
///
/// # Errors
/// The errno of `flock`.
pub fn unlock(file: BorrowedFd<'_>) -> Result<()> {
    rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock).named("flock")
}

/// Number of open descriptors of this process.
///
/// # Errors
/// The errno of reading `/proc/self/fd`.
pub fn open_count() -> Result<usize> {
    let entries = fs::read_dir("/proc/self/fd").named("read /proc/self/fd")?.count();
    // The directory being read is one of them.
    Ok(entries.saturating_sub(1))
}

/// The open sockets of this process, each as `fd 21 socket:[48213]`, for the audit before a fork.
///
/// # Errors
/// The errno of reading `/proc/self/fd`.
pub fn sockets() -> Result<Vec<String>> {
    let mut sockets = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").named("read /proc/self/fd")? {
        let entry = entry.named("read /proc/self/fd")?;
        if let Ok(target) = fs::read_link(entry.path()) {
            let target = target.to_string_lossy();
            if target.starts_with("socket:") {
                sockets.push(format!("fd {} {target}", entry.file_name().to_string_lossy()));
            }
        }
    }
    Ok(sockets)
}
