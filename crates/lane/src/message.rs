//! What a slot carries.

use crate::BlockId;

/// Most payload bytes inside a slot.
pub const INLINE_CAPACITY: usize = 88;

/// Fields of a slot, without an inline payload's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// See [`crate::kind`].
    pub kind: u32,
    /// Index of the task.
    pub task_index: u32,
    /// Generation of the task.
    pub task_generation: u32,
    /// Number of the function; 0 in a completion.
    pub function: u32,
    /// Bits 0 to 15: attempt, 1 is the first; others: see [`crate::kind::wish`].
    pub flags: u32,
    /// When the task was submitted, see [`crate::stamp`]; 0 = not told.
    pub stamp: u32,
    /// Where the payload is.
    pub location: Location,
}

impl Default for Message {
    /// All zeroes, which is no message of either direction.
    fn default() -> Message {
        Message {
            kind: 0,
            task_index: 0,
            task_generation: 0,
            function: 0,
            flags: 0,
            stamp: 0,
            location: Location::Inline { length: 0 },
        }
    }
}

/// Where a payload is. Lengths are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the slot.
    Inline {
        /// At most [`INLINE_CAPACITY`].
        length: u32,
    },
    /// In an arena block, of which the message holds one reference.
    Block {
        /// The block.
        block: BlockId,
        /// At most the block's capacity.
        length: u32,
    },
    /// In a memfd that travels over the control socket.
    MemFd {
        /// Sequence number of the control message.
        tag: u32,
        /// Not checked against the memfd.
        length: u32,
    },
}

impl Location {
    /// Bytes of payload.
    pub fn length(&self) -> u32 {
        match *self {
            Location::Inline { length } | Location::Block { length, .. } | Location::MemFd { length, .. } => {
                length
            }
        }
    }

    /// The three words of a slot: location, length, block.
    pub(crate) fn encode(&self) -> (u32, u32, u32) {
        match *self {
            Location::Inline { length } => (0, length, 0),
            Location::Block { block, length } => (1, length, block.raw()),
            Location::MemFd { tag, length } => (2, length, tag),
        }
    }
}

/// A private copy of an inline payload.
#[derive(Debug, Clone, Copy)]
pub struct InlinePayload {
    pub(crate) bytes: [u8; INLINE_CAPACITY],
    pub(crate) length: u32,
}

impl Default for InlinePayload {
    /// No bytes.
    fn default() -> InlinePayload {
        InlinePayload { bytes: [0; INLINE_CAPACITY], length: 0 }
    }
}

impl InlinePayload {
    /// The bytes; empty if the payload is elsewhere.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..(self.length as usize).min(INLINE_CAPACITY)]
    }
}
