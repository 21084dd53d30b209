//! Placement: which worker gets the next task.
//!
//! First every worker gets as many tasks as it can run at once; what is left is dealt evenly up to each
//! worker's window. Two corrections keep the prefetch fair, both by taking back tasks that have not begun:
//! a higher priority overtakes lower ones already in a ring, and an idle worker gets what lies unbegun
//! behind a long task elsewhere.

use super::worker::{Full, Spot, Worker};
use super::{Driver, Ending};
use crate::task::{Place, Priority};

/// A worker that has finished nothing for this long, in nanoseconds, is taken to be in a long task; the tasks
/// behind it go to idle workers. Well above a wake-up, well below what a person notices.
const STALLED_AFTER: u64 = 500_000;

/// Tasks that run for no longer, in nanoseconds, are done before another worker has been woken.
const QUICK: u32 = 25_000;

/// Most workers that quick tasks are dealt to; on a machine with more processors the rest goes the ordinary way.
const MOST_QUICK: usize = 64;

/// Pause before a task is placed again for which the kernel had no memory or descriptor, in nanoseconds.
const PLACE_AGAIN_AFTER: u64 = 10_000_000;

impl Driver {
    /// Places queued tasks on workers with room, and publishes.
    pub(super) fn dispatch(&mut self, now: u64) {
        self.recall_ahead(now);
        if self.segments.take_freed() {
            self.queue_starved();
        }
        if self.queues.is_empty() && self.solitary.is_idle() {
            return;
        }
        self.dispatch_solitary(now);
        self.overtake(now);
        if !self.dispatch_quick(now) {
            self.dispatch_evenly(now);
        }
        // Some may have been found in the queues.
        self.dispatch_solitary(now);
        let mut arriving = false;
        for worker in self.workers.iter_mut().flatten() {
            worker.publish();
            arriving |= worker.is_arriving();
        }
        if arriving {
            self.place_ahead(now);
        }
        self.queues.look(now);
    }

