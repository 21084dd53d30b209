//! Memory that Rust and JavaScript both see, as an external `ArrayBuffer`.

use crate::value::{Value, check};
use hatchery_sys::Mapping;
use napi::sys;
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::Arc;

const PAGE: usize = 4096;

/// A zeroed block. JavaScript and Rust use it in turns, by protocol: see [`Region::slice`].
///
/// Not of the heap: there the blocks of one pool would come to lie between small things that stay, and pools that come
/// and go would make the heap grow.
pub(crate) struct Region {
    memory: Mapping,
}

impl Region {
    /// `pages` pages of 4 KiB.
    ///
    /// # Errors
    /// The errno of `mmap`, such as `ENOMEM`.
    pub(crate) fn new(pages: usize) -> hatchery_sys::Result<Arc<Region>> {
        Ok(Arc::new(Region { memory: Mapping::anonymous(pages.max(1) * PAGE)? }))
    }

    /// Length in bytes.
    pub(crate) fn length(&self) -> usize {
        self.memory.length()
    }

    /// `length` bytes from `offset`; none if they are not within the region.
    ///
    /// # Safety
    /// For the lifetime of the slice the caller is the only user in Rust, and JavaScript, by protocol, leaves
    /// the range alone (it runs on this thread, or it was told that the other buffer is its own).
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn slice(&self, offset: usize, length: usize) -> Option<&mut [u8]> {
        let end = offset.checked_add(length)?;
        if end > self.memory.length() {
            return None;
        }
        // SAFETY: within the mapping, initialized (zeroed), and exclusive by the contract above.
        Some(unsafe { std::slice::from_raw_parts_mut(self.memory.pointer().as_ptr().add(offset), length) })
    }

    /// An `ArrayBuffer` over all of it, which keeps it alive. Make one per region: V8 wants one backing store
    /// for one piece of memory.
    pub(crate) fn array_buffer(self: &Arc<Region>, env: sys::napi_env) -> napi::Result<Value> {
        external(env, self.memory.pointer(), self.memory.length(), Arc::clone(self))
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
