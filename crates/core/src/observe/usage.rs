//! What the kernel knows of the workers' processes. Read when it is asked for, and never else.

use super::{ProcessUsage, Statistics};
use hatchery_sys::{clock, process_memory};
use std::sync::atomic::Ordering;

impl Statistics {
    /// Fills in [`usage`](super::WorkerStatistics::usage) of each worker. A few microseconds a worker; with `proportional` the kernel walks
    /// all pages of each, which takes it 15 microseconds a megabyte. No lock has to be held for it.
    pub fn look_at_processes(&mut self, proportional: bool) {
        for worker in self.workers.iter_mut().filter(|worker| worker.process != 0) {
            worker.usage = usage(worker.process, proportional);
        }
        let used: f64 =
            self.workers.iter().filter_map(|worker| worker.usage).map(|usage| usage.cpu_seconds).sum();
        let now = self.processor.ended.saturating_add((used * 1e9) as u64);
        // Relaxed: the number is all there is to it.
        let before = self.processor.told.fetch_max(now, Ordering::Relaxed);
        self.workers_cpu_seconds = Some(now.max(before) as f64 / 1e9);
    }
}

/// None if there is no such process any more.
fn usage(process: u32, proportional: bool) -> Option<ProcessUsage> {
    let resident_memory = process_memory::resident(process).ok()?;
    let processor = clock::processor_nanoseconds(process).ok()?;
    Some(ProcessUsage {
        resident_memory,
        // A kernel, or a worker that has become another user, that does not tell.
        proportional_memory: if proportional { process_memory::proportional(process).ok() } else { None },
        cpu_seconds: processor as f64 / 1e9,
    })
}
