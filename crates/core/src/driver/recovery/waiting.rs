//! Attempts that are due later: they lie in a heap of deadlines and cost nothing else.

use super::super::{Driver, Sink};
use super::history::Standing;
use crate::task::{FailureCause, Place};
use hatchery_sys::clock;
use std::cmp::Reverse;
use std::time::Duration;

impl Driver {
    /// Puts a failed task, which is in no list, off until its next attempt; for how long. Back-off counts the attempts made.
    pub(super) fn put_off(&mut self, index: u32, now: u64) -> Duration {
        let made = u32::from(self.tasks.get(index).attempt);
        let pause = self.options.recovery.retry_backoff.pause(made, self.recovery.random.next());
        self.count_attempt(index);
        if pause.is_zero() {
            self.try_again(index);
            return pause;
        }
        let record = self.recovery.records.entry(index).or_default();
        let due = record.wait(now, pause);
        let task = self.tasks.get_mut(index);
        task.place = Place::Aside;
        task.abandoned = false;
        let generation = self.tasks.id(index).generation;
        self.recovery.waiting.push(Reverse((due, index, generation)));
        pause
    }

    /// Another attempt is to come.
    pub(super) fn count_attempt(&mut self, index: u32) {
        let task = self.tasks.get_mut(index);
        task.attempt = task.attempt.saturating_add(1);
        self.counters.retried += 1;
    }

    /// Queues a task for its next attempt. It keeps its turn, as all do that were taken back.
    pub(super) fn try_again(&mut self, index: u32) {
        if let Some(record) = self.recovery.records.get_mut(&index) {
            record.standing = Standing::Listed;
        }
        self.tasks.get_mut(index).abandoned = false;
        if self.options.observe.record_times {
            self.tasks.extras_mut(index).queued_at = clock::monotonic_nanoseconds();
        }
        self.queues.push_front(&mut self.tasks, index);
    }

    /// Tasks that wait for their next attempt, or for the host's word on it.
    pub(in super::super) fn tasks_aside(&self) -> usize {
        let aside = |index: &&u32| self.tasks.get(**index).place == Place::Aside;
        self.recovery.records.keys().filter(aside).count()
    }

    /// Queues what is due.
    pub(in super::super) fn queue_due(&mut self, now: u64) {
        while let Some(Reverse((due, index, generation))) = self.recovery.waiting.peek().copied() {
            if due > now {
                return;
            }
            self.recovery.waiting.pop();
            if self.is_waiting(due, index, generation) {
                self.try_again(index);
            }
        }
    }

    /// When the next attempt is due; `u64::MAX` = none waits. What has been cancelled meanwhile is let go of.
    pub(in super::super) fn retry_due(&mut self) -> u64 {
        while let Some(Reverse((due, index, generation))) = self.recovery.waiting.peek().copied() {
            if self.is_waiting(due, index, generation) {
                return due;
            }
            self.recovery.waiting.pop();
        }
        u64::MAX
    }

    fn is_waiting(&self, due: u64, index: u32, generation: u32) -> bool {
        let standing = self.recovery.records.get(&index).map(|record| &record.standing);
        matches!(standing, Some(Standing::Waiting(at)) if *at == due)
            && self.tasks.id(index).generation == generation
    }

    /// Settles all that wait, for their next attempt or the host's word.
    pub(in super::super) fn settle_all_aside(&mut self, cause: &FailureCause, sink: &mut dyn Sink) {
        let aside = |standing: &Standing| matches!(standing, Standing::Waiting(_) | Standing::Undecided(_));
        let mut waiting: Vec<u32> = self
            .recovery
            .records
            .iter()
            .filter(|(_, record)| aside(&record.standing))
            .map(|(index, _)| *index)
            .collect();
        waiting.sort_unstable();
        for index in waiting {
            self.settle_unplaced(index, cause.clone(), sink);
        }
        self.recovery.waiting.clear();
        self.recovery.questions.clear();
    }
}
