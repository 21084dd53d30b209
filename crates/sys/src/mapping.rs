//! Memory shared with another process.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::MemFd;
use crate::error::{Error, Named, Result};

/// A read-write mapping of a [`MemFd`], from its start; shared, or private to this process.
///
/// It hands out a pointer only: the other side may write at any time, so no plain reference into it is
/// sound. The lane crate gives access through atomics.
#[derive(Debug)]
pub struct Mapping {
    pointer: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping is address space of the whole process and unmapping works from any thread.
unsafe impl Send for Mapping {}
// SAFETY: a shared reference gives out only a pointer and a length; using the pointer is the user's proof.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `length` bytes.
    ///
    /// # Errors
    /// `EINVAL` if `length` is zero or more than the file has, else the errno of `mmap`.
    pub fn map(memory: &MemFd, length: usize) -> Result<Mapping> {
        Mapping::make(memory, length, MapFlags::SHARED)
    }

    /// As [`map`](Mapping::map), but what is written stays in this process. Pages that were not written show what
    /// others write. Works for memory sealed against writing, too.
    ///
    /// # Errors
    /// As [`map`](Mapping::map).
    pub fn map_private(memory: &MemFd, length: usize) -> Result<Mapping> {
        Mapping::make(memory, length, MapFlags::PRIVATE)
    }

    fn make(memory: &MemFd, length: usize, flags: MapFlags) -> Result<Mapping> {
        if length == 0 || length as u64 > memory.length()? {
            return Err(Error::new("mmap", libc::EINVAL));
        }
        // SAFETY: without MAP_FIXED the kernel picks unused address space, so nothing is overlaid.
        let pointer =
            unsafe { mmap(ptr::null_mut(), length, ProtFlags::READ | ProtFlags::WRITE, flags, memory, 0) }
                .named("mmap")?;
        let pointer = NonNull::new(pointer.cast()).ok_or(Error::new("mmap", libc::EFAULT))?;
        Ok(Mapping { pointer, length })
    }

    /// Length in bytes.
    pub fn length(&self) -> usize {
        self.length
    }

    /// First byte. Valid for reads and writes of [`Mapping::length`] bytes while the mapping lives.
    pub fn pointer(&self) -> NonNull<u8> {
        self.pointer
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly this range was mapped by `map`, it is unmapped once, and users of the pointer
        // keep the mapping alive.
        let _ = unsafe { munmap(self.pointer.as_ptr().cast::<c_void>(), self.length) };
    }
}
