//! The host's half: [`NativePool`].

mod abandoned;
mod client;
mod clients;
mod events;
mod exchange;
mod figures;
mod functions;
mod guardian;
mod launch;
mod limits;
mod log;
mod metrics;
mod observation;
mod options;
mod pump;
mod recovery;
mod registry;
mod report;
mod sandbox;
mod segments;
mod shared;
mod staging;
mod state;
mod stream;
mod synchronous;

use crate::callback::Callback;
use crate::error::{coded, from_core, from_system, invalid};
use crate::memory::{self, Region};
use crate::quick;
use crate::value::{Kept, Value, array, byte_view, bytes};
use clients::OWNER;
use events::Events;
use hatchery_core::driver::Driver;
use hatchery_core::task::TaskState;
use hatchery_sys::Notifier;
use napi_derive::napi;
use options::NativePoolOptions;
use pump::Pump;
use segments::Mappings;
use shared::Shared;
use staging::Staged;
use state::State;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Pages of the staging buffer: 1 MiB.
const STAGING_PAGES: usize = 256;

/// Bytes sent apart begin at a multiple of this, as those of V8 do: a worker may look at them where they lie.
const ALIGNMENT: usize = 16;
/// What brings them there: `TAG_PAD` of `src/codec/tags.ts`.
const PAD: u8 = 17;

/// One pool, on a JavaScript thread that made it or attached to it. See `NativePool` in `src/native/types.ts`.
#[napi]
pub struct NativePool {
    options: RefCell<Option<NativePoolOptions>>,
    pump: Rc<Pump>,
    staging: Arc<Region>,
    staging_buffer: Kept,
    event_buffers: Kept,
    exchange: RefCell<Option<(Arc<Region>, Kept)>>,
    mappings: Rc<Mappings>,
}

#[napi]
impl NativePool {
    /// Allocates the buffers; nothing runs before `start`.
    #[napi(constructor)]
    pub fn new(env: napi::Env, options: NativePoolOptions) -> napi::Result<NativePool> {
        let events = Events::new().map_err(from_system)?;
        let buffers = events.buffers().clone();
        let shared = Arc::new(Shared::new(State::new(events)));
        NativePool::build(env, Some(options), Pump::new(env, shared, OWNER), &buffers)
    }

    /// The part of this thread in a pool that another one has made: `number` is of its `handle`.
    #[napi(factory)]
    pub fn attach(env: napi::Env, number: u32) -> napi::Result<NativePool> {
        let closed = || coded("ERR_HATCHERY_POOL_CLOSED", "the pool of this handle is closed");
        let shared = registry::find(number).ok_or_else(closed)?;
        let events = Events::new().map_err(from_system)?;
        let buffers = events.buffers().clone();
        let client = shared.lock().attach(events).ok_or_else(closed)?;
        let pump = Pump::new(env, shared, client);
        pump.set_number(number);
        NativePool::build(env, None, pump, &buffers)
    }

    /// The number by which other threads attach.
    #[napi]
    pub fn handle(&self) -> u32 {
        self.pump.number()
    }

    /// Where JavaScript appends records.
    #[napi(getter)]
    pub fn staging(&self) -> napi::Result<Value> {
        self.staging_buffer.get()
    }

    /// Where it reads events.
    #[napi(getter)]
    pub fn events(&self) -> napi::Result<Value> {
        self.event_buffers.get()
    }

    /// Starts zygote and workers, or follows those that there are.
    #[napi]
    pub fn start(&self, env: napi::Env, on_events: Value) -> napi::Result<()> {
        let callback = Callback::new(env, on_events)?;
        if self.pump.client() == OWNER {
            let options =
                self.options.borrow_mut().take().ok_or_else(|| invalid("the pool was started before"))?;
            let driver_options = options.driver_options()?;
            let factory = launch::factory(&options)?;
            let mut driver =
                factory().and_then(|launcher| Driver::new(driver_options, launcher)).map_err(from_core)?;
            driver.restart_zygotes_by(factory);
            let log = options.logging.log();
            self.pump.lock().start(driver, log);
        }
        let epoll = self.pump.lock().epoll();
        let epoll = epoll
            .map_err(|error| coded("ERR_HATCHERY_SYSTEM", format!("fcntl(F_DUPFD_CLOEXEC): {error}")))?;
        let epoll =
            epoll.ok_or_else(|| coded("ERR_HATCHERY_POOL_CLOSED", "the pool of this handle is closed"))?;
        self.pump.start(epoll, callback)
    }

