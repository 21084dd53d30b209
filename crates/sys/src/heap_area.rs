//! Laying V8's heap out so that a fork of it is cheap.
//!
//! V8 maps its heap in pieces of 256 KiB, each at an address chosen at random. To fork such a heap the kernel makes three
//! page tables a piece, and enters each page of 4 KiB. Side by side the pieces are few mappings, and where they fill
//! them, pages of 2 MiB, of which a fork enters one each; what a fork writes to is still copied by 4 KiB. Objects that are
//! larger than such a page begin where one may begin.

use std::ffi::{c_int, c_void};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::errno::Errno;

use crate::error::{Named, Result};
use crate::fork_memory::{anonymous_range, range_named};
use crate::imports;

/// Size and alignment of V8's pieces; larger ones are aligned alike.
const PIECE: usize = 256 * 1024;
/// What V8 asks for beyond a piece, to have it aligned; it unmaps the rest.
const SPARE: usize = PIECE - 4096;
/// A huge page.
const HUGE: usize = 2 * 1024 * 1024;
/// Pages of a huge page that must be there already, three of four: the others become memory for nothing.
const ENOUGH: usize = HUGE / 4096 / 4 * 3;
/// `MADV_COLLAPSE`, since Linux 6.1.
const COLLAPSE: c_int = 25;

/// More at once is no object but room for code or for the memory of WebAssembly.
const LARGEST: usize = 64 * 1024 * 1024;

/// Where the next piece shall be; 0: wherever V8 wants it.
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// The same for the next large object.
static NEXT_LARGE: AtomicUsize = AtomicUsize::new(0);

/// From now on the executable's heap grows in one area. False: it maps memory in another way, and goes on as it is.
pub fn gather_heap() -> bool {
    let place: unsafe extern "C" fn(*mut c_void, usize, c_int, c_int, c_int, libc::off_t) -> *mut c_void =
        place;
    // SAFETY: `place` is mmap but for the address of what is asked for without insisting on one.
    unsafe {
        imports::redirect(c"mmap64", place as *const c_void)
            + imports::redirect(c"mmap", place as *const c_void)
            > 0
    }
}

/// Stands in for `mmap`.
unsafe extern "C" fn place(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    descriptor: c_int,
    offset: libc::off_t,
) -> *mut c_void {
    let next = area(address, length, flags);
    let wished = next.map_or(address.addr(), |next| next_place(next, address.addr(), length));
    let wish = std::ptr::with_exposed_provenance_mut(wished);
    // SAFETY: the caller's arguments; the address is a wish (see `area`) or the caller's own.
    let given = unsafe { libc::mmap(wish, length, protection, flags, descriptor, offset) };
    if let Some(next) = next
        && given.addr() != wished
    {
        // Something else is there: on from the next address that V8 chooses.
        next.store(0, Ordering::Relaxed);
    }
    given
}

/// Where V8 shall have what it asks for with an address that it does not insist on: a piece, with room to align it, or a large
/// object. `None`: it is neither.
fn area(address: *mut c_void, length: usize, flags: c_int) -> Option<&'static AtomicUsize> {
    const WANTED: c_int = libc::MAP_ANONYMOUS | libc::MAP_PRIVATE;
    // MAP_FIXED_NOREPLACE is the other way of insisting.
    const UNWANTED: c_int = libc::MAP_FIXED | 0x10_0000;
    if address.is_null() || flags & WANTED != WANTED || flags & UNWANTED != 0 {
        return None;
    }
    match length {
        HUGE..=LARGEST if length >= HUGE + SPARE => Some(&NEXT_LARGE),
        _ => (length % PIECE == SPARE && length > SPARE).then_some(&NEXT),
    }
}

/// The place of what V8 asks for, in the area that goes on at `next`, which is moved on.
fn next_place(next: &AtomicUsize, proposed: usize, length: usize) -> usize {
    let size = if std::ptr::eq(next, &NEXT) { length - SPARE } else { length.next_multiple_of(HUGE) };
    let first = proposed.next_multiple_of(HUGE);
    // Relaxed: nothing is read through it. Two threads at once get places of their own.
    let before = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
        Some(if next == 0 { first } else { next } + size)
    });
    match before {
        Ok(0) | Err(_) => first,
        Ok(next) => next,
    }
}

