//! Anonymous memory with a descriptor, which goes to another process and leaves nothing in `/dev/shm`.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, FcntlArg, SealFlag, fallocate, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::error::{Error, Named, Result};

/// An anonymous file in memory.
#[derive(Debug)]
pub struct MemFd {
    file: File,
}

impl MemFd {
    /// Creates `length` zero bytes. `name` shows up in `/proc/PID/maps` only.
    ///
    /// # Errors
    /// The errno of `memfd_create` or `ftruncate`.
    pub fn create(name: &str, length: u64) -> Result<MemFd> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let file = File::from(memfd_create(name, flags).named("memfd_create")?);
        file.set_len(length).named("ftruncate(memfd)")?;
        Ok(MemFd { file })
    }

    /// Fixes the size for good, for every holder: no access within it can fault by truncation.
    ///
    /// # Errors
    /// The errno of `fcntl`, such as `EPERM` if sealing was forbidden before.
    pub fn seal_size(&self) -> Result<()> {
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&self.file, FcntlArg::F_ADD_SEALS(seals)).named("fcntl(F_ADD_SEALS)").map(drop)
    }

    /// From now on nobody gets a writable shared mapping, nor writes by descriptor; mappings that exist stay as they
    /// are. Seals the size as well.
    ///
    /// # Errors
    /// The errno of `fcntl`: `EINVAL` before Linux 5.1.
    pub fn seal_future_writes(&self) -> Result<()> {
        let seals = SealFlag::F_SEAL_FUTURE_WRITE
            | SealFlag::F_SEAL_SHRINK
            | SealFlag::F_SEAL_GROW
            | SealFlag::F_SEAL_SEAL;
        fcntl(&self.file, FcntlArg::F_ADD_SEALS(seals)).named("fcntl(F_ADD_SEALS)").map(drop)
    }

    /// Whether the file can no longer shrink.
    ///
    /// # Errors
    /// `EINVAL` if the descriptor is no memfd.
    pub fn is_size_sealed(&self) -> Result<bool> {
        let seals = fcntl(&self.file, FcntlArg::F_GET_SEALS).named("fcntl(F_GET_SEALS)")?;
        Ok(SealFlag::from_bits_truncate(seals).contains(SealFlag::F_SEAL_SHRINK))
    }

    /// Length in bytes.
    ///
    /// # Errors
    /// The errno of `fstat`.
    pub fn length(&self) -> Result<u64> {
        Ok(self.file.metadata().named("fstat(memfd)")?.len())
    }

    /// Another descriptor of the same memory.
    ///
    /// # Errors
    /// The errno of `fcntl`, such as `EMFILE`.
    pub fn try_clone(&self) -> Result<MemFd> {
        Ok(MemFd { file: self.file.try_clone().named("fcntl(F_DUPFD_CLOEXEC)")? })
    }

    /// Bytes of memory that the file really takes up; less than [`length`](MemFd::length) if it has holes.
    ///
    /// # Errors
    /// The errno of `fstat`.
    pub fn allocated(&self) -> Result<u64> {
        use std::os::linux::fs::MetadataExt;
        // `st_blocks` counts units of 512 bytes, whatever the block size is.
        Ok(self.file.metadata().named("fstat(memfd)")?.st_blocks() * 512)
    }

    /// Has the kernel set memory aside for a range, so that no access to it can fault for lack of memory. What is there
    /// already stays as it is and costs a look at each page.
    ///
    /// # Errors
    /// The errno of `fallocate`: `ENOSPC` if the kernel commits no more memory, `ENOMEM` if there is none.
    pub fn reserve(&self, offset: u64, length: u64) -> Result<()> {
        self.allocate(FallocateFlags::empty(), offset, length)
    }

    /// Gives the memory of a range back to the system: it reads as zeros from then on, for every holder. The length of
    /// the file stays.
    ///
    /// # Errors
    /// The errno of `fallocate`, such as `EPERM` if the file is sealed against writing.
    pub fn punch_hole(&self, offset: u64, length: u64) -> Result<()> {
        let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        self.allocate(flags, offset, length)
    }

    fn allocate(&self, flags: FallocateFlags, offset: u64, length: u64) -> Result<()> {
        const OPERATION: &str = "fallocate(memfd)";
        let invalid = |_| Error::new(OPERATION, libc::EINVAL);
        let (offset, length) =
            (i64::try_from(offset).map_err(invalid)?, i64::try_from(length).map_err(invalid)?);
        loop {
            match fallocate(&self.file, flags, offset, length) {
                // What was set aside until the signal came is given back.
                Err(Errno::EINTR) => {}
                result => return result.named(OPERATION),
            }
        }
    }

    /// Fills `buffer` from `offset`, without mapping the file.
    ///
    /// # Errors
    /// `ENODATA` if the file ends before the buffer is full, else the errno of `pread`.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.file.read_exact_at(buffer, offset).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Error::new("pread(memfd)", libc::ENODATA),
            _ => Error::from_io("pread(memfd)", &error),
        })
    }

    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// The errno of `pwrite`, such as `EPERM` past the end of a sealed file.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        self.file.write_all_at(bytes, offset).named("pwrite(memfd)")
    }
}

impl From<OwnedFd> for MemFd {
    fn from(descriptor: OwnedFd) -> MemFd {
        MemFd { file: File::from(descriptor) }
    }
}

impl From<MemFd> for OwnedFd {
    fn from(memory: MemFd) -> OwnedFd {
        memory.file.into()
    }
}

impl AsFd for MemFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
