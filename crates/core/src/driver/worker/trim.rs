//! When the memory of a worker's arena goes back to the system.

use super::Worker;

/// Idle time after which the memory of an arena goes back to the system, nanoseconds: a pause in the work costs nothing,
/// and the faults after a longer one nothing that is felt.
const TRIM_AFTER: u64 = 1_000_000_000;

impl Worker {
    /// Blocks of the arena are in use, or will be soon: their memory is given back when that is over for a while.
    pub(crate) fn will_trim(&mut self, now: u64) {
        if self.trim_at == u64::MAX {
            self.trim_at = now.saturating_add(TRIM_AFTER);
        }
    }

    /// Gives the memory of the arena back if the worker has been idle for long enough, or looks again when it may have.
    pub(crate) fn trim(&mut self, now: u64) {
        let idle_enough = self.idle_since.saturating_add(TRIM_AFTER);
        if !self.in_flight.is_empty() {
            self.trim_at = now.saturating_add(TRIM_AFTER);
        } else if now < idle_enough {
            self.trim_at = idle_enough;
        } else {
            self.trim_at = u64::MAX;
            // If the kernel refuses, the memory is kept for the next payload.
            let _ = self.lane.trim();
        }
    }
}
