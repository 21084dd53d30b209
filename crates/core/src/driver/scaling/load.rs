//! Whether the workers use up the processors.

use crate::driver::worker::Worker;
use hatchery_sys::{clock, process};

/// Time that a look must be apart from the one before, nanoseconds: processor time is counted in ticks of some milliseconds
/// on some machines.
const LEAST: u64 = 4_000_000;

/// A look further back than so many intervals says nothing about now.
const STALE: u64 = 4;

/// What a look has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Processors have time left.
    Free,
    /// They have not, and tasks get done.
    Busy,
    /// They have not, and nothing has ended for an interval: whatever runs there, tasks behind it may be shorter.
    Stuck,
    /// There is nothing to compare with yet.
    Unknown,
}

/// The look before.
#[derive(Default)]
pub(super) struct Load {
    at: u64,
    /// Processor time by worker number, nanoseconds.
    used: Vec<(u32, u64)>,
    /// Tasks that had ended, and when one last had.
    ended: u64,
    ended_at: u64,
}

impl Load {
    /// The next look has nothing to compare with.
    pub(super) fn forget(&mut self) {
        self.at = 0;
    }

    /// Compares with the look before. `ended`: tasks that have; `full`: processors' worth of time that is all there is.
    pub(super) fn look(
        &mut self,
        workers: &[Option<Box<Worker>>],
        ended: u64,
        full: f64,
        interval: u64,
        now: u64,
    ) -> Verdict {
        let elapsed = now.saturating_sub(self.at);
        if self.at > 0 && elapsed < LEAST {
            return Verdict::Unknown;
        }
        let fresh = self.at > 0 && elapsed < interval.saturating_mul(STALE);
        if !fresh || ended != self.ended {
            (self.ended, self.ended_at) = (ended, now);
        }
        let living = workers.iter().flatten().filter(|worker| worker.process != 0 && worker.exit.is_none());
        let used: Vec<(u32, u64)> = living
            .filter_map(|worker| Some((worker.number, clock::processor_nanoseconds(worker.process).ok()?)))
            .collect();
        // Of a worker that was not there before all counts: starting takes processors too.
        let before =
            |number| self.used.iter().find(|(known, _)| *known == number).map_or(0, |(_, time)| *time);
        let spent: u64 = used.iter().map(|(number, time)| time.saturating_sub(before(*number))).sum();
        // One that could run and has to wait for a processor wants all of the time, however little it gets.
        let runnable = |worker: &Worker| worker.process != 0 && process::is_runnable(worker.process);
        let runnable = workers.iter().flatten().filter(|worker| runnable(worker)).count();
        let wanted = elapsed.saturating_mul(runnable as u64);
        let spent = spent.max(wanted);
        self.used = used;
        self.at = now;
        if !fresh {
            Verdict::Unknown
        } else if (spent as f64) < full * elapsed as f64 {
            Verdict::Free
        } else if now - self.ended_at >= interval {
            self.ended_at = now;
            Verdict::Stuck
        } else {
            Verdict::Busy
        }
    }
}
