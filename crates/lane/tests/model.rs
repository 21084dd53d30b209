//! proptest: rings against a queue, the arena against a table.
#![cfg(not(loom))]

mod support;

use std::collections::{HashMap, VecDeque};

use hatchery_lane::ring::Ring;
use hatchery_lane::{Arena, BlockId, Completion, CompletionConsumer, CompletionProducer, PushError};
use hatchery_lane::{Submission, SubmissionConsumer, SubmissionProducer};
use proptest::prelude::*;
use support::{cases, message, small};

#[derive(Debug, Clone)]
enum Step {
    Push(Vec<u8>),
    Publish,
    Next,
    Release,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let payload = prop::collection::vec(any::<u8>(), 0..=88);
    let step = prop_oneof![
        4 => payload.prop_map(Step::Push),
        2 => Just(Step::Publish),
        4 => Just(Step::Next),
        2 => Just(Step::Release),
    ];
    prop::collection::vec(step, 1..200)
}

/// Starts around the wrap of the index as often as anywhere else.
fn start() -> impl Strategy<Value = u32> {
    prop_oneof![(0..40u32).prop_map(|back| u32::MAX - back), any::<u32>()]
}

/// What a ring must do: at most `slots` between what was released and what was pushed.
#[derive(Default)]
struct Model {
    pushed: VecDeque<(u32, Vec<u8>)>,
    published: usize,
    unreleased: usize,
}

proptest! {
    #![proptest_config(cases(2))]

    #[test]
    fn submissions_behave_like_a_queue(steps in steps(), start in start(), power in 1..5u32) {
        let ring = Ring::on_heap(1 << power, start);
        let mut host = SubmissionProducer::new(ring.clone());
        let mut worker = SubmissionConsumer::new(ring);
        let (mut submission, mut model) = (Submission::default(), Model::default());
        for (index, step) in (0u32..).zip(steps) {
            match step {
                Step::Push(bytes) => {
                    let full = model.pushed.len() + model.unreleased == 1 << power;
                    let pushed = host.push_inline(&message(1, index), &bytes);
                    prop_assert_eq!(pushed.err(), full.then_some(PushError::Full));
                    if !full {
                        model.pushed.push_back((index, bytes));
                    }
                }
                Step::Publish => {
                    host.publish();
                    model.published = model.pushed.len();
                    prop_assert!(!host.wake_needed());
                }
                Step::Next if model.published == 0 => {
                    prop_assert!(!worker.read(&mut submission));
                    prop_assert!(worker.park());
                    worker.unpark();
                }
                Step::Next => {
                    prop_assert!(!worker.park());
                    prop_assert!(worker.read(&mut submission), "published");
                    let (index, bytes) = model.pushed.pop_front().expect("in the model");
                    prop_assert_eq!(submission.message.task_index, index);
                    prop_assert_eq!(submission.inline(), bytes);
                    prop_assert!(worker.claim(submission.position));
                    model.published -= 1;
                    model.unreleased += 1;
                }
                Step::Release => {
                    worker.release();
                    model.unreleased = 0;
                }
            }
            let free = (1 << power) - (model.pushed.len() + model.unreleased) as u32;
            prop_assert_eq!(host.free_slots(), Ok(free));
        }
    }

    #[test]
    fn completions_behave_like_a_queue(steps in steps(), start in start()) {
        let ring = Ring::on_heap(4, start);
        let arena = Arena::on_heap(&small().classes);
        let mut worker = CompletionProducer::new(ring.clone());
        let mut host = CompletionConsumer::new(ring);
        let (mut completion, mut model) = (Completion::default(), Model::default());
        for (index, step) in (0u32..).zip(steps) {
            match step {
                Step::Push(bytes) => {
                    let full = model.pushed.len() + model.unreleased == 4;
                    let pushed = worker.push_inline(&message(3, index), &bytes);
                    prop_assert_eq!(pushed.is_err(), full);
                    if !full {
                        model.pushed.push_back((index, bytes));
                    }
                }
                Step::Publish => {
                    worker.publish();
                    model.published = model.pushed.len();
                }
                Step::Next => match host.read(&arena, &mut completion).unwrap() {
                    false => prop_assert_eq!(model.published, 0),
                    true => {
                        let (index, bytes) = model.pushed.pop_front().expect("in the model");
                        prop_assert_eq!(completion.message.task_index, index);
                        prop_assert_eq!(completion.inline(), bytes);
                        model.published -= 1;
                        model.unreleased += 1;
                    }
                },
                Step::Release => {
                    host.release();
                    model.unreleased = 0;
                }
            }
        }
    }

    #[test]
    fn the_arena_behaves_like_a_table(steps in prop::collection::vec((0..5u8, 0..5000usize), 1..300)) {
        let arena = Arena::on_heap(&small().classes);
        // Block to references, length and fill byte.
        let mut table: HashMap<BlockId, (u32, usize, u8)> = HashMap::new();
        let mut order: Vec<BlockId> = Vec::new();
        for (step, length) in steps {
            let chosen = (!order.is_empty()).then(|| order[length % order.len().max(1)]);
            match (step, chosen) {
                (0 | 1, _) => match arena.allocate(length) {
                    None => prop_assert!(full_for(&table, length)),
                    Some(block) => {
                        prop_assert!(arena.capacity(block) >= length);
                        let fill = (length % 251) as u8;
                        arena.write(block, &vec![fill; length]).unwrap();
                        prop_assert!(table.insert(block, (1, length, fill)).is_none(), "allocated twice");
                        order.push(block);
                    }
                },
                (2, Some(block)) => {
                    prop_assert!(arena.retain(block));
                    table.get_mut(&block).unwrap().0 += 1;
                }
                (_, Some(block)) => {
                    let (references, length, fill) = table.get_mut(&block).unwrap();
                    let mut bytes = Vec::new();
                    arena.read_into(block, *length, &mut bytes).unwrap();
                    prop_assert!(bytes.iter().all(|byte| byte == fill));
                    *references -= 1;
                    let last = *references == 0;
                    prop_assert_eq!(arena.release(block), last);
                    if last {
                        table.remove(&block);
                        order.retain(|other| *other != block);
                        prop_assert!(!arena.release(block), "not twice");
                    }
                }
                (_, None) => {}
            }
            prop_assert_eq!(arena.used_blocks() as usize, table.len());
        }
    }
}

/// Whether the class that fits `length` and the next one are used up.
fn full_for(table: &HashMap<BlockId, (u32, usize, u8)>, length: usize) -> bool {
    let classes = small().classes;
    let first = classes.iter().position(|class| class.block_size as usize >= length);
    let Some(first) = first else { return true };
    (first..classes.len().min(first + 2)).all(|class| {
        table.keys().filter(|block| block.class() == class).count() as u32 == classes[class].block_count
    })
}
