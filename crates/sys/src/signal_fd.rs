//! Signals as a descriptor.

use std::os::fd::{AsFd, BorrowedFd};
use std::thread::{self, ThreadId};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{self, SfdFlags};

use crate::Result;
use crate::error::Named;

/// A nonblocking signalfd that blocks its signals on the creating thread while it lives.
///
/// Only for processes the pool owns (the zygote, a Rust host): inside a Node program the core takes no
/// signals. Create it before other threads start, since they inherit the mask.
#[derive(Debug)]
pub struct SignalFd {
    inner: signalfd::SignalFd,
    newly_blocked: SigSet,
    thread: ThreadId,
}

impl SignalFd {
    /// Blocks `signals` on the calling thread and delivers them here instead.
    ///
    /// # Errors
    /// The errno of `pthread_sigmask` or `signalfd4`.
    pub fn new(signals: &[Signal]) -> Result<SignalFd> {
        let mask: SigSet = signals.iter().copied().collect();
        let before = SigSet::thread_get_mask().named("pthread_sigmask")?;
        let newly_blocked = signals.iter().copied().filter(|signal| !before.contains(*signal)).collect();
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let inner = signalfd::SignalFd::with_flags(&mask, flags).named("signalfd")?;
        mask.thread_block().named("pthread_sigmask")?;
        Ok(SignalFd { inner, newly_blocked, thread: thread::current().id() })
    }

    /// The next pending signal's number, or none.
    ///
    /// # Errors
    /// The errno of `read`, never `EAGAIN` or `EINTR`.
    pub fn read(&self) -> Result<Option<i32>> {
        loop {
            match self.inner.read_signal() {
                Err(Errno::EINTR) => {}
                result => {
                    let information = result.named("signalfd read")?;
                    return Ok(information.map(|information| information.ssi_signo as i32));
                }
            }
        }
    }
}

impl Drop for SignalFd {
    fn drop(&mut self) {
        // The mask belongs to a thread: dropped elsewhere, there is nothing of ours to restore.
        if thread::current().id() == self.thread {
            let _ = self.newly_blocked.thread_unblock();
        }
    }
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}
