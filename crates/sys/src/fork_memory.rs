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
type Range = (usize, usize);

/// Lets every mapping of this process that is marked `MADV_DONTFORK` be inherited by a fork, and returns how
/// many there were. Costs about 3 ms in a Node process (reading `smaps`).
///
/// # Errors
/// The errno of reading `/proc/self/smaps` or of `madvise`.
pub fn allow_fork_of_all_mappings() -> Result<usize> {
    let text = fs::read_to_string("/proc/self/smaps").named("read /proc/self/smaps")?;
    let mut count = 0;
    for (start, end) in ranges_not_forked(&text) {
        let Some(pointer) = NonNull::new(std::ptr::with_exposed_provenance_mut::<c_void>(start)) else {
            continue;
        };
        // SAFETY: MADV_DOFORK changes only what a later fork inherits: no content, no protection, no
        // address. If another thread unmapped the range meanwhile, the kernel answers ENOMEM.
        match unsafe { madvise(pointer, end - start, MmapAdvise::MADV_DOFORK) } {
            Ok(()) => count += 1,
            Err(Errno::ENOMEM) => {}
            Err(errno) => return Err(errno).named("madvise(MADV_DOFORK)"),
        }
    }
    Ok(count)
}

/// Mappings whose `VmFlags` hold `dc` (do not copy on fork). Device memory (`io`, `pf`) is left out: the
/// kernel refuses to fork it.
fn ranges_not_forked(text: &str) -> Vec<Range> {
    let mut ranges = Vec::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            let has = |wanted: &str| flags.split_ascii_whitespace().any(|flag| flag == wanted);
            if has("dc") && !has("io") && !has("pf") {
                ranges.extend(current);
            }
        } else if let Some(range) = range_of(line) {
            current = Some(range);
        }
    }
    ranges
}

/// The range of a header line, `start-end perms ...`; none for the lines of counters.
fn range_of(line: &str) -> Option<Range> {
    let (start, end) = line.split_ascii_whitespace().next()?.split_once('-')?;
    Some((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_only_marked_ranges() {
        let text = "1000-3000 rw-p 00000000 00:00 0 \nSize: 8 kB\nVmFlags: rd wr mr mw me ac dc \n\
                    5000-6000 rw-p 00000000 00:00 0 \nVmFlags: rd wr mr mw me ac \n\
                    7000-8000 rw-s 00000000 00:05 9 /dev/x\nVmFlags: rd wr io dc \n";
        assert_eq!(ranges_not_forked(text), vec![(0x1000, 0x3000)]);
    }
}
