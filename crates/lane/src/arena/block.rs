//! The name of a block.

/// A block of an arena: its size class and its index there, `class << 24 | index`.
///
/// It can come from the other side and so name a block that does not exist; the arena checks it at each use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockId(u32);

impl BlockId {
    /// From the word in a slot, unchecked.
    pub const fn from_raw(raw: u32) -> BlockId {
        BlockId(raw)
    }

    /// The word in a slot.
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// Of a class and an index below 2^24.
    pub(crate) const fn of(class: usize, index: u32) -> BlockId {
        BlockId((class as u32) << 24 | (index & 0x00ff_ffff))
    }

    /// The size class.
    pub const fn class(self) -> usize {
        (self.0 >> 24) as usize
    }

    /// The index within the class.
    pub const fn index(self) -> u32 {
        self.0 & 0x00ff_ffff
    }
}
