//! What has become of a task so far.

use super::super::nanoseconds;
use crate::task::{Attempt, FailureCause};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Attempts that are remembered of one task; of more, the first and the latest.
const REMEMBERED: usize = 16;

/// What is known of a task that has failed before, or has wishes of its own about that.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Workers that died under it, and under it alone.
    pub crashes: u32,
    /// Its failed attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// It is one of several that a worker may have died of: run without neighbours, the next death says which.
    pub alone: bool,
    /// Whether errors that it throws are retried, if it is not as for all tasks.
    pub retry_errors: Option<bool>,
    pub standing: Standing,
}

/// Where the task is that has the record.
#[derive(Debug, Default)]
pub(super) enum Standing {
    /// In a queue, or with a worker.
    #[default]
    Listed,
    /// Its next attempt is due then, CLOCK_MONOTONIC nanoseconds.
    Waiting(u64),
    /// The host has the last word.
    Undecided(Failed),
    /// Its time is up, and its worker has not let go of it yet.
    Overrun(FailureCause),
}

/// An attempt that has failed.
#[derive(Debug)]
pub(in super::super) struct Failed {
    pub cause: FailureCause,
    /// The error that it threw, encoded, if that is the cause.
    pub thrown: Vec<u8>,
    pub worker: u32,
    pub process: u32,
    /// Tasks that ran in the worker as it died, this one included.
    pub suspects: u32,
    /// The end of the worker's standard error, if it died.
    pub stderr: Option<Arc<str>>,
}

impl Record {
    /// Remembers an attempt.
    pub(super) fn remember(&mut self, attempt: u16, failed: &Failed) {
        if self.attempts.len() == REMEMBERED {
            self.attempts.remove(1);
        }
        self.attempts.push(Attempt {
            attempt,
            worker: failed.worker,
            process: failed.process,
            cause: failed.cause.clone(),
            suspects: failed.suspects,
            at: SystemTime::now(),
        });
    }

    /// Puts the next attempt off by `pause` from `now` on; when it is due.
    pub(super) fn wait(&mut self, now: u64, pause: Duration) -> u64 {
        let due = now.saturating_add(nanoseconds(pause));
        self.standing = Standing::Waiting(due);
        due
    }
}
