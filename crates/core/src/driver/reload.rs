//! Other code for a running pool: a new origin, tried with one worker, then a new worker for every old one.
//!
//! Workers are replaced one by one. The new one is ready before the old one gets no more tasks, so that there are never
//! fewer than before; the old one ends what it has begun, and then leaves. Until the first new worker is ready the old
//! code is what the pool runs: if the new code fails, nothing has changed.

use super::deadlines::start_failure;
use super::worker::{Fate, Worker, WorkerState};
use super::{Driver, Ending, PoolEvent, Sink, nanoseconds};
use crate::launcher::LauncherFactory;
use crate::observe::RestartReason;
use crate::observe::log::entries;
use crate::{Error, Result};
use hatchery_sys::clock;

/// A reload under way.
pub(super) struct Reload {
    /// Serial of the new origin.
    origin: u32,
    /// Of the new code; the origin may be gone before its workers are.
    generation: u32,
    /// Makes its like; taken when it becomes the current one.
    factory: Option<LauncherFactory>,
    /// Why: the code is the same, and it is the pool's own doing.
    restart: bool,
    /// Number of the worker that was started for an old one, and of that.
    pair: Option<(u32, Option<u32>)>,
}

impl Driver {
    /// Replaces the origin of workers by one that `factory` makes, and every worker by one from there. Queued tasks run on
    /// either. Ends with [`PoolEvent::Reloaded`] when the last old worker has left, or with [`PoolEvent::ReloadFailed`]
    /// if the new code cannot be started; then all is as before.
    ///
    /// # Errors
    /// [`Error::PoolClosed`] and [`Error::PoolFailed`] if the pool is ending, [`Error::ReloadInProgress`], or what
    /// `factory` says.
    pub fn reload(&mut self, factory: LauncherFactory) -> Result<()> {
        self.check_open()?;
        match &self.reload {
            // It replaces the workers of that one as well.
            Some(reload) if reload.restart => drop(self.abandon_reload()),
            Some(_) => return Err(Error::ReloadInProgress),
            None => {}
        }
        self.begin_reload(factory, false)
    }

    /// Starts the same code anew, as [`reload`](Driver::reload) does. False: this pool has no zygote of its own, or none
    /// that can be had once more, or is on its way to another one; workers can be replaced all the same.
    pub(super) fn restart_by_reload(&mut self) -> bool {
        let forks = self.origins.current().launcher.method() == "fork";
        let factory = self.origins.factory.clone().filter(|_| forks && self.origins.ready());
        if self.ending != Ending::Open || self.reload.is_some() {
            return false;
        }
        let Some(factory) = factory else { return false };
        match self.begin_reload(factory, true) {
            Ok(()) => true,
            Err(error) => {
                self.untold_start_failures.push(start_failure(&error.to_string()));
                false
            }
        }
    }

    /// Whether a restart is under way that replaces workers of this generation, where it is known, as well.
    pub(super) fn is_being_restarted(&self, generation: Option<u32>) -> bool {
        let older = |reload: &Reload| generation.is_none_or(|generation| generation < reload.generation);
        self.reload.as_ref().is_some_and(|reload| reload.restart && older(reload))
    }

    fn begin_reload(&mut self, factory: LauncherFactory, restart: bool) -> Result<()> {
        let launcher = factory()?;
        let due = clock::monotonic_nanoseconds().saturating_add(nanoseconds(self.options.start_timeout));
        let (origin, generation) = self.origins.begin_trial(launcher, due);
        self.origins.watch(&self.epoll)?;
        entries::reload_begun(generation);
        self.reload = Some(Reload { origin, generation, factory: Some(factory), restart, pair: None });
        self.wake();
        Ok(())
    }

    /// The next step of a reload, if one is due.
    pub(super) fn advance_reload(&mut self, now: u64, sink: &mut dyn Sink) {
        let Some(reload) = &self.reload else { return };
        if !self.origins.find(reload.origin).is_some_and(|origin| origin.ready) && reload.factory.is_some() {
            return;
        }
        if let Some((number, replaces)) = reload.pair {
            match self.slot_of(number).and_then(|slot| self.workers[slot].as_ref()).map(|worker| worker.state)
            {
                Some(WorkerState::Running) => self.take_over(replaces, now, sink),
                Some(_) => return self.dismiss_retired(now),
                // It has died; if the code is known to be good, another one is started.
                None => self.set_pair(None),
            }
        }
        self.dismiss_retired(now);
        self.start_replacement(now, sink);
    }

    /// A new worker is ready: the old one that it replaces gets no more tasks.
    fn take_over(&mut self, replaces: Option<u32>, now: u64, sink: &mut dyn Sink) {
        self.count_successor();
        self.set_pair(None);
        let factory = self.reload.as_mut().and_then(|reload| reload.factory.take());
        if let Some(factory) = factory {
            let before = self.origins.current().degraded.clone();
            self.origins.accept_trial(factory);
            // Workers can be had again, if the one before could make none.
            self.wake();
            let current = self.origins.current();
            if let Some(reason) = current.degraded.clone().filter(|_| before.is_none()) {
                sink.event(PoolEvent::Degraded(reason));
            }
            // Spares of the old code would only be replaced as well.
            for slot in 0..self.workers.len() {
                if self.workers[slot].as_ref().is_some_and(|worker| worker.spare) {
                    self.retire(slot, None);
                }
            }
        }
        if let Some(slot) = replaces.and_then(|number| self.slot_of(number)) {
            self.retire(slot, Some(RestartReason::Reload));
        }
        // The old one has gone meanwhile, and there are enough without the new one.
        if self.staying() > self.options.maximum_workers {
            self.retire_surplus();
        }
        self.dispatch(now);
    }