    /// The number of a function, by its definition.
    #[napi]
    pub fn define(&self, definition: String) -> u32 {
        self.pump.lock().define(definition)
    }

    /// A function that submits as many bytes of the staging buffer as it is told.
    #[napi]
    pub fn make_flush(&self, env: napi::Env) -> napi::Result<Value> {
        let pump = Rc::clone(&self.pump);
        let staging = Arc::clone(&self.staging);
        quick::function(env, "flush", move |call| flush(&pump, &staging, call.get(0)?))
    }

    /// Submits one task whose payload lies elsewhere.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "reading them from an object would cost more than the call")]
    pub fn submit_large(
        &self,
        env: napi::Env,
        ticket: u32,
        function_id: u32,
        options: u32,
        timeout: u32,
        queue_timeout: u32,
        payload: Value,
    ) -> napi::Result<()> {
        let task = staging::staged(ticket, function_id, options, timeout, queue_timeout).map_err(invalid)?;
        self.submit_apart(env, task, &[], payload)
    }

    /// Submits one task whose payload is a tag (of two bytes if the second, above the first, is not 0) and bytes, which are
    /// put where a view of any kind may begin.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "reading them from an object would cost more than the call")]
    pub fn submit_bytes(
        &self,
        env: napi::Env,
        ticket: u32,
        function_id: u32,
        options: u32,
        timeout: u32,
        queue_timeout: u32,
        tag: u32,
        payload: Value,
    ) -> napi::Result<()> {
        let task = staging::staged(ticket, function_id, options, timeout, queue_timeout).map_err(invalid)?;
        let tag = &tag.to_le_bytes()[..if tag > 0xFF { 2 } else { 1 }];
        let mut head = [PAD; ALIGNMENT];
        head[ALIGNMENT - tag.len()..].copy_from_slice(tag);
        self.submit_apart(env, task, &head, payload)
    }

    /// Cancels a task; true if it will settle as cancelled. `reason`: what its signal is aborted with, encoded.
    #[napi]
    pub fn cancel(&self, env: napi::Env, ticket: u32, reason: Option<Value>) -> napi::Result<bool> {
        let reason = match reason {
            Some(reason) => bytes(env.raw(), &reason)?.to_vec(),
            None => Vec::new(),
        };
        Ok(self.change(|state| state.cancel(self.pump.client(), ticket, reason)))
    }

    /// Whether a worker has begun an addressed task; false: it waits, or has settled.
    #[napi]
    pub fn has_begun(&self, ticket: u32) -> bool {
        self.pump.lock().task_state(self.pump.client(), ticket) == Some(TaskState::Running)
    }

    /// Sets how many workers there are at least and at most; the number that a pool event names when that is reached.
    #[napi]
    pub fn resize(&self, minimum: u32, maximum: u32) -> napi::Result<u32> {
        self.change(|state| state.resize(minimum as usize, maximum as usize)).map_err(from_core)
    }

    /// Tells the JavaScript of the other threads, those that attach later included: the last word on a topic, an event as
    /// JSON.
    #[napi]
    pub fn notify_others(&self, topic: String, notice: String) {
        let client = self.pump.client();
        self.change(|state| state.parts().1.notify_others(client, topic, &notice));
    }

    /// Replaces zygote and workers by such as these options describe, one by one. How it ends is told by an event:
    /// `reloaded` or `reload-failed`.
    #[napi]
    pub fn reload(&self, options: NativePoolOptions) -> napi::Result<()> {
        let factory = launch::factory(&options)?;
        self.change(|state| state.reload(factory)).map_err(from_core)
    }

    /// Has a worker replaced as if it had come to a limit, or all of them; how many that will be.
    #[napi]
    pub fn recycle(&self, worker: Option<u32>) -> u32 {
        self.change(|state| state.recycle(worker)) as u32
    }

