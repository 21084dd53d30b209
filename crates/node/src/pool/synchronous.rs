//! Synchronous calls: what JavaScript says of them.

use super::{NativePool, exchange, staging};
use crate::error::{coded, from_system, invalid};
use crate::memory;
use crate::value::{Kept, Value, byte_view, bytes};
use napi_derive::napi;
use std::sync::Arc;
use std::time::Duration;

#[napi]
impl NativePool {
    /// Argument and answer of synchronous calls.
    #[napi(getter)]
    pub fn exchange(&self, env: napi::Env) -> napi::Result<Value> {
        if let Some((_, buffer)) = &*self.exchange.borrow() {
            return buffer.get();
        }
        let memory = match self.pump.lock().exchange(self.pump.client()).map_err(from_system)? {
            Some(exchange) => Arc::clone(exchange.memory()),
            None => return Err(coded("ERR_HATCHERY_POOL_CLOSED", "the pool is closed")),
        };
        let buffer = memory.array_buffer(env.raw())?;
        *self.exchange.borrow_mut() = Some((memory, Kept::new(env.raw(), buffer)?));
        Ok(buffer)
    }

    /// Runs a task whose argument is the first `length` bytes of the exchange. The kind of its answer, or 0 if that is
    /// not there yet: then `wait` goes on.
    #[napi]
    pub fn run_sync(
        &self,
        function_id: u32,
        options: u32,
        timeout: u32,
        queue_timeout: u32,
        length: u32,
    ) -> napi::Result<u32> {
        let task = staging::staged(0, function_id, options, timeout, queue_timeout).map_err(invalid)?;
        let exchange = self.exchange.borrow();
        let memory =
            exchange.as_ref().map(|(memory, _)| memory).filter(|_| length as usize <= exchange::ANSWER);
        // SAFETY: JavaScript writes there on this thread only, and is not running now; Rust writes the answer
        // behind it, under the lock.
        let argument = memory.and_then(|memory| unsafe { memory.slice(0, length as usize) });
        let argument = argument.ok_or_else(|| invalid("the argument is not within the exchange"))?;
        self.pump.lock().ask(self.pump.client(), task, argument);
        self.wait(timeout)
    }

    /// As `run_sync`, with an argument that lies elsewhere. `exchange` was asked for before.
    #[napi]
    pub fn run_sync_large(
        &self,
        env: napi::Env,
        function_id: u32,
        options: u32,
        timeout: u32,
        queue_timeout: u32,
        argument: Value,
    ) -> napi::Result<u32> {
        let task = staging::staged(0, function_id, options, timeout, queue_timeout).map_err(invalid)?;
        let argument = bytes(env.raw(), &argument)?;
        self.pump.lock().ask(self.pump.client(), task, argument);
        self.wait(timeout)
    }

    /// Waits on for the answer of a synchronous call, for so many milliseconds at most; 0: as long as any wait may take.
    #[napi]
    pub fn wait(&self, limit: u32) -> napi::Result<u32> {
        let limit = (limit != 0).then(|| Duration::from_millis(limit.into()));
        Ok(self.pump.wait_for_answer(limit)?.unwrap_or(0))
    }

    /// Cancels the task of a synchronous call that takes too long; `wait` has the answer then.
    #[napi]
    pub fn give_up(&self) {
        self.change(|state| state.give_up_asking(self.pump.client()));
    }

    /// The answer's payload, where the exchange says that it lies apart.
    #[napi]
    pub fn take_answer(&self, env: napi::Env) -> napi::Result<Value> {
        let payload = match self.pump.lock().exchange(self.pump.client()).map_err(from_system)? {
            Some(exchange) => exchange.take_apart(),
            None => Vec::new(),
        };
        let length = payload.len();
        byte_view(env.raw(), memory::from_vector(env.raw(), payload)?, length)
    }

    /// Lets go of the segments that the answer mentions, which has been decoded.
    #[napi]
    pub fn release_answer(&self) {
        self.pump.lock().release_answer(self.pump.client());
    }
}
