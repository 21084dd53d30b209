//! What a task is given and what comes of it.

use crate::task::{Priority, TaskFailure, TaskState};
use crate::worker::TaskError;
use crate::{Error, task};
use std::time::Duration;

/// Hears what a task reports by [`Context::progress`](crate::worker::Context::progress), in order, on the
/// thread that drives the pool: keep it short.
pub type ProgressListener = Box<dyn FnMut(Vec<u8>) + Send>;

/// Options of one task.
#[derive(Default)]
pub struct TaskOptions {
    /// Order of service.
    pub priority: Priority,
    /// Limit of the run time, counted from when a worker begins the task; rounded up to milliseconds.
    pub timeout: Option<Duration>,
    /// Limit of the time until a worker begins it, rounded up to milliseconds: past it the task is rejected and never
    /// begins. `None`: the pool's own; [`Duration::MAX`]: none.
    pub queue_timeout: Option<Duration>,
    /// How often the task may be run again after it has failed in a way that the pool has retried: by default, when its
    /// worker died under it.
    pub retries: u8,
    /// Whether that holds for errors that it returns, and panics; by default what the pool says of [`THROWN`].
    ///
    /// [`THROWN`]: crate::driver::THROWN
    pub retry_errors: Option<bool>,
    /// Hears its progress.
    pub on_progress: Option<ProgressListener>,
}

impl std::fmt::Debug for TaskOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskOptions")
            .field("priority", &self.priority)
            .field("timeout", &self.timeout)
            .field("queue_timeout", &self.queue_timeout)
            .field("retries", &self.retries)
            .field("retry_errors", &self.retry_errors)
            .finish_non_exhaustive()
    }
}

/// The bytes a task returned, or why there are none.
pub type Outcome = Result<Vec<u8>, Rejection>;

/// An outcome on its way: small, since there are many and few of them are rejections.
pub(super) type Settlement = Result<Vec<u8>, Box<Rejection>>;

/// What the caller gets of a settlement.
pub(super) fn outcome(settlement: Settlement) -> Outcome {
    settlement.map_err(|rejection| *rejection)
}

/// Why a task has no result.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The function returned an error or panicked.
    #[error(transparent)]
    Threw(#[from] TaskError),
    /// The pool settled the task: its worker died, its time was up, it was cancelled, the pool ended.
    #[error(transparent)]
    Lost(#[from] TaskFailure),
    /// The pool did not take the task. Only from [`submit_sync`](super::Pool::submit_sync).
    #[error(transparent)]
    Refused(#[from] Error),
}

impl Rejection {
    /// The failure, if the pool settled the task.
    pub fn failure(&self) -> Option<&TaskFailure> {
        match self {
            Rejection::Lost(failure) => Some(failure),
            _ => None,
        }
    }

    /// The state the task ended in.
    pub(super) fn state(&self) -> TaskState {
        match self.failure().map(|failure| &failure.cause) {
            Some(task::FailureCause::Cancelled) => TaskState::Cancelled,
            _ => TaskState::Failed,
        }
    }
}
