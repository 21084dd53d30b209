//! Tasks on their way in: through the inbox, or straight to the driver.

use super::{Core, Hub};
use crate::driver::Submission;
use crate::pool::cell::Cell;
use crate::pool::inbox::Entry;
use crate::pool::lock;
use crate::pool::outcome::TaskOptions;
use crate::task::FailureCause;
use crate::{Error, Result};
use std::sync::Arc;

/// A payload from this size on goes straight to the driver: the copy through the inbox would cost more than
/// the wait for the driver's lock.
const DIRECT: usize = 4096;

/// Tasks taken from the inbox between two placements, so that workers do not wait for the end of a long batch.
const STRIDE: usize = 256;

/// Tasks taken from the inbox in one turn. So few that their slots in the driver's tables, used again and again,
/// stay in the cache however many tasks wait in the inbox.
pub(super) const INTAKE: usize = 1024;

impl Hub {
    /// Takes a task.
    pub(in crate::pool) fn submit(
        &self,
        function: u32,
        payload: &[u8],
        options: TaskOptions,
    ) -> Result<Arc<Cell>> {
        let entry = Entry::new(function, payload.len(), options);
        let cell = Arc::clone(&entry.cell);
        if payload.len() >= DIRECT {
            lock(&self.inbox).admit()?;
            self.submit_directly(entry, payload)?;
            self.rouse();
            return Ok(cell);
        }
        let asleep = {
            let mut inbox = lock(&self.inbox);
            inbox.admit()?;
            inbox.batch.push(entry, payload);
            std::mem::take(&mut inbox.asleep)
        };
        if asleep {
            self.rouse();
        }
        Ok(cell)
    }

    /// Hands an admitted task to the driver, after those in the inbox, and publishes it.
    pub(in crate::pool) fn submit_directly(&self, entry: Entry, payload: &[u8]) -> Result<()> {
        let mut core = lock(&self.core);
        self.collect(&mut core, usize::MAX);
        let ticket = core.collector.next_ticket();
        match core.driver.submit(entry.submission(ticket), payload) {
            Ok(id) => {
                entry.cell.set_id(id);
                core.collector.keep(ticket, entry.cell);
                core.driver.flush();
                Ok(())
            }
            Err(error) => {
                core.collector.settled += 1;
                Err(error)
            }
        }
    }

    /// Moves tasks from the inbox to the driver, at most `limit`. True: there are more.
    pub(super) fn collect(&self, core: &mut Core, limit: usize) -> bool {
        let Core { driver, collector, intake, .. } = core;
        self.count_settled(collector);
        let mut taken = 0;
        loop {
            if intake.is_empty() {
                intake.clear();
                let mut inbox = lock(&self.inbox);
                if inbox.batch.is_empty() {
                    break;
                }
                std::mem::swap(&mut inbox.batch, intake);
            }
            while taken < limit
                && let Some((entry, payload)) = intake.next()
            {
                let ticket = collector.next_ticket();
                match driver.submit(entry.submission(ticket), payload) {
                    Ok(id) => {
                        entry.cell.set_id(id);
                        collector.keep(ticket, entry.cell);
                    }
                    Err(error) => collector.reject(entry.cell, cause_of(error)),
                }
                taken += 1;
                if taken % STRIDE == 0 {
                    driver.flush();
                }
            }
            if taken == limit {
                break;
            }
        }
        if taken % STRIDE != 0 {
            driver.flush();
        }
        !intake.is_empty()
    }
}

/// Why the driver refuses a task that the inbox had taken.
fn cause_of(error: Error) -> FailureCause {
    match error {
        Error::PoolClosed => FailureCause::PoolClosed,
        Error::PoolFailed(detail) => FailureCause::PoolFailed { detail },
        // There is no memory for it: the pool as such goes on, but this task cannot have what it was promised.
        other => FailureCause::PoolFailed { detail: other.to_string() },
    }
}

impl Entry {
    fn submission(&self, ticket: u64) -> Submission {
        Submission {
            ticket,
            function: self.function,
            priority: self.priority,
            timeout: self.timeout,
            queue_timeout: self.queue_timeout,
            retries: self.retries,
            retry_errors: self.retry_errors,
            segments: 0,
            credit: 0,
            observed: false,
        }
    }
}
