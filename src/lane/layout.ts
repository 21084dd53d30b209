/**
 * Where everything is in a lane, as crates/lane/src/layout.rs has it (ARCHITECTURE.md, "The lane"). Offsets are in
 * bytes unless a name says WORD. A test compares every number with what Rust says.
 */

/** `HATCHLN1`, as two words. */
export const MAGIC_LOW = 0x43544148
export const MAGIC_HIGH = 0x314e4c48
export const VERSION = 2

export const HEADER = {
  magicLow: 0,
  magicHigh: 4,
  version: 8,
  slotSize: 12,
  totalLength: 16,
  submissionOffset: 24,
  submissionSlots: 32,
  completionSlots: 36,
  completionOffset: 40,
  arenaOffset: 48,
  arenaLength: 56,
  classCount: 64,
  timesOffset: 68,
  classes: 72,
  workerHeartbeat: 512,
  workerFlags: 520,
  workerPace: 524,
  workerStalls: 528,
} as const

/** One size class of the arena, in the header. */
export const CLASS_RECORD_SIZE = 24
export const CLASS_RECORD = {
  blockSize: 0,
  blockCount: 4,
  bitmapOffset: 8,
  referenceOffset: 12,
  blocksOffset: 16,
} as const

/** A ring: its indices, then its slots. */
export const RING = { tail: 0, head: 128, clock: 132, parked: 256, slots: 512 } as const

export const SLOT_SIZE = 128
export const SLOT_WORDS = SLOT_SIZE / 4
/** Words of a slot. */
export const STATE_WORD = 0
export const KIND_WORD = 1
export const TASK_INDEX_WORD = 2
export const TASK_GENERATION_WORD = 3
export const FUNCTION_WORD = 4
export const FLAGS_WORD = 5
export const LOCATION_WORD = 6
export const LENGTH_WORD = 7
export const BLOCK_WORD = 8
/** When a task was submitted. */
export const STAMP_WORD = 9
/** The payload inside a slot. */
export const PAYLOAD = 40
export const INLINE_CAPACITY = 88

/** Where workers record how long tasks wait and run: two histograms of doubles, in nanoseconds. */
export const RECORD = { wait: 0, run: 22592, sum: 0, squares: 8, least: 16, most: 24, buckets: 64 } as const
export const RECORD_BUCKETS = 2816

/** Unit of a stamp with the top bit set, in nanoseconds; of others it is a microsecond. */
export const STAMP_COARSE = 1 << 20
/** Differences of stamps from here on are below zero. */
export const STAMP_NEGATIVE = 0x7000_0000

/** States of a submission. */
export const PUBLISHED = 1
export const STARTED = 2

/** Kinds of submissions. */
export const RUN = 1
export const DEFINE = 2
export const REHEARSE = 3

/** Kinds of completions. */
export const COMPLETION_READY = 1
export const COMPLETION_STARTED = 2
export const COMPLETION_COMPLETED = 3
export const COMPLETION_FAILED = 4
export const COMPLETION_PROGRESS = 5
export const COMPLETION_START_FAILED = 6
export const COMPLETION_ITEM = 7
export const COMPLETION_PULL = 8

/** Flags of a submission. */
export const ATTEMPT_MASK = 0xffff
export const REPORT_START = 0x10000
/** … and the host is woken for that. */
export const ANNOUNCE_START = 1 << 24
/** Flags of both: how many segments the payload mentions. */
export const MENTIONS_SHIFT = 17
export const MENTIONS_MASK = 127 << MENTIONS_SHIFT

/** Locations of a payload. */
export const INLINE = 0
export const BLOCK = 1
export const MEMFD = 2

/** Bits of `workerFlags`. */
export const FLAG_HEAP_LIMIT = 1
export const FLAG_ABORT_CALLED = 2
export const FLAG_EXIT_CALLED = 4
