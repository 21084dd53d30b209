//! Workers that are to go without a task being interrupted, whoever wants it: a reload, a resize.

use super::Driver;
use super::worker::{Fate, WorkerState};

impl Driver {
    /// This worker gets no more tasks, gives back those that it has not begun, and leaves once the others have ended.
    pub(super) fn retire(&mut self, slot: usize, now: u64) {
        let Some(worker) = self.workers[slot].as_mut() else { return };
        if worker.state == WorkerState::Starting {
            return worker.condemn(Fate::Retired);
        }
        worker.retiring = true;
        worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, None);
        self.dismiss_retired(now);
    }

    /// Lets those go that have nothing left to do.
    pub(super) fn dismiss_retired(&mut self, now: u64) {
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_ref() else { continue };
            let idle = worker.in_flight.is_empty() && worker.exit.is_none();
            if worker.retiring && idle && worker.fate.is_none() && worker.leave_by == u64::MAX {
                self.dismiss(slot, now);
            }
        }
    }
}
