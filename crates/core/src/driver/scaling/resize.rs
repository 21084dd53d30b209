//! Other bounds for a pool that runs.

use super::ScaleReason;
use crate::driver::worker::WorkerState;
use crate::driver::{Driver, DriverOptions, Ending, PoolEvent, Sink};
use crate::{Error, Result};
use hatchery_sys::clock;

/// A resize that has not come to its end.
#[derive(Default)]
pub(in crate::driver) struct Resizing {
    /// The last one asked for.
    number: u32,
    under_way: bool,
}

impl Resizing {
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way
    }
}

impl Driver {
    /// Sets how many workers there are at least and at most. Workers that are too many take no more tasks and leave when
    /// they have ended those they have begun. When the pool is as large as asked for it says
    /// [`PoolEvent::Resized`] with the number returned; a later resize takes the place of one under way.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::PoolClosed`].
    pub fn resize(&mut self, minimum: usize, maximum: usize) -> Result<u32> {
        let options =
            DriverOptions { minimum_workers: minimum, maximum_workers: maximum, ..self.options.clone() };
        options.validate()?;
        if self.ending != Ending::Open {
            return Err(Error::PoolClosed);
        }
        self.record_capacity(clock::monotonic_nanoseconds());
        self.options = options;
        self.retire_surplus();
        let resizing = &mut self.scaling.resizing;
        resizing.under_way = true;
        resizing.number = resizing.number.wrapping_add(1);
        let number = resizing.number;
        // What is missing is started in the next turn.
        self.wake();
        Ok(number)
    }

    /// Takes those out of service that are beyond the maximum: first what has not come up, then the idle, then those with
    /// the fewest tasks.
    pub(in crate::driver) fn retire_surplus(&mut self) {
        let staying = self.staying();
        let mut candidates: Vec<(bool, usize, usize)> = Vec::new();
        for (slot, worker) in self.workers.iter().enumerate() {
            if let Some(worker) = worker.as_deref().filter(|worker| worker.is_staying()) {
                candidates.push((worker.state == WorkerState::Running, worker.in_flight.length(), slot));
            }
        }
        candidates.sort_unstable();
        for (_, _, slot) in candidates.into_iter().take(staying.saturating_sub(self.options.maximum_workers))
        {
            self.retire(slot, None);
        }
        self.note_size(self.staying(), ScaleReason::Resize);
    }

    /// Lets those retired workers go that have nothing left to do, and tells when the pool is as large as it should be.
    pub(in crate::driver) fn advance_resizing(&mut self, now: u64, sink: &mut dyn Sink) {
        if !self.scaling.resizing.under_way {
            return;
        }
        let (mut ready, mut present, mut retiring) = (0, 0, 0);
        self.dismiss_retired(now);
        for worker in self.workers.iter().flatten() {
            // One that is due for replacement has another one beside it, and so has one that a reload replaces.
            let counted = worker.lifespan.is_counted() && !worker.successor;
            present += usize::from(!worker.spare && counted);
            // Also one that does not turn for its task.
            ready += usize::from(worker.state == WorkerState::Running && worker.is_staying());
            retiring += usize::from(worker.retiring);
        }
        let reached = present <= self.options.maximum_workers && ready >= self.options.minimum_workers;
        if reached && retiring == 0 {
            self.scaling.resizing.under_way = false;
            sink.event(PoolEvent::Resized { number: self.scaling.resizing.number });
        }
    }
}
