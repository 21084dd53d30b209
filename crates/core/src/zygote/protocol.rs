//! The messages on the zygote socket and on a worker's control socket: little-endian u32 words, then bytes.
//! Pure encoding; every decoder checks the length of what it reads.

use super::Conditions;
use crate::{Error, Result};

/// The longest message, bytes. Below the default socket buffer, so that one always fits.
pub const MAXIMUM_MESSAGE: usize = 128 * 1024;

/// From the host to its zygote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZygoteRequest {
    /// What to load; JSON.
    Configuration(String),
    /// Fork a worker. Descriptors: lane, submission event, completion event, control, lifeline.
    Fork {
        /// The worker's number.
        worker: u32,
        /// Processors it shall run on; none: those of the zygote.
        processors: Vec<u32>,
        /// What else it shall run under.
        conditions: Conditions,
    },
    /// Leave.
    Stop,
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
    },
}

/// Longest payload that travels within a chunk, bytes; a longer one has memory of its own.
pub const LONGEST_CHUNK: usize = 16 * 1024;

/// Longest message to a worker that has its lane, bytes.
pub const LONGEST_CONTROL: usize = LONGEST_CHUNK + 64;

/// Longest reason of a cancellation, bytes.
pub const LONGEST_REASON: usize = 8 * 1024;

/// What a chunk says about the stream it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ChunkPart {
    /// The next item.
    Item = 0,
    /// There are no more.
    End = 1,
    /// The source has failed; the payload is the encoded error.
    Failure = 2,
}

/// On a worker's control socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlMessage {
    /// Host to worker: abort the signal of this task.
    Cancel {
        /// Index of the task.
        task_index: u32,
        /// Generation of the task.
        task_generation: u32,
        /// The limit of its run time in milliseconds, if it has passed that; 0: its caller does not want it any more.
        limit: u32,
        /// The caller's reason, encoded; empty: the usual one.
        reason: Vec<u8>,
    },
    /// Either way: a payload in a memfd, ahead of the slot that names it. Descriptor: the memfd.
    Payload {
        /// Sequence number.
        tag: u32,
        /// Bytes.
        length: u64,
    },
    /// Host to worker: a segment that a task to come mentions. Descriptor: its memfd.
    Segment {
        /// The segment's number.
        number: u32,
        /// Bytes.
        length: u64,
        /// Writes are to stay in the worker.
        private: bool,
    },
    /// Worker to host: it has no use for a segment any more.
    SegmentReleased {
        /// The segment's number.
        number: u32,
        /// How many mentions of it the worker has seen since it got it.
        mentions: u32,
    },
    /// Host to worker: the release is believed; the next mention comes with the segment itself again.
    SegmentForgotten {
        /// The segment's number.
        number: u32,
    },
    /// Host to idle worker: run exit listeners and leave with 0.
    Stop,
    /// Host to spawned worker, first message. Descriptors: lane, submission event, completion event, lifeline.
    Attach {
        /// The worker's number.
        worker: u32,
        /// What it shall run under.
        conditions: Conditions,
        /// What to load; JSON.
        configuration: String,
    },
    /// Host to worker: the task may send this many items more.
    Credit {
        /// Index of the task.
        task_index: u32,
        /// Generation of the task.
        task_generation: u32,
        /// Items more.
        count: u32,
    },
    /// Host to worker: part of a stream that was given to a task. Descriptor, if the payload is longer than
    /// [`LONGEST_CHUNK`]: the memfd that holds it.
    Chunk {
        /// Index of the task.
        task_index: u32,
        /// Generation of the task.
        task_generation: u32,
        /// Which of its streams.
        input: u32,
        /// What it is.
        part: ChunkPart,
        /// The encoded value; empty at the end of the stream, and if it travels in a memfd.
        payload: Vec<u8>,
    },
}

