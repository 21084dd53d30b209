//! Where a turn puts what happened. Implemented by each host: the Node binding fills its event buffer,
//! the Rust pool completes futures.

use super::recovery::Undecided;
use super::scaling::ScaleReason;
use super::{Begun, Health, RecycleReason};
use crate::launcher::Stream;
use crate::task::{FailureCause, TaskFailure, TaskId};
use hatchery_lane::{Arena, BlockId};
use std::time::Duration;

/// Bytes that came from a worker, still where they lie.
#[derive(Debug)]
pub enum Payload<'a> {
    /// A private copy of the slot's bytes.
    Inline(&'a [u8]),
    /// In a block of the worker's arena, length already checked. Copy it out; the driver releases the block.
    Block {
        /// The worker's arena.
        arena: &'a Arena,
        /// Checked block.
        block: BlockId,
        /// Checked length in bytes.
        length: usize,
    },
    /// Read from a memfd of its own.
    Owned(Vec<u8>),
}

impl Payload<'_> {
    /// Length in bytes.
    pub fn length(&self) -> usize {
        match self {
            Payload::Inline(bytes) => bytes.len(),
            Payload::Block { length, .. } => *length,
            Payload::Owned(bytes) => bytes.len(),
        }
    }

    /// Copies everything to `target`, whose length must be [`length`](Payload::length).
    pub fn copy_to(&self, target: &mut [u8]) {
        match self {
            Payload::Inline(bytes) => target.copy_from_slice(bytes),
            // The length was checked against the block when the message was read.
            Payload::Block { arena, block, .. } => arena.read_into_slice(*block, target).unwrap_or_default(),
            Payload::Owned(bytes) => target.copy_from_slice(bytes),
        }
    }

    /// The bytes as a vector, without a copy where they already are one.
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Payload::Owned(bytes) => bytes,
            // The length was checked against the block when the message was read.
            Payload::Block { arena, block, length } => arena.to_vec(block, 0, length).unwrap_or_default(),
            other => {
                let mut bytes = vec![0; other.length()];
                other.copy_to(&mut bytes);
                bytes
            }
        }
    }
}

/// What observers know a task by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskName {
    /// The task; it may have settled.
    pub id: TaskId,
    /// Number of the function that it calls.
    pub function: u32,
}

/// One line that a process of the pool has printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLine {
    /// The task that has printed it, as far as that is known.
    pub task: Option<TaskName>,
    /// The line without its end; any bytes.
    pub text: Vec<u8>,
    /// It is too long for one (64 KiB), and the next one of the stream goes on with it.
    pub continues: bool,
}

/// What is known of the death of a worker that nobody had asked to go.
#[derive(Clone, Debug)]
pub struct Crash {
    /// How it died.
    pub cause: FailureCause,
    /// The task to blame, if it is known: the only one that ran, or the one for which the worker was killed.
    pub task: Option<TaskName>,
    /// The end of its standard error, if the host reads that and there was any: at most 20 lines, 8 KiB.
    pub stderr: Option<String>,
}

/// Something observers may want to know; nothing depends on it being read.
#[derive(Clone, Debug)]
pub enum PoolEvent {
    /// The launcher works; JSON details.
    Ready(String),
    /// The start method changed from fork to spawn, for the reason given (JSON error).
    Degraded(String),
    /// A worker process exists.
    WorkerStarted {
        /// Worker number.
        worker: u32,
        /// Process id.
        process: u32,
    },
    /// A worker has taken up its lane; milliseconds since it was requested.
    WorkerReady {
        /// Worker number.
        worker: u32,
        /// Process id.
        process: u32,
        /// Milliseconds from the request to this.
        milliseconds: f64,
    },
    /// A worker has been found stopped or blocked, or is no longer.
    WorkerHealth {
        /// Worker number.
        worker: u32,
        /// Process id.
        process: u32,
        /// How it is now.
        health: Health,
    },
    /// A worker that had nothing to do has been given tasks. Only if [`Driver::observe_workers`](super::Driver::observe_workers)
    /// has asked for it.
    WorkerBusy {
        /// Worker number.
        worker: u32,
        /// Process id.
        process: u32,
    },
    /// A worker has nothing left to do. Only on the same condition.
    WorkerIdle {
        /// Worker number.
        worker: u32,
        /// Process id.
        process: u32,
    },
    /// A worker process is gone.
    WorkerExited {
        /// Worker number.
        worker: u32,
        /// Process id, 0 if it never had one.
        process: u32,
        /// Exit code, -1 if signalled, or if nobody knows.
        code: i32,
        /// Signal number, 0 if it exited, or if nobody knows.
        signal: i32,
        /// Whether the driver had asked it to go, or killed it for a task that did not stop.
        expected: bool,
        /// If it had not: what else is known.
        crash: Option<Box<Crash>>,
    },
    /// Lines that a process of the pool has printed, if the host reads them.
    Output {
        /// Worker number; `None`: the zygote.
        worker: Option<u32>,
        /// Process id of the worker; 0 for the zygote.
        process: u32,
        /// Where it has printed them.
        stream: Stream,
        /// Without a gap since the lines before, but for `dropped`.
        lines: Vec<OutputLine>,
        /// Lines left out before these, since the host took none for too long.
        dropped: u64,
    },
    /// The number of workers that take tasks, or will, has changed. With `from` and `to` the same: it has not, though tasks
    /// wait, for the reason given.
    Scaled {
        /// Workers before.
        from: usize,
        /// Workers now, those included that have been asked for.
        to: usize,
        /// Why.
        reason: ScaleReason,
    },
    /// The pool is as large as [`Driver::resize`](super::Driver::resize) was asked to make it.
    Resized {
        /// What that had returned; all before it have come to their end too.
        number: u32,
    },
    /// The zygote has died, for the reason given (JSON error), and another one is started. Its workers go on.
    ZygoteLost(String),
    /// All workers run the new code; those of the old one have left.
    Reloaded {
        /// Version of the code.
        generation: u32,
        /// The code is the same as before, started anew by the pool itself.
        restart: bool,
        /// Why the start method is not the one that was asked for (JSON error).
        degraded: Option<String>,
    },
    /// The new code cannot be started (JSON error); the old one goes on.
    ReloadFailed(String),
    /// A worker that has come to a limit, or that somebody wants replaced, runs nothing any more, and is told to leave.
    WorkerRecycled {
        /// Worker number.
        worker: u32,
        /// Process id.
        process: u32,
        /// Which limit it was, or that somebody has asked.
        reason: RecycleReason,
        /// Tasks it has ended.
        completed: u64,
        /// Time since it began to take tasks.
        age: Duration,
        /// Bytes of memory of its own, if it was looked at.
        memory: Option<u64>,
    },
    /// Something odd that the pool survived: text, or a JSON error.
    Warning(String),
    /// The pool cannot go on; everything pending was settled. JSON error.
    Failed(String),
    /// Drained and gone: no process of the pool is left.
    Closed,
}

