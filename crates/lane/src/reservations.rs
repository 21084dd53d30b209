//! Memory that is set aside before the host touches it.
//!
//! The memory of a lane is the kernel's promise until a page is first touched. Where the kernel may break it (see
//! [`hatchery_sys::headroom::is_strict`]), it does so by SIGBUS, which would end the host and not one worker. So there the host
//! asks for what it is about to touch: for all but the blocks as the lane is made, for blocks as they are used.

use hatchery_sys::MemFd;

use crate::arena::{Arena, BlockId};
use crate::{LaneError, layout::PAGE};

/// Which parts of blocks have been asked for.
#[derive(Debug)]
pub(crate) struct Reservations {
    /// Bytes from the start of each block, by class and index.
    lengths: Vec<Vec<usize>>,
}

impl Reservations {
    /// Sets aside everything in front of the blocks.
    pub(crate) fn new(memory: &MemFd, arena: &Arena, total_length: u64) -> Result<Reservations, LaneError> {
        ask(memory, 0, arena.first_block().unwrap_or(total_length))?;
        Ok(Reservations { lengths: arena.block_counts().map(|count| vec![0; count]).collect() })
    }

    /// Sets aside the first `length` bytes of a block, unless they are. A block that does not exist is left to the arena
    /// to refuse.
    pub(crate) fn reserve(
        &mut self,
        memory: &MemFd,
        arena: &Arena,
        block: BlockId,
        length: usize,
    ) -> Result<(), LaneError> {
        let lengths = self.lengths.get_mut(block.class());
        let Some(reserved) = lengths.and_then(|lengths| lengths.get_mut(block.index() as usize)) else {
            return Ok(());
        };
        let Some(start) = arena.offset_of(block).filter(|_| length > *reserved) else { return Ok(()) };
        ask(memory, start, length as u64)?;
        *reserved = length;
        Ok(())
    }

    /// Memory of blocks has been given back.
    pub(crate) fn forget(&mut self) {
        self.lengths.iter_mut().for_each(|lengths| lengths.fill(0));
    }
}

/// Sets aside whole pages.
fn ask(memory: &MemFd, start: u64, length: u64) -> Result<(), LaneError> {
    let page = PAGE as u64;
    let (first, end) = (start / page * page, (start + length).next_multiple_of(page));
    memory.reserve(first, end - first).map_err(|_| LaneError::Uncommitted { bytes: end - first })
}
