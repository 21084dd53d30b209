//! A process that cannot be mistaken for another one with its number.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::error::{Error, Named, Result};
use crate::wait::{Exit, Whom, wait_nohang};

/// A descriptor of a process; readable once the process has ended.
#[derive(Debug)]
pub struct PidFd {
    descriptor: OwnedFd,
}

impl PidFd {
    /// Opens the process `pid`. Only for a child that has not been reaped is this surely the one meant.
    ///
    /// # Errors
    /// `ESRCH` if there is no such process, `EINVAL` for zero, else the errno of `pidfd_open`.
    pub fn open(pid: u32) -> Result<PidFd> {
        let pid =
            i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Error::new("pidfd_open", libc::EINVAL))?;
        Ok(PidFd { descriptor: pidfd_open(pid, PidfdFlags::empty()).named("pidfd_open")? })
    }

    /// Sends `signal`. A process that has already ended is success: that is what a kill is for.
    ///
    /// # Errors
    /// `EINVAL` for an unknown signal, else the errno of `pidfd_send_signal`, never `ESRCH`.
    pub fn kill(&self, signal: i32) -> Result<()> {
        let signal = Signal::from_named_raw(signal).ok_or(Error::new("pidfd_send_signal", libc::EINVAL))?;
        match pidfd_send_signal(&self.descriptor, signal) {
            Err(rustix::io::Errno::SRCH) => Ok(()),
            result => result.named("pidfd_send_signal"),
        }
    }

    /// Reaps the process if it has ended. It must be a child of the caller.
    ///
    /// # Errors
    /// `ECHILD` if it is not our child or was reaped before, else the errno of `waitid`.
    pub fn wait(&self) -> Result<Option<Exit>> {
        let reaped = wait_nohang(&Whom::Descriptor(self.descriptor.as_fd()))?;
        Ok(reaped.map(|(_, exit)| exit))
    }
}

impl From<OwnedFd> for PidFd {
    fn from(descriptor: OwnedFd) -> PidFd {
        PidFd { descriptor }
    }
}

impl From<PidFd> for OwnedFd {
    fn from(process: PidFd) -> OwnedFd {
        process.descriptor
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}
