//! The pool under observation: what JavaScript asks of it that changes nothing.

use super::metrics::{self, Unseen};
use super::{NativePool, figures};
use napi_derive::napi;

#[napi]
impl NativePool {
    /// The level from which on the core tells of its life.
    #[napi]
    pub fn set_log_level(&self, level: Option<String>) {
        self.pump.lock().set_log_level(level.as_deref());
    }

    /// Whether pool events tell which workers become busy and idle, from now on.
    #[napi]
    pub fn observe_workers(&self, wanted: bool) {
        self.change(|state| state.observe_workers(wanted));
    }

    /// The driver's figures, as JSON, its last ones once it is gone; `null` before the start. `detail`: see `NativePool` in
    /// `src/native/types.ts`.
    #[napi]
    pub fn stats(&self, detail: u32) -> String {
        let client = self.pump.client();
        let Some(mut figures) = self.pump.lock().statistics(client) else { return "null".to_owned() };
        // Without the lock: others need not wait for it.
        if detail > 0 {
            figures.statistics.look_at_processes(detail > 1);
        }
        figures.report()
    }

    /// Tasks in the queues.
    #[napi]
    pub fn queued(&self) -> f64 {
        self.pump.lock().queued() as f64
    }

    /// How long tasks waited and ran, as JSON; `null` before the start.
    #[napi]
    pub fn times(&self) -> String {
        let times = self.pump.lock().times();
        times.map_or_else(|| "null".to_owned(), |times| figures::times(&times))
    }

    /// How long they did within the last minute, as JSON; `null` before the start, and after the end.
    #[napi]
    pub fn recent_times(&self) -> String {
        let times = self.pump.lock().recent_times();
        times.map_or_else(|| "null".to_owned(), |times| figures::recent_times(&times))
    }

    /// Has a histogram begin anew: `wait`, or else that of run times.
    #[napi]
    pub fn reset_times(&self, which: String) {
        self.pump.lock().reset_times(which == "wait");
    }

    /// The pool's metrics, in Prometheus's text format or as JSON. `labels`: names and values by turns, which all of them
    /// carry. Empty before the start and after the end.
    #[napi]
    pub fn metrics(&self, labels: Vec<String>, unseen: Unseen, json: bool) -> String {
        let statistics = self.pump.lock().snapshot();
        // Without the lock: the processes of the workers take a while to look at.
        statistics.map(|statistics| metrics::encode(statistics, &labels, &unseen, json)).unwrap_or_default()
    }

    /// Turns the driver, whoever's turn it is; false: there is none, before the start and after the end. Blocks while
    /// somebody else turns it, so that not to return is a verdict as well.
    #[napi]
    pub fn probe(&self) -> bool {
        self.change(|state| {
            state.turn();
            state.is_running()
        })
    }
}
