//! How far a worker has come with what it was given, and taking back what it has not begun.

use super::Worker;
use crate::schedule::PriorityQueues;
use crate::task::{Place, Priority, TaskTable};
use hatchery_lane::SlotState;

impl Worker {
    /// Whether a task in flight is known, or found, to have begun.
    pub(crate) fn has_started(&self, tasks: &TaskTable, index: u32) -> bool {
        let task = tasks.get(index);
        let Place::Placed { position, .. } = task.place else { return false };
        task.started || self.has_claimed(position)
    }

    /// Whether the worker has begun what was published at `position`, as far as the ring tells.
    pub(crate) fn has_claimed(&self, position: u32) -> bool {
        // Once head has passed a position its slot may hold another task, so the slot is asked only before.
        let passed = |head: u32| (position.wrapping_sub(head) as i32) < 0;
        self.lane.submissions.head().map_or(true, passed)
            || self.lane.submissions.state(position) != SlotState::Published
    }

    /// When the worker began a task, CLOCK_MONOTONIC nanoseconds: as it has said itself if the task has a time limit, else
    /// since when it can have been in it.
    pub(crate) fn begun_at(&self, tasks: &TaskTable, index: u32) -> u64 {
        let extras = tasks.extras(index);
        if tasks.get(index).started && !tasks.get(index).abandoned && extras.timeout > 0 {
            return extras.deadline.saturating_sub(u64::from(extras.timeout) * 1_000_000);
        }
        self.window.progress()
    }

    /// Takes back up to `limit` tasks that have not begun and are below `priority`, latest first, each to the
    /// front of its queue, so that they keep their order. Returns how many.
    pub(crate) fn take_back(
        &mut self,
        tasks: &mut TaskTable,
        queues: &mut PriorityQueues,
        limit: usize,
        below: Option<Priority>,
    ) -> usize {
        let mut taken = 0;
        let mut at = self.in_flight.last();
        while let Some(index) = at {
            if taken == limit {
                break;
            }
            at = tasks.previous(index);
            let task = tasks.get(index);
            let Place::Placed { position, .. } = task.place else { continue };
            if task.abandoned || below.is_some_and(|priority| task.priority <= priority) {
                continue;
            }
            // Workers claim in ring order: when this one has begun, so have all before it.
            if task.started || !self.lane.submissions.revoke(position) {
                break;
            }
            self.unlink(tasks, index);
            queues.push_front(tasks, index);
            taken += 1;
        }
        taken
    }
}
