//! The driver's figures, in JavaScript's words.

use super::clients::client_of;
use super::functions::Functions;
use hatchery_core::observe::{RecentTimes, Statistics, TaskTimes};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What a client is told, but for what the kernel knows: that is asked for without the lock.
pub(super) struct Figures {
    pub(super) statistics: Statistics,
    client: u32,
    /// Why the start method is not the one that was asked for.
    reason: Option<String>,
    /// Definitions of the functions that workers are in.
    functions: HashMap<u32, String>,
}

impl Figures {
    pub(super) fn new(
        statistics: Statistics,
        client: u32,
        reason: Option<&str>,
        functions: &Functions,
    ) -> Figures {
        let running = statistics.workers.iter().flat_map(|worker| &worker.tasks);
        let definition =
            |function: u32| Some((function, functions.definition(function as usize)?.to_owned()));
        let functions = running.filter_map(|task| definition(task.function)).collect();
        Figures { statistics, client, reason: reason.map(str::to_owned), functions }
    }

    /// JSON: `DriverStats` of `src/host/stats.ts`.
    pub(super) fn report(&self) -> String {
        let statistics = &self.statistics;
        let mut report = json!(statistics);
        let mut set = |key: &str, value: Value| report[key] = value;
        let [high, normal, low] = statistics.queued;
        set("queued", (high + normal + low).into());
        set("queues", json!({ "high": high, "normal": normal, "low": low }));
        let [high, normal, low] = statistics.waits;
        set("waits", json!({ "high": high, "normal": normal, "low": low }));
        set("startMethodReason", self.reason.as_deref().into());
        rename(&mut report, &[("wait", "waitTime"), ("run", "runTime"), ("starts", "startTimes")]);
        rename(&mut report, &[("recordsTimes", "recordTiming")]);
        for worker in report["workers"].as_array_mut().into_iter().flatten() {
            self.describe(worker);
        }
        report.to_string()
    }

    fn describe(&self, worker: &mut Value) {
        rename(worker, &[("worker", "id")]);
        let usage = worker.as_object_mut().and_then(|fields| fields.remove("usage"));
        if let Some(mut usage) = usage {
            let names = [("residentMemory", "rss"), ("proportionalMemory", "pss"), ("cpuSeconds", "cpu")];
            for (from, to) in names {
                if let Some(value) = usage.get_mut(from) {
                    worker[to] = value.take();
                }
            }
        }
        for task in worker["tasks"].as_array_mut().into_iter().flatten() {
            let ticket = task["ticket"].as_u64().unwrap_or_default();
            let function = task["function"].as_u64().unwrap_or_default() as u32;
            let definition = self.functions.get(&function).and_then(|text| serde_json::from_str(text).ok());
            let mut definition: Map<String, Value> = definition.unwrap_or_default();
            for key in ["filename", "name"] {
                if let Some(value) = definition.remove(key) {
                    task[key] = value;
                }
            }
            if let Some(fields) = task.as_object_mut() {
                fields.remove("function");
                // Other threads' tickets say nothing to this one.
                if client_of(ticket) == self.client {
                    fields.insert("ticket".into(), (ticket as u32).into());
                } else {
                    fields.remove("ticket");
                }
            }
        }
    }
}

/// JSON: `{ waitTime, runTime, utilization }`.
pub(super) fn times(times: &TaskTimes) -> String {
    json!({ "waitTime": times.wait, "runTime": times.run, "utilization": times.utilization }).to_string()
}

/// JSON: `{ window, waitTime, runTime }`, the window in milliseconds.
pub(super) fn recent_times(times: &RecentTimes) -> String {
    let window = times.window.as_secs_f64() * 1e3;
    json!({ "window": window, "waitTime": times.wait, "runTime": times.run }).to_string()
}

fn rename(value: &mut Value, names: &[(&str, &str)]) {
    let Some(fields) = value.as_object_mut() else { return };
    for (from, to) in names {
        if let Some(value) = fields.remove(*from) {
            fields.insert((*to).to_owned(), value);
        }
    }
}
