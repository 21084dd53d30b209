//! What a pool knows of itself, for those who watch it. Nothing in here decides anything.
//!
//! - `statistics`     the pool at one moment, and its workers
//! - `time_histogram` how long things took
//! - `usage`          what the kernel knows of the workers
//! - `restarts`       why workers were replaced
//! - `metrics`        all of it as Prometheus reads it

pub mod metrics;
mod restarts;
mod statistics;
mod time_histogram;
mod usage;

pub use restarts::{RestartCounts, RestartReason};
pub(crate) use statistics::ProcessorTime;
pub use statistics::{CurrentTask, ProcessUsage, StartTimes, Statistics, WorkerStatistics};
pub use time_histogram::TimeHistogram;