    /// From now on the service manager at this socket is told that all is well, twice within so many microseconds, as long
    /// as the driver turns and this thread's event loop goes round.
    #[napi]
    pub fn watch(&self, socket: String, microseconds: f64) -> napi::Result<()> {
        let notifier = Notifier::new(&socket).map_err(from_system)?;
        let limit = Duration::from_micros(microseconds as u64);
        self.change(|state| state.watch(notifier, limit));
        Ok(())
    }

    /// Takes over those of these options that can change while the pool runs.
    #[napi]
    pub fn configure(&self, options: NativePoolOptions) -> napi::Result<()> {
        let options = options.driver_options()?;
        self.change(|state| state.configure(options)).map_err(from_core)
    }

    /// What JavaScript has decided on a failure.
    #[napi]
    pub fn decide(&self, question: u32, strategy: String) -> napi::Result<()> {
        self.change(|state| state.decide(self.pump.client(), question, &strategy))
    }

    /// The tasks in quarantine, as JSON.
    #[napi]
    pub fn quarantine(&self) -> String {
        self.pump.lock().quarantine()
    }

    /// The payload of a task in quarantine; none if it is not there any more, or was not kept.
    #[napi]
    pub fn quarantined_payload(&self, env: napi::Env, number: u32) -> napi::Result<Option<Value>> {
        let Some(payload) = self.pump.lock().quarantined_payload(number) else { return Ok(None) };
        let length = payload.len();
        byte_view(env.raw(), memory::from_vector(env.raw(), payload)?, length).map(Some)
    }

    /// Removes a task from the quarantine, or all of them; whether there was one.
    #[napi]
    pub fn remove_quarantined(&self, number: Option<u32>) -> bool {
        self.change(|state| state.remove_quarantined(number))
    }

    /// Ends when every task has settled: the pool, or where it is another thread's, the part of this one in it.
    #[napi]
    pub fn close(&self) {
        self.change(|state| state.close(self.pump.client()));
    }

    /// Ends now.
    #[napi]
    pub fn destroy(&self) {
        self.change(|state| state.destroy(self.pump.client()));
    }

    /// A function that says whether the pool keeps the event loop alive. At the start it does not.
    #[napi]
    pub fn make_keep_alive(&self, env: napi::Env) -> napi::Result<Value> {
        let pump = Rc::clone(&self.pump);
        quick::function(env, "keepAlive", move |call| {
            pump.keep_alive(call.get(0)?);
            Ok(())
        })
    }
}

impl NativePool {
    /// Submits one task whose payload is `first` and then what lies in JavaScript's memory.
    fn submit_apart(&self, env: napi::Env, task: Staged, first: &[u8], payload: Value) -> napi::Result<()> {
        let payload = bytes(env.raw(), &payload)?;
        self.change(|state| state.submit_now(self.pump.client(), task, first, payload));
        Ok(())
    }

    fn build(
        env: napi::Env,
        options: Option<NativePoolOptions>,
        pump: Rc<Pump>,
        events: &[Arc<Region>; 2],
    ) -> napi::Result<NativePool> {
        let raw = env.raw();
        let [first, second] = events;
        let buffers = [first.array_buffer(raw)?, second.array_buffer(raw)?];
        let event_buffers = Kept::new(raw, array(raw, &buffers)?)?;
        let staging = Region::new(STAGING_PAGES).map_err(from_system)?;
        let staging_buffer = Kept::new(raw, staging.array_buffer(raw)?)?;
        let options = RefCell::new(options);
        let (exchange, mappings) = (RefCell::new(None), Rc::default());
        Ok(NativePool { options, pump, staging, staging_buffer, event_buffers, exchange, mappings })
    }

    /// As [`Pump::change`].
    fn change<Outcome>(&self, change: impl FnOnce(&mut State) -> Outcome) -> Outcome {
        self.pump.change(change)
    }
}

/// Submits the first `length` bytes of the staging buffer.
fn flush(pump: &Pump, staging: &Region, length: u32) -> napi::Result<()> {
    // SAFETY: JavaScript writes to the buffer on this thread only, and is not running now.
    let staged = unsafe { staging.slice(0, length as usize) };
    let staged = staged.ok_or_else(|| invalid(format!("{length} bytes are more than staging holds")))?;
    let client = pump.client();
    let outcome = pump.change(|state| state.flush(client, staged));
    outcome.map_err(|fault| invalid(format!("the staging buffer is malformed: {fault}")))
}
