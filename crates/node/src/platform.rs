//! Hiding the threads of Node's platform from V8, in a process that will be forked.
//!
//! A fork has none of these threads, but V8 does not know: it goes on to hand them parts of garbage
//! collections and compilations. The main thread does that work as well, so nothing waits for it there; but
//! the task objects pile up for good, and where Node waits for the platform's queue to be empty (Node 20
//! does, when a `worker_thread` ends) it waits for ever. `--v8-pool-size=0` does not help, as Node takes it
//! for "choose". So the platform is made to answer that it has no threads, which is what V8's own
//! single-threaded platform answers.

use hatchery_sys::symbol;
use napi_derive::napi;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

/// `vtable for node::NodePlatform`.
const TABLE: &CStr = c"_ZTVN4node12NodePlatformE";
/// `node::NodePlatform::NumberOfWorkerThreads()`.
const NUMBER: &CStr = c"_ZN4node12NodePlatform21NumberOfWorkerThreadsEv";
/// Slots looked through. The class has more virtual functions than this in every version of Node; the one
/// wanted is among the first of its base class.
const SLOTS: usize = 16;

/// Makes the platform answer that it has no threads. False: this Node is built in another way, and things
/// are as they were.
#[napi]
pub fn hide_platform_threads() -> bool {
    let (Some(table), Some(number)) = (symbol::lookup(TABLE), symbol::lookup(NUMBER)) else { return false };
    let table = table.cast::<*const c_void>();
    for index in 0..SLOTS {
        // SAFETY: within the table, which is static data of the executable, aligned like pointers.
        let slot = unsafe { table.add(index) };
        // SAFETY: as above.
        if std::ptr::eq(unsafe { slot.read() }, number.as_ptr()) {
            return replace(slot, none as *const c_void);
        }
    }
    false
}

/// Stands in for the function; it does not look at its object.
extern "C" fn none(_platform: *const c_void) -> c_int {
    0
}

/// Overwrites a slot of read-only data.
fn replace(slot: NonNull<*const c_void>, function: *const c_void) -> bool {
    // SAFETY: takes an integer.
    let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let page = slot.as_ptr().map_addr(|address| address & !(page_size - 1)).cast::<c_void>();
    // SAFETY: a page of the executable's data, mapped privately: only this process's copy becomes writable.
    if unsafe { libc::mprotect(page, page_size, libc::PROT_READ | libc::PROT_WRITE) } != 0 {
        return false;
    }
    // SAFETY: writable now. Pointers are written in one piece, and whoever calls through the slot meanwhile
    // gets the one function or the other.
    unsafe { slot.write_volatile(function) };
    // SAFETY: back to what it was. A failure leaves it writable, which harms nothing.
    unsafe { libc::mprotect(page, page_size, libc::PROT_READ) };
    true
}