impl ChunkPart {
    /// # Errors
    /// [`Error::Protocol`] for a number that is no part.
    pub fn from_number(number: u32) -> Result<ChunkPart> {
        match number {
            0 => Ok(ChunkPart::Item),
            1 => Ok(ChunkPart::End),
            2 => Ok(ChunkPart::Failure),
            _ => Err(Error::Protocol(format!("unknown part {number} of a stream"))),
        }
    }
}

fn message(kind: u32, words: &[u32], text: &str) -> Vec<u8> {
    message_of_bytes(kind, words, text.as_bytes())
}

fn message_of_bytes(kind: u32, words: &[u32], rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 + 4 * words.len() + rest.len());
    bytes.extend(kind.to_le_bytes());
    for word in words {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(rest);
    bytes
}

/// The two words of a number of 64 bits, the low one first.
fn halves(number: u64) -> [u32; 2] {
    [(number & 0xFFFF_FFFF) as u32, (number >> 32) as u32]
}

/// Reads words off the front of a message.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn word(&mut self) -> Result<u32> {
        let (word, rest) =
            self.bytes.split_first_chunk::<4>().ok_or_else(|| Error::Protocol("message too short".into()))?;
        self.bytes = rest;
        Ok(u32::from_le_bytes(*word))
    }

    fn long(&mut self) -> Result<u64> {
        Ok(u64::from(self.word()?) | u64::from(self.word()?) << 32)
    }

    /// A word that is 0 or 1: no message has two encodings.
    fn flag(&mut self) -> Result<bool> {
        match self.word()? {
            0 => Ok(false),
            1 => Ok(true),
            number => Err(Error::Protocol(format!("{number} where 0 or 1 must be"))),
        }
    }

    /// As many words as the first one says.
    fn words(&mut self) -> Result<Vec<u32>> {
        let count = self.word()?;
        (0..count).map(|_| self.word()).collect()
    }

    /// As many bytes as the first word says.
    fn part(&mut self) -> Result<Reader<'a>> {
        let length = self.word()? as usize;
        let part = self.bytes.split_at_checked(length);
        let (bytes, rest) = part.ok_or_else(|| Error::Protocol("message too short".into()))?;
        self.bytes = rest;
        Ok(Reader { bytes })
    }

    fn text(self) -> Result<String> {
        String::from_utf8(self.bytes.to_vec()).map_err(|_| Error::Protocol("text is not UTF-8".into()))
    }

    fn end<T>(self, value: T) -> Result<T> {
        if self.bytes.is_empty() { Ok(value) } else { Err(Error::Protocol("message too long".into())) }
    }
}

fn unknown<T>(kind: u32) -> Result<T> {
    Err(Error::Protocol(format!("unknown message kind {kind}")))
}

impl ZygoteRequest {
    /// The bytes of the message.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            ZygoteRequest::Configuration(text) => message(1, &[], text),
            ZygoteRequest::Fork { worker, processors, conditions } => {
                let words = [&[*worker, processors.len() as u32], processors.as_slice()].concat();
                message(2, &words, &conditions.encode())
            }
            ZygoteRequest::Stop => message(3, &[], ""),
        }
    }

    /// # Errors
    /// [`Error::Protocol`] for anything that is no such message.
    pub fn decode(bytes: &[u8]) -> Result<ZygoteRequest> {
        let mut reader = Reader { bytes };
        match reader.word()? {
            1 => Ok(ZygoteRequest::Configuration(reader.text()?)),
            2 => {
                let (worker, processors) = (reader.word()?, reader.words()?);
                Ok(ZygoteRequest::Fork {
                    worker,
                    processors,
                    conditions: Conditions::decode(&reader.text()?)?,
                })
            }
            3 => reader.end(ZygoteRequest::Stop),
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
            ZygoteReport::Exited { worker, process, code, signal } => {
                message(14, &[*worker, *process, code.cast_unsigned(), signal.cast_unsigned()], "")
            }
        }
    }

    /// # Errors
    /// [`Error::Protocol`] for anything that is no such message.
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
                reader.end(ZygoteReport::Exited { worker, process, code, signal })
            }
            kind => unknown(kind),
        }
    }
}

