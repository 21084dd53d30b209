//! What a process costs in memory, and giving back what it does not need.

use std::fs;

use crate::error::{Error, Named, Result};
use crate::symbol;

/// Memory of process `pid` in bytes, each shared page counted in proportion to its users.
///
/// # Errors
/// `ENOENT` or `ESRCH` if the process is gone, `EACCES` if it may not be looked at.
pub fn proportional_set_size(pid: u32) -> Result<u64> {
    counter(pid, "Pss:")
}

/// Memory in bytes that only process `pid` uses and has written to: what one more such process costs.
///
/// # Errors
/// As [`proportional_set_size`].
pub fn private_dirty(pid: u32) -> Result<u64> {
    counter(pid, "Private_Dirty:")
}

/// Gives memory that the C library keeps for later back to the kernel, wherever it is a whole page. False: this C
/// library has no such function.
pub fn give_back_free() -> bool {
    type MallocTrim = unsafe extern "C" fn(usize) -> libc::c_int;
    // Not linked: musl has none, and needs none.
    let Some(function) = symbol::lookup(c"malloc_trim") else { return false };
    // SAFETY: glibc's `int malloc_trim(size_t)`.
    let malloc_trim: MallocTrim = unsafe { std::mem::transmute(function.as_ptr()) };
    // SAFETY: touches only what is free, under the allocator's own locks.
    unsafe { malloc_trim(0) };
    true
}

/// One counter of `smaps_rollup`, which is in kibibytes.
fn counter(pid: u32, label: &str) -> Result<u64> {
    const OPERATION: &str = "read smaps_rollup";
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).named(OPERATION)?;
    text.lines()
        .find_map(|line| line.strip_prefix(label))
        .and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<u64>().ok())
        .map(|kibibytes| kibibytes * 1024)
        .ok_or(Error::new(OPERATION, libc::EPROTO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_this_process() {
        let own = std::process::id();
        assert!(proportional_set_size(own).unwrap() > 100_000);
        assert!(private_dirty(own).unwrap() > 0);
        assert!(proportional_set_size(0).is_err());
    }
}
