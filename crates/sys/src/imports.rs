//! The table by which the executable calls functions of its libraries, and putting another function into it.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

/// What to look for, and what came of it.
struct Search<'a> {
    name: &'a CStr,
    replacement: *const c_void,
    replaced: usize,
}

/// Makes the executable of this process call `replacement` where it calls `name`, and returns at how many places.
/// Libraries go on calling the original. None where the executable's format is another one.
///
/// # Safety
/// `replacement` must be a function of the same signature that does what callers rely on, for as long as the process
/// lives.
pub(crate) unsafe fn redirect(name: &CStr, replacement: *const c_void) -> usize {
    let mut search = Search { name, replacement, replaced: 0 };
    // SAFETY: the callback gets the search, which outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
    search.replaced
}

/// Called for each loaded object; the executable is the first, and the only one looked at.
unsafe extern "C" fn visit(object: *mut libc::dl_phdr_info, _size: usize, search: *mut c_void) -> c_int {
    // SAFETY: the loader passes a valid description, and `redirect` its search.
    let (object, search) = unsafe { (&*object, &mut *search.cast::<Search<'_>>()) };
    // SAFETY: the description is of an object of this process, which stays loaded: it is the executable.
    unsafe { elf::redirect(object, search) };
    1
}

#[cfg(target_pointer_width = "64")]
mod elf {
    use super::{CStr, NonNull, Search, c_void};
    use std::sync::atomic::{AtomicPtr, Ordering};

    /// Tags of the dynamic section.
    const JUMP_RELOCATIONS: i64 = 23;
    const JUMP_RELOCATIONS_SIZE: i64 = 2;
    const RELOCATIONS: i64 = 7;
    const RELOCATIONS_SIZE: i64 = 8;
    const STRINGS: i64 = 5;
    const SYMBOLS: i64 = 6;
    /// Kinds of relocations that are entries of the table.
    const ENTRIES: [u32; 2] = if cfg!(target_arch = "aarch64") { [1025, 1026] } else { [6, 7] };

    /// An entry of the dynamic section.
    #[repr(C)]
    struct Dynamic {
        tag: i64,
        value: u64,
    }

    /// A relocation.
    #[repr(C)]
    struct Relocation {
        offset: u64,
        info: u64,
        addend: i64,
    }

    /// # Safety
    /// `object` describes an object of this process that stays loaded.
    pub(super) unsafe fn redirect(object: &libc::dl_phdr_info, search: &mut Search<'_>) {
        if !(cfg!(target_arch = "x86_64") || cfg!(target_arch = "aarch64")) {
            return;
        }
        let base = object.dlpi_addr;
        let count = usize::from(object.dlpi_phnum);
        // SAFETY: the loader's own array of so many headers.
        let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, count) };
        let Some(dynamic) = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC) else { return };
        let read_only = headers.iter().find(|header| header.p_type == libc::PT_GNU_RELRO);
        let read_only = read_only.map_or(0..0, |header| {
            let start = base + header.p_vaddr;
            // As the loader does: a page that holds other data as well stays writable.
            // SAFETY: takes an integer.
            let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
            start..(start + header.p_memsz) & !(page_size - 1)
        });
        let entries = address(base + dynamic.p_vaddr).cast::<Dynamic>();
        let tag = |wanted: i64| {
            // The end is marked by a tag of 0.
            for index in 0.. {
                // SAFETY: within the section, which ends with that mark.
                let entry = unsafe { &*entries.add(index) };
                match entry.tag {
                    0 => return None,
                    tag if tag == wanted => return Some(entry.value),
                    _ => {}
                }
            }
            None
        };
        // glibc has made addresses of the offsets, musl has not.
        let place = |wanted| tag(wanted).map(|value| if value < base { base + value } else { value });
        let (Some(strings), Some(symbols)) = (place(STRINGS), place(SYMBOLS)) else { return };
        for (table, size) in [(JUMP_RELOCATIONS, JUMP_RELOCATIONS_SIZE), (RELOCATIONS, RELOCATIONS_SIZE)] {
            let (Some(table), Some(size)) = (place(table), tag(size)) else { continue };
            let length = size as usize / size_of::<Relocation>();
            // SAFETY: the table that the loader itself has worked through.
            let table = unsafe { std::slice::from_raw_parts(address(table).cast::<Relocation>(), length) };
            for relocation in table.iter().filter(|one| ENTRIES.contains(&(one.info as u32))) {
                let symbol = address(symbols).cast::<libc::Elf64_Sym>();
                // SAFETY: the loader's table of symbols, which has the index of every relocation.
                let symbol = unsafe { &*symbol.add((relocation.info >> 32) as usize) };
                // SAFETY: the loader's table of strings, each ended by a zero.
                let name = unsafe { CStr::from_ptr(address(strings + u64::from(symbol.st_name)).cast()) };
                let slot = base + relocation.offset;
                if name == search.name && replace(slot, search.replacement, read_only.contains(&slot)) {
                    search.replaced += 1;
                }
            }
        }
    }

    /// Overwrites an entry.
    fn replace(slot: u64, function: *const c_void, read_only: bool) -> bool {
        // SAFETY: takes an integer.
        let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
        let page = address(slot & !(page_size - 1)).cast_mut().cast::<c_void>();
        // SAFETY: a page of the executable's data, mapped privately: only this process's copy becomes writable.
        let protect = |protection| unsafe { libc::mprotect(page, page_size as usize, protection) } == 0;
        if read_only && !protect(libc::PROT_READ | libc::PROT_WRITE) {
            return false;
        }
        let Some(slot) = NonNull::new(address(slot).cast_mut()) else { return false };
        // SAFETY: an aligned entry, writable now. Whoever calls through it meanwhile gets the one or the other.
        unsafe { AtomicPtr::from_ptr(slot.as_ptr().cast()) }.store(function.cast_mut(), Ordering::Release);
        if read_only {
            // A failure leaves it writable, which harms nothing.
            protect(libc::PROT_READ);
        }
        true
    }

    fn address(value: u64) -> *const u8 {
        std::ptr::with_exposed_provenance(value as usize)
    }
}

#[cfg(not(target_pointer_width = "64"))]
mod elf {
    pub(super) unsafe fn redirect(_object: &libc::dl_phdr_info, _search: &mut super::Search<'_>) {}
}
