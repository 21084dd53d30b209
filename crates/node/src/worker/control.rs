//! The worker's end of its control socket.

use super::segments::Segments;
use crate::error::{coded, from_core, from_system};
use crate::value::{Value, array_buffer, undefined};
use hatchery_core::zygote::protocol::{ChunkPart, ControlMessage, LONGEST_CONTROL};
use hatchery_sys::{Mapping, MemFd, Received, SeqPacket};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Longest wait for a payload that the host has announced; it sends the payload first, so this is for faults.
const PAYLOAD_WAIT: Duration = Duration::from_secs(30);
/// Pause before trying again to send to a host that is behind.
const BEHIND: Duration = Duration::from_micros(200);
/// The longest message of the protocol to a running worker.
const MESSAGE: usize = LONGEST_CONTROL;

/// What the host says to the runtime.
pub(super) enum Notice {
    /// Abort the signal of this task: it has passed this limit in milliseconds, or, with 0, for the encoded reason.
    Cancel { index: u32, generation: u32, limit: u32, reason: ChunkPayload },
    /// Leave.
    Stop,
    /// This task may send more items.
    Credit { index: u32, generation: u32, count: u32 },
    /// Part of a stream that this task was given.
    Chunk { index: u32, generation: u32, input: u32, part: ChunkPart, mentions: u32, payload: ChunkPayload },
}

/// The encoded value in a message.
pub(super) enum ChunkPayload {
    /// As it came; empty at the end of a stream.
    Bytes(Vec<u8>),
    /// In memory of its own.
    Memory(MemFd),
}

/// The socket, and what has been read from it and not been asked for.
pub(super) struct Control {
    socket: SeqPacket,
    /// Without memory those that there was no descriptor for.
    payloads: RefCell<Vec<(u32, Option<MemFd>)>>,
    notices: RefCell<VecDeque<Notice>>,
    segments: RefCell<Segments>,
}

impl Control {
    /// Over the worker's end.
    pub(super) fn new(socket: SeqPacket) -> Control {
        Control {
            socket,
            payloads: RefCell::default(),
            notices: RefCell::default(),
            segments: RefCell::default(),
        }
    }

    /// Reads all that is there. False: the host is gone.
    ///
    /// # Errors
    /// The host sent what is not of the protocol, or something came that this process had no descriptor left for, and that
    /// more than one task may need.
    pub(super) fn pump(&self) -> napi::Result<bool> {
        let mut buffer = [0; MESSAGE];
        loop {
            let (received, stripped) = self.socket.receive_even_stripped(&mut buffer).map_err(from_system)?;
            match received {
                Received::WouldBlock => return Ok(true),
                Received::End => return Ok(false),
                Received::Message { length, mut fds } => {
                    match ControlMessage::decode(&buffer[..length]).map_err(from_core)? {
                        ControlMessage::Payload { tag, .. } => {
                            let memory = fds.pop().map(MemFd::from);
                            if memory.is_none() && !stripped {
                                return Err(no_payload(tag));
                            }
                            self.payloads.borrow_mut().push((tag, memory));
                        }
                        _ if stripped => return Err(no_descriptor("a segment or a chunk of a stream")),
                        ControlMessage::Cancel {
                            task_index: index,
                            task_generation: generation,
                            limit,
                            reason,
                        } => {
                            let reason = ChunkPayload::Bytes(reason);
                            let cancel = Notice::Cancel { index, generation, limit, reason };
                            self.notices.borrow_mut().push_back(cancel);
                        }
                        ControlMessage::Stop => self.notices.borrow_mut().push_back(Notice::Stop),
                        ControlMessage::Segment { number, length, private } => {
                            let memory = fds.pop().map(MemFd::from);
                            let memory = memory.ok_or_else(|| no_segment(number))?;
                            self.segments.borrow_mut().receive(number, memory, length, private);
                        }
                        ControlMessage::SegmentForgotten { number } => {
                            self.segments.borrow_mut().forget(number);
                        }
                        ControlMessage::Credit { task_index: index, task_generation: generation, count } => {
                            self.notices.borrow_mut().push_back(Notice::Credit { index, generation, count });
                        }
                        ControlMessage::Chunk {
                            task_index: index,
                            task_generation: generation,
                            input,
                            part,
                            mentions,
                            payload,
                        } => {
                            let payload = match fds.pop() {
                                Some(memory) => ChunkPayload::Memory(MemFd::from(memory)),
                                None => ChunkPayload::Bytes(payload),
                            };
                            let chunk = Notice::Chunk { index, generation, input, part, mentions, payload };
                            self.notices.borrow_mut().push_back(chunk);
                        }
                        other => {
                            let what = format!("unexpected message {other:?}");
                            return Err(coded("ERR_HATCHERY_PROTOCOL", what));
                        }
                    }
                }
            }
        }
    }

    /// Whether there are messages to the runtime that it has not been given.
    pub(super) fn has_notices(&self) -> bool {
        !self.notices.borrow().is_empty()
    }

    /// The next message to the runtime.
    pub(super) fn next_notice(&self) -> Option<Notice> {
        self.notices.borrow_mut().pop_front()
    }

