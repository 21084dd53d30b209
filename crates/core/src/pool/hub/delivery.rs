//! Results and events on their way out, to cells, callbacks and sleeping threads.

use super::Hub;
use crate::driver::PoolEvent;
use crate::pool::lock;
use crate::pool::sink::Delivery;
use std::panic::{AssertUnwindSafe, catch_unwind};

impl Hub {
    /// Hands everything to whom it concerns. Sleeping threads are woken last: whoever waits for one task after the
    /// other then finds a batch of them settled, and does not sleep and wake for each.
    pub(super) fn deliver_all(&self, deliveries: impl Iterator<Item = Delivery>) {
        let mut sleepers = Vec::new();
        for delivery in deliveries {
            // A panic in a callback or waker is its own affair; the panic hook has told of it.
            let _ = catch_unwind(AssertUnwindSafe(|| match delivery {
                Delivery::Settled(cell, settlement) => {
                    if cell.settle(settlement, &self.control) {
                        sleepers.push(cell);
                    }
                }
                Delivery::Progress(cell, value) => cell.report(value),
                Delivery::Event(event) => self.tell(event),
                Delivery::Undecided(question, report, function) => {
                    self.answer(question, *report, function);
                }
            }));
        }
        for cell in sleepers {
            cell.wake_threads();
        }
    }

    fn tell(&self, event: PoolEvent) {
        if let PoolEvent::Failed(reason) = &event {
            lock(&self.inbox).failure = Some(reason.clone());
        }
        // Taken out while it runs, so that it may call the pool.
        let Some(mut listener) = lock(&self.listener).take() else { return };
        listener(event);
        *lock(&self.listener) = Some(listener);
    }
}
