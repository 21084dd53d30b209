//! Workers that wake the host again and again for nothing.
//!
//! A worker writes its eventfd once for each time that the host has parked at its ring. One that writes it without end
//! keeps the host turning, and nothing of that shows in the ring. So every few thousand wake-ups the counters are read, which
//! edge-triggered events leave alone else, and compared with how often the host has parked.

use super::Driver;
use super::worker::Fate;

/// Wake-ups between two looks. That many cost the host some milliseconds.
const LOOK_AFTER: u32 = 4096;

/// Writes beyond the parkings that nobody asks about.
const SLACK: u64 = 64;

/// How often the host has parked at the ring of a worker since the last look.
#[derive(Debug, Default)]
pub(crate) struct Parkings(u64);

impl Parkings {
    /// Once more.
    pub(super) fn count(&mut self) {
        self.0 += 1;
    }
}

impl Driver {
    /// The host was woken by a worker. Before the rings are drained, as a counter that is read makes no event any more.
    pub(super) fn note_wake(&mut self) {
        self.wakes += 1;
        if self.wakes < LOOK_AFTER {
            return;
        }
        self.wakes = 0;
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_mut().filter(|worker| worker.exit.is_none()) else {
                continue;
            };
            let asked = std::mem::take(&mut worker.parkings.0);
            // It is the host's own as well, so nothing but a lack of memory in the kernel makes this fail.
            let written = worker.completion_event.drain().unwrap_or_default();
            if written > asked.saturating_add(SLACK) {
                let detail = format!("{written} wake-ups, where {asked} were asked for");
                self.condemn(slot, Fate::Corrupt(detail));
            }
        }
    }
}
