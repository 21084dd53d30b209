//! Other options for a pool that runs.
//!
//! Most options are read where they matter each time, so a change is one assignment; a few have left something behind
//! that is set anew here. What has shaped workers or lanes stays: see [`Driver::configure`].

use super::{Driver, DriverOptions, Ending, WorkerLimits};
use crate::{Error, Result};

impl Driver {
    /// Takes other options over, all of them or none. Those that stay as they are, whatever `options` has for them:
    ///
    /// - the number of workers, for which there is [`Driver::resize`];
    /// - concurrency, affinity, sandbox, lanes and the control groups, by which workers have been made;
    /// - how many starts may fail;
    /// - what is recorded for observers: a lane has room for it or has none.
    ///
    /// Limits that a worker puts on itself as it starts, and its share of tasks and time, hold for workers that are started
    /// from now on; limits of tasks (queue time) for tasks that are submitted from now on.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], [`Error::PoolClosed`]; nothing has changed then.
    pub fn configure(&mut self, options: DriverOptions) -> Result<()> {
        let now = &self.options;
        let options = DriverOptions {
            minimum_workers: now.minimum_workers,
            maximum_workers: now.maximum_workers,
            concurrency: now.concurrency,
            affinity: now.affinity.clone(),
            sandbox: now.sandbox.clone(),
            geometry: now.geometry.clone(),
            maximum_start_failures: now.maximum_start_failures,
            observe: now.observe.clone(),
            limits: WorkerLimits { group: now.limits.group.clone(), ..options.limits },
            ..options
        };
        options.validate()?;
        if self.ending != Ending::Open {
            return Err(Error::PoolClosed);
        }
        self.queues.set_ageing(options.queue.ageing);
        self.rounds.set_interval(&options.health);
        self.segments.set_limit(options.maximum_shared_memory);
        self.recovery.set_rules(&options.recovery);
        self.options = options;
        self.retire_spares();
        // Times may be over that were not, and there may be room that was not.
        self.wake();
        Ok(())
    }

    /// Takes spares out of service that are too many.
    fn retire_spares(&mut self) {
        let is_spare = |slot: &usize| {
            self.workers[*slot].as_ref().is_some_and(|worker| worker.spare && worker.may_stay())
        };
        let spares: Vec<usize> = (0..self.workers.len()).filter(is_spare).collect();
        for slot in spares.into_iter().skip(self.options.spares) {
            self.retire(slot, None);
        }
    }
}
