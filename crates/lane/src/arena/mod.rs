//! Blocks for payloads that do not fit a slot.
//!
//! The producer of a payload allocates a block with one reference, writes it and sends its name; the
//! consumer copies the bytes out and releases the reference. Both sides allocate and release, lock-free.
//!
//! Bounds come from this process's private geometry, never from the lane. A hostile other side can garble
//! what is in its own lane and make blocks leak there, nothing else.

mod bitmap;
mod block;

use std::ptr::NonNull;
use std::sync::Arc;

#[cfg(not(loom))]
use hatchery_sys::Mapping;

use crate::atomic::{AtomicU32, Ordering, Word64, fence};
#[cfg(not(loom))]
use crate::geometry::ClassPlacement;
use crate::layout::PAGE;
use crate::ordering::of_block;
use crate::shared::Shared;
use crate::{SizeClass, Violation, copy};
use bitmap::Bitmap;
pub use block::BlockId;

/// The blocks of a lane. Cloning gives another handle on the same blocks.
#[derive(Debug, Clone)]
pub struct Arena {
    classes: Arc<[Class]>,
}

#[derive(Debug)]
struct Class {
    block_size: usize,
    block_count: u32,
    bitmap: Bitmap,
    references: Shared<[AtomicU32]>,
    blocks: Shared<[Word64]>,
    /// First byte of the blocks, from the start of the lane.
    offset: u64,
}

impl Arena {
    /// An arena on the heap. For tests.
    pub fn on_heap(classes: &[SizeClass]) -> Arena {
        let classes = classes.iter().map(|size| {
            let count = size.block_count as usize;
            let words = |number: usize| (0..number).map(|_| AtomicU32::new(0)).collect::<Vec<_>>();
            let blocks = (0..size.block_size as usize / 8 * count).map(|_| Word64::default()).collect();
            Class {
                block_size: size.block_size as usize,
                block_count: size.block_count,
                bitmap: Bitmap::new(Shared::slice_on_heap(words(size.bitmap_words())), size.block_count),
                references: Shared::slice_on_heap(words(count)),
                blocks: Shared::slice_on_heap(blocks),
                offset: 0,
            }
        });
        Arena { classes: classes.collect() }
    }

    /// The arena of a lane; none if it does not lie within it.
    #[cfg(not(loom))]
    pub(crate) fn mapped(mapping: &Arc<Mapping>, classes: &[ClassPlacement]) -> Option<Arena> {
        let classes: Option<Vec<Class>> =
            classes.iter().map(|placement| Class::mapped(mapping, placement)).collect();
        Some(Arena { classes: classes?.into() })
    }

    /// Takes a block that holds `length` bytes, with one reference: of the smallest class that fits or, if
    /// that is used up, of the next. None: send the payload in a memfd.
    pub fn allocate(&self, length: usize) -> Option<BlockId> {
        let fitting = self.classes.iter().enumerate().filter(|(_, class)| class.block_size >= length);
        for (number, class) in fitting.take(2) {
            if let Some(index) = class.bitmap.take() {
                // Relaxed: sending the block's name hands this over too. A bitmap word never yields an index
                // past the count, so the reference exists.
                class.references[index as usize].store(1, Ordering::Relaxed);
                return Some(BlockId::of(number, index));
            }
        }
        None
    }

    /// Adds a reference. False if there is no such block.
    pub fn retain(&self, block: BlockId) -> bool {
        let Some(count) = self.reference(block) else { return false };
        // Relaxed: who retains holds a reference already, as in Arc.
        if count.fetch_add(1, Ordering::Relaxed) == u32::MAX {
            // Only a hostile side gets here: keep the count at its end, where the block leaks.
            count.store(u32::MAX, Ordering::Relaxed);
        }
        true
    }

    /// Drops a reference. True if it was the last one and the block is free now. False also if the block
    /// does not exist or had no reference left.
    pub fn release(&self, block: BlockId) -> bool {
        let Some(count) = self.reference(block) else { return false };
        // Release: pairs with the Acquire fence below in the last release; our use of the block is over.
        match count.fetch_sub(1, of_block(Ordering::Release)) {
            1 => {
                // Acquire: pairs with the Release of every earlier release.
                fence(Ordering::Acquire);
                self.classes[block.class()].bitmap.give_back(block.index())
            }
            0 => {
                // Released once too often (by a hostile side): back to zero, unless somebody changed it.
                let _ = count.compare_exchange(u32::MAX, 0, Ordering::Relaxed, Ordering::Relaxed);
                false
            }
            _ => false,
        }
    }

    /// Writes `bytes` to the start of `block`.
    ///
    /// # Errors
    /// A [`Violation`] if there is no such block or it is too small; nothing was written.
    pub fn write(&self, block: BlockId, bytes: &[u8]) -> Result<(), Violation> {
        copy::write(self.check(block, bytes.len())?, bytes);
        Ok(())
    }

    /// Appends the first `length` bytes of `block` to `destination`.
    ///
    /// # Errors
    /// A [`Violation`] if there is no such block or it is too small; nothing was appended.
    pub fn read_into(
        &self,
        block: BlockId,
        length: usize,
        destination: &mut Vec<u8>,
    ) -> Result<(), Violation> {
        let words = self.check(block, length)?;
        let start = destination.len();
        destination.resize(start + length, 0);
        copy::read(words, &mut destination[start..]);
        Ok(())
    }