    /// The payload with this tag; waits for it if it is under way.
    pub(super) fn take_payload(&self, tag: u32) -> napi::Result<MemFd> {
        loop {
            let found = self.payloads.borrow().iter().position(|(known, _)| *known == tag);
            if let Some(at) = found {
                let memory = self.payloads.borrow_mut().swap_remove(at).1;
                return memory.ok_or_else(|| no_descriptor("the argument"));
            }
            if !self.socket.wait_readable(Some(PAYLOAD_WAIT)).map_err(from_system)? {
                return Err(no_payload(tag));
            }
            self.pump_while_wanted()?;
        }
    }

    /// As [`pump`](Control::pump), for something that only a host can send.
    fn pump_while_wanted(&self) -> napi::Result<()> {
        if self.pump()? { Ok(()) } else { Err(coded("ERR_HATCHERY_PROTOCOL", "the host is gone")) }
    }

    /// Counts a mention of a segment by a task; waits for the segment if it is under way. `unused`: the task will not
    /// be run.
    pub(super) fn mention(&self, number: u32, unused: bool) -> napi::Result<()> {
        if self.segments.borrow().may_be_forgotten(number) {
            self.pump_while_wanted()?;
        }
        while !self.segments.borrow_mut().mention(number) {
            if !self.socket.wait_readable(Some(PAYLOAD_WAIT)).map_err(from_system)? {
                return Err(no_segment(number));
            }
            self.pump_while_wanted()?;
        }
        if unused {
            self.release_unmapped(number);
        }
        Ok(())
    }

    /// A mapping of a segment this worker has.
    pub(super) fn map(&self, number: u32) -> napi::Result<Mapping> {
        self.segments.borrow_mut().map(number).ok_or_else(|| no_segment(number))?.map_err(from_system)
    }

    /// A mapping is gone.
    pub(super) fn unmap(&self, number: u32) {
        let news = self.segments.borrow_mut().unmap(number);
        if news {
            self.release_unmapped(number);
        }
    }

    /// The buffer of a mapping has been detached, or collected: the host need not wait for the mapping's end.
    pub(super) fn anticipate(&self, number: u32) {
        let known = self.segments.borrow_mut().anticipate(number);
        if known {
            self.release_unmapped(number);
        }
    }

    /// Tells the host that a segment is of no use here any more, unless it is. Should the host's end be full, it is told
    /// with the next mapping that goes, or by the end of this process.
    fn release_unmapped(&self, number: u32) {
        let mentions = self.segments.borrow_mut().release_unmapped(number);
        if let Some(mentions) = mentions {
            let message = ControlMessage::SegmentReleased { number, mentions };
            let _ = self.socket.send(&message.encode(), &[]);
        }
    }

    /// Sends a payload in a memfd.
    pub(super) fn send_payload(&self, tag: u32, payload: &[u8]) -> napi::Result<()> {
        let length = payload.len() as u64;
        let memory = MemFd::create("hatchery-payload", length).map_err(from_system)?;
        memory.write_at(payload, 0).map_err(from_system)?;
        memory.seal_size().map_err(from_system)?;
        let announcement = ControlMessage::Payload { tag, length }.encode();
        loop {
            match self.socket.send(&announcement, &[memory.as_fd()]) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                // As good as full: the kernel lets a user have only so many descriptors in all sockets together.
                Err(error) if error.is_too_many_in_flight() => {}
                Err(error) => return Err(from_system(error)),
            }
            std::thread::sleep(BEHIND);
        }
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl ChunkPayload {
    /// As an `ArrayBuffer`, or `undefined` if there is none.
    pub(super) fn into_value(self, env: napi::sys::napi_env) -> napi::Result<Value> {
        match self {
            ChunkPayload::Bytes(bytes) if bytes.is_empty() => undefined(env),
            ChunkPayload::Bytes(bytes) => array_buffer(env, bytes.len(), |target| {
                target.copy_from_slice(&bytes);
                Ok(())
            }),
            ChunkPayload::Memory(memory) => memory_buffer(env, &memory),
        }
    }
}

/// An `ArrayBuffer` with what is in `memory`.
pub(super) fn memory_buffer(env: napi::sys::napi_env, memory: &MemFd) -> napi::Result<Value> {
    let length = memory.length().map_err(from_system)?;
    let length = usize::try_from(length)
        .map_err(|_| coded("ERR_HATCHERY_LANE", format!("a payload of {length} bytes")))?;
    array_buffer(env, length, |target| memory.read_at(target, 0).map_err(from_system))
}

fn no_payload(tag: u32) -> napi::Error {
    coded("ERR_HATCHERY_PROTOCOL", format!("payload {tag} has not come"))
}

fn no_descriptor(what: &str) -> napi::Error {
    coded(
        "ERR_HATCHERY_SYSTEM",
        format!("{what} is lost: the worker had no file descriptor left to receive it by (EMFILE)"),
    )
}

fn no_segment(number: u32) -> napi::Error {
    coded("ERR_HATCHERY_PROTOCOL", format!("segment {number} has not come"))
}
