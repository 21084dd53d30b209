//! The pool on Node's event loop: turns of the driver, and the way of their results into JavaScript.

use super::events::Batch;
use super::guardian::Guardian;
use super::segments::Released;
use super::state::State;
use crate::callback::Callback;
use crate::memory;
use crate::uv::{EventLoop, Handle, Sender};
use crate::value::{Value, array, byte_view, number, undefined};
use hatchery_core::patience::Patience;
use napi::sys;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How long batches are delivered in a row before the other handles of the loop get their turn.
const STRETCH: Duration = Duration::from_micros(500);
/// A batch above this many bytes of records means many tasks under way: then sleeping costs little, as a wake-up
/// brings many results.
const SMALL_BATCH: usize = 256;
/// How long the processes of a pool are looked after whose environment has ended.
const ABANDONED: Duration = Duration::from_secs(10);

/// What the JavaScript thread and the guardian share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Turns made by the JavaScript thread: how the guardian sees that it is alive.
    turns: AtomicU64,
    released: Released,
    /// Wakes the JavaScript thread; none once the handle is closing.
    sender: Mutex<Option<Sender>>,
}

impl Shared {
    /// The state. A panic while it was locked has left it as consistent as any error does.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, unless somebody else has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, State>> {
        self.state.try_lock().ok()
    }

    /// Segments that JavaScript has let go of.
    pub(super) fn released(&self) -> &Released {
        &self.released
    }

    /// Turns so far.
    pub(super) fn turns(&self) -> u64 {
        // Relaxed: compared over milliseconds, guards nothing.
        self.turns.load(Ordering::Relaxed)
    }

    /// Makes the JavaScript thread turn soon.
    pub(super) fn wake(&self) {
        if let Some(sender) = &*self.sender.lock().unwrap_or_else(PoisonError::into_inner) {
            sender.send();
        }
    }
}

/// The handles of a started pool.
struct Handles {
    readable: Handle,
    wakeable: Handle,
    /// What `readable` watches: a descriptor of its own, so that it stays open for as long.
    epoll: OwnedFd,
}

/// The JavaScript thread's side.
pub(super) struct Pump {
    env: napi::Env,
    shared: Arc<Shared>,
    handles: RefCell<Option<Handles>>,
    callback: RefCell<Option<Rc<Callback>>>,
    guardian: RefCell<Option<Guardian>>,
    cleanup: Cell<sys::napi_async_cleanup_hook_handle>,
    closing: Cell<bool>,
    patience: Patience,
}

