//! The event buffers: where a turn's results wait for JavaScript.

use super::report;
use crate::memory::Region;
use hatchery_core::driver::{Payload, PoolEvent, Sink};
use hatchery_core::task::TaskFailure;
use std::collections::VecDeque;
use std::sync::Arc;

/// Pages of one buffer: room for some ten thousand small results.
const PAGES: usize = 128;
/// Bytes before a record's payload.
const HEADER: usize = 16;
/// Payloads above this go to JavaScript as memory of their own.
const INLINE: usize = 32 * 1024;
/// Large payloads that may wait in one batch.
const LARGE_BYTES: usize = 128 << 20;

/// Where in a record's kind the number of segments is that its payload mentions.
const MENTIONS_SHIFT: u32 = 16;

/// Kinds of records.
mod kind {
    pub(super) const COMPLETED: u32 = 1;
    pub(super) const FAILED: u32 = 2;
    pub(super) const PROGRESS: u32 = 3;
    pub(super) const SETTLED: u32 = 4;
    pub(super) const POOL: u32 = 5;
}

/// A batch for JavaScript.
pub(super) struct Batch {
    /// Which of the two buffers.
    pub buffer: u32,
    /// Bytes of records in it.
    pub length: usize,
    /// Payloads that records name by index + 1.
    pub large: Vec<Vec<u8>>,
}

/// A record that found no room. Only what cannot be held back gets here: failures and pool events, all small.
struct Waiting {
    kind: u32,
    ticket: u32,
    payload: Vec<u8>,
}

/// Two buffers in turn: Rust fills one while JavaScript decodes the other.
pub(super) struct Events {
    buffers: [Arc<Region>; 2],
    current: usize,
    filled: usize,
    large: Vec<Vec<u8>>,
    large_bytes: usize,
    waiting: VecDeque<Waiting>,
    /// Segments mentioned by what is here.
    mentioned: Vec<u32>,
    /// How many of those the next record mentions.
    mentions: u32,
    degraded: Option<String>,
    /// A worker has been ready, and JavaScript has been told so.
    ready: bool,
}

impl Events {
    /// Empty buffers.
    pub(super) fn new() -> Events {
        Events {
            buffers: [Region::new(PAGES), Region::new(PAGES)],
            current: 0,
            filled: 0,
            large: Vec::new(),
            large_bytes: 0,
            waiting: VecDeque::new(),
            mentioned: Vec::new(),
            mentions: 0,
            degraded: None,
            ready: false,
        }
    }

    /// The memory, for JavaScript to view.
    pub(super) fn buffers(&self) -> &[Arc<Region>; 2] {
        &self.buffers
    }

    /// Why the start method is not the one asked for.
    pub(super) fn degraded(&self) -> Option<&str> {
        self.degraded.as_deref()
    }

    /// Nothing is there for JavaScript.
    pub(super) fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// What is there, if anything. From then on the other buffer is filled, so JavaScript must be done with
    /// that one: it is, since it decodes a batch before its callback returns.
    pub(super) fn take(&mut self) -> Option<Batch> {
        if self.filled == 0 {
            return None;
        }
        let batch = Batch {
            buffer: self.current as u32,
            length: self.filled,
            large: std::mem::take(&mut self.large),
        };
        self.current ^= 1;
        self.filled = 0;
        self.large_bytes = 0;
        while let Some(record) = self.waiting.pop_front() {
            if !self.fits(record.payload.len()) {
                self.waiting.push_front(record);
                break;
            }
            self.write(record.kind, record.ticket, record.payload.len(), |target| {
                target.copy_from_slice(&record.payload);
            });
        }
        Some(batch)
    }

    /// The segments mentioned by all that is here, if it is about to be taken out whole.
    pub(super) fn take_mentioned(&mut self) -> Vec<u32> {
        if self.waiting.is_empty() { std::mem::take(&mut self.mentioned) } else { Vec::new() }
    }

    /// A task that the driver has not taken.
    pub(super) fn refused(&mut self, ticket: u64, error: &hatchery_core::Error) {
        self.report(kind::SETTLED, ticket as u32, report::refusal(error));
    }

    fn report(&mut self, kind: u32, ticket: u32, json: String) {
        if self.waiting.is_empty() && self.fits(json.len()) {
            self.write(kind, ticket, json.len(), |target| target.copy_from_slice(json.as_bytes()));
        } else {
            self.waiting.push_back(Waiting { kind, ticket, payload: json.into_bytes() });
        }
    }

    fn result(&mut self, kind: u32, ticket: u64, payload: Payload<'_>) {
        let kind = kind | std::mem::take(&mut self.mentions) << MENTIONS_SHIFT;
        let length = payload.length();
        // A host that delivers without asking for room loses nothing either: the record waits.
        if !self.waiting.is_empty() || (length <= INLINE && !self.fits(length)) || !self.fits(0) {
            self.waiting.push_back(Waiting { kind, ticket: ticket as u32, payload: payload.into_vec() });
        } else if length <= INLINE {
            self.write(kind, ticket as u32, length, |target| payload.copy_to(target));
        } else {
            self.large_bytes += length;
            self.large.push(payload.into_vec());
            let index = self.large.len() as u32;
            self.header(kind, ticket as u32, length as u32, index);
        }
    }

    fn fits(&self, length: usize) -> bool {
        self.filled + HEADER + length.next_multiple_of(8) <= self.buffers[self.current].length()
    }

    #[inline]
    fn write(&mut self, kind: u32, ticket: u32, length: usize, fill: impl FnOnce(&mut [u8])) {
        self.header(kind, ticket, length as u32, 0);
        // SAFETY: `self` is behind the pool's lock, and JavaScript reads the other buffer only.
        if let Some(target) = unsafe { self.buffers[self.current].slice(self.filled, length) } {
            fill(target);
        }
        self.filled += length.next_multiple_of(8);
    }

    #[inline]
    fn header(&mut self, kind: u32, ticket: u32, length: u32, large: u32) {
        // SAFETY: as in `write`.
        if let Some(header) = unsafe { self.buffers[self.current].slice(self.filled, HEADER) } {
            for (word, value) in header.chunks_exact_mut(4).zip([kind, ticket, length, large]) {
                word.copy_from_slice(&value.to_le_bytes());
            }
        }
        self.filled += HEADER;
    }
}

impl Sink for Events {
    fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.large_bytes < LARGE_BYTES && self.fits(INLINE)
    }

    fn mentioned(&mut self, segment: u32) {
        self.mentioned.push(segment);
        self.mentions += 1;
    }

    fn completed(&mut self, ticket: u64, payload: Payload<'_>) {
        self.result(kind::COMPLETED, ticket, payload);
    }

    fn failed(&mut self, ticket: u64, payload: Payload<'_>) {
        self.result(kind::FAILED, ticket, payload);
    }

    fn progress(&mut self, ticket: u64, payload: Payload<'_>) {
        self.result(kind::PROGRESS, ticket, payload);
    }

    fn settled(&mut self, ticket: u64, failure: &TaskFailure) {
        self.report(kind::SETTLED, ticket as u32, report::failure(failure));
    }

    fn event(&mut self, event: PoolEvent) {
        if let PoolEvent::Degraded(reason) = &event {
            self.degraded = Some(report::message_of(reason));
        }
        self.report(kind::POOL, 0, report::event(&event));
        // To JavaScript a pool is ready when it can run tasks.
        if matches!(event, PoolEvent::WorkerReady { .. }) && !std::mem::replace(&mut self.ready, true) {
            self.report(kind::POOL, 0, report::ready());
        }
    }
}
