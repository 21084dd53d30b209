//! How long tasks wait and run. Workers record it, each in its own lane (see [`hatchery_lane::times`]); the driver stamps what
//! it places, keeps the records of workers that are gone, and adds all up when somebody asks.

use super::Driver;
use super::statistics::begun_tasks;
use super::worker::Worker;
use crate::observe::{Looks, RecentTimes, Submissions, TaskTimes, TimeHistogram, take_up};
use crate::task::TaskTable;
use hatchery_lane::stamp::stamp;
use hatchery_sys::clock;
use std::time::Duration;

/// What is known of the times of tasks, beside what lies in the lanes.
#[derive(Default)]
pub(super) struct Timing {
    /// Times are recorded.
    records: bool,
    submissions: Submissions,
    /// Of workers that are gone.
    wait: TimeHistogram,
    run: TimeHistogram,
    /// Seconds that these have spent in tasks.
    busy: f64,
    /// What was recorded when the histograms were last set back, if they were.
    wait_before: TimeHistogram,
    run_before: TimeHistogram,
    looks: Looks,
}

impl Timing {
    pub(super) fn new(records: bool) -> Timing {
        Timing { records, ..Timing::default() }
    }

    /// What tells a worker how long a task has waited; 0 if it is not to know.
    #[inline]
    pub(super) fn stamp(&mut self, tasks: &TaskTable, index: u32, now: u64) -> u32 {
        if !self.records {
            return 0;
        }
        let submitted = match tasks.extras(index).queued_at {
            0 => self.submissions.time_of(tasks.id(index).generation, now),
            again => again,
        };
        stamp(submitted, now)
    }
}

impl Worker {
    /// Seconds that it has spent in tasks, by its own account, as far as that can be; and in those that go on, seconds of which
    /// it has not told yet.
    fn busy_seconds(&self, going_on: f64, now: u64) -> f64 {
        let most = self.lifespan.age(now).as_secs_f64() * f64::from(self.window.concurrency());
        self.lane.times().map_or(0.0, |times| (times.run.read().sum / 1e9 + going_on).min(most))
    }

    /// Adds what it has recorded.
    fn add_times(&self, wait: &mut TimeHistogram, run: &mut TimeHistogram, longest: u64) {
        if let Some(times) = self.lane.times() {
            take_up(&times.wait, self.given(), longest, wait);
            take_up(&times.run, self.given(), longest, run);
        }
    }
}

impl Driver {
    /// What has been submitted is about to be placed.
    #[inline]
    pub(super) fn note_submissions(&mut self, now: u64) {
        if self.timing.records {
            self.timing.submissions.flushed(self.tasks.next_generation(), now);
        }
    }

    /// A turn is over. How few tasks there are at a flush would not do to tell that the earlier ones are gone: of those
    /// that came with it some may be gone too.
    #[inline]
    pub(super) fn forget_submissions(&mut self) {
        if self.tasks.length() == 0 {
            self.timing.submissions.forget();
        }
    }

    /// A worker is gone, with all that it was given in its list still: keeps what it has recorded. A task that it was in has
    /// run until now.
    pub(super) fn keep_times(&mut self, slot: usize, now: u64) {
        let Some(worker) = self.workers[slot].as_ref() else { return };
        if !self.timing.records {
            return;
        }
        let longest = self.age(now);
        let timing = &mut self.timing;
        worker.add_times(&mut timing.wait, &mut timing.run, longest);
        timing.busy += worker.busy_seconds(0.0, now);
        let mut at = worker.in_flight.first();
        while let Some(index) = at {
            if worker.has_started(&self.tasks, index) {
                let ran = Duration::from_nanos(now.saturating_sub(worker.begun_at(&self.tasks, index)));
                timing.run.record(ran);
                timing.busy += ran.as_secs_f64();
            }
            at = self.tasks.next(index);
        }
    }

