//! Memory that host and workers share beyond the lanes: segments, each a memfd with a number.
//!
//! Who holds a segment: the host, once for each mapping of its own and each result on its way to it; a task that
//! mentions it, until it settles; a worker, from the first task that mentions it until it says that it has let go, or
//! dies. When nobody holds it, the host's descriptor is closed; the memory itself is the kernel's to count, so a mapping
//! that outlives this keeps it alive.
//!
//! A worker may get another mention while its letting go is under way. So both sides count the mentions: only if the
//! worker has seen all there were is the letting go believed, and only then does the worker close its descriptor.

use crate::{Error, Result};
use hatchery_sys::MemFd;
use std::collections::BTreeMap;

/// Segments that one payload may mention.
pub const MAXIMUM_MENTIONS: usize = 127;

/// Where in a slot's flags the number of mentioned segments is.
const MENTIONS_SHIFT: u32 = 17;

/// Who may write to a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentAccess {
    /// Host and workers.
    ReadWrite,
    /// The host alone. What a worker writes stays its own.
    ReadOnly,
}

#[derive(Debug)]
struct Segment {
    memory: MemFd,
    length: u64,
    access: SegmentAccess,
    holders: u32,
}

/// What becomes of a task whose payload needs more shared memory than is allowed at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryPolicy {
    /// It waits until there is room; others go on.
    #[default]
    Wait,
    /// It is not taken.
    Reject,
}

/// All segments of a pool, and the memory of large payloads, which counts against the same limit.
#[derive(Debug)]
pub(super) struct Segments {
    /// A tree: most pools have a few, which is one node that is found sooner than a hash is computed.
    entries: BTreeMap<u32, Segment>,
    next: u32,
    bytes: u64,
    limit: u64,
    /// Some bytes have become free since this was last asked for.
    freed: bool,
}

impl Segments {
    pub(super) fn new(limit: u64) -> Segments {
        Segments { entries: BTreeMap::new(), next: 1, bytes: 0, limit, freed: false }
    }

    /// Another limit. What there is beyond it stays until it is let go of.
    pub(super) fn set_limit(&mut self, limit: u64) {
        self.freed |= limit > self.limit;
        self.limit = limit;
    }

    /// How many there are, the bytes of all and of large payloads, and how many bytes that may be.
    pub(super) fn usage(&self) -> (usize, u64, u64) {
        (self.entries.len(), self.bytes, self.limit)
    }

    /// Takes up memory that the host has mapped; held once, by that mapping.
    ///
    /// # Errors
    /// [`Error::SharedMemoryFull`].
    pub(super) fn add(&mut self, memory: MemFd, length: u64, access: SegmentAccess) -> Result<u32> {
        let bytes = self.bytes.saturating_add(length);
        if bytes > self.limit {
            return Err(Error::SharedMemoryFull { requested: length, used: self.bytes, limit: self.limit });
        }
        // A pool would have to live for ages to come round; numbers in use are skipped all the same.
        while self.entries.contains_key(&self.next) || self.next == 0 {
            self.next = self.next.wrapping_add(1);
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.bytes = bytes;
        self.entries.insert(number, Segment { memory, length, access, holders: 1 });
        Ok(number)
    }

    /// Whether that many bytes more are allowed.
    pub(super) fn has_room(&self, length: u64) -> bool {
        self.bytes.saturating_add(length) <= self.limit
    }

    /// Whether memory has become free since the last call.
    pub(super) fn take_freed(&mut self) -> bool {
        std::mem::take(&mut self.freed)
    }

    /// Counts a payload that travels in memory of its own.
    pub(super) fn charge(&mut self, length: u64) {
        self.bytes = self.bytes.saturating_add(length);
    }

    /// The memory of a payload is not needed any more.
    pub(super) fn discharge(&mut self, length: u64) {
        self.bytes = self.bytes.saturating_sub(length);
        self.freed = true;
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        self.entries.contains_key(&number)
    }

    /// One holder more. False: there is no such segment.
    pub(super) fn hold(&mut self, number: u32) -> bool {
        let Some(segment) = self.entries.get_mut(&number) else { return false };
        segment.holders += 1;
        true
    }

    /// One holder less; the last one closes it.
    pub(super) fn let_go(&mut self, number: u32) {
        let Some(segment) = self.entries.get_mut(&number) else { return };
        segment.holders -= 1;
        if segment.holders == 0
            && let Some(segment) = self.entries.remove(&number)
        {
            self.discharge(segment.length);
        }
    }

    /// Memory, length and access of a segment.
    pub(super) fn get(&self, number: u32) -> Option<(&MemFd, u64, SegmentAccess)> {
        let segment = self.entries.get(&number)?;
        Some((&segment.memory, segment.length, segment.access))
    }
}

/// The part of a slot's flags that says how many segments its payload mentions.
pub(crate) fn mentions_flag(count: u8) -> u32 {
    u32::from(count) << MENTIONS_SHIFT
}

/// How many segments a slot's payload mentions.
pub(crate) fn mentions_of(flags: u32) -> usize {
    (flags >> MENTIONS_SHIFT) as usize & MAXIMUM_MENTIONS
}

/// The numbers of the `count` segments that a payload mentions: its last words. `None`: it is too short.
pub(crate) fn mentioned(payload: &[u8], count: usize) -> Option<impl Iterator<Item = u32> + '_> {
    let start = payload.len().checked_sub(4 * count)?;
    Some(
        payload[start..].chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> MemFd {
        MemFd::create("hatchery-test", 4096).unwrap()
    }

    #[test]
    fn a_segment_lives_until_the_last_holder_lets_go() {
        let mut segments = Segments::new(10_000);
        let number = segments.add(memory(), 4096, SegmentAccess::ReadWrite).unwrap();
        assert!(segments.hold(number));
        segments.let_go(number);
        assert!(segments.contains(number));
        segments.let_go(number);
        assert!(!segments.contains(number));
        assert!(!segments.hold(number));
        assert_eq!(segments.usage(), (0, 0, 10_000));
    }

    #[test]
    fn no_more_memory_is_taken_than_allowed() {
        let mut segments = Segments::new(10_000);
        let first = segments.add(memory(), 4096, SegmentAccess::ReadWrite).unwrap();
        segments.add(memory(), 4096, SegmentAccess::ReadOnly).unwrap();
        let full = segments.add(memory(), 4096, SegmentAccess::ReadWrite).unwrap_err();
        assert!(matches!(full, Error::SharedMemoryFull { used: 8192, .. }), "{full}");
        segments.let_go(first);
        segments.add(memory(), 4096, SegmentAccess::ReadWrite).unwrap();
    }

    #[test]
    fn mentions_are_the_last_words() {
        let payload = [9, 9, 1, 0, 0, 0, 2, 0, 0, 0];
        assert_eq!(mentioned(&payload, 2).unwrap().collect::<Vec<_>>(), [1, 2]);
        assert!(mentioned(&payload, 3).is_none());
        assert_eq!(mentions_of(mentions_flag(127) | 0xFFFF), 127);
    }
}
