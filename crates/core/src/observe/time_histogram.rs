//! How long things took: percentiles, moments, and counts below fixed bounds.

use hdrhistogram::Histogram;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::time::Duration;

/// Longest time that is told apart, about 13 days.
const LONGEST: u64 = 1 << 50;

/// Decimal digits of a value that are kept: buckets of at most 0.8 % of it.
const DIGITS: u8 = 2;

/// Names of the percentiles as `perf_hooks` users know them from piscina, and the quantiles.
const PERCENTILES: [(&str, f64); 16] = [
    ("p0_001", 0.00001),
    ("p0_01", 0.0001),
    ("p0_1", 0.001),
    ("p1", 0.01),
    ("p2_5", 0.025),
    ("p10", 0.1),
    ("p25", 0.25),
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p97_5", 0.975),
    ("p99", 0.99),
    ("p99_9", 0.999),
    ("p99_99", 0.9999),
    ("p99_999", 0.99999),
];

/// Times in buckets, to within 2 % of each. Count, sum, least and most are as exact as what was recorded, except that what
/// [`since`](TimeHistogram::since) leaves has least and most of its buckets.
#[derive(Clone, Debug)]
pub struct TimeHistogram {
    buckets: Histogram<u64>,
    /// Nanoseconds.
    sum: f64,
    /// Of the squares.
    squares: f64,
    /// Exactly, nanoseconds; `u64::MAX` = nothing recorded.
    least: u64,
    most: u64,
}

impl Default for TimeHistogram {
    fn default() -> Self {
        let mut buckets = Histogram::new(DIGITS).expect("a number of digits from 0 to 5");
        buckets.auto(true);
        TimeHistogram { buckets, sum: 0.0, squares: 0.0, least: u64::MAX, most: 0 }
    }
}

impl TimeHistogram {
    /// Takes up `time`.
    pub fn record(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min(LONGEST);
        self.add(nanoseconds, 1);
        let value = nanoseconds as f64;
        self.add_moments(value, value * value, nanoseconds, nanoseconds);
    }

    /// `count` times of about `nanoseconds`; their moments come by [`add_moments`](TimeHistogram::add_moments).
    pub(crate) fn add(&mut self, nanoseconds: u64, count: u64) {
        // Cannot fail: it grows by itself, and the value is bounded.
        let _ = self.buckets.record_n(nanoseconds.clamp(1, LONGEST), count);
    }

    pub(crate) fn add_moments(&mut self, sum: f64, squares: f64, least: u64, most: u64) {
        self.sum += sum;
        self.squares += squares;
        self.least = self.least.min(least);
        self.most = self.most.max(most);
    }

    /// What both have recorded.
    pub fn merge(&mut self, other: &TimeHistogram) {
        // Cannot fail: it grows by itself.
        let _ = self.buckets.add(&other.buckets);
        self.add_moments(other.sum, other.squares, other.least, other.most);
    }

    /// What has come since `before`, an earlier state of the same histogram. Least and most are those of buckets then.
    pub fn since(&self, before: &TimeHistogram) -> TimeHistogram {
        if before.count() == 0 {
            return self.clone();
        }
        let mut rest = TimeHistogram::default();
        for bucket in self.buckets.iter_recorded() {
            let value = bucket.value_iterated_to();
            // Beyond its range it would answer for its last bucket.
            let taken = if value <= before.buckets.max() { before.buckets.count_at(value) } else { 0 };
            let count = bucket.count_at_value().saturating_sub(taken);
            if count > 0 {
                rest.add(value, count);
            }
        }
        if rest.count() > 0 {
            let (least, most) = (rest.buckets.min(), rest.buckets.max());
            let sum = (self.sum - before.sum).max(0.0);
            rest.add_moments(sum, (self.squares - before.squares).max(0.0), least, most);
        }
        rest
    }

    /// How many times.
    pub fn count(&self) -> u64 {
        self.buckets.len()
    }

    /// All of them together.
    pub fn sum(&self) -> Duration {
        Duration::try_from_secs_f64(self.sum / 1e9).unwrap_or_default()
    }

    /// Their mean; zero if there are none.
    pub fn mean(&self) -> Duration {
        Duration::try_from_secs_f64(self.mean_nanoseconds() / 1e9).unwrap_or_default()
    }

    /// Their standard deviation.
    pub fn standard_deviation(&self) -> Duration {
        Duration::try_from_secs_f64(self.deviation() / 1e9).unwrap_or_default()
    }

    /// The shortest; zero if there is none.
    pub fn least(&self) -> Duration {
        Duration::from_nanos(if self.least == u64::MAX { 0 } else { self.least })
    }

    /// The longest.
    pub fn most(&self) -> Duration {
        Duration::from_nanos(self.most)
    }

