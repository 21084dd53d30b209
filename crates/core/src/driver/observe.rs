//! What somebody observes of tasks and workers, beside the results: when a task begins, when it is to be tried again,
//! when a worker has something to do and when it has not. What nobody observes costs one test.

use super::recovery::Failed;
use super::worker::{Worker, WorkerState};
use super::{Driver, Payload, PoolEvent, Sink, deadlines};
use crate::task::{TaskFailure, TaskId, TaskTable};
use std::time::Duration;

/// A worker has begun an observed task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Begun {
    /// The task, as the worker knows it.
    pub task: TaskId,
    /// Which attempt; 1 = first.
    pub attempt: u16,
    /// Number of the worker.
    pub worker: u32,
    /// Its process id.
    pub process: u32,
    /// When, CLOCK_MONOTONIC nanoseconds, by the worker's word; never before it was given the task, nor in the future.
    pub at: u64,
}

/// What has been told of a worker.
#[derive(Debug, Default)]
pub(super) struct Activity {
    busy: bool,
    /// Tasks it had been given then.
    given: u64,
}

impl Driver {
    /// Whether [`PoolEvent::WorkerBusy`] and [`PoolEvent::WorkerIdle`] are wanted from now on. At first they are not.
    pub fn observe_workers(&mut self, wanted: bool) {
        self.observes_workers = wanted;
        for worker in self.workers.iter_mut().flatten() {
            // One that is on its way becomes busy once it is there, with what has been placed ahead.
            let here = worker.state != WorkerState::Starting;
            let busy = here && !worker.in_flight.is_empty();
            worker.activity = Activity { busy, given: if here { worker.given() } else { 0 } };
        }
    }

    /// What an attempt has failed with, if the task is observed and will be tried again.
    pub(super) fn observed_failure(&self, index: u32, failed: &Failed) -> Option<TaskFailure> {
        self.tasks.extras(index).observed.then(|| self.failure_of(index, failed))
    }

    /// Tells of that, now that it is known when.
    pub(super) fn tell_retried(
        &self,
        index: u32,
        failure: Option<&TaskFailure>,
        pause: Duration,
        sink: &mut dyn Sink,
    ) {
        if let Some(failure) = failure {
            sink.retried(self.tasks.get(index).ticket, failure, pause);
        }
    }

    /// Tells which workers have got something to do, and which have nothing left. Between two turns a worker may have done
    /// all it was given: then it was busy all the same.
    pub(super) fn tell_activity(&mut self, sink: &mut dyn Sink) {
        if !self.observes_workers {
            return;
        }
        for worker in self.workers.iter_mut().flatten() {
            if worker.state == WorkerState::Starting {
                // What waits in its ring waits.
                continue;
            }
            let given = worker.given();
            let (number, process) = (worker.number, worker.process);
            if !worker.activity.busy && given != worker.activity.given {
                worker.activity.busy = true;
                sink.event(PoolEvent::WorkerBusy { worker: number, process });
            }
            worker.activity.given = given;
            if worker.activity.busy && worker.in_flight.is_empty() {
                worker.activity.busy = false;
                sink.event(PoolEvent::WorkerIdle { worker: number, process });
            }
        }
    }
}

/// A worker says that it has begun a task. It is believed once an attempt.
pub(super) fn tell_begun(
    tasks: &mut TaskTable,
    index: u32,
    worker: &Worker,
    payload: &Payload<'_>,
    now: u64,
    sink: &mut dyn Sink,
) {
    let extras = tasks.extras(index);
    let task = tasks.get(index);
    let (attempt, ticket) = (task.attempt, task.ticket);
    if !extras.observed || extras.begun == attempt || task.abandoned {
        return;
    }
    let placed_at = extras.placed_at;
    tasks.extras_mut(index).begun = attempt;
    let at = deadlines::started_at(payload).clamp(placed_at.min(now), now);
    let (worker, process) = (worker.number, worker.process);
    sink.begun(ticket, &Begun { task: tasks.id(index), attempt, worker, process, at });
}

impl Begun {
    /// As bytes for a host that reads words: index, generation, worker, process, attempt, 0, then the moment in
    /// milliseconds as f64; little endian.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let words =
            [self.task.index, self.task.generation, self.worker, self.process, self.attempt.into(), 0];
        for (target, word) in bytes.chunks_exact_mut(4).zip(words) {
            target.copy_from_slice(&word.to_le_bytes());
        }
        bytes[24..].copy_from_slice(&(self.at as f64 / 1e6).to_le_bytes());
        bytes
    }
}
