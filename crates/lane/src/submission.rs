//! The ring from host to worker.

use crate::atomic::Ordering;
use crate::copy;
use crate::layout::SlotWords;
use crate::message::{INLINE_CAPACITY, InlinePayload, Location, Message};
use crate::ring::{Consumer, Producer, Ring};
use crate::{PushError, Violation, untrusted};

const PUBLISHED: u32 = 1;
const STARTED: u32 = 2;
const REVOKED: u32 = 3;

/// How far a submission has come, by its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// Given to the worker, which has not started it.
    Published,
    /// The worker has started it.
    Started,
    /// The host has taken it back.
    Revoked,
    /// No such state: the worker has damaged its lane.
    Invalid(u32),
}

/// The host's side: writes submissions.
#[derive(Debug)]
pub struct SubmissionProducer {
    inner: Producer,
}

impl SubmissionProducer {
    /// Takes the writing side of `ring`; a ring must have only one.
    pub fn new(ring: Ring) -> SubmissionProducer {
        SubmissionProducer { inner: Producer::new(ring) }
    }

    /// Free slots, looking at the worker's index now.
    ///
    /// # Errors
    /// A [`Violation`] if that index is impossible.
    pub fn free_slots(&mut self) -> Result<u32, Violation> {
        self.inner.free_slots()
    }

    /// Writes a submission with its payload in the slot (the message's location is not looked at) and
    /// returns its position. The worker sees it after [`SubmissionProducer::publish`].
    ///
    /// # Errors
    /// [`PushError`]; nothing was written.
    #[inline]
    pub fn push_inline(&mut self, message: &Message, payload: &[u8]) -> Result<u32, PushError> {
        push(&mut self.inner, message, Some(payload), PUBLISHED)
    }

    /// Writes a submission whose payload is in a block or memfd, and returns its position.
    ///
    /// # Errors
    /// [`PushError`]; nothing was written.
    pub fn push(&mut self, message: &Message) -> Result<u32, PushError> {
        push(&mut self.inner, message, None, PUBLISHED)
    }

    /// Hands everything pushed to the worker.
    pub fn publish(&mut self) {
        self.inner.publish();
    }

    /// Whether the worker sleeps and its eventfd must be written now. Call after publishing.
    pub fn wake_needed(&self) -> bool {
        self.inner.wake_needed()
    }

    /// The position the worker has passed: slots before it are free.
    ///
    /// # Errors
    /// A [`Violation`] if it is impossible.
    pub fn head(&self) -> Result<u32, Violation> {
        self.inner.head()
    }

    /// State of the slot of `position`. Meaningful until the slot is reused, so not for a position that the
    /// worker has passed.
    pub fn state(&self, position: u32) -> SlotState {
        // Acquire: pairs with the worker's Release in `claim`.
        match self.inner.ring().slot(position).state.load(Ordering::Acquire) {
            PUBLISHED => SlotState::Published,
            STARTED => SlotState::Started,
            REVOKED => SlotState::Revoked,
            other => SlotState::Invalid(other),
        }
    }

    /// Takes back a submission that the worker has not started. True: it will never run. False: it has
    /// started, was revoked before, or the worker has passed it.
    pub fn revoke(&mut self, position: u32) -> bool {
        let published = self.inner.published();
        let Ok(head) = self.inner.head() else { return false };
        // From head up to what is published; the distance also refuses positions not yet handed over.
        let outstanding = published.wrapping_sub(head);
        if position.wrapping_sub(head) >= outstanding {
            return false;
        }
        // AcqRel: pairs with the worker's exchange in `claim`; exactly one of the two finds PUBLISHED.
        let state = &self.inner.ring().slot(position).state;
        state.compare_exchange(PUBLISHED, REVOKED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// A submission as the worker reads it. Make one, empty, and read into it again and again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Submission {
    /// Its position, for [`SubmissionConsumer::claim`].
    pub position: u32,
    /// Its fields.
    pub message: Message,
    payload: InlinePayload,
}

impl Submission {
    /// The payload if it is in the slot, else nothing.
    pub fn inline(&self) -> &[u8] {
        self.payload.as_slice()
    }
}

/// The worker's side: reads submissions.
#[derive(Debug)]
pub struct SubmissionConsumer {
    inner: Consumer,
}

impl SubmissionConsumer {
    /// Takes the reading side of `ring`; a ring must have only one.
    pub fn new(ring: Ring) -> SubmissionConsumer {
        SubmissionConsumer { inner: Consumer::new(ring) }
    }

    /// Copies the next submission to `next`; false: there is none, and `next` means nothing. It may have been
    /// revoked: [`SubmissionConsumer::claim`] tells. A lane that this worker has damaged itself reads as empty.
    #[inline]
    pub fn read(&mut self, next: &mut Submission) -> bool {
        let Ok(Some((position, slot))) = self.inner.peek() else { return false };
        let Ok(message) = untrusted::message(slot, &mut next.payload) else { return false };
        next.position = position;
        next.message = message;
        self.inner.advance();
        true
    }

    /// Whether there is a submission to read.
    #[inline]
    pub fn has_next(&mut self) -> bool {
        self.inner.available().is_ok_and(|available| available > 0)
    }

    /// Marks a submission as started. False: the host has revoked it; skip it and report nothing. Call it
    /// before [`SubmissionConsumer::release`] gives the slot back.
    #[inline]
    pub fn claim(&mut self, position: u32) -> bool {
        // AcqRel: pairs with the host's exchange in `revoke` and its load in `state`.
        let state = &self.inner.ring().slot(position).state;
        state.compare_exchange(PUBLISHED, STARTED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Gives the slots read so far back to the host.
    pub fn release(&mut self) {
        self.inner.release();
    }

    /// Announces sleep; true if the ring is empty and the eventfd will be written. See [`Consumer::park`].
    pub fn park(&mut self) -> bool {
        self.inner.park()
    }

    /// Takes the announcement back.
    pub fn unpark(&mut self) {
        self.inner.unpark();
    }
}

/// Writes one slot in either direction. With a payload the message is inline, whatever it says.
#[inline]
pub(crate) fn push(
    producer: &mut Producer,
    message: &Message,
    payload: Option<&[u8]>,
    state: u32,
) -> Result<u32, PushError> {
    let location = match (payload, message.location) {
        (Some(bytes), _) if bytes.len() > INLINE_CAPACITY => return Err(PushError::TooLong(bytes.len())),
        (Some(bytes), _) => Location::Inline { length: bytes.len() as u32 },
        (None, Location::Inline { .. }) => return Err(PushError::NotInline),
        (None, elsewhere) => elsewhere,
    };
    let (position, slot) = producer.reserve()?.ok_or(PushError::Full)?;
    fill(slot, message, location, state);
    if let Some(bytes) = payload {
        copy::write(&slot.payload, bytes);
    }
    producer.advance();
    Ok(position)
}

#[inline]
fn fill(slot: &SlotWords, message: &Message, location: Location, state: u32) {
    let (location, length, block) = location.encode();
    slot.kind.set(message.kind);
    slot.task.set(message.task_index, message.task_generation);
    slot.function_flags.set(message.function, message.flags);
    slot.location_length.set(location, length);
    slot.block_stamp.set(block, message.stamp);
    // Relaxed: the Release store of the tail hands it over with the rest.
    slot.state.store(state, Ordering::Relaxed);
}
