//! Memory shared with another process, and such as goes back to the kernel when it is not used any more.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};

use crate::MemFd;
use crate::error::{Error, Named, Result, checked};

/// Memory nodes that [`Mapping::prefer_node`] can name.
const NODES: usize = 1024;

/// A read-write mapping of a [`MemFd`], from its start, shared or private to this process; or of memory of its own.
///
/// It hands out a pointer only: the other side may write at any time, so no plain reference into it is
/// sound. The lane crate gives access through atomics.
#[derive(Debug)]
pub struct Mapping {
    pointer: NonNull<u8>,
    length: usize,
    shared: bool,
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

    /// Zeroed memory that only this process has. Unlike memory of the heap it costs nothing before it is touched, and
    /// all of it is given back with the mapping, whatever else was allocated meanwhile.
    ///
    /// # Errors
    /// `EINVAL` if `length` is zero, else the errno of `mmap`, such as `ENOMEM`.
    pub fn anonymous(length: usize) -> Result<Mapping> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: without MAP_FIXED the kernel picks unused address space, so nothing is overlaid.
        let pointer = unsafe { mmap_anonymous(ptr::null_mut(), length, protection, MapFlags::PRIVATE) };
        Mapping::own(pointer.named("mmap")?, length, false)
    }

    /// Maps the start of `memory` at the same addresses instead. Only for a mapping that is shared: whoever looks at one has
    /// to put up with all of it changing, and sees the other memory from then on.
    ///
    /// # Errors
    /// `EINVAL` if this mapping is private or `memory` is shorter, else the errno of `mmap`.
    pub fn replace(&self, memory: &MemFd) -> Result<()> {
        if !self.shared || self.length as u64 > memory.length()? {
            return Err(Error::new("mmap", libc::EINVAL));
        }
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: overlays exactly the range of this mapping, which stays mapped and writable all the time. No reference
        // into it can exist (see the type), so the change is one that the other side might as well have made.
        unsafe { mmap(self.pointer.as_ptr().cast(), self.length, protection, flags, memory, 0) }
            .named("mmap(MAP_FIXED)")
            .map(drop)
    }

    fn make(memory: &MemFd, length: usize, flags: MapFlags) -> Result<Mapping> {
        if length == 0 || length as u64 > memory.length()? {
            return Err(Error::new("mmap", libc::EINVAL));
        }
        let shared = flags.contains(MapFlags::SHARED);
        // SAFETY: without MAP_FIXED the kernel picks unused address space, so nothing is overlaid.
        let pointer =
            unsafe { mmap(ptr::null_mut(), length, ProtFlags::READ | ProtFlags::WRITE, flags, memory, 0) }
                .named("mmap")?;
        Mapping::own(pointer, length, shared)
    }

    fn own(pointer: *mut c_void, length: usize, shared: bool) -> Result<Mapping> {
        let pointer = NonNull::new(pointer.cast()).ok_or(Error::new("mmap", libc::EFAULT))?;
        Ok(Mapping { pointer, length, shared })
    }

    /// Asks for pages of memory node `node` where it has any free. It holds for the memory itself, so for every
    /// process that maps it, and for pages that nobody has touched yet.
    ///
    /// # Errors
    /// `EINVAL` for a node that there is not, or that this process may not use; `EPERM` or `ENOSYS` where a sandbox
    /// forbids it.
    pub fn prefer_node(&self, node: u32) -> Result<()> {
        const OPERATION: &str = "mbind";
        const BITS: usize = std::ffi::c_ulong::BITS as usize;
        let mut nodes: [std::ffi::c_ulong; NODES / BITS] = [0; NODES / BITS];
        let word = nodes.get_mut(node as usize / BITS).ok_or(Error::new(OPERATION, libc::EINVAL))?;
        *word |= 1 << (node as usize % BITS);
        // SAFETY: the range is the mapping, which lives; the mask has the bits that are announced (the kernel takes
        // one off). A policy moves pages at most, it changes no content.
        let result = unsafe {
            libc::syscall(
                libc::SYS_mbind,
                self.pointer.as_ptr(),
                self.length,
                libc::c_long::from(libc::MPOL_PREFERRED),
                nodes.as_ptr(),
                NODES + 1,
                0,
            )
        };
        checked(OPERATION, result as i32).map(drop)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn memory_of_its_own_is_zeroed_and_can_be_written() {
        let mapping = Mapping::anonymous(8192).unwrap();
        assert_eq!(mapping.length(), 8192);
        // SAFETY: the last byte of a live mapping that nobody else has.
        let last = unsafe { &mut *mapping.pointer().add(8191).as_ptr() };
        assert_eq!(*last, 0);
        *last = 7;
        assert!(Mapping::anonymous(0).is_err());
    }

    #[test]
    fn other_memory_takes_the_place_of_what_is_shared() {
        let (one, other) =
            (MemFd::create("hatchery-test", 8192).unwrap(), MemFd::create("hatchery-test", 8192).unwrap());
        other.write_at(&[7], 8191).unwrap();
        let mapping = Mapping::map(&one, 8192).unwrap();
        // SAFETY: the last byte of a live mapping, which nobody writes to meanwhile.
        let last = || unsafe { mapping.pointer().add(8191).read_volatile() };
        assert_eq!(last(), 0);
        mapping.replace(&other).unwrap();
        assert_eq!(last(), 7);
        let short = MemFd::create("hatchery-test", 4096).unwrap();
        assert!(mapping.replace(&short).is_err(), "the rest would be no memory");
        assert!(Mapping::anonymous(4096).unwrap().replace(&short).is_err(), "it may have references into it");
    }

    #[test]
    fn a_node_is_preferred_where_that_is_allowed() {
        let memory = MemFd::create("hatchery-test", 1 << 20).unwrap();
        let mapping = Mapping::map(&memory, 1 << 20).unwrap();
        match mapping.prefer_node(0) {
            // The kernel says so itself, if it was built to.
            Ok(()) => {
                let address = format!("{:x} ", mapping.pointer().as_ptr() as usize);
                if let Ok(policies) = fs::read_to_string("/proc/self/numa_maps") {
                    let line = policies.lines().find(|line| line.starts_with(&address));
                    assert!(line.is_some_and(|line| line.contains(" prefer:0 ")), "{line:?}");
                }
            }
            Err(error) => {
                assert!([libc::EPERM, libc::ENOSYS].contains(&error.raw_os_error()), "{error}");
            }
        }
        assert!(mapping.prefer_node(NODES as u32).is_err(), "no such node");
        // SAFETY: the first byte of a live mapping that nobody else has.
        unsafe { mapping.pointer().write_volatile(1) };
    }
}
