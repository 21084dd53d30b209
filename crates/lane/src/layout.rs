//! Where everything is in a lane. JavaScript hard-codes these offsets; the assertions keep them.
//!
//! ```text
//! 0        HeaderPage (4096 bytes)
//! 4096     submission ring: RingControl (512 bytes), SlotWords x slots (128 bytes each)
//! ...      completion ring: the same
//! ...      TimeRecords (page aligned), if times are recorded
//! ...      arena (page aligned): bitmaps, reference counts, blocks by size class
//! ```

use crate::atomic::{AtomicU32, Padding, Pair, Word32, Word64};
use crate::shared::Words;

/// The first eight bytes of a lane, `HATCHLN1` in memory order. Written last by the creator.
pub const MAGIC: u64 = u64::from_le_bytes(*b"HATCHLN1");
/// Version of the layout.
pub const VERSION: u32 = 2;
/// Bytes of a slot.
pub const SLOT_SIZE: usize = 128;
/// Bytes of the header page, and the alignment of the arena.
pub const PAGE: usize = 4096;
/// Bytes of a ring before its slots.
pub const RING_CONTROL_SIZE: usize = 512;
/// Most size classes of an arena.
pub const MAXIMUM_CLASSES: usize = 8;

/// The header page.
#[derive(Debug, Default)]
#[repr(C)]
pub struct HeaderPage {
    /// Low half of [`MAGIC`]; stored last.
    pub magic_low: AtomicU32,
    /// High half of [`MAGIC`].
    pub magic_high: AtomicU32,
    /// [`VERSION`].
    pub version: Word32,
    /// [`SLOT_SIZE`].
    pub slot_size: Word32,
    /// Length of the whole lane in bytes.
    pub total_length: Word64,
    /// Byte offset of the submission ring.
    pub submission_offset: Word64,
    /// Slots of the submission ring, a power of two.
    pub submission_slots: Word32,
    /// Slots of the completion ring, a power of two.
    pub completion_slots: Word32,
    /// Byte offset of the completion ring.
    pub completion_offset: Word64,
    /// Byte offset of the arena.
    pub arena_offset: Word64,
    /// Length of the arena in bytes.
    pub arena_length: Word64,
    /// Size classes in use.
    pub class_count: Word32,
    /// Byte offset of the [`TimeRecords`](crate::times::TimeRecords); 0 = there are none, and nothing is recorded.
    pub times_offset: Word32,
    /// The size classes.
    pub classes: [ClassRecord; MAXIMUM_CLASSES],
    padding: Padding<62>,
    /// Written by the worker, on a line of its own.
    pub worker: WorkerLine,
    rest: Padding<891>,
}

/// One size class of the arena.
#[derive(Debug, Default)]
#[repr(C)]
pub struct ClassRecord {
    /// Bytes of a block.
    pub block_size: Word32,
    /// Number of blocks.
    pub block_count: Word32,
    /// Byte offset of the bitmap: bit `index % 32` of word `index / 32` is set while the block is in use.
    pub bitmap_offset: Word32,
    /// Byte offset of the reference counts, one u32 a block.
    pub reference_offset: Word32,
    /// Byte offset of the first block.
    pub blocks_offset: Word64,
}

/// What a worker tells about itself.
#[derive(Debug, Default)]
#[repr(C)]
pub struct WorkerLine {
    /// Counts turns of the worker's loop.
    pub heartbeat: AtomicU32,
    /// Free for another use.
    gap: Padding<1>,
    /// Bits: see [`crate::flags`].
    pub flags: AtomicU32,
    /// Nanoseconds that a task takes to run, moving average; 0 = not known.
    pub pace: AtomicU32,
    /// How often the worker had to wait since its completion ring was full.
    pub stalls: AtomicU32,
}

/// Indices of a ring, each on lines of its own.
#[derive(Debug, Default)]
#[repr(C)]
pub struct RingControl {
    /// Next position to write; free running. Written by the producer.
    pub tail: AtomicU32,
    tail_padding: Padding<31>,
    /// Next position to read; free running. Written by the consumer.
    pub head: AtomicU32,
    /// When the host last read a completion, CLOCK_MONOTONIC microseconds: so a worker whose host is awake sees time pass
    /// without a look at the clock. On the line that the host writes then anyway.
    pub clock: AtomicU32,
    head_padding: Padding<30>,
    /// 1 while the consumer sleeps and wants its eventfd written.
    pub parked: AtomicU32,
    parked_padding: Padding<63>,
}

