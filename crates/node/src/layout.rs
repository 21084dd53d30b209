//! The lane's layout as Rust has it, for the test that compares it with `src/lane/layout.ts`.

use hatchery_lane::atomic::Pair;
use hatchery_lane::layout::{
    ClassRecord, HeaderPage, MAGIC, RingControl, SLOT_SIZE, SlotWords, VERSION, WorkerLine,
};
use hatchery_lane::stamp::{COARSE_UNIT, NEGATIVE};
use hatchery_lane::times::{BUCKETS, TimeRecord, TimeRecords};
use hatchery_lane::{INLINE_CAPACITY, flags, kind};
use napi_derive::napi;
use std::collections::HashMap;
use std::mem::offset_of;

/// Numbers of the layout by name: byte offsets and sizes, kinds, flags.
#[napi]
pub fn lane_layout() -> HashMap<String, u32> {
    let numbers: [(&str, usize); 70] = [
        ("magicLowValue", (MAGIC & 0xffff_ffff) as usize),
        ("magicHighValue", (MAGIC >> 32) as usize),
        ("versionValue", VERSION as usize),
        ("magicLow", offset_of!(HeaderPage, magic_low)),
        ("magicHigh", offset_of!(HeaderPage, magic_high)),
        ("version", offset_of!(HeaderPage, version)),
        ("slotSize", offset_of!(HeaderPage, slot_size)),
        ("totalLength", offset_of!(HeaderPage, total_length)),
        ("submissionOffset", offset_of!(HeaderPage, submission_offset)),
        ("submissionSlots", offset_of!(HeaderPage, submission_slots)),
        ("completionSlots", offset_of!(HeaderPage, completion_slots)),
        ("completionOffset", offset_of!(HeaderPage, completion_offset)),
        ("arenaOffset", offset_of!(HeaderPage, arena_offset)),
        ("arenaLength", offset_of!(HeaderPage, arena_length)),
        ("classCount", offset_of!(HeaderPage, class_count)),
        ("classes", offset_of!(HeaderPage, classes)),
        ("workerHeartbeat", offset_of!(HeaderPage, worker) + offset_of!(WorkerLine, heartbeat)),
        ("timesOffset", offset_of!(HeaderPage, times_offset)),
        ("workerStalls", offset_of!(HeaderPage, worker) + offset_of!(WorkerLine, stalls)),
        ("workerPace", offset_of!(HeaderPage, worker) + offset_of!(WorkerLine, pace)),
        ("workerFlags", offset_of!(HeaderPage, worker) + offset_of!(WorkerLine, flags)),
        ("classRecordSize", size_of::<ClassRecord>()),
        ("blockSize", offset_of!(ClassRecord, block_size)),
        ("blockCount", offset_of!(ClassRecord, block_count)),
        ("bitmapOffset", offset_of!(ClassRecord, bitmap_offset)),
        ("referenceOffset", offset_of!(ClassRecord, reference_offset)),
        ("blocksOffset", offset_of!(ClassRecord, blocks_offset)),
        ("tail", offset_of!(RingControl, tail)),
        ("head", offset_of!(RingControl, head)),
        ("clock", offset_of!(RingControl, clock)),
        ("parked", offset_of!(RingControl, parked)),
        ("slots", size_of::<RingControl>()),
        ("slot", SLOT_SIZE),
        ("state", offset_of!(SlotWords, state)),
        ("kind", offset_of!(SlotWords, kind)),
        ("taskIndex", offset_of!(SlotWords, task)),
        ("taskGeneration", offset_of!(SlotWords, task) + Pair::SECOND),
        ("function", offset_of!(SlotWords, function_flags)),
        ("flags", offset_of!(SlotWords, function_flags) + Pair::SECOND),
        ("location", offset_of!(SlotWords, location_length)),
        ("length", offset_of!(SlotWords, location_length) + Pair::SECOND),
        ("block", offset_of!(SlotWords, block_stamp)),
        ("stamp", offset_of!(SlotWords, block_stamp) + Pair::SECOND),
        ("recordWait", offset_of!(TimeRecords, wait)),
        ("recordRun", offset_of!(TimeRecords, run)),
        ("recordSum", offset_of!(TimeRecord, sum)),
        ("recordSquares", offset_of!(TimeRecord, squares)),
        ("recordLeast", offset_of!(TimeRecord, least)),
        ("recordMost", offset_of!(TimeRecord, most)),
        ("recordBuckets", offset_of!(TimeRecord, buckets)),
        ("recordBucketCount", BUCKETS),
        ("stampCoarse", COARSE_UNIT as usize),
        ("stampNegative", NEGATIVE as usize),
        ("payload", offset_of!(SlotWords, payload)),
        ("inlineCapacity", INLINE_CAPACITY),
        ("run", kind::submission::RUN as usize),
        ("define", kind::submission::DEFINE as usize),
        ("rehearse", kind::submission::REHEARSE as usize),
        ("reportStart", kind::wish::REPORT_START as usize),
        ("announceStart", kind::wish::ANNOUNCE_START as usize),
        ("ready", kind::completion::READY as usize),
        ("started", kind::completion::STARTED as usize),
        ("completed", kind::completion::COMPLETED as usize),
        ("failed", kind::completion::FAILED as usize),
        ("progress", kind::completion::PROGRESS as usize),
        ("startFailed", kind::completion::START_FAILED as usize),
        ("item", kind::completion::ITEM as usize),
        ("pull", kind::completion::PULL as usize),
        ("heapLimit", flags::HEAP_LIMIT as usize),
        ("abortCalled", flags::ABORT_CALLED as usize),
    ];
    numbers.into_iter().map(|(name, number)| (name.to_owned(), number as u32)).collect()
}
