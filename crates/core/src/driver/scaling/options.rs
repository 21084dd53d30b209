//! What scaling is told, and what it tells.

use crate::{Error, Result};
use std::time::Duration;

/// Options of scaling. The bounds are those of the pool.
#[derive(Clone, Copy, Debug)]
pub struct ScalingOptions {
    /// Tasks should not wait for longer; if they do, or would at the present pace, workers are added.
    pub target_wait: Duration,
    /// Time without a break that tasks wait, if shortly, after which a worker is added all the same; and the longest
    /// pause between two looks at whether a worker may be added.
    pub interval: Duration,
    /// Least time between two additions.
    pub up_cooldown: Duration,
    /// Share of the processors' time that workers use from which on more of them than processors are of no use, as long
    /// as tasks get done; infinite: they always are.
    pub maximum_cpu: f64,
    /// Share of the memory (of the machine, or of a control group if that is scarcer) that may be in use once a worker
    /// has been added; infinite: whatever there is.
    pub maximum_memory: f64,
}

impl Default for ScalingOptions {
    fn default() -> ScalingOptions {
        ScalingOptions {
            target_wait: Duration::from_millis(5),
            interval: Duration::from_millis(100),
            up_cooldown: Duration::ZERO,
            maximum_cpu: 0.9,
            maximum_memory: 0.95,
        }
    }
}

impl ScalingOptions {
    /// # Errors
    /// [`Error::InvalidOption`] naming the option.
    pub fn validate(&self) -> Result<()> {
        for (name, share) in [("maximum_cpu", self.maximum_cpu), ("maximum_memory", self.maximum_memory)] {
            if share.is_nan() || share <= 0.0 {
                return Err(Error::InvalidOption(format!("{name} ({share}) must be above 0")));
            }
        }
        if self.interval.is_zero() {
            return Err(Error::InvalidOption("interval must be above zero".into()));
        }
        Ok(())
    }
}

/// Why the number of workers changes, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleReason {
    /// The minimum is started.
    Start,
    /// Tasks wait, or would, for longer than the target.
    QueueWait,
    /// A worker had nothing to do.
    Idle,
    /// The pool was resized.
    Resize,
    /// A reload has started a worker beside an old one, or the old one gets no more tasks.
    Reload,
    /// A worker has ended and is not needed.
    Exit,
    /// Tasks wait, but the workers there are use up the processors.
    Cpu,
    /// Tasks wait, but there is no memory for another worker.
    Memory,
}

impl ScaleReason {
    /// As it is written in events.
    pub fn as_str(self) -> &'static str {
        match self {
            ScaleReason::Start => "start",
            ScaleReason::QueueWait => "queue-wait",
            ScaleReason::Idle => "idle",
            ScaleReason::Resize => "resize",
            ScaleReason::Reload => "reload",
            ScaleReason::Exit => "exit",
            ScaleReason::Cpu => "cpu",
            ScaleReason::Memory => "memory",
        }
    }
}
