//! Segments as JavaScript has them: an external `ArrayBuffer` over a mapping, and a number.

use super::shared::Shared;
use hatchery_sys::{Mapping, MemFd, headroom};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

/// Segments that JavaScript has let go of and the driver has not been told of. Finalizers come at any time, so they
/// take no lock but this one.
#[derive(Default)]
pub(super) struct Released {
    numbers: Mutex<Numbers>,
}

#[derive(Default)]
struct Numbers {
    released: Vec<u32>,
    /// Those whose release is known before the finalizer tells of it.
    anticipated: Vec<u32>,
}

impl Released {
    /// Takes out all.
    pub(super) fn take(&self) -> Vec<u32> {
        std::mem::take(&mut self.lock().released)
    }

    /// The driver is told of this one now, and is not to be told again.
    pub(super) fn anticipate(&self, number: u32) {
        self.lock().anticipated.push(number);
    }

    fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, number: u32) {
        let mut numbers = self.lock();
        match numbers.anticipated.iter().position(|known| *known == number) {
            Some(at) => drop(numbers.anticipated.swap_remove(at)),
            None => numbers.released.push(number),
        }
    }
}

/// What keeps a segment mapped, and held by the host, while JavaScript can reach it.
pub(super) struct SegmentMapping {
    mapping: Option<Mapping>,
    number: u32,
    pool: Weak<Shared>,
}

impl SegmentMapping {
    /// The driver counts this mapping as a holder already.
    pub(super) fn new(mapping: Mapping, number: u32, pool: Weak<Shared>) -> SegmentMapping {
        SegmentMapping { mapping: Some(mapping), number, pool }
    }
}

impl Drop for SegmentMapping {
    fn drop(&mut self) {
        self.mapping = None;
        // Of an ended pool nothing but the mapping was left.
        if let Some(pool) = self.pool.upgrade() {
            pool.released().push(self.number);
            pool.wake_one();
        }
    }
}

/// Memory for a segment, with a mapping for the host. `sealed`: only that mapping can ever write to it. Where a page that is
/// touched may turn out not to be there, all are set aside now: JavaScript touches them as it likes.
pub(super) fn create(length: u64, sealed: bool) -> hatchery_core::Result<(MemFd, Mapping)> {
    let memory = MemFd::create("hatchery-segment", length)?;
    if headroom::is_strict() {
        let uncommitted = |_| hatchery_core::Error::MemoryUncommitted { requested: length };
        memory.reserve(0, length).map_err(uncommitted)?;
    }
    let mapping = Mapping::map(&memory, usize::try_from(length).unwrap_or(usize::MAX))?;
    if sealed {
        memory.seal_future_writes()?;
    } else {
        memory.seal_size()?;
    }
    Ok((memory, mapping))
}
