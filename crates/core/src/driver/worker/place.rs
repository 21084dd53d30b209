//! Giving a worker tasks: into its ring, with what it must know first.

use super::{Fate, Worker};
use crate::driver::payload::Pushed;
use crate::driver::segments::{Segments, mentions_flag};
use crate::driver::spares::REHEARSAL;
use crate::task::{Place, TaskTable};
use hatchery_lane::kind::wish::{ANNOUNCE_START, REPORT_START};
use hatchery_lane::{INLINE_CAPACITY, Location, Message, kind};

/// Most functions that a worker is told of before it has a task to call them.
const MOST_TOLD: usize = 32;

/// Where and when a task is placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// Index of the worker in the driver's table.
    pub slot: u16,
    /// When the task was submitted, for the worker.
    pub stamp: u32,
    /// CLOCK_MONOTONIC nanoseconds.
    pub now: u64,
}

/// A task could not be placed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Ring or socket are full, or the kernel has no memory or descriptor.
    Worker,
    /// All the shared memory there may be is in use.
    Memory,
}

impl Worker {
    /// Publishes one task to the ring; [`publish`](Worker::publish) makes the batch visible.
    pub(crate) fn place(
        &mut self,
        spot: Spot,
        tasks: &mut TaskTable,
        functions: &[Option<Vec<u8>>],
        segments: &mut Segments,
        index: u32,
    ) -> std::result::Result<(), Full> {
        let Spot { slot, stamp, now } = spot;
        let id = tasks.id(index);
        let task = tasks.get(index);
        self.define(task.function, functions)?;
        let extras = tasks.extras(index);
        let mentions = extras.segments;
        if mentions > 0
            && let Err(full) = self.share(segments, tasks.payload(index), mentions.into())
        {
            self.unshare(segments, tasks.payload(index), mentions.into());
            return Err(full);
        }
        let report = match (extras.observed, extras.timeout) {
            (true, _) => REPORT_START | ANNOUNCE_START,
            (false, 1..) => REPORT_START,
            (false, 0) => 0,
        };
        let message = Message {
            kind: kind::submission::RUN,
            task_index: id.index,
            task_generation: id.generation,
            function: task.function,
            flags: u32::from(task.attempt) | report | mentions_flag(mentions),
            stamp,
            location: Location::Inline { length: 0 },
        };
        let payload = tasks.payload(index);
        if payload.len() > INLINE_CAPACITY {
            self.will_trim(now);
        }
        // Whoever has been charged once keeps what it was granted when it is placed again.
        let length = payload.len() as u64;
        let charged = extras.apart;
        let may_go_apart = charged || segments.has_room(length);
        let Pushed { position, apart } = match self.push(message, payload, may_go_apart) {
            Ok(pushed) => pushed,
            Err(full) => {
                self.unshare(segments, tasks.payload(index), mentions.into());
                let room = self.lane.submissions.free_slots().is_ok_and(|free| free > 0);
                return Err(if !may_go_apart && room { Full::Memory } else { full });
            }
        };
        if apart && !charged {
            segments.charge(length);
            tasks.extras_mut(index).apart = true;
        }
        if mentions > 0 {
            self.count_mentions(tasks.payload(index), mentions.into());
        }
        if extras.observed {
            tasks.extras_mut(index).placed_at = now;
        }
        if extras.timeout > 0 {
            let deadline = now + u64::from(extras.timeout) * 1_000_000;
            tasks.extras_mut(index).deadline = deadline;
            self.check_at = self.check_at.min(deadline);
        }
        let task = tasks.get_mut(index);
        task.place = Place::Placed { worker: slot, position };
        self.levels[task.priority as usize] += 1;
        if self.in_flight.is_empty() {
            self.window.begin(now);
        }
        tasks.push_back(&mut self.in_flight, index);
        Ok(())
    }

    /// Removes a task from those in flight.
    pub(crate) fn unlink(&mut self, tasks: &mut TaskTable, index: u32) {
        self.levels[tasks.get(index).priority as usize] -= 1;
        tasks.unlink(&mut self.in_flight, index);
    }

    /// Tells the worker what a function number means, before its first task of that function.
    fn define(&mut self, function: u32, functions: &[Option<Vec<u8>>]) -> std::result::Result<(), Full> {
        let (word, bit) = (function as usize / 64, 1_u64 << (function % 64));
        if self.defined.get(word).is_some_and(|known| known & bit != 0) {
            return Ok(());
        }
        if let Some(Some(definition)) = functions.get(function as usize) {
            let message = Message {
                kind: kind::submission::DEFINE,
                task_index: 0,
                task_generation: 0,
                function,
                flags: 0,
                stamp: 0,
                location: Location::Inline { length: 0 },
            };
            self.push(message, definition, true)?;
        }
        if self.defined.len() <= word {
            self.defined.resize(word + 1, 0);
        }
        self.defined[word] |= bit;
        Ok(())
    }

    /// Asks for a rehearsal by one who knows all functions that there are, as far as there is room. False: there is none.
    pub(in crate::driver) fn rehearse(&mut self, functions: &[Option<Vec<u8>>]) -> bool {
        let known =
            (0..functions.len().min(MOST_TOLD) as u32).all(|number| self.define(number, functions).is_ok());
        let (task_index, task_generation) = (REHEARSAL.index, REHEARSAL.generation);
        let flags = 1;
        let message = Message {
            kind: kind::submission::REHEARSE,
            task_index,
            task_generation,
            flags,
            ..Message::default()
        };
        let asked = known && self.push(message, &[], false).is_ok();
        self.publish();
        asked
    }

    fn push(&mut self, message: Message, bytes: &[u8], apart: bool) -> std::result::Result<Pushed, Full> {
        let free = match self.lane.submissions.free_slots() {
            Ok(free) => free,
            Err(violation) => {
                self.condemn(Fate::Corrupt(violation.to_string()));
                return Err(Full::Worker);
            }
        };
        if free == 0 {
            self.ring_full += 1;
            return Err(Full::Worker);
        }
        let pushed =
            self.outbound.push(&mut self.lane, &self.control, message, bytes, apart).ok_or(Full::Worker)?;
        self.unpublished = true;
        Ok(pushed)
    }

    /// Makes everything placed visible, and wakes the worker if it sleeps.
    pub(crate) fn publish(&mut self) {
        if !self.unpublished {
            return;
        }
        self.unpublished = false;
        self.lane.submissions.publish();
        if self.lane.submissions.wake_needed() {
            // It can fail only if the descriptor is gone, and then so is the worker.
            let _ = self.submission_event.notify();
        }
    }
}
