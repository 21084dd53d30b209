//! What a pool knows of itself, for those who watch it. Nothing in here decides anything.
//!
//! - `statistics`     the pool at one moment, and its workers
//! - `time_histogram` how long things took
//! - `usage`          what the kernel knows of the workers
//! - `lane_times`     what workers have recorded
//! - `recent_times`   how long things took within the last minute
//! - `submissions`    when tasks were submitted
//! - `restarts`       why workers were replaced
//! - `log`            what happens, as events of the crate `tracing`
//! - `metrics`        all of it as Prometheus reads it

mod lane_times;
pub mod log;
pub mod metrics;
mod recent_times;
mod restarts;
mod statistics;
mod submissions;
mod time_histogram;
mod usage;

pub(crate) use lane_times::take_up;
pub(crate) use recent_times::Looks;
pub use recent_times::RecentTimes;
pub use restarts::{RestartCounts, RestartReason};
pub(crate) use statistics::ProcessorTime;
pub use statistics::{CurrentTask, ProcessUsage, StartTimes, Statistics, TaskTimes, WorkerStatistics};
pub(crate) use submissions::Submissions;
pub use time_histogram::TimeHistogram;
