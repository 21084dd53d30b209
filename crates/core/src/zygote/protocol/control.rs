//! Between the host and a worker, on the worker's control socket.

use super::super::Conditions;
use super::wire::{Reader, halves, message, message_of_bytes, unknown};
use crate::{Error, Result};

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
        /// Segments that the payload mentions: their numbers are its last words.
        mentions: u32,
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
            ControlMessage::Chunk { task_index, task_generation, input, part, mentions, payload } => {
                let words = [*task_index, *task_generation, *input, *part as u32, *mentions];
                message_of_bytes(9, &words, payload)
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
                let mentions = reader.word()?;
                let payload = reader.bytes.to_vec();
                Ok(ControlMessage::Chunk { task_index, task_generation, input, part, mentions, payload })
            }
            kind => unknown(kind),
        }
    }
}
