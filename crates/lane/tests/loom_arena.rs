//! loom: a block has one owner at a time, and its last reference frees it once.
#![cfg(loom)]

mod common;

use common::model;
use hatchery_lane::ordering::with_unordered_blocks;
use hatchery_lane::{Arena, SizeClass};
use loom::thread;

fn arena(block_count: u32) -> Arena {
    Arena::on_heap(&[SizeClass { block_size: 8, block_count }])
}

#[test]
fn no_block_is_allocated_twice() {
    model(|| {
        let host = arena(2);
        let worker = host.clone();
        let other = thread::spawn(move || worker.allocate(8));
        let (mine, theirs) = (host.allocate(8), other.join().unwrap());
        // Two blocks for two: neither side goes without, and they differ.
        assert!(mine.is_some() && theirs.is_some());
        assert_ne!(mine, theirs);
        assert_eq!(host.allocate(8), None);
    });
}

fn use_free_and_use_again() {
    model(|| {
        let host = arena(1);
        let block = host.allocate(8).unwrap();
        host.write(block, &[1; 8]).unwrap();
        let worker = host.clone();
        let reader = thread::spawn(move || {
            let mut bytes = [0; 8];
            worker.read_into_slice(block, &mut bytes).unwrap();
            assert_eq!(bytes, [1; 8]);
            assert!(worker.release(block));
        });
        // loom reports this write if it could overlap the read above.
        if let Some(again) = host.allocate(8) {
            host.write(again, &[2; 8]).unwrap();
        }
        reader.join().unwrap();
    });
}

fn free_by_the_last_of_two() {
    model(|| {
        let host = arena(1);
        let block = host.allocate(8).unwrap();
        host.write(block, &[1; 8]).unwrap();
        assert!(host.retain(block));
        let use_and_release = move |arena: Arena| {
            let mut bytes = [0; 8];
            arena.read_into_slice(block, &mut bytes).unwrap();
            assert_eq!(bytes, [1; 8]);
            let last = arena.release(block);
            if last {
                // Used again at once: loom reports this write if the other side could still be reading.
                let again = arena.allocate(8).expect("free now");
                arena.write(again, &[2; 8]).unwrap();
            }
            last
        };
        let worker = host.clone();
        let other = thread::spawn(move || use_and_release(worker));
        let first = use_and_release(host.clone());
        let second = other.join().unwrap();
        assert!(first != second, "freed by exactly one");
        assert_eq!(host.allocate(8), None, "and only once");
    });
}

#[test]
fn a_freed_block_is_reused_only_after_its_last_use() {
    use_free_and_use_again();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_block_that_is_taken_without_order_is_caught() {
    with_unordered_blocks(use_free_and_use_again);
}

#[test]
fn the_last_of_two_references_frees_once() {
    free_by_the_last_of_two();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_reference_that_is_dropped_without_order_is_caught() {
    with_unordered_blocks(free_by_the_last_of_two);
}
