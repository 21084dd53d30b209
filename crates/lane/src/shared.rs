//! Typed views of memory that another process may write at any time.
//!
//! One of the two modules with `unsafe`. The rule that makes a view sound: its type consists of atomics
//! only ([`Words`]), so whatever the other process stores, every access is defined and every bit pattern is
//! a value.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

#[cfg(not(loom))]
use hatchery_sys::Mapping;

use crate::atomic::{AtomicU32, Word32, Word64};

/// Types that may be laid over shared memory.
///
/// # Safety
/// The type is `repr(C)` or `repr(transparent)`, consists of atomics (and arrays and structs of them) with
/// no padding, accepts every bit pattern and needs no drop.
pub unsafe trait Words: Send + Sync + 'static {}

// SAFETY: an atomic integer.
unsafe impl Words for AtomicU32 {}
// SAFETY: transparent over an atomic integer.
unsafe impl Words for Word32 {}
// SAFETY: transparent over an atomic integer.
unsafe impl Words for Word64 {}

/// Keeps memory alive, whatever owns it.
trait Backing: Send + Sync {}
impl<T: Send + Sync> Backing for T {}

/// A reference to words in a mapping or on the heap, which keeps that memory alive.
pub struct Shared<T: ?Sized> {
    pointer: NonNull<T>,
    backing: Arc<dyn Backing>,
}

// SAFETY: acts as a shared reference plus an Arc, so it may go where `&T` may go.
unsafe impl<T: ?Sized + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for Shared<T> {}

impl<T: Words> Shared<T> {
    /// A value on the heap.
    pub fn on_heap(value: T) -> Shared<T> {
        let backing = Arc::new(value);
        Shared { pointer: NonNull::from(&*backing), backing }
    }

    /// The `T` at byte `offset` of `mapping`; none if it does not lie within it, aligned.
    #[cfg(not(loom))]
    pub fn mapped(mapping: &Arc<Mapping>, offset: usize) -> Option<Shared<T>> {
        let pointer = locate::<T>(mapping, offset, 1)?;
        Some(Shared { pointer, backing: Arc::<Mapping>::clone(mapping) })
    }
}

impl<T: Words> Shared<[T]> {
    /// A slice on the heap.
    pub fn slice_on_heap(values: Vec<T>) -> Shared<[T]> {
        let backing = Arc::new(values.into_boxed_slice());
        Shared { pointer: NonNull::from(&**backing), backing }
    }

    /// The `count` values from byte `offset` of `mapping`; none if they do not lie within it, aligned.
    #[cfg(not(loom))]
    pub fn slice_mapped(mapping: &Arc<Mapping>, offset: usize, count: usize) -> Option<Shared<[T]>> {
        let first = locate::<T>(mapping, offset, count)?;
        let pointer = NonNull::slice_from_raw_parts(first, count);
        Some(Shared { pointer, backing: Arc::<Mapping>::clone(mapping) })
    }
}

/// Bounds and alignment of `count` values at `offset`: the only way to a pointer into a mapping.
#[cfg(not(loom))]
fn locate<T: Words>(mapping: &Mapping, offset: usize, count: usize) -> Option<NonNull<T>> {
    let end = size_of::<T>().checked_mul(count)?.checked_add(offset)?;
    if end > mapping.length() {
        return None;
    }
    // SAFETY: offset <= end <= length, so the pointer stays within the mapping or one past its end.
    let pointer = unsafe { mapping.pointer().add(offset) }.cast::<T>();
    pointer.is_aligned().then_some(pointer)
}

impl<T: ?Sized> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: made from a live reference or from `locate` (in bounds, aligned, T: Words accepts every bit
        // pattern), and `backing` keeps the memory alive. T is made of atomics, so the other process writing
        // meanwhile is allowed.
        unsafe { self.pointer.as_ref() }
    }
}

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared { pointer: self.pointer, backing: Arc::clone(&self.backing) }
    }
}

impl<T: ?Sized> std::fmt::Debug for Shared<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Shared({:p})", self.pointer)
    }
}
