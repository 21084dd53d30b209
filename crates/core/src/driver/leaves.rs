//! A control group of its own for each worker, if that is asked for.

use super::WorkerLimits;
use crate::{Error, Result};
use hatchery_sys::cgroup_leaf::{Leaf, LeafParent};
use hatchery_sys::process;

/// Pause before a group is tried to be removed again that holds dying processes, nanoseconds.
const AGAIN_AFTER: u64 = 10_000_000;

/// Where the groups come from, and those that are to go.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    parent: Option<LeafParent>,
    /// Their workers are gone; what these had started is not yet.
    ending: Vec<Leaf>,
    again_at: u64,
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
            self.ending.push(leaf);
            self.again_at = now + AGAIN_AFTER;
        }
    }

    /// Tries again to remove those that could not be, if it is time.
    pub(super) fn sweep(&mut self, now: u64) {
        if self.due() <= now {
            self.ending.retain(|leaf| !leaf.end());
            self.again_at = now + AGAIN_AFTER;
        }
    }

    /// When there is something to sweep.
    pub(super) fn due(&self) -> u64 {
        if self.ending.is_empty() { u64::MAX } else { self.again_at }
    }
}
