//! Cancelling tasks, and settling those that a worker has begun and keeps for now.

use super::{Driver, Sink, nanoseconds};
use crate::observe::log::entries;
use crate::task::{FailureCause, Place, TaskId};
use hatchery_sys::clock;

impl Driver {
    /// Cancels a task. One that has not begun never will; one that runs is settled now, its signal is aborted,
    /// and its worker killed if it has not ended after the grace. False: the task has settled before.
    pub fn cancel(&mut self, task: TaskId, sink: &mut dyn Sink) -> bool {
        self.cancel_because(task, Vec::new(), sink)
    }

    /// As [`cancel`](Driver::cancel). `reason`, encoded as the workers read it, is what the signal of a task that runs
    /// is aborted with; if it is empty or longer than [`LONGEST_REASON`](crate::zygote::protocol::LONGEST_REASON), the
    /// worker chooses.
    pub fn cancel_because(&mut self, task: TaskId, reason: Vec<u8>, sink: &mut dyn Sink) -> bool {
        let now = clock::monotonic_nanoseconds();
        let cancelled = self.tasks.find(task).is_some_and(|index| self.cancel_one(index, reason, now, sink));
        if cancelled {
            self.dispatch(now);
            self.arm_next(now);
        }
        cancelled
    }

    /// Cancels every task whose ticket `wanted` wants, as [`cancel`](Driver::cancel) does. Looks at each task there is,
    /// and places nothing before it is done with all.
    pub fn cancel_all(&mut self, wanted: impl Fn(u64) -> bool, sink: &mut dyn Sink) {
        let now = clock::monotonic_nanoseconds();
        for task in self.tasks.with_ticket(wanted) {
            self.cancel_one(task.index, Vec::new(), now, sink);
        }
        self.dispatch(now);
        self.arm_next(now);
    }

    fn cancel_one(&mut self, index: u32, reason: Vec<u8>, now: u64, sink: &mut dyn Sink) -> bool {
        if self.tasks.get(index).abandoned {
            if !self.recovery.is_overrun(index) {
                return false;
            }
            // Its worker has been told to stop already.
            self.settle_overrun(index, FailureCause::Cancelled, sink);
        } else if self.tasks.get(index).place == Place::Aside || self.withdraw(index) {
            self.settle_unplaced(index, FailureCause::Cancelled, sink);
        } else if let Place::Placed { worker, .. } = self.tasks.get(index).place {
            self.abandon(u32::from(worker), index, FailureCause::Cancelled, reason, now, sink);
        } else {
            return false;
        }
        true
    }

    /// Settles towards the host a task that its worker keeps for now, unless it may be run again: asks it to stop, with
    /// the caller's reason if it was the caller, and sets the time of the kill.
    pub(super) fn abandon(
        &mut self,
        slot: u32,
        index: u32,
        cause: FailureCause,
        reason: Vec<u8>,
        now: u64,
        sink: &mut dyn Sink,
    ) {
        let limit = match &cause {
            FailureCause::TimedOut { limit } => u32::try_from(limit.as_millis()).unwrap_or(u32::MAX),
            _ => 0,
        };
        if let Some(worker) = self.workers[slot as usize].as_ref() {
            entries::task_abandoned(self.name_of(index), worker.number, cause.code());
        }
        if self.may_outlive_timeout(index, &cause) {
            self.overrun(index, cause);
        } else {
            self.settle(index, cause, Some(slot), sink);
        }
        let grace = nanoseconds(self.options.kill_grace);
        let deadline = now + grace.max(1);
        self.tasks.get_mut(index).abandoned = true;
        self.tasks.extras_mut(index).deadline = deadline;
        if let Some(worker) = self.workers[slot as usize].as_mut() {
            worker.check_at = worker.check_at.min(deadline);
            worker.request_cancel(&self.tasks, index, limit, reason);
        }
    }
}
