//! The supply of workers: starting them, hearing of them from the launcher, sending them away.

use super::deadlines::start_failure;
use super::worker::{Fate, Worker, WorkerState};
use super::{Driver, Ending, PoolEvent, Sink, affinity, forget, nanoseconds, turn};
use crate::Result;
use crate::launcher::LauncherEvent;
use crate::task::FailureCause;
use hatchery_sys::{Exit, Trigger};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

/// Time an idle worker gets to run its exit listeners.
const FAREWELL: Duration = Duration::from_secs(2);

impl Driver {
    /// Workers that are, or will be, there to take tasks.
    pub(super) fn staying(&self) -> usize {
        self.workers.iter().flatten().filter(|worker| worker.is_staying()).count()
    }

    /// Starts workers up to the minimum, and above it up to the maximum while tasks wait. Spares go first, and are
    /// replaced. True: a spare has become a worker, which has nothing to do yet.
    pub(super) fn supply(&mut self, now: u64) -> bool {
        let active = match self.ending {
            Ending::Open => true,
            Ending::Draining => !self.queues.is_empty(),
            _ => false,
        };
        if !self.launcher_ready || !active || self.recovery.suspended || now < self.start_again_at {
            return false;
        }
        let staying = self.staying();
        let is_starting = |worker: &Worker| worker.state == WorkerState::Starting && !worker.spare;
        let starting = self.workers.iter().flatten().filter(|worker| is_starting(worker)).count();
        // What lies unbegun in a ring waits as much as what is queued.
        let ahead =
            |worker: &Worker| worker.in_flight.length().saturating_sub(worker.window.concurrency() as usize);
        let prefetched: usize = self.workers.iter().flatten().map(|worker| ahead(worker)).sum();
        let waiting = (self.queues.length() + prefetched).saturating_sub(starting);
        let wanted = (staying + waiting).clamp(self.options.minimum_workers, self.options.maximum_workers);
        let mut promoted = false;
        for _ in staying..wanted {
            if self.promote_spare(now) {
                promoted = true;
            } else if !self.try_to_start(false, now) {
                return promoted;
            }
        }
        let spares = self.workers.iter().flatten().filter(|worker| worker.spare && worker.may_stay()).count();
        for _ in spares..self.options.spares {
            if !self.try_to_start(true, now) {
                break;
            }
        }
        promoted
    }

    /// Makes a spare a worker, one that is ready if there is one. With an affinity it must be on the processors of the
    /// place it takes; if none is, a worker has to be started.
    fn promote_spare(&mut self, now: u64) -> bool {
        let place = self.vacant_place();
        let site = self.sites.of(place);
        let spares = self.workers.iter_mut().flatten().filter(|worker| worker.spare && worker.may_stay());
        let spares = spares.filter(|worker| self.sites.of(worker.place) == site);
        let Some(spare) = spares.min_by_key(|worker| worker.state != WorkerState::Running) else {
            return false;
        };
        spare.spare = false;
        spare.place = place;
        spare.idle_since = now;
        true
    }

    /// Starts a worker; false: it failed, and is tried again later.
    fn try_to_start(&mut self, spare: bool, now: u64) -> bool {
        let outcome = self.start_worker(spare, now);
        if let Err(error) = &outcome {
            self.last_start_failure = Some(start_failure(&error.to_string()));
            self.start_failures += 1;
            self.pause_starts(now);
        }
        outcome.is_ok()
    }

    /// Gives up when nothing can be started (no descriptors, no memory) and nobody is left to run a task.
    pub(super) fn check_starts(&mut self, now: u64, sink: &mut dyn Sink) {
        if self.start_failures >= self.options.maximum_start_failures && self.staying() == 0 {
            let reason = self.last_start_failure.take();
            self.give_up(reason.unwrap_or_else(|| start_failure("no worker can be started")), now, sink);
        }
    }

    /// The lowest place that no worker has.
    fn vacant_place(&self) -> usize {
        let staying = self.workers.iter().flatten().filter(|worker| worker.is_staying());
        affinity::vacant(staying.map(|worker| worker.place))
    }

    /// The lowest place that neither a worker nor another spare has.
    fn place_for_spare(&self) -> usize {
        let living = self.workers.iter().flatten().filter(|worker| worker.may_stay());
        affinity::vacant(living.map(|worker| worker.place))
    }

    fn start_worker(&mut self, spare: bool, now: u64) -> Result<()> {
        let number = self.next_worker;
        // A spare waits on the processors of a place that would be next, so that several serve several places.
        let place = if spare { self.place_for_spare() } else { self.vacant_place() };
        let mut worker = Worker::start(
            number,
            place,
            self.sites.of(place),
            &self.options,
            self.lifeline_end.as_fd(),
            self.launcher.as_mut(),
            now,
        )?;
        worker.spare = spare;
        self.next_worker += 1;
        self.epoll.add(worker.completion_event.as_fd(), turn::COMPLETION, Trigger::Edge)?;
        self.epoll.add(worker.control.as_fd(), turn::CONTROL, Trigger::Edge)?;
        let worker = Some(Box::new(worker));
        match self.workers.iter().position(Option::is_none) {
            Some(slot) => self.workers[slot] = worker,
            None => self.workers.push(worker),
        }
        self.counters.started += 1;
        Ok(())
    }

