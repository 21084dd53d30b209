//! Memory of this process alone, mapped for one purpose, so that the kernel has it back when that is over.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::error::{Error, Named, Result};

/// A vector of fixed capacity in a mapping of its own. Pages that nothing was pushed to take no memory; dropping it gives
/// all of them back, which the allocator of the C library does not promise for memory of this size.
///
/// The default is a vector without room.
#[derive(Debug)]
pub struct MappedVec<T: Copy> {
    pointer: NonNull<T>,
    length: usize,
    capacity: usize,
    elements: PhantomData<T>,
}

// SAFETY: it owns its elements as a `Vec` does, and unmapping works from any thread.
unsafe impl<T: Copy + Send> Send for MappedVec<T> {}
// SAFETY: a shared reference gives out shared references to elements and nothing else.
unsafe impl<T: Copy + Sync> Sync for MappedVec<T> {}

impl<T: Copy> MappedVec<T> {
    /// Maps room for `capacity` elements.
    ///
    /// # Errors
    /// `ENOMEM` if there is none, `EINVAL` for no elements, or elements without a size.
    pub fn with_capacity(capacity: usize) -> Result<MappedVec<T>> {
        const OPERATION: &str = "mmap";
        // The kernel aligns to a page; no element wants more.
        const { assert!(align_of::<T>() <= 4096) };
        let bytes = capacity.checked_mul(size_of::<T>()).ok_or(Error::new(OPERATION, libc::ENOMEM))?;
        // SAFETY: without MAP_FIXED the kernel picks unused address space, so nothing is overlaid.
        let pointer = unsafe {
            mmap_anonymous(ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
        }
        .named(OPERATION)?;
        let pointer = NonNull::new(pointer.cast()).ok_or(Error::new(OPERATION, libc::EFAULT))?;
        Ok(MappedVec { pointer, length: 0, capacity, elements: PhantomData })
    }

    /// Elements that it has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Appends an element; false, and nothing happens, if there is no room.
    pub fn push(&mut self, value: T) -> bool {
        if self.length == self.capacity {
            return false;
        }
        // SAFETY: below the capacity, so within the mapping, which is `self`'s alone; nothing is dropped by writing to it.
        unsafe { self.pointer.add(self.length).write(value) };
        self.length += 1;
        true
    }
}

impl<T: Copy> Default for MappedVec<T> {
    fn default() -> Self {
        MappedVec { pointer: NonNull::dangling(), length: 0, capacity: 0, elements: PhantomData }
    }
}

impl<T: Copy> Deref for MappedVec<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: `length` elements from the start were written by `push` (none if the pointer dangles); nobody else
        // has the mapping, and it lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.pointer.as_ptr(), self.length) }
    }
}

impl<T: Copy> DerefMut for MappedVec<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and `self` is borrowed for as long as the slice lives.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.as_ptr(), self.length) }
    }
}

impl<T: Copy> Drop for MappedVec<T> {
    fn drop(&mut self) {
        if self.capacity > 0 {
            // SAFETY: exactly this range was mapped in `with_capacity`, it is unmapped once, and references into it
            // borrow `self`. The elements have no destructors.
            let _ = unsafe { munmap(self.pointer.as_ptr().cast(), self.capacity * size_of::<T>()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_is_pushed_and_no_more_than_it_has_room_for() {
        let mut vector = MappedVec::with_capacity(3).unwrap();
        assert!((0..3_u64).all(|value| vector.push(value)));
        assert!(!vector.push(3));
        vector[1] = 7;
        assert_eq!(*vector, [0, 7, 2]);
        assert_eq!(vector.get(3), None);
    }

    #[test]
    fn without_room_it_is_empty() {
        let mut vector = MappedVec::<u64>::default();
        assert!(vector.is_empty());
        assert!(!vector.push(1));
        assert_eq!(MappedVec::<u64>::with_capacity(0).unwrap_err().raw_os_error(), libc::EINVAL);
        assert_eq!(MappedVec::<u64>::with_capacity(usize::MAX).unwrap_err().raw_os_error(), libc::ENOMEM);
    }
}
