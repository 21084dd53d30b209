//! The supply of workers: starting them, and sending them away.

use super::deadlines::start_failure;
use super::output::Printer;
use super::scaling::ScaleReason;
use super::worker::{Fate, Vacancy, Worker, WorkerState};
use super::{Driver, Ending, PoolEvent, Sink, affinity, forget, nanoseconds, turn};
use crate::launcher::pipes;
use crate::observe::log::entries;
use crate::task::FailureCause;
use crate::{Error, Result};
use hatchery_sys::process::signal_name;
use hatchery_sys::{Exit, Trigger};
use std::os::fd::AsFd;
use std::time::Duration;

/// Time an idle worker gets to run its exit listeners.
const FAREWELL: Duration = Duration::from_secs(2);

impl Driver {
    /// Workers that are, or will be, there to take tasks.
    pub(super) fn staying(&self) -> usize {
        self.workers.iter().flatten().filter(|worker| worker.is_staying()).count()
    }

    /// Starts workers up to as many as there should be. Spares go first, and are replaced. True: a spare has become a
    /// worker, which has nothing to do yet.
    pub(super) fn supply(&mut self, now: u64) -> bool {
        self.settle_succession();
        let active = match self.ending {
            Ending::Open => true,
            Ending::Draining => self.has_queued(),
            _ => false,
        };
        if !self.origins.ready() || !active || self.recovery.suspended || now < self.start_again_at {
            // Whatever ends this makes a turn: no timer has to.
            self.scaling.rest();
            return false;
        }
        let tally = self.tally();
        let (wanted, reason) = self.wanted(tally, now);
        let (mut size, mut promoted) = (tally.staying, false);
        while size < wanted {
            if self.promote_spare(now) {
                promoted = true;
            } else if !self.try_to_start(false, now) {
                break;
            }
            size += 1;
        }
        if size > tally.staying {
            self.place_ahead(now);
        }
        let otherwise = if self.reload.is_some() { ScaleReason::Reload } else { ScaleReason::Exit };
        self.note_size(size, if size > tally.staying { reason } else { otherwise });
        if size < wanted {
            return promoted;
        }
        self.supply_spares(now);
        promoted
    }

    /// Starts a worker; false: it failed, and is tried again later.
    pub(super) fn try_to_start(&mut self, spare: bool, now: u64) -> bool {
        let outcome = self.start_worker(spare, now);
        if let Err(error) = &outcome {
            self.note_failed_start(error, now);
        }
        outcome.is_ok()
    }

    /// A worker could not even be asked for.
    pub(super) fn note_failed_start(&mut self, error: &Error, now: u64) {
        let failure = start_failure(&error.to_string());
        self.last_start_failure = Some(failure.clone());
        self.untold_start_failures.push(failure);
        self.start_failures += 1;
        self.pause_starts(now);
    }

    /// Gives up when nothing can be started (no descriptors, no memory) and nobody is left to run a task.
    pub(super) fn check_starts(&mut self, now: u64, sink: &mut dyn Sink) {
        // Where they fail there may be no sink to tell.
        for failure in self.untold_start_failures.drain(..) {
            sink.event(PoolEvent::Warning(failure));
        }
        // One that is due for replacement serves for as long as it has to.
        let any = |worker: &Worker| worker.is_staying() || (worker.is_serving() && worker.tasks_left() > 0);
        if self.start_failures >= self.options.maximum_start_failures
            && !self.workers.iter().flatten().any(|worker| any(worker))
        {
            let reason = self.last_start_failure.take();
            self.give_up(reason.unwrap_or_else(|| start_failure("no worker can be started")), now, sink);
        }
    }

    /// The lowest place that no worker has.
    pub(super) fn vacant_place(&self) -> usize {
        let staying = self.workers.iter().flatten().filter(|worker| worker.is_staying());
        affinity::vacant(staying.map(|worker| worker.place))
    }

    fn start_worker(&mut self, spare: bool, now: u64) -> Result<()> {
        // A spare waits on the processors of a place that would be next, so that several serve several places.
        let place = if spare { self.place_for_spare() } else { self.vacant_place() };
        self.start_worker_from(self.origins.current().serial, place, spare, now).map(drop)
    }

