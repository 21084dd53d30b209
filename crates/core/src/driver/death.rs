//! The judgement over a worker that has died, and over what it leaves.

use super::output::Printer;
use super::recovery::Failed;
use super::supply::describe;
use super::worker::{Fate, Worker, WorkerState};
use super::{Crash, Driver, PoolEvent, Sink, TaskName};
use crate::observe::log::entries;
use crate::task::FailureCause;
use hatchery_lane::flags;
use hatchery_sys::Exit;
use hatchery_sys::cgroup_leaf::Leaf;
use std::sync::Arc;

/// A worker that dies idle and without work done so soon after it was ready has failed to start, nanoseconds.
const STILLBORN_WITHIN: u64 = 1_000_000_000;

/// How a worker begins to tell that a module has ended it while it was loaded.
const MODULE_FAILED: &str = r#"{"code":"ERR_HATCHERY_WORKER_MODULE_FAILED""#;

const SIGABRT: i32 = 6;
const SIGILL: i32 = 4;
const SIGKILL: i32 = 9;
const SIGTRAP: i32 = 5;

impl Driver {
    /// Kills a worker and gives what it has not begun to others.
    pub(super) fn condemn(&mut self, slot: usize, fate: Fate) {
        let Some(worker) = self.workers[slot].as_mut() else { return };
        worker.condemn(fate);
        worker.check_at = u64::MAX;
        worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, None);
    }

    /// Judges the workers that have died and whose last results are drained. True: the sink had no room for those.
    pub(super) fn bury_dead(&mut self, now: u64, sink: &mut dyn Sink) -> bool {
        let mut held_back = false;
        for slot in 0..self.workers.len() {
            let Some(exit) = self.workers[slot].as_ref().and_then(|worker| worker.exit) else { continue };
            // Results before deaths: it may have published between the drain of this turn and its end.
            if self.drain(slot, now, sink) {
                held_back = true;
            } else {
                self.bury(slot, exit, now, sink);
            }
        }
        held_back
    }

    fn bury(&mut self, slot: usize, exit: Exit, now: u64, sink: &mut dyn Sink) {
        let Some(worker) = self.workers[slot].as_mut() else { return };
        worker.take_back(&mut self.tasks, &mut self.queues, usize::MAX, None);
        self.keep_times(slot, now);
        let Some(worker) = self.workers[slot].as_mut() else { return };
        let expected = worker.leave_by != u64::MAX || worker.fate == Some(Fate::Retired);
        let was_ready = worker.state != WorkerState::Starting;
        let stillborn = worker.fate.is_none()
            && worker.completed == 0
            && worker.in_flight.is_empty()
            && now.saturating_sub(worker.idle_since) < STILLBORN_WITHIN;
        let failed_to_start = !was_ready || stillborn;
        // Killed for a task that did not stop. That one has been settled when its time was up; what was begun beside it is
        // not to blame. The pool has kept to a limit: it is no crash, and who cancels tasks is to raise no alarm.
        let for_task = worker.fate == Some(Fate::Overdue);
        let crashed = !expected && !for_task;
        worker.state = if crashed { WorkerState::Crashed } else { WorkerState::Stopped };
        let (number, process) = (worker.number, worker.process);
        let suspects = u32::try_from(worker.in_flight.length()).unwrap_or(u32::MAX);
        let culprit = if for_task { self.overdue_task(slot, now) } else { None };
        let blamed = culprit.or_else(|| self.only_task(slot));
        let stderr = self.end_output(Printer::Worker(number), sink);
        let Some(worker) = self.workers[slot].as_mut() else { return };
        worker.stderr = stderr;
        let worker = &*worker;
        let cause = match worker.fate {
            Some(Fate::Overdue) => FailureCause::WorkerLost { function: culprit.map(|task| task.function) },
            _ => cause_of_death(worker, exit),
        };
        let stderr: Option<Arc<str>> = worker.stderr.as_deref().map(Arc::from);
        // Latest first, so that what is tried again at once keeps its order at the front of the queue.
        while let Some(index) = self.workers[slot].as_ref().and_then(|worker| worker.in_flight.last()) {
            let Some(worker) = self.workers[slot].as_mut() else { return };
            worker.unlink(&mut self.tasks, index);
            if self.tasks.get(index).abandoned {
                self.let_go_of_abandoned(index, number, process, now, sink);
            } else {
                let cause = cause.clone();
                let stderr = stderr.clone();
                let failed = Failed { cause, thrown: Vec::new(), worker: number, process, suspects, stderr };
                self.attempt_failed(index, failed, now, sink);
            }
        }
        let Some(mut worker) = self.workers[slot].take() else { return };
        self.leaves.end(worker.leaf.take(), now);
        for number in worker.segments.keys() {
            self.segments.let_go(*number);
        }
        if crashed {
            self.counters.crashed += 1;
        }
        self.record_end(&worker, Some(&cause).filter(|_| !expected), failed_to_start);
        sink.event(PoolEvent::WorkerExited {
            worker: worker.number,
            process: worker.process,
            code: exit.code,
            signal: exit.signal,
            expected: !crashed,
            crash: crashed.then(|| {
                let stderr = worker.stderr.clone();
                Box::new(Crash { cause: cause.clone(), task: blamed, stderr })
            }),
        });
        if expected {
            // One that was not ready had not come.
            if was_ready {
                let fresh = self.options.limits.tasks == Some(1);
                entries::worker_left(number, process, worker.completed, fresh);
            }
            return;
        }
        let stderr = worker.stderr.as_deref();
        let death =
            entries::Death { number, process, how: &describe(exit), cause: &cause, task: blamed, stderr };
        if crashed {
            entries::worker_crashed(death);
        } else {
            entries::worker_overdue(death);
        }
        // What the pool runs is none the worse for new code that does not start: that ends the reload, and no more.
        let on_trial = failed_to_start && self.is_on_trial(&worker);
        if failed_to_start {
            self.start_failed(&worker, &describe(exit), was_ready, now, sink);
        }
        if !for_task && !on_trial {
            self.count_restart(&worker, &cause, suspects == 0 && !failed_to_start, now, sink);
        }
    }

    /// The task for which a worker had to be killed.
    fn overdue_task(&self, slot: usize, now: u64) -> Option<TaskName> {
        let mut at = self.workers[slot].as_ref().and_then(|worker| worker.in_flight.first());
        while let Some(index) = at {
            if self.tasks.get(index).abandoned && self.tasks.extras(index).deadline <= now {
                return Some(self.name_of(index));
            }
            at = self.tasks.next(index);
        }
        None
    }

    /// The task that a worker ran, if it was but one.
    fn only_task(&self, slot: usize) -> Option<TaskName> {
        let in_flight = &self.workers[slot].as_ref()?.in_flight;
        in_flight.first().filter(|_| in_flight.length() == 1).map(|index| self.name_of(index))
    }
}

