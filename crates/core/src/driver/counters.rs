//! Tasks and workers, counted as they come and go.

use crate::observe::ProcessorTime;
use crate::task::FailureCause;

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub submitted: u64,
    pub completed: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub timed_out: u64,
    pub lost: u64,
    pub dropped: u64,
    pub quarantined: u64,
    pub retried: u64,
    pub started: u64,
    pub crashed: u64,
    /// Of the workers, as far as it is known.
    pub processor: ProcessorTime,
}

impl Counters {
    /// Counts a task settled by the pool.
    pub(super) fn settled(&mut self, cause: &FailureCause) {
        match cause {
            FailureCause::Cancelled => self.cancelled += 1,
            FailureCause::TimedOut { .. } | FailureCause::WaitedTooLong { .. } => self.timed_out += 1,
            FailureCause::Dropped => self.dropped += 1,
            FailureCause::Quarantined { .. } => self.quarantined += 1,
            _ => self.lost += 1,
        }
    }

    pub(super) fn pending(&self) -> usize {
        let settled = self.completed
            + self.failed
            + self.cancelled
            + self.timed_out
            + self.dropped
            + self.lost
            + self.quarantined;
        (self.submitted - settled) as usize
    }
}
