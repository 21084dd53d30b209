//! Limits per worker, as the driver is told them.

use crate::zygote::ProcessLimits;
use crate::{Error, Result};
use hatchery_sys::cgroup_leaf::LeafLimits;
use std::path::PathBuf;
use std::time::Duration;

/// Largest limit of memory or of a file that makes sense, bytes: more than any machine can address.
const MOST_BYTES: u64 = 1 << 60;

/// What a worker may use, and how long it is kept. Nothing set: all it can get, for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Tasks that a worker is given at most; then another one takes its place.
    pub tasks: Option<u64>,
    /// Time after which another one takes its place.
    pub age: Option<Duration>,
    /// Bytes of memory of its own (shared with no other process) beyond which another one takes its place.
    pub memory: Option<u64>,
    /// Bytes of memory of its own beyond which it is killed, and what it runs fails as out of memory. Looked at once a
    /// second, more often while it grows fast; what must hold in any case is `group`'s `memory_max`.
    pub memory_hard: Option<u64>,
    /// Limits that the kernel keeps.
    pub process: ProcessLimits,
    /// A control group for each worker.
    pub group: Option<GroupLimits>,
}

/// A control group (version 2) for each worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupLimits {
    /// The group below which they are made. Without one: the nearest, from the own one up, that allows it.
    pub parent: Option<PathBuf>,
    /// What each may use.
    pub limits: LeafLimits,
}

impl WorkerLimits {
    /// Whether workers are ever replaced or killed for what is written here.
    pub(super) fn are_watched(&self) -> bool {
        self.tasks.is_some() || self.age.is_some() || self.watch_memory()
    }

    pub(super) fn watch_memory(&self) -> bool {
        self.memory.is_some() || self.memory_hard.is_some()
    }

    /// # Errors
    /// [`Error::InvalidOption`] naming the limit.
    pub(super) fn validate(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::InvalidOption(message));
        if self.tasks == Some(0) {
            return invalid("a worker must be allowed at least one task".into());
        }
        if self.age == Some(Duration::ZERO) {
            return invalid("the age limit of a worker must not be zero".into());
        }
        let group = self.group.clone().unwrap_or_default();
        let bytes = [self.memory, self.memory_hard, group.limits.memory_max, group.limits.memory_high];
        if let Some(out) = bytes.into_iter().flatten().find(|bytes| !(1..=MOST_BYTES).contains(bytes)) {
            return invalid(format!("a memory limit ({out}) must be from 1 to {MOST_BYTES} bytes"));
        }
        if let (Some(soft), Some(hard)) = (self.memory, self.memory_hard)
            && soft > hard
        {
            return invalid(format!("the memory limit ({soft}) must not be above the hard one ({hard})"));
        }
        let process = &self.process;
        if process.nice.is_some_and(|nice| !(-20..=19).contains(&nice)) {
            return invalid("nice must be from -20 to 19".into());
        }
        if process.oom_score_adjustment.is_some_and(|value| !(-1000..=1000).contains(&value)) {
            return invalid("oom_score_adjustment must be from -1000 to 1000".into());
        }
        if process.processor_time == Some(0) {
            return invalid("processor_time must be at least a second".into());
        }
        if group.limits.cpu_max.is_some_and(|millionths| !(10_000..=4_096_000_000).contains(&millionths)) {
            return invalid("cpu_max must be from a hundredth of a processor to 4096 processors".into());
        }
        if group.limits.pids_max == Some(0) {
            return invalid("pids_max must be at least 1".into());
        }
        if group.parent.is_some_and(|path| !path.is_absolute() || path.to_str().is_none()) {
            return invalid("the path of a control group must be absolute, and text".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_checked() {
        let refused = |limits: WorkerLimits| limits.validate().unwrap_err().to_string();
        let none = WorkerLimits::default;
        assert!(none().validate().is_ok());
        assert!(refused(WorkerLimits { tasks: Some(0), ..none() }).contains("at least one task"));
        assert!(refused(WorkerLimits { age: Some(Duration::ZERO), ..none() }).contains("age"));
        assert!(refused(WorkerLimits { memory: Some(0), ..none() }).contains("memory limit (0)"));
        assert!(
            refused(WorkerLimits { memory: Some(2), memory_hard: Some(1), ..none() })
                .contains("above the hard one")
        );
        let process = ProcessLimits { nice: Some(20), ..ProcessLimits::default() };
        assert!(refused(WorkerLimits { process, ..none() }).contains("nice"));
        let group = Some(GroupLimits { parent: Some("a".into()), ..GroupLimits::default() });
        assert!(refused(WorkerLimits { group, ..none() }).contains("absolute"));
    }
}
