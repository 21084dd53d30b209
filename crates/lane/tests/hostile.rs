//! proptest: a worker that writes anything anywhere. The host never panics and reads within bounds; under
//! valgrind (scripts/valgrind-lane.sh) the heap backing proves the bounds.
#![cfg(not(loom))]

mod support;

use std::sync::atomic::Ordering;

use hatchery_lane::kind::completion as kind;
use hatchery_lane::ring::Ring;
use hatchery_lane::{Arena, BlockId, Completion, CompletionConsumer, HostLane, Location};
use hatchery_lane::{SubmissionProducer, Violation};
use hatchery_sys::MemFd;
use proptest::prelude::*;
use support::{cases, message, small};

/// Numbers near the borders as often as any others.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..8u32,
        80..100u32,
        (0..4u32, 0..50u32).prop_map(|(class, index)| class << 24 | index),
        (0..8u32).prop_map(|back| u32::MAX - back),
        any::<u32>()
    ]
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn any_slot_is_checked(words in prop::array::uniform9(word()), tail in word(), start in word()) {
        let ring = Ring::on_heap(4, start);
        let arena = Arena::on_heap(&small().classes);
        let mut host = CompletionConsumer::new(ring.clone());
        let slot = ring.slot(start);
        let [reserved, kind, index, generation, function, flags, location, length, block] = words;
        slot.kind.set(kind);
        slot.task.set(index, generation);
        slot.function_flags.set(function, flags);
        slot.location_length.set(location, length);
        slot.block_stamp.set(block, reserved);
        ring.control().tail.store(start.wrapping_add(tail), Ordering::Relaxed);
        let mut received = Completion::default();
        match host.read(&arena, &mut received) {
            Ok(false) => prop_assert_eq!(tail, 0),
            Ok(true) => {
                prop_assert!((1..=4).contains(&tail));
                prop_assert!((kind::READY..=kind::PULL).contains(&received.message.kind));
                match received.message.location {
                    Location::Inline { length } => prop_assert!(received.inline().len() == length as usize),
                    Location::Block { block, length } => {
                        let mut bytes = Vec::new();
                        arena.read_into(block, length as usize, &mut bytes).expect("was checked");
                        prop_assert!(!arena.release(block), "nothing was allocated");
                    }
                    Location::MemFd { .. } => {}
                }
            }
            Err(Violation::Tail { .. }) => prop_assert!(tail > 4),
            Err(_) => {}
        }
    }

    #[test]
    fn any_head_is_checked(head in word(), back in word(), parked in word()) {
        let ring = Ring::on_heap(4, u32::MAX - 1);
        let mut host = SubmissionProducer::new(ring.clone());
        for index in 0..3 {
            host.push_inline(&message(1, index), b"x").unwrap();
        }
        host.publish();
        ring.control().parked.store(parked, Ordering::Relaxed);
        prop_assert_eq!(host.wake_needed(), parked == 1);
        for head in [head, back, u32::MAX.wrapping_add(head % 5)] {
            ring.control().head.store(head, Ordering::Relaxed);
            match host.free_slots() {
                Ok(free) => prop_assert!(free <= 4),
                Err(Violation::Head { .. }) => {}
                Err(other) => prop_assert!(false, "{other}"),
            }
            let _ = host.head();
            let _ = host.revoke(back);
            let _ = host.state(back);
            let _ = host.push_inline(&message(1, 9), b"y");
            host.publish();
        }
    }

    #[test]
    fn any_block_is_checked(raw in word(), length in 0..70_000usize) {
        let arena = Arena::on_heap(&small().classes);
        let block = BlockId::from_raw(raw);
        let exists = small().classes.get(block.class()).is_some_and(|class| block.index() < class.block_count);
        prop_assert_eq!(arena.capacity(block) > 0, exists);
        let fits = exists && length <= arena.capacity(block);
        prop_assert_eq!(arena.write(block, &vec![1; length]).is_ok(), fits);
        let mut bytes = vec![0; length];
        prop_assert_eq!(arena.read_into_slice(block, &mut bytes).is_ok(), fits);
        prop_assert_eq!(arena.retain(block), exists);
        arena.release(block);
        prop_assert!(!arena.release(block), "no reference left");
    }

    #[test]
    fn any_lane_contents_are_survived(bytes in prop::collection::vec(any::<u8>(), 1..3000), at in 0..14_000u64) {
        let mut host = HostLane::create(&small()).unwrap();
        let memory = MemFd::from(host.memory().try_clone_to_owned().unwrap());
        let room = memory.length().unwrap() - at;
        memory.write_at(&bytes[..bytes.len().min(room as usize)], at).unwrap();
        let mut received = Completion::default();
        for _ in 0..10 {
            let Ok(true) = host.completions.read(&host.arena, &mut received) else { break };
            if let Location::Block { block, length } = received.message.location {
                host.arena.read_into(block, length as usize, &mut Vec::new()).expect("was checked");
                host.arena.release(block);
            }
        }
        host.completions.release();
        if host.completions.park() {
            host.completions.unpark();
        }
        let mut allocated = std::collections::HashSet::new();
        for length in [1, 64, 65, 512, 4096].repeat(20) {
            if let Some(block) = host.arena.allocate(length) {
                prop_assert!(allocated.insert(block) && host.arena.capacity(block) >= length);
                host.arena.write(block, &vec![1; length]).unwrap();
            }
        }
        for block in allocated {
            prop_assert!(host.arena.release(block));
        }
        let _ = host.submissions.free_slots();
        let _ = host.submissions.push_inline(&message(1, 0), b"x");
        host.submissions.publish();
        let _ = host.submissions.wake_needed();
        let _ = (host.worker_flags(), host.heartbeat());
    }
}

/// A worker that rewrites its slots and bitmaps while the host reads: whatever the host gets was checked.
#[test]
fn a_racing_writer_gains_nothing() {
    let ring = Ring::on_heap(4, 0);
    let arena = Arena::on_heap(&small().classes);
    let mut host = CompletionConsumer::new(ring.clone());
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = std::sync::Arc::clone(&stop);
    let (remote, remote_arena) = (ring.clone(), arena.clone());
    let writer = std::thread::spawn(move || {
        let mut value = 1u32;
        while !stopped.load(Ordering::Relaxed) {
            value = value.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let slot = remote.slot(value >> 30);
            slot.kind.set(value % 9);
            slot.location_length.set((value >> 3) % 4, (value >> 5) % 120);
            slot.block_stamp.set((((value >> 7) % 4) << 24) | ((value >> 9) % 50), value);
            remote.control().tail.store(remote.control().head.load(Ordering::Relaxed) + 4, Ordering::Relaxed);
            remote_arena.release(BlockId::from_raw((value >> 11) % 40));
        }
    });
    let (mut completion, mut received, mut violations) = (Completion::default(), 0, 0);
    let rounds = if std::env::var_os("HATCHERY_SLOW").is_some() { 2_000 } else { 200_000 };
    for round in 0..rounds {
        match host.read(&arena, &mut completion) {
            Ok(false) => {}
            Ok(true) => {
                received += 1;
                assert!((kind::READY..=kind::PULL).contains(&completion.message.kind));
                if let Location::Block { block, length } = completion.message.location {
                    arena.read_into(block, length as usize, &mut Vec::new()).expect("was checked");
                }
                host.release();
            }
            // A real host stops here; this one goes on with the slot as it is by then.
            Err(_) => violations += 1,
        }
        if let Some(block) = arena.allocate(round % 64) {
            arena.write(block, &[1; 64]).unwrap();
            arena.release(block);
        }
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert!(received + violations > 0);
}
