//! Memory that Rust and JavaScript both see, as an external `ArrayBuffer`.

use crate::value::{Value, check};
use napi::sys;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// A page, for its size and alignment.
#[repr(C, align(4096))]
struct Page([u8; 4096]);

/// A zeroed block on the heap. JavaScript and Rust use it in turns, by protocol: see [`Region::slice`].
pub(crate) struct Region {
    pointer: NonNull<u8>,
    layout: Layout,
}

// SAFETY: plain memory; who may use it when is the contract of `slice`.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// `pages` pages of 4 KiB.
    pub(crate) fn new(pages: usize) -> Arc<Region> {
        let Ok(layout) = Layout::array::<Page>(pages.max(1)) else { panic!("{pages} pages are no region") };
        // SAFETY: at least one page, so the size is not zero.
        let Some(pointer) = NonNull::new(unsafe { alloc_zeroed(layout) }) else { handle_alloc_error(layout) };
        Arc::new(Region { pointer, layout })
    }

    /// Length in bytes.
    pub(crate) fn length(&self) -> usize {
        self.layout.size()
    }

    /// `length` bytes from `offset`; none if they are not within the region.
    ///
    /// # Safety
    /// For the lifetime of the slice the caller is the only user in Rust, and JavaScript, by protocol, leaves
    /// the range alone (it runs on this thread, or it was told that the other buffer is its own).
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn slice(&self, offset: usize, length: usize) -> Option<&mut [u8]> {
        let end = offset.checked_add(length)?;
        if end > self.layout.size() {
            return None;
        }
        // SAFETY: within the allocation, initialized (zeroed), and exclusive by the contract above.
        Some(unsafe { std::slice::from_raw_parts_mut(self.pointer.as_ptr().add(offset), length) })
    }

    /// An `ArrayBuffer` over all of it, which keeps it alive. Make one per region: V8 wants one backing store
    /// for one piece of memory.
    pub(crate) fn array_buffer(self: &Arc<Region>, env: sys::napi_env) -> napi::Result<Value> {
        external(env, self.pointer, self.layout.size(), Arc::clone(self))
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout; every user held the Arc.
        unsafe { dealloc(self.pointer.as_ptr(), self.layout) };
    }
}

/// An external `ArrayBuffer` that drops `owner` when it is collected.
pub(crate) fn external<Owner: 'static>(
    env: sys::napi_env,
    pointer: NonNull<u8>,
    length: usize,
    owner: Owner,
) -> napi::Result<Value> {
    let hint = Box::into_raw(Box::new(owner));
    let mut value = ptr::null_mut();
    // SAFETY: `owner` keeps the memory alive until the finalizer drops it.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(
            env,
            pointer.as_ptr().cast(),
            length,
            Some(finalize::<Owner>),
            hint.cast(),
            &mut value,
        )
    };
    if status != sys::Status::napi_ok {
        // SAFETY: Node has not taken it.
        drop(unsafe { Box::from_raw(hint) });
    }
    check("napi_create_external_arraybuffer", status)?;
    Ok(Value(value))
}

/// Bytes of a vector as an `ArrayBuffer`, without a copy.
pub(crate) fn from_vector(env: sys::napi_env, mut bytes: Vec<u8>) -> napi::Result<Value> {
    match NonNull::new(bytes.as_mut_ptr()) {
        Some(pointer) if !bytes.is_empty() => external(env, pointer, bytes.len(), bytes),
        _ => crate::value::array_buffer(env, 0, |_| Ok(())),
    }
}

unsafe extern "C" fn finalize<Owner>(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: the box of `external`; Node calls a finalizer once.
    drop(unsafe { Box::from_raw(hint.cast::<Owner>()) });
}
