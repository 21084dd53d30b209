//! The entries: levels as operators expect. What is wrong is `warn`, or `error` if something was lost; what an operator has
//! asked for, and the coming and going of workers, is `info`; steps on the way are `debug`.

use crate::driver::{Health, PoolEvent, RecycleReason, ScaleReason, Strategy, TaskName};
use crate::task::FailureCause;
use tracing::{debug, error, info, warn};

const POOL: &str = "hatchery::pool";
const WORKER: &str = "hatchery::worker";
const ZYGOTE: &str = "hatchery::zygote";
const SCALING: &str = "hatchery::scaling";
const TASK: &str = "hatchery::task";

/// Logs an event of a pool. Hosts call it for each that their [`Sink`](crate::driver::Sink) is told of.
pub fn note(event: &PoolEvent) {
    match event {
        PoolEvent::Degraded(reason) => {
            warn!(target: ZYGOTE, start_method = "spawn", reason = message(reason), "workers are spawned and not forked");
        }
        PoolEvent::WorkerStarted { worker, process } => {
            debug!(target: WORKER, worker_id = worker, pid = process, "a worker process exists");
        }
        // As often as tasks come and go: for those who subscribe to the channels.
        PoolEvent::WorkerBusy { .. } | PoolEvent::WorkerIdle { .. } => {}
        PoolEvent::WorkerHealth { worker, process, health } => {
            let (worker_id, pid) = (worker, process);
            match health {
                Health::Stopped => warn!(target: WORKER, worker_id, pid, "a worker is stopped by a signal"),
                Health::Blocked => {
                    warn!(target: WORKER, worker_id, pid, "a worker neither computes nor turns")
                }
                _ => {
                    info!(target: WORKER, worker_id, pid, health = health.as_str(), "a worker is well again")
                }
            }
        }
        PoolEvent::WorkerRecycled { worker, process, reason, completed, age, memory } => {
            let (worker_id, pid, age) = (worker, process, age.as_millis() as u64);
            match reason {
                // As many as there are tasks, perhaps.
                RecycleReason::Tasks => {
                    debug!(target: WORKER, worker_id, pid, completed, age, "a worker has had its tasks and goes");
                }
                RecycleReason::Age => {
                    info!(target: WORKER, worker_id, pid, completed, age, "a worker is old enough and goes");
                }
                RecycleReason::Request => {
                    info!(target: WORKER, worker_id, pid, completed, age, "a worker was to be replaced and goes");
                }
                RecycleReason::Memory => {
                    let rss = *memory;
                    info!(target: WORKER, worker_id, pid, completed, age, rss, "a worker has grown and goes");
                }
            }
        }
        PoolEvent::Scaled { from, to, reason: ScaleReason::Start } => {
            info!(target: SCALING, from, to, reason = "start", "workers are started");
        }
        PoolEvent::Scaled { from, to, reason } if from == to => {
            info!(target: SCALING, workers = to, reason = reason.as_str(), "tasks wait, but no worker is added");
        }
        PoolEvent::Scaled { from, to, reason } => {
            info!(target: SCALING, from, to, reason = reason.as_str(), "the number of workers changes");
        }
        PoolEvent::Resized { .. } => info!(target: SCALING, "the pool has the size that was asked for"),
        PoolEvent::ZygoteLost(reason) => {
            warn!(target: ZYGOTE, reason = message(reason), stderr = field(reason, "stderr"), "a zygote is lost; its workers go on");
        }
        PoolEvent::Reloaded { generation, restart: true, .. } => {
            info!(target: POOL, generation, "zygote and workers have been started anew")
        }
        PoolEvent::Reloaded { generation, .. } => {
            info!(target: POOL, generation, "all workers run the new code")
        }
        PoolEvent::ReloadFailed(reason) => {
            error!(
                target: POOL, code = field(reason, "code"), reason = message(reason), stderr = field(reason, "stderr"),
                "the new code does not start; the old one goes on"
            );
        }
        PoolEvent::Warning(reason) => {
            let (code, stderr) = (field(reason, "code"), field(reason, "stderr"));
            warn!(target: POOL, code, stderr, "{}", message(reason));
        }
        PoolEvent::Failed(reason) => {
            let (code, stderr) = (field(reason, "code"), field(reason, "stderr"));
            error!(target: POOL, fatal = true, code, stderr, "the pool has failed: {}", message(reason));
        }
        PoolEvent::Closed => info!(target: POOL, "the pool is closed"),
        // Logged where more is known of them; and what is printed is for the host to log, or not.
        PoolEvent::Ready(_)
        | PoolEvent::WorkerReady { .. }
        | PoolEvent::WorkerExited { .. }
        | PoolEvent::Output { .. } => {}
    }
}

/// Workers can be started.
pub(crate) fn launcher_ready(start_method: &str) {
    info!(target: ZYGOTE, start_method, "workers can be started");
}

