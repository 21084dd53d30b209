//! A whole lane in one process: header, rings and arena over the mapping.
#![cfg(not(loom))]

mod support;

use std::os::fd::OwnedFd;

use hatchery_lane::kind::{completion, submission};
use hatchery_lane::{
    BlockId, Completion, Geometry, Home, HostLane, LaneError, Location, Message, PushError, SizeClass,
    SlotState, Submission, WorkerLane, flags,
};
use hatchery_sys::MemFd;
use support::{at, message, small};

fn lane(geometry: &Geometry) -> (HostLane, WorkerLane) {
    let host = HostLane::create(geometry).unwrap();
    let worker = WorkerLane::attach(host.memory().try_clone_to_owned().unwrap()).unwrap();
    (host, worker)
}

fn copy_of(host: &HostLane) -> MemFd {
    MemFd::from(host.memory().try_clone_to_owned().unwrap())
}

#[test]
fn the_default_geometry_is_valid_and_fits_a_mebibyte() {
    let (host, worker) = lane(&Geometry::default());
    assert_eq!(worker.geometry(), host.geometry());
    let block = host.arena.allocate((1 << 20) + 64).unwrap();
    assert!(host.arena.capacity(block) >= (1 << 20) + 64);
    assert!(worker.length() < 24 << 20);
    assert_eq!(host.arena.largest_block(), (1 << 20) + 4096);
}

#[test]
fn a_lane_takes_the_place_of_the_stage() {
    let memory = |host: &HostLane| host.memory().try_clone_to_owned().unwrap();
    let with_a_task = || {
        let mut host = HostLane::create(&small()).unwrap();
        host.submissions.push_inline(&message(submission::RUN, 9), b"question").unwrap();
        host.submissions.publish();
        host
    };
    let first = with_a_task();
    let mut stage = WorkerLane::stage(memory(&first)).unwrap();
    assert_eq!(stage.geometry(), first.geometry());
    let mut task = Submission::default();
    assert!(!stage.submissions.read(&mut task), "it is like that lane, with nothing in it");
    let other = with_a_task();
    stage.take_up(memory(&other)).unwrap();
    assert!(stage.submissions.read(&mut task));
    stage.set_flags(flags::EXIT_CALLED);
    assert_eq!((first.worker_flags(), other.worker_flags()), (0, flags::EXIT_CALLED));
    // As long, and laid out in another way.
    let forged = HostLane::create(&small()).unwrap();
    let words = 2 * small().submission_slots;
    MemFd::from(memory(&forged)).write_at(&words.to_le_bytes(), 32).unwrap();
    assert_eq!(stage.take_up(memory(&forged)), Err(LaneError::Header("another layout")));
    let longer = HostLane::create(&Geometry::default()).unwrap();
    assert_eq!(stage.take_up(memory(&longer)), Err(LaneError::Header("another length")));
}

#[test]
fn a_memory_node_is_a_wish() {
    // The second is one that no machine has; a sandbox may refuse the first as well.
    for node in [0, 1_000_000] {
        let host = HostLane::create_in(Home { node: Some(node), ..Home::default() }, &small()).unwrap();
        let worker = WorkerLane::attach(host.memory().try_clone_to_owned().unwrap()).unwrap();
        assert_eq!(worker.geometry(), host.geometry());
    }
}

#[test]
fn impossible_geometries_are_refused() {
    let refused = |change: fn(&mut Geometry)| {
        let mut geometry = small();
        change(&mut geometry);
        assert!(matches!(geometry.validate(), Err(LaneError::Geometry(_))), "{geometry:?}");
    };
    refused(|geometry| geometry.submission_slots = 3);
    refused(|geometry| geometry.completion_slots = 0);
    refused(|geometry| geometry.submission_slots = 1 << 31);
    refused(|geometry| geometry.classes[1].block_size = 64);
    refused(|geometry| geometry.classes[0].block_size = 0);
    refused(|geometry| geometry.classes[0].block_size = 63);
    refused(|geometry| geometry.classes[0].block_count = 0);
    refused(|geometry| geometry.classes[0].block_count = u32::MAX);
    refused(|geometry| {
        geometry.classes = vec![SizeClass { block_size: u32::MAX - 7, block_count: 1 << 24 }];
    });
    refused(|geometry| {
        geometry.classes = (1..=9).map(|n| SizeClass { block_size: n * 8, block_count: 1 }).collect();
    });
    let mut no_arena = small();
    no_arena.classes.clear();
    assert_eq!(lane(&no_arena).0.arena.allocate(0), None);
}

