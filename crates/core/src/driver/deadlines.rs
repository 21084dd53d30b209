//! Time: run limits, the grace after them, starts that take too long, workers without use.
//!
//! A time limit counts from when a worker begins the task. The worker publishes that moment without waking
//! the host; the timer, armed for the earliest moment the limit could pass, finds it.

use super::worker::{Fate, Worker, WorkerState};
use super::{Driver, Ending, Payload, Sink, nanoseconds, settle};
use crate::task::{FailureCause, Place};
use std::time::Duration;

impl Driver {
    /// Handles everything that is due.
    pub(super) fn check_deadlines(&mut self, now: u64, sink: &mut dyn Sink) {
        self.check_waits(now, sink);
        self.check_health(now, sink);
        if matches!(self.ending, Ending::Open | Ending::Draining) {
            self.check_origins(now, sink);
        }
        self.leaves.sweep(now, sink);
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_ref() else { continue };
            // The result of an unheard one may be there already; a worker that is heard, if slowly, is no such case.
            if worker.check_at <= now && !worker.unheard {
                self.check_tasks(slot, now, sink);
            }
            let Some(worker) = self.workers[slot].as_mut() else { continue };
            if worker.trim_at <= now {
                worker.trim(now);
            }
            if worker.report_due <= now && worker.exit.is_none() {
                worker.report_due = u64::MAX;
                self.distrust_zygote_of(slot);
            }
            let Some(worker) = self.workers[slot].as_mut() else { continue };
            if worker.leave_by <= now {
                worker.leave_by = u64::MAX - 1;
                worker.condemn(Fate::Retired);
            }
            let Some(worker) = self.workers[slot].as_ref() else { continue };
            if self.start_due(worker) <= now {
                self.condemn(slot, Fate::SlowStart);
                let unborn = self.workers[slot].as_ref().is_some_and(|worker| worker.descriptor.is_none());
                if unborn {
                    self.distrust_zygote_of(slot);
                }
            } else if self.idle_due(worker, self.has_surplus()) <= now {
                self.dismiss_idle(slot, now);
            }
        }
    }

    /// When a worker's start counts as failed.
    pub(super) fn start_due(&self, worker: &Worker) -> u64 {
        if worker.state == WorkerState::Starting && worker.fate.is_none() {
            worker.requested_at.saturating_add(nanoseconds(self.options.start_timeout))
        } else {
            u64::MAX
        }
    }

    fn check_tasks(&mut self, slot: usize, now: u64, sink: &mut dyn Sink) {
        let mut next = u64::MAX;
        let mut overdue = false;
        let mut at = self.workers[slot].as_ref().and_then(|worker| worker.in_flight.first());
        while let Some(index) = at {
            at = self.tasks.next(index);
            let deadline = self.tasks.extras(index).deadline;
            if deadline == 0 {
                continue;
            }
            if deadline <= now {
                if self.tasks.get(index).abandoned {
                    overdue = true;
                    break;
                }
                self.check_task(slot, index, now, sink);
            }
            next = next.min(self.tasks.extras(index).deadline);
        }
        if overdue {
            self.condemn(slot, Fate::Overdue);
        } else if let Some(worker) = self.workers[slot].as_mut() {
            worker.check_at = next;
        }
    }

    /// A task whose limit may have passed: it has, or it began later than it could have.
    fn check_task(&mut self, slot: usize, index: u32, now: u64, sink: &mut dyn Sink) {
        let task = self.tasks.get(index);
        let limit = Duration::from_millis(u64::from(self.tasks.extras(index).timeout));
        if task.started {
            self.abandon(slot as u32, index, FailureCause::TimedOut { limit }, Vec::new(), now, sink);
            return;
        }
        let Place::Placed { position, .. } = task.place else { return };
        let claimed = self.workers[slot].as_ref().is_some_and(|worker| worker.has_claimed(position));
        // Claimed without a word is a worker between the two steps, or one that lies; both get the limit from now.
        self.tasks.get_mut(index).started = claimed;
        self.tasks.extras_mut(index).deadline = now + nanoseconds(limit);
    }
}

/// The moment a worker says it began a task, CLOCK_MONOTONIC nanoseconds; 0 if it makes no sense.
pub(super) fn started_at(payload: &Payload<'_>) -> u64 {
    let microseconds = settle::small::<8>(payload).map_or(0.0, f64::from_le_bytes);
    // `as` saturates and turns NaN into 0.
    (microseconds * 1000.0) as u64
}

/// A failure to start as the JSON the facade expects.
pub(super) fn start_failure(message: &str) -> String {
    serde_json::json!({ "code": "ERR_HATCHERY_WORKER_START_FAILED", "message": message }).to_string()
}
