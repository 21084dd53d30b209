//! Limits of the time that tasks wait until a worker begins them.
//!
//! One heap holds them all, and only tasks that have such a limit have an entry. A task that begins leaves its entry where
//! it is: it is dropped when it comes to the top, or with others like it when the heap has doubled.

use super::worker::Worker;
use super::{Driver, Sink};
use crate::task::{FailureCause, Place, TaskId, TaskTable};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Entries below which the heap is not looked through.
const FEW: usize = 1024;

/// The time that one task may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    /// CLOCK_MONOTONIC nanoseconds.
    due: u64,
    index: u32,
    generation: u32,
    /// Milliseconds.
    limit: u32,
}

impl Wait {
    /// The task, if it has not settled and never begun.
    fn task(&self, tasks: &TaskTable) -> Option<u32> {
        let index = tasks.find(TaskId { index: self.index, generation: self.generation })?;
        let task = tasks.get(index);
        (task.attempt == 1 && !task.started && !task.abandoned).then_some(index)
    }
}

/// All of them, the next one due first.
#[derive(Debug)]
pub(super) struct Waits {
    heap: BinaryHeap<Reverse<Wait>>,
    /// Length at which those that are over are sought out.
    sweep_at: usize,
}

impl Default for Waits {
    fn default() -> Waits {
        Waits { heap: BinaryHeap::new(), sweep_at: FEW }
    }
}

impl Waits {
    /// The task may wait for `limit` milliseconds from `now` on.
    pub(super) fn add(&mut self, tasks: &TaskTable, task: TaskId, limit: u32, now: u64) {
        if self.heap.len() >= self.sweep_at {
            self.heap.retain(|Reverse(wait)| wait.task(tasks).is_some());
            self.sweep_at = (self.heap.len() * 2).max(FEW);
        }
        let due = now.saturating_add(u64::from(limit) * 1_000_000);
        self.heap.push(Reverse(Wait { due, index: task.index, generation: task.generation, limit }));
    }

    /// When the first limit passes; `u64::MAX` = there is none.
    pub(super) fn due(&self) -> u64 {
        self.heap.peek().map_or(u64::MAX, |Reverse(wait)| wait.due)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    fn take_due(&mut self, now: u64) -> Option<Wait> {
        if self.due() > now {
            return None;
        }
        self.heap.pop().map(|Reverse(wait)| wait)
    }
}

/// Whether a task still waits, as far as its worker's ring tells.
fn waits(wait: &Wait, tasks: &TaskTable, workers: &[Option<Box<Worker>>]) -> bool {
    let Some(index) = wait.task(tasks) else { return false };
    match tasks.get(index).place {
        Place::Placed { worker, .. } => {
            workers[worker as usize].as_ref().is_some_and(|worker| !worker.has_started(tasks, index))
        }
        _ => true,
    }
}

impl Driver {
    /// Drops what is over from the top, so that no timer is set for it; everything, if no task is pending.
    pub(super) fn tidy_waits(&mut self, pending: bool) {
        if !pending {
            self.waits = Waits::default();
        }
        while let Some(Reverse(wait)) = self.waits.heap.peek()
            && !waits(wait, &self.tasks, &self.workers)
        {
            self.waits.heap.pop();
        }
    }

    /// Rejects the tasks that have waited for too long. What a worker has begun in the meantime is left to it.
    pub(super) fn check_waits(&mut self, now: u64, sink: &mut dyn Sink) {
        while let Some(wait) = self.waits.take_due(now) {
            if let Some(index) = wait.task(&self.tasks)
                && self.withdraw(index)
            {
                let limit = Duration::from_millis(u64::from(wait.limit));
                self.settle_unplaced(index, FailureCause::WaitedTooLong { limit }, sink);
            }
        }
    }

    /// Takes a task that no worker has begun out of wherever it waits: it will never run. False: it has begun.
    pub(super) fn withdraw(&mut self, index: u32) -> bool {
        match self.tasks.get(index).place {
            Place::Free | Place::Aside => return false,
            Place::Queued => self.queues.unlink(&mut self.tasks, index),
            Place::Starved => self.tasks.unlink(&mut self.starved, index),
            Place::Solitary => self.solitary.unlink(&mut self.tasks, index),
            Place::Placed { worker, position } => {
                let Some(worker) = self.workers[worker as usize].as_mut() else { return false };
                if self.tasks.get(index).started || !worker.lane.submissions.revoke(position) {
                    return false;
                }
                worker.unlink(&mut self.tasks, index);
            }
        }
        true
    }
}
