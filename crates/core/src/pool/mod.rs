//! The API for Rust programs: a pool of worker processes that run registered functions.
//!
//! ```no_run
//! use hatchery_core::pool::Pool;
//!
//! // Before any thread is started: the workers are forks of this process.
//! let pool = Pool::builder()
//!     .workers(2..=4)
//!     .task("double", |_, bytes| Ok(bytes.iter().map(|byte| byte * 2).collect()))
//!     .build()?;
//! let answer = pool.submit("double", &[1, 2, 3])?.wait();
//! assert_eq!(answer.unwrap(), [2, 4, 6]);
//! pool.close();
//! # Ok::<(), hatchery_core::Error>(())
//! ```
//!
//! A thread of the pool's own hosts the driver. A caller who waits for the only task there is drives it
//! himself instead, which saves two changes of thread on the way of the result.
//!
//! - `builder`  options, and starting it all
//! - `zygote`   where the workers come from
//! - `hub`      what all threads share: inbox, driver, delivery
//! - `seat`     which thread drives
//! - `thread`   the pool's own thread
//! - `wait`     waiting, or driving instead
//! - `cell`     one task, between its two sides
//! - `failures` the host's word on failures, and the quarantine
//! - `sink`     a turn's results, on their way to the cells

mod builder;
mod cell;
mod failures;
mod future;
mod hub;
mod inbox;
mod outcome;
mod seat;
mod sink;
mod thread;
mod wait;
mod zygote;

pub use builder::Builder;
pub use failures::FailureReport;
pub use future::TaskFuture;
pub use outcome::{Outcome, ProgressListener, Rejection, TaskOptions};
pub use zygote::run_if_zygote;

pub use crate::driver::{
    Affinity, Backoff, GroupLimits, Health, HealthOptions, LeafLimits, PoolEvent, QuarantinedTask,
    RESTART_LIMIT, RecoveryOptions, RecycleReason, Rule, Rules, ScaleReason, ScalingOptions, Statistics,
    Strategy, THROWN, WorkerLimits, WorkerStatistics,
};
pub use crate::task::{Attempt, FailureCause, Priority, TaskFailure, TaskState};
pub use crate::worker::{Context, Registry, TaskError};
pub use crate::zygote::ProcessLimits;

use crate::Result;
use hub::Hub;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// A pool of worker processes. Clones are handles on the same pool; when the last one is dropped, the pool is
/// destroyed.
#[derive(Clone)]
pub struct Pool {
    owner: Arc<Owner>,
}

/// Ends the pool when the last handle goes.
struct Owner {
    hub: Arc<Hub>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Pool {
    /// Starts describing a pool.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn new(hub: Arc<Hub>, thread: JoinHandle<()>) -> Pool {
        Pool { owner: Arc::new(Owner { hub, thread: Mutex::new(Some(thread)) }) }
    }

    /// Submits a task with default options. The payload is copied.
    ///
    /// # Errors
    /// As [`submit_with`](Pool::submit_with).
    pub fn submit(&self, name: &str, payload: &[u8]) -> Result<TaskFuture> {
        self.submit_with(name, payload, TaskOptions::default())
    }

    /// Submits a task. The payload is copied.
    ///
    /// # Errors
    /// `TaskUnknown`, `PoolClosed`, `PoolFailed`, `QueueFull` (all of [`Error`](crate::Error)), or
    /// `InvalidOption` for a payload over 4 GiB. The task was not taken.
    pub fn submit_with(&self, name: &str, payload: &[u8], options: TaskOptions) -> Result<TaskFuture> {
        let hub = &self.owner.hub;
        let cell = hub.submit(hub.function(name)?, payload, options)?;
        Ok(TaskFuture::new(cell, Arc::clone(hub)))
    }

    /// Submits a task and waits for it. With nothing else under way this is the quickest way to a result.
    ///
    /// # Errors
    /// Any [`Rejection`]; [`Rejection::Refused`] if the task was not taken.
    pub fn submit_sync(&self, name: &str, payload: &[u8], options: TaskOptions) -> Outcome {
        let hub = &self.owner.hub;
        hub.function(name)
            .and_then(|function| hub.submit_and_wait(function, payload, options))
            .unwrap_or_else(|error| Err(Rejection::Refused(error)))
    }

    /// Sets how many workers there are at least and at most, from now on. Those that are too many finish what they have
    /// begun. [`PoolEvent::Resized`] tells when the pool is as large as that.
    ///
    /// # Errors
    /// `InvalidOption`, `PoolClosed` (of [`Error`](crate::Error)).
    pub fn resize(&self, count: RangeInclusive<usize>) -> Result<()> {
        self.owner.hub.resize(*count.start(), *count.end())
    }

    /// Has this worker replaced, or every one, some at a time: others are ready before it gets no more tasks, and it ends
    /// what it has begun. [`PoolEvent::WorkerRecycled`] tells of each. Returns how many that will be.
    pub fn recycle(&self, worker: Option<u32>) -> usize {
        self.owner.hub.recycle(worker)
    }

    /// The pool at this moment. What the kernel knows of the workers is added by
    /// [`look_at_processes`](Statistics::look_at_processes).
    pub fn statistics(&self) -> Statistics {
        self.owner.hub.statistics()
    }

    /// Takes no more tasks, finishes those it has, and returns when no process of the pool is left. Calling it
    /// from a callback of this pool would wait for itself; there, use [`begin_close`](Pool::begin_close).
    pub fn close(&self) {
        self.begin_close();
        self.wait_closed();
    }

    /// Takes no more tasks; returns at once.
    pub fn begin_close(&self) {
        self.owner.hub.close();
    }

    /// Settles every pending task as failed by the closing, kills the workers, and returns when no process of
    /// the pool is left.
    pub fn destroy(&self) {
        self.owner.hub.destroy();
        self.wait_closed();
    }

    /// Returns when the pool has ended, for whatever reason.
    pub fn wait_closed(&self) {
        self.owner.hub.wait_ended();
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.hub.destroy();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            // Dropped in a callback it runs on that very thread, which ends by itself.
            && thread.thread().id() != std::thread::current().id()
        {
            // It panics in callbacks only, and those are caught; there is nobody to tell here anyway.
            let _ = thread.join();
        }
    }
}

/// Locks; a panic of another holder leaves nothing half done that would matter, since callbacks never run
/// under a lock.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
