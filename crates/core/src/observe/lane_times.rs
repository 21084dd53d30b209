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
    for (bucket, count) in times.counts() {
        into.add(middle_of(bucket).min(longest), count);
    }
    into.add_moments(sum, times.squares.min(sum * most), times.least.min(most) as u64, most as u64);
    sum
}
