//! The few functions of libuv that Node-API has no counterpart for. The node executable exports them.
//!
//! A [`Handle`] belongs to the thread of its event loop. Its memory is ours, is given to libuv by `init` and
//! comes back with the close callback; between the two libuv may use it at any time.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;

/// `uv_handle_type`; the numbers are part of libuv's ABI since 1.0.
const UV_ASYNC: c_int = 1;
const UV_POLL: c_int = 8;
/// `uv_poll_event`.
const UV_READABLE: c_int = 1;

/// `uv_loop_t`.
#[repr(C)]
pub(crate) struct RawLoop {
    opaque: [u8; 0],
}

/// Any of libuv's handles.
#[repr(C)]
struct RawHandle {
    opaque: [u8; 0],
}

unsafe extern "C" {
    fn uv_handle_size(kind: c_int) -> usize;
    fn uv_handle_set_data(handle: *mut RawHandle, data: *mut c_void);
    fn uv_handle_get_data(handle: *const RawHandle) -> *mut c_void;
    fn uv_poll_init(event_loop: *mut RawLoop, handle: *mut RawHandle, descriptor: c_int) -> c_int;
    fn uv_poll_start(
        handle: *mut RawHandle,
        events: c_int,
        callback: unsafe extern "C" fn(*mut RawHandle, c_int, c_int),
    ) -> c_int;
    fn uv_poll_stop(handle: *mut RawHandle) -> c_int;
    fn uv_async_init(
        event_loop: *mut RawLoop,
        handle: *mut RawHandle,
        callback: unsafe extern "C" fn(*mut RawHandle),
    ) -> c_int;
    fn uv_async_send(handle: *mut RawHandle) -> c_int;
    fn uv_close(handle: *mut RawHandle, callback: unsafe extern "C" fn(*mut RawHandle));
    fn uv_ref(handle: *mut RawHandle);
    fn uv_unref(handle: *mut RawHandle);
    fn uv_loop_fork(event_loop: *mut RawLoop) -> c_int;
}

/// Node's event loop of the current thread.
#[derive(Clone, Copy)]
pub(crate) struct EventLoop {
    raw: NonNull<RawLoop>,
}

/// What a handle's `data` points to.
struct Attached {
    callback: Box<dyn Fn()>,
    closed: Option<Box<dyn FnOnce()>>,
    layout: Layout,
}

/// A handle that calls a closure; not closing it leaks it, which is right for handles that live as long as
/// their process.
pub(crate) struct Handle {
    raw: NonNull<RawHandle>,
    /// Handles stay on their thread.
    not_send: PhantomData<*mut ()>,
}

/// Wakes the event loop of an async handle from any thread.
#[derive(Clone, Copy)]
pub(crate) struct Sender {
    raw: NonNull<RawHandle>,
}

// SAFETY: uv_async_send is the one function that libuv allows on any thread.
unsafe impl Send for Sender {}

impl EventLoop {
    /// The loop of `env`.
    pub(crate) fn of(env: napi::Env) -> napi::Result<EventLoop> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: a valid env and a place for the answer.
        let status = unsafe { napi::sys::napi_get_uv_event_loop(env.raw(), &mut raw) };
        if status != napi::sys::Status::napi_ok {
            return Err(crate::error::coded("ERR_HATCHERY_SYSTEM", "this Node has no event loop"));
        }
        let raw = NonNull::new(raw.cast()).ok_or_else(|| crate::error::invalid("no event loop"))?;
        Ok(EventLoop { raw })
    }

    /// Makes the loop usable in a forked child; nothing may touch it before.
    pub(crate) fn fork(self) -> napi::Result<()> {
        // SAFETY: called in a forked child, on the thread of the loop.
        check("uv_loop_fork", unsafe { uv_loop_fork(self.raw.as_ptr()) })
    }
}

impl Handle {
    /// Calls `callback` whenever `descriptor` is readable. It must stay open until the handle is closed.
    pub(crate) fn poll(
        event_loop: EventLoop,
        descriptor: BorrowedFd<'_>,
        callback: impl Fn() + 'static,
    ) -> napi::Result<Handle> {
        let handle = Handle::of_descriptor(event_loop, descriptor, callback)?;
        handle.listen(true)?;
        Ok(handle)
    }

    /// As [`poll`](Handle::poll), once it [listens](Handle::listen).
    pub(crate) fn of_descriptor(
        event_loop: EventLoop,
        descriptor: BorrowedFd<'_>,
        callback: impl Fn() + 'static,
    ) -> napi::Result<Handle> {
        let handle = Handle::allocate(UV_POLL, Box::new(callback));
        let raw = handle.raw.as_ptr();
        // SAFETY: memory of the size libuv asks for, on the thread of the loop.
        let status = unsafe { uv_poll_init(event_loop.raw.as_ptr(), raw, descriptor.as_raw_fd()) };
        if let Err(error) = check("uv_poll_init", status) {
            handle.free();
            return Err(error);
        }
        Ok(handle)
    }