    /// A copy of `length` bytes of `block` from its byte `start` on.
    ///
    /// # Errors
    /// A [`Violation`] if there is no such block or it is too small.
    #[cfg(not(loom))]
    pub fn to_vec(&self, block: BlockId, start: usize, length: usize) -> Result<Vec<u8>, Violation> {
        Ok(copy::to_vec(self.check(block, start.saturating_add(length))?, start, length))
    }

    /// Fills `destination` from the start of `block`.
    ///
    /// # Errors
    /// A [`Violation`] if there is no such block or it is too small; nothing was written.
    pub fn read_into_slice(&self, block: BlockId, destination: &mut [u8]) -> Result<(), Violation> {
        copy::read(self.check(block, destination.len())?, destination);
        Ok(())
    }

    /// Where `length` bytes of `block` are from its byte `start` on. They stay there while the caller holds a reference to
    /// the block and the lane lives. The other side may write there at any time.
    ///
    /// # Errors
    /// A [`Violation`] if there is no such block or it is too small.
    pub fn pointer(&self, block: BlockId, start: usize, length: usize) -> Result<NonNull<u8>, Violation> {
        let words = self.check(block, start.saturating_add(length))?;
        Ok(NonNull::from(words).cast().map_addr(|address| address.saturating_add(start)))
    }

    /// Bytes that `block` holds, 0 if there is no such block.
    pub fn capacity(&self, block: BlockId) -> usize {
        self.check(block, 0).map_or(0, size_of_val)
    }

    /// Bytes of the largest block, 0 without blocks: a longer payload needs a memfd.
    pub fn largest_block(&self) -> usize {
        self.classes.last().map_or(0, |class| class.block_size)
    }

    /// Calls `give_back` with offset and length, from the start of the lane, of whole pages that only free blocks
    /// lie on. Those are taken meanwhile, so that nobody writes there.
    pub fn for_free_pages(&self, mut give_back: impl FnMut(u64, u64)) {
        for class in self.classes.iter() {
            // A hostile side that frees blocks for ever does not keep us here.
            let mut taken: Vec<u32> = (0..class.block_count).map_while(|_| class.bitmap.take()).collect();
            taken.sort_unstable();
            for run in taken.chunk_by(|left, right| left + 1 == *right) {
                let (first, last) = (u64::from(run[0]), u64::from(run[run.len() - 1]) + 1);
                let size = class.block_size as u64;
                let start = (class.offset + first * size).next_multiple_of(PAGE as u64);
                let end = (class.offset + last * size) / PAGE as u64 * PAGE as u64;
                if start < end {
                    give_back(start, end - start);
                }
            }
            for index in taken {
                class.bitmap.give_back(index);
            }
        }
    }

    /// Where the first block of all begins, from the start of the lane. None: there are no blocks.
    #[cfg(not(loom))]
    pub(crate) fn first_block(&self) -> Option<u64> {
        self.classes.iter().map(|class| class.offset).min()
    }

    /// How many blocks each class has.
    #[cfg(not(loom))]
    pub(crate) fn block_counts(&self) -> impl Iterator<Item = usize> + '_ {
        self.classes.iter().map(|class| class.block_count as usize)
    }

    /// Where `block` begins, from the start of the lane, if it exists.
    #[cfg(not(loom))]
    pub(crate) fn offset_of(&self, block: BlockId) -> Option<u64> {
        let class = self.classes.get(block.class()).filter(|class| block.index() < class.block_count)?;
        Some(class.offset + u64::from(block.index()) * class.block_size as u64)
    }

    /// Blocks in use, all classes together, by what the lane says now. A statistic, not a bound.
    pub fn used_blocks(&self) -> u32 {
        self.classes.iter().map(|class| class.bitmap.used()).sum()
    }

    /// The words of `block` if it exists and holds `length` bytes.
    #[inline]
    pub(crate) fn check(&self, block: BlockId, length: usize) -> Result<&[Word64], Violation> {
        let unknown = Violation::Block(block.raw());
        let class = self.classes.get(block.class()).ok_or(unknown)?;
        if block.index() >= class.block_count {
            return Err(unknown);
        }
        if length > class.block_size {
            return Err(Violation::BlockLength { length, capacity: class.block_size });
        }
        let words = class.block_size / 8;
        let start = block.index() as usize * words;
        class.blocks.get(start..start + words).ok_or(unknown)
    }

    /// The reference count of `block`, if it exists.
    fn reference(&self, block: BlockId) -> Option<&AtomicU32> {
        self.classes.get(block.class())?.references.get(block.index() as usize)
    }
}

#[cfg(not(loom))]
impl Class {
    fn mapped(mapping: &Arc<Mapping>, placement: &ClassPlacement) -> Option<Class> {
        let SizeClass { block_size, block_count } = placement.size;
        let count = block_count as usize;
        let bitmap =
            Shared::slice_mapped(mapping, placement.bitmap_offset as usize, placement.size.bitmap_words())?;
        let blocks_offset = usize::try_from(placement.blocks_offset).ok()?;
        Some(Class {
            block_size: block_size as usize,
            block_count,
            bitmap: Bitmap::new(bitmap, block_count),
            references: Shared::slice_mapped(mapping, placement.reference_offset as usize, count)?,
            blocks: Shared::slice_mapped(mapping, blocks_offset, block_size as usize / 8 * count)?,
            offset: placement.blocks_offset,
        })
    }
}
