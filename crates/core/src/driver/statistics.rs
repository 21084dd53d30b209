//! Counts for observers.

use super::{Driver, WorkerState};
use crate::task::{FailureCause, Priority};
use hatchery_sys::clock;
use serde::Serialize;

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub submitted: u64,
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub timed_out: u64,
    pub lost: u64,
    pub dropped: u64,
    pub retried: u64,
    pub started: u64,
    pub crashed: u64,
}

impl Counters {
    /// Counts a task settled by the pool.
    pub(super) fn settled(&mut self, cause: &FailureCause) {
        match cause {
            FailureCause::Cancelled => self.cancelled += 1,
            FailureCause::TimedOut { .. } | FailureCause::WaitedTooLong { .. } => self.timed_out += 1,
            FailureCause::Dropped => self.dropped += 1,
            _ => self.lost += 1,
        }
    }

    pub(super) fn pending(&self) -> usize {
        let settled =
            self.completed + self.failed + self.cancelled + self.timed_out + self.dropped + self.lost;
        (self.submitted - settled) as usize
    }
}

/// One worker.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStatistics {
    /// Number in the pool.
    pub worker: u32,
    /// Process id, 0 until it has one.
    #[serde(rename = "pid")]
    pub process: u32,
    /// `created`, `starting`, `running`, `stopped` or `crashed`.
    pub state: &'static str,
    /// `starting`, `idle`, `busy`, `blocked` or `stopped`, as far as the last look at it tells.
    pub health: &'static str,
    /// It waits to replace another.
    pub spare: bool,
    /// Version of the code that it runs.
    pub generation: u32,
    /// Tasks it has, begun or not.
    pub in_flight: usize,
    /// Tasks it has ended.
    pub completed: u64,
    /// Tasks that may lie in its ring.
    pub window: u32,
    /// Milliseconds since it began to take tasks.
    pub age: f64,
    /// Bytes of memory of its own when they were last looked at: exactly if above a limit, else at most so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss: Option<u64>,
}

/// The pool at one moment. Counts are since creation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// `fork` or `spawn`.
    pub start_method: &'static str,
    /// Version of the code that new workers run: 1 at first, one more with each reload.
    pub generation: u32,
    /// Zygotes that have died and were replaced.
    pub zygote_restarts: u32,
    /// Tasks accepted.
    pub submitted: u64,
    /// Tasks that returned.
    pub completed: u64,
    /// Tasks that threw.
    pub failed: u64,
    /// Tasks cancelled by their caller.
    pub cancelled: u64,
    /// Tasks that outran a limit, of their run or of their wait.
    pub timed_out: u64,
    /// Tasks settled by the death of their worker or of the pool.
    pub lost: u64,
    /// Tasks dropped for others, since the queue was full.
    pub dropped: u64,
    /// Attempts beyond the first.
    pub retried: u64,
    /// Tasks not settled.
    pub pending: usize,
    /// Tasks in the queues, high, normal, low.
    pub queued: [usize; 3],
    /// Milliseconds that tasks placed lately had waited in the queues, or that those there wait: high, normal, low.
    pub waits: [f64; 3],
    /// Tasks that wait for shared memory.
    pub starved: usize,
    /// Workers ever started.
    pub workers_started: u64,
    /// Workers that died unasked.
    pub workers_crashed: u64,
    /// Segments that somebody holds.
    pub segments: usize,
    /// Bytes of all segments.
    pub shared_memory_used: u64,
    /// Bytes that all segments may take up.
    pub shared_memory_capacity: u64,
    /// Live workers.
    pub workers: Vec<WorkerStatistics>,
}

impl Driver {
    /// The pool at this moment.
    pub fn statistics(&self) -> Statistics {
        let counters = &self.counters;
        let now = clock::monotonic_nanoseconds();
        let (segments, shared_memory_used, shared_memory_capacity) = self.segments.usage();
        Statistics {
            start_method: self.origins.current().launcher.method(),
            generation: self.origins.current().generation,
            zygote_restarts: self.origins.restarted,
            submitted: counters.submitted,
            completed: counters.completed,
            failed: counters.failed,
            cancelled: counters.cancelled,
            timed_out: counters.timed_out,
            lost: counters.lost,
            dropped: counters.dropped,
            retried: counters.retried,
            pending: counters.pending(),
            queued: Priority::ALL.map(|priority| {
                self.queues.length_of(priority) + self.solitary.length_of(&self.tasks, priority)
            }),
            waits: Priority::ALL.map(|priority| self.queues.wait_of(priority, now) as f64 / 1e6),
            starved: self.starved.length(),
            workers_started: counters.started,
            workers_crashed: counters.crashed,
            segments,
            shared_memory_used,
            shared_memory_capacity,
            workers: self
                .workers
                .iter()
                .flatten()
                .map(|worker| WorkerStatistics {
                    worker: worker.number,
                    process: worker.process,
                    state: match worker.state {
                        WorkerState::Created => "created",
                        WorkerState::Starting => "starting",
                        WorkerState::Running => "running",
                        WorkerState::Stopped => "stopped",
                        WorkerState::Crashed => "crashed",
                    },
                    health: worker.health().as_str(),
                    spare: worker.spare,
                    generation: worker.generation,
                    in_flight: worker.in_flight.length(),
                    completed: worker.completed,
                    window: worker.window.size(),
                    age: worker.lifespan.age(now).as_secs_f64() * 1000.0,
                    rss: worker.memory.used(),
                })
                .collect(),
        }
    }
}
