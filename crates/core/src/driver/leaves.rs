//! A control group of its own for each worker, if that is asked for.

use super::{PoolEvent, Sink, WorkerLimits};
use crate::{Error, Result};
use hatchery_sys::cgroup_leaf::{Leaf, LeafParent};
use hatchery_sys::process;

/// Pause before a group is tried to be removed again that holds dying processes, nanoseconds; doubled each time.
const FIRST_PAUSE: u64 = 10_000_000;

/// Longest pause.
const LONGEST_PAUSE: u64 = 10_000_000_000;

/// A group that could not be removed for so long is left behind: what is in it cannot be killed, as it waits for a dead
/// file system, or is not the user's.
const PATIENCE: u64 = 60_000_000_000;

/// Where the groups come from, and those that are to go.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    parent: Option<LeafParent>,
    /// Their workers are gone; what these had started is not yet.
    ending: Vec<Remnant>,
    again_at: u64,
    pause: u64,
}

/// The group of a worker that is gone.
#[derive(Debug)]
struct Remnant {
    leaf: Leaf,
    /// When it is given up.
    until: u64,
}

impl Leaves {
    /// # Errors
    /// [`Error::InvalidOption`] that says what keeps this process from making groups with these limits.
    pub(super) fn new(limits: &WorkerLimits) -> Result<Leaves> {
        let Some(group) = &limits.group else { return Ok(Leaves::default()) };
        let tag = format!("{:08x}", process::random_word()?);
        let parent = LeafParent::find(group.parent.as_deref(), group.limits.clone(), &tag);
        let parent = parent.map_err(|reason| {
            Error::InvalidOption(format!("the option cgroup cannot be had here: {reason}"))
        })?;
        Ok(Leaves { parent: Some(parent), ..Leaves::default() })
    }

    /// The group of a new worker; none if workers have none.
    ///
    /// # Errors
    /// [`Error::StartFailed`]: the kernel refused.
    pub(super) fn make(&self, worker: u32) -> Result<Option<Leaf>> {
        let Some(parent) = &self.parent else { return Ok(None) };
        let leaf = parent.make(&format!("w{worker}"));
        leaf.map(Some).map_err(|reason| Error::StartFailed(format!("control group of a worker: {reason}")))
    }

    /// The worker is gone: whatever it has started is killed, and the group removed.
    pub(super) fn end(&mut self, leaf: Option<Leaf>, now: u64) {
        let Some(leaf) = leaf else { return };
        if !leaf.end() {
            self.ending.push(Remnant { leaf, until: now + PATIENCE });
            self.pause = FIRST_PAUSE;
            self.again_at = now + self.pause;
        }
    }

    /// Tries again to remove those that could not be, if it is time, and tells of those that are given up.
    pub(super) fn sweep(&mut self, now: u64, sink: &mut dyn Sink) {
        if self.due() > now {
            return;
        }
        self.ending.retain(|Remnant { leaf, until }| {
            if leaf.end() {
                return false;
            }
            if *until <= now {
                let message = format!(
                    "the control group {} of a worker that is gone cannot be removed, as something in it cannot be killed; \
                     it is left behind",
                    leaf.path().display()
                );
                sink.event(PoolEvent::Warning(serde_json::json!({ "message": message }).to_string()));
            }
            *until > now
        });
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.again_at = now + self.pause;
    }

    /// When there is something to sweep.
    pub(super) fn due(&self) -> u64 {
        if self.ending.is_empty() { u64::MAX } else { self.again_at }
    }
}