    /// Has workers that are about to come find their first tasks in their rings, instead of asking for them: a fork begins a
    /// tenth of its time earlier. Only while no worker is likely to take these before. A worker that fails to come gives back
    /// what it has not begun, as any does.
    pub(super) fn place_ahead(&mut self, now: u64) {
        if self.queues.is_empty() || !self.ending_allows_placement() || self.one_gets_on(now) {
            return;
        }
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_ref().filter(|worker| worker.is_arriving()) else {
                continue;
            };
            self.place(slot, worker.room(worker.window.concurrency()) as usize, now);
            if let Some(worker) = self.workers[slot].as_mut() {
                worker.publish();
            }
        }
    }

    /// Takes back what has been placed ahead if a worker gets on after all, which may have what has waited for longest. Whoever
    /// is not there by then is not waited for again.
    fn recall_ahead(&mut self, now: u64) {
        let waited_for = |worker: &Worker| worker.is_arriving() && !worker.in_flight.is_empty();
        if !self.workers.iter().flatten().any(|worker| waited_for(worker)) || !self.one_gets_on(now) {
            return;
        }
        // Each puts what it had in front of what those before have given back.
        for worker in self.workers.iter_mut().rev().flatten().filter(|worker| waited_for(worker)) {
            worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, None);
            worker.quick = false;
        }
    }

    /// A worker takes more tasks, now or, as it is getting them done, before long.
    fn one_gets_on(&self, now: u64) -> bool {
        let gets_on = |worker: &Worker| {
            let room = worker.room(worker.window.concurrency()) > 0;
            let ended_one = worker.completed > 0 && worker.window.progress() + STALLED_AFTER > now;
            worker.tasks_left() > 0 && (room || ended_one)
        };
        self.workers.iter().filter_map(serving).any(gets_on)
    }

    /// Gives every worker as many tasks as it can run at once. How many workers there are.
    fn place_what_can_run(&mut self, now: u64) -> usize {
        let mut workers = 0;
        for slot in 0..self.workers.len() {
            if let Some(worker) = serving(&self.workers[slot]) {
                workers += 1;
                let room = worker.room(worker.window.concurrency());
                self.place(slot, room as usize, now);
            }
        }
        workers
    }

    /// Has workers that could run more begin what waits, without feeding any ahead.
    pub(super) fn begin_what_can_run(&mut self, now: u64) {
        let could = |worker: &Worker| worker.room(worker.window.concurrency()) > 0;
        if self.queues.is_empty() || !self.workers.iter().filter_map(serving).any(could) {
            return;
        }
        self.place_what_can_run(now);
        for worker in self.workers.iter_mut().flatten() {
            worker.publish();
        }
    }

    fn dispatch_evenly(&mut self, now: u64) {
        let mut workers = self.place_what_can_run(now);
        // Deal the rest. Each takes its share of what is left, so that the last is not left without.
        for slot in 0..self.workers.len() {
            if self.queues.is_empty() {
                break;
            }
            if let Some(worker) = serving(&self.workers[slot]) {
                let share = self.queues.length().div_ceil(workers.max(1));
                let room = worker.room(worker.window.size()) as usize;
                self.place(slot, room.min(share), now);
                workers -= 1;
            }
        }
    }

    /// With more workers than processors, tasks so short that a wake-up costs more are dealt to as many workers as can
    /// run at once, and the others are left asleep. True: as many as that are at work, and what they have no room for now
    /// they will have soon.
    fn dispatch_quick(&mut self, now: u64) -> bool {
        let serving = self.workers.iter().filter_map(serving).count();
        if serving <= self.processors {
            return false;
        }
        // One that has been given all it may is done with these, but with no more.
        let quick =
            |worker: &&Worker| is_quick(worker, now) && worker.tasks_left() > 0 && !worker.keeps_apart();
        let mut slots = [None; MOST_QUICK];
        let mut found = 0;
        // Those at work first, so that the same ones stay awake.
        for busy in [true, false] {
            for slot in 0..self.workers.len() {
                let worker = self::serving(&self.workers[slot]).filter(quick);
                if found < self.processors.min(MOST_QUICK)
                    && worker.is_some_and(|worker| worker.in_flight.is_empty() != busy)
                {
                    slots[found] = Some(slot);
                    found += 1;
                }
            }
        }
        for (at, slot) in slots.iter().flatten().enumerate() {
            let Some(worker) = self.workers[*slot].as_mut() else { continue };
            worker.window.open(worker.lane.pace());
            let share = self.queues.length().div_ceil(found - at);
            let room = worker.room(worker.window.size()) as usize;
            self.place(*slot, room.min(share), now);
        }
        found == self.processors
    }

    fn place(&mut self, slot: usize, count: usize, now: u64) {
        let Some(worker) = self.workers[slot].as_mut() else { return };
        let mut left = count;
        while left > 0 {
            let Some(index) = self.queues.take(&mut self.tasks, now) else { return };
            if self.recovery.runs_alone(index) {
                self.solitary.add(&mut self.tasks, index);
                continue;
            }
            left -= 1;
            let Driver { tasks, functions, segments, timing, .. } = self;
            let spot = Spot { slot: slot as u16, stamp: timing.stamp(tasks, index, now), now };
            match worker.place(spot, tasks, functions, segments, index) {
                // It had nothing to do, or there was no room.
                Ok(()) => worker.alone = false,
                Err(Full::Worker) => {
                    self.queues.push_front(&mut self.tasks, index);
                    return;
                }
                Err(Full::Memory) => {
                    // Others need not wait for what it waits for.
                    self.tasks.get_mut(index).place = Place::Starved;
                    self.tasks.push_back(&mut self.starved, index);
                }
            }
        }
    }

    /// A task that is in no list waits for shared memory.
    pub(super) fn starve(&mut self, index: u32) {
        self.tasks.get_mut(index).place = Place::Starved;
        self.tasks.push_back(&mut self.starved, index);
    }

    /// Whether tasks wait for a worker.
    pub(super) fn has_queued(&self) -> bool {
        !self.queues.is_empty() || !self.solitary.is_empty()
    }

    /// Memory has become free: those that waited for it go first again.
    fn queue_starved(&mut self) {
        while let Some(index) = self.starved.last() {
            self.tasks.unlink(&mut self.starved, index);
            self.queues.push_front(&mut self.tasks, index);
        }
    }

    /// Makes room in rings for tasks of a higher priority than what lies there unbegun.
    fn overtake(&mut self, now: u64) {
        let crowded = self.workers.iter().filter_map(serving).count() > self.processors;
        for priority in [Priority::High, Priority::Normal] {
            let waiting = self.queues.length_of(priority);
            if waiting == 0 {
                continue;
            }
            let below = priority as usize + 1;
            let mut served = 0;
            if !self.workers.iter().filter_map(serving).any(|worker| crowded && is_quick(worker, now)) {
                served = self.idle_capacity();
            }
            for slot in 0..self.workers.len() {
                if served >= waiting {
                    break;
                }
                let Some(worker) = self.workers[slot].as_mut() else { continue };
                let takes_tasks = worker.is_serving() || worker.is_arriving();
                if !takes_tasks || !worker.levels[below..].iter().any(|count| *count > 0) {
                    continue;
                }
                let quick = crowded && is_quick(worker, now);
                let taken = worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, Some(priority));
                if quick && taken > 0 {
                    // It is done with these before another one is awake.
                    self.place(slot, taken.min(waiting - served), now);
                }
                served += taken;
            }
        }
    }

    /// Tasks that could begin at once if they were placed now.
    fn idle_capacity(&self) -> usize {
        let idle = |worker: &Worker| worker.room(worker.window.concurrency()) as usize;
        self.workers.iter().filter_map(serving).map(idle).sum()
    }

    /// Takes unbegun tasks from behind a long one when another worker is idle.
    pub(super) fn rebalance(&mut self, now: u64) {
        if self.rebalance_due() > now {
            return;
        }
        let idle = self.idle_capacity();
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_mut() else { continue };
            if worker.is_serving() && stalled_at(worker) <= now {
                let behind = worker.in_flight.length() - worker.window.concurrency() as usize;
                worker.take_back(
                    &mut self.tasks,
                    &mut self.queues,
                    behind.div_ceil(2).max(idle.min(behind)),
                    None,
                );
                // Looked at again a while later: taking the same tasks back at every turn gains nothing.
                worker.window.look_again(now);
            }
        }
        self.dispatch(now);
    }

    /// When [`rebalance`](Driver::rebalance) has something to do; `u64::MAX` = it has not.
    pub(super) fn rebalance_due(&self) -> u64 {
        let mut due = u64::MAX;
        if self.ending_allows_placement() {
            for worker in self.workers.iter().filter_map(serving) {
                due = due.min(stalled_at(worker));
            }
            if due != u64::MAX && self.idle_capacity() == 0 {
                due = u64::MAX;
            }
        }
        due
    }

    /// When to try again to place what found no room in a worker with nothing to do: its payload needs memory or a
    /// descriptor that was not to be had. No event tells when it is. `u64::MAX` = nothing waits for that.
    pub(super) fn placement_due(&self, now: u64) -> u64 {
        let refused = || !self.queues.is_empty() && self.idle_capacity() > 0 || self.solitary_refused();
        if self.ending_allows_placement() && refused() { now + PLACE_AGAIN_AFTER } else { u64::MAX }
    }

    fn ending_allows_placement(&self) -> bool {
        matches!(self.ending, Ending::Open | Ending::Draining)
    }
}

/// Runs tasks that are done before another worker has been woken. One that is in a long task now does not, whatever it
/// ran before.
fn is_quick(worker: &Worker, now: u64) -> bool {
    let gets_on = worker.in_flight.is_empty() || worker.window.progress() + STALLED_AFTER > now;
    gets_on && (1..=QUICK).contains(&worker.lane.pace())
}

fn serving(worker: &Option<Box<Worker>>) -> Option<&Worker> {
    worker.as_deref().filter(|worker| worker.is_serving())
}

/// When a worker with tasks waiting in its ring counts as held up by a long one.
fn stalled_at(worker: &Worker) -> u64 {
    if worker.in_flight.length() > worker.window.concurrency() as usize {
        worker.window.mark() + STALLED_AFTER
    } else {
        u64::MAX
    }
}