impl Pump {
    /// A pump of a pool that has not been started.
    pub(super) fn new(env: napi::Env, state: State) -> Rc<Pump> {
        Rc::new(Pump {
            env,
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                turns: AtomicU64::new(0),
                released: Released::default(),
                sender: Mutex::new(None),
            }),
            handles: RefCell::new(None),
            callback: RefCell::new(None),
            guardian: RefCell::new(None),
            cleanup: Cell::new(ptr::null_mut()),
            closing: Cell::new(false),
            patience: Patience::default(),
        })
    }

    /// For what outlives the pump.
    pub(super) fn shared(&self) -> Weak<Shared> {
        Arc::downgrade(&self.shared)
    }

    /// The state, locked.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    /// Follows `epoll`, a descriptor of the driver's, from now on. The state holds the driver already.
    pub(super) fn start(self: &Rc<Pump>, epoll: OwnedFd, callback: Callback) -> napi::Result<()> {
        let event_loop = EventLoop::of(self.env)?;
        let pump = Rc::clone(self);
        let wakeable = Handle::wakeable(event_loop, move || pump.deliver())?;
        let pump = Rc::clone(self);
        let readable = match Handle::poll(event_loop, epoll.as_fd(), move || pump.deliver()) {
            Ok(readable) => readable,
            Err(error) => {
                wakeable.close(|| ());
                return Err(error);
            }
        };
        *self.shared.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(wakeable.sender());
        *self.callback.borrow_mut() = Some(Rc::new(callback));
        *self.guardian.borrow_mut() = Guardian::start(&self.shared, epoll.as_fd()).ok();
        *self.handles.borrow_mut() = Some(Handles { readable, wakeable, epoll });
        self.keep_alive(false);
        self.add_cleanup_hook()
    }

    /// Whether this pool keeps the event loop alive.
    pub(super) fn keep_alive(&self, keep: bool) {
        if let Some(handles) = &*self.handles.borrow() {
            // One of the two is enough.
            handles.wakeable.keep_alive(false);
            handles.readable.keep_alive(keep);
        }
    }

    /// Tells JavaScript soon what a call of its own has settled. Not now: it is in the middle of that call.
    pub(super) fn deliver_later(&self) {
        self.shared.wake();
    }

    /// Turns, and hands the results over, until nothing is left or others must have their turn.
    fn deliver(self: &Rc<Pump>) {
        let start = Instant::now();
        self.patience.wake(start);
        loop {
            if self.closing.get() {
                return;
            }
            let (more, batch, finished) = {
                let mut state = self.lock();
                // Relaxed: see `Shared::turns`.
                self.shared.turns.fetch_add(1, Ordering::Relaxed);
                state.let_go_of_segments(self.shared.released.take());
                let more = state.turn();
                let batch = state.take_batch();
                (more || state.has_events(), batch, state.is_finished())
            };
            let length = batch.as_ref().map_or(0, |batch| batch.length);
            if let Some(batch) = batch {
                self.call(batch);
            }
            if finished {
                self.end();
                return;
            }
            let go_on = more || (length > 0 && self.stay_awake(length));
            if !go_on {
                self.patience.sleep(length > 0 && length <= SMALL_BATCH);
                return;
            }
            if start.elapsed() >= STRETCH {
                break;
            }
        }
        self.shared.wake();
    }

    /// Where tasks come one by one and are short, waits for the next result without going to sleep.
    fn stay_awake(&self, length: usize) -> bool {
        length <= SMALL_BATCH && self.patience.expects_little() && self.lock().wait_awake(&self.patience)
    }

    fn call(&self, batch: Batch) {
        let Some(callback) = self.callback.borrow().clone() else { return };
        callback.call(move |env| {
            let Batch { buffer, length, large } = batch;
            Ok([number(env, buffer)?, number(env, length as u32)?, large_values(env, large)?])
        });
    }

    fn add_cleanup_hook(self: &Rc<Pump>) -> napi::Result<()> {
        let mut handle = ptr::null_mut();
        let argument = Rc::into_raw(Rc::clone(self));
        // SAFETY: a valid env; the argument stays alive until the hook is removed, in `close_handles`.
        let status = unsafe {
            sys::napi_add_async_cleanup_hook(
                self.env.raw(),
                Some(on_environment_end),
                argument.cast_mut().cast(),
                &mut handle,
            )
        };
        crate::value::check("napi_add_async_cleanup_hook", status)?;
        self.cleanup.set(handle);
        Ok(())
    }

    /// The pool is closed and JavaScript knows: lets go of everything.
    fn end(self: &Rc<Pump>) {
        if self.closing.replace(true) {
            return;
        }
        *self.guardian.borrow_mut() = None;
        self.callback.borrow_mut().take();
        drop(self.lock().take_driver());
        self.close_handles();
    }

    /// The environment ends under a pool that is not closed: its workers are killed, and a thread looks after
    /// their ends, since this process may live on (the environment of a worker_thread).
    fn abandon(self: &Rc<Pump>) {
        if self.closing.replace(true) {
            return;
        }
        *self.guardian.borrow_mut() = None;
        self.callback.borrow_mut().take();
        let driver = self.lock().take_driver();
        if let Some(driver) = driver {
            super::abandoned::look_after(driver, ABANDONED);
        }
        self.close_handles();
    }

    /// Closes the handles and, when libuv has let go of both, removes the cleanup hook.
    fn close_handles(self: &Rc<Pump>) {
        *self.shared.sender.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let Some(Handles { readable, wakeable, epoll }) = self.handles.borrow_mut().take() else { return };
        let pump = Rc::clone(self);
        readable.close(move || {
            drop(epoll);
            wakeable.close(move || pump.remove_cleanup_hook());
        });
    }

    fn remove_cleanup_hook(self: Rc<Pump>) {
        let handle = self.cleanup.replace(ptr::null_mut());
        if handle.is_null() {
            return;
        }
        // SAFETY: added by `add_cleanup_hook`, removed once: the handle has just been taken.
        unsafe { sys::napi_remove_async_cleanup_hook(handle) };
        // SAFETY: the count that `add_cleanup_hook` has leaked; nobody can be called with it any more.
        drop(unsafe { Rc::from_raw(Rc::as_ptr(&self)) });
    }
}

/// The payloads of a batch that lie outside of the buffer.
fn large_values(env: sys::napi_env, large: Vec<Vec<u8>>) -> napi::Result<Value> {
    if large.is_empty() {
        return undefined(env);
    }
    let mut values = Vec::with_capacity(large.len());
    for bytes in large {
        let length = bytes.len();
        values.push(byte_view(env, memory::from_vector(env, bytes)?, length)?);
    }
    array(env, &values)
}

unsafe extern "C" fn on_environment_end(_handle: sys::napi_async_cleanup_hook_handle, argument: *mut c_void) {
    let pointer = argument.cast_const().cast::<Pump>();
    // SAFETY: the pointer of `add_cleanup_hook`, whose count is still out; this takes another one of its own.
    let pump = unsafe {
        Rc::increment_strong_count(pointer);
        Rc::from_raw(pointer)
    };
    pump.abandon();
}
