//! The one error of this crate: which operation failed, and with which errno.

use nix::errno::Errno;

/// A failed system operation.
///
/// Displays as `operation: text of the errno`. It is two words and `Copy`, so it costs nothing to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {}", std::io::Error::from_raw_os_error(*errno))]
pub struct Error {
    operation: &'static str,
    errno: i32,
}

/// Result of a system operation.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `operation` with a known `errno` value.
    pub const fn new(operation: &'static str, errno: i32) -> Error {
        Error { operation, errno }
    }

    /// The operation that failed, usually the name of the system call.
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// A message was not sent for the descriptors it carries: this user has as many under way as there may be.
    pub const fn is_too_many_in_flight(&self) -> bool {
        self.errno == Errno::ETOOMANYREFS as i32
    }

    /// The errno value, as in `<errno.h>`.
    pub const fn raw_os_error(&self) -> i32 {
        self.errno
    }

    /// Keeps the errno of a standard library error; one without (a short read, say) becomes `EIO`.
    pub(crate) fn from_io(operation: &'static str, error: &std::io::Error) -> Error {
        Error::new(operation, error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> std::io::Error {
        // The kind is kept; the errno is in the text, and the source can be downcast to `Error`.
        std::io::Error::new(std::io::Error::from_raw_os_error(error.errno).kind(), error)
    }
}

/// Names the operation of an errno that a library returned without one.
pub(crate) trait Named<T> {
    /// Attaches the name of the operation.
    fn named(self, operation: &'static str) -> Result<T>;
}

impl<T> Named<T> for nix::Result<T> {
    fn named(self, operation: &'static str) -> Result<T> {
        self.map_err(|errno| Error::new(operation, errno as i32))
    }
}

impl<T> Named<T> for rustix::io::Result<T> {
    fn named(self, operation: &'static str) -> Result<T> {
        self.map_err(|errno| Error::new(operation, errno.raw_os_error()))
    }
}

impl<T> Named<T> for std::io::Result<T> {
    fn named(self, operation: &'static str) -> Result<T> {
        self.map_err(|error| Error::from_io(operation, &error))
    }
}

/// Turns the `-1` convention of libc into a result. Call directly after the call, before errno changes.
pub(crate) fn checked(operation: &'static str, result: i32) -> Result<i32> {
    Errno::result(result).named(operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_operation_and_errno() {
        let error = Error::new("epoll_wait", libc::EBADF);
        assert!(error.to_string().starts_with("epoll_wait: Bad file descriptor"));
        assert_eq!(error.operation(), "epoll_wait");
        assert_eq!(error.raw_os_error(), libc::EBADF);
    }

    #[test]
    fn converts_to_io_error_with_kind_and_source() {
        let error = std::io::Error::from(Error::new("open", libc::ENOENT));
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        assert!(error.get_ref().is_some_and(|inner| inner.is::<Error>()));
    }
}