fn cause_of_death(worker: &Worker, exit: Exit) -> FailureCause {
    match &worker.fate {
        Some(Fate::Corrupt(detail)) => return FailureCause::LaneCorrupt { detail: detail.clone() },
        Some(Fate::Unresponsive { stopped, limit }) => {
            return FailureCause::Unresponsive { stopped: *stopped, limit: *limit };
        }
        Some(Fate::OutOfMemory { used, limit }) => {
            return FailureCause::MemoryExceeded { used: *used, limit: *limit };
        }
        _ => {}
    }
    if let Some(detail) = &worker.refusal {
        return FailureCause::NotStarted { detail: detail.clone() };
    }
    if exit.signal == SIGKILL && worker.leaf.as_ref().is_some_and(Leaf::ran_out_of_memory) {
        return FailureCause::GroupOutOfMemory;
    }
    let said = worker.lane.worker_flags();
    // Where it is not known, the worker's own word has to do.
    let aborted = matches!(exit.signal, SIGABRT | SIGILL | SIGTRAP) || !exit.is_known();
    if aborted && said & flags::ABORT_CALLED != 0 {
        return FailureCause::Aborted;
    }
    if aborted && said & flags::HEAP_LIMIT != 0 {
        return FailureCause::OutOfMemory;
    }
    if let (0, Some(error)) = (exit.signal, &worker.last_words) {
        let (code, error) = (exit.code, error.clone());
        return if error.starts_with(MODULE_FAILED) {
            FailureCause::ModuleFailed { code, error }
        } else {
            FailureCause::Uncaught { code, error }
        };
    }
    if !exit.is_known() {
        FailureCause::Ended
    } else if exit.signal != 0 {
        FailureCause::Signalled { signal: exit.signal }
    } else {
        FailureCause::Exited { code: exit.code }
    }
}
