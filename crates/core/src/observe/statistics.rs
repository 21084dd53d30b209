//! The pool at one moment.

use super::{RestartCounts, TimeHistogram};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

/// A task that a worker has begun, and whose end it has not told yet.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CurrentTask {
    /// The host's name for it.
    pub ticket: u64,
    /// Number of the function that it calls.
    pub function: u32,
    /// Which attempt it is, 1 = the first.
    pub attempt: u16,
    /// `high`, `normal` or `low`.
    pub priority: &'static str,
    /// Milliseconds that it has been running for: exactly if it has a time limit, else at most so many, since the worker
    /// ended another task, or got this one while it had none.
    pub duration: f64,
}

/// What the kernel says of a worker's process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessUsage {
    /// Bytes that are resident, what it shares with the zygote, other workers and the host included.
    pub resident_memory: u64,
    /// Bytes of its proportional share (PSS): pages that several processes map count in parts. Asked for by itself, as the
    /// kernel walks all pages for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proportional_memory: Option<u64>,
    /// Seconds of processor time since its start.
    pub cpu_seconds: f64,
}

/// One worker.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStatistics {
    /// Number in the pool.
    pub worker: u32,
    /// Its place in the pool: one that replaces it takes the same.
    pub place: usize,
    /// Process id, 0 until it has one.
    #[serde(rename = "pid")]
    pub process: u32,
    /// `created`, `starting`, `running`, `stopped` or `crashed`.
    pub state: &'static str,
    /// `starting`, `idle`, `busy`, `blocked` or `stopped`, as far as the last look at it tells.
    pub health: &'static str,
    /// It waits to replace another.
    pub spare: bool,
    /// It gets no more tasks, and leaves when it has ended those it has.
    pub leaving: bool,
    /// Version of the code that it runs.
    pub generation: u32,
    /// Tasks it has, begun or not.
    pub in_flight: usize,
    /// Those of them that it has begun, as far as is known: at most as many as it runs at once.
    pub tasks: Vec<CurrentTask>,
    /// Tasks it has ended.
    pub completed: u64,
    /// Tasks that may lie in its ring.
    pub window: u32,
    /// Milliseconds since it began to take tasks.
    pub age: f64,
    /// Share of that time that it spent in tasks, from 0 to 1 a task it may run at once; 0 if times are not recorded.
    pub utilization: f64,
    /// Workers that had its place before and were replaced.
    pub restarts: u64,
    /// … by reason.
    pub restart_reasons: RestartCounts,
    /// Bytes of memory of its own when they were last looked at: exactly if above a limit, else at most so many. Only with a
    /// limit of its memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_memory: Option<u64>,
    /// Its process; none if it was not asked for, or there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<ProcessUsage>,
    /// Bytes that its lane takes up.
    pub lane_memory: u64,
}

/// How long workers took to come up: from the request to their first word.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StartTimes {
    /// Those forked from a zygote.
    pub fork: TimeHistogram,
    /// Those executed anew.
    pub spawn: TimeHistogram,
}

/// Nanoseconds of processor time of a pool's workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProcessorTime {
    /// Of those that are gone.
    pub ended: u64,
    /// The most that anybody was told for all of them.
    pub told: Arc<AtomicU64>,
}

/// How long tasks waited and ran: see the fields of [`Statistics`] of these names.
#[derive(Clone, Debug)]
pub struct TaskTimes {
    /// From submission to begin.
    pub wait: TimeHistogram,
    /// From begin to result.
    pub run: TimeHistogram,
    /// Share of all the time there was that was spent in tasks.
    pub utilization: f64,
}

/// The pool at one moment. Counts are since creation, unless it says now.
///
/// Each task accepted is in one of `pending`, `completed`, `failed`, `cancelled`, `timed_out`, `dropped`, `quarantined` and
/// `lost`, so that these add up to `submitted`.
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
    /// Tasks that have killed too many workers.
    pub quarantined: u64,
    /// Attempts beyond the first.
    pub retried: u64,
    /// Tasks not settled, now.
    pub pending: usize,
    /// Tasks in the queues, high, normal, low, now.
    pub queued: [usize; 3],
    /// Tasks that may be queued; none if any number may.
    pub queue_capacity: Option<usize>,
    /// Milliseconds that tasks placed lately had waited in the queues, or that those there wait: high, normal, low.
    pub waits: [f64; 3],
    /// Tasks that wait for shared memory, now.
    pub starved: usize,
    /// Tasks that wait for their next attempt, or for the host's word on it, now.
    pub aside: usize,
    /// Tasks that workers have, begun or not, now.
    pub running: usize,
    /// Workers ever started.
    pub workers_started: u64,
    /// Workers that died unasked; those killed for a task that did not stop are `overdue` in `restarts`.
    pub workers_crashed: u64,
    /// Seconds of processor time that all workers have used, those that are gone included; none if it was not asked for. It
    /// never becomes less, though who dies just now is in neither count for a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers_cpu_seconds: Option<f64>,
    #[serde(skip)]
    pub(crate) processor: ProcessorTime,
    /// Workers that were replaced, by reason.
    pub restarts: RestartCounts,
    /// How long workers took to come up.
    pub starts: StartTimes,
    /// How often a ring was full: the host had no room for a task of a worker with room for it by its window, or a worker had
    /// to wait with a result.
    pub ring_full: u64,
    /// Segments that somebody holds, now.
    pub segments: usize,
    /// Bytes of all segments and of large payloads on their way to workers, now.
    pub shared_memory_used: u64,
    /// Bytes that they may take up.
    pub shared_memory_capacity: u64,
    /// When a task last returned or threw.
    #[serde(serialize_with = "milliseconds_since_epoch")]
    pub last_completed: Option<SystemTime>,
    /// Whether times are recorded; if not, `wait` and `run` are empty and `utilization` is 0.
    pub records_times: bool,
    /// From the submission of a task, or from when it was queued again for another attempt, until a worker began it: queue
    /// and ring.
    pub wait: TimeHistogram,
    /// From when a worker began a task until it had written the result, or died under it: decoding, running, encoding.
    pub run: TimeHistogram,
    /// Share of the time of all workers there may be, since creation, that was spent in tasks; from 0 to 1.
    pub utilization: f64,
    /// Live workers.
    pub workers: Vec<WorkerStatistics>,
}

fn milliseconds_since_epoch<S: serde::Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map(|since| since.as_secs_f64() * 1000.0).serialize(serializer)
}
