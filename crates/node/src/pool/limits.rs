//! Limits per worker as JavaScript gives them.

use super::options::milliseconds;
use hatchery_core::driver::{GroupLimits, LeafLimits, WorkerLimits};
use hatchery_core::zygote::ProcessLimits;
use napi_derive::napi;

/// See `NativeLimits` in `src/native/types.ts`. What is not there is not limited.
#[napi(object, object_to_js = false)]
pub struct NativeLimits {
    /// Tasks of a worker.
    pub max_tasks: Option<f64>,
    /// Milliseconds.
    pub max_age: Option<f64>,
    /// Bytes beyond which a worker is replaced.
    pub max_rss_soft: Option<f64>,
    /// Bytes beyond which a worker is killed.
    pub max_rss_hard: Option<f64>,
    /// `RLIMIT_NOFILE`.
    pub files: Option<f64>,
    /// `RLIMIT_CPU`, seconds.
    pub cpu: Option<f64>,
    /// `RLIMIT_CORE`, bytes.
    pub core: Option<f64>,
    /// `RLIMIT_FSIZE`, bytes.
    pub file_size: Option<f64>,
    /// Nice value.
    pub nice: Option<i32>,
    /// `oom_score_adj`.
    pub oom_score_adj: Option<i32>,
    /// A control group for each worker.
    pub cgroup: Option<NativeGroup>,
}

/// The control groups of workers.
#[napi(object, object_to_js = false)]
pub struct NativeGroup {
    /// The group below which they are; none: it is looked for.
    pub path: Option<String>,
    /// `memory.max`, bytes.
    pub memory_max: Option<f64>,
    /// `memory.high`, bytes.
    pub memory_high: Option<f64>,
    /// `cpu.max`, processors.
    pub cpu_max: Option<f64>,
    /// `pids.max`.
    pub pids_max: Option<f64>,
}

impl NativeLimits {
    /// What the driver is told.
    pub(super) fn worker_limits(&self) -> WorkerLimits {
        WorkerLimits {
            tasks: whole(self.max_tasks),
            age: self.max_age.map(milliseconds),
            memory: whole(self.max_rss_soft),
            memory_hard: whole(self.max_rss_hard),
            process: ProcessLimits {
                files: whole(self.files),
                processor_time: whole(self.cpu),
                core: whole(self.core),
                file_size: whole(self.file_size),
                nice: self.nice,
                oom_score_adjustment: self.oom_score_adj,
            },
            group: self.cgroup.as_ref().map(|group| GroupLimits {
                parent: group.path.as_ref().map(Into::into),
                limits: LeafLimits {
                    memory_max: whole(group.memory_max),
                    memory_high: whole(group.memory_high),
                    cpu_max: whole(group.cpu_max.map(|processors| processors * 1e6)),
                    pids_max: whole(group.pids_max),
                },
            }),
        }
    }
}

/// A cast saturates.
fn whole(value: Option<f64>) -> Option<u64> {
    value.map(|value| value as u64)
}
