//! Waiting for the first word of a host that may be dead by now.
//!
//! The lifeline comes with that word, and the signal at a parent's death is no use here: it follows the thread that has
//! started this process, which is gone already. The end of the socket tells of the host's death only if nobody else has the
//! host's end, as a fork of the host has. So the host itself is watched.

use crate::{Error, Result};
use hatchery_sys::{PidFd, SeqPacket, descriptor};
use std::os::fd::AsFd;
use std::time::Duration;

const ESRCH: i32 = 3;

/// Waits until the host has said something on `socket`, or closed it; at most for `patience`, if given.
///
/// # Errors
/// [`Error::StartFailed`] if it is dead and has said nothing, or says nothing in time.
pub(super) fn await_host(socket: &SeqPacket, patience: Option<Duration>) -> Result<()> {
    let host = match socket.maker()?.map(PidFd::open).transpose() {
        // Dead and reaped. What it has said before is there all the same.
        Err(error) if error.raw_os_error() == ESRCH => {
            return if socket.wait_readable(Some(Duration::ZERO))? { Ok(()) } else { Err(gone()) };
        }
        host => host?,
    };
    let mut watched = vec![socket.as_fd()];
    watched.extend(host.as_ref().map(AsFd::as_fd));
    let ready = descriptor::wait_readable(&watched, patience)?;
    if ready[0] {
        return Ok(());
    }
    match ready.get(1) {
        // It may have spoken and died between two looks of the kernel.
        Some(true) if !socket.wait_readable(Some(Duration::ZERO))? => Err(gone()),
        Some(true) => Ok(()),
        _ => Err(Error::StartFailed("the host has said nothing for too long".into())),
    }
}

fn gone() -> Error {
    Error::StartFailed("the host is gone".into())
}
