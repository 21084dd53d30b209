//! A process that cannot be mistaken for another one with its number.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::descriptor;
use crate::error::{Error, Named, Result, checked};
use crate::process;
use crate::wait::{Exit, Whom, peek_nohang, wait_nohang};

/// Of `pidfd_send_signal`, from Linux 6.9: to the whole group that the process leads or led.
const PIDFD_SIGNAL_PROCESS_GROUP: u32 = 1 << 2;

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

    /// As [`wait`](PidFd::wait), and kills what is left of the process group that it led. It must be a child of the
    /// caller: as long as that is not reaped, no other group can have its number.
    ///
    /// # Errors
    /// As [`wait`](PidFd::wait).
    pub fn wait_with_group(&self) -> Result<Option<Exit>> {
        let Some((pid, _)) = peek_nohang(&Whom::Descriptor(self.descriptor.as_fd()))? else {
            return Ok(None);
        };
        process::kill_group(pid);
        self.wait()
    }

    /// Whether a process that need not be a child of the caller has ended. If it is one (it has lost its parent, and the
    /// caller is the one to inherit it), this reaps it as [`wait_with_group`](PidFd::wait_with_group) does; of any other
    /// it is [not known](Exit::UNKNOWN) how it ended, and its group is killed where the kernel can do that (from Linux 6.9).
    ///
    /// # Errors
    /// The errno of `waitid` or `poll`, never `ECHILD`.
    pub fn ended(&self) -> Result<Option<Exit>> {
        match self.wait_with_group() {
            Err(error) if error.raw_os_error() == libc::ECHILD => {}
            result => return result,
        }
        if !self.has_ended()? {
            return Ok(None);
        }
        self.kill_group();
        Ok(Some(Exit::UNKNOWN))
    }

    /// Whether the process has ended; it need not be a child of the caller, and is not reaped.
    ///
    /// # Errors
    /// The errno of `poll`, never `EINTR`.
    pub fn has_ended(&self) -> Result<bool> {
        Ok(descriptor::wait_readable(&[self.as_fd()], Some(Duration::ZERO))?[0])
    }

    /// Kills what is left of the group that the process leads or led, if the kernel can do that by its descriptor.
    fn kill_group(&self) {
        let none = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: the descriptor is open, and without a siginfo the kernel reads no memory of ours.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.descriptor.as_raw_fd(),
                libc::SIGKILL,
                none,
                PIDFD_SIGNAL_PROCESS_GROUP,
            )
        };
        // An empty group is what is wanted, and an older kernel cannot.
        let _ = checked("pidfd_send_signal", sent as i32);
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
