//! Waiting for a task: beside the pool's thread, or in its place.
//!
//! A caller whose task is the only one drives the pool himself: the result then takes no way over another
//! thread. With more tasks than that the pool's thread is better off going on.

use super::cell::Cell;
use super::hub::Hub;
use super::inbox::Entry;
use super::lock;
use super::outcome::{Outcome, TaskOptions};
use crate::Result;
use hatchery_sys::descriptor;
use std::sync::Arc;
use std::time::Instant;

impl Hub {
    /// Blocks until the task is settled; false if `deadline` came first.
    pub(super) fn wait(&self, cell: &Cell, deadline: Option<Instant>) -> bool {
        if cell.state().is_some() {
            return true;
        }
        if self.is_quiet(1) && self.seat.take() {
            let settled = self.drive(cell, deadline);
            self.leave_seat();
            if settled {
                return true;
            }
        }
        cell.wait(deadline)
    }

    /// Submits a task and waits for it, by the shortest way there is.
    pub(super) fn submit_and_wait(
        &self,
        function: u32,
        payload: &[u8],
        options: TaskOptions,
    ) -> Result<Outcome> {
        if !(self.is_quiet(0) && self.seat.take()) {
            let cell = self.submit(function, payload, options)?;
            self.wait(&cell, None);
            return Ok(taken(&cell));
        }
        let entry = Entry::new(function, payload.len(), options);
        let cell = Arc::clone(&entry.cell);
        let admitted = lock(&self.inbox).admit();
        let settled = admitted
            .and_then(|()| self.submit_directly(entry, payload))
            .map(|()| self.sleep(&cell, None).is_ok_and(|()| self.drive(&cell, None)));
        self.leave_seat();
        if !settled? {
            cell.wait(None);
        }
        Ok(taken(&cell))
    }

    /// Turns the driver until the task is settled. False: the deadline came, or others need the pool too, or
    /// the driver is broken, which the pool's thread will find as well.
    fn drive(&self, cell: &Cell, deadline: Option<Instant>) -> bool {
        let mut deliveries = Vec::new();
        loop {
            let Ok(more) = self.advance(&mut deliveries) else { return false };
            if cell.state().is_some() {
                return true;
            }
            if more {
                continue;
            }
            if !self.is_quiet(1) || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return false;
            }
            if self.sleep(cell, deadline).is_err() {
                return false;
            }
        }
    }

    /// Waits until there is something to drive, awake if it will come soon.
    fn sleep(&self, cell: &Cell, deadline: Option<Instant>) -> Result<()> {
        if self.stay_awake() {
            return Ok(());
        }
        if self.fall_asleep() && cell.begin_driving() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            self.fall_asleep_briefly();
            let ready = descriptor::wait_readable(&self.sleep_on(), left)?;
            self.wake_up();
            if ready[1] {
                self.control.drain()?;
            }
        }
        Ok(())
    }

    fn leave_seat(&self) {
        // From here on a submission calls the pool's thread; what came before is work for it.
        let empty = self.fall_asleep();
        self.seat.leave(!empty || self.has_work());
    }
}

fn taken(cell: &Cell) -> Outcome {
    cell.take().expect("the task is settled, and nobody else has its cell")
}
