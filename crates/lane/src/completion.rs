//! The ring from worker to host. The reading side is the host's and trusts nothing.

use crate::arena::Arena;
use crate::atomic::Ordering;
use crate::message::{InlinePayload, Message};
use crate::ring::{Consumer, Producer, Ring};
use crate::submission::push;
use crate::{PushError, Violation, untrusted};

/// A checked completion, copied out of the lane. Make one, empty, and read into it again and again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Completion {
    /// Its fields. Kind and payload bounds are checked; whether the task exists is for the caller to check.
    pub message: Message,
    payload: InlinePayload,
}

impl Completion {
    /// The payload if it was in the slot, else nothing.
    pub fn inline(&self) -> &[u8] {
        self.payload.as_slice()
    }
}

/// The host's side: reads completions.
#[derive(Debug)]
pub struct CompletionConsumer {
    inner: Consumer,
}

impl CompletionConsumer {
    /// Takes the reading side of `ring`; a ring must have only one.
    pub fn new(ring: Ring) -> CompletionConsumer {
        CompletionConsumer { inner: Consumer::new(ring) }
    }

    /// Copies the next completion to `next`; false: there is none. Blocks are checked against `arena`, this lane's.
    /// Unless true was returned, `next` means nothing.
    ///
    /// # Errors
    /// A [`Violation`]: kill the worker and do not read on.
    #[inline]
    pub fn read(&mut self, arena: &Arena, next: &mut Completion) -> Result<bool, Violation> {
        let Some((_, slot)) = self.inner.peek()? else { return Ok(false) };
        next.message = untrusted::completion(slot, arena, &mut next.payload)?;
        // Not for its value: a line that was only read stays shared between the two caches, and the worker waits for
        // each one when it writes there again (measured: 17 to 70 ns a message). A line that was written here is
        // fetched while the worker writes others (5 ns). Submissions have `claim`, which does the same.
        slot.kind.set(0);
        self.inner.advance();
        Ok(true)
    }

    /// Gives the slots read so far back to the worker. Once a batch.
    pub fn release(&mut self) {
        self.inner.release();
    }

    /// The same at a time, CLOCK_MONOTONIC nanoseconds, which the worker is told.
    pub fn release_at(&mut self, now: u64) {
        // Relaxed: a hint by itself.
        self.inner.ring().control().clock.store((now / 1000) as u32, Ordering::Relaxed);
        self.inner.release();
    }

    /// Announces sleep; true if the ring is empty and the eventfd will be written. See [`Consumer::park`].
    pub fn park(&mut self) -> bool {
        self.inner.park()
    }

    /// Whether the announcement of sleep stands: nothing was published since, or the wake-up is under way. A
    /// hostile worker can only cause itself to be overheard with it.
    pub fn is_parked(&self) -> bool {
        self.inner.is_parked()
    }

    /// Whether something can be read; true also if the worker's index is impossible, which `read` reports.
    pub fn has_more(&mut self) -> bool {
        self.inner.available().map_or(true, |available| available > 0)
    }

    /// Takes the announcement back.
    pub fn unpark(&mut self) {
        self.inner.unpark();
    }
}

/// The worker's side: writes completions.
#[derive(Debug)]
pub struct CompletionProducer {
    inner: Producer,
}

impl CompletionProducer {
    /// Takes the writing side of `ring`; a ring must have only one.
    pub fn new(ring: Ring) -> CompletionProducer {
        CompletionProducer { inner: Producer::new(ring) }
    }

    /// Free slots, looking at the host's index now; none if the lane is damaged.
    pub fn free_slots(&mut self) -> u32 {
        self.inner.free_slots().unwrap_or(0)
    }

    /// Writes a completion with its payload in the slot (the message's location is not looked at).
    ///
    /// # Errors
    /// [`PushError`]; nothing was written.
    #[inline]
    pub fn push_inline(&mut self, message: &Message, payload: &[u8]) -> Result<u32, PushError> {
        push(&mut self.inner, message, Some(payload), 0)
    }

    /// Writes a completion whose payload is in a block or memfd.
    ///
    /// # Errors
    /// [`PushError`]; nothing was written.
    pub fn push(&mut self, message: &Message) -> Result<u32, PushError> {
        push(&mut self.inner, message, None, 0)
    }

    /// Hands everything pushed to the host.
    pub fn publish(&mut self) {
        self.inner.publish();
    }

    /// When the host last read, CLOCK_MONOTONIC microseconds, or 0.
    #[inline]
    pub fn clock(&self) -> u32 {
        // Relaxed: a hint by itself.
        self.inner.ring().control().clock.load(Ordering::Relaxed)
    }

    /// Whether the host sleeps and its eventfd must be written now. Call after publishing.
    pub fn wake_needed(&self) -> bool {
        self.inner.wake_needed()
    }
}
