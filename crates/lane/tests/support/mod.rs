//! What the tests without loom share.
#![allow(dead_code)]

use hatchery_lane::{Geometry, Location, Message, SizeClass};
use proptest::test_runner::Config;

/// A small lane: rings of four, three size classes.
pub fn small() -> Geometry {
    let class = |block_size, block_count| SizeClass { block_size, block_count };
    Geometry {
        submission_slots: 4,
        completion_slots: 4,
        classes: vec![class(64, 40), class(512, 3), class(4096, 2)],
        times: true,
    }
}

/// A message of `kind` for task `index`, to be pushed inline.
pub fn message(kind: u32, index: u32) -> Message {
    at(kind, index, Location::Inline { length: 0 })
}

/// A message of `kind` for task `index` with its payload elsewhere.
pub fn at(kind: u32, index: u32, location: Location) -> Message {
    Message { kind, task_index: index, task_generation: index ^ 7, function: 3, flags: 1, stamp: 0, location }
}

/// `multiple` times the cases that `PROPTEST_CASES` asks for (256 without it); no files of failures.
pub fn cases(multiple: u32) -> Config {
    let usual = Config::default();
    Config { cases: usual.cases * multiple, failure_persistence: None, ..usual }
}
