//! Whether it pays to wait awake for what comes next.
//!
//! To sleep and to be woken costs two switches of context, some 20 us if the other side runs on another processor.
//! Whoever was woken sooner than that after the last sleep had better stay awake for as long this time; any longer
//! wait, and it sleeps at once. So an idle pool burns nothing, and of a busy one only what a wake-up would have cost.

use hatchery_sys::spin::Spinner;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Waits that are shorter than this are spent awake.
const SHORT: Duration = Duration::from_micros(50);

/// Remembers the last wait: the next one will be much like it.
#[derive(Debug, Default)]
pub struct Patience {
    slept: Cell<Option<Instant>>,
    short: Cell<bool>,
    spinner: Spinner,
}

impl Patience {
    /// Sleep begins. `few`: little is under way; with much of it sleeping costs little, since a wake-up brings much.
    pub fn sleep(&self, few: bool) {
        self.slept.set(few.then(Instant::now));
    }

    /// Sleep is over.
    pub fn wake(&self, now: Instant) {
        let wait = self.slept.take().map(|slept| now.saturating_duration_since(slept));
        self.short.set(wait.is_some_and(|wait| wait < SHORT));
    }

    /// Whether the next wait is likely to be short.
    pub fn expects_little(&self) -> bool {
        self.short.get()
    }

    /// Waits awake for `done`, if that is likely to take a short time; whether it was done. It yields the processor
    /// every `looks` looks: few, if a look costs as much as a yield.
    pub fn wait(&self, looks: usize, done: impl FnMut() -> bool) -> bool {
        if !self.short.get() {
            return false;
        }
        let in_time = self.spinner.until(SHORT, looks, done);
        self.short.set(in_time);
        in_time
    }
}