#[test]
fn a_task_goes_there_and_back() {
    let (mut host, mut worker) = lane(&small());
    let position = host.submissions.push_inline(&message(submission::RUN, 9), b"question").unwrap();
    let mut task = Submission::default();
    assert!(!worker.submissions.read(&mut task), "not published yet");
    host.submissions.publish();
    assert!(!host.submissions.wake_needed(), "the worker is awake");
    assert!(worker.submissions.read(&mut task));
    assert_eq!((task.position, task.message.task_index, task.inline()), (position, 9, &b"question"[..]));
    assert_eq!(host.submissions.state(position), SlotState::Published);
    assert!(worker.submissions.claim(position));
    assert!(!worker.submissions.claim(position));
    assert_eq!(host.submissions.state(position), SlotState::Started);
    assert!(!host.submissions.revoke(position));
    worker.submissions.release();
    assert_eq!(host.submissions.head(), Ok(1));

    assert!(host.completions.park());
    let block = worker.arena.allocate(300).unwrap();
    worker.arena.write(block, &[5; 300]).unwrap();
    let answer = at(completion::COMPLETED, 9, Location::Block { block, length: 300 });
    worker.completions.push(&answer).unwrap();
    worker.completions.publish();
    assert!(worker.completions.wake_needed());
    assert!(!worker.completions.wake_needed(), "one wake-up a sleep");
    let mut received = Completion::default();
    assert!(host.completions.read(&host.arena, &mut received).unwrap());
    assert_eq!(received.message, answer);
    assert!(received.inline().is_empty());
    let mut bytes = vec![1];
    host.arena.read_into(block, 300, &mut bytes).unwrap();
    assert_eq!(bytes[1..], [5; 300]);
    assert!(host.arena.release(block));
    assert_eq!(worker.arena.used_blocks(), 0);
    host.completions.release();
    assert_eq!(worker.completions.free_slots(), 4);
    assert!(!host.completions.read(&host.arena, &mut received).unwrap());
}

#[test]
fn a_revoked_task_is_skipped_and_only_outstanding_ones_can_be_revoked() {
    let (mut host, mut worker) = lane(&small());
    for index in 0..4 {
        host.submissions.push_inline(&message(submission::RUN, index), &[]).unwrap();
    }
    assert!(!host.submissions.revoke(0), "not handed over");
    host.submissions.publish();
    assert_eq!(host.submissions.push_inline(&message(submission::RUN, 4), &[]), Err(PushError::Full));
    assert!(host.submissions.revoke(1));
    assert!(!host.submissions.revoke(1));
    assert!(!host.submissions.revoke(4) && !host.submissions.revoke(u32::MAX));
    assert!(!worker.submissions.park(), "there is something to read");
    let (mut task, mut ran) = (Submission::default(), Vec::new());
    while worker.submissions.read(&mut task) {
        if worker.submissions.claim(task.position) {
            ran.push(task.message.task_index);
        }
    }
    assert_eq!(ran, [0, 2, 3]);
    worker.submissions.release();
    assert!(worker.submissions.park());
    assert!(!host.submissions.revoke(2), "passed");
    assert_eq!(host.submissions.free_slots(), Ok(4));
    host.submissions.publish();
    assert!(host.submissions.wake_needed());
}

#[test]
fn a_push_needs_the_payload_where_it_says() {
    let (mut host, _worker) = lane(&small());
    let run = message(submission::RUN, 0);
    assert_eq!(host.submissions.push(&run), Err(PushError::NotInline));
    assert_eq!(host.submissions.push_inline(&run, &[0; 89]), Err(PushError::TooLong(89)));
    assert!(host.submissions.push_inline(&run, &[0; 88]).is_ok());
    assert!(host.submissions.push(&at(1, 0, Location::MemFd { tag: 1, length: u32::MAX })).is_ok());
}

#[test]
fn the_worker_line_reaches_the_host() {
    let (host, worker) = lane(&small());
    worker.set_flags(flags::HEAP_LIMIT);
    worker.set_flags(flags::EXIT_CALLED);
    worker.heart.beat();
    assert_eq!((host.worker_flags(), host.heartbeat()), (5, 1));
}

