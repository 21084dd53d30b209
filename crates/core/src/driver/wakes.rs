//! How a worker wakes the host, and workers that do it again and again for nothing.
//!
//! A worker writes its eventfd once for each time that the host has parked at its ring: the write follows a swap that takes
//! the parking. One that writes it without end keeps the host turning, and nothing of that shows in the ring. So every few
//! thousand wake-ups the counters are read, which edge-triggered events leave alone else, and compared with what was asked
//! for. That holds only if each parking is counted, also one that is taken back at once, and each write of the host's
//! own. Therefore both are done here and nowhere else, and counted before: a worker can be quicker than the next line.

use super::Driver;
use super::worker::Fate;
use crate::Result;
use hatchery_lane::CompletionConsumer;
use hatchery_sys::EventFd;
use std::os::fd::{AsFd, BorrowedFd};

/// Wake-ups between two looks. That many cost the host some milliseconds.
const LOOK_AFTER: u32 = 4096;

/// Writes beyond what was asked for that nobody asks about. An honest worker comes to two: at the last look it had a parking
/// that was counted then, and may have taken one and not written yet.
const SLACK: u64 = 64;

/// What a worker wakes the host with.
#[derive(Debug)]
pub(crate) struct WakeUps {
    event: EventFd,
    /// How often it may have been written to since the last look.
    asked: u64,
}

impl WakeUps {
    /// Nobody sleeps yet.
    pub(super) fn new() -> Result<WakeUps> {
        Ok(WakeUps { event: EventFd::new()?, asked: 0 })
    }

    /// Announces sleep at the ring of the worker. False: there is something to read, and nobody needs to be woken.
    pub(super) fn park(&mut self, completions: &mut CompletionConsumer) -> bool {
        self.asked += 1;
        completions.park()
    }

    /// Does what the worker would have done, had it seen somebody who sleeps.
    pub(super) fn wake_in_its_place(&mut self) {
        self.asked += 1;
        // Cannot fail in another way than by a full counter, and then it is readable.
        let _ = self.event.notify();
    }

    /// How often it was written to since the last look, and how often that was asked for.
    fn look(&mut self) -> (u64, u64) {
        // It is the host's own as well, so nothing but a lack of memory in the kernel makes this fail.
        let written = self.event.drain().unwrap_or_default();
        (written, std::mem::take(&mut self.asked))
    }
}

impl AsFd for WakeUps {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
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
            let (written, asked) = worker.wake_ups.look();
            if written > asked.saturating_add(SLACK) {
                let detail = format!("{written} wake-ups, where {asked} were asked for");
                self.condemn(slot, Fate::Corrupt(detail));
            }
        }
    }
}
