//! The host's half: [`NativePool`].

mod abandoned;
mod events;
mod guardian;
mod launch;
mod options;
mod pump;
mod report;
mod segments;
mod staging;
mod state;

use crate::callback::Callback;
use crate::error::{coded, from_core, from_system, invalid};
use crate::memory::{Region, external};
use crate::value::{Kept, Value, array, bytes};
use events::Events;
use hatchery_core::driver::{Driver, SegmentAccess};
use hatchery_sys::Mapping;
use napi_derive::napi;
use options::NativePoolOptions;
use pump::Pump;
use segments::SegmentMapping;
use state::State;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Pages of the staging buffer: 1 MiB.
const STAGING_PAGES: usize = 256;

/// One pool, on the JavaScript thread that made it. See `NativePool` in `src/native/types.ts`.
#[napi]
pub struct NativePool {
    options: RefCell<Option<NativePoolOptions>>,
    pump: Rc<Pump>,
    staging: Arc<Region>,
    staging_buffer: Kept,
    event_buffers: Kept,
}

#[napi]
impl NativePool {
    /// Allocates the buffers; nothing runs before `start`.
    #[napi(constructor)]
    pub fn new(env: napi::Env, options: NativePoolOptions) -> napi::Result<NativePool> {
        let events = Events::new();
        let raw = env.raw();
        let [first, second] = events.buffers();
        let buffers = [first.array_buffer(raw)?, second.array_buffer(raw)?];
        let event_buffers = Kept::new(raw, array(raw, &buffers)?)?;
        let staging = Region::new(STAGING_PAGES);
        let staging_buffer = Kept::new(raw, staging.array_buffer(raw)?)?;
        let pump = Pump::new(env, State::new(events));
        Ok(NativePool { options: RefCell::new(Some(options)), pump, staging, staging_buffer, event_buffers })
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

    /// Starts zygote and workers.
    #[napi]
    pub fn start(&self, env: napi::Env, on_events: Value) -> napi::Result<()> {
        let callback = Callback::new(env, on_events)?;
        let options =
            self.options.borrow_mut().take().ok_or_else(|| invalid("the pool was started before"))?;
        let driver_options = options.driver_options()?;
        let launcher = launch::launcher(&options)?;
        let driver = Driver::new(driver_options, launcher).map_err(from_core)?;
        let epoll = driver
            .epoll()
            .try_clone_to_owned()
            .map_err(|error| coded("ERR_HATCHERY_SYSTEM", format!("fcntl(F_DUPFD_CLOEXEC): {error}")))?;
        self.pump.lock().start(driver);
        self.pump.start(epoll, callback)
    }

    /// Gives a function its number.
    #[napi]
    pub fn define(&self, function_id: u32, definition: String) {
        self.pump.lock().define(function_id, definition.into_bytes());
    }

    /// Submits the first `length` bytes of the staging buffer.
    #[napi]
    pub fn flush(&self, length: u32) -> napi::Result<()> {
        // SAFETY: JavaScript writes to the buffer on this thread only, and is not running now.
        let staged = unsafe { self.staging.slice(0, length as usize) };
        let staged = staged.ok_or_else(|| invalid(format!("{length} bytes are more than staging holds")))?;
        let mut state = self.pump.lock();
        let outcome = state.flush(staged);
        let news = state.has_events();
        drop(state);
        if news {
            self.pump.deliver_later();
        }
        outcome.map_err(|fault| invalid(format!("the staging buffer is malformed: {fault}")))
    }

    /// Submits one task whose payload lies elsewhere.
    #[napi]
    pub fn submit_large(
        &self,
        env: napi::Env,
        ticket: u32,
        function_id: u32,
        options: u32,
        timeout: u32,
        payload: Value,
    ) -> napi::Result<()> {
        let submission = staging::submission(ticket, function_id, options, timeout).map_err(invalid)?;
        let payload = bytes(env.raw(), &payload)?;
        self.change(|state| state.submit_now(submission, &[], payload));
        Ok(())
    }

    /// Submits one task whose payload is a tag (of two bytes if the second, above the first, is not 0) and bytes.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "reading them from an object would cost more than the call")]
    pub fn submit_bytes(
        &self,
        env: napi::Env,
        ticket: u32,
        function_id: u32,
        options: u32,
        timeout: u32,
        tag: u32,
        payload: Value,
    ) -> napi::Result<()> {
        let submission = staging::submission(ticket, function_id, options, timeout).map_err(invalid)?;
        let payload = bytes(env.raw(), &payload)?;
        let tag = &tag.to_le_bytes()[..if tag > 0xFF { 2 } else { 1 }];
        self.change(|state| state.submit_now(submission, tag, payload));
        Ok(())
    }

    /// Shared memory of `length` bytes: its number and an `ArrayBuffer`. `sealed`: workers cannot write to it.
    #[napi]
    pub fn alloc(&self, env: napi::Env, length: f64, sealed: bool) -> napi::Result<Value> {
        let (memory, mapping) = segments::create(length as u64, sealed).map_err(from_system)?;
        let access = if sealed { SegmentAccess::ReadOnly } else { SegmentAccess::ReadWrite };
        let number = self.pump.lock().add_segment(memory, length as u64, access).map_err(from_core)?;
        let buffer = self.segment_buffer(env, mapping, number)?;
        array(env.raw(), &[crate::value::number(env.raw(), number)?, buffer])
    }

    /// Maps a segment anew that a result mentions, while that result is being decoded.
    #[napi]
    pub fn map_segment(&self, env: napi::Env, number: u32) -> napi::Result<Value> {
        let mapping = self.pump.lock().map_segment(number).map_err(from_system)?;
        let mapping = mapping.ok_or_else(|| invalid(format!("there is no segment {number}")))?;
        self.segment_buffer(env, mapping, number)
    }

    /// Cancels a task; true if it will settle as cancelled.
    #[napi]
    pub fn cancel(&self, ticket: u32) -> bool {
        self.change(|state| state.cancel(ticket))
    }

    /// Ends when every task has settled.
    #[napi]
    pub fn close(&self) {
        self.change(State::close);
    }

    /// Ends now.
    #[napi]
    pub fn destroy(&self) {
        self.change(State::destroy);
    }

    /// Keeps the event loop alive.
    #[napi(js_name = "ref")]
    pub fn reference(&self) {
        self.pump.keep_alive(true);
    }

    /// Does not. So it is at the start.
    #[napi(js_name = "unref")]
    pub fn unreference(&self) {
        self.pump.keep_alive(false);
    }

    /// The driver's figures, as JSON; `null` before the start and after the end.
    #[napi]
    pub fn stats(&self) -> String {
        self.pump.lock().statistics()
    }
}

impl NativePool {
    fn segment_buffer(&self, env: napi::Env, mapping: Mapping, number: u32) -> napi::Result<Value> {
        let (pointer, length) = (mapping.pointer(), mapping.length());
        external(env.raw(), pointer, length, SegmentMapping::new(mapping, number, self.pump.shared()))
    }

    /// Changes the state and sees to it that JavaScript is told what comes of it.
    fn change<Outcome>(&self, change: impl FnOnce(&mut State) -> Outcome) -> Outcome {
        let mut state = self.pump.lock();
        let outcome = change(&mut state);
        let news = state.has_events();
        drop(state);
        if news {
            self.pump.deliver_later();
        }
        outcome
    }
}
