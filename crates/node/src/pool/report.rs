//! What the core says, as the JSON that the facade reads.

use hatchery_core::driver::{Crash, OutputLine, PoolEvent, RecycleReason};
use hatchery_core::task::{Attempt, FailureCause, TaskFailure};
use hatchery_sys::process::signal_name;
use serde_json::{Map, Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// A task settled by the pool.
pub(super) fn failure(failure: &TaskFailure) -> String {
    if let FailureCause::PoolFailed { .. } = failure.cause {
        // The pool's own event has the reason, once; a million tasks need not carry it.
        return json!({ "code": failure.code() }).to_string();
    }
    let mut report = json!({ "code": failure.code(), "message": failure.to_string() });
    let mut set = |key: &str, value: Value| report[key] = value;
    if failure.attempt > 0 {
        set("attempt", failure.attempt.into());
    }
    if let Some(worker) = failure.worker {
        set("worker", worker.into());
    }
    if let Some(stderr) = &failure.stderr {
        set("stderr", (**stderr).into());
    }
    if let Some(process) = failure.process {
        set("pid", process.into());
    }
    match &failure.cause {
        FailureCause::Exited { code } => set("exitCode", (*code).into()),
        FailureCause::Uncaught { code, error } => {
            if *code >= 0 {
                set("exitCode", (*code).into());
            }
            if let Ok(error) = serde_json::from_str::<Value>(error) {
                if let Some(text) = error["message"].as_str() {
                    set("message", format!("{failure}: {text}").into());
                }
                set("cause", error);
            }
        }
        FailureCause::ModuleFailed { code, error } => {
            set("exitCode", (*code).into());
            if let Ok(error) = serde_json::from_str::<Value>(error) {
                set("message", error["message"].clone());
            }
        }
        FailureCause::WorkerLost { function: Some(function) } => set("blamedFunction", (*function).into()),
        FailureCause::Quarantined { number, last, .. } => {
            set("quarantineId", (*number).into());
            set("cause", cause(last));
        }
        FailureCause::Signalled { signal } => set("signal", signal_name(*signal).into()),
        FailureCause::Aborted | FailureCause::OutOfMemory => set("signal", "SIGABRT".into()),
        FailureCause::MemoryExceeded { .. } | FailureCause::GroupOutOfMemory => {
            set("signal", "SIGKILL".into());
        }
        FailureCause::TimedOut { limit }
        | FailureCause::WaitedTooLong { limit }
        | FailureCause::Unresponsive { limit, .. } => set("timeout", (limit.as_millis() as u64).into()),
        _ => {}
    }
    if failure.suspects > 1 {
        set("suspects", failure.suspects.into());
    }
    if !failure.attempts.is_empty() {
        set("attempts", attempts(&failure.attempts));
    }
    report.to_string()
}

/// A cause by itself.
fn cause(cause: &FailureCause) -> Value {
    serde_json::from_str(&failure_with_reason(&TaskFailure::new(cause.clone()))).unwrap_or_default()
}

/// The attempts of a task.
pub(super) fn attempts(attempts: &[Attempt]) -> Value {
    let report = |attempt: &Attempt| {
        let mut report = cause(&attempt.cause);
        let mut set = |key: &str, value: Value| report[key] = value;
        set("attempt", attempt.attempt.into());
        set("worker", attempt.worker.into());
        set("pid", attempt.process.into());
        let at = attempt.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        set("at", (at.as_millis() as u64).into());
        if attempt.suspects > 1 {
            set("suspects", attempt.suspects.into());
        }
        report
    };
    attempts.iter().map(report).collect()
}

/// As [`failure`], for somebody whom no event tells why a pool has failed.
pub(super) fn failure_with_reason(task: &TaskFailure) -> String {
    match &task.cause {
        FailureCause::PoolFailed { detail } => pool_failed(detail),
        _ => failure(task),
    }
}

/// As [`refusal`], for somebody whom no event tells why a pool has failed.
pub(super) fn refusal_with_reason(error: &hatchery_core::Error) -> String {
    match error {
        hatchery_core::Error::PoolFailed(reason) => pool_failed(reason),
        _ => refusal(error),
    }
}

fn pool_failed(reason: &str) -> String {
    event(&PoolEvent::Failed(reason.to_owned()))
}

/// A submission that the driver refused.
pub(super) fn refusal(error: &hatchery_core::Error) -> String {
    json!({ "code": error.code(), "message": error.to_string() }).to_string()
}

/// An event of the pool.
pub(super) fn event(event: &PoolEvent) -> String {
    match event {
        PoolEvent::Ready(details) => {
            let details: Value = serde_json::from_str(details).unwrap_or_else(|_| details.as_str().into());
            json!({ "type": "launcher-ready", "details": details }).to_string()
        }
        PoolEvent::Degraded(reason) => {
            let mut report = merged("start-method", reason);
            report.insert("startMethod".into(), "spawn".into());
            Value::Object(report).to_string()
        }
        PoolEvent::WorkerStarted { worker, process } => {
            json!({ "type": "worker-started", "worker": worker, "pid": process }).to_string()
        }
        PoolEvent::WorkerReady { worker, process, milliseconds } => json!({
            "type": "worker-ready", "worker": worker, "pid": process, "milliseconds": milliseconds,
        })
        .to_string(),
        PoolEvent::WorkerBusy { worker, process } => {
            json!({ "type": "worker-busy", "worker": worker, "pid": process }).to_string()
        }
        PoolEvent::WorkerIdle { worker, process } => {
            json!({ "type": "worker-idle", "worker": worker, "pid": process }).to_string()
        }
        PoolEvent::WorkerHealth { worker, process, health } => json!({
            "type": "worker-health", "worker": worker, "pid": process, "health": health.as_str(),
        })
        .to_string(),
        PoolEvent::WorkerExited { worker, process, code, signal, expected, crash } => {
            let mut report = json!({
                "type": "worker-exited", "worker": worker, "pid": process, "crashed": !expected,
            });
            if *signal != 0 {
                report["signal"] = signal_name(*signal).into();
            } else if *code >= 0 {
                report["exitCode"] = (*code).into();
            }
            if let Some(crash) = crash {
                report["crash"] = self::crash(crash);
            }
            report.to_string()
        }
        PoolEvent::Output { worker, process, stream, lines, dropped } => json!({
            "type": "output",
            "worker": worker,
            "pid": worker.map(|_| process),
            "stream": stream.as_str(),
            "lines": lines.iter().map(line).collect::<Vec<_>>(),
            "dropped": dropped,
        })
        .to_string(),
        PoolEvent::WorkerRecycled { worker, process, reason, completed, age, memory } => json!({
            "type": "recycle", "worker": worker, "pid": process, "reason": limit_name(*reason),
            "completed": completed, "age": age.as_secs_f64() * 1000.0, "rss": memory,
        })
        .to_string(),
        PoolEvent::Scaled { from, to, reason } => {
            json!({ "type": "scale", "from": from, "to": to, "reason": reason.as_str() }).to_string()
        }
        PoolEvent::Resized { number } => json!({ "type": "resized", "number": number }).to_string(),
        PoolEvent::ZygoteLost(reason) => {
            let message = format!("{}; its workers go on, and another one is started", message_of(reason));
            json!({ "type": "zygote", "message": message }).to_string()
        }
        PoolEvent::Reloaded { generation, restart, .. } => {
            json!({ "type": "reloaded", "generation": generation, "restart": restart }).to_string()
        }
        PoolEvent::ReloadFailed(reason) => Value::Object(merged("reload-failed", reason)).to_string(),
        PoolEvent::Warning(reason) => Value::Object(merged("warning", reason)).to_string(),
        PoolEvent::Failed(reason) => Value::Object(merged("failed", reason)).to_string(),
        PoolEvent::Closed => json!({ "type": "closed" }).to_string(),
    }
}

/// Why a worker died.
fn crash(crash: &Crash) -> Value {
    let mut report = cause(&crash.cause);
    // A worker may die with no task, or as it loads its module.
    if crash.task.is_none()
        && let Some(message) = report["message"].as_str()
    {
        report["message"] = message.replacen(" while it ran this task", "", 1).into();
    }
    // As the cause puts it, it is that of the tasks which fell with the worker.
    if let FailureCause::WorkerLost { .. } = crash.cause {
        report["message"] =
            "the worker was killed because this task did not stop in time when it was cancelled or timed \
                             out: have it heed its signal, or raise killGrace"
                .into();
    }
    if let Some(task) = crash.task {
        report["task"] = task.id.to_string().into();
        report["function"] = task.function.into();
    }
    if let Some(stderr) = &crash.stderr {
        report["stderr"] = stderr.as_str().into();
    }
    report
}

/// A line that was printed, with as few words as it takes.
fn line(line: &OutputLine) -> Value {
    let mut report = json!({ "text": String::from_utf8_lossy(&line.text) });
    if let Some(task) = line.task {
        report["task"] = task.id.to_string().into();
        report["function"] = task.function.into();
    }
    if line.continues {
        report["continues"] = true.into();
    }
    report
}

/// The option that a worker is replaced for, or that it was asked for.
fn limit_name(reason: RecycleReason) -> &'static str {
    match reason {
        RecycleReason::Tasks => "maxTasks",
        RecycleReason::Age => "maxAge",
        RecycleReason::Memory => "maxRss",
        RecycleReason::Request => "request",
    }
}

/// What an attempt has failed with, and how long until the next one.
pub(super) fn retry(failure: &TaskFailure, pause: Duration) -> String {
    json!({
        "code": failure.code(), "message": failure.to_string(), "attempt": failure.attempt,
        "worker": failure.worker, "pid": failure.process, "pause": pause.as_secs_f64() * 1000.0,
    })
    .to_string()
}

/// The first worker is ready.
pub(super) fn ready() -> String {
    json!({ "type": "ready" }).to_string()
}

/// The fields of a JSON error beside the type; text that is no JSON is the message.
fn merged(kind: &str, reason: &str) -> Map<String, Value> {
    let mut report = match serde_json::from_str(reason) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::from_iter([("message".to_owned(), Value::from(reason))]),
    };
    report.insert("type".into(), kind.into());
    report
}

/// The message in a JSON error.
pub(super) fn message_of(reason: &str) -> String {
    match merged("", reason).remove("message") {
        Some(Value::String(message)) => message,
        _ => reason.to_owned(),
    }
}