/// A worker is asked for.
pub(crate) fn worker_requested(worker_id: u32, method: &str, place: usize, spare: bool) {
    debug!(target: WORKER, worker_id, method, place, spare, "a worker is asked for");
}

/// A worker takes tasks now. `fresh`: each is for one task, so that this says no more than that a task is run.
pub(crate) fn worker_ready(worker_id: u32, pid: u32, milliseconds: f64, fresh: bool) {
    if fresh {
        debug!(target: WORKER, worker_id, pid, milliseconds, "a worker is ready");
    } else {
        info!(target: WORKER, worker_id, pid, milliseconds, "a worker is ready");
    }
}

/// A worker has left that was asked to.
pub(crate) fn worker_left(worker_id: u32, pid: u32, completed: u64, fresh: bool) {
    if fresh {
        debug!(target: WORKER, worker_id, pid, completed, "a worker has left");
    } else {
        info!(target: WORKER, worker_id, pid, completed, "a worker has left");
    }
}

/// How a worker has died.
pub(crate) struct Death<'a> {
    /// Worker number.
    pub number: u32,
    /// Its process id.
    pub process: u32,
    /// In words, behind "a worker".
    pub how: &'a str,
    /// What its tasks are told.
    pub cause: &'a FailureCause,
    /// The task to blame.
    pub task: Option<TaskName>,
    /// The end of its standard error.
    pub stderr: Option<&'a str>,
}

/// A worker has died that was not asked to.
pub(crate) fn worker_crashed(Death { number, process, how, cause, task, stderr }: Death) {
    let (worker_id, pid, code) = (number, process, cause.code());
    let (task_id, function) =
        (task.map(|task| tracing::field::display(task.id)), task.map(|task| task.function));
    error!(target: WORKER, worker_id, pid, code, task_id, function, stderr, "a worker {how}");
}

/// A worker is dead that was killed for a task that did not stop.
pub(crate) fn worker_overdue(Death { number, process, how, task, stderr, .. }: Death) {
    let (worker_id, pid) = (number, process);
    let (task_id, function) =
        (task.map(|task| tracing::field::display(task.id)), task.map(|task| task.function));
    warn!(target: WORKER, worker_id, pid, task_id, function, stderr, "a worker {how}: its task did not stop in time");
}

/// A worker is told to leave.
pub(crate) fn worker_dismissed(worker_id: u32, pid: u32) {
    debug!(target: WORKER, worker_id, pid, "a worker is told to leave");
}

/// A worker is killed, for a reason.
pub(crate) fn worker_killed(worker_id: u32, pid: u32, reason: &str) {
    warn!(target: WORKER, worker_id, pid, reason, "a worker is killed");
}

/// Another zygote takes the place of one that died.
pub(crate) fn zygote_restarted() {
    info!(target: ZYGOTE, "another zygote is started");
}

/// The workers are being replaced by such as run other code.
pub(crate) fn reload_begun(generation: u32) {
    info!(target: POOL, generation, "the pool is reloaded");
}

/// No more tasks are taken.
pub(crate) fn draining(pending: usize) {
    info!(target: POOL, pending, "the pool closes, and waits for its tasks");
}

/// Nothing is waited for any more.
pub(crate) fn destroyed(pending: usize) {
    info!(target: POOL, pending, "the pool is destroyed");
}

/// An attempt at a task has failed, and there will be another.
pub(crate) fn task_retried(task: TaskName, worker_id: u32, code: &str, attempt: u16) {
    let (task_id, function) = (tracing::field::display(task.id), task.function);
    warn!(target: TASK, task_id, function, worker_id, code, attempt, "a task has failed and is tried again");
}

/// Too many workers have died under a task.
pub(crate) fn task_quarantined(task: TaskName, worker_id: u32, code: &str, quarantine_id: u32) {
    let (task_id, function) = (tracing::field::display(task.id), task.function);
    error!(target: TASK, task_id, function, worker_id, code, quarantine_id, "a task is quarantined");
}

/// A task did not end in time, or is not wanted any more, and is told to stop.
pub(crate) fn task_abandoned(task: TaskName, worker_id: u32, code: &str) {
    let (task_id, function) = (tracing::field::display(task.id), task.function);
    debug!(target: TASK, task_id, function, worker_id, code, "a running task is told to stop");
}

/// A failure means something to more than its task.
pub(crate) fn strategy_carried_out(strategy: Strategy, worker_id: u32, reason: &str) {
    let (strategy, reason) = (strategy.name(), message(reason));
    if strategy != "ignore" && strategy != "retry" {
        warn!(target: POOL, strategy, worker_id, reason, "a recovery strategy is carried out");
    }
}

/// A text field of a JSON error.
fn field(reason: &str, name: &str) -> Option<String> {
    let fields: serde_json::Value = serde_json::from_str(reason).ok()?;
    fields.get(name)?.as_str().map(str::to_owned)
}

/// The message of a JSON error; text that is no JSON is one.
fn message(reason: &str) -> String {
    field(reason, "message").unwrap_or_else(|| reason.to_owned())
}
