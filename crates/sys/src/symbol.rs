//! Functions that another part of the process exports.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

/// Address of the global symbol `name`, if this process has it. Calling it is the caller's proof.
pub fn lookup(name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: RTLD_DEFAULT is a valid handle and `name` is a terminated string that outlives the call.
    NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
}

#[cfg(test)]
mod tests {
    #[test]
    fn finds_what_exists() {
        assert!(super::lookup(c"malloc").is_some());
        assert!(super::lookup(c"hatchery_no_such_symbol").is_none());
    }
}
