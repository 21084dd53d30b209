//! Payload bytes on their way through a lane: inline, in an arena block, or in a memfd of their own.

use super::sink::Payload;
use crate::zygote::protocol::ControlMessage;
use hatchery_lane::{Completion, HostLane, INLINE_CAPACITY, Location, Message};
use hatchery_sys::{MemFd, Received, SeqPacket};
use std::collections::VecDeque;
use std::os::fd::AsFd;

/// Payloads in memory of their own that a worker can have sent and not named once its ring is drained: it publishes the
/// completion that names one before it sends the next.
const MAXIMUM_AHEAD: usize = 1;

/// Releases of segments that may wait to be believed.
const MAXIMUM_RELEASES: usize = 65_536;

/// Where a message has gone.
pub(crate) struct Pushed {
    /// Position in the ring.
    pub position: u32,
    /// Its payload travels in memory of its own.
    pub apart: bool,
}

/// Host to worker.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    next_tag: u32,
}

impl Outbound {
    /// Writes message and payload to the ring, unpublished. `apart`: it may use memory of its own for that. `None`: no
    /// room for the payload now.
    pub(crate) fn push(
        &mut self,
        lane: &mut HostLane,
        control: &SeqPacket,
        message: Message,
        bytes: &[u8],
        apart: bool,
    ) -> Option<Pushed> {
        let length = u32::try_from(bytes.len()).ok()?;
        if bytes.len() <= INLINE_CAPACITY {
            let position = lane.submissions.push_inline(&message, bytes).ok()?;
            return Some(Pushed { position, apart: false });
        }
        if let Some(block) = lane.arena.allocate(bytes.len()) {
            if lane.reserve(block, bytes.len()).is_err() {
                lane.arena.release(block);
                return None;
            }
            let written = lane.arena.write(block, bytes).is_ok();
            let located = Message { location: Location::Block { block, length }, ..message };
            let position = lane.submissions.push(&located);
            if !written || position.is_err() {
                lane.arena.release(block);
            }
            return Some(Pushed { position: position.ok()?, apart: false });
        }
        if !apart {
            return None;
        }
        let tag = self.next_tag;
        let memory = MemFd::create("hatchery-payload", u64::from(length)).ok()?;
        memory.write_at(bytes, 0).ok()?;
        memory.seal_size().ok()?;
        let announcement = ControlMessage::Payload { tag, length: u64::from(length) };
        if !control.send(&announcement.encode(), &[memory.as_fd()]).ok()? {
            return None;
        }
        self.next_tag = tag.wrapping_add(1);
        let located = Message { location: Location::MemFd { tag, length }, ..message };
        Some(Pushed { position: lane.submissions.push(&located).ok()?, apart: true })
    }
}

/// A payload in memory of its own.
#[derive(Debug)]
struct Announced {
    tag: u32,
    length: u64,
    /// `None`: this process had no descriptor left for it as it came, and so it is lost.
    memory: Option<MemFd>,
}

/// Worker to host. Everything here is hostile input.
///
/// Each payload that is taken in before it is named holds a descriptor of this process, which all workers share. So no more
/// are than show that a worker is not honest; the rest waits in the socket, and holds up its sender.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    /// In the order in which they were sent, which is that in which they are named.
    pending: VecDeque<Announced>,
    /// Something may lie in the socket unread.
    behind: bool,
    /// Segments that the worker has let go of, with the mentions it had seen by then.
    pub releases: Vec<(u32, u32)>,
}

