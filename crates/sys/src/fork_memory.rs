//! Memory that asked not to be forked.
//!
//! V8 marks its heap `MADV_DONTFORK`, so that a fork of Node would be a child without a heap. Undoing the
//! mark right before the fork makes the child whole.

use std::ffi::c_void;
use std::fs;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::sys::mman::{MmapAdvise, madvise};

use crate::error::{Named, Result};

/// A range of addresses.
pub(crate) type Range = (usize, usize);

/// Lets the anonymous mappings of this process be inherited by a fork, those that are marked `MADV_DONTFORK` too,
/// and returns how many there were. V8 marks no others.
///
/// Which are marked only `smaps` tells, and reading that takes some 3 ms in a Node process, as the kernel counts every
/// page for it. `maps` takes a tenth of that, and `MADV_DOFORK` changes nothing where no mark is.
///
/// # Errors
/// The errno of reading `/proc/self/maps` or of `madvise`.
pub fn allow_fork_of_anonymous_mappings() -> Result<usize> {
    let text = fs::read_to_string("/proc/self/maps").named("read /proc/self/maps")?;
    let mut count = 0;
    for (start, end) in text.lines().filter_map(anonymous_range) {
        let Some(pointer) = NonNull::new(std::ptr::with_exposed_provenance_mut::<c_void>(start)) else {
            continue;
        };
        // SAFETY: MADV_DOFORK changes only what a later fork inherits: no content, no protection, no
        // address. If another thread unmapped the range meanwhile, the kernel answers ENOMEM.
        match unsafe { madvise(pointer, end - start, MmapAdvise::MADV_DOFORK) } {
            Ok(()) => count += 1,
            // Gone, or of a kind that the kernel forks in its own way.
            Err(Errno::ENOMEM | Errno::EINVAL) => {}
            Err(errno) => return Err(errno).named("madvise(MADV_DOFORK)"),
        }
    }
    Ok(count)
}

/// The range of a line of `maps` (`start-end perms offset device inode [name]`), if it is backed by no file. The
/// mappings that the kernel names in square brackets are forked as they are.
pub(crate) fn anonymous_range(line: &str) -> Option<Range> {
    let mut fields = line.split_ascii_whitespace();
    let range = range_of(fields.next()?)?;
    let (inode, name) = (fields.nth(3)?, fields.next());
    // A name that the program has given to its memory is no reason to leave it out.
    (inode == "0" && name.is_none_or(|name| name.starts_with("[anon:"))).then_some(range)
}

/// The range of a line of `maps` whose mapping the kernel names so.
pub(crate) fn range_named(line: &str, name: &str) -> Option<Range> {
    let mut fields = line.split_ascii_whitespace();
    let range = range_of(fields.next()?)?;
    (fields.nth(4)? == name).then_some(range)
}

/// The range of `start-end`.
fn range_of(text: &str) -> Option<Range> {
    let (start, end) = text.split_once('-')?;
    Some((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_anonymous_mappings_only() {
        let text = "1000-3000 rw-p 00000000 00:00 0 \n\
                    3000-4000 rw-p 00000000 00:00 0                          [stack]\n\
                    5000-6000 rw-p 00000000 00:00 0                          [anon:v8]\n\
                    7000-8000 rw-s 00000000 00:05 9                          /dev/x\n";
        let ranges: Vec<Range> = text.lines().filter_map(anonymous_range).collect();
        assert_eq!(ranges, vec![(0x1000, 0x3000), (0x5000, 0x6000)]);
        let stack: Vec<Range> = text.lines().filter_map(|line| range_named(line, "[stack]")).collect();
        assert_eq!(stack, vec![(0x3000, 0x4000)]);
    }
}
