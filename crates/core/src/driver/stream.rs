//! Streams across the process boundary, in both directions bounded by credits.
//!
//! A task that was submitted with a credit may send that many items; the host gives it more as its consumer takes
//! them, so what is under way and waiting in the host is never more than the credit. A stream that is given to a task
//! stays with the host, which forwards chunks of it as the task asks for them.

use super::outbox::Letter;
use super::worker::Worker;
use super::{Driver, Sink};
use crate::Result;
use crate::task::{Place, TaskId};
use crate::zygote::protocol::{ChunkPart, ControlMessage, LONGEST_CHUNK};
use hatchery_sys::{MemFd, clock};

/// Pause before a message is tried again that found the worker's socket full, in nanoseconds. The worker is busy then,
/// and no event tells when it reads.
const POST_AGAIN_AFTER: u64 = 1_000_000;

impl Driver {
    /// Lets a task send `count` items more. One that has settled has no use for it.
    pub fn credit(&mut self, task: TaskId, count: u32) {
        let Some(slot) = self.streaming_worker(task) else { return };
        let entry = self.tasks.extras_mut(task.index);
        entry.credit = entry.credit.saturating_add(count);
        let Some(worker) = self.workers[slot].as_mut() else { return };
        worker.outbox.post_credit(&worker.control, task, count);
        if !worker.outbox.is_empty() {
            self.arm_next(clock::monotonic_nanoseconds());
        }
    }

    /// Forwards a part of a stream that was given to a task; its payload mentions so many segments. False: it waits for
    /// room on its way; hold the next one back until [`Sink::forwarded`]. True also if the task has settled.
    ///
    /// # Errors
    /// The kernel had no memory or descriptor for a long payload, or a segment is gone; nothing was forwarded.
    pub fn forward(
        &mut self,
        task: TaskId,
        input: u32,
        part: ChunkPart,
        payload: &[u8],
        mentions: usize,
    ) -> Result<bool> {
        let Some(slot) = self.streaming_worker(task) else { return Ok(true) };
        self.check_mentions(payload, mentions)?;
        let Some(worker) = self.workers[slot].as_mut() else { return Ok(true) };
        let (task_index, task_generation) = (task.index, task.generation);
        let count = mentions as u32;
        let chunk = |payload| ControlMessage::Chunk {
            task_index,
            task_generation,
            input,
            part,
            mentions: count,
            payload,
        };
        let letter = if payload.len() <= LONGEST_CHUNK {
            Letter::new(chunk(payload.to_vec()))
        } else {
            let memory = MemFd::create("hatchery-payload", payload.len() as u64)?;
            memory.write_at(payload, 0)?;
            memory.seal_size()?;
            Letter::with_memory(chunk(Vec::new()), memory)
        };
        worker.post_segments(&mut self.segments, payload, mentions)?;
        let sent = worker.outbox.post(&worker.control, letter);
        if !sent {
            self.arm_next(clock::monotonic_nanoseconds());
        }
        Ok(sent)
    }

    /// The worker that has a task whose host still wants something of it.
    fn streaming_worker(&self, task: TaskId) -> Option<usize> {
        let entry = self.tasks.get(self.tasks.find(task)?);
        match entry.place {
            Place::Placed { worker, .. } if !entry.abandoned => Some(worker.into()),
            _ => None,
        }
    }

    /// Sends what waits for room in the sockets.
    pub(super) fn post_letters(&mut self, sink: &mut dyn Sink) {
        for worker in self.workers.iter_mut().flatten() {
            if worker.outbox.is_empty() {
                continue;
            }
            let tasks = &self.tasks;
            worker.outbox.deliver(&worker.control, |task, input| {
                if let Some(index) = tasks.find(task)
                    && !tasks.get(index).abandoned
                {
                    sink.forwarded(tasks.get(index).ticket, input);
                }
            });
        }
    }
}

/// When to try again to send what waits; `u64::MAX` = nothing does.
pub(super) fn posting_due(worker: &Worker, now: u64) -> u64 {
    let waits = !worker.outbox.is_empty() && worker.exit.is_none();
    if waits { now + POST_AGAIN_AFTER } else { u64::MAX }
}
