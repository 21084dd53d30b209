//! What the driver keeps for observers alone: nothing here decides anything.

use super::worker::{Fate, Worker};
use super::{Driver, RecycleReason};
use crate::observe::{RestartCounts, RestartReason, StartTimes};
use crate::task::FailureCause;
use std::time::{Duration, SystemTime};

/// What is recorded for observers.
#[derive(Clone, Debug)]
pub struct ObserveOptions {
    /// Whether workers record how long tasks wait and run. Default true: it costs less than 3 % of the throughput of the
    /// shortest tasks.
    pub record_times: bool,
}

impl Default for ObserveOptions {
    fn default() -> ObserveOptions {
        ObserveOptions { record_times: true }
    }
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Records {
    /// Replacements, by reason.
    pub restarts: RestartCounts,
    /// The same by place.
    places: Vec<RestartCounts>,
    pub starts: StartTimes,
    /// Of workers that are gone: how often a ring was full.
    ring_full: u64,
    /// When a task last ended by itself, nanoseconds; 0 = none has.
    pub last_completed_at: u64,
    /// Nanoseconds of all places there might have been until `capacity_at`.
    capacity: f64,
    /// When the driver was made.
    born: u64,
    /// Since when the bounds are what they are.
    capacity_at: u64,
}

impl Records {
    pub(super) fn new(now: u64) -> Records {
        Records { born: now, capacity_at: now, ..Records::default() }
    }

    /// When a task last ended by itself.
    pub(super) fn last_completed(&self, now: u64) -> Option<SystemTime> {
        let ago = Duration::from_nanos(now.saturating_sub(self.last_completed_at));
        (self.last_completed_at > 0).then(|| SystemTime::now() - ago)
    }

    /// What has become of the workers that had a place.
    pub(super) fn restarts_of(&self, place: usize) -> RestartCounts {
        self.places.get(place).cloned().unwrap_or_default()
    }

    /// A worker has taken up its lane, by this start method.
    pub(super) fn started(&mut self, method: Option<&str>, took: Duration) {
        if method == Some("spawn") { &mut self.starts.spawn } else { &mut self.starts.fork }.record(took);
    }

    fn count_restart(&mut self, place: usize, reason: RestartReason) {
        self.restarts.count(reason);
        if self.places.len() <= place {
            self.places.resize_with(place + 1, RestartCounts::default);
        }
        self.places[place].count(reason);
    }
}

impl Driver {
    /// A worker is gone, for this cause unless it was told to go.
    pub(super) fn record_end(
        &mut self,
        worker: &Worker,
        cause: Option<&FailureCause>,
        failed_to_start: bool,
    ) {
        self.records.ring_full = self.records.ring_full.saturating_add(ring_full_of(worker));
        let reason = match cause {
            None => worker.leaves_for.or_else(|| worker.lifespan.relieved_for().map(recycled)),
            Some(_) if failed_to_start => Some(RestartReason::StartFailed),
            Some(cause) => Some(crashed(worker, cause)),
        };
        if let Some(reason) = reason {
            self.records.count_restart(worker.place, reason);
        }
    }

    /// How often a ring was full.
    pub(super) fn ring_full(&self) -> u64 {
        self.workers
            .iter()
            .flatten()
            .map(|worker| ring_full_of(worker))
            .fold(self.records.ring_full, u64::saturating_add)
    }

    /// Nanoseconds since the driver was made.
    pub(super) fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.records.born)
    }

    /// The bounds are about to change.
    pub(super) fn record_capacity(&mut self, now: u64) {
        self.records.capacity = self.capacity_until(now);
        self.records.capacity_at = now;
    }

    fn capacity_until(&self, now: u64) -> f64 {
        let places = self.options.maximum_workers as f64 * f64::from(self.options.concurrency);
        self.records.capacity + now.saturating_sub(self.records.capacity_at) as f64 * places
    }

    /// Share of all the time that there might have been that was spent in tasks.
    pub(super) fn utilization(&self, now: u64) -> f64 {
        let capacity = self.capacity_until(now) / 1e9;
        if capacity > 0.0 { (self.busy_seconds(now) / capacity).min(1.0) } else { 0.0 }
    }
}

fn ring_full_of(worker: &Worker) -> u64 {
    worker.ring_full + u64::from(worker.lane.stalls())
}

fn recycled(reason: RecycleReason) -> RestartReason {
    match reason {
        RecycleReason::Tasks => RestartReason::MaxTasks,
        RecycleReason::Age => RestartReason::MaxAge,
        RecycleReason::Memory => RestartReason::MaxMemory,
        RecycleReason::Request => RestartReason::Request,
    }
}

fn crashed(worker: &Worker, cause: &FailureCause) -> RestartReason {
    match (&worker.fate, cause) {
        (Some(Fate::Overdue), _) => RestartReason::Overdue,
        (Some(Fate::SlowStart), _) => RestartReason::StartFailed,
        (_, FailureCause::Signalled { .. } | FailureCause::Ended) => RestartReason::Signalled,
        (_, FailureCause::Aborted) => RestartReason::Aborted,
        (
            _,
            FailureCause::OutOfMemory | FailureCause::MemoryExceeded { .. } | FailureCause::GroupOutOfMemory,
        ) => RestartReason::OutOfMemory,
        (_, FailureCause::Unresponsive { .. }) => RestartReason::Unresponsive,
        (_, FailureCause::LaneCorrupt { .. }) => RestartReason::LaneCorrupt,
        _ => RestartReason::Exited,
    }
}
