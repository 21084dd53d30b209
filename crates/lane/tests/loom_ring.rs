//! loom: the ring hands over every message once, in order, with its contents; and the orderings are needed.
#![cfg(loom)]

mod common;

use common::{Unfenced, Unordered, model};
use hatchery_lane::ordering::{RingOrdering, Sound};
use hatchery_lane::ring::{Consumer, Producer, Ring};
use loom::sync::{Arc, Notify};
use loom::thread;

/// Sends three messages through two slots, so that a slot is used again; starts right before the wrap.
fn transfer<O: RingOrdering>() {
    let ring = Ring::on_heap(2, u32::MAX);
    let mut producer: Producer<O> = Producer::new(ring.clone());
    let mut consumer: Consumer<O> = Consumer::new(ring);
    let sender = thread::spawn(move || {
        for value in 1..=3 {
            loop {
                if let Some((_, slot)) = producer.reserve().unwrap() {
                    slot.task.set(value, 0);
                    slot.kind.set(value);
                    break;
                }
                thread::yield_now();
            }
            producer.advance();
            producer.publish();
        }
    });
    for value in 1..=3 {
        loop {
            if let Some((_, slot)) = consumer.peek().unwrap() {
                assert_eq!(slot.task.get(), (value, 0));
                assert_eq!(slot.kind.get(), value);
                // As the reader of completions does: the slot is its own until it is released.
                slot.kind.set(0);
                break;
            }
            thread::yield_now();
        }
        consumer.advance();
        consumer.release();
    }
    sender.join().unwrap();
}

/// One message, one look for sleep. The consumer must not sleep unwoken on a ring that is not empty.
fn park_and_wake<O: RingOrdering>() {
    let ring = Ring::on_heap(2, 0);
    let mut producer: Producer<O> = Producer::new(ring.clone());
    let mut consumer: Consumer<O> = Consumer::new(ring);
    let sender = thread::spawn(move || {
        producer.advance();
        producer.publish();
        producer.wake_needed()
    });
    let sleeps = consumer.park();
    let woken = sender.join().unwrap();
    assert!(!sleeps || woken, "lost wake-up");
    if !sleeps {
        assert_eq!(consumer.available(), Ok(1));
    }
}

/// Two messages to a consumer that sleeps whenever there is nothing. A lost wake-up is a deadlock, which
/// loom reports.
fn sleep_between_messages<O: RingOrdering>() {
    let ring = Ring::on_heap(2, 0);
    let mut producer: Producer<O> = Producer::new(ring.clone());
    let mut consumer: Consumer<O> = Consumer::new(ring);
    let event = Arc::new(Notify::new());
    let remote = Arc::clone(&event);
    let sender = thread::spawn(move || {
        for value in 1..=2 {
            let (_, slot) = producer.reserve().unwrap().expect("room for both");
            slot.task.set(value, 0);
            producer.advance();
            producer.publish();
            if producer.wake_needed() {
                remote.notify();
            }
        }
    });
    let mut received = 0;
    while received < 2 {
        if let Some((_, slot)) = consumer.peek().unwrap() {
            received += 1;
            assert_eq!(slot.task.get(), (received, 0));
            consumer.advance();
        } else {
            consumer.release();
            if consumer.park() {
                event.wait();
                consumer.unpark();
            }
        }
    }
    sender.join().unwrap();
}

#[test]
fn sleeps_and_wakes_until_done() {
    model(sleep_between_messages::<Sound>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_missing_fence_deadlocks() {
    model(sleep_between_messages::<Unfenced>);
}

#[test]
fn transfers_in_order() {
    model(transfer::<Sound>);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_relaxed_index_is_caught() {
    model(transfer::<Unordered>);
}

#[test]
fn no_wake_up_is_lost() {
    model(park_and_wake::<Sound>);
}

#[test]
#[should_panic(expected = "lost wake-up")]
fn a_missing_fence_is_caught() {
    model(park_and_wake::<Unfenced>);
}
