//! Completions on their way to the host, and waking it.
//!
//! A completion is published as soon as the task has ended: what a worker has done counts even if the next
//! task kills it.

use super::control::Control;
use crate::{Error, Result};
use hatchery_lane::{Arena, CompletionProducer, INLINE_CAPACITY, Location, Message, PushError};
use hatchery_sys::{EventFd, clock, descriptor};
use std::os::fd::AsFd;
use std::time::Duration;

/// Time between two looks at a full ring. The host empties it in far less unless it is held up.
const RETRY: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(crate) struct Outbound {
    completions: CompletionProducer,
    event: EventFd,
}

impl Outbound {
    pub(crate) fn new(completions: CompletionProducer, event: EventFd) -> Outbound {
        Outbound { completions, event }
    }

    /// Publishes a completion about the task of `about`, without waking the host.
    #[inline]
    pub(crate) fn push(
        &mut self,
        arena: &Arena,
        control: &mut Control,
        kind: u32,
        about: &Message,
        payload: &[u8],
    ) -> Result<()> {
        let message =
            Message { kind, function: 0, flags: 0, location: Location::Inline { length: 0 }, ..*about };
        if payload.len() <= INLINE_CAPACITY {
            while !accepted(self.completions.push_inline(&message, payload))? {
                self.wait(control)?;
            }
        } else {
            let location = self.store(arena, control, payload)?;
            let message = Message { location, ..message };
            while !accepted(self.completions.push(&message))? {
                self.wait(control)?;
            }
        }
        self.completions.publish();
        Ok(())
    }

    /// Wakes the host if it sleeps; whether it did.
    #[inline]
    pub(crate) fn wake(&mut self) -> Result<bool> {
        let asleep = self.completions.wake_needed();
        if asleep {
            self.event.notify()?;
        }
        Ok(asleep)
    }

    /// When the host last read, CLOCK_MONOTONIC microseconds, or 0.
    #[inline]
    pub(crate) fn clock(&self) -> u32 {
        self.completions.clock()
    }

    /// Says that a task has begun, and when. The host is not woken: if it is for a time limit, its timer looks for this.
    pub(crate) fn report_start(
        &mut self,
        arena: &Arena,
        control: &mut Control,
        about: &Message,
    ) -> Result<()> {
        let microseconds = clock::monotonic_nanoseconds() as f64 / 1000.0;
        let kind = hatchery_lane::kind::completion::STARTED;
        self.push(arena, control, kind, about, &microseconds.to_le_bytes())
    }

    /// Puts a payload that fits no slot where the host can read it.
    fn store(&mut self, arena: &Arena, control: &mut Control, payload: &[u8]) -> Result<Location> {
        let length = u32::try_from(payload.len())
            .map_err(|_| Error::InvalidOption(format!("a value of {} bytes is over 4 GiB", payload.len())))?;
        if let Some(block) = arena.allocate(payload.len()) {
            arena.write(block, payload).map_err(|violation| Error::Protocol(violation.to_string()))?;
            return Ok(Location::Block { block, length });
        }
        loop {
            if let Some(tag) = control.send_payload(payload)? {
                return Ok(Location::MemFd { tag, length });
            }
            self.wait(control)?;
        }
    }

    /// Gives the host time to make room.
    fn wait(&mut self, control: &mut Control) -> Result<()> {
        self.wake()?;
        descriptor::wait_readable(&[control.as_fd()], Some(RETRY))?;
        control.poll()?;
        match control.leave() {
            Some(super::control::Leave::Orphaned) => Err(Error::StartFailed("the host is gone".into())),
            _ => Ok(()),
        }
    }
}

/// Whether there was room.
fn accepted(pushed: std::result::Result<u32, PushError>) -> Result<bool> {
    match pushed {
        Ok(_) => Ok(true),
        Err(PushError::Full) => Ok(false),
        Err(error) => Err(Error::Protocol(error.to_string())),
    }
}
