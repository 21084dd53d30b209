//! Waiting awake.
//!
//! To wake a process that sleeps on another processor takes some 20 us, most of it in the kernel; whoever
//! expects the answer sooner than that had better stay awake. It yields the processor all the time, so where
//! both sides share one, the other side comes to run.
//!
//! On a processor that others want as well, yielding is a bad bargain: the kernel gives them a whole time slice, some
//! milliseconds (since Linux 6.18 it even charges the rest of the slice to whoever yields). That shows in a yield that
//! takes long. Then this side sleeps at once for a while, as it would without any of this.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// A yield to the other side takes as long as its answer does; one that takes longer went to somebody else.
const LONG_YIELD: Duration = Duration::from_micros(200);
/// How long there is no waiting awake after such a yield; doubled each time in a row.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// At most so long. One that comes so long after the last pause is the first in a row again.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// One side that waits awake, and what it has learned of its processor.
#[derive(Debug)]
pub struct Spinner {
    paused_until: Cell<Option<Instant>>,
    pause: Cell<Duration>,
}

impl Default for Spinner {
    fn default() -> Spinner {
        Spinner { paused_until: Cell::new(None), pause: Cell::new(SHORTEST_PAUSE) }
    }
}

impl Spinner {
    /// Looks until `done` or until `patience` has passed; whether it was done. Yields every `looks` looks: few, if a
    /// look costs as much as a yield. Looks once only while the processor is wanted by others.
    pub fn until(&self, patience: Duration, looks: usize, mut done: impl FnMut() -> bool) -> bool {
        let start = Instant::now();
        if self.paused_until.get().is_some_and(|end| start < end) {
            return done();
        }
        let mut now = start;
        loop {
            for _ in 0..looks {
                if done() {
                    return true;
                }
                std::hint::spin_loop();
            }
            if now.saturating_duration_since(start) >= patience {
                // Nobody else wanted it for all that time.
                self.pause.set(SHORTEST_PAUSE);
                return false;
            }
            std::thread::yield_now();
            let before = std::mem::replace(&mut now, Instant::now());
            if now.saturating_duration_since(before) >= LONG_YIELD {
                self.leave_alone(now);
                return done();
            }
        }
    }

    /// Others want the processor.
    fn leave_alone(&self, now: Instant) {
        if self.paused_until.get().is_some_and(|end| now.saturating_duration_since(end) >= LONGEST_PAUSE) {
            self.pause.set(SHORTEST_PAUSE);
        }
        let pause = self.pause.get();
        self.paused_until.set(Some(now + pause));
        self.pause.set((pause * 2).min(LONGEST_PAUSE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_done_or_when_patience_does() {
        let spinner = Spinner::default();
        let mut looks = 0;
        let mut third = || {
            looks += 1;
            looks == 3
        };
        // Where others want the processor it gives up earlier; then it has looked at least once.
        assert!(spinner.until(Duration::from_secs(5), 16, &mut third) || looks >= 1);
        assert!(!spinner.until(Duration::from_micros(10), 1, || false));
    }

    #[test]
    fn a_processor_that_others_want_is_left_to_them() {
        let spinner = Spinner::default();
        spinner.paused_until.set(Some(Instant::now() + Duration::from_secs(60)));
        let mut looks = 0;
        let look = || {
            looks += 1;
            false
        };
        assert!(!spinner.until(Duration::from_secs(60), 16, look));
        assert_eq!(looks, 1);
    }

    #[test]
    fn pauses_grow_while_it_goes_on_and_begin_anew_after_a_while_without() {
        let spinner = Spinner::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        let mut leave_alone = |after: Duration| {
            now += after;
            spinner.leave_alone(now);
            let end = spinner.paused_until.get().unwrap();
            pauses.push((end - now).as_millis());
            now = end;
        };
        for _ in 0..9 {
            leave_alone(LONGEST_PAUSE / 2);
        }
        leave_alone(LONGEST_PAUSE);
        leave_alone(Duration::ZERO);
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000, 10, 20]);
    }
}
