//! Spares: workers that are there already when one is needed.
//!
//! What a task goes through for the first time in a process costs ten times what it costs again, a fork above all: it copies
//! each page that it writes to. A spare has nothing to do but wait, so it rehearses before it does, and the task that
//! comes as it takes the place of another worker finds the way trodden. And the fork of the next spare keeps away from that
//! task, since it takes a processor for longer.

use super::worker::{Worker, WorkerState};
use super::{Driver, affinity};
use crate::task::TaskId;
use hatchery_lane::{Completion, Location, Message};

/// How often a spare rehearses. Each is a sleep and a wake-up, as they come before a task.
const ROUNDS: u8 = 3;

/// Time between the need of a spare and the start of the next one, in nanoseconds. Many tasks fit in, and hardly another need.
const RESPITE: u64 = 3_000_000;

/// Tasks in the life of a worker that are no more than a few.
const FEW_TASKS: u64 = 16;

/// Names what is rehearsed, as no task is named.
pub(super) const REHEARSAL: TaskId = TaskId { index: u32::MAX, generation: 0 };

/// What a spare has done to be quick.
#[derive(Debug, Default)]
pub(super) struct Rehearsals {
    ended: u8,
    under_way: bool,
}

impl Rehearsals {
    /// What a worker says of a task that is not known. True: it is the end of the rehearsal that it was asked for.
    pub(super) fn end(&mut self, completion: &Completion) -> bool {
        let Message { task_index, task_generation, location, .. } = completion.message;
        let id = TaskId { index: task_index, generation: task_generation };
        let ended = self.under_way && id == REHEARSAL && matches!(location, Location::Inline { .. });
        if ended {
            self.under_way = false;
            self.ended += 1;
        }
        ended
    }
}

impl Driver {
    /// Starts spares up to as many as there should be.
    pub(super) fn supply_spares(&mut self, now: u64) {
        let soon = self.has_queued() || self.needs_many_spares();
        if now < self.spares_again_at && !soon {
            return;
        }
        let spares = self.workers.iter().flatten().filter(|worker| worker.spare && worker.may_stay()).count();
        for _ in spares..self.options.spares {
            if !self.try_to_start(true, now) {
                break;
            }
        }
    }

    /// Makes a spare a worker, one that is ready if there is one. With an affinity it must be on the processors of the
    /// place it takes; if none is, a worker has to be started.
    pub(super) fn promote_spare(&mut self, now: u64) -> bool {
        let place = self.vacant_place();
        let site = self.sites.of(place);
        let spares = self.workers.iter_mut().flatten().filter(|worker| worker.spare && worker.may_stay());
        let spares = spares.filter(|worker| self.sites.of(worker.place) == site);
        let readiness = |worker: &&mut Box<Worker>| {
            (worker.state != WorkerState::Running, u8::MAX - worker.rehearsals.ended)
        };
        let Some(spare) = spares.min_by_key(readiness) else {
            return false;
        };
        spare.spare = false;
        spare.place = place;
        spare.idle_since = now;
        spare.lifespan.begin(now);
        self.spares_again_at = now + RESPITE;
        true
    }

    /// Workers have so few tasks that spares are used up as a matter of course: there is no time to lose, and a rehearsal takes
    /// longer than it saves.
    fn needs_many_spares(&self) -> bool {
        self.options.limits.tasks.is_some_and(|tasks| tasks <= FEW_TASKS)
    }

    /// Has spares rehearse that have not yet, unless one may be needed at any moment.
    pub(super) fn rehearse_spares(&mut self) {
        if !self.rehearsals_due || self.has_queued() || self.needs_many_spares() {
            return;
        }
        self.rehearsals_due = false;
        for worker in self.workers.iter_mut().flatten() {
            let ready = worker.spare && worker.may_stay() && worker.state == WorkerState::Running;
            if ready && worker.rehearsals.ended < ROUNDS && !worker.rehearsals.under_way {
                worker.rehearsals.under_way = worker.rehearse(&self.functions);
            }
        }
    }

    /// The lowest place that neither a worker nor another spare has.
    pub(super) fn place_for_spare(&self) -> usize {
        let living = self.workers.iter().flatten().filter(|worker| worker.may_stay());
        affinity::vacant(living.map(|worker| worker.place))
    }
}
