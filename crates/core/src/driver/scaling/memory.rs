//! Whether there is memory for more workers.

use crate::driver::Driver;
use hatchery_sys::{headroom, memory};

/// With this much memory for each worker to be started, in bytes, nobody asks how large workers are.
const AMPLE: u64 = 1 << 30;

/// How long, in nanoseconds, a look holds that has found such plenty: it costs a tenth of what it takes a fork to begin.
const HOLDS: u64 = 1_000_000_000;

/// What a worker is taken to need at least, in bytes.
const SMALLEST_WORKER: u64 = 16 << 20;

/// Most workers that are measured: reading the memory of a process takes the kernel a while.
const MOST_MEASURED: usize = 4;

/// Workers that the last look has found ample memory for and that have not been asked for since.
#[derive(Debug, Default)]
pub(super) struct Plenty {
    workers: usize,
    until: u64,
}

impl Plenty {
    /// Takes `count` of them, if the look still holds and there are as many.
    fn take(&mut self, count: usize, now: u64) -> bool {
        let enough = now < self.until && count <= self.workers;
        if enough {
            self.workers -= count;
        }
        enough
    }
}

impl Driver {
    /// How many of `count` workers more there is memory for.
    pub(super) fn affordable(&mut self, count: usize, now: u64) -> usize {
        let share = self.options.scaling.maximum_memory;
        if count == 0 || share.is_infinite() || self.scaling.plenty.take(count, now) {
            return count;
        }
        let Some(memory) = headroom::memory() else { return count };
        let reserve = memory.total as f64 * (1.0 - share).max(0.0);
        let free = memory.available.saturating_sub(reserve as u64);
        let ample = (free / AMPLE) as usize;
        if count <= ample {
            self.scaling.plenty = Plenty { workers: ample - count, until: now.saturating_add(HOLDS) };
            return count;
        }
        count.min((free / self.worker_size()) as usize)
    }

    /// What one worker more takes up, by those there are, in bytes.
    fn worker_size(&self) -> u64 {
        let living =
            self.workers.iter().flatten().filter(|worker| worker.is_serving() && worker.process != 0);
        let sizes =
            living.take(MOST_MEASURED).filter_map(|worker| memory::private_dirty(worker.process).ok());
        let (sum, count) = sizes.fold((0, 0), |(sum, count), size| (sum + size, count + 1));
        SMALLEST_WORKER.max(sum.checked_div(count).unwrap_or(0))
    }
}
