//! Whether it pays to wait awake for the next result.

use crate::spin;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Waits that are shorter than this are spent awake: waking up takes about as long.
const SHORT: Duration = Duration::from_micros(50);
/// A batch above this many bytes of records means many tasks under way: then sleeping costs little, as a wake-up
/// brings many results.
const SMALL_BATCH: usize = 256;

/// Remembers the last wait: the next one will be much like it.
#[derive(Default)]
pub(super) struct Patience {
    /// When the event loop was given back, if it may be short.
    ended: Cell<Option<Instant>>,
    short: Cell<bool>,
}

impl Patience {
    /// The event loop is back.
    pub(super) fn begin(&self, now: Instant) {
        let wait = self.ended.take().map(|ended| now.saturating_duration_since(ended));
        self.short.set(wait.is_some_and(|wait| wait < SHORT));
    }

    /// The event loop is given back after a batch of `length` bytes.
    pub(super) fn end(&self, length: usize) {
        self.ended.set((length > 0 && length <= SMALL_BATCH).then(Instant::now));
    }

    /// Waits for `done` if that is likely to take a short time; whether it was done.
    pub(super) fn wait(&self, length: usize, done: impl FnMut() -> bool) -> bool {
        if length > SMALL_BATCH || !self.short.get() {
            return false;
        }
        let in_time = spin::until(SHORT, 1, done);
        self.short.set(in_time);
        in_time
    }
}
