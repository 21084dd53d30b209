//! A worker that cannot take up its work, and says so where the host reads anyway: on its lane.

use crate::Error;
use hatchery_lane::kind::completion;
use hatchery_lane::{INLINE_CAPACITY, Location, Message, WorkerLane};
use hatchery_sys::{EventFd, process};
use std::os::fd::OwnedFd;

/// Tells the host why, as far as the lane itself is there. To be called instead of attaching to the lane.
pub(super) fn refuse(lane: OwnedFd, completion_event: &EventFd, error: &Error) {
    let error = Error::StartFailed(format!("process {} cannot take up its work: {error}", process::id()));
    // Without a lane the exit code has to do.
    if let Ok(mut lane) = WorkerLane::attach(lane)
        && say(&mut lane, report(&error).as_bytes()).is_some()
    {
        lane.completions.publish();
        if lane.completions.wake_needed() {
            let _ = completion_event.notify();
        }
    }
}

/// An error as the host reads it.
pub(crate) fn report(error: &Error) -> String {
    serde_json::json!({ "code": error.code(), "message": error.to_string() }).to_string()
}

/// This side of the lane has not been used yet, so there is a slot; a long text has none if tasks placed ahead fill the arena.
fn say(lane: &mut WorkerLane, text: &[u8]) -> Option<()> {
    let message = Message { kind: completion::START_FAILED, ..Message::default() };
    if text.len() <= INLINE_CAPACITY {
        return lane.completions.push_inline(&message, text).ok().map(drop);
    }
    let block = lane.arena.allocate(text.len())?;
    lane.arena.write(block, text).ok()?;
    let location = Location::Block { block, length: text.len() as u32 };
    lane.completions.push(&Message { location, ..message }).ok().map(drop)
}