/// Makes huge pages of the anonymous memory of this process wherever it nearly fills one, that of the C library included, and
/// returns how many. Where the kernel cannot (before Linux 6.1, or with huge pages switched off) there are none.
///
/// # Errors
/// The errno of reading `/proc/self/maps`.
pub fn make_huge_pages() -> Result<usize> {
    let text = fs::read_to_string("/proc/self/maps").named("read /proc/self/maps")?;
    let mut count = 0;
    let range = |line| anonymous_range(line).or_else(|| range_named(line, "[heap]"));
    for (start, end) in text.lines().filter(|line| line.contains(" rw-p ")).filter_map(range) {
        for block in (start.next_multiple_of(HUGE)..end).step_by(HUGE).filter(|block| block + HUGE <= end) {
            if !is_filled(block) {
                continue;
            }
            let address = std::ptr::with_exposed_provenance_mut::<c_void>(block);
            // SAFETY: moves pages without changing what is in them. If the range was unmapped meanwhile, the kernel
            // says so.
            if unsafe { libc::madvise(address, HUGE, COLLAPSE) } == 0 {
                count += 1;
            } else if Errno::last() == Errno::EINVAL {
                // This kernel does not do it at all.
                return Ok(count);
            }
        }
    }
    Ok(count)
}

/// Whether most pages of the block are there.
fn is_filled(block: usize) -> bool {
    let mut pages = [0_u8; HUGE / 4096];
    let address = std::ptr::with_exposed_provenance_mut::<c_void>(block);
    // SAFETY: writes a byte for each page of the range; there are no more, as a page has at least 4 KiB.
    let known = unsafe { libc::mincore(address, HUGE, pages.as_mut_ptr().cast()) } == 0;
    known && pages.iter().filter(|&&page| page & 1 == 1).count() >= ENOUGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_v8_asks_for_is_moved() {
        let wish = std::ptr::without_provenance_mut::<c_void>(0x1234_5000_0000);
        let flags = libc::MAP_ANONYMOUS | libc::MAP_PRIVATE;
        let is = |found: Option<&'static AtomicUsize>, next: &AtomicUsize| {
            found.is_some_and(|found| std::ptr::eq(found, next))
        };
        assert!(is(area(wish, PIECE + SPARE, flags), &NEXT));
        assert!(is(area(wish, 3 * PIECE + SPARE, flags | libc::MAP_NORESERVE), &NEXT));
        assert!(is(area(wish, 9 * PIECE + SPARE, flags), &NEXT_LARGE));
        assert!(is(area(wish, HUGE + SPARE + 4096, flags), &NEXT_LARGE));
        assert!(area(std::ptr::null_mut(), PIECE + SPARE, flags).is_none());
        assert!(area(wish, PIECE, flags).is_none());
        assert!(area(wish, SPARE, flags).is_none());
        assert!(area(wish, 2 * LARGEST, flags).is_none());
        assert!(area(wish, PIECE + SPARE, flags | libc::MAP_FIXED).is_none());
        assert!(area(wish, PIECE + SPARE, libc::MAP_SHARED | libc::MAP_ANONYMOUS).is_none());
    }

    #[test]
    fn pieces_lie_side_by_side() {
        let first = next_place(&NEXT, 0x1234_5004_0000, PIECE + SPARE);
        assert_eq!(first, 0x1234_5020_0000);
        assert_eq!(next_place(&NEXT, 0x7654_3000_0000, 3 * PIECE + SPARE), first + PIECE);
        assert_eq!(next_place(&NEXT, 0x7654_3000_0000, PIECE + SPARE), first + 4 * PIECE);
    }

    #[test]
    fn large_objects_begin_where_a_huge_page_does() {
        let first = next_place(&NEXT_LARGE, 0x1234_5004_0000, HUGE + SPARE + 4096);
        assert_eq!(first, 0x1234_5020_0000);
        assert_eq!(next_place(&NEXT_LARGE, 0x7654_3000_0000, 3 * HUGE), first + 2 * HUGE);
    }
}