    /// Handles what the launcher has to say.
    pub(super) fn poll_launcher(&mut self, now: u64, sink: &mut dyn Sink) -> Result<()> {
        loop {
            let event = match self.launcher.poll() {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.fail(start_failure(&error.to_string()), sink);
                    // It may never speak again, not even of the deaths of its workers.
                    self.launcher.kill();
                    self.adopt_orphans();
                    return Ok(());
                }
            };
            match event {
                LauncherEvent::Ready(details) => {
                    self.launcher_ready = true;
                    sink.event(PoolEvent::Ready(details));
                    self.supply(now);
                }
                LauncherEvent::Degraded(reason) => {
                    self.watch_launcher()?;
                    self.launcher_due = now + nanoseconds(self.options.start_timeout);
                    sink.event(PoolEvent::Degraded(reason));
                }
                LauncherEvent::Failed(error) => self.fail(error, sink),
                LauncherEvent::Started { worker, process, descriptor } => {
                    let Some(entry) = self.workers.iter_mut().flatten().find(|entry| entry.number == worker)
                    else {
                        let _ = descriptor.kill(9);
                        continue;
                    };
                    self.epoll.add(descriptor.as_fd(), turn::PROCESS, Trigger::Edge)?;
                    entry.process = process;
                    if entry.fate.is_some() {
                        let _ = descriptor.kill(9);
                    }
                    entry.descriptor = Some(descriptor);
                    sink.event(PoolEvent::WorkerStarted { worker, process });
                }
                LauncherEvent::StartFailed { worker, errno } => {
                    let error = std::io::Error::from_raw_os_error(errno);
                    self.last_start_failure =
                        Some(start_failure(&format!("a worker could not be created: {error}")));
                    self.mark_dead(worker, Exit { code: -1, signal: 0 });
                }
                LauncherEvent::Exited { worker, exit } => self.mark_dead(worker, exit),
                LauncherEvent::ZygoteExited(exit) => {
                    self.watch_launcher()?;
                    if matches!(self.ending, Ending::Open | Ending::Draining) {
                        let how = describe(exit);
                        self.fail(start_failure(&format!("the zygote {how}")), sink);
                    }
                    self.adopt_orphans();
                }
            }
        }
    }

    /// While the pool ends: hears the launcher out without acting on it.
    pub(super) fn poll_launcher_to_the_end(&mut self) -> Result<()> {
        while let Ok(Some(_)) = self.launcher.poll() {}
        self.watch_launcher()
    }

    fn mark_dead(&mut self, number: u32, exit: Exit) {
        if let Some(worker) = self.workers.iter_mut().flatten().find(|worker| worker.number == number) {
            worker.exit = Some(exit);
        }
    }

    /// After the zygote's death nobody reports the deaths of its children: they are killed, and taken for dead.
    fn adopt_orphans(&mut self) {
        for worker in self.workers.iter_mut().flatten() {
            worker.condemn(Fate::Retired);
            worker.exit.get_or_insert(Exit { code: -1, signal: 9 });
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
        let cause = match &reason {
            Some(detail) => FailureCause::PoolFailed { detail: detail.clone() },
            None => FailureCause::PoolClosed,
        };
        while let Some(index) = self.starved.first() {
            self.tasks.unlink(&mut self.starved, index);
            self.queues.push_front(&mut self.tasks, index);
        }
        while let Some(index) = self.queues.first() {
            self.queues.unlink(&mut self.tasks, index);
            self.settle(index, cause.clone(), None, sink);
            forget(&mut self.tasks, &mut self.segments, &mut self.recovery, index);
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
        if !self.launcher_ready {
            // A zygote that is still loading modules does not listen.
            self.launcher.kill();
        }
        self.ending = Ending::Stopping(reason);
        self.drop_unstarted();
    }

    /// Without a launcher to report on them, workers that never got a process are gone already.
    fn drop_unstarted(&mut self) {
        if !self.launcher_ready {
            for worker in self.workers.drain(..).flatten() {
                worker.segments.keys().for_each(|number| self.segments.let_go(*number));
            }
        }
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
        if !self.launcher_ready {
            self.launcher.kill();
        }
    }

    /// Lets one idle worker go.
    pub(super) fn dismiss_idle(&mut self, slot: usize, now: u64) {
        if let Some(worker) = self.workers[slot].as_mut() {
            worker.dismiss(now + nanoseconds(FAREWELL));
        }
    }

    /// Brings the epoll set in line with the launcher's descriptors, which change with the start method.
    pub(super) fn watch_launcher(&mut self) -> Result<()> {
        let current: Vec<i32> = self.launcher.descriptors().iter().map(AsRawFd::as_raw_fd).collect();
        if current == self.watched {
            return Ok(());
        }
        for descriptor in self.launcher.descriptors() {
            if !self.watched.contains(&descriptor.as_raw_fd()) {
                self.epoll.add(descriptor, turn::LAUNCHER, Trigger::Level)?;
            }
        }
        // Descriptors that the launcher closed have left the epoll set by themselves.
        self.watched = current;
        Ok(())
    }
}

pub(super) fn describe(exit: Exit) -> String {
    if exit.signal != 0 {
        format!("was killed by signal {}", exit.signal)
    } else {
        format!("left with exit code {}", exit.code)
    }
}
