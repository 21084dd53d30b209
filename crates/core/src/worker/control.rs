//! The worker's end of its control socket: what the host says beside the lane, and payloads in memfds.

use crate::zygote::protocol::ControlMessage;
use crate::{Error, Result};
use hatchery_sys::{MemFd, Received, SeqPacket};
use std::os::fd::{AsFd, BorrowedFd};

/// Longest message the host sends here, bytes.
const LONGEST: usize = 256;

/// Why the worker is to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// The host said so.
    Told,
    /// The host is gone.
    Orphaned,
}

#[derive(Debug)]
pub(crate) struct Control {
    socket: SeqPacket,
    /// Payloads whose slot has not been read yet; without memory those that there was no descriptor for.
    payloads: Vec<(u32, Option<MemFd>)>,
    /// Index and generation of the task whose cancellation was asked for last.
    cancelled: Option<(u32, u32)>,
    leave: Option<Leave>,
    next_tag: u32,
}

impl Control {
    pub(crate) fn new(socket: SeqPacket) -> Control {
        Control { socket, payloads: Vec::new(), cancelled: None, leave: None, next_tag: 0 }
    }

    /// Reads everything that is there.
    pub(crate) fn poll(&mut self) -> Result<()> {
        while self.leave != Some(Leave::Orphaned) && self.receive()? {}
        Ok(())
    }

    /// Whether and why the worker is to leave, as far as messages have been read.
    pub(crate) fn leave(&self) -> Option<Leave> {
        self.leave
    }

    /// Whether the host wants this task to stop, as far as messages have been read. A task begins after any
    /// cancellation of another, so remembering the last one is enough.
    pub(crate) fn is_cancelled(&self, task: (u32, u32)) -> bool {
        self.cancelled == Some(task)
    }

    /// The payload that the host sent under `tag`, ahead of the slot; `None`: there was no descriptor for it.
    pub(crate) fn payload(&mut self, tag: u32, length: u32) -> Result<Option<Vec<u8>>> {
        let Some(memory) = self.take(tag)? else { return Ok(None) };
        let mut bytes = vec![0; length as usize];
        memory.read_at(&mut bytes, 0)?;
        Ok(Some(bytes))
    }

    /// Takes a payload's memory out, also to drop it unread.
    pub(crate) fn take(&mut self, tag: u32) -> Result<Option<MemFd>> {
        loop {
            if let Some(at) = self.payloads.iter().position(|(known, _)| *known == tag) {
                return Ok(self.payloads.swap_remove(at).1);
            }
            if !self.receive()? {
                return Err(Error::Protocol(format!("payload {tag} was never sent")));
            }
        }
    }

    /// Sends `bytes` to the host in memory of their own and returns the tag; `None`: the socket is full.
    pub(crate) fn send_payload(&mut self, bytes: &[u8]) -> Result<Option<u32>> {
        let length = bytes.len() as u64;
        let memory = MemFd::create("hatchery-payload", length)?;
        memory.write_at(bytes, 0)?;
        memory.seal_size()?;
        let tag = self.next_tag;
        let message = ControlMessage::Payload { tag, length }.encode();
        match self.socket.send(&message, &[memory.as_fd()]) {
            Ok(true) => {}
            // As good as full: the kernel lets a user have only so many descriptors in all sockets together.
            Ok(false) => return Ok(None),
            Err(error) if error.is_too_many_in_flight() => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        self.next_tag = tag.wrapping_add(1);
        Ok(Some(tag))
    }

    /// Reads one message; false if there is none.
    fn receive(&mut self) -> Result<bool> {
        let mut buffer = [0; LONGEST];
        let (received, stripped) = self.socket.receive_even_stripped(&mut buffer)?;
        let (length, mut descriptors) = match received {
            Received::Message { length, fds } => (length, fds),
            Received::WouldBlock => return Ok(false),
            Received::End => {
                self.leave = Some(Leave::Orphaned);
                return Ok(false);
            }
        };
        match ControlMessage::decode(&buffer[..length])? {
            ControlMessage::Cancel { task_index, task_generation, .. } => {
                self.cancelled = Some((task_index, task_generation));
            }
            ControlMessage::Payload { tag, .. } => {
                let memory = descriptors.pop().map(MemFd::from);
                if memory.is_none() && !stripped {
                    return Err(Error::Protocol("payload without memory".into()));
                }
                self.payloads.push((tag, memory));
            }
            ControlMessage::Stop => self.leave = Some(Leave::Told),
            other => return Err(Error::Protocol(format!("unexpected message {other:?}"))),
        }
        Ok(true)
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