impl Inbound {
    /// The payload of a completion; `None`: there was no descriptor here for its memory, which is no fault of the worker's.
    ///
    /// # Errors
    /// What was wrong with it.
    pub(crate) fn take<'a>(
        &mut self,
        lane: &'a HostLane,
        control: &SeqPacket,
        completion: &'a Completion,
    ) -> Result<Option<Payload<'a>>, String> {
        match completion.message.location {
            Location::Inline { .. } => Ok(Some(Payload::Inline(completion.inline()))),
            Location::Block { block, length } => {
                Ok(Some(Payload::Block { arena: &lane.arena, block, length: length as usize }))
            }
            Location::MemFd { tag, length } => {
                Ok(self.take_memory(control, tag, length)?.map(Payload::Owned))
            }
        }
    }

    /// Reads what is there, as far as there is room for payloads.
    ///
    /// # Errors
    /// What was wrong with it.
    pub(crate) fn hear(&mut self, control: &SeqPacket) -> Result<(), String> {
        while self.pending.len() <= MAXIMUM_AHEAD {
            if !self.receive(control)? {
                self.behind = false;
                return Ok(());
            }
        }
        self.behind = true;
        Ok(())
    }

    /// Whether [`hear`](Inbound::hear) had no room for all there was. It tells nobody when that has changed.
    pub(crate) fn is_behind(&self) -> bool {
        self.behind
    }

    /// To be called when the ring has been drained, all of it: what was sent is named by then, but for what is on its way.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn expect_named(&self) -> Result<(), String> {
        match self.pending.len() {
            0..=MAXIMUM_AHEAD => Ok(()),
            count => Err(format!("{count} payloads in memory of their own that no message names")),
        }
    }

    /// Reads a message; false: none is there. A worker sends a payload before it publishes the completion that names
    /// it, so that one must be there.
    fn receive(&mut self, control: &SeqPacket) -> Result<bool, String> {
        let mut buffer = [0; 64];
        let (received, stripped) =
            control.receive_even_stripped(&mut buffer).map_err(|error| error.to_string())?;
        let (length, mut fds) = match received {
            Received::Message { length, fds } => (length, fds),
            Received::WouldBlock | Received::End => return Ok(false),
        };
        match ControlMessage::decode(&buffer[..length]) {
            Ok(ControlMessage::Payload { tag, length }) if fds.len() == 1 || stripped => {
                self.pending.push_back(Announced { tag, length, memory: fds.pop().map(MemFd::from) });
            }
            Ok(ControlMessage::SegmentReleased { number, mentions }) if fds.is_empty() => {
                if self.releases.len() >= MAXIMUM_RELEASES {
                    return Err("more releases of segments than there are segments".into());
                }
                self.releases.push((number, mentions));
            }
            _ => return Err("a control message that no worker sends".into()),
        }
        Ok(true)
    }

    fn take_memory(&mut self, control: &SeqPacket, tag: u32, length: u32) -> Result<Option<Vec<u8>>, String> {
        let found = loop {
            if let Some(first) = self.pending.pop_front() {
                break first;
            }
            if !self.receive(control)? {
                return Err("a payload that was never sent".into());
            }
        };
        if found.tag != tag {
            return Err(format!("payload {tag} where {} comes next", found.tag));
        }
        let announced = found.length;
        let Some(memory) = found.memory else { return Ok(None) };
        // Also tells memory from anything else that has a descriptor, whose reading might never end.
        if !memory.is_size_sealed().map_err(|error| error.to_string())? {
            return Err("a payload that is not sealed".into());
        }
        // Read by pread: not even memory that shrinks can fault the host.
        let actual = memory.length().map_err(|error| error.to_string())?;
        if announced != u64::from(length) || actual < announced {
            return Err(format!(
                "payload of {length} bytes, announced {announced}, in {actual} bytes of memory"
            ));
        }
        // A hole costs a worker nothing and would cost the host its memory.
        let held = memory.allocated().map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        if held < announced || bytes.try_reserve_exact(length as usize).is_err() {
            return Err(format!(
                "payload of {length} bytes in {held} bytes of memory, or more than the host can take"
            ));
        }
        bytes.resize(length as usize, 0);
        memory.read_at(&mut bytes, 0).map_err(|error| error.to_string())?;
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusing::refusing;
    use crate::{Error, Result};
    use hatchery_lane::{Geometry, Home};

    #[cfg(target_arch = "x86_64")]
    const FALLOCATE: i64 = 285;
    #[cfg(not(target_arch = "x86_64"))]
    const FALLOCATE: i64 = 47;
    const ENOSPC: i32 = 28;

    fn lane() -> Result<HostLane> {
        Ok(HostLane::create_in(Home { reserved: true, ..Home::default() }, &Geometry::default())?)
    }

    #[test]
    fn a_payload_waits_while_the_kernel_commits_no_memory_for_it() {
        let (mut lane, mut outbound) = (lane().unwrap(), Outbound::default());
        let (control, _workers) = SeqPacket::pair().unwrap();
        let mut push = || {
            let pushed = outbound.push(&mut lane, &control, Message::default(), &[7; 5000], true);
            (pushed.map(|pushed| pushed.apart), lane.arena.used_blocks())
        };
        assert_eq!(refusing(FALLOCATE, ENOSPC, &mut push), (None, 0));
        assert_eq!(push(), (Some(false), 1));
    }

    #[test]
    fn a_lane_that_there_is_no_memory_for_is_refused_with_advice() {
        let error = refusing(FALLOCATE, ENOSPC, lane).unwrap_err();
        assert!(
            matches!(error, Error::Lane(_)) && error.to_string().contains("vm.overcommit_ratio"),
            "{error}"
        );
    }
}
