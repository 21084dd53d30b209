//! Segments: the driver's, and those that clients hold.

use super::State;
use hatchery_core::Error;
use hatchery_core::driver::SegmentAccess;
use hatchery_sys::{Mapping, MemFd};

impl State {
    /// See [`Driver::add_segment`].
    pub(in crate::pool) fn add_segment(
        &mut self,
        memory: MemFd,
        length: u64,
        access: SegmentAccess,
    ) -> hatchery_core::Result<u32> {
        match &mut self.driver {
            Some(driver) => driver.add_segment(memory, length, access),
            None => Err(Error::PoolClosed),
        }
    }

    /// One more mapping of a segment; none if there is no such segment.
    pub(in crate::pool) fn map_segment(&mut self, number: u32) -> hatchery_sys::Result<Option<Mapping>> {
        let Some(driver) = &mut self.driver else { return Ok(None) };
        let Some((memory, length, access)) = driver.segment(number) else { return Ok(None) };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mapping = match access {
            SegmentAccess::ReadWrite => Mapping::map(memory, length)?,
            // Its writable mapping is gone, and there can be no other.
            SegmentAccess::ReadOnly => Mapping::map_private(memory, length)?,
        };
        driver.hold_segment(number);
        Ok(Some(mapping))
    }

    /// One more reason for a segment to stay.
    pub(in crate::pool) fn hold_segment(&mut self, number: u32) {
        if let Some(driver) = &mut self.driver {
            driver.hold_segment(number);
        }
    }

    /// See [`Driver::has_room`]. An ended pool refuses for reasons of its own.
    pub(in crate::pool) fn has_memory(&self, length: u64) -> bool {
        self.driver.as_ref().is_none_or(|driver| driver.has_room(length))
    }

    /// The host holds these no more.
    pub(in crate::pool) fn let_go_of_segments(&mut self, numbers: Vec<u32>) {
        if numbers.is_empty() {
            return;
        }
        let Some(driver) = &mut self.driver else { return };
        numbers.into_iter().for_each(|number| driver.let_go_of_segment(number));
        // Tasks may wait for just this memory.
        driver.flush();
    }
}