    /// The new worker counts from now on as one that the pool has.
    fn count_successor(&mut self) {
        let pair = self.reload.as_ref().and_then(|reload| reload.pair);
        if let Some(slot) = pair.and_then(|(number, _)| self.slot_of(number))
            && let Some(worker) = self.workers[slot].as_mut()
        {
            worker.successor = false;
        }
    }

    /// If the old one has gone before the new one was ready, another one need not be started in its place.
    pub(super) fn settle_succession(&mut self) {
        let Some(Reload { factory: None, pair: Some((_, Some(replaces))), .. }) = &self.reload else {
            return;
        };
        let slot = self.slot_of(*replaces);
        let stays =
            slot.and_then(|slot| self.workers[slot].as_ref()).is_some_and(|worker| worker.is_staying());
        if !stays && self.staying() < self.options.maximum_workers {
            self.count_successor();
        }
    }

    /// Starts the worker that takes the place of the least busy of the old ones.
    fn start_replacement(&mut self, now: u64, sink: &mut dyn Sink) {
        if self.ending != Ending::Open || now < self.start_again_at {
            return;
        }
        let Some(reload) = &self.reload else { return };
        let (origin, generation, on_trial) = (reload.origin, reload.generation, reload.factory.is_some());
        let restart = reload.restart;
        let is_old = |worker: &Worker| worker.generation < generation;
        let staying =
            self.workers.iter().flatten().filter(|worker| worker.is_staying() && worker.exit.is_none());
        let old = staying.filter(|worker| is_old(worker));
        let next = old.min_by_key(|worker| worker.in_flight.length());
        let replaces = next.map(|worker| (worker.number, worker.place));
        if replaces.is_none() && !on_trial {
            if !self.workers.iter().flatten().any(|worker| is_old(worker)) {
                self.reload = None;
                let degraded = self.origins.current().degraded.clone();
                sink.event(PoolEvent::Reloaded { generation, restart, degraded });
            }
            return;
        }
        // If this zygote has died meanwhile, the next one is waited for.
        let from = if on_trial { origin } else { self.origins.current().serial };
        if !self.origins.find(from).is_some_and(|origin| origin.ready) {
            return;
        }
        let place = replaces.map_or_else(|| self.vacant_place(), |(_, place)| place);
        match self.start_worker_from(from, place, false, now) {
            Ok(number) => {
                self.set_pair(Some((number, replaces.map(|(number, _)| number))));
                if let Some(slot) = self.slot_of(number)
                    && let Some(worker) = self.workers[slot].as_mut()
                {
                    worker.successor = true;
                }
            }
            Err(error) if on_trial => self.fail_reload(start_failure(&error.to_string()), sink),
            Err(error) => self.note_failed_start(&error, now),
        }
    }

    /// The new code cannot be started, for the reason given (JSON). Everything is as before.
    pub(super) fn fail_reload(&mut self, reason: String, sink: &mut dyn Sink) {
        let restart = self.reload.as_ref().is_some_and(|reload| reload.restart);
        if !self.abandon_reload() {
            return;
        }
        if restart {
            // Then at least what can be had: new workers of the zygote that there is.
            sink.event(PoolEvent::Warning(reason));
            self.retire_all();
        } else {
            sink.event(PoolEvent::ReloadFailed(reason));
        }
    }

    /// Gives a reload up, if one is under way: what is new and not in use yet goes. Whether there was one.
    pub(super) fn abandon_reload(&mut self) -> bool {
        self.count_successor();
        let Some(reload) = self.reload.take() else { return false };
        self.origins.reject_trial();
        if reload.factory.is_some()
            && let Some(worker) = reload.pair.and_then(|(number, _)| self.slot_of(number))
            && let Some(worker) = self.workers[worker].as_mut()
        {
            worker.condemn(Fate::Retired);
        }
        true
    }

    /// Whether this worker is the one by which new code is tried.
    pub(super) fn is_on_trial(&self, worker: &Worker) -> bool {
        self.reload.as_ref().is_some_and(|reload| reload.factory.is_some() && reload.origin == worker.origin)
    }

    fn set_pair(&mut self, pair: Option<(u32, Option<u32>)>) {
        if let Some(reload) = &mut self.reload {
            reload.pair = pair;
        }
    }

    fn slot_of(&self, number: u32) -> Option<usize> {
        let is_it =
            |worker: &Option<Box<Worker>>| worker.as_ref().is_some_and(|worker| worker.number == number);
        self.workers.iter().position(is_it)
    }
}