#[test]
fn the_bytes_are_where_the_contract_says() {
    let (mut host, worker) = lane(&small());
    let task = at(submission::RUN, 0x1122, Location::MemFd { tag: 8, length: 77 });
    let task = Message { stamp: 0x3344, ..task };
    host.submissions.push(&task).unwrap();
    host.submissions.push_inline(&message(submission::DEFINE, 1), b"payload").unwrap();
    host.submissions.publish();
    worker.heart.beat();
    host.completions.release_at(5_000_000);
    worker.times.as_ref().unwrap().run.record(64.0, 2.0);
    let memory = copy_of(&host);
    let word = |offset| {
        let mut bytes = [0; 4];
        memory.read_at(&mut bytes, offset).unwrap();
        u32::from_le_bytes(bytes)
    };
    let mut magic = [0; 8];
    memory.read_at(&mut magic, 0).unwrap();
    assert_eq!(&magic, b"HATCHLN1");
    assert_eq!([word(8), word(12), word(32), word(36), word(64)], [2, 128, 4, 4, 3]);
    assert_eq!(u64::from(word(16)), memory.length().unwrap());
    // Two records of times of 64 bytes and 2816 buckets lie before the arena.
    let (times, arena) = (8192, 57_344);
    assert_eq!([word(24), word(40), word(68), word(48)], [4096, 4096 + 512 + 512, times, arena]);
    assert_eq!([word(72), word(76), word(96)], [64, 40, 512]);
    assert_eq!(word(512), 1);
    assert_eq!([word(4096), word(4096 + 128), word(4096 + 256)], [2, 0, 0]);
    assert_eq!(word(4096 + 512 + 512 + 132), 5000, "the clock, in microseconds");
    let slot: Vec<u32> = (0..10).map(|index| word(4096 + 512 + index * 4)).collect();
    assert_eq!(slot, [1, 1, 0x1122, 0x1122 ^ 7, 3, 1, 2, 77, 8, 0x3344]);
    let run = u64::from(times) + 64 + 8 * 2816;
    let recorded = [0, 8, 16, 24, 64].map(|offset| {
        let mut bytes = [0; 8];
        memory.read_at(&mut bytes, run + offset).unwrap();
        f64::from_le_bytes(bytes)
    });
    assert_eq!(recorded, [128.0, 8192.0, 64.0, 64.0, 2.0]);
    let mut payload = [0; 8];
    memory.read_at(&mut payload, 4096 + 512 + 128 + 40).unwrap();
    assert_eq!(&payload, b"payload\0");
    let block = host.arena.allocate(1).unwrap();
    assert_eq!((word(u64::from(word(80))), word(u64::from(word(84)))), (1, 1), "bitmap and reference");
    host.arena.write(block, b"block").unwrap();
    memory.read_at(&mut payload[..5], u64::from(word(88))).unwrap();
    assert_eq!(&payload[..5], b"block");
}

#[test]
fn trimming_gives_the_memory_of_free_blocks_back_and_no_other() {
    let (mut host, worker) = lane(&Geometry::default());
    let untouched = host.resident().unwrap();
    let kept: Vec<_> =
        [1000, 70_000, 1 << 20].map(|length| (host.arena.allocate(length).unwrap(), length)).into();
    let mut passing = Vec::new();
    for length in [1000, 9000, 70_000, 1 << 20] {
        while let Some(block) = worker.arena.allocate(length) {
            worker.arena.write(block, &vec![9; worker.arena.capacity(block)]).unwrap();
            passing.push(block);
        }
    }
    for (block, length) in &kept {
        host.arena.write(*block, &vec![7; *length]).unwrap();
    }
    assert!(host.resident().unwrap() > untouched + (8 << 20));
    for block in passing {
        assert!(worker.arena.release(block));
    }
    host.trim().unwrap();
    let left = host.resident().unwrap();
    assert!(left > untouched + (1 << 20) && left < untouched + (2 << 20), "{left} bytes, {untouched} before");
    for (block, length) in &kept {
        let mut bytes = Vec::new();
        worker.arena.read_into(*block, *length, &mut bytes).unwrap();
        assert!(bytes.iter().all(|byte| *byte == 7));
        assert!(worker.arena.release(*block));
    }
    assert_eq!(host.arena.used_blocks(), 0);
    host.trim().unwrap();
    assert!(host.resident().unwrap() < untouched + (64 << 10));
    let again = worker.arena.allocate(1 << 20).unwrap();
    let mut bytes = Vec::new();
    host.arena.read_into(again, 1 << 20, &mut bytes).unwrap();
    assert!(bytes.iter().all(|byte| *byte == 0), "what was given back reads as zeros");
}