/// Receiver of a turn's results. Every accepted task gets exactly one of `completed`, `failed`, `settled`.
pub trait Sink {
    /// Whether one more result may be delivered now; if not, the turn leaves it in the ring.
    fn has_room(&self) -> bool;
    /// The payload delivered next mentions this segment (its numbers are the payload's last words, one for each call);
    /// the host holds it now, and lets go when it has decoded the payload.
    fn mentioned(&mut self, segment: u32);
    /// The task returned; the payload is its encoded value.
    fn completed(&mut self, ticket: u64, payload: Payload<'_>);
    /// The task threw; the payload is the encoded error.
    fn failed(&mut self, ticket: u64, payload: Payload<'_>);
    /// The task reported progress.
    fn progress(&mut self, ticket: u64, payload: Payload<'_>);
    /// The task sent an item of its stream. Only of tasks that were submitted with a credit.
    fn item(&mut self, ticket: u64, payload: Payload<'_>) {
        let _ = (ticket, payload);
    }
    /// The task wants `count` chunks more of the stream `input` that it was given; 0: no more.
    fn pulled(&mut self, ticket: u64, input: u32, count: u32) {
        let _ = (ticket, input, count);
    }
    /// A chunk that waited for room on its way to the task is on it now.
    fn forwarded(&mut self, ticket: u64, input: u32) {
        let _ = (ticket, input);
    }
    /// A worker has begun the task. Only of tasks that were submitted as observed, once an attempt.
    fn begun(&mut self, ticket: u64, begun: &Begun) {
        let _ = (ticket, begun);
    }
    /// An attempt at the task has failed, and after `pause` it is queued for another one. Only of observed tasks.
    fn retried(&mut self, ticket: u64, failure: &TaskFailure, pause: Duration) {
        let _ = (ticket, failure, pause);
    }
    /// The pool settled the task.
    fn settled(&mut self, ticket: u64, failure: &TaskFailure);
    /// The host has the last word on a failure. Only if the rules say so.
    fn undecided(&mut self, question: &Undecided<'_>) {
        let _ = question;
    }
    /// Whether lines that processes of the pool have printed may be told now. A host that says no for long loses some.
    fn takes_output(&self) -> bool {
        true
    }
    /// Something happened to the pool. For the log, hand it to [`log::note`](crate::observe::log::note) first.
    fn event(&mut self, event: PoolEvent);
}

/// A sink for those whom no task concerns: what happens to the pool goes to the function, all else to nobody.
#[derive(Debug)]
pub struct EventsOnly<F: FnMut(PoolEvent)>(pub F);

impl<F: FnMut(PoolEvent)> Sink for EventsOnly<F> {
    fn has_room(&self) -> bool {
        true
    }
    fn mentioned(&mut self, _segment: u32) {}
    fn completed(&mut self, _ticket: u64, _payload: Payload<'_>) {}
    fn failed(&mut self, _ticket: u64, _payload: Payload<'_>) {}
    fn progress(&mut self, _ticket: u64, _payload: Payload<'_>) {}
    fn settled(&mut self, _ticket: u64, _failure: &TaskFailure) {}
    fn event(&mut self, event: PoolEvent) {
        (self.0)(event);
    }
}