    /// Starts a worker from a certain origin at a certain place. Its number.
    pub(super) fn start_worker_from(
        &mut self,
        origin: u32,
        place: usize,
        spare: bool,
        now: u64,
    ) -> Result<u32> {
        let number = self.next_worker;
        let origin = self.origins.find_mut(origin);
        let origin = origin.ok_or_else(|| Error::StartFailed("the zygote is gone".into()))?;
        let vacancy = Vacancy { number, place, site: self.sites.of(place), leaf: self.leaves.make(number)? };
        let (pipes, ends) = pipes(origin.launcher.captures())?;
        let lifeline = self.lifeline_end.as_fd();
        let mut worker = Worker::start(vacancy, &self.options, lifeline, origin, ends, now)?;
        worker.spare = spare;
        entries::worker_requested(number, origin.launcher.method(), place, spare);
        self.next_worker += 1;
        self.epoll.add(worker.wake_ups.as_fd(), turn::COMPLETION, Trigger::Edge)?;
        self.epoll.add(worker.control.as_fd(), turn::CONTROL, Trigger::Edge)?;
        self.watch_outputs(Printer::Worker(number), pipes)?;
        let worker = Some(Box::new(worker));
        match self.workers.iter().position(Option::is_none) {
            Some(slot) => self.workers[slot] = worker,
            None => self.workers.push(worker),
        }
        self.counters.started += 1;
        Ok(number)
    }

    pub(super) fn mark_dead(&mut self, number: u32, exit: Exit) {
        if let Some(worker) = self.workers.iter_mut().flatten().find(|worker| worker.number == number) {
            worker.exit = Some(exit);
        }
    }

    /// The pool cannot go on: settles everything with the reason, once, and ends.
    pub(super) fn fail(&mut self, reason: String, sink: &mut dyn Sink) {
        if matches!(self.ending, Ending::Stopping(_) | Ending::Closed(_)) {
            return;
        }
        self.stop(Some(reason.clone()), sink);
        sink.event(PoolEvent::Failed(reason));
    }

    /// Settles every pending task, and kills all workers and the zygote.
    pub(super) fn stop(&mut self, reason: Option<String>, sink: &mut dyn Sink) {
        // There may be no other turn to tell of these.
        self.tell_dropped(sink);
        let cause = match &reason {
            Some(detail) => FailureCause::PoolFailed { detail: detail.clone() },
            None => FailureCause::PoolClosed,
        };
        // What has not begun never will: not even until the worker is killed.
        for worker in self.workers.iter_mut().flatten() {
            worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, None);
        }
        while let Some(index) = self.starved.first() {
            self.tasks.unlink(&mut self.starved, index);
            self.queues.push_front(&mut self.tasks, index);
        }
        while let Some(index) = self.solitary.first() {
            self.solitary.unlink(&mut self.tasks, index);
            self.settle_unplaced(index, cause.clone(), sink);
        }
        while let Some(index) = self.queues.first() {
            self.queues.unlink(&mut self.tasks, index);
            self.settle_unplaced(index, cause.clone(), sink);
        }
        self.settle_all_aside(&cause, sink);
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_mut() else { continue };
            worker.condemn(Fate::Retired);
            worker.check_at = u64::MAX;
            while let Some(index) = self.workers[slot].as_ref().and_then(|worker| worker.in_flight.first()) {
                if !self.tasks.get(index).abandoned || self.recovery.is_overrun(index) {
                    self.settle(index, cause.clone(), Some(slot as u32), sink);
                }
                if let Some(worker) = self.workers[slot].as_mut() {
                    worker.unlink(&mut self.tasks, index);
                }
                forget(&mut self.tasks, &mut self.segments, &mut self.recovery, index);
            }
        }
        self.abandon_reload();
        self.origins.kill_unready();
        self.ending = Ending::Stopping(reason);
    }

    /// The drained pool lets its workers go.
    pub(super) fn dismiss_all(&mut self, now: u64) {
        let leave_by = now + nanoseconds(FAREWELL);
        for worker in self.workers.iter_mut().flatten() {
            match worker.state {
                WorkerState::Running => worker.dismiss(leave_by),
                _ => worker.condemn(Fate::Retired),
            }
        }
        self.origins.kill_unready();
    }

    /// Asks one idle worker to leave.
    pub(super) fn dismiss(&mut self, slot: usize, now: u64) {
        if let Some(worker) = self.workers[slot].as_mut() {
            worker.dismiss(now + nanoseconds(FAREWELL));
        }
    }
}

pub(super) fn describe(exit: Exit) -> String {
    if !exit.is_known() {
        "ended, nobody knows how,".into()
    } else if exit.signal != 0 {
        format!("was killed by {}", signal_name(exit.signal))
    } else {
        format!("left with exit code {}", exit.code)
    }
}
