//! Tasks with streams: what JavaScript says of them.

use super::NativePool;
use super::staging::{self, Staged};
use crate::error::{from_core, invalid};
use crate::value::{Value, bytes};
use hatchery_core::driver::Submission;
use hatchery_core::zygote::protocol::ChunkPart;
use napi_derive::napi;

#[napi]
impl NativePool {
    /// Submits one task that may send `credit` items before it is given more.
    #[napi]
    #[allow(
        clippy::too_many_arguments,
        reason = "as for `submit_large`: JavaScript passes words, not an object"
    )]
    pub fn submit_stream(
        &self,
        env: napi::Env,
        ticket: u32,
        function_id: u32,
        options: u32,
        timeout: u32,
        queue_timeout: u32,
        credit: u32,
        payload: Value,
    ) -> napi::Result<()> {
        let Staged { submission, .. } =
            staging::staged(ticket, function_id, options, timeout, queue_timeout).map_err(invalid)?;
        let task = Staged { submission: Submission { credit, ..submission }, addressed: true };
        self.submit_apart(env, task, &[], payload)
    }

    /// Lets a task that has not settled send `count` items more.
    #[napi]
    pub fn credit(&self, ticket: u32, count: u32) {
        self.change(|state| state.credit(self.pump.client(), ticket, count));
    }

    /// Forwards a part of a stream to the task that it was given to: 0 item, 1 end, 2 failure. `mentions`: segments that
    /// the payload mentions. False: it waits for room; an event tells when it is on its way.
    #[napi]
    pub fn forward(
        &self,
        env: napi::Env,
        ticket: u32,
        input: u32,
        part: u32,
        payload: Value,
        mentions: u32,
    ) -> napi::Result<bool> {
        let part = ChunkPart::from_number(part).map_err(from_core)?;
        let payload = bytes(env.raw(), &payload)?;
        self.change(|state| {
            state.forward(self.pump.client(), ticket, input, part, payload, mentions as usize)
        })
        .map_err(from_core)
    }
}
