//! How long tasks wait and run, counted by the worker in its own lane, in buckets.
//!
//! The worker alone writes, plainly; the host reads when somebody asks, without asking the worker. All numbers are doubles,
//! for JavaScript, which increments them in place; they are exact up to 2^53. What the host reads may be anything, and says
//! something about this worker only.

use crate::atomic::Word64;
use crate::shared::{Shared, Words};
#[cfg(not(loom))]
use hatchery_sys::Mapping;
#[cfg(not(loom))]
use std::sync::Arc;

/// Buckets for each doubling: the top bits of a double's mantissa, so each is at most 1/64 of its value wide.
pub const BUCKETS_PER_DOUBLING: u32 = 64;
/// Times below so many nanoseconds, a power of two, are in the first bucket.
pub const SHORTEST: u64 = 1 << 6;
/// Doublings from there; longer times than some 13 days are in the last bucket.
const DOUBLINGS: u32 = 44;
/// Number of buckets.
pub const BUCKETS: usize = (DOUBLINGS * BUCKETS_PER_DOUBLING) as usize;

/// Bits of a double below those that number its bucket.
const SHIFT: u32 = 52 - BUCKETS_PER_DOUBLING.trailing_zeros();
/// What those bits are for [`SHORTEST`].
const FIRST: u64 = (SHORTEST as f64).to_bits() >> SHIFT;

/// One histogram. Doubles, in nanoseconds.
#[derive(Debug)]
#[repr(C)]
pub struct TimeRecord {
    /// Of all times.
    pub sum: Word64,
    /// Of their squares.
    pub squares: Word64,
    /// The shortest, if any bucket has a count.
    pub least: Word64,
    /// The longest.
    pub most: Word64,
    reserved: [Word64; 4],
    /// Counts.
    pub buckets: [Word64; BUCKETS],
}

/// Both histograms of a lane.
#[derive(Debug)]
#[repr(C)]
pub struct TimeRecords {
    /// From submission to begin.
    pub wait: TimeRecord,
    /// From begin to result.
    pub run: TimeRecord,
}

// SAFETY: repr(C), only atomics and arrays of them, all of eight bytes: no padding.
unsafe impl Words for TimeRecords {}

/// The bucket of a time.
#[inline]
pub fn bucket_of(nanoseconds: f64) -> usize {
    // Negative ones, and what is no number, have bits above or below; both are cut off.
    let bits = if nanoseconds > 0.0 { nanoseconds.to_bits() >> SHIFT } else { 0 };
    (bits.saturating_sub(FIRST) as usize).min(BUCKETS - 1)
}

/// The middle of a bucket, nanoseconds.
pub fn middle_of(bucket: usize) -> u64 {
    if bucket == 0 {
        // What is shorter than can be told apart is in here too.
        return SHORTEST;
    }
    let start = |bucket: usize| f64::from_bits((FIRST + bucket as u64) << SHIFT);
    f64::midpoint(start(bucket), start(bucket + 1)) as u64
}

impl TimeRecord {
    /// Takes up `count` times that are `nanoseconds` each. For the worker.
    #[inline]
    pub fn record(&self, nanoseconds: f64, count: f64) {
        let add = |word: &Word64, value: f64| word.set((f64::from_bits(word.get()) + value).to_bits());
        let sum = nanoseconds * count;
        if f64::from_bits(self.sum.get()) == 0.0 || nanoseconds < f64::from_bits(self.least.get()) {
            self.least.set(nanoseconds.to_bits());
        }
        if nanoseconds > f64::from_bits(self.most.get()) {
            self.most.set(nanoseconds.to_bits());
        }
        add(&self.sum, sum);
        add(&self.squares, sum * nanoseconds);
        add(&self.buckets[bucket_of(nanoseconds)], count);
    }

    /// What the worker has counted. Whatever lies there, the result has only numbers that can be.
    pub fn read(&self) -> Times<'_> {
        let number = |word: &Word64| {
            let value = f64::from_bits(word.get());
            // Not for what is no number either.
            if value > 0.0 { value.min(LARGEST) } else { 0.0 }
        };
        Times {
            sum: number(&self.sum),
            squares: number(&self.squares),
            least: number(&self.least),
            most: number(&self.most),
            record: self,
        }
    }
}

/// More than any sum of squares that is one; sums of some of these are numbers still.
const LARGEST: f64 = 1e60;

/// A [`TimeRecord`] as the host has read it, but for the buckets.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    /// See [`TimeRecord::sum`]; not negative, finite.
    pub sum: f64,
    /// See [`TimeRecord::squares`]; not negative, finite.
    pub squares: f64,
    /// See [`TimeRecord::least`]; not negative, finite.
    pub least: f64,
    /// See [`TimeRecord::most`]; not negative, finite.
    pub most: f64,
    record: &'a TimeRecord,
}

impl Times<'_> {
    /// The buckets that have a count, in order. Only those between the shortest and the longest time are looked at, so that
    /// the others' memory is not touched.
    pub fn counts(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let buckets = bucket_of(self.least)..=bucket_of(self.most);
        // A cast saturates, and makes 0 of what is no number.
        let count = |bucket: usize| (bucket, f64::from_bits(self.record.buckets[bucket].get()) as u64);
        buckets.map(count).filter(|(_, count)| *count > 0)
    }
}

/// Where both lie, for whoever holds it.
pub type SharedTimes = Shared<TimeRecords>;

/// The records at a byte offset, 0 = there are none. `None` if they do not lie in the mapping.
#[cfg(not(loom))]
pub(crate) fn times_at(mapping: &Arc<Mapping>, offset: u64) -> Option<Option<SharedTimes>> {
    if offset == 0 {
        return Some(None);
    }
    Shared::mapped(mapping, usize::try_from(offset).ok()?).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_narrow_and_knows_its_middle() {
        for value in [64_u64, 65, 127, 128, 1000, 50_000, 1_000_000, 123_456_789, 1 << 40, (1 << 50) - 1] {
            let middle = middle_of(bucket_of(value as f64)) as f64;
            let error = (middle - value as f64).abs() / value as f64;
            assert!(error <= 1.0 / 128.0 + 1.0 / value as f64, "{value}: {middle}");
        }
        assert!((0..BUCKETS - 1).all(|bucket| middle_of(bucket) < middle_of(bucket + 1)));
        for odd in [0.0, -1.0, -0.0, f64::NAN, f64::NEG_INFINITY, 63.9, f64::MIN_POSITIVE] {
            assert_eq!(bucket_of(odd), 0, "{odd}");
        }
        for long in [1e16, f64::MAX, f64::INFINITY] {
            assert_eq!(bucket_of(long), BUCKETS - 1, "{long}");
        }
    }
}
