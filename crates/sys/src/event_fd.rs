//! A counter that wakes whoever waits for it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::eventfd::{self, EfdFlags};

use crate::Result;
use crate::error::Named;

/// A nonblocking eventfd.
#[derive(Debug)]
pub struct EventFd {
    inner: eventfd::EventFd,
}

impl EventFd {
    /// Creates one with count zero.
    ///
    /// # Errors
    /// The errno of `eventfd2`, such as `EMFILE`.
    pub fn new() -> Result<EventFd> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        Ok(EventFd { inner: eventfd::EventFd::from_flags(flags).named("eventfd")? })
    }

    /// Makes it readable.
    ///
    /// A full counter is success: the other side has a wake-up pending that it has not read.
    ///
    /// # Errors
    /// The errno of `write`, never `EAGAIN` or `EINTR`.
    pub fn notify(&self) -> Result<()> {
        loop {
            match self.inner.write(1) {
                Err(Errno::EINTR) => {}
                Ok(_) | Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno).named("eventfd write"),
            }
        }
    }

    /// Resets the count to zero and returns what it was; zero if there was no notification.
    ///
    /// # Errors
    /// The errno of `read`, never `EAGAIN` or `EINTR`.
    pub fn drain(&self) -> Result<u64> {
        loop {
            match self.inner.read() {
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(0),
                result => return result.named("eventfd read"),
            }
        }
    }

    /// A second descriptor of the same counter.
    ///
    /// # Errors
    /// The errno of `fcntl`, such as `EMFILE`.
    pub fn try_clone(&self) -> Result<EventFd> {
        Ok(EventFd::from(self.as_fd().try_clone_to_owned().named("fcntl(F_DUPFD_CLOEXEC)")?))
    }
}

impl From<OwnedFd> for EventFd {
    fn from(descriptor: OwnedFd) -> EventFd {
        // SAFETY: the value only reads and writes eight bytes through the descriptor, which it owns. A
        // descriptor of another kind makes these calls fail or short; no memory depends on its kind.
        EventFd { inner: unsafe { eventfd::EventFd::from_owned_fd(descriptor) } }
    }
}

impl From<EventFd> for OwnedFd {
    fn from(event: EventFd) -> OwnedFd {
        event.inner.into()
    }
}

impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}
