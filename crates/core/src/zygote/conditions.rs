//! What a worker is to run under. It sees to that itself, after the fork or exec and before code of the user.

use crate::sandbox::Sandbox;
use crate::{Error, Result};
use hatchery_sys::sandbox::Reach;
use hatchery_sys::standing::{self, Limited};
use hatchery_sys::{cgroup_leaf, process};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much likelier than the host a worker is to be killed when memory runs out, if nothing else is asked for: as if it
/// had a tenth of all memory more.
const OOM_SCORE_ABOVE_HOST: i32 = 100;

/// Limits that the kernel keeps for a worker, and its standing. What is not set is as it is for the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessLimits {
    /// Descriptors (`RLIMIT_NOFILE`): one with a higher number is refused with `EMFILE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// Seconds of processor time in its life (`RLIMIT_CPU`): `SIGXCPU` ends it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_time: Option<u64>,
    /// Bytes of a core dump (`RLIMIT_CORE`); 0: none is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<u64>,
    /// Bytes of a file that it writes (`RLIMIT_FSIZE`), results too large for the lane included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// Nice value, from -20 (most processor time) to 19. Below that of the host only with the privilege.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nice: Option<i32>,
    /// `oom_score_adj`, from -1000 to 1000. Without it that of the host plus 100, so that the kernel, when memory runs
    /// out, takes a worker and not the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_score_adjustment: Option<i32>,
}

/// All that a worker is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// Limits, the same for all workers of a pool.
    #[serde(flatten)]
    pub limits: ProcessLimits,
    /// Its own control group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<PathBuf>,
    /// What is taken from it, the same for all workers of a pool.
    #[serde(skip_serializing_if = "Sandbox::is_open")]
    pub sandbox: Sandbox,
    /// It is born confined to its files: whoever has started it sees to what it may not open any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub born_confined: bool,
    /// It has what it is to have of `oom_score_adj` from its zygote.
    #[serde(skip)]
    pub inherits_oom_score: bool,
}

impl Conditions {
    /// Has this process run under them from here on.
    ///
    /// # Errors
    /// [`Error::StartFailed`] naming what the kernel refused.
    pub fn apply(&self) -> Result<()> {
        let limits = &self.limits;
        // First, so that all that follows counts there.
        if !self.born_confined {
            self.assign(None)?;
        }
        if let Some(value) = limits.nice {
            standing::set_nice(value).map_err(|error| refused("nice", &error))?;
        }
        for (option, what, value) in [
            ("rlimits.core", Limited::Core, limits.core),
            ("rlimits.cpu", Limited::ProcessorTime, limits.processor_time),
            ("rlimits.fileSize", Limited::FileSize, limits.file_size),
            ("rlimits.files", Limited::Files, limits.files),
        ] {
            if let Some(value) = value {
                standing::limit(what, value).map_err(|error| refused(option, &error))?;
            }
        }
        // Last, as it takes away what the rest needs.
        if !self.born_confined {
            self.sandbox.confine_thread().map_err(|(option, error)| refused(option, &error))?;
        }
        self.sandbox.confine_calls(Reach::Process).map_err(|(option, error)| refused(option, &error))
    }

    /// In a zygote, before it forks a worker: what it may as well have itself, it has from here on, and its workers have it
    /// without having to ask. Its own death harms no worker, so it may be taken as they may.
    pub(super) fn apply_before_fork(&mut self) {
        /// What this process has been given.
        static GIVEN: AtomicBool = AtomicBool::new(false);
        if self.limits.oom_score_adjustment.is_none() {
            if !GIVEN.swap(true, Ordering::Relaxed) {
                raise_oom_score(None);
            }
            self.inherits_oom_score = true;
        }
    }

    /// What is written to files: for this process, or for a child that may not open them.
    pub(crate) fn assign(&self, child: Option<u32>) -> Result<()> {
        if let Some(group) = &self.group {
            cgroup_leaf::join(child, group).map_err(|error| refused("cgroup", &error))?;
        }
        match self.limits.oom_score_adjustment {
            Some(value) => {
                standing::set_oom_score_adjustment(child, value)
                    .map_err(|error| refused("oomScoreAdj", &error))?;
            }
            None if self.inherits_oom_score => {}
            None => raise_oom_score(child),
        }
        Ok(())
    }

    /// For a worker that is started by a thread confined to the files of the sandbox.
    pub(crate) fn of_born_confined(&self) -> Conditions {
        let sandbox = Sandbox { files: None, ..self.sandbox.clone() };
        Conditions { limits: self.limits.clone(), sandbox, born_confined: true, ..Conditions::default() }
    }

    /// As a part of a message.
    pub(super) fn encode(&self) -> String {
        // Numbers, and a path that was valid text before it came here.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// # Errors
    /// [`Error::Protocol`] for anything that is none.
    pub(super) fn decode(text: &str) -> Result<Conditions> {
        let conditions: Conditions = serde_json::from_str(text)
            .map_err(|error| Error::Protocol(format!("conditions of a worker: {error}")))?;
        // Of the many texts for the same, only ours.
        if conditions.encode() == text {
            Ok(conditions)
        } else {
            Err(Error::Protocol("conditions of a worker that are written in another way".into()))
        }
    }
}

/// Nobody has asked for it: where it cannot be had, things are as without it.
fn raise_oom_score(child: Option<u32>) {
    // A child has begun with what this process has.
    let _ = standing::oom_score_adjustment()
        .and_then(|own| standing::set_oom_score_adjustment(child, (own + OOM_SCORE_ABOVE_HOST).min(1000)));
}

fn refused(option: &str, error: &hatchery_sys::Error) -> Error {
    Error::StartFailed(format!(
        "process {} may not have what the option {option} asks for: {error}",
        process::id()
    ))
}
