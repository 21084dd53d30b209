//! What the loom tests share.
#![cfg(loom)]
#![allow(dead_code)]

use hatchery_lane::Location;
use std::sync::Arc;
// Counts the runs, outside of what loom models.
use std::sync::atomic::AtomicUsize;

use hatchery_lane::Message;
use hatchery_lane::atomic::{Ordering, fence};
use hatchery_lane::ordering::RingOrdering;

/// Explores every interleaving (`LOOM_MAX_PREEMPTIONS` bounds them) and prints how many there were.
pub fn model(body: impl Fn() + Sync + Send + 'static) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    loom::model::Builder::new().check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        body();
    });
    println!("{} interleavings", count.load(Ordering::Relaxed));
}

/// Indices handed over without order: wrong on purpose.
pub struct Unordered;

impl RingOrdering for Unordered {
    const PUBLISH: Ordering = Ordering::Relaxed;
    const OBSERVE: Ordering = Ordering::Relaxed;

    fn park_fence() {
        fence(Ordering::SeqCst);
    }
}

/// No fence between store and load when parking: wrong on purpose.
pub struct Unfenced;

impl RingOrdering for Unfenced {
    const PUBLISH: Ordering = Ordering::Release;
    const OBSERVE: Ordering = Ordering::Acquire;

    fn park_fence() {}
}

/// A message of `kind` for task `index`.
pub fn message(kind: u32, index: u32) -> Message {
    Message {
        kind,
        task_index: index,
        task_generation: 1,
        function: 0,
        flags: 1,
        stamp: 0,
        location: Location::Inline { length: 0 },
    }
}
