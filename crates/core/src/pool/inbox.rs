//! Tasks on their way from any thread to the one that drives. Payloads lie end to end in one buffer, so that
//! a small task costs no allocation of its own here.

use super::cell::Cell;
use super::outcome::TaskOptions;
use crate::task::Priority;
use crate::{Error, Result};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Bytes kept of each buffer when a batch is done: enough for a burst of 100 000 tasks, so that bursts one after
/// the other do not fault the same memory in again and again.
const KEPT: usize = 8 << 20;

/// A submitted task.
pub(super) struct Entry {
    pub cell: Arc<Cell>,
    pub function: u32,
    pub priority: Priority,
    pub retries: u8,
    pub retry_errors: Option<bool>,
    pub timeout: Option<Duration>,
    pub queue_timeout: Option<Duration>,
    /// Length of its payload, which follows that of the entry before.
    pub length: usize,
}

impl Entry {
    /// A task with a cell of its own for its outcome.
    pub(super) fn new(function: u32, length: usize, options: TaskOptions) -> Entry {
        Entry {
            cell: Arc::new(Cell::new(options.on_progress)),
            function,
            priority: options.priority,
            retries: options.retries,
            retry_errors: options.retry_errors,
            timeout: options.timeout,
            queue_timeout: options.queue_timeout,
            length,
        }
    }
}

/// Tasks in order of submission.
#[derive(Default)]
pub(super) struct Batch {
    entries: VecDeque<Entry>,
    bytes: Vec<u8>,
    /// Bytes of payload that were taken out.
    read: usize,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn push(&mut self, entry: Entry, payload: &[u8]) {
        self.entries.push_back(entry);
        self.bytes.extend_from_slice(payload);
    }

    /// Takes out the next task and its payload.
    pub(super) fn next(&mut self) -> Option<(Entry, &[u8])> {
        let entry = self.entries.pop_front()?;
        let start = self.read;
        self.read += entry.length;
        Some((entry, &self.bytes[start..self.read]))
    }

    /// Prepares a batch that was read to its end for the next use.
    pub(super) fn clear(&mut self) {
        self.read = 0;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.entries.shrink_to(KEPT / size_of::<Entry>());
    }
}

/// What submitting threads and the driving one share.
pub(super) struct Inbox {
    pub batch: Batch,
    /// The driving thread sleeps, or is about to, and wants to be woken for a submission.
    pub asleep: bool,
    /// Tasks taken and not settled.
    pub unsettled: usize,
    /// Most of those at a time.
    pub limit: usize,
    /// No more tasks: the pool was closed.
    pub closed: bool,
    /// No more tasks: the pool has failed.
    pub failure: Option<String>,
}

impl Inbox {
    pub(super) fn new(limit: usize) -> Inbox {
        Inbox { batch: Batch::default(), asleep: false, unsettled: 0, limit, closed: false, failure: None }
    }

    /// Counts a task in, if the pool takes it.
    pub(super) fn admit(&mut self) -> Result<()> {
        if let Some(reason) = &self.failure {
            return Err(Error::PoolFailed(reason.clone()));
        }
        if self.closed {
            return Err(Error::PoolClosed);
        }
        if self.unsettled >= self.limit {
            return Err(Error::QueueFull(self.limit));
        }
        self.unsettled += 1;
        Ok(())
    }
}
