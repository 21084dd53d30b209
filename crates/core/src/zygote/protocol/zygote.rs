//! Between the host and its zygote: requests and reports.

use super::super::Conditions;
use super::wire::{Reader, message, unknown};
use crate::launcher::Captures;
use crate::{Error, Result};

/// From the host to its zygote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZygoteRequest {
    /// What to load; JSON.
    Configuration(String),
    /// Fork a worker. Descriptors: lane, submission event, completion event, control, lifeline, then the pipes of the streams
    /// that the host reads.
    Fork {
        /// The worker's number.
        worker: u32,
        /// Processors it shall run on; none: those of the zygote.
        processors: Vec<u32>,
        /// What else it shall run under.
        conditions: Conditions,
        /// Which of its streams the host reads.
        captures: Captures,
    },
    /// Leave.
    Stop,
    /// Kill a worker, of which the host has no descriptor. Its death is reported as any other.
    Kill {
        /// The worker's number.
        worker: u32,
    },
}

/// From the zygote to its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZygoteReport {
    /// Everything is loaded and proven; JSON details.
    Ready(String),
    /// It cannot serve; JSON error.
    Failed(String),
    /// A worker exists. Descriptor: its pidfd.
    Forked {
        /// The worker's number.
        worker: u32,
        /// Its process id.
        process: u32,
    },
    /// The fork was refused.
    ForkFailed {
        /// The worker's number.
        worker: u32,
        /// errno of fork or pidfd_open.
        errno: u32,
    },
    /// A worker has died and was reaped.
    Exited {
        /// The worker's number.
        worker: u32,
        /// Its process id.
        process: u32,
        /// Exit code, -1 if signalled.
        code: i32,
        /// Signal, 0 if it exited.
        signal: i32,
        /// Nanoseconds of processor time that it has used.
        processor: u64,
    },
}

impl ZygoteRequest {
    /// The bytes of the message.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            ZygoteRequest::Configuration(text) => message(1, &[], text),
            ZygoteRequest::Fork { worker, processors, conditions, captures } => {
                let streams = u32::from(captures.stdout) | u32::from(captures.stderr) << 1;
                let words = [&[*worker, streams, processors.len() as u32], processors.as_slice()].concat();
                message(2, &words, &conditions.encode())
            }
            ZygoteRequest::Stop => message(3, &[], ""),
            ZygoteRequest::Kill { worker } => message(4, &[*worker], ""),
        }
    }

    /// # Errors
    /// [`Error::Protocol`](crate::Error::Protocol) for anything that is no such message.
    pub fn decode(bytes: &[u8]) -> Result<ZygoteRequest> {
        let mut reader = Reader { bytes };
        match reader.word()? {
            1 => Ok(ZygoteRequest::Configuration(reader.text()?)),
            2 => {
                let (worker, streams, processors) = (reader.word()?, reader.word()?, reader.words()?);
                if streams > 3 {
                    return Err(Error::Protocol(format!("unknown streams {streams} of a worker")));
                }
                Ok(ZygoteRequest::Fork {
                    worker,
                    processors,
                    conditions: Conditions::decode(&reader.text()?)?,
                    captures: Captures { stdout: streams & 1 != 0, stderr: streams & 2 != 0 },
                })
            }
            3 => reader.end(ZygoteRequest::Stop),
            4 => {
                let worker = reader.word()?;
                reader.end(ZygoteRequest::Kill { worker })
            }
            kind => unknown(kind),
        }
    }
}

impl ZygoteReport {
    /// The bytes of the message.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            ZygoteReport::Ready(text) => message(10, &[], text),
            ZygoteReport::Failed(text) => message(11, &[], text),
            ZygoteReport::Forked { worker, process } => message(12, &[*worker, *process], ""),
            ZygoteReport::ForkFailed { worker, errno } => message(13, &[*worker, *errno], ""),
            ZygoteReport::Exited { worker, process, code, signal, processor } => {
                let (low, high) = (*processor as u32, (*processor >> 32) as u32);
                message(14, &[*worker, *process, code.cast_unsigned(), signal.cast_unsigned(), low, high], "")
            }
        }
    }

    /// # Errors
    /// [`Error::Protocol`](crate::Error::Protocol) for anything that is no such message.
    pub fn decode(bytes: &[u8]) -> Result<ZygoteReport> {
        let mut reader = Reader { bytes };
        match reader.word()? {
            10 => Ok(ZygoteReport::Ready(reader.text()?)),
            11 => Ok(ZygoteReport::Failed(reader.text()?)),
            12 => {
                let (worker, process) = (reader.word()?, reader.word()?);
                reader.end(ZygoteReport::Forked { worker, process })
            }
            13 => {
                let (worker, errno) = (reader.word()?, reader.word()?);
                reader.end(ZygoteReport::ForkFailed { worker, errno })
            }
            14 => {
                let (worker, process) = (reader.word()?, reader.word()?);
                let (code, signal) = (reader.word()?.cast_signed(), reader.word()?.cast_signed());
                let processor = u64::from(reader.word()?) | u64::from(reader.word()?) << 32;
                reader.end(ZygoteReport::Exited { worker, process, code, signal, processor })
            }
            kind => unknown(kind),
        }
    }
}
