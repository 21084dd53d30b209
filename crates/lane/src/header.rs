//! Writing and checking the header page.

use crate::LaneError;
use crate::atomic::Ordering;
use crate::geometry::{Geometry, Placement, SizeClass};
use crate::layout::{ClassRecord, HeaderPage, MAGIC, MAXIMUM_CLASSES, SLOT_SIZE, VERSION};

/// Describes the lane in its header; the magic comes last, so a half-written lane is none.
pub(crate) fn write(page: &HeaderPage, geometry: &Geometry, placement: &Placement) {
    page.version.set(VERSION);
    page.slot_size.set(SLOT_SIZE as u32);
    page.total_length.set(placement.total_length);
    page.submission_offset.set(placement.submission_offset);
    page.submission_slots.set(geometry.submission_slots);
    page.completion_slots.set(geometry.completion_slots);
    page.completion_offset.set(placement.completion_offset);
    page.arena_offset.set(placement.arena_offset);
    page.arena_length.set(placement.arena_length);
    page.class_count.set(placement.classes.len() as u32);
    // Rings have at most 2^20 slots, so it fits.
    page.times_offset.set(placement.times_offset as u32);
    for (record, class) in page.classes.iter().zip(&placement.classes) {
        record.block_size.set(class.size.block_size);
        record.block_count.set(class.size.block_count);
        record.bitmap_offset.set(class.bitmap_offset);
        record.reference_offset.set(class.reference_offset);
        record.blocks_offset.set(class.blocks_offset);
    }
    // Release: pairs with the Acquire loads in `read`.
    page.magic_high.store((MAGIC >> 32) as u32, Ordering::Release);
    page.magic_low.store(MAGIC as u32, Ordering::Release);
}

/// Reads the geometry, places it anew and accepts the lane only if every offset is where it must be: the
/// offsets in the header are for JavaScript, and none is used unchecked here.
pub(crate) fn read(page: &HeaderPage, length: u64) -> Result<(Geometry, Placement), LaneError> {
    // Acquire: pairs with the Release stores in `write`.
    let low = u64::from(page.magic_low.load(Ordering::Acquire));
    let high = u64::from(page.magic_high.load(Ordering::Acquire));
    require(high << 32 | low == MAGIC, "not a lane")?;
    require(page.version.get() == VERSION, "another layout version")?;
    require(page.slot_size.get() as usize == SLOT_SIZE, "another slot size")?;
    let class_count = page.class_count.get() as usize;
    require(class_count <= MAXIMUM_CLASSES, "too many size classes")?;
    let geometry = Geometry {
        submission_slots: page.submission_slots.get(),
        completion_slots: page.completion_slots.get(),
        classes: page.classes[..class_count].iter().map(size_class).collect(),
        times: page.times_offset.get() != 0,
    };
    let placement = Placement::of(&geometry)?;
    require(page.total_length.get() == placement.total_length, "wrong length")?;
    require(length == placement.total_length, "length is not that of the memory")?;
    require(page.submission_offset.get() == placement.submission_offset, "submission ring misplaced")?;
    require(page.completion_offset.get() == placement.completion_offset, "completion ring misplaced")?;
    require(u64::from(page.times_offset.get()) == placement.times_offset, "records of times misplaced")?;
    require(page.arena_offset.get() == placement.arena_offset, "arena misplaced")?;
    require(page.arena_length.get() == placement.arena_length, "wrong arena length")?;
    for (record, class) in page.classes.iter().zip(&placement.classes) {
        let same = record.bitmap_offset.get() == class.bitmap_offset
            && record.reference_offset.get() == class.reference_offset
            && record.blocks_offset.get() == class.blocks_offset;
        require(same, "size class misplaced")?;
    }
    Ok((geometry, placement))
}

fn size_class(record: &ClassRecord) -> SizeClass {
    SizeClass { block_size: record.block_size.get(), block_count: record.block_count.get() }
}

fn require(condition: bool, otherwise: &'static str) -> Result<(), LaneError> {
    if condition { Ok(()) } else { Err(LaneError::Header(otherwise)) }
}
