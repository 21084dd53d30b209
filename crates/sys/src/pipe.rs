//! The standard output or error of another process, to be read here.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::error::{Named, Result};

/// The end of a pipe that is read. Nonblocking; the other end is not, so that a program which writes more than the pipe
/// holds waits, as it would for any reader, and loses nothing.
#[derive(Debug)]
pub struct PipeReader {
    end: OwnedFd,
}

/// What [`PipeReader::read`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeRead {
    /// So many bytes, at the start of the buffer.
    Bytes(usize),
    /// Nothing there yet.
    WouldBlock,
    /// Nobody holds the other end any more, and all that was written has been read.
    End,
}

impl PipeReader {
    /// A pipe: the end to read, and the end for the other process.
    ///
    /// # Errors
    /// The errno of `pipe2`, such as `EMFILE`, or of `fcntl`.
    pub fn new() -> Result<(PipeReader, OwnedFd)> {
        let (end, other) = nix::unistd::pipe2(OFlag::O_CLOEXEC).named("pipe2")?;
        // Each end has flags of its own.
        fcntl(&end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).named("fcntl(O_NONBLOCK)")?;
        Ok((PipeReader { end }, other))
    }

    /// Reads what there is, as far as it fits.
    ///
    /// # Errors
    /// The errno of `read`, never `EAGAIN` or `EINTR`.
    pub fn read(&self, buffer: &mut [u8]) -> Result<PipeRead> {
        loop {
            match nix::unistd::read(&self.end, buffer) {
                Ok(0) => return Ok(PipeRead::End),
                Ok(length) => return Ok(PipeRead::Bytes(length)),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(PipeRead::WouldBlock),
                Err(errno) => return Err(errno).named("read(pipe)"),
            }
        }
    }
}

impl AsFd for PipeReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}

/// Puts `descriptor` in the place of this process's standard output.
///
/// # Errors
/// The errno of `dup2`.
pub fn replace_standard_output(descriptor: &OwnedFd) -> Result<()> {
    nix::unistd::dup2_stdout(descriptor).named("dup2")
}

/// Puts `descriptor` in the place of this process's standard error.
///
/// # Errors
/// The errno of `dup2`.
pub fn replace_standard_error(descriptor: &OwnedFd) -> Result<()> {
    nix::unistd::dup2_stderr(descriptor).named("dup2")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;

    #[test]
    fn what_is_written_is_read_and_then_the_end() {
        let (reader, other) = PipeReader::new().unwrap();
        let mut buffer = [0; 4];
        assert_eq!(reader.read(&mut buffer).unwrap(), PipeRead::WouldBlock);
        let mut writer = File::from(other);
        writer.write_all(b"hello").unwrap();
        assert_eq!(reader.read(&mut buffer).unwrap(), PipeRead::Bytes(4));
        assert_eq!(&buffer, b"hell");
        assert_eq!(reader.read(&mut buffer).unwrap(), PipeRead::Bytes(1));
        drop(writer);
        assert_eq!(reader.read(&mut buffer).unwrap(), PipeRead::End);
    }
}
