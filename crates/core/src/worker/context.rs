//! What a running task can ask and say.

use super::control::Control;
use super::outbound::Outbound;
use crate::Result;
use hatchery_lane::kind::completion as kind;
use hatchery_lane::{Arena, Message};

/// The running task's view of the pool.
#[derive(Debug)]
pub struct Context<'a> {
    pub(super) message: &'a Message,
    pub(super) worker: u32,
    pub(super) outbound: &'a mut Outbound,
    pub(super) arena: &'a Arena,
    pub(super) control: &'a mut Control,
}

impl Context<'_> {
    /// How often the task has been begun, this time included.
    pub fn attempt(&self) -> u32 {
        self.message.flags & 0xFFFF
    }

    /// Number of the worker; unique in the pool, never reused.
    pub fn worker(&self) -> u32 {
        self.worker
    }

    /// Sends something to whoever submitted the task, before its result.
    ///
    /// # Errors
    /// The host is gone, or the kernel refused memory for a large value.
    pub fn progress(&mut self, value: &[u8]) -> Result<()> {
        self.outbound.push(self.arena, self.control, kind::PROGRESS, self.message, value)?;
        self.outbound.wake().map(drop)
    }

    /// Whether the task was cancelled, or has run past its limit: its result will not be used, and its worker
    /// is killed if it goes on for long. Costs a system call.
    pub fn is_cancelled(&mut self) -> bool {
        // A broken socket is the host's end.
        self.control.poll().is_err()
            || self.control.leave().is_some()
            || self.control.is_cancelled((self.message.task_index, self.message.task_generation))
    }
}