    /// The time that the share `quantile` of all, from 0 to 1, does not exceed, to the width of a bucket; zero if there are
    /// none.
    pub fn quantile(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.quantile_nanoseconds(quantile))
    }

    /// How many took at most each of `bounds`, which ascend. A time in the bucket that a bound is in counts if the middle of
    /// the bucket is below the bound.
    pub fn counts_below<const N: usize>(&self, bounds: &[Duration; N]) -> [u64; N] {
        let mut counts = [0; N];
        let mut below = 0;
        let mut at = 0;
        for bucket in self.buckets.iter_recorded() {
            let value = u128::from(self.buckets.lowest_equivalent(bucket.value_iterated_to()));
            while at < N && bounds[at].as_nanos() < value {
                counts[at] = below;
                at += 1;
            }
            below += bucket.count_at_value();
        }
        counts[at..].fill(below);
        counts
    }

    fn quantile_nanoseconds(&self, quantile: f64) -> u64 {
        if self.count() == 0 {
            return 0;
        }
        // A bucket's end may lie beyond what was seen.
        self.buckets.value_at_quantile(quantile).clamp(self.least.min(self.most), self.most)
    }

    fn mean_nanoseconds(&self) -> f64 {
        if self.count() == 0 {
            return 0.0;
        }
        // What was rounded in the sum must not carry it past them.
        (self.sum / self.count() as f64).max(self.least as f64).min(self.most as f64)
    }

    fn deviation(&self) -> f64 {
        if self.count() == 0 {
            return 0.0;
        }
        let mean = self.mean_nanoseconds();
        (self.squares / self.count() as f64 - mean * mean).max(0.0).sqrt()
    }
}

impl Serialize for TimeHistogram {
    /// In milliseconds, with the names of piscina's summaries of `perf_hooks` histograms.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milliseconds = |nanoseconds: f64| nanoseconds / 1e6;
        let mean = milliseconds(self.mean_nanoseconds());
        let mut map = serializer.serialize_map(Some(PERCENTILES.len() + 6))?;
        map.serialize_entry("average", &mean)?;
        map.serialize_entry("mean", &mean)?;
        map.serialize_entry("stddev", &milliseconds(self.deviation()))?;
        map.serialize_entry("min", &milliseconds(self.least().as_nanos() as f64))?;
        map.serialize_entry("max", &milliseconds(self.most as f64))?;
        for (name, quantile) in PERCENTILES {
            map.serialize_entry(name, &milliseconds(self.quantile_nanoseconds(quantile) as f64))?;
        }
        map.serialize_entry("count", &self.count())?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn hundred() -> TimeHistogram {
        let mut times = TimeHistogram::default();
        (1..=100).for_each(|count| times.record(MILLISECOND * count));
        times
    }

    fn near(time: Duration, expected: Duration) -> bool {
        time.abs_diff(expected) <= expected.mul_f64(0.02)
    }

    #[test]
    fn percentiles_and_moments_are_those_of_what_was_recorded() {
        let times = hundred();
        assert_eq!((times.count(), times.least(), times.most()), (100, MILLISECOND, MILLISECOND * 100));
        assert_eq!(times.sum(), MILLISECOND * 5050);
        for (quantile, expected) in [(0.0, 1), (0.01, 1), (0.5, 50), (0.9, 90), (0.99, 99), (1.0, 100)] {
            assert!(near(times.quantile(quantile), MILLISECOND * expected), "{quantile}");
        }
        assert!(near(times.standard_deviation(), Duration::from_micros(28_866)));
        let bounds =
            [Duration::from_nanos(50_000), MILLISECOND * 10, MILLISECOND * 55, Duration::from_secs(100)];
        let counts = times.counts_below(&bounds);
        assert!(counts[0] == 0 && counts[3] == 100, "{counts:?}");
        assert!(counts[1].abs_diff(10) <= 1 && counts[2].abs_diff(55) <= 1, "{counts:?}");
    }

    #[test]
    fn an_empty_one_is_all_zero() {
        let times = TimeHistogram::default();
        let all =
            [times.mean(), times.least(), times.most(), times.quantile(0.5), times.standard_deviation()];
        assert_eq!((all, times.counts_below(&[MILLISECOND])), ([Duration::ZERO; 5], [0]));
        let text = serde_json::to_value(&times).unwrap();
        assert!(text.as_object().unwrap().values().all(|value| value.as_f64() == Some(0.0)), "{text}");
    }

    #[test]
    fn what_was_before_can_be_taken_off() {
        let before = hundred();
        let mut times = before.clone();
        (0..50).for_each(|_| times.record(Duration::from_secs(3)));
        let rest = times.since(&before);
        assert_eq!(rest.count(), 50);
        assert!(
            [rest.quantile(0.0), rest.quantile(1.0), rest.mean(), rest.least(), rest.most()]
                .into_iter()
                .all(|time| near(time, Duration::from_secs(3)))
        );
        assert_eq!(times.since(&times).count(), 0);
        // A lane that is not believed any more takes away what it had told.
        assert_eq!(before.since(&times).count(), 0);
        let mut both = before.clone();
        both.merge(&rest);
        assert_eq!(both.count(), times.count());
    }

    #[test]
    fn what_is_beyond_the_range_of_before_is_kept() {
        for power in 1..40 {
            let mut before = TimeHistogram::default();
            before.record(Duration::from_nanos((1 << power) - 1));
            let mut times = before.clone();
            (0..5).for_each(|more| times.record(Duration::from_nanos((1 << power) << more)));
            assert_eq!(times.since(&before).count(), 5, "2^{power}");
        }
    }

    #[test]
    fn the_longest_times_there_can_be() {
        let mut times = TimeHistogram::default();
        times.record(Duration::MAX);
        times.record(Duration::ZERO);
        assert_eq!(times.count(), 2);
        assert!(times.quantile(1.0) >= Duration::from_secs(1_000_000));
    }
}