/// One slot, two lines of the cache. A message of up to 24 bytes of payload touches only the first.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct SlotWords {
    /// Submission: see [`crate::SlotState`]. Completion: 0.
    pub state: AtomicU32,
    /// See [`crate::kind`].
    pub kind: Word32,
    /// Index of the task, and its generation, so that a reused index is not mistaken.
    pub task: Pair,
    /// Number of the function, and flags. Bits 0 to 15: attempt; bit 16: report start.
    pub function_flags: Pair,
    /// Where the payload is (0 inline, 1 arena block, 2 memfd), and its length in bytes.
    pub location_length: Pair,
    /// Arena block or tag of the memfd, and when the task was submitted (see [`crate::stamp`]); in a completion zero.
    pub block_stamp: Pair,
    /// The payload, if inline.
    pub payload: [Word64; crate::INLINE_CAPACITY / 8],
}

// SAFETY: repr(C), only atomics and arrays of them; sizes and offsets are asserted below: no padding.
unsafe impl Words for HeaderPage {}
// SAFETY: as above.
unsafe impl Words for RingControl {}
// SAFETY: as above.
unsafe impl Words for SlotWords {}

/// Every number of ARCHITECTURE.md.
#[cfg(not(loom))]
const _: () = {
    use crate::times::{BUCKETS, TimeRecord, TimeRecords};
    use std::mem::offset_of;
    assert!(size_of::<HeaderPage>() == PAGE && align_of::<HeaderPage>() == 8);
    assert!(offset_of!(HeaderPage, magic_low) == 0);
    assert!(offset_of!(HeaderPage, magic_high) == 4);
    assert!(offset_of!(HeaderPage, version) == 8);
    assert!(offset_of!(HeaderPage, slot_size) == 12);
    assert!(offset_of!(HeaderPage, total_length) == 16);
    assert!(offset_of!(HeaderPage, submission_offset) == 24);
    assert!(offset_of!(HeaderPage, submission_slots) == 32);
    assert!(offset_of!(HeaderPage, completion_slots) == 36);
    assert!(offset_of!(HeaderPage, completion_offset) == 40);
    assert!(offset_of!(HeaderPage, arena_offset) == 48);
    assert!(offset_of!(HeaderPage, arena_length) == 56);
    assert!(offset_of!(HeaderPage, class_count) == 64);
    assert!(offset_of!(HeaderPage, times_offset) == 68);
    assert!(offset_of!(HeaderPage, classes) == 72);
    assert!(offset_of!(HeaderPage, worker) == 512);
    assert!(size_of::<ClassRecord>() == 24);
    assert!(offset_of!(ClassRecord, block_size) == 0);
    assert!(offset_of!(ClassRecord, block_count) == 4);
    assert!(offset_of!(ClassRecord, bitmap_offset) == 8);
    assert!(offset_of!(ClassRecord, reference_offset) == 12);
    assert!(offset_of!(ClassRecord, blocks_offset) == 16);
    assert!(size_of::<WorkerLine>() == 20);
    assert!(offset_of!(WorkerLine, heartbeat) == 0);
    assert!(offset_of!(WorkerLine, flags) == 8);
    assert!(offset_of!(WorkerLine, pace) == 12);
    assert!(offset_of!(WorkerLine, stalls) == 16);
    assert!(size_of::<TimeRecord>() == 64 + 8 * BUCKETS && size_of::<TimeRecords>().is_multiple_of(64));
    assert!(offset_of!(TimeRecord, sum) == 0);
    assert!(offset_of!(TimeRecord, squares) == 8);
    assert!(offset_of!(TimeRecord, least) == 16);
    assert!(offset_of!(TimeRecord, most) == 24);
    assert!(offset_of!(TimeRecord, buckets) == 64);
    assert!(offset_of!(TimeRecords, wait) == 0);
    assert!(offset_of!(TimeRecords, run) == size_of::<TimeRecord>());
    assert!(size_of::<RingControl>() == RING_CONTROL_SIZE);
    assert!(offset_of!(RingControl, tail) == 0);
    assert!(offset_of!(RingControl, head) == 128);
    assert!(offset_of!(RingControl, clock) == 132);
    assert!(offset_of!(RingControl, parked) == 256);
    assert!(size_of::<SlotWords>() == SLOT_SIZE && align_of::<SlotWords>() == 64);
    assert!(offset_of!(SlotWords, state) == 0);
    assert!(offset_of!(SlotWords, kind) == 4);
    assert!(offset_of!(SlotWords, task) == 8);
    assert!(offset_of!(SlotWords, function_flags) == 16);
    assert!(offset_of!(SlotWords, location_length) == 24);
    assert!(offset_of!(SlotWords, block_stamp) == 32);
    assert!(offset_of!(SlotWords, payload) == 40);
    assert!(crate::INLINE_CAPACITY == 88);
};
