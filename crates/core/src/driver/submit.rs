//! Taking tasks, and the shared memory that they mention or need.

use super::segments::{MemoryPolicy, SegmentAccess, mentioned};
use super::{Driver, Ending, Submission};
use crate::task::TaskId;
use crate::{Error, Result};
use hatchery_sys::{MemFd, clock};
use std::time::Duration;

impl Driver {
    /// Queues a task with a private copy of its payload. Nothing is placed before [`flush`](Driver::flush).
    ///
    /// # Errors
    /// The pool is closed or has failed, the queue is full, the payload is over 4 GiB, or the kernel has no memory. The
    /// task is not taken.
    pub fn submit(&mut self, submission: Submission, payload: &[u8]) -> Result<TaskId> {
        self.submit_parts(submission, &[], payload)
    }

    /// As [`submit`](Driver::submit), for a payload in two parts, which are put together here.
    ///
    /// # Errors
    /// As [`submit`](Driver::submit).
    pub fn submit_parts(&mut self, submission: Submission, first: &[u8], payload: &[u8]) -> Result<TaskId> {
        let length = first.len() + payload.len();
        self.check_open()?;
        if u32::try_from(length).is_err() {
            return Err(Error::InvalidOption(format!("a payload of {length} bytes is over 4 GiB")));
        }
        self.check_memory(length as u64)?;
        if submission.segments > 0 {
            self.check_mentions(payload, submission.segments.into())?;
        }
        // Last: it may drop another task.
        self.admit(submission.priority)?;
        let timeout = submission.timeout.map_or(0, milliseconds);
        let id = self.tasks.insert(
            submission.ticket,
            submission.function,
            submission.priority,
            submission.retries,
            [first, payload],
        )?;
        if timeout > 0 {
            self.tasks.extras_mut(id.index).timeout = timeout;
        }
        if submission.segments > 0 {
            self.tasks.extras_mut(id.index).segments = submission.segments;
            for number in mentioned(payload, submission.segments.into()).into_iter().flatten() {
                self.segments.hold(number);
            }
        }
        if let Some(retry) = submission.retry_errors {
            self.recovery.set_retry_errors(id.index, retry);
        }
        if submission.credit > 0 {
            self.tasks.extras_mut(id.index).credit = submission.credit;
        }
        if submission.observed {
            self.tasks.extras_mut(id.index).observed = true;
        }
        if let Some(limit) = submission.queue_timeout.or(self.options.queue_timeout)
            && limit < Duration::MAX
        {
            self.waits.add(&self.tasks, id, milliseconds(limit), clock::monotonic_nanoseconds());
        }
        self.queues.push_back(&mut self.tasks, id.index);
        self.counters.submitted += 1;
        Ok(id)
    }

    /// # Errors
    /// The pool is closed or has failed.
    pub(super) fn check_open(&self) -> Result<()> {
        match &self.ending {
            Ending::Open => Ok(()),
            Ending::Stopping(Some(reason)) | Ending::Closed(Some(reason)) => {
                Err(Error::PoolFailed(reason.clone()))
            }
            _ => Err(Error::PoolClosed),
        }
    }

    /// A payload larger than any block will need memory of its own.
    fn check_memory(&self, length: u64) -> Result<()> {
        if length <= self.largest_block {
            return Ok(());
        }
        let (_, used, limit) = self.segments.usage();
        let waits = self.options.memory_policy == MemoryPolicy::Wait;
        // What is more than all there may ever be would wait for ever.
        if length > limit || !(waits || self.segments.has_room(length)) {
            return Err(Error::SharedMemoryFull { requested: length, used, limit });
        }
        Ok(())
    }

    /// Whether a payload of that many bytes can go to a worker without waiting for shared memory.
    pub fn has_room(&self, length: u64) -> bool {
        length <= self.largest_block || self.segments.has_room(length)
    }

    pub(super) fn check_mentions(&self, payload: &[u8], count: usize) -> Result<()> {
        let mut numbers = mentioned(payload, count)
            .ok_or_else(|| Error::InvalidOption("a payload shorter than its list of segments".into()))?;
        match numbers.find(|number| !self.segments.contains(*number)) {
            None => Ok(()),
            Some(number) => Err(Error::SegmentGone(number)),
        }
    }

    /// Takes up `length` bytes of memory that the host has mapped, to be mentioned by payloads under the number
    /// returned. The host holds it until [`let_go_of_segment`](Driver::let_go_of_segment).
    ///
    /// # Errors
    /// [`Error::SharedMemoryFull`].
    pub fn add_segment(&mut self, memory: MemFd, length: u64, access: SegmentAccess) -> Result<u32> {
        self.segments.add(memory, length, access)
    }

    /// Memory, length and access of a segment. `None`: there is no such segment.
    pub fn segment(&self, number: u32) -> Option<(&MemFd, u64, SegmentAccess)> {
        self.segments.get(number)
    }

    /// The host holds a segment once more.
    pub fn hold_segment(&mut self, number: u32) {
        self.segments.hold(number);
    }

    /// The host holds a segment once less.
    pub fn let_go_of_segment(&mut self, number: u32) {
        self.segments.let_go(number);
    }
}

/// A limit in whole milliseconds, at least one.
fn milliseconds(limit: Duration) -> u32 {
    u32::try_from(limit.as_micros().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}
