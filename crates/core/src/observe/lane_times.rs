//! What a worker has recorded in its lane. It may have written anything there, so nothing is believed that cannot be.

use super::TimeHistogram;
use hatchery_lane::times::{TimeRecord, middle_of};

/// Takes up the times of one worker: none if they are of more tasks than the `tasks` it was given, and no time longer than
/// `longest` nanoseconds. Returns their sum, nanoseconds.
pub(crate) fn take_up(record: &TimeRecord, tasks: u64, longest: u64, into: &mut TimeHistogram) -> f64 {
    let times = record.read();
    let count = times.counts().fold(0_u64, |sum, (_, count)| sum.saturating_add(count));
    if count == 0 || count > tasks {
        return 0.0;
    }
    let most = times.most.min(longest as f64);
    let sum = times.sum.min(most * count as f64);
    // The worker goes on while this looks, and a hostile one may have written anything since.
    let mut left = tasks;
    for (bucket, count) in times.counts() {
        let count = count.min(left);
        left -= count;
        into.add(middle_of(bucket).min(longest), count);
    }
    into.add_moments(sum, times.squares.min(sum * most), times.least.min(most) as u64, most as u64);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use hatchery_lane::times::{BUCKETS, bucket_of};
    use hatchery_lane::{Geometry, HostLane};
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn what_a_worker_records_is_what_the_host_finds() {
        let lane = HostLane::create(&Geometry::default()).unwrap();
        let record = &lane.times().unwrap().run;
        let mut times = TimeHistogram::default();
        assert_eq!((take_up(record, 9, u64::MAX, &mut times), times.count()), (0.0, 0));
        record.record(2e6, 3.0);
        record.record(50.0, 1.0);
        record.record(7e9, 2.0);
        assert_eq!(take_up(record, 6, u64::MAX, &mut times), 14_006_000_050.0);
        assert_eq!(
            (times.count(), times.least().as_nanos(), times.most().as_nanos()),
            (6, 50, 7_000_000_000)
        );
        let median = times.quantile(0.5).as_nanos() as f64;
        assert!((median / 2e6 - 1.0).abs() < 0.02, "{median}");
        let mut less = TimeHistogram::default();
        take_up(record, 5, u64::MAX, &mut less);
        assert_eq!(less.count(), 0, "more tasks than it was given: nothing of that is true");
    }

    #[test]
    fn a_worker_that_writes_meanwhile_gains_nothing() {
        let lane = HostLane::create(&Geometry::default()).unwrap();
        let record = &lane.times().unwrap().run;
        record.record(1000.0, 1.0);
        let (bucket, over) = (&record.buckets[bucket_of(1000.0)], AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..500_000 {
                    bucket.set(1e18_f64.to_bits());
                    bucket.set(1.0_f64.to_bits());
                }
                over.store(true, Ordering::Relaxed);
            });
            while !over.load(Ordering::Relaxed) {
                let mut times = TimeHistogram::default();
                take_up(record, 9, u64::MAX, &mut times);
                assert!(times.count() <= 9, "{}", times.count());
            }
        });
    }

    proptest! {
        #[test]
        fn nothing_that_a_worker_writes_makes_numbers_that_cannot_be(
            words in prop::collection::vec((0..4 + BUCKETS, any::<u64>()), 1..40),
            numbers in prop::collection::vec((0..4 + BUCKETS, any::<f64>()), 1..40),
            tasks in any::<u64>(),
            longest in 1_u64..1 << 50,
        ) {
            let lane = HostLane::create(&Geometry::default()).unwrap();
            let record = &lane.times().unwrap().wait;
            let numbers = numbers.into_iter().map(|(at, number)| (at, number.to_bits()));
            for (at, word) in words.into_iter().chain(numbers) {
                let target = match at {
                    0 => &record.sum,
                    1 => &record.squares,
                    2 => &record.least,
                    3 => &record.most,
                    bucket => &record.buckets[bucket - 4],
                };
                target.set(word);
            }
            let mut times = TimeHistogram::default();
            let sum = take_up(record, tasks, longest, &mut times);
            prop_assert!(sum.is_finite() && sum >= 0.0);
            prop_assert!(times.count() <= tasks);
            prop_assert!(times.most().as_nanos() <= u128::from(longest));
            let report = serde_json::to_value(&times).unwrap();
            prop_assert!(report.as_object().unwrap().values().all(|value| value.as_f64().is_some_and(|value| value >= 0.0)));
        }
    }
}
