//! How long tasks wait and run.

use super::Driver;
use super::worker::Worker;
use crate::observe::TimeHistogram;

impl Worker {
    /// Seconds that it has spent in tasks.
    pub(super) fn busy_seconds(&self) -> f64 {
        0.0
    }
}

impl Driver {
    /// How long tasks have waited, and run.
    pub(super) fn times(&self) -> (TimeHistogram, TimeHistogram) {
        Default::default()
    }

    /// Seconds that workers have spent in tasks, those that are gone included.
    pub(super) fn busy_seconds(&self) -> f64 {
        0.0
    }
}
