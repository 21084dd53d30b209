//! The segments that a worker has, and what of them it has mapped. See `driver/segments.rs` in the core.

use hatchery_sys::{Mapping, MemFd, Result};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

struct Segment {
    memory: MemFd,
    length: u64,
    private: bool,
    /// Tasks that have mentioned it since it came.
    mentions: u32,
    /// Mappings that JavaScript can reach.
    mappings: u32,
    /// The host was told that it is of no use here, and may have believed it.
    released: bool,
}

/// By number.
#[derive(Default)]
pub(super) struct Segments {
    entries: BTreeMap<u32, Segment>,
    /// Mappings that are known to be of no use before the finalizer tells of them, which waits for the event loop.
    anticipated: BTreeMap<u32, u32>,
}

impl Segments {
    /// The host gives a segment.
    pub(super) fn receive(&mut self, number: u32, memory: MemFd, length: u64, private: bool) {
        self.entries
            .insert(number, Segment { memory, length, private, mentions: 0, mappings: 0, released: false });
    }

    /// The host has believed that it is released.
    pub(super) fn forget(&mut self, number: u32) {
        self.entries.remove(&number);
    }

    /// Whether the host may have forgotten the segment, and given it anew for the task at hand: then that lies in the control
    /// socket, and is to be read before a mention is counted, or it would be counted where nobody looks any more.
    pub(super) fn may_be_forgotten(&self, number: u32) -> bool {
        self.entries.get(&number).is_some_and(|segment| segment.released)
    }

    /// Counts a mention; false: the segment has not come yet.
    pub(super) fn mention(&mut self, number: u32) -> bool {
        let Some(segment) = self.entries.get_mut(&number) else { return false };
        // As the host counts.
        segment.mentions = segment.mentions.wrapping_add(1);
        segment.released = false;
        true
    }

    /// Maps a segment; none: it is not here.
    pub(super) fn map(&mut self, number: u32) -> Option<Result<Mapping>> {
        let segment = self.entries.get_mut(&number)?;
        let length = usize::try_from(segment.length).unwrap_or(usize::MAX);
        let mapping = if segment.private {
            Mapping::map_private(&segment.memory, length)
        } else {
            Mapping::map(&segment.memory, length)
        };
        segment.mappings += u32::from(mapping.is_ok());
        Some(mapping)
    }

    /// A mapping is of no use any more, and its end will be no news. False: there is none that could be meant.
    pub(super) fn anticipate(&mut self, number: u32) -> bool {
        let Some(segment) = self.entries.get_mut(&number).filter(|segment| segment.mappings > 0) else {
            return false;
        };
        segment.mappings -= 1;
        *self.anticipated.entry(number).or_default() += 1;
        true
    }

    /// A mapping is gone. False: that was known.
    pub(super) fn unmap(&mut self, number: u32) -> bool {
        if let Entry::Occupied(mut known) = self.anticipated.entry(number) {
            *known.get_mut() -= 1;
            if *known.get() == 0 {
                known.remove();
            }
            return false;
        }
        if let Some(segment) = self.entries.get_mut(&number) {
            segment.mappings = segment.mappings.saturating_sub(1);
        }
        true
    }

    /// The mentions of a segment that is not mapped, for the host to be told; none if it is.
    pub(super) fn release_unmapped(&mut self, number: u32) -> Option<u32> {
        let segment = self.entries.get_mut(&number).filter(|segment| segment.mappings == 0)?;
        segment.released = true;
        Some(segment.mentions)
    }
}
