//! Options as JavaScript gives them. The facade has checked what users write; here types are checked.

use super::limits::NativeLimits;
use super::log::Log;
use super::recovery::NativeRecoveryOptions;
use super::sandbox::NativeSandbox;
use crate::error::invalid;
use hatchery_core::driver::{
    Affinity, DriverOptions, HealthOptions, MemoryPolicy, ObserveOptions, QueueOptions, QueuePolicy,
    ScalingOptions,
};
use napi::Either;
use napi_derive::napi;
use std::collections::HashMap;
use std::time::Duration;

/// See `NativePoolOptions` in `src/native/types.ts`.
#[napi(object, object_to_js = false)]
pub struct NativePoolOptions {
    /// `auto`, `fork` or `spawn`.
    pub start_method: String,
    /// Workers kept.
    pub min_workers: u32,
    /// Workers at most.
    pub max_workers: u32,
    /// Workers that wait to replace others.
    pub spares: u32,
    /// Tasks one worker runs at a time.
    pub concurrency: u32,
    /// Milliseconds, 0 = never.
    pub idle_timeout: f64,
    /// Milliseconds, 0 = none.
    pub queue_timeout: f64,
    /// Milliseconds.
    pub kill_grace: f64,
    /// Milliseconds.
    pub start_timeout: f64,
    /// The node executable.
    pub node_path: String,
    /// Options for it.
    pub exec_argv: Vec<String>,
    /// None: the host's environment.
    pub env: Option<HashMap<String, String>>,
    /// Main module of the zygote.
    pub zygote_path: String,
    /// Main module of a spawned worker.
    pub worker_path: String,
    /// JSON for zygote and workers.
    pub config: String,
    /// `inherit`, `ignore` or `pipe`.
    pub stdout: String,
    /// `inherit`, `ignore` or `pipe`.
    pub stderr: String,
    /// `wait` or `reject`.
    pub shared_memory_policy: String,
    /// Bytes that all segments may take up.
    pub max_shared_memory: f64,
    /// When workers are looked at.
    pub health: NativeHealthOptions,
    /// `none`, `spread`, or lists of processors that workers take in turn.
    pub affinity: Either<String, Vec<Vec<u32>>>,
    /// When workers are added.
    pub scaling: NativeScalingOptions,
    /// How many tasks may wait.
    pub queue: NativeQueueOptions,
    /// Limits per worker.
    pub limits: NativeLimits,
    /// What is done after failures.
    pub recovery: NativeRecoveryOptions,
    /// What is taken from each worker.
    pub sandbox: NativeSandbox,
    /// What is recorded for observers.
    pub observe: NativeObserveOptions,
    /// What the core tells of its life.
    pub logging: NativeLogging,
}

/// See `NativePoolOptions` in `src/native/types.ts`.
#[napi(object, object_to_js = false)]
pub struct NativeObserveOptions {
    /// How long tasks wait and run.
    pub record_timing: bool,
}

/// See `NativeLogging` in `src/native/types.ts`.
#[napi(object, object_to_js = false)]
pub struct NativeLogging {
    /// From this level on.
    pub level: Option<String>,
    /// Whether anybody listens.
    pub wanted: bool,
}

impl NativeLogging {
    /// The log, if there is to be one.
    pub(super) fn log(&self) -> Option<Log> {
        self.wanted.then(|| Log::new(self.level.as_deref()))
    }
}

/// See `NativeScalingOptions` in `src/native/types.ts`.
#[napi(object, object_to_js = false)]
pub struct NativeScalingOptions {
    /// Milliseconds.
    pub target_queue_wait: f64,
    /// Milliseconds.
    pub interval: f64,
    /// Milliseconds.
    pub up_cooldown: f64,
    /// Share, or infinite.
    pub max_cpu: f64,
    /// Share, or infinite.
    pub max_memory: f64,
}

/// See `NativeQueueOptions` in `src/native/types.ts`.
#[napi(object, object_to_js = false)]
pub struct NativeQueueOptions {
    /// Infinite: any number.
    pub max_queue: f64,
    /// `reject` or `drop-oldest`.
    pub policy: String,
    /// Milliseconds, or infinite.
    pub ageing: f64,
}

impl NativeScalingOptions {
    fn driver_options(&self) -> ScalingOptions {
        ScalingOptions {
            target_wait: milliseconds(self.target_queue_wait),
            interval: milliseconds(self.interval),
            up_cooldown: milliseconds(self.up_cooldown),
            maximum_cpu: self.max_cpu,
            maximum_memory: self.max_memory,
        }
    }
}

impl NativeQueueOptions {
    fn driver_options(&self) -> QueueOptions {
        let drops = self.policy == "drop-oldest";
        QueueOptions {
            // A cast saturates.
            maximum: self.max_queue as usize,
            policy: if drops { QueuePolicy::DropOldest } else { QueuePolicy::Reject },
            ageing: if self.ageing.is_infinite() { Duration::MAX } else { milliseconds(self.ageing) },
        }
    }
}

/// Times in milliseconds, 0 = never.
#[napi(object, object_to_js = false)]
pub struct NativeHealthOptions {
    /// Between two looks.
    pub interval: f64,
    /// How long a worker may be stopped.
    pub stopped_timeout: f64,
    /// How long a worker in no task may leave tasks lying.
    pub unresponsive_timeout: f64,
    /// How long a task may block its worker.
    pub blocked_timeout: f64,
}

impl NativePoolOptions {
    /// What the driver is told.
    pub(super) fn driver_options(&self) -> napi::Result<DriverOptions> {
        Ok(DriverOptions {
            minimum_workers: self.min_workers as usize,
            maximum_workers: self.max_workers as usize,
            spares: self.spares as usize,
            concurrency: self.concurrency,
            idle_timeout: milliseconds(self.idle_timeout),
            queue_timeout: limit(self.queue_timeout),
            health: HealthOptions {
                interval: limit(self.health.interval),
                stopped_timeout: limit(self.health.stopped_timeout),
                unresponsive_timeout: limit(self.health.unresponsive_timeout),
                blocked_timeout: limit(self.health.blocked_timeout),
            },
            kill_grace: milliseconds(self.kill_grace),
            start_timeout: milliseconds(self.start_timeout),
            memory_policy: if self.shared_memory_policy == "reject" {
                MemoryPolicy::Reject
            } else {
                MemoryPolicy::Wait
            },
            // A cast saturates.
            maximum_shared_memory: self.max_shared_memory as u64,
            affinity: self.affinity()?,
            scaling: self.scaling.driver_options(),
            queue: self.queue.driver_options(),
            limits: self.limits.worker_limits(),
            recovery: self.recovery.core()?,
            sandbox: self.sandbox.sandbox(),
            observe: ObserveOptions { record_times: self.observe.record_timing },
            ..DriverOptions::default()
        })
    }

    fn affinity(&self) -> napi::Result<Affinity> {
        match &self.affinity {
            Either::A(word) if word == "none" => Ok(Affinity::None),
            Either::A(word) if word == "spread" => Ok(Affinity::Spread),
            Either::A(other) => Err(invalid(format!("no affinity {other:?}"))),
            Either::B(lists) => Ok(Affinity::Lists(lists.clone())),
        }
    }
}

/// From JavaScript's milliseconds; what is no time at all counts as none.
pub(super) fn milliseconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1000.0).unwrap_or_default()
}

/// As [`milliseconds`], where 0 stands for no limit.
fn limit(value: f64) -> Option<Duration> {
    Some(milliseconds(value)).filter(|limit| !limit.is_zero())
}
