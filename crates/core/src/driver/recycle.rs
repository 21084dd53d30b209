//! Workers that have run enough tasks, are old enough or have grown enough, or that somebody wants replaced, make room for
//! new ones.
//!
//! ```text
//! serving ──a limit──> due ──another is ready──> relieved ──it runs nothing──> told to leave
//! ```
//!
//! One that is due goes on, but is not counted: so the supply starts another one where one is needed. It has been relieved
//! once the pool has its size without it: then it gets no more tasks, and what it has not begun goes to others.

use super::worker::{Worker, WorkerState};
use super::{Driver, Ending, PoolEvent, Sink, WorkerLimits, nanoseconds};
use crate::observe::RestartReason;
use hatchery_sys::process;
use std::time::Duration;

/// Workers become due in the last tenth of their time, each at another point, so that those which started together do
/// not leave together.
const SPREAD: f64 = 0.1;

/// Of those that can go on, at most every fourth is replaced at a time.
const AT_A_TIME: usize = 4;

/// Why a worker is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecycleReason {
    /// It has been given as many tasks as it may.
    Tasks,
    /// It is as old as it may be.
    Age,
    /// It has more memory of its own than it should.
    Memory,
    /// Somebody has asked for it.
    Request,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Serving,
    Due(RecycleReason),
    Relieved(RecycleReason),
}

impl Worker {
    /// It runs nothing, and gets no more tasks.
    fn is_spent(&self) -> bool {
        self.in_flight.is_empty() && self.tasks_left() == 0
    }

    /// Of the tasks that it may run, those in its ring are some, so it runs these; if it is held up, others get them.
    fn may_be_relieved(&self, reason: RecycleReason) -> bool {
        reason != RecycleReason::Tasks || self.completed >= self.lifespan.enough || self.in_flight.is_empty()
    }
}

/// How much of its life a worker has had, and how much there is.
#[derive(Debug)]
pub(crate) struct Lifespan {
    stage: Stage,
    /// Tasks that it may be given.
    tasks: u64,
    /// Tasks after which it is due.
    enough: u64,
    /// When it began to take tasks, 0: not yet.
    born: u64,
    /// Age at which it is due.
    age: u64,
    /// Somebody wants it replaced.
    unwanted: bool,
}

impl Lifespan {
    pub(super) fn new(limits: &WorkerLimits) -> Lifespan {
        Lifespan::with(limits, process::random_word().unwrap_or_default())
    }

    fn with(limits: &WorkerLimits, random: u32) -> Lifespan {
        let part = 1.0 - SPREAD * f64::from(random) / f64::from(u32::MAX);
        let tasks = limits.tasks.unwrap_or(u64::MAX);
        Lifespan {
            stage: Stage::Serving,
            tasks,
            // Upwards: of few tasks none is given away.
            enough: limits.tasks.map_or(u64::MAX, |tasks| (tasks as f64 * part).ceil() as u64),
            born: 0,
            age: limits.age.map_or(u64::MAX, |age| nanoseconds(age.mul_f64(part))),
            unwanted: false,
        }
    }

    /// It takes tasks from now on.
    pub(super) fn begin(&mut self, now: u64) {
        self.born = now;
    }

    /// Time since it began to take tasks.
    pub(super) fn age(&self, now: u64) -> Duration {
        let since = if self.born == 0 { 0 } else { now.saturating_sub(self.born) };
        Duration::from_nanos(since)
    }

    /// Whether it counts as one of those that the pool has.
    pub(super) fn is_counted(&self) -> bool {
        self.stage == Stage::Serving
    }

    /// Whether it takes tasks, as far as this is concerned.
    pub(super) fn takes_tasks(&self) -> bool {
        !matches!(self.stage, Stage::Relieved(_))
    }

    /// Tasks that it may be given beyond `given`.
    pub(super) fn tasks_left(&self, given: u64) -> u64 {
        self.tasks.saturating_sub(given)
    }

    /// Why it gets no more tasks, if this is why.
    pub(super) fn relieved_for(&self) -> Option<RecycleReason> {
        match self.stage {
            Stage::Relieved(reason) => Some(reason),
            _ => None,
        }
    }

    fn due_at(&self) -> u64 {
        if self.stage == Stage::Serving { self.born.saturating_add(self.age) } else { u64::MAX }
    }
}

