//! When tasks were submitted, without a time in each: the driver reads the clock once a flush, and tasks are numbered in the
//! order of their submission.

use std::collections::VecDeque;

/// Flushes that are remembered at most.
const MOST: usize = 8192;

/// When there are too many, those go that make less of a difference to a wait than one part in so many.
const PRECISION: u64 = 128;

/// Numbers wrap; of two that are further apart than this the larger one is the older.
const HALF: u32 = 1 << 31;

/// When the tasks of each flush were submitted.
#[derive(Debug, Default)]
pub(crate) struct Submissions {
    /// Number of the first task, and when, CLOCK_MONOTONIC nanoseconds.
    flushes: VecDeque<(u32, u64)>,
    /// Number of the next task that will be flushed.
    next: u32,
    /// The flush that was asked for last: its first number, how many, when. Tasks are placed mostly in order.
    last: (u32, u32, u64),
}

impl Submissions {
    /// All tasks below the number `next` are submitted by `now`.
    #[inline]
    pub(crate) fn flushed(&mut self, next: u32, now: u64) {
        if next == self.next {
            return;
        }
        if self.flushes.len() == MOST {
            self.thin_out(now);
        }
        self.flushes.push_back((self.next, now));
        self.next = next;
        self.last = (0, 0, 0);
    }

    /// There are no tasks, so nobody asks for earlier ones any more.
    #[inline]
    pub(crate) fn forget(&mut self) {
        self.flushes.clear();
        self.last = (0, 0, 0);
    }

    /// When a task was submitted; `now` if it was not flushed yet.
    #[inline]
    pub(crate) fn time_of(&mut self, number: u32, now: u64) -> u64 {
        let (first, count, at) = self.last;
        if number.wrapping_sub(first) < count { at } else { self.find(number, now) }
    }

    fn find(&mut self, number: u32, now: u64) -> u64 {
        let Some(&(oldest, oldest_at)) = self.flushes.front() else { return now };
        if number.wrapping_sub(self.next) < HALF {
            return now;
        }
        let distance = number.wrapping_sub(oldest);
        if distance >= HALF {
            return oldest_at;
        }
        let after = self.flushes.partition_point(|(first, _)| first.wrapping_sub(oldest) <= distance);
        let (first, at) = self.flushes[after - 1];
        let end = self.flushes.get(after).map_or(self.next, |(first, _)| *first);
        self.last = (first, end.wrapping_sub(first), at);
        at
    }

    /// Leaves out flushes that were so soon after the one before that it hardly matters: their tasks count to that one.
    fn thin_out(&mut self, now: u64) {
        let next = self.next;
        let mut before: Option<u64> = None;
        self.flushes.retain(|(first, at)| {
            let gone = next.wrapping_sub(*first) >= HALF;
            let near = before.is_some_and(|before| at - before <= now.saturating_sub(*at) / PRECISION);
            if !gone && !near {
                before = Some(*at);
            }
            !gone && !near
        });
        // Of tasks that all were submitted just now.
        while self.flushes.len() > MOST / 2 {
            let mut at = 0;
            self.flushes.retain(|_| {
                at += 1;
                at % 2 == 1
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn many_flushes_are_remembered_well_enough() {
        let mut submissions = Submissions::default();
        let flushes = 300_000_u64;
        let at = |number: u32| u64::from(number / 10) * 5_000;
        for flush in 0..flushes {
            let next = (flush + 1) as u32 * 10;
            submissions.flushed(next, flush * 5_000);
            assert!(submissions.flushes.len() <= MOST);
        }
        let now = flushes * 5_000;
        for number in (0..flushes as u32 * 10).step_by(977) {
            let (told, wait) = (submissions.time_of(number, now), now - at(number));
            assert!(told <= at(number), "a wait is never told shorter");
            assert!(at(number) - told <= wait / 30 + 10_000, "{number}: {told}, {}", at(number));
        }
    }

    #[test]
    fn numbers_wrap() {
        let mut submissions = Submissions { next: u32::MAX - 5, ..Submissions::default() };
        submissions.flushed(4, 1_000);
        submissions.flushed(14, 2_000);
        let times =
            [u32::MAX - 5, u32::MAX, 0, 3, 4, 13, 14].map(|number| submissions.time_of(number, 3_000));
        assert_eq!(times, [1_000, 1_000, 1_000, 1_000, 2_000, 2_000, 3_000]);
        assert_eq!(submissions.time_of(u32::MAX - 1000, 3_000), 1_000, "older than all that is known");
        submissions.forget();
        submissions.flushed(15, 4_000);
        assert_eq!(submissions.flushes.len(), 1, "nothing else is left");
        assert_eq!(submissions.time_of(14, 5_000), 4_000);
    }

    proptest! {
        #[test]
        fn few_flushes_are_remembered_exactly(counts in prop::collection::vec(1_u32..50, 1..200), from in any::<u32>()) {
            let mut submissions = Submissions { next: from, ..Submissions::default() };
            let mut expected = Vec::new();
            let mut next = from;
            for (flush, count) in counts.iter().enumerate() {
                for number in 0..*count {
                    expected.push((next.wrapping_add(number), flush as u64));
                }
                next = next.wrapping_add(*count);
                submissions.flushed(next, flush as u64);
            }
            for (number, at) in expected {
                prop_assert_eq!(submissions.time_of(number, u64::MAX), at);
            }
        }
    }
}
