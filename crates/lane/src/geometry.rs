//! How large the parts of a lane are, and where that puts them.

use crate::LaneError;
use crate::layout::{MAXIMUM_CLASSES, PAGE, RING_CONTROL_SIZE, SLOT_SIZE};
use crate::times::TimeRecords;

/// Most slots of a ring: indices wrap at 2^32, so far fewer than that.
const MAXIMUM_SLOTS: u32 = 1 << 20;
/// A block's index has 24 bits in its [`crate::BlockId`].
const MAXIMUM_BLOCKS: u32 = 1 << 24;
/// Most bytes of a lane; offsets of bitmaps are u32, and these come first in the arena.
const MAXIMUM_LENGTH: u64 = 1 << 36;
/// Alignment of bitmaps, reference counts: a cache line.
const LINE: u64 = 64;

/// Sizes of a lane's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Geometry {
    /// Slots of the submission ring; a power of two.
    pub submission_slots: u32,
    /// Slots of the completion ring; a power of two.
    pub completion_slots: u32,
    /// Size classes of the arena, ascending by block size; at most eight.
    pub classes: Vec<SizeClass>,
    /// Whether the worker records how long tasks wait and run.
    pub times: bool,
}

/// Blocks of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeClass {
    /// Bytes of a block; a multiple of eight.
    pub block_size: u32,
    /// Number of blocks.
    pub block_count: u32,
}

impl Default for Geometry {
    /// Room for payloads of 1 KiB, 8 KiB, 64 KiB and 1 MiB, each with some bytes for what a codec puts in
    /// front. About 21 MB of address space; memory only for what is touched. There are so many of the largest because
    /// a worker leaves its arguments in them until they are collected as garbage. More than 32 MB in all would have V8
    /// collect at once when a worker first views its lane.
    fn default() -> Geometry {
        let class = |block_size, block_count| SizeClass { block_size, block_count };
        Geometry {
            submission_slots: 1024,
            completion_slots: 2048,
            classes: vec![
                class((1 << 10) + 64, 256),
                class((8 << 10) + 64, 128),
                class((64 << 10) + 4096, 32),
                class((1 << 20) + 4096, 16),
            ],
            times: true,
        }
    }
}

impl Geometry {
    /// Checks that a lane can have these sizes.
    ///
    /// # Errors
    /// [`LaneError::Geometry`] with what is wrong.
    pub fn validate(&self) -> Result<(), LaneError> {
        Placement::of(self).map(drop)
    }
}

/// Byte offsets of a lane's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) submission_offset: u64,
    pub(crate) completion_offset: u64,
    /// 0 = there are none.
    pub(crate) times_offset: u64,
    pub(crate) arena_offset: u64,
    pub(crate) arena_length: u64,
    pub(crate) total_length: u64,
    pub(crate) classes: Vec<ClassPlacement>,
}

/// Byte offsets of one size class, from the start of the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClassPlacement {
    pub(crate) size: SizeClass,
    pub(crate) bitmap_offset: u32,
    pub(crate) reference_offset: u32,
    pub(crate) blocks_offset: u64,
}

impl SizeClass {
    /// Words of the bitmap.
    pub(crate) fn bitmap_words(&self) -> usize {
        self.block_count.div_ceil(32) as usize
    }
}

impl Placement {
    /// Where `geometry` puts everything. The limits checked first keep the sums below from overflowing.
    pub(crate) fn of(geometry: &Geometry) -> Result<Placement, LaneError> {
        check(geometry)?;
        let ring = |slots: u32| RING_CONTROL_SIZE as u64 + u64::from(slots) * SLOT_SIZE as u64;
        let submission_offset = PAGE as u64;
        let completion_offset = submission_offset + ring(geometry.submission_slots);
        let rings_end = (completion_offset + ring(geometry.completion_slots)).next_multiple_of(PAGE as u64);
        let (times_offset, arena_offset) = if geometry.times {
            (rings_end, (rings_end + size_of::<TimeRecords>() as u64).next_multiple_of(PAGE as u64))
        } else {
            (0, rings_end)
        };
        let mut next = arena_offset;
        let mut take = |bytes: u64, alignment: u64| {
            let offset = next.next_multiple_of(alignment);
            next = offset + bytes;
            offset
        };
        let short =
            |offset: u64| u32::try_from(offset).map_err(|_| LaneError::Geometry("bitmaps lie beyond 4 GiB"));
        let mut classes = Vec::with_capacity(geometry.classes.len());
        for size in &geometry.classes {
            let bitmap_offset = short(take(size.bitmap_words() as u64 * 4, LINE))?;
            let reference_offset = short(take(u64::from(size.block_count) * 4, LINE))?;
            classes.push(ClassPlacement { size: *size, bitmap_offset, reference_offset, blocks_offset: 0 });
        }
        for class in &mut classes {
            let bytes = u64::from(class.size.block_size) * u64::from(class.size.block_count);
            class.blocks_offset = take(bytes, PAGE as u64);
        }
        let total_length = next.next_multiple_of(PAGE as u64);
        if total_length > MAXIMUM_LENGTH {
            return Err(LaneError::Geometry("larger than 64 GiB"));
        }
        let arena_length = total_length - arena_offset;
        Ok(Placement {
            submission_offset,
            completion_offset,
            times_offset,
            arena_offset,
            arena_length,
            total_length,
            classes,
        })
    }
}

/// The rules a geometry keeps.
fn check(geometry: &Geometry) -> Result<(), LaneError> {
    for slots in [geometry.submission_slots, geometry.completion_slots] {
        if !slots.is_power_of_two() || !(2..=MAXIMUM_SLOTS).contains(&slots) {
            return Err(LaneError::Geometry("slots must be a power of two from 2 to 2^20"));
        }
    }
    if geometry.classes.len() > MAXIMUM_CLASSES {
        return Err(LaneError::Geometry("more than 8 size classes"));
    }
    if !geometry.classes.is_sorted_by(|left, right| left.block_size < right.block_size) {
        return Err(LaneError::Geometry("block sizes must ascend"));
    }
    for class in &geometry.classes {
        if class.block_size == 0 || class.block_size % 8 != 0 {
            return Err(LaneError::Geometry("a block size must be a positive multiple of 8"));
        }
        if class.block_count == 0 || class.block_count > MAXIMUM_BLOCKS {
            return Err(LaneError::Geometry("a class must have 1 to 2^24 blocks"));
        }
    }
    Ok(())
}