#[test]
fn a_block_can_be_looked_at_where_it_lies() {
    let (host, worker) = lane(&Geometry::default());
    let block = host.arena.allocate(1 << 20).unwrap();
    host.arena.write(block, b"looked at").unwrap();
    let place = worker.arena.pointer(block, 7, 2).unwrap();
    assert_eq!(
        place,
        worker.arena.pointer(block, 0, 9).unwrap().map_addr(|address| address.checked_add(7).unwrap())
    );
    let offset = place.as_ptr().addr() - worker.pointer().as_ptr().addr();
    let mut bytes = [0; 2];
    host.memory().try_clone_to_owned().map(MemFd::from).unwrap().read_at(&mut bytes, offset as u64).unwrap();
    assert_eq!(&bytes, b"at");
    let capacity = host.arena.capacity(block);
    assert!(worker.arena.pointer(block, capacity, 0).is_ok());
    assert!(worker.arena.pointer(block, capacity, 1).is_err());
    assert!(worker.arena.pointer(block, usize::MAX, 2).is_err());
    assert!(worker.arena.pointer(BlockId::from_raw(u32::MAX), 0, 1).is_err());
}

#[test]
fn what_is_no_lane_is_refused() {
    let refuse = |memory: MemFd| match WorkerLane::attach(OwnedFd::from(memory)) {
        Err(LaneError::Header(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refuse(MemFd::create("test", 4096).unwrap()), "not sealed against shrinking");
    let short = MemFd::create("test", 100).unwrap();
    short.seal_size().unwrap();
    assert_eq!(refuse(short), "shorter than a header");
    let empty = MemFd::create("test", 8192).unwrap();
    empty.seal_size().unwrap();
    assert_eq!(refuse(empty), "not a lane");
    // Every word of the header that has a meaning, changed.
    for offset in (0..68).chain(72..144).step_by(4) {
        let host = HostLane::create(&small()).unwrap();
        let memory = copy_of(&host);
        let mut word = [0; 4];
        memory.read_at(&mut word, offset).unwrap();
        word[1] ^= 0x40;
        memory.write_at(&word, offset).unwrap();
        let attached = WorkerLane::attach(OwnedFd::from(memory));
        assert!(attached.is_err(), "word at {offset} changed");
    }
    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(matches!(WorkerLane::attach(file.into()), Err(LaneError::System(_))));
}

#[test]
fn a_completion_that_was_read_is_none_any_more() {
    let (mut host, mut worker) = lane(&small());
    let (mut task, mut answer) = (Submission::default(), Completion::default());
    host.submissions.push_inline(&message(submission::RUN, 1), b"a").unwrap();
    host.submissions.publish();
    assert!(worker.submissions.read(&mut task) && worker.submissions.claim(task.position));
    worker.completions.push_inline(&message(completion::COMPLETED, 1), b"b").unwrap();
    worker.completions.publish();
    assert!(host.completions.read(&host.arena, &mut answer).unwrap());
    assert_eq!(answer.inline(), b"b");
    let mut words = [0; 8];
    copy_of(&host).read_at(&mut words, 4096 + 512 + 4 * 128 + 512).unwrap();
    assert_eq!(words, [0; 8], "state and kind");
}

/// Bytes that a lane of these sizes has in front of its blocks, as its header tells.
fn start_of_blocks(host: &HostLane) -> u64 {
    let mut first = [0; 8];
    copy_of(host).read_at(&mut first, 72 + 16).unwrap();
    u64::from_le_bytes(first)
}

#[test]
fn memory_is_set_aside_before_it_is_touched_where_that_is_asked_for() {
    let geometry = Geometry::default();
    let plain = HostLane::create(&geometry).unwrap();
    assert!(plain.resident().unwrap() <= 4 * 4096, "what was touched");
    let mut host = HostLane::create_in(Home { reserved: true, ..Home::default() }, &geometry).unwrap();
    let fixed = host.resident().unwrap();
    assert_eq!(fixed, start_of_blocks(&host));
    let block = host.arena.allocate(1 << 20).unwrap();
    host.reserve(block, 5000).unwrap();
    assert_eq!(host.resident().unwrap(), fixed + 8192);
    host.reserve(block, 1 << 20).unwrap();
    let used = host.resident().unwrap();
    assert_eq!(used, fixed + (1 << 20));
    host.arena.write(block, &vec![7; 1 << 20]).unwrap();
    assert_eq!(host.resident().unwrap(), used);
    host.arena.release(block);
    host.trim().unwrap();
    assert_eq!(host.resident().unwrap(), fixed);
    host.reserve(block, 1).unwrap();
    assert_eq!(host.resident().unwrap(), fixed + 4096, "what was given back is set aside anew");
    host.reserve(BlockId::from_raw(u32::MAX), 1).unwrap();
}
