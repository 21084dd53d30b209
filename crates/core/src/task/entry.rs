//! What the driver knows of one task.

use super::list::NONE;
use super::payloads::PayloadId;
use super::slab::Cell;
use super::{Priority, TaskId};

/// Payload bytes kept in the task's own line: everyday short strings, numbers and the like.
pub(super) const INLINE: usize = 22;

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Slot unused.
    Free,
    /// In the queue of its priority.
    Queued,
    /// Out of its queue until there is shared memory for its payload.
    Starved,
    /// Out of its queue until a worker has nothing else to do.
    Solitary,
    /// In no list: it waits for its next attempt, or for the host to decide on that.
    Aside,
    /// Published to a worker: index in the driver's worker table, and position in the submission ring.
    Placed { worker: u16, position: u32 },
}

/// The host's private copy of the argument bytes: a retry or a requeue never depends on shared memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum TaskPayload {
    Inline(u8, [u8; INLINE]),
    Apart(PayloadId),
}

/// One task as the driver sees it, in one line of the cache: it is looked at several times on its way, and with many
/// tasks each time from memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Task {
    /// The host's name for it.
    pub ticket: u64,
    pub function: u32,
    pub place: Place,
    /// Attempt under way or next to come; 1 = first.
    pub attempt: u16,
    pub retries_left: u8,
    pub priority: Priority,
    /// The worker has said that it began the task.
    pub started: bool,
    /// Settled towards the host, but its worker has not answered yet.
    pub abandoned: bool,
    /// There is something about it in the table of extras.
    pub(super) extended: bool,
    pub(super) payload: TaskPayload,
    pub(super) generation: u32,
    pub(super) next: u32,
    pub(super) previous: u32,
}

impl Task {
    /// Its name, given the slot it is in.
    pub(super) fn id(&self, index: u32) -> TaskId {
        TaskId { index, generation: self.generation }
    }
}

impl Cell for Task {
    const EMPTY: Task = Task {
        ticket: 0,
        function: 0,
        place: Place::Free,
        attempt: 1,
        retries_left: 0,
        priority: Priority::Normal,
        started: false,
        abandoned: false,
        extended: false,
        payload: TaskPayload::Inline(0, [0; INLINE]),
        generation: 0,
        next: NONE,
        previous: NONE,
    };
}

/// What few tasks have, kept apart so that the others do not pay for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// When to look at the task again, CLOCK_MONOTONIC nanoseconds; 0 = never. While it runs: its deadline.
    /// Once abandoned: when its worker is killed.
    pub deadline: u64,
    /// When it was queued for another attempt, CLOCK_MONOTONIC nanoseconds; 0 = this is its first.
    pub queued_at: u64,
    /// When it was last placed on a worker, CLOCK_MONOTONIC nanoseconds; only of observed tasks.
    pub placed_at: u64,
    /// Run time limit in milliseconds, 0 = none.
    pub timeout: u32,
    /// Items that its worker may still send.
    pub credit: u32,
    /// Attempt of which the host knows that it has begun; 0 = none.
    pub begun: u16,
    /// Segments that the payload mentions.
    pub segments: u8,
    /// Its payload was given memory of its own, which counts as shared memory until the task is gone.
    pub apart: bool,
    /// The host wants to know when it begins, and of its retries.
    pub observed: bool,
}

impl Extras {
    pub(super) const NONE: Extras = Extras {
        deadline: 0,
        queued_at: 0,
        placed_at: 0,
        timeout: 0,
        credit: 0,
        begun: 0,
        segments: 0,
        apart: false,
        observed: false,
    };
}
