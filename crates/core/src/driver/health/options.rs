//! When workers are looked at, and what is too long.

use crate::{Error, Result};
use std::time::Duration;

/// Limits of the health of workers. In none of them, as it is by default, does a task that only takes long die; run time
/// is limited by the task's own `timeout`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthOptions {
    /// Time between two looks at the workers that have tasks; `None`: nobody looks.
    pub interval: Option<Duration>,
    /// How long a worker may be stopped (SIGSTOP) before it is killed; `None`: for ever.
    pub stopped_timeout: Option<Duration>,
    /// How long a worker that is in no task may fail to take up those it is given before it is killed; they go to others
    /// at once. `None`: for ever.
    pub unresponsive_timeout: Option<Duration>,
    /// How long a task may keep its worker from turning without computing anything (a lock, a child process that is
    /// waited for) before that is killed; `None`, the default: for ever.
    pub blocked_timeout: Option<Duration>,
}

impl Default for HealthOptions {
    fn default() -> HealthOptions {
        HealthOptions {
            interval: Some(Duration::from_secs(1)),
            stopped_timeout: Some(Duration::from_secs(10)),
            unresponsive_timeout: Some(Duration::from_secs(30)),
            blocked_timeout: None,
        }
    }
}

impl HealthOptions {
    /// # Errors
    /// [`Error::InvalidOption`] naming the option.
    pub fn validate(&self) -> Result<()> {
        match self.interval {
            Some(interval) if interval < Duration::from_millis(1) => {
                Err(Error::InvalidOption("health.interval must be at least 1 ms".into()))
            }
            _ => Ok(()),
        }
    }
}
