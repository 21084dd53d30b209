//! What the driver is told at its creation.

use super::admission::QueueOptions;
use super::affinity::Affinity;
use super::health::HealthOptions;
use super::limits::WorkerLimits;
use super::records::ObserveOptions;
use super::recovery::RecoveryOptions;
use super::scaling::ScalingOptions;
use super::segments::MemoryPolicy;
use crate::sandbox::Sandbox;
use crate::{Error, Result};
use hatchery_lane::Geometry;
use std::time::Duration;

/// Options of the driver. The hosts validate user input; this is the last line of defence.
#[derive(Clone, Debug)]
pub struct DriverOptions {
    /// Workers kept alive even when idle; 0: the first is started when a task comes.
    pub minimum_workers: usize,
    /// Workers at most.
    pub maximum_workers: usize,
    /// Workers beyond those, started and idle, that replace one that dies or are one more at once.
    pub spares: usize,
    /// Tasks a worker may have begun at once; above 1 only asynchronous tasks gain by it.
    pub concurrency: u32,
    /// Idle time after which workers above the minimum leave; zero keeps them.
    pub idle_timeout: Duration,
    /// Time that a task may wait until a worker begins it, unless it says otherwise; `None`: any.
    pub queue_timeout: Option<Duration>,
    /// When workers are looked at, and what is too long.
    pub health: HealthOptions,
    /// Time between asking a task to stop and killing its worker.
    pub kill_grace: Duration,
    /// Time a worker (or the zygote) may take until it is ready.
    pub start_timeout: Duration,
    /// Starts in a row that may fail before the pool fails.
    pub maximum_start_failures: u32,
    /// When workers are added, between minimum and maximum.
    pub scaling: ScalingOptions,
    /// How many tasks may wait.
    pub queue: QueueOptions,
    /// Bytes that all segments and large payloads on their way to workers may take up.
    pub maximum_shared_memory: u64,
    /// What becomes of a task with a large payload beyond that.
    pub memory_policy: MemoryPolicy,
    /// What is done after failures.
    pub recovery: RecoveryOptions,
    /// Processors of the workers.
    pub affinity: Affinity,
    /// What each worker may use, and how long it is kept.
    pub limits: WorkerLimits,
    /// What is taken from each worker.
    pub sandbox: Sandbox,
    /// What is recorded for observers.
    pub observe: ObserveOptions,
    /// Layout of each worker's lane.
    pub geometry: Geometry,
}

impl Default for DriverOptions {
    fn default() -> Self {
        let parallelism = hatchery_sys::cpu::default_parallelism();
        DriverOptions {
            minimum_workers: parallelism,
            maximum_workers: parallelism,
            spares: 0,
            concurrency: 1,
            idle_timeout: Duration::ZERO,
            queue_timeout: None,
            health: HealthOptions::default(),
            kill_grace: Duration::from_millis(100),
            start_timeout: Duration::from_secs(30),
            maximum_start_failures: 5,
            scaling: ScalingOptions::default(),
            queue: QueueOptions::default(),
            maximum_shared_memory: u64::MAX,
            memory_policy: MemoryPolicy::Wait,
            recovery: RecoveryOptions::default(),
            affinity: Affinity::None,
            limits: WorkerLimits::default(),
            sandbox: Sandbox::default(),
            observe: ObserveOptions::default(),
            geometry: Geometry::default(),
        }
    }
}

impl DriverOptions {
    /// # Errors
    /// [`Error::InvalidOption`] naming the option.
    pub fn validate(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::InvalidOption(message));
        if self.maximum_workers == 0 {
            return invalid("maximum_workers must be at least 1".into());
        }
        if self.maximum_workers < self.minimum_workers {
            return invalid(format!(
                "maximum_workers ({}) must not be below minimum_workers ({})",
                self.maximum_workers, self.minimum_workers
            ));
        }
        if self.spares > 64 {
            return invalid(format!("spares ({}) must be at most 64", self.spares));
        }
        if self.maximum_workers > 4096 {
            return invalid(format!("maximum_workers ({}) must be at most 4096", self.maximum_workers));
        }
        if self.concurrency == 0 || self.concurrency > self.geometry.submission_slots / 2 {
            return invalid(format!(
                "concurrency ({}) must be from 1 to half the submission slots ({})",
                self.concurrency,
                self.geometry.submission_slots / 2
            ));
        }
        self.scaling.validate()?;
        self.recovery.validate()?;
        self.affinity.validate()?;
        self.health.validate()?;
        self.limits.validate()?;
        self.sandbox.check()?;
        self.geometry.validate()?;
        Ok(())
    }
}
