//! The event buffers: where the results of one client wait for its JavaScript.

use crate::memory::Region;
use hatchery_core::driver::Payload;
use std::collections::VecDeque;
use std::sync::Arc;

/// Pages of one buffer: room for some ten thousand small results.
const PAGES: usize = 128;
/// Bytes before a record's payload.
const HEADER: usize = 16;
/// Payloads above this go to JavaScript as memory of their own.
const INLINE: usize = 32 * 1024;
/// Records, and bytes of them, that wait for a thread that does not come.
const FLOOD_RECORDS: usize = 100_000;
const FLOOD_BYTES: usize = 64 << 20;
/// Large payloads that may wait in one batch.
const LARGE_BYTES: usize = 128 << 20;

/// Kinds of records.
pub(super) mod kind {
    /// A task returned.
    pub(crate) const COMPLETED: u32 = 1;
    /// A task threw.
    pub(crate) const FAILED: u32 = 2;
    /// A task reported progress.
    pub(crate) const PROGRESS: u32 = 3;
    /// The pool settled a task; JSON.
    pub(crate) const SETTLED: u32 = 4;
    /// Something happened to the pool; JSON.
    pub(crate) const POOL: u32 = 5;
    /// A stream task has yielded an item.
    pub(crate) const ITEM: u32 = 6;
    /// A stream among the arguments may send so many items more.
    pub(crate) const PULLED: u32 = 7;
    /// A stream among the arguments may go on: the worker's socket has room again.
    pub(crate) const FORWARDED: u32 = 8;
    /// JavaScript has the last word on a failure.
    pub(crate) const UNDECIDED: u32 = 9;
    /// A worker has begun an observed task.
    pub(crate) const BEGUN: u32 = 10;
    /// An observed task will be tried again; JSON.
    pub(crate) const RETRIED: u32 = 11;
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

/// A record that found no room. While some thread waits for a result of its own, nothing is held back in the rings.
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
    /// Segments mentioned by what is here.
    mentioned: Vec<u32>,
    /// In order; while there is one, everything that comes goes behind it.
    waiting: VecDeque<Waiting>,
    /// Bytes of payload that wait.
    waiting_bytes: usize,
}

impl Events {
    /// Empty buffers.
    ///
    /// # Errors
    /// The kernel has no memory for them.
    pub(super) fn new() -> hatchery_sys::Result<Events> {
        Ok(Events {
            buffers: [Region::new(PAGES)?, Region::new(PAGES)?],
            current: 0,
            filled: 0,
            large: Vec::new(),
            large_bytes: 0,
            mentioned: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        })
    }

    /// The memory, for JavaScript to view.
    pub(super) fn buffers(&self) -> &[Arc<Region>; 2] {
        &self.buffers
    }

    /// Nothing is there for JavaScript.
    pub(super) fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Whether one more result would find room.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.large_bytes < LARGE_BYTES && self.fits(INLINE)
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
        while self.waiting.front().is_some_and(|record| self.admits(record.payload.len())) {
            if let Some(Waiting { kind, ticket, payload }) = self.waiting.pop_front() {
                self.waiting_bytes -= payload.len();
                self.write(kind, ticket, Payload::Owned(payload));
            }
        }
        Some(batch)
    }

    /// The segments mentioned by all that is here, if it is about to be taken out whole.
    pub(super) fn take_mentioned(&mut self) -> Vec<u32> {
        if self.waiting.is_empty() { self.take_all_mentioned() } else { Vec::new() }
    }

    /// The segments mentioned by all that is here.
    pub(super) fn take_all_mentioned(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.mentioned)
    }

    /// A record added mentions these.
    #[inline]
    pub(super) fn mention(&mut self, mut segments: Vec<u32>) {
        if !segments.is_empty() {
            self.mentioned.append(&mut segments);
        }
    }

    /// Whether so much waits that what can be done without is left out. Results are bounded by the tasks there are; what a
    /// task reports of its progress while nobody listens is not.
    #[inline]
    pub(super) fn is_flooded(&self) -> bool {
        self.waiting.len() > FLOOD_RECORDS || self.waiting_bytes > FLOOD_BYTES
    }

    /// Adds a record. One that finds no room waits: nothing is lost, and the order is kept.
    #[inline]
    pub(super) fn add(&mut self, kind: u32, ticket: u32, payload: Payload<'_>) {
        if self.waiting.is_empty() && self.admits(payload.length()) {
            self.write(kind, ticket, payload);
        } else {
            self.waiting_bytes += payload.length();
            self.waiting.push_back(Waiting { kind, ticket, payload: payload.into_vec() });
        }
    }

    #[inline]
    fn admits(&self, length: usize) -> bool {
        if length <= INLINE { self.fits(length) } else { self.large_bytes < LARGE_BYTES && self.fits(0) }
    }

    #[inline]
    fn fits(&self, length: usize) -> bool {
        self.filled + HEADER + length.next_multiple_of(8) <= self.buffers[self.current].length()
    }

    #[inline]
    fn write(&mut self, kind: u32, ticket: u32, payload: Payload<'_>) {
        let length = payload.length();
        if length > INLINE {
            self.large_bytes += length;
            self.large.push(payload.into_vec());
            let index = self.large.len() as u32;
            return self.header(kind, ticket, length as u32, index);
        }
        self.header(kind, ticket, length as u32, 0);
        // SAFETY: `self` is behind the pool's lock, and JavaScript reads the other buffer only.
        if let Some(target) = unsafe { self.buffers[self.current].slice(self.filled, length) } {
            payload.copy_to(target);
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
