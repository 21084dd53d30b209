//! Whether it pays to wait awake for what comes next.
//!
//! To sleep and to be woken costs two switches of context, some 20 us if the other side runs on another processor.
//! Whoever was woken soon after the last sleep had better stay awake this time; any longer wait, and it sleeps at
//! once. So an idle pool burns nothing, and of a busy one only what a wake-up would have cost.
//!
//! A sleep is longer than what it waited for, by the waking up of this side and, where both had gone to sleep, of
//! the other. If it were judged by the time that is spent awake, two sides that sleep would keep each other asleep.
//! So the bound of a short sleep is a generous one, and what has been in vain is not tried again for a while.

use hatchery_sys::spin::Spinner;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Waits that are shorter than this are spent awake.
const SHORT: Duration = Duration::from_micros(50);
/// A sleep shorter than this may have been a short wait, had both sides been awake: two wake-ups and a task.
const SHORT_SLEEP: Duration = Duration::from_micros(100);
/// After waits awake in vain, one after the other, 0, 1, 3, 7 and then always so many waits are slept through. A single
/// one says little: the other side may have collected garbage.
const LONGEST_REST: u32 = 15;

/// Remembers the last wait: the next one will be much like it.
#[derive(Debug, Default)]
pub struct Patience {
    slept: Cell<Option<Instant>>,
    short: Cell<bool>,
    /// Waits to be slept through if the next one awake is in vain; 0: the last one was not.
    vain: Cell<u32>,
    /// Waits yet to be slept through, however short.
    rest: Cell<u32>,
    spinner: Spinner,
}

impl Patience {
    /// Sleep begins. `few`: little is under way; with much of it sleeping costs little, since a wake-up brings much.
    pub fn sleep(&self, few: bool) {
        self.slept.set(few.then(Instant::now));
        if !few {
            self.short.set(false);
        }
    }

    /// Sleep is over. If there was none, this side had other things to do, which says nothing about the next wait.
    pub fn wake(&self, now: Instant) {
        let Some(slept) = self.slept.take() else { return };
        let rest = self.rest.get();
        self.rest.set(rest.saturating_sub(1));
        self.short.set(rest == 0 && now.saturating_duration_since(slept) < SHORT_SLEEP);
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
        if in_time {
            self.vain.set(0);
        } else {
            let rest = self.vain.get();
            self.rest.set(rest);
            self.vain.set((rest * 2 + 1).min(LONGEST_REST));
        }
        in_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sleep that seems to have taken so long.
    fn sleep(patience: &Patience, microseconds: u64) {
        patience.sleep(true);
        let slept = patience.slept.get().unwrap_or_else(Instant::now);
        patience.wake(slept + Duration::from_micros(microseconds));
    }

    #[test]
    fn a_short_sleep_is_followed_by_a_wait_awake_and_a_long_one_is_not() {
        let patience = Patience::default();
        assert!(!patience.expects_little());
        sleep(&patience, 80);
        assert!(patience.expects_little() && patience.wait(1, || true));
        sleep(&patience, 500);
        assert!(!patience.expects_little() && !patience.wait(1, || true));
    }

    #[test]
    fn what_comes_between_two_waits_awake_changes_nothing() {
        let patience = Patience::default();
        sleep(&patience, 10);
        patience.wake(Instant::now() + Duration::from_secs(1));
        assert!(patience.expects_little());
        patience.sleep(false);
        patience.wake(Instant::now());
        assert!(!patience.expects_little());
    }

    #[test]
    fn the_more_often_it_was_in_vain_the_later_it_is_tried_again() {
        let patience = Patience::default();
        let mut rests = Vec::new();
        for _ in 0..6 {
            sleep(&patience, 10);
            let mut rest = 0;
            while !patience.expects_little() {
                rest += 1;
                sleep(&patience, 10);
            }
            rests.push(rest);
            assert!(!patience.wait(1, || false));
        }
        assert_eq!(rests, [0, 0, 1, 3, 7, 15]);
        sleep(&patience, 10);
        while !patience.expects_little() {
            sleep(&patience, 10);
        }
        assert!(patience.wait(1, || true));
        assert!(!patience.wait(1, || false));
        sleep(&patience, 10);
        assert!(patience.expects_little());
    }
}
