//! How many tasks the pool takes: the other end of back-pressure.
//!
//! What may wait is counted on top of what the pool could run at once (`maximum_workers * concurrency`), so whether a
//! task is taken depends on how many are unsettled and not on how far workers have come up or how far ahead they are fed.

use super::Driver;
use crate::task::{FailureCause, Priority, TaskFailure};
use crate::{Error, Result};
use hatchery_sys::clock;
use std::time::Duration;

/// What becomes of a task that is one too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueuePolicy {
    /// It is refused.
    #[default]
    Reject,
    /// The task that has waited longest, of the lowest priority that waits, is settled as
    /// [`FailureCause::Dropped`] in its place. If all that wait are of a higher priority, it is refused.
    DropOldest,
}

/// Options of the queue.
#[derive(Clone, Copy, Debug)]
pub struct QueueOptions {
    /// Tasks that may wait beyond those that the pool could run at once; `usize::MAX`: any number.
    pub maximum: usize,
    /// What becomes of one more.
    pub policy: QueuePolicy,
    /// How long tasks may be passed over by those of higher priority before they are given turns between them: one for
    /// every sixteen. `Duration::MAX`: for ever.
    pub ageing: Duration,
}

impl Default for QueueOptions {
    fn default() -> QueueOptions {
        QueueOptions { maximum: usize::MAX, policy: QueuePolicy::Reject, ageing: Duration::from_secs(1) }
    }
}

/// A task that another one has displaced, and whose host has not been told.
pub(super) struct Dropped {
    ticket: u64,
    failure: TaskFailure,
}

impl Driver {
    /// Whether one more task may be taken; makes room for it if the policy says so.
    pub(super) fn admit(&mut self, priority: Priority) -> Result<()> {
        let QueueOptions { maximum, policy, .. } = self.options.queue;
        if maximum == usize::MAX || self.counters.pending() < self.capacity().saturating_add(maximum) {
            return Ok(());
        }
        if policy == QueuePolicy::DropOldest && self.displace(priority) {
            return Ok(());
        }
        Err(Error::QueueFull(maximum))
    }

    /// Tasks that the pool could run at once.
    fn capacity(&self) -> usize {
        self.options.maximum_workers.saturating_mul(self.options.concurrency as usize)
    }

    /// Drops a task for one of `priority`. False: there is none that may be.
    fn displace(&mut self, priority: Priority) -> bool {
        // What an idle worker could begin does not wait, though it may not have been placed yet.
        self.begin_what_can_run(clock::monotonic_nanoseconds());
        // What lies unbegun in rings, behind what is run first, has waited longest.
        self.recall(priority);
        let Some(index) = self.lowest_queued(priority) else { return false };
        self.queues.unlink(&mut self.tasks, index);
        let task = self.tasks.get(index);
        let cause = FailureCause::Dropped;
        self.counters.settled(&cause);
        let failure = TaskFailure { attempt: task.attempt - 1, ..TaskFailure::new(cause) };
        self.dropped.push(Dropped { ticket: task.ticket, failure });
        super::forget(&mut self.tasks, &mut self.segments, &mut self.recovery, index);
        // Its host is told in the next turn: there is nowhere to put that now.
        self.wake();
        true
    }

    /// The oldest queued task of the lowest priority, unless that is above `priority`.
    fn lowest_queued(&self, priority: Priority) -> Option<u32> {
        let lowest = Priority::ALL.into_iter().rev().find(|level| self.queues.length_of(*level) > 0)?;
        if lowest < priority { None } else { self.queues.first_of(lowest) }
    }

    /// Takes back from the rings what has not begun, is not about to be, and is not above `priority`.
    fn recall(&mut self, priority: Priority) {
        let above = match priority {
            Priority::High => None,
            Priority::Normal => Some(Priority::High),
            Priority::Low => Some(Priority::Normal),
        };
        for worker in self.workers.iter_mut().flatten() {
            if worker.is_serving() && worker.levels[priority as usize..].iter().any(|count| *count > 0) {
                let ahead = worker.in_flight.length().saturating_sub(worker.window.concurrency() as usize);
                worker.take_back(&mut self.tasks, &mut self.queues, ahead, above);
            }
        }
    }

    /// Tells hosts which of their tasks have been dropped.
    pub(super) fn tell_dropped(&mut self, sink: &mut dyn super::Sink) {
        for Dropped { ticket, failure } in self.dropped.drain(..) {
            sink.settled(ticket, &failure);
        }
    }
}
