//! One deadline at a time, as a descriptor.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{self, ClockId, Expiration, TimerFlags, TimerSetTimeFlags};

use crate::Result;
use crate::error::Named;

/// A nonblocking timer on `CLOCK_MONOTONIC`, readable once it has fired.
#[derive(Debug)]
pub struct TimerFd {
    inner: timerfd::TimerFd,
}

impl TimerFd {
    /// Creates a disarmed timer.
    ///
    /// # Errors
    /// The errno of `timerfd_create`, such as `EMFILE`.
    pub fn new() -> Result<TimerFd> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let inner = timerfd::TimerFd::new(ClockId::CLOCK_MONOTONIC, flags).named("timerfd_create")?;
        Ok(TimerFd { inner })
    }

    /// Fires once at `monotonic_nanoseconds` (see [`crate::clock`]), at once if that has passed. Replaces
    /// an earlier arming.
    ///
    /// # Errors
    /// The errno of `timerfd_settime`.
    pub fn arm_at(&self, monotonic_nanoseconds: u64) -> Result<()> {
        // Zero would disarm, and the kernel wants seconds that fit its signed type.
        let nanoseconds = monotonic_nanoseconds.clamp(1, i64::MAX as u64) as i64;
        let time = TimeSpec::new(nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
        self.inner
            .set(Expiration::OneShot(time), TimerSetTimeFlags::TFD_TIMER_ABSTIME)
            .named("timerfd_settime")
    }

    /// Takes the arming back; the timer is no longer readable.
    ///
    /// # Errors
    /// The errno of `timerfd_settime`.
    pub fn disarm(&self) -> Result<()> {
        self.inner.unset().named("timerfd_settime(disarm)")
    }

    /// Takes the readiness away; true if the timer had fired.
    ///
    /// # Errors
    /// The errno of `read`, never `EAGAIN`.
    pub fn drain(&self) -> Result<bool> {
        match self.inner.wait() {
            Ok(()) => Ok(true),
            Err(Errno::EAGAIN) => Ok(false),
            Err(errno) => Err(errno).named("timerfd read"),
        }
    }
}

impl AsFd for TimerFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}
