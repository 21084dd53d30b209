//! Tasks that are to have no neighbours: each is one of several that a worker may have died of.
//!
//! They wait in a list of their own, so that they hold up nobody, and go first to whichever worker has nothing to do. While
//! no worker has, one is reserved: it is given nothing more, so that they cannot be passed over for ever.

use super::Driver;
use super::worker::{Full, Spot, Worker};
use crate::task::{List, Place, Priority, TaskTable};

/// Those that wait, the next one first.
#[derive(Debug, Default)]
pub(super) struct Solitary {
    list: List,
    /// A worker may be reserved.
    reserved: bool,
}

impl Solitary {
    /// None waits.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many wait.
    pub(super) fn length(&self) -> usize {
        self.list.length()
    }

    /// How many of a priority wait.
    pub(super) fn length_of(&self, tasks: &TaskTable, priority: Priority) -> usize {
        let following = |index: &u32| tasks.next(*index);
        let all = std::iter::successors(self.list.first(), following);
        all.filter(|index| tasks.get(*index).priority == priority).count()
    }

    /// Nothing is to be done.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.list.is_empty() && !self.reserved
    }

    /// A task that is in no list waits here from now on.
    pub(super) fn add(&mut self, tasks: &mut TaskTable, index: u32) {
        tasks.get_mut(index).place = Place::Solitary;
        tasks.push_back(&mut self.list, index);
    }

    /// Takes a task out.
    pub(super) fn unlink(&mut self, tasks: &mut TaskTable, index: u32) {
        tasks.unlink(&mut self.list, index);
    }

    /// The next one.
    pub(super) fn first(&self) -> Option<u32> {
        self.list.first()
    }
}

impl Driver {
    /// Places tasks that are to have no neighbours on workers without any, and reserves a worker for those left.
    pub(super) fn dispatch_solitary(&mut self, now: u64) {
        if self.solitary.is_idle() {
            return;
        }
        while let Some(index) = self.solitary.first() {
            let Some(slot) = self.workers.iter().position(is_vacant) else { break };
            let Some(worker) = self.workers[slot].as_mut() else { break };
            let Driver { tasks, functions, segments, solitary, timing, .. } = self;
            solitary.unlink(tasks, index);
            let spot = Spot { slot: slot as u16, stamp: timing.stamp(tasks, index, now), now };
            match worker.place(spot, tasks, functions, segments, index) {
                Ok(()) => worker.alone = true,
                Err(Full::Worker) => {
                    // Tried again when `placement_due` says.
                    tasks.push_front(&mut solitary.list, index);
                    break;
                }
                Err(Full::Memory) => self.starve(index),
            }
        }
        self.reserve();
    }

    /// Sees to it that one worker comes to have nothing to do while such tasks wait, and no other is held back for them.
    fn reserve(&mut self) {
        let Driver { workers, recovery, tasks, queues, solitary, .. } = self;
        solitary.reserved = !solitary.is_empty();
        let able = |worker: &Worker| worker.is_serving() && worker.tasks_left() > 0;
        let runs_one =
            |worker: &Worker| worker.in_flight.first().is_some_and(|index| recovery.runs_alone(index));
        // One that runs such a task is the next one's in any case.
        let mut wanted = solitary.reserved
            && !workers
                .iter()
                .flatten()
                .any(|worker| worker.keeps_apart() && runs_one(worker) && able(worker));
        for worker in workers.iter_mut().flatten() {
            if worker.keeps_apart() && !runs_one(worker) {
                worker.alone = wanted && able(worker);
                wanted &= !worker.alone;
            }
        }
        let fewest = workers.iter_mut().flatten().filter(|worker| wanted && able(worker));
        if let Some(worker) = fewest.min_by_key(|worker| worker.in_flight.length()) {
            worker.alone = true;
            worker.take_back(tasks, queues, usize::MAX, None);
        }
    }

    /// Such a task waits, though a worker has nothing to do.
    pub(super) fn solitary_refused(&self) -> bool {
        !self.solitary.is_empty() && self.workers.iter().any(is_vacant)
    }
}

/// Has nothing to do, and takes tasks.
fn is_vacant(worker: &Option<Box<Worker>>) -> bool {
    worker
        .as_ref()
        .is_some_and(|worker| worker.is_serving() && worker.in_flight.is_empty() && worker.tasks_left() > 0)
}