    /// For a poll handle: whether it calls back. One that does not keeps no event loop alive.
    pub(crate) fn listen(&self, on: bool) -> napi::Result<()> {
        let raw = self.raw.as_ptr();
        if on {
            // SAFETY: an initialized poll handle that is not closed (close takes it), on its thread.
            check("uv_poll_start", unsafe { uv_poll_start(raw, UV_READABLE, on_poll) })
        } else {
            // SAFETY: as above.
            check("uv_poll_stop", unsafe { uv_poll_stop(raw) })
        }
    }

    /// Calls `callback` soon after a [`Sender`] of this handle has sent; several sends may be one call.
    pub(crate) fn wakeable(event_loop: EventLoop, callback: impl Fn() + 'static) -> napi::Result<Handle> {
        let handle = Handle::allocate(UV_ASYNC, Box::new(callback));
        // SAFETY: memory of the size libuv asks for, on the thread of the loop.
        let status = unsafe { uv_async_init(event_loop.raw.as_ptr(), handle.raw.as_ptr(), on_async) };
        if let Err(error) = check("uv_async_init", status) {
            handle.free();
            return Err(error);
        }
        Ok(handle)
    }

    /// For an async handle: its sender. It must not be used any more once the handle is being closed.
    pub(crate) fn sender(&self) -> Sender {
        Sender { raw: self.raw }
    }

    /// Keeps the event loop alive, or does not.
    pub(crate) fn keep_alive(&self, keep: bool) {
        // SAFETY: an initialized handle that is not closed (close takes it), on its thread.
        unsafe { if keep { uv_ref(self.raw.as_ptr()) } else { uv_unref(self.raw.as_ptr()) } }
    }

    /// Closes the handle; `closed` is called from the event loop when libuv has let go of it.
    pub(crate) fn close(self, closed: impl FnOnce() + 'static) {
        // SAFETY: `data` is the Attached of `allocate`, and no callback of this handle is borrowing it mutably.
        unsafe { (*attached(self.raw.as_ptr())).closed = Some(Box::new(closed)) };
        // SAFETY: initialized, closed only here (self is consumed), on its thread.
        unsafe { uv_close(self.raw.as_ptr(), on_closed) };
    }

    fn allocate(kind: c_int, callback: Box<dyn Fn()>) -> Handle {
        // SAFETY: takes an integer.
        let size = unsafe { uv_handle_size(kind) };
        // No libuv handle needs more than the alignment of malloc.
        let layout = Layout::from_size_align(size, 16).unwrap_or(Layout::new::<[u128; 64]>());
        // SAFETY: the size is not zero: libuv knows these kinds.
        let Some(raw) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
            std::alloc::handle_alloc_error(layout)
        };
        let raw = raw.cast::<RawHandle>();
        let data = Box::into_raw(Box::new(Attached { callback, closed: None, layout }));
        // SAFETY: writes the handle's first field; the memory is ours.
        unsafe { uv_handle_set_data(raw.as_ptr(), data.cast()) };
        Handle { raw, not_send: PhantomData }
    }

    /// Gives back what `allocate` took, for a handle that libuv has refused.
    fn free(self) {
        // SAFETY: libuv does not know the handle.
        drop(unsafe { release(self.raw.as_ptr()) });
    }
}

impl Sender {
    /// Wakes the loop.
    pub(crate) fn send(&self) {
        // SAFETY: thread-safe, and the handle is open by the contract of `Handle::sender`. The only error is
        // a handle of the wrong kind.
        unsafe { uv_async_send(self.raw.as_ptr()) };
    }
}

/// # Safety
/// `handle` comes from `Handle::allocate` and has not been released.
unsafe fn attached(handle: *mut RawHandle) -> *mut Attached {
    // SAFETY: reads the field that `allocate` has set.
    unsafe { uv_handle_get_data(handle) }.cast()
}

/// Frees the handle and returns what was attached.
///
/// # Safety
/// `handle` comes from `Handle::allocate`, and libuv does not use it any more.
unsafe fn release(handle: *mut RawHandle) -> Box<Attached> {
    // SAFETY: the box that `allocate` leaked; nobody takes it a second time.
    let attached = unsafe { Box::from_raw(attached(handle)) };
    // SAFETY: allocated with this very layout.
    unsafe { dealloc(handle.cast(), attached.layout) };
    attached
}

unsafe extern "C" fn on_poll(handle: *mut RawHandle, _status: c_int, _events: c_int) {
    // SAFETY: libuv calls back with a live handle of ours. The closure may close the handle: that only marks
    // it, the Attached lives until `on_closed`.
    unsafe { ((*attached(handle)).callback)() }
}

unsafe extern "C" fn on_async(handle: *mut RawHandle) {
    // SAFETY: as above.
    unsafe { ((*attached(handle)).callback)() }
}

unsafe extern "C" fn on_closed(handle: *mut RawHandle) {
    // SAFETY: after its close callback libuv does not touch the handle.
    let attached = unsafe { release(handle) };
    if let Some(closed) = attached.closed {
        closed();
    }
}

fn check(operation: &'static str, status: c_int) -> napi::Result<()> {
    if status >= 0 {
        return Ok(());
    }
    // libuv's errors are negated errno values on Linux.
    Err(crate::error::from_system(hatchery_sys::Error::new(operation, -status)))
}