impl ControlMessage {
    /// The bytes of the message.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            ControlMessage::Cancel { task_index, task_generation, limit, reason } => {
                message_of_bytes(1, &[*task_index, *task_generation, *limit], reason)
            }
            ControlMessage::Payload { tag, length } => {
                let [low, high] = halves(*length);
                message(2, &[*tag, low, high], "")
            }
            ControlMessage::Stop => message(3, &[], ""),
            ControlMessage::Attach { worker, conditions, configuration } => {
                let conditions = conditions.encode();
                message(4, &[*worker, conditions.len() as u32], &(conditions + configuration))
            }
            ControlMessage::Segment { number, length, private } => {
                let [low, high] = halves(*length);
                message(5, &[*number, low, high, u32::from(*private)], "")
            }
            ControlMessage::SegmentReleased { number, mentions } => message(6, &[*number, *mentions], ""),
            ControlMessage::SegmentForgotten { number } => message(7, &[*number], ""),
            ControlMessage::Credit { task_index, task_generation, count } => {
                message(8, &[*task_index, *task_generation, *count], "")
            }
            ControlMessage::Chunk { task_index, task_generation, input, part, payload } => {
                message_of_bytes(9, &[*task_index, *task_generation, *input, *part as u32], payload)
            }
        }
    }

    /// # Errors
    /// [`Error::Protocol`] for anything that is no such message.
    pub fn decode(bytes: &[u8]) -> Result<ControlMessage> {
        let mut reader = Reader { bytes };
        match reader.word()? {
            1 => {
                let (task_index, task_generation, limit) = (reader.word()?, reader.word()?, reader.word()?);
                let reason = reader.bytes.to_vec();
                Ok(ControlMessage::Cancel { task_index, task_generation, limit, reason })
            }
            2 => {
                let (tag, length) = (reader.word()?, reader.long()?);
                reader.end(ControlMessage::Payload { tag, length })
            }
            3 => reader.end(ControlMessage::Stop),
            4 => {
                let (worker, conditions) = (reader.word()?, Conditions::decode(&reader.part()?.text()?)?);
                Ok(ControlMessage::Attach { worker, conditions, configuration: reader.text()? })
            }
            5 => {
                let (number, length, private) = (reader.word()?, reader.long()?, reader.flag()?);
                reader.end(ControlMessage::Segment { number, length, private })
            }
            6 => {
                let (number, mentions) = (reader.word()?, reader.word()?);
                reader.end(ControlMessage::SegmentReleased { number, mentions })
            }
            7 => {
                let number = reader.word()?;
                reader.end(ControlMessage::SegmentForgotten { number })
            }
            8 => {
                let (task_index, task_generation, count) = (reader.word()?, reader.word()?, reader.word()?);
                reader.end(ControlMessage::Credit { task_index, task_generation, count })
            }
            9 => {
                let (task_index, task_generation, input) = (reader.word()?, reader.word()?, reader.word()?);
                let part = ChunkPart::from_number(reader.word()?)?;
                let payload = reader.bytes.to_vec();
                Ok(ControlMessage::Chunk { task_index, task_generation, input, part, payload })
            }
            kind => unknown(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ProcessLimits;
    use super::*;
    use crate::sandbox::{Sandbox, SandboxFiles};

    #[test]
    fn every_message_survives_the_round_trip() {
        for request in [
            ZygoteRequest::Configuration("{\"ü\":1}".into()),
            ZygoteRequest::Fork { worker: u32::MAX, processors: vec![], conditions: Conditions::default() },
            ZygoteRequest::Fork { worker: 1, processors: vec![3, 0], conditions: conditions() },
            ZygoteRequest::Stop,
        ] {
            assert_eq!(ZygoteRequest::decode(&request.encode()).unwrap(), request);
        }
        for report in [
            ZygoteReport::Ready("{}".into()),
            ZygoteReport::Failed(String::new()),
            ZygoteReport::Forked { worker: 1, process: 2 },
            ZygoteReport::ForkFailed { worker: 1, errno: 11 },
            ZygoteReport::Exited { worker: 1, process: 2, code: -1, signal: 9 },
        ] {
            assert_eq!(ZygoteReport::decode(&report.encode()).unwrap(), report);
        }
        for message in [
            ControlMessage::Cancel { task_index: 1, task_generation: 2, limit: 3, reason: vec![4] },
            ControlMessage::Payload { tag: 7, length: u64::from(u32::MAX) + 5 },
            ControlMessage::Stop,
            ControlMessage::Attach { worker: 3, conditions: conditions(), configuration: "{}".into() },
            ControlMessage::Segment { number: 1, length: 5 << 32, private: true },
            ControlMessage::SegmentReleased { number: 1, mentions: 2 },
            ControlMessage::SegmentForgotten { number: 9 },
            ControlMessage::Credit { task_index: 1, task_generation: 2, count: 16 },
            chunk(ChunkPart::Item, &[1, 2, 3]),
            chunk(ChunkPart::End, &[]),
            chunk(ChunkPart::Failure, &[7; LONGEST_CHUNK]),
        ] {
            assert!(message.encode().len() <= LONGEST_CONTROL);
            assert_eq!(ControlMessage::decode(&message.encode()).unwrap(), message);
        }
    }

    fn conditions() -> Conditions {
        let limits = ProcessLimits {
            files: Some(u64::MAX),
            processor_time: Some(1),
            core: Some(0),
            file_size: Some(1 << 40),
            nice: Some(-20),
            oom_score_adjustment: Some(-1000),
        };
        let files = SandboxFiles { read: vec!["/usr".into()], write: vec![] };
        let sandbox = Sandbox { files: Some(files), no_network: true, ..Sandbox::default() };
        Conditions { limits, group: Some("/sys/fs/cgroup/ü".into()), sandbox, born_confined: false }
    }

    fn chunk(part: ChunkPart, payload: &[u8]) -> ControlMessage {
        ControlMessage::Chunk { task_index: 1, task_generation: 2, input: 3, part, payload: payload.into() }
    }

    #[test]
    fn short_long_and_unknown_messages_are_errors() {
        for bytes in [&b""[..], b"\x02", b"\x02\0\0\0\x01", b"\x63\0\0\0", b"\x03\0\0\0\0"] {
            assert!(ZygoteRequest::decode(bytes).is_err(), "{bytes:?}");
            assert!(ZygoteReport::decode(bytes).is_err(), "{bytes:?}");
            assert!(ControlMessage::decode(bytes).is_err(), "{bytes:?}");
        }
        assert!(ZygoteRequest::decode(b"\x01\0\0\0\xff\xfe").is_err(), "text must be UTF-8");
        let attach = [4_u32, 1, 3].map(u32::to_le_bytes).concat();
        assert!(ControlMessage::decode(&[&attach, &b"{}"[..]].concat()).is_err(), "a part that is not there");
        assert!(ControlMessage::decode(&[&attach, &b"{]}"[..]].concat()).is_err(), "no conditions");
        let fork = [2_u32, 1, u32::MAX, 7].map(u32::to_le_bytes).concat();
        assert!(ZygoteRequest::decode(&fork).is_err(), "processors that are not there");
        let mut part = chunk(ChunkPart::Failure, &[]).encode();
        part[16] = 3;
        assert!(ControlMessage::decode(&part).is_err(), "a part of a stream that is none");
        let mut segment = ControlMessage::Segment { number: 1, length: 1, private: true }.encode();
        segment[16] = 2;
        assert!(ControlMessage::decode(&segment).is_err(), "neither private nor not");
    }
}
