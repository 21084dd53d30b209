//! Waiting for many descriptors at once.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{self, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::Result;
use crate::error::Named;
use crate::timeout::Deadline;

/// When a registered descriptor is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// On every wait while it is readable.
    Level,
    /// Once each time it becomes readable.
    Edge,
}

/// An epoll instance. It reports readability, end of file and errors, each as the token of its descriptor.
#[derive(Debug)]
pub struct Epoll {
    inner: epoll::Epoll,
}

/// The buffer of one wait.
#[derive(Debug)]
pub struct EpollEvents {
    buffer: Vec<EpollEvent>,
    ready: usize,
}

impl EpollEvents {
    /// Room for `capacity` events a wait (at least one).
    pub fn with_capacity(capacity: usize) -> EpollEvents {
        EpollEvents { buffer: vec![EpollEvent::empty(); capacity.max(1)], ready: 0 }
    }

    /// Tokens of the last wait.
    pub fn tokens(&self) -> impl Iterator<Item = u64> + '_ {
        self.buffer[..self.ready].iter().map(EpollEvent::data)
    }
}

impl Epoll {
    /// Creates an instance.
    ///
    /// # Errors
    /// The errno of `epoll_create1`, such as `EMFILE`.
    pub fn new() -> Result<Epoll> {
        let inner = epoll::Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).named("epoll_create1")?;
        Ok(Epoll { inner })
    }

    /// Reports `token` whenever `descriptor` is readable.
    ///
    /// # Errors
    /// The errno of `epoll_ctl`, such as `EEXIST`.
    pub fn add(&self, descriptor: impl AsFd, token: u64, trigger: Trigger) -> Result<()> {
        let mut flags = EpollFlags::EPOLLIN;
        if trigger == Trigger::Edge {
            flags |= EpollFlags::EPOLLET;
        }
        self.inner.add(descriptor, EpollEvent::new(flags, token)).named("epoll_ctl(add)")
    }

    /// Stops reporting `descriptor`.
    ///
    /// # Errors
    /// The errno of `epoll_ctl`, such as `ENOENT`.
    pub fn remove(&self, descriptor: impl AsFd) -> Result<()> {
        self.inner.delete(descriptor).named("epoll_ctl(delete)")
    }

    /// Waits for events, at most `timeout` (rounded up to milliseconds; `None` is for ever), and returns
    /// their number. A signal does not end the wait.
    ///
    /// # Errors
    /// The errno of `epoll_wait`, never `EINTR`.
    pub fn wait(&self, events: &mut EpollEvents, timeout: Option<Duration>) -> Result<usize> {
        let deadline = Deadline::after(timeout);
        events.ready = 0;
        loop {
            let timeout = EpollTimeout::try_from(deadline.milliseconds()).unwrap_or(EpollTimeout::NONE);
            match self.inner.wait(&mut events.buffer, timeout) {
                Err(Errno::EINTR) => {}
                result => {
                    events.ready = result.named("epoll_wait")?;
                    return Ok(events.ready);
                }
            }
        }
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.0.as_fd()
    }
}
