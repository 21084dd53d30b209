//! Health: which workers turn, and what becomes of those that do not.
//!
//! Rounds are made by the driver's timer, as long as tasks are pending (an idle pool is left asleep) or a worker is
//! suspect. A worker under load costs a round two loads: it has published something, or its heartbeat has moved. Only
//! one that has shown neither is asked, and looked up.
//!
//! - A worker that does not answer gets no more tasks, and what it has not begun goes to others.
//! - A stopped one is killed after its limit, and so is one that is in no task and does not answer.
//! - One that is in a task and computes is busy, and one that waits there for something is blocked; neither is killed,
//!   unless the pool sets a limit for the latter.

mod options;
mod vigil;

pub use options::HealthOptions;
pub use vigil::Health;
pub(crate) use vigil::Vigil;

use super::worker::{Fate, Worker, WorkerState};
use super::{Driver, PoolEvent, Sink, nanoseconds};
use std::time::Duration;
use vigil::Finding;

/// The rounds of one pool.
#[derive(Debug)]
pub(super) struct Rounds {
    /// Nanoseconds between two; `u64::MAX` = there are none.
    interval: u64,
    /// When the next one is due; `u64::MAX` = there is nothing to look at.
    due: u64,
    /// The last one has found a worker that does not turn.
    suspects: bool,
}

impl Rounds {
    pub(super) fn new(options: &HealthOptions) -> Rounds {
        Rounds { interval: options.interval.map_or(u64::MAX, nanoseconds), due: u64::MAX, suspects: false }
    }

    /// Another interval. A round that is due is not put off: the next turn sees to it.
    pub(super) fn set_interval(&mut self, options: &HealthOptions) {
        let interval = Rounds::new(options).interval;
        if interval != self.interval {
            self.interval = interval;
            self.due = u64::MAX;
        }
    }

    /// When the next round is due; `u64::MAX` = none is.
    pub(super) fn due(&self) -> u64 {
        self.due
    }

    /// Begins with the first task, and ends with the last one.
    pub(super) fn attend(&mut self, busy: bool, now: u64) {
        if !busy && !self.suspects {
            self.due = u64::MAX;
        } else if self.due == u64::MAX {
            self.due = now.saturating_add(self.interval);
        }
    }
}

impl Driver {
    /// Makes a round if one is due.
    pub(super) fn check_health(&mut self, now: u64, sink: &mut dyn Sink) {
        let Rounds { interval, due, .. } = self.rounds;
        if now < due {
            return;
        }
        self.rounds.due = now.saturating_add(interval);
        // This process was stopped, or the whole machine was busy: what a worker has not done meanwhile says nothing of it.
        // Of a suspended machine the clock does not even know.
        let stalled = now - due >= interval;
        let mut suspects = false;
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_mut() else { continue };
            if !worker.is_watched() {
                continue;
            }
            // What it has said is not heard yet: it may wait for that.
            if stalled || worker.lane.completions.has_more() {
                worker.vigil.forgive(now);
            } else {
                self.check_worker(slot, now, sink);
            }
            suspects |= self.workers[slot].as_ref().is_some_and(|worker| worker.vigil.is_suspect());
        }
        self.rounds.suspects = suspects;
    }

    fn check_worker(&mut self, slot: usize, now: u64, sink: &mut dyn Sink) {
        let Some(worker) = self.workers[slot].as_mut() else { return };
        let Worker { vigil, lane, descriptor, process, .. } = &mut **worker;
        let look = || descriptor.as_ref().and_then(|descriptor| descriptor.activity(*process));
        let verdict = vigil.round(now, lane.heartbeat(), look);
        if verdict.ask {
            // A full counter wakes it as well; it cannot fail in another way.
            let _ = worker.submission_event.notify();
        }
        if worker.vigil.is_shunned() {
            // Never more than lies there unbegun: whatever it is in keeps its task.
            worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, None);
        }
        let in_task = !worker.in_flight.is_empty();
        if verdict.news {
            sink.event(worker.health_event());
        }
        let limits = &self.options.health;
        let past = |time: u64, limit: Option<Duration>| limit.filter(|limit| time >= nanoseconds(*limit));
        let (lasting, silence) = (worker.vigil.lasting(now), worker.vigil.silence(now));
        let limit = match verdict.finding {
            Finding::Turning | Finding::Traced => None,
            Finding::Stopped => past(lasting, limits.stopped_timeout),
            _ if !in_task => past(silence, limits.unresponsive_timeout),
            Finding::Blocked => past(lasting, limits.blocked_timeout),
            Finding::Working => None,
        };
        if let Some(limit) = limit {
            let stopped = verdict.finding == Finding::Stopped;
            self.condemn(slot, Fate::Unresponsive { stopped, limit });
        }
    }
}

impl Worker {
    /// Whether its health is of interest: it has tasks, also if it is to leave after these, or would not take any. Once told
    /// to leave it has a limit of its own.
    fn is_watched(&self) -> bool {
        let lives = self.state == WorkerState::Running && self.fate.is_none() && self.exit.is_none();
        let told = self.leave_by != u64::MAX;
        lives && !told && (!self.in_flight.is_empty() || self.vigil.is_suspect())
    }

    /// How it is, as far as the last round tells.
    pub(super) fn health(&self) -> Health {
        match self.state {
            WorkerState::Created | WorkerState::Starting => Health::Starting,
            _ => self.vigil.health(!self.in_flight.is_empty()),
        }
    }

    /// Tells of how it is.
    pub(super) fn health_event(&self) -> PoolEvent {
        PoolEvent::WorkerHealth { worker: self.number, process: self.process, health: self.health() }
    }
}
