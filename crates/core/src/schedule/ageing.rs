//! Turns for levels that are passed over: no priority starves.
//!
//! A level waits behind all higher ones. Once tasks of it have waited like that for a time without a break, every
//! [`TURN`]th task that is placed before them is preceded by the first of them, which is promoted to the level that was
//! served: from then on nothing takes its turn away. So a burst of higher tasks is served strictly first, while under a
//! stream of them that does not end the n-th task of a lower level is placed after that time and n * `TURN` others.

use std::time::Duration;

/// Tasks of higher levels that are placed for one of a level that is passed over.
const TURN: u32 = 16;

const LEVELS: usize = 3;

#[derive(Debug)]
pub(super) struct Ageing {
    /// Nanoseconds; `u64::MAX`: never.
    after: u64,
    passed: [Passed; LEVELS],
}

/// How long, and how often, a level has been passed over.
#[derive(Clone, Copy, Debug, Default)]
struct Passed {
    since: u64,
    count: u32,
}

impl Ageing {
    pub(super) fn new(after: Duration) -> Ageing {
        let mut ageing = Ageing { after: u64::MAX, passed: [Passed::default(); LEVELS] };
        ageing.set_time(after);
        ageing
    }

    pub(super) fn set_time(&mut self, after: Duration) {
        self.after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
    }

    /// The level to serve: `first`, the highest with tasks, or one below it whose turn has come. `waiting` says which
    /// have tasks.
    pub(super) fn choose(&mut self, first: usize, waiting: [bool; LEVELS], now: u64) -> usize {
        let mut chosen = first;
        for (level, passed) in self.passed.iter_mut().enumerate().skip(first + 1) {
            if !waiting[level] {
                continue;
            }
            if passed.count == 0 && passed.since == 0 {
                passed.since = now;
            }
            passed.count = passed.count.saturating_add(1);
            let due = passed.count > TURN && now.saturating_sub(passed.since) >= self.after;
            if due && chosen == first {
                passed.count = 0;
                chosen = level;
            }
        }
        chosen
    }

    /// Nothing of the level waits any more, or it is its turn by itself.
    pub(super) fn forget(&mut self, level: usize) {
        self.passed[level] = Passed::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [bool; LEVELS] = [true; LEVELS];

    /// Levels served by `count` placements, a millisecond apart.
    fn served(ageing: &mut Ageing, start: u64, count: u64) -> [usize; LEVELS] {
        let mut served = [0; LEVELS];
        for step in 0..count {
            served[ageing.choose(0, ALL, (start + step) * 1_000_000)] += 1;
        }
        served
    }

    #[test]
    fn a_burst_is_served_strictly_and_a_stream_is_not() {
        let mut ageing = Ageing::new(Duration::from_millis(100));
        assert_eq!(served(&mut ageing, 1, 100), [100, 0, 0]);
        let [high, normal, low] = served(&mut ageing, 101, 1800);
        assert_eq!(high + normal + low, 1800);
        assert!((100..=110).contains(&normal) && (100..=110).contains(&low), "{normal} {low}");
    }

    #[test]
    fn a_level_that_had_its_turn_by_itself_waits_anew() {
        let mut ageing = Ageing::new(Duration::from_millis(100));
        assert_eq!(served(&mut ageing, 1, 90), [90, 0, 0]);
        ageing.forget(1);
        ageing.forget(2);
        assert_eq!(served(&mut ageing, 91, 100), [100, 0, 0]);
    }

    #[test]
    fn without_a_time_order_is_strict() {
        let mut ageing = Ageing::new(Duration::MAX);
        assert_eq!(served(&mut ageing, 1, 10_000), [10_000, 0, 0]);
    }
}
