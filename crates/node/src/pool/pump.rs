//! The pool on Node's event loop: turns of the driver, and the way of their results into JavaScript. Each thread that
//! uses a pool has a pump of its own.

use super::clients::OWNER;
use super::events::Batch;
use super::guardian::Guardian;
use super::registry;
use super::shared::Shared;
use super::state::State;
use crate::callback::Callback;
use crate::error::{coded, from_system};
use crate::memory;
use crate::uv::{EventLoop, Handle};
use crate::value::{Value, array, byte_view, number, undefined};
use hatchery_core::patience::Patience;
use napi::sys;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, MutexGuard, Weak};
use std::time::{Duration, Instant};

/// How long batches are delivered in a row before the other handles of the loop get their turn.
const STRETCH: Duration = Duration::from_micros(500);
/// A batch above this many bytes of records means many tasks under way: then sleeping costs little, as a wake-up
/// brings many results.
const SMALL_BATCH: usize = 256;
/// How long a synchronous call waits before it shows itself in JavaScript again: a thread is terminated there only.
const ANSWER_WAIT: Duration = Duration::from_millis(50);
/// How long the processes of a pool are looked after whose environment has ended.
const ABANDONED: Duration = Duration::from_secs(10);

/// The handles of a started pool.
struct Handles {
    readable: Handle,
    wakeable: Handle,
    /// What `readable` watches: a descriptor of its own, so that it stays open for as long.
    epoll: OwnedFd,
}

/// One JavaScript thread's side.
pub(super) struct Pump {
    env: napi::Env,
    shared: Arc<Shared>,
    /// Which of the pool's clients this thread is.
    client: u32,
    /// The pool's number in the registry, once it has one; the owner's pump takes it out of there.
    number: Cell<Option<u32>>,
    handles: RefCell<Option<Handles>>,
    callback: RefCell<Option<Rc<Callback>>>,
    guardian: RefCell<Option<Guardian>>,
    cleanup: Cell<sys::napi_async_cleanup_hook_handle>,
    closing: Cell<bool>,
    /// The pool keeps the event loop alive: somebody waits for something.
    kept: Cell<bool>,
    /// `readable` calls back.
    listens: Cell<bool>,
    patience: Patience,
    /// For synchronous calls, whose waits are other ones.
    answer_patience: Patience,
}

impl Pump {
    /// A pump for a client of `shared`, which has not been started.
    pub(super) fn new(env: napi::Env, shared: Arc<Shared>, client: u32) -> Rc<Pump> {
        Rc::new(Pump {
            env,
            shared,
            client,
            number: Cell::new(None),
            handles: RefCell::new(None),
            callback: RefCell::new(None),
            guardian: RefCell::new(None),
            cleanup: Cell::new(ptr::null_mut()),
            closing: Cell::new(false),
            kept: Cell::new(false),
            listens: Cell::new(false),
            patience: Patience::default(),
            answer_patience: Patience::default(),
        })
    }

    /// The state, locked.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    /// Changes the state and sees to it that everybody is soon told what comes of it. Not now, in this thread: it is in
    /// the middle of a call of its own.
    pub(super) fn change<Outcome>(&self, change: impl FnOnce(&mut State) -> Outcome) -> Outcome {
        let mut state = self.lock();
        let logging = state.logging();
        let outcome = change(&mut state);
        drop(logging);
        state.tell(None);
        outcome
    }

    /// For what outlives the pump.
    pub(super) fn shared(&self) -> Weak<Shared> {
        Arc::downgrade(&self.shared)
    }

    /// Which of the pool's clients this thread is.
    pub(super) fn client(&self) -> u32 {
        self.client
    }

    /// This pool's number, for other threads to attach to it.
    pub(super) fn number(&self) -> u32 {
        let number = self.number.get().unwrap_or_else(|| registry::enter(&self.shared));
        self.number.set(Some(number));
        number
    }

    /// This thread attached to the pool by this number.
    pub(super) fn set_number(&self, number: u32) {
        self.number.set(Some(number));
    }

    /// Follows `epoll`, a descriptor of the driver's, from now on. The state holds the driver already.
    pub(super) fn start(self: &Rc<Pump>, epoll: OwnedFd, callback: Callback) -> napi::Result<()> {
        let event_loop = EventLoop::of(self.env)?;
        let pump = Rc::clone(self);
        let wakeable = Handle::wakeable(event_loop, move || pump.on_woken())?;
        let pump = Rc::clone(self);
        let readable = match Handle::poll(event_loop, epoll.as_fd(), move || pump.on_readable()) {
            Ok(readable) => readable,
            Err(error) => {
                wakeable.close(|| ());
                return Err(error);
            }
        };
        *self.callback.borrow_mut() = Some(Rc::new(callback));
        if self.client == OWNER {
            *self.guardian.borrow_mut() = Guardian::start(&self.shared, epoll.as_fd()).ok();
        }
        self.shared.follow(self.client, wakeable.sender());
        *self.handles.borrow_mut() = Some(Handles { readable, wakeable, epoll });
        // From its making on.
        self.listens.set(true);
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
        self.kept.set(keep);
        // Whatever wakes one thread that listens wakes all, so each listens only while it waits for something. The owner
        // looks after an idle pool.
        if keep || self.client != OWNER {
            self.listen(keep);
        }
    }

