//! The worker's end of its control socket.

use super::segments::Segments;
use crate::error::{coded, from_core, from_system};
use hatchery_core::zygote::protocol::ControlMessage;
use hatchery_sys::{Mapping, MemFd, Received, SeqPacket};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Longest wait for a payload that the host has announced; it sends the payload first, so this is for faults.
const PAYLOAD_WAIT: Duration = Duration::from_secs(30);
/// Pause before trying again to send to a host that is behind.
const BEHIND: Duration = Duration::from_micros(200);
/// More than any message of the protocol to a running worker.
const MESSAGE: usize = 256;

/// What the host says to the runtime.
pub(super) enum Notice {
    /// Abort the signal of this task.
    Cancel { index: u32, generation: u32 },
    /// Leave.
    Stop,
}

/// The socket, and what has been read from it and not been asked for.
pub(super) struct Control {
    socket: SeqPacket,
    payloads: RefCell<Vec<(u32, MemFd)>>,
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

    /// Reads all that is there.
    ///
    /// # Errors
    /// The host is gone, or sent what is not of the protocol.
    pub(super) fn pump(&self) -> napi::Result<()> {
        let mut buffer = [0; MESSAGE];
        loop {
            match self.socket.receive(&mut buffer).map_err(from_system)? {
                Received::WouldBlock => return Ok(()),
                Received::End => return Err(coded("ERR_HATCHERY_PROTOCOL", "the host is gone")),
                Received::Message { length, mut fds } => {
                    match ControlMessage::decode(&buffer[..length]).map_err(from_core)? {
                        ControlMessage::Payload { tag, .. } => {
                            let memory = fds.pop().map(MemFd::from);
                            let memory = memory.ok_or_else(|| no_payload(tag))?;
                            self.payloads.borrow_mut().push((tag, memory));
                        }
                        ControlMessage::Cancel { task_index: index, task_generation: generation } => {
                            self.notices.borrow_mut().push_back(Notice::Cancel { index, generation });
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
                        other => {
                            let what = format!("unexpected message {other:?}");
                            return Err(coded("ERR_HATCHERY_PROTOCOL", what));
                        }
                    }
                }
            }
        }
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
                return Ok(self.payloads.borrow_mut().swap_remove(at).1);
            }
            if !self.socket.wait_readable(Some(PAYLOAD_WAIT)).map_err(from_system)? {
                return Err(no_payload(tag));
            }
            self.pump()?;
        }
    }

    /// Counts a mention of a segment by a task; waits for the segment if it is under way. `unused`: the task will not
    /// be run.
    pub(super) fn mention(&self, number: u32, unused: bool) -> napi::Result<()> {
        while !self.segments.borrow_mut().mention(number) {
            if !self.socket.wait_readable(Some(PAYLOAD_WAIT)).map_err(from_system)? {
                return Err(no_segment(number));
            }
            self.pump()?;
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
        self.segments.borrow_mut().unmap(number);
        self.release_unmapped(number);
    }

    /// Tells the host that a segment is of no use here any more, unless it is. Should the host's end be full, it is told
    /// with the next mapping that goes, or by the end of this process.
    fn release_unmapped(&self, number: u32) {
        if let Some(mentions) = self.segments.borrow().unmapped_mentions(number) {
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
        while !self.socket.send(&announcement, &[memory.as_fd()]).map_err(from_system)? {
            std::thread::sleep(BEHIND);
        }
        Ok(())
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn no_payload(tag: u32) -> napi::Error {
    coded("ERR_HATCHERY_PROTOCOL", format!("payload {tag} has not come"))
}

fn no_segment(number: u32) -> napi::Error {
    coded("ERR_HATCHERY_PROTOCOL", format!("segment {number} has not come"))
}