impl Driver {
    /// Has a worker replaced as if it had come to a limit, or all of them, some at a time: others are ready before it gets
    /// no more tasks, and it ends what it has begun. Told by [`PoolEvent::WorkerRecycled`] as it leaves.
    ///
    /// Returns how many that will be: of all those that take tasks, and the spare ones; or one, or none of that number.
    pub fn recycle_workers(&mut self, number: Option<u32>) -> usize {
        if self.ending != Ending::Open {
            return 0;
        }
        let mut count = 0;
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_mut() else { continue };
            // One that is coming up is as new as any.
            let chosen =
                number.map_or(worker.state == WorkerState::Running, |number| worker.number == number);
            if !chosen || !worker.may_stay() || !worker.lifespan.is_counted() {
                continue;
            }
            count += 1;
            if worker.spare {
                // It runs nothing, and nothing waits for it.
                self.retire(slot, Some(RestartReason::Request));
            } else {
                worker.lifespan.unwanted = true;
                self.renewing = true;
            }
        }
        self.wake();
        count
    }

    /// Whether there is anything for which workers are replaced.
    fn is_recycling(&self) -> bool {
        self.renewing || self.options.limits.are_watched()
    }

    /// Starts the workers that are wanted, now that tasks are placed: one that has been given all it may needs another one
    /// at once, since nothing may happen until it ends the last of them.
    pub(super) fn replenish(&mut self, now: u64) {
        while self.find_due(now) | self.supply(now) {
            self.dispatch(now);
        }
    }

    /// Looks at the memory of workers, and moves those on that are due.
    pub(super) fn recycle(&mut self, now: u64, sink: &mut dyn Sink) {
        if !self.is_recycling() || !matches!(self.ending, Ending::Open | Ending::Draining) {
            return;
        }
        if self.options.limits.watch_memory() {
            self.watch_memory(now);
            self.replenish(now);
        }
        if self.relieve() {
            self.dispatch(now);
            self.replenish(now);
        }
        self.dismiss_relieved(now, sink);
        self.renewing &= self.workers.iter().flatten().any(|worker| worker.lifespan.unwanted);
    }

    /// When a worker becomes due by its age, or its memory is to be looked at.
    pub(super) fn recycle_due(&self, worker: &Worker, now: u64) -> u64 {
        let lives = worker.state == WorkerState::Running && worker.fate.is_none() && worker.exit.is_none();
        if !self.options.limits.are_watched() || !lives {
            return u64::MAX;
        }
        // The memory of one whose loop does not turn, or that is to leave, is bounded all the same.
        let due = if worker.is_serving() { worker.lifespan.due_at() } else { u64::MAX };
        // One that has to wait for others to be replaced moves on when these have gone, which is an event.
        let due = if due > now { due } else { u64::MAX };
        due.min(self.memory_due(worker, now))
    }

    /// True: there are more of them.
    fn find_due(&mut self, now: u64) -> bool {
        if !self.is_recycling() {
            return false;
        }
        let soft = self.options.limits.memory.or(self.options.limits.memory_hard);
        let members = || self.workers.iter().flatten().filter(|worker| worker.may_stay() && !worker.spare);
        let most = members().count().div_ceil(AT_A_TIME);
        let mut replaced = members().filter(|worker| !worker.lifespan.is_counted()).count();
        let before = replaced;
        for worker in self.workers.iter_mut().flatten() {
            if worker.state != WorkerState::Running || !worker.is_staying() {
                continue;
            }
            let given = worker.given();
            let reason = if worker.lifespan.unwanted {
                RecycleReason::Request
            } else if given >= worker.lifespan.enough {
                RecycleReason::Tasks
            } else if worker.lifespan.due_at() <= now {
                RecycleReason::Age
            } else if soft.is_some_and(|soft| worker.memory.used() > Some(soft)) {
                RecycleReason::Memory
            } else {
                continue;
            };
            if replaced < most || worker.lifespan.tasks_left(given) == 0 {
                worker.lifespan.stage = Stage::Due(reason);
                replaced += 1;
            }
        }
        replaced > before
    }

    /// Relieves those that are due if the pool has its size without them, and those that can do nothing more if there
    /// are more than the pool may have. True: there were some.
    fn relieve(&mut self) -> bool {
        let staying = || self.workers.iter().flatten().filter(|worker| worker.is_staying());
        let ready = staying().filter(|worker| worker.state == WorkerState::Running).count();
        let needed = self.options.minimum_workers.max(usize::from(self.has_queued()));
        let replaced = ready >= needed && ready >= staying().count();
        let mut serving = self.workers.iter().flatten().filter(|worker| worker.is_serving()).count();
        let mut relieved = false;
        for worker in self.workers.iter_mut().flatten() {
            if let Stage::Due(reason) = worker.lifespan.stage
                && (replaced && worker.may_be_relieved(reason)
                    || serving > self.options.maximum_workers && worker.is_spent())
            {
                // One that is on its way out already was not among them.
                serving -= usize::from(worker.is_serving());
                worker.lifespan.stage = Stage::Relieved(reason);
                worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, None);
                relieved = true;
            }
        }
        relieved
    }

    fn dismiss_relieved(&mut self, now: u64, sink: &mut dyn Sink) {
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_ref() else { continue };
            let Stage::Relieved(reason) = worker.lifespan.stage else { continue };
            if !worker.may_stay() || !worker.in_flight.is_empty() {
                continue;
            }
            sink.event(PoolEvent::WorkerRecycled {
                worker: worker.number,
                process: worker.process,
                reason,
                completed: worker.completed,
                age: worker.lifespan.age(now),
                memory: worker.memory.used(),
            });
            self.dismiss_idle(slot, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_become_due_in_the_last_tenth() {
        let limits = WorkerLimits {
            tasks: Some(1000),
            age: Some(Duration::from_secs(100)),
            ..WorkerLimits::default()
        };
        let due = |random| {
            let mut lifespan = Lifespan::with(&limits, random);
            lifespan.begin(5);
            (lifespan.enough, lifespan.due_at() / 1_000_000_000)
        };
        assert_eq!([0, u32::MAX / 2, u32::MAX].map(due), [(1000, 100), (951, 95), (900, 90)]);
        // Of few tasks none is lost.
        for tasks in 1..=9 {
            let limits = WorkerLimits { tasks: Some(tasks), ..WorkerLimits::default() };
            assert_eq!(Lifespan::with(&limits, u32::MAX).enough, tasks);
        }
        assert_eq!(Lifespan::with(&limits, 7).tasks_left(999), 1);
        assert_eq!(Lifespan::with(&limits, 7).tasks_left(2000), 0);
    }

    #[test]
    fn without_limits_nothing_is_ever_due() {
        let mut lifespan = Lifespan::with(&WorkerLimits::default(), u32::MAX);
        lifespan.begin(1);
        assert_eq!((lifespan.enough, lifespan.due_at()), (u64::MAX, u64::MAX));
        assert_eq!(lifespan.tasks_left(0), u64::MAX);
        assert_eq!(lifespan.age(11), Duration::from_nanos(10));
    }
}