    /// How long tasks have waited, and run, since the histograms were last set back.
    pub(super) fn times(&self, now: u64) -> (TimeHistogram, TimeHistogram) {
        let (wait, run) = self.all_times(now);
        (wait.since(&self.timing.wait_before), run.since(&self.timing.run_before))
    }

    fn all_times(&self, now: u64) -> (TimeHistogram, TimeHistogram) {
        let (mut wait, mut run) = (self.timing.wait.clone(), self.timing.run.clone());
        for worker in self.workers.iter().flatten() {
            worker.add_times(&mut wait, &mut run, self.age(now));
        }
        (wait, run)
    }

    /// How long tasks waited and ran; a part of [`statistics`](Driver::statistics) that can be had by itself.
    pub fn task_times(&self) -> TaskTimes {
        let now = clock::monotonic_nanoseconds();
        let (wait, run) = self.times(now);
        TaskTimes { wait, run, utilization: self.utilization(now) }
    }

    /// How long tasks waited and ran within the last minute: since a look that was one minute ago, if there was one.
    /// Histograms that were set back do not matter here.
    pub fn recent_times(&mut self) -> RecentTimes {
        let now = clock::monotonic_nanoseconds();
        let (wait, run) = self.all_times(now);
        let age = self.age(now);
        self.timing.looks.look(now, age, wait, run)
    }

    /// Has the histogram of waits begin anew.
    pub fn reset_wait_times(&mut self) {
        let now = clock::monotonic_nanoseconds();
        self.timing.wait_before = self.all_times(now).0;
    }

    /// Has the histogram of run times begin anew. Utilization does not change by it.
    pub fn reset_run_times(&mut self) {
        let now = clock::monotonic_nanoseconds();
        self.timing.run_before = self.all_times(now).1;
    }

    /// Seconds that workers have spent in tasks, those that are gone included.
    pub(super) fn busy_seconds(&self, now: u64) -> f64 {
        let workers = self.workers.iter().flatten();
        self.timing.busy + workers.map(|worker| self.busy_seconds_of(worker, now)).sum::<f64>()
    }

    /// … one of them, with what it is in now.
    pub(super) fn busy_seconds_of(&self, worker: &Worker, now: u64) -> f64 {
        let since = |index| now.saturating_sub(worker.begun_at(&self.tasks, index)) as f64 / 1e9;
        let going_on = begun_tasks(worker, &self.tasks).into_iter().map(since).sum();
        worker.busy_seconds(going_on, now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DriverOptions, EventsOnly, Submission};
    use super::*;
    use crate::launcher::{Launcher, LauncherEvent, StartRequest};
    use std::os::fd::BorrowedFd;

    /// Never ready.
    struct Nobody;

    impl Launcher for Nobody {
        fn method(&self) -> &'static str {
            "none"
        }
        fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
            Vec::new()
        }
        fn start(&mut self, _request: StartRequest<'_>) -> crate::Result<()> {
            unreachable!("it has never said that it is ready")
        }
        fn poll(&mut self) -> crate::Result<Option<LauncherEvent>> {
            Ok(None)
        }
        fn shut_down(&mut self) {}
        fn kill(&mut self) {}
        fn is_finished(&self) -> bool {
            true
        }
    }

    #[test]
    fn tasks_that_are_gone_before_they_are_flushed_take_no_other_task_s_time_along() {
        let mut driver = Driver::new(DriverOptions::default(), Box::new(Nobody)).unwrap();
        let task = Submission::plain(0, 0);
        let early = driver.submit(task, &[]).unwrap();
        driver.flush();
        let flushed = clock::monotonic_nanoseconds();
        driver.submit(task, &[]).unwrap();
        let gone = driver.submit(task, &[]).unwrap();
        assert!(driver.cancel(gone, &mut EventsOnly(drop)));
        // Two are flushed, and there are two.
        driver.flush();
        assert!(driver.timing.submissions.time_of(early.generation, u64::MAX) <= flushed);
    }
}
