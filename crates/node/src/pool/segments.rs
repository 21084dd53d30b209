//! Segments as JavaScript has them: an external `ArrayBuffer` over a mapping, and a number.

use super::NativePool;
use super::shared::Shared;
use crate::error::{from_core, from_system, invalid};
use crate::memory::external;
use crate::value::{Value, array, number};
use hatchery_core::Error;
use hatchery_core::driver::SegmentAccess;
use hatchery_sys::{Mapping, MemFd, headroom};
use napi_derive::napi;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

/// Segments that JavaScript has let go of and the driver has not been told of. Finalizers come at any time, so they
/// take no lock but this one.
#[derive(Default)]
pub(super) struct Released {
    numbers: Mutex<Vec<u32>>,
}

impl Released {
    /// Takes out all.
    pub(super) fn take(&self) -> Vec<u32> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u32>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mappings of one thread. It may know that one is of no use any more (its buffer is detached, or collected) before
/// the finalizer tells of it, which waits for the event loop; then the driver is told of it that once.
#[derive(Default)]
pub(super) struct Mappings {
    numbers: RefCell<BTreeMap<u32, Count>>,
}

#[derive(Default)]
struct Count {
    mapped: u32,
    /// Those of them that the driver counts no longer.
    released: u32,
}

impl Mappings {
    /// A mapping is of no use any more. False: all of this segment's are known to be so, or gone.
    pub(super) fn release(&self, number: u32) -> bool {
        let mut numbers = self.numbers.borrow_mut();
        let Some(count) = numbers.get_mut(&number).filter(|count| count.released < count.mapped) else {
            return false;
        };
        count.released += 1;
        true
    }

    fn enter(&self, number: u32) {
        self.numbers.borrow_mut().entry(number).or_default().mapped += 1;
    }

    /// A mapping is gone. Whether the driver is to be told.
    fn leave(&self, number: u32) -> bool {
        let mut numbers = self.numbers.borrow_mut();
        let Some(count) = numbers.get_mut(&number) else { return true };
        let news = count.released == 0;
        count.mapped -= 1;
        count.released -= u32::from(!news);
        if count.mapped == 0 {
            numbers.remove(&number);
        }
        news
    }
}

/// What keeps a segment mapped, and held by the host, while JavaScript can reach it.
pub(super) struct SegmentMapping {
    mapping: Option<Mapping>,
    number: u32,
    mappings: Rc<Mappings>,
    pool: Weak<Shared>,
}

impl SegmentMapping {
    /// The driver counts this mapping as a holder already.
    pub(super) fn new(
        mapping: Mapping,
        number: u32,
        mappings: &Rc<Mappings>,
        pool: Weak<Shared>,
    ) -> SegmentMapping {
        mappings.enter(number);
        SegmentMapping { mapping: Some(mapping), number, mappings: Rc::clone(mappings), pool }
    }
}

impl Drop for SegmentMapping {
    fn drop(&mut self) {
        self.mapping = None;
        let news = self.mappings.leave(self.number);
        // Of an ended pool nothing but the mapping was left.
        if news && let Some(pool) = self.pool.upgrade() {
            pool.released().lock().push(self.number);
            pool.wake_one();
        }
    }
}

/// Memory for a segment, with a mapping for the host. `sealed`: only that mapping can ever write to it. Where a page that is
/// touched may turn out not to be there, all are set aside now: JavaScript touches them as it likes.
pub(super) fn create(length: u64, sealed: bool) -> hatchery_core::Result<(MemFd, Mapping)> {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    let memory = MemFd::create("hatchery-segment", length).map_err(|error| match error.raw_os_error() {
        EMFILE | ENFILE => Error::OutOfDescriptors,
        _ => error.into(),
    })?;
    if headroom::is_strict() {
        let uncommitted = |_| Error::MemoryUncommitted { requested: length };
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

#[napi]
impl NativePool {
    /// Shared memory of `length` bytes: its number and an `ArrayBuffer`. `sealed`: workers cannot write to it.
    #[napi]
    pub fn alloc(&self, env: napi::Env, length: f64, sealed: bool) -> napi::Result<Value> {
        let (memory, mapping) = create(length as u64, sealed).map_err(from_core)?;
        let access = if sealed { SegmentAccess::ReadOnly } else { SegmentAccess::ReadWrite };
        let segment = self.pump.lock().add_segment(memory, length as u64, access).map_err(from_core)?;
        let buffer = self.segment_buffer(env, mapping, segment)?;
        array(env.raw(), &[number(env.raw(), segment)?, buffer])
    }

    /// The buffer of a mapping has been detached, or collected: the host holds that no more, though the mapping itself goes
    /// later.
    #[napi]
    pub fn release_segment(&self, number: u32) {
        if self.mappings.release(number) {
            self.change(|state| state.let_go_of_segments(vec![number]));
        }
    }

    /// Whether a task with a payload of that many bytes can go to its worker without waiting for memory.
    #[napi]
    pub fn has_room(&self, length: f64) -> bool {
        self.pump.lock().has_memory(length as u64)
    }

    /// A task that waits in this process mentions the segment: it stays although its buffers may go.
    #[napi]
    pub fn hold_segment(&self, number: u32) {
        self.pump.lock().hold_segment(number);
    }

    /// Takes a [`hold_segment`](Self::hold_segment) back.
    #[napi]
    pub fn let_go_of_segment(&self, number: u32) {
        self.change(|state| state.let_go_of_segments(vec![number]));
    }

    /// Maps a segment anew that a result mentions, while that result is being decoded.
    #[napi]
    pub fn map_segment(&self, env: napi::Env, number: u32) -> napi::Result<Value> {
        let mapping = self.pump.lock().map_segment(number).map_err(from_system)?;
        let mapping = mapping.ok_or_else(|| invalid(format!("there is no segment {number}")))?;
        self.segment_buffer(env, mapping, number)
    }

    fn segment_buffer(&self, env: napi::Env, mapping: Mapping, number: u32) -> napi::Result<Value> {
        let (pointer, length) = (mapping.pointer(), mapping.length());
        let owner = SegmentMapping::new(mapping, number, &self.mappings, self.pump.shared());
        external(env.raw(), pointer, length, owner)
    }
}
