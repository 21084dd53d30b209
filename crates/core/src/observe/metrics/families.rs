//! Which metrics there are.

use super::family::Families;
use crate::observe::{RestartReason, Statistics, WorkerStatistics};
use prometheus::proto::{LabelPair, MetricFamily};
use std::time::SystemTime;

const PRIORITIES: [&str; 3] = ["high", "normal", "low"];

/// What a worker is, for whoever counts them: each is one of these.
const WORKER_STATES: [&str; 7] = ["starting", "idle", "busy", "blocked", "stopped", "spare", "leaving"];

pub(super) fn of(statistics: &Statistics, labels: &[LabelPair]) -> Vec<MetricFamily> {
    let mut families = Families { labels, made: Vec::new() };
    tasks(&mut families, statistics);
    queues(&mut families, statistics);
    workers(&mut families, statistics);
    processes(&mut families, statistics);
    memory(&mut families, statistics);
    let build = [("version", env!("CARGO_PKG_VERSION")), ("start_method", statistics.start_method)];
    families.information("build_info", "1; the labels tell what runs.", &build);
    families.made
}

fn tasks(families: &mut Families<'_>, statistics: &Statistics) {
    let outcomes = [
        ("completed", statistics.completed),
        ("failed", statistics.failed),
        ("cancelled", statistics.cancelled),
        ("timed_out", statistics.timed_out),
        ("lost", statistics.lost),
        ("dropped", statistics.dropped),
        ("quarantined", statistics.quarantined),
    ];
    families.counter("tasks_submitted_total", "Tasks accepted.", statistics.submitted as f64);
    families.counters("tasks_total", "Tasks settled, by what became of them.", "outcome", outcomes);
    families.counter("task_retries_total", "Attempts beyond the first.", statistics.retried as f64);
    families.gauge("tasks_running", "Tasks that workers have, begun or not.", statistics.running as f64);
    let wait = "From submission, or the end of the attempt before, until a worker began the task.";
    let run = "From when a worker began a task until it had written the result, or died under it.";
    families.times("task_wait_seconds", wait, &statistics.wait);
    families.times("task_run_seconds", run, &statistics.run);
    let last = statistics.last_completed.and_then(|last| last.duration_since(SystemTime::UNIX_EPOCH).ok());
    let help = "When a task last returned or threw; 0: none has.";
    families.gauge("last_task_completed_timestamp_seconds", help, last.unwrap_or_default().as_secs_f64());
}

fn queues(families: &mut Families<'_>, statistics: &Statistics) {
    let queued = PRIORITIES.into_iter().zip(statistics.queued.map(|length| length as f64));
    families.gauges("queue_tasks", "Tasks that wait for a worker.", "priority", queued);
    let capacity = statistics.queue_capacity.map_or(f64::INFINITY, |capacity| capacity as f64);
    families.gauge("queue_capacity_tasks", "Tasks that may wait; +Inf: any number.", capacity);
    let help = "Times a lane's ring had no room for a task or a result.";
    families.counter("ring_full_total", help, statistics.ring_full as f64);
}

fn workers(families: &mut Families<'_>, statistics: &Statistics) {
    let count =
        |state: &str| statistics.workers.iter().filter(|worker| state_of(worker) == state).count() as f64;
    let states = WORKER_STATES.map(|state| (state, count(state)));
    families.gauges("workers", "Workers there are; each is in one state.", "state", states);
    families.gauge(
        "workers_utilization_ratio",
        "Share of the time of all workers there may be that was spent in tasks, since the pool was made.",
        statistics.utilization,
    );
    // Labels by Prometheus's custom, with underscores.
    let reasons: Vec<_> = RestartReason::ALL.iter().map(|reason| reason.as_str().replace('-', "_")).collect();
    let restarts = RestartReason::ALL.iter().map(|reason| statistics.restarts.of(*reason));
    families.counters(
        "worker_restarts_total",
        "Workers that were replaced, by why.",
        "reason",
        reasons.iter().map(String::as_str).zip(restarts),
    );
    let started = statistics.workers_started as f64;
    families.counter("workers_started_total", "Workers ever started.", started);
    families.counter(
        "workers_crashed_total",
        "Workers that died unasked.",
        statistics.workers_crashed as f64,
    );
    let zygotes = f64::from(statistics.zygote_restarts);
    families.counter("zygote_restarts_total", "Zygotes that died and were replaced.", zygotes);
    families.times_by(
        "worker_start_seconds",
        "From the request for a worker to its first word.",
        "method",
        &[("fork", &statistics.starts.fork), ("spawn", &statistics.starts.spawn)],
    );
}

fn state_of(worker: &WorkerStatistics) -> &'static str {
    match worker.state {
        "created" | "starting" => "starting",
        _ if worker.leaving => "leaving",
        _ if worker.spare => "spare",
        _ => worker.health,
    }
}

/// Memory and processor time, if somebody has looked.
fn processes(families: &mut Families<'_>, statistics: &Statistics) {
    let Some(used) = statistics.workers_cpu_seconds else { return };
    let usages = statistics.workers.iter().filter_map(|worker| worker.usage);
    let resident: u64 = usages.map(|usage| usage.resident_memory).sum();
    families.gauge(
        "workers_resident_memory_bytes",
        "Resident memory of all workers; pages that they share count once for each.",
        resident as f64,
    );
    families.counter(
        "workers_cpu_seconds_total",
        "Processor time of all workers, those that are gone included.",
        used,
    );
}

fn memory(families: &mut Families<'_>, statistics: &Statistics) {
    let used = statistics.shared_memory_used as f64;
    families.gauge(
        "shared_memory_used_bytes",
        "Memory of pool.alloc() and of large payloads on their way.",
        used,
    );
    let capacity = statistics.shared_memory_capacity as f64;
    families.gauge("shared_memory_capacity_bytes", "As much as that may be (maxSharedMemory).", capacity);
}
