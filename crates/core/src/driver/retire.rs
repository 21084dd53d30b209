//! Workers that are to go without a task being interrupted, whoever wants it: a reload, a resize, a strategy.

use super::Driver;
use super::worker::{Fate, WorkerState};
use crate::observe::RestartReason;

impl Driver {
    /// This worker gets no more tasks, gives back those that it has not begun, and leaves once the others have ended.
    /// `replaced`: why another one takes its place, if one does.
    pub(super) fn retire(&mut self, slot: usize, replaced: Option<RestartReason>) {
        let Some(worker) = self.workers[slot].as_mut() else { return };
        worker.leaves_for = worker.leaves_for.or(replaced);
        worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, None);
        // It may have begun a task before the host has heard that it is ready.
        if worker.state == WorkerState::Starting && worker.in_flight.is_empty() {
            return worker.condemn(Fate::Retired);
        }
        worker.retiring = true;
        self.retiring = true;
        // It may have nothing to do already.
        self.wake();
    }

    /// Lets those go that have nothing left to do.
    pub(super) fn dismiss_retired(&mut self, now: u64) {
        if !std::mem::take(&mut self.retiring) {
            return;
        }
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_ref() else { continue };
            if !worker.retiring
                || worker.exit.is_some()
                || worker.fate.is_some()
                || worker.leave_by != u64::MAX
            {
                continue;
            }
            if worker.in_flight.is_empty() {
                self.dismiss(slot, now);
            } else {
                self.retiring = true;
            }
        }
    }
}
