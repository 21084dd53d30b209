//! A host at work on a lane whose worker writes anything anywhere, at any moment. The host must read and write within
//! its bounds (the lane is on the heap, where the sanitizer sees the end of it), never panic, and never believe more
//! than can be.
#![no_main]

use hatchery_lane::ring::Ring;
use hatchery_lane::{Arena, BlockId, Completion, CompletionConsumer, Location, Message, SizeClass, SubmissionProducer};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use std::sync::atomic::Ordering;

const SLOTS: u32 = 8;

/// What happens next: the worker's doing, or the host's.
#[derive(Arbitrary, Debug)]
enum Step {
    WriteSlot { completions: bool, position: u32, words: [u32; 9], state: u32 },
    WriteTail(u32),
    AddToTail(u8),
    WriteHead(u32),
    WriteParked { completions: bool, value: u32 },
    AllocateAsWorker(u16),
    ReleaseAsWorker(u32),
    Read,
    ReleaseRead,
    Park,
    Unpark,
    Push { index: u32, length: u8 },
    PushBlock { index: u32, length: u16 },
    Publish,
    Revoke(u32),
    State(u32),
    FreeSlots,
    Wake,
}

#[derive(Arbitrary, Debug)]
struct Scene {
    start: u32,
    steps: Vec<Step>,
}

fn message(index: u32, location: Location) -> Message {
    Message { kind: 1, task_index: index, task_generation: index ^ 7, function: 3, flags: 0, stamp: index, location }
}

fuzz_target!(|scene: Scene| {
    let class = |block_size, block_count| SizeClass { block_size, block_count };
    let arena = Arena::on_heap(&[class(64, 40), class(512, 3), class(4096, 2)]);
    let completions = Ring::on_heap(SLOTS, scene.start);
    let submissions = Ring::on_heap(SLOTS, scene.start);
    let mut reader = CompletionConsumer::new(completions.clone());
    let mut writer = SubmissionProducer::new(submissions.clone());
    let mut received = Completion::default();
    let mut position = scene.start;
    // After a violation the host kills the worker and reads no more of its lane.
    let mut trusted = true;
    for step in scene.steps {
        match step {
            Step::WriteSlot { completions: which, position, words, state } => {
                let ring = if which { &completions } else { &submissions };
                let slot = ring.slot(position);
                let [reserved, kind, index, generation, function, flags, location, length, block] = words;
                slot.kind.set(kind);
                slot.task.set(index, generation);
                slot.function_flags.set(function, flags);
                slot.location_length.set(location, length);
                slot.block_stamp.set(block, reserved);
                slot.state.store(state, Ordering::Relaxed);
            }
            Step::WriteTail(tail) => completions.control().tail.store(tail, Ordering::Relaxed),
            Step::AddToTail(more) => {
                completions.control().tail.fetch_add(u32::from(more), Ordering::Relaxed);
            }
            Step::WriteHead(head) => submissions.control().head.store(head, Ordering::Relaxed),
            Step::WriteParked { completions: which, value } => {
                let ring = if which { &completions } else { &submissions };
                ring.control().parked.store(value, Ordering::Relaxed);
            }
            Step::AllocateAsWorker(length) => {
                arena.allocate(usize::from(length));
            }
            Step::ReleaseAsWorker(raw) => {
                arena.release(BlockId::from_raw(raw));
            }
            Step::Read if trusted => match reader.read(&arena, &mut received) {
                Ok(true) => match received.message.location {
                    Location::Inline { length } => assert_eq!(received.inline().len(), length as usize),
                    Location::Block { block, length } => {
                        arena.read_into(block, length as usize, &mut Vec::new()).expect("was checked");
                        arena.release(block);
                    }
                    Location::MemFd { .. } => {}
                },
                Ok(false) => {}
                Err(_) => trusted = false,
            },
            Step::Read => {}
            Step::ReleaseRead => reader.release(),
            Step::Park => {
                reader.park();
            }
            Step::Unpark => reader.unpark(),
            Step::Push { index, length } => {
                let bytes = vec![length; usize::from(length)];
                if let Ok(at) = writer.push_inline(&message(index, Location::Inline { length: 0 }), &bytes) {
                    assert_eq!(at, position, "positions follow one another");
                    position = position.wrapping_add(1);
                }
            }
            Step::PushBlock { index, length } => {
                let Some(block) = arena.allocate(usize::from(length)) else { continue };
                arena.write(block, &vec![1; usize::from(length)]).expect("fits what was allocated for it");
                let location = Location::Block { block, length: u32::from(length) };
                match writer.push(&message(index, location)) {
                    Ok(at) => {
                        assert_eq!(at, position, "positions follow one another");
                        position = position.wrapping_add(1);
                    }
                    Err(_) => {
                        arena.release(block);
                    }
                }
            }
            Step::Publish => writer.publish(),
            Step::Revoke(at) => {
                if writer.revoke(at) {
                    assert!(!writer.revoke(at), "revoked once");
                }
            }
            Step::State(at) => {
                writer.state(at);
            }
            Step::FreeSlots => {
                if let Ok(free) = writer.free_slots() {
                    assert!(free <= SLOTS);
                }
            }
            Step::Wake => {
                writer.wake_needed();
            }
        }
    }
});