    /// Whether this thread turns when there is something to turn for. If it cannot be told to, it is woken by others.
    fn listen(&self, on: bool) {
        // To begin what has begun already costs a system call.
        if on == self.listens.get() {
            return;
        }
        if let Some(handles) = &*self.handles.borrow() {
            self.listens.set(handles.readable.listen(on).is_ok() == on);
        }
    }

    fn on_readable(self: &Rc<Pump>) {
        let told = self.deliver();
        // Other threads turn for themselves. When none does, the guardian sees it.
        if !told && !self.kept.get() && self.guardian.borrow().is_some() && self.lock().is_shared() {
            self.listen(false);
        }
    }

    fn on_woken(self: &Rc<Pump>) {
        let told = self.deliver();
        if self.client == OWNER && (!told || !self.lock().is_shared()) {
            self.listen(true);
        }
    }

    /// Waits for the answer to this thread's synchronous call, but not for ever, since nothing else can end a thread
    /// that is in here: the kind of the answer, if it is there.
    pub(super) fn wait_for_answer(&self, limit: Option<Duration>) -> napi::Result<Option<u32>> {
        let handles = self.handles.borrow();
        let bell = self.lock().bell(self.client);
        let (Some(handles), Some(bell)) = (&*handles, bell) else {
            return Err(coded("ERR_HATCHERY_POOL_CLOSED", "the pool is closed"));
        };
        let end = Instant::now() + limit.map_or(ANSWER_WAIT, |limit| limit.min(ANSWER_WAIT));
        let (epoll, patience) = (handles.epoll.as_fd(), &self.answer_patience);
        self.shared.wait_for_answer(self.client, epoll, &bell, patience, end).map_err(from_system)
    }

    /// Turns, and hands the results over, until nothing is left or others must have their turn. Whether there were any.
    fn deliver(self: &Rc<Pump>) -> bool {
        let start = Instant::now();
        let mut told = false;
        self.patience.wake(start);
        let unfinished = loop {
            if self.closing.get() {
                return told;
            }
            let (more, batch, finished) = {
                let mut state = self.lock();
                if self.client == OWNER {
                    state.host_answers();
                }
                let more = self.shared.turn(&mut state);
                let batch = state.take_batch(self.client);
                state.tell(Some(self.client));
                (more || state.has_events(self.client), batch, state.is_finished(self.client))
            };
            let length = batch.as_ref().map_or(0, |batch| batch.length);
            if let Some(batch) = batch {
                told = true;
                self.call(batch);
            }
            if finished {
                self.end();
                return told;
            }
            let go_on = more || (length > 0 && self.stay_awake(length));
            if !go_on {
                self.patience.sleep(length <= SMALL_BATCH);
                return told;
            }
            if start.elapsed() >= STRETCH {
                break more;
            }
        };
        // What it waited for awake has come and is not looked at yet. Until it is, others must be able to see it: JavaScript
        // may be busy for long.
        let mut state = self.lock();
        state.look_away();
        // What comes from a worker is to be seen by the descriptor that this thread listens to. Anything else is not.
        if unfinished || state.is_shared() {
            state.wake(self.client);
        }
        told
    }

    /// Where tasks come one by one and are short, waits for the next result without going to sleep.
    fn stay_awake(&self, length: usize) -> bool {
        length <= SMALL_BATCH
            && self.patience.expects_little()
            && self.shared.wait_awake(self.client, &self.patience)
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

    /// This is over, and JavaScript knows: lets go of everything.
    fn end(self: &Rc<Pump>) {
        if self.closing.replace(true) {
            return;
        }
        self.let_go();
        if self.client == OWNER {
            drop(self.lock().take_closed());
        } else {
            self.lock().detach(self.client);
        }
        self.close_handles();
    }

    /// The environment ends. Under a pool that is not closed its owner's end is the pool's: its workers are killed, and
    /// a thread looks after their ends, since this process may live on (the environment of a worker_thread). Any
    /// other thread just leaves.
    fn abandon(self: &Rc<Pump>) {
        if self.closing.replace(true) {
            return;
        }
        self.let_go();
        if self.client == OWNER {
            let driver = self.lock().abandon();
            if let Some(driver) = driver {
                super::abandoned::look_after(driver, ABANDONED);
            }
        } else {
            self.lock().detach(self.client);
        }
        self.close_handles();
    }

    fn let_go(&self) {
        self.shared.unfollow(self.client);
        *self.guardian.borrow_mut() = None;
        self.callback.borrow_mut().take();
        if self.client == OWNER
            && let Some(number) = self.number.take()
        {
            registry::leave(number);
        }
    }

    /// Closes the handles and, when libuv has let go of both, removes the cleanup hook. The client is gone, so nobody
    /// wakes this thread any more.
    fn close_handles(self: &Rc<Pump>) {
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

impl Drop for Pump {
    fn drop(&mut self) {
        // One that was never started.
        if !self.closing.get() && self.client != OWNER {
            self.lock().detach(self.client);
        }
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
