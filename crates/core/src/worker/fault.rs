//! How a task fails, and how its error travels to the host.

use std::any::Any;
use std::fmt;

const RETURNED: u8 = 0;
const PANICKED: u8 = 1;

/// The failure of a task function: an error it returned, or its panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskError {
    message: String,
    panicked: bool,
}

impl TaskError {
    /// An error that says `message`.
    pub fn new(message: impl Into<String>) -> TaskError {
        TaskError { message: message.into(), panicked: false }
    }

    /// What went wrong; of a panic, its message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the function panicked. Its worker lives on.
    pub fn is_panic(&self) -> bool {
        self.panicked
    }

    /// The error behind a caught panic.
    pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> TaskError {
        let message = if let Some(text) = panic.downcast_ref::<&str>() {
            (*text).to_owned()
        } else if let Some(text) = panic.downcast_ref::<String>() {
            text.clone()
        } else {
            "a panic without a message".to_owned()
        };
        TaskError { message, panicked: true }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + self.message.len());
        bytes.push(if self.panicked { PANICKED } else { RETURNED });
        bytes.extend(self.message.as_bytes());
        bytes
    }

    /// Reads what a worker sent, whatever it is: a worker that lies gets an odd message, no more.
    pub(crate) fn decode(bytes: &[u8]) -> TaskError {
        let (kind, message) = bytes.split_first().unwrap_or((&RETURNED, &[]));
        TaskError { message: String::from_utf8_lossy(message).into_owned(), panicked: *kind == PANICKED }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.panicked {
            write!(f, "the task panicked: {}", self.message)
        } else {
            f.write_str(&self.message)
        }
    }
}

impl std::error::Error for TaskError {}

impl From<&str> for TaskError {
    fn from(message: &str) -> TaskError {
        TaskError::new(message)
    }
}

impl From<String> for TaskError {
    fn from(message: String) -> TaskError {
        TaskError::new(message)
    }
}

impl From<std::io::Error> for TaskError {
    fn from(error: std::io::Error) -> TaskError {
        TaskError::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_survive_the_journey() {
        let panicked = std::panic::catch_unwind(|| panic!("no {}", 7)).unwrap_err();
        for error in [TaskError::new("plain"), TaskError::new(""), TaskError::from_panic(&*panicked)] {
            assert_eq!(TaskError::decode(&error.encode()), error);
        }
        assert_eq!(TaskError::from_panic(&*panicked).to_string(), "the task panicked: no 7");
    }

    #[test]
    fn anything_can_be_decoded() {
        assert_eq!(TaskError::decode(&[]).message(), "");
        assert_eq!(TaskError::decode(&[9, 0xff]).message(), "\u{fffd}");
    }
}
