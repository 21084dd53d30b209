//! How long tasks took of late: what has come since an earlier look at the same histograms.

use super::TimeHistogram;
use std::collections::VecDeque;
use std::time::Duration;

/// How long ago that look should be, nanoseconds.
const WINDOW: u64 = 60_000_000_000;

/// Looks are kept with pauses of at least so long between them, which bounds their number.
const PAUSE: u64 = WINDOW / 12;

/// How long tasks waited and ran within the last minute, if somebody looks at least that often.
#[derive(Clone, Debug)]
pub struct RecentTimes {
    /// How long ago the look was that these are counted from: some seconds more than a minute at most, but longer if nobody
    /// has looked meanwhile, and shorter in a pool that is younger or that was first looked at later.
    pub window: Duration,
    /// From their submission until they began.
    pub wait: TimeHistogram,
    /// From their beginning until they ended.
    pub run: TimeHistogram,
}

struct Look {
    at: u64,
    wait: TimeHistogram,
    run: TimeHistogram,
}

/// Earlier looks, oldest first.
#[derive(Default)]
pub(crate) struct Looks(VecDeque<Look>);

impl Looks {
    /// What has come since the look of a minute ago. `wait` and `run` are all there is now, in a pool of this `age`.
    pub(crate) fn look(
        &mut self,
        now: u64,
        age: u64,
        wait: TimeHistogram,
        run: TimeHistogram,
    ) -> RecentTimes {
        while self.0.get(1).is_some_and(|next| now.saturating_sub(next.at) >= WINDOW) {
            self.0.pop_front();
        }
        let recent = match self.0.front() {
            Some(then) if age >= WINDOW => RecentTimes {
                window: Duration::from_nanos(now.saturating_sub(then.at)),
                wait: wait.since(&then.wait),
                run: run.since(&then.run),
            },
            // All there is.
            _ => RecentTimes { window: Duration::from_nanos(age), wait: wait.clone(), run: run.clone() },
        };
        if self.0.back().is_none_or(|last| now.saturating_sub(last.at) >= PAUSE) {
            self.0.push_back(Look { at: now, wait, run });
        }
        recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn times(count: u64) -> TimeHistogram {
        let mut times = TimeHistogram::default();
        for _ in 0..count {
            times.record(Duration::from_millis(1));
        }
        times
    }

    #[test]
    fn a_minute_is_told_of_and_what_is_older_forgotten() {
        let mut looks = Looks::default();
        // A task a second, and a look.
        for second in 0..300 {
            let recent = looks.look(second * SECOND, second * SECOND, times(second), times(2 * second));
            let window = recent.window.as_secs();
            assert_eq!((recent.wait.count(), recent.run.count()), (window, 2 * window), "{second}");
            assert!(window == second || (60..65).contains(&window), "{second}: {window}");
        }
        assert!(looks.0.len() <= 14, "{}", looks.0.len());
    }

    #[test]
    fn after_a_pause_the_window_is_as_long_as_that() {
        let mut looks = Looks::default();
        looks.look(100 * SECOND, 100 * SECOND, times(5), times(5));
        let recent = looks.look(1000 * SECOND, 1000 * SECOND, times(7), times(7));
        assert_eq!((recent.window.as_secs(), recent.wait.count()), (900, 2));
    }
}
