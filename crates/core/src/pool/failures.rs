//! The host's last word on failures, and the quarantine, for Rust programs.

use super::hub::Hub;
use super::sink::Collector;
use super::{Pool, TaskFuture, TaskOptions, lock};
use crate::driver::{QuarantinedTask, Strategy, Undecided};
use crate::task::TaskFailure;
use crate::worker::TaskError;
use crate::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Has the last word.
pub(super) type Decide = Box<dyn FnMut(&FailureReport) -> Option<Strategy> + Send>;

/// A failure, for [`Builder::on_failure`](super::Builder::on_failure).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailureReport {
    /// Its code, as in [`Rules`](crate::driver::Rules).
    pub code: String,
    /// What is done if there is no answer.
    pub strategy: Strategy,
    /// Name of the task that failed; none if a worker died without one, or the pool is about to give up.
    pub task: Option<String>,
    /// The error that the task returned, or its panic, if that is what happened.
    pub error: Option<TaskError>,
    /// What happened to a task or a worker; none if the pool is about to give up.
    pub failure: Option<TaskFailure>,
    /// Attempts that may still be made.
    pub retries_left: u8,
    /// Workers that have died under the task.
    pub crashes: u32,
    /// In words, or as JSON, where there is no failure of a task.
    pub detail: String,
}

impl FailureReport {
    /// From the driver's question; the task's name is still to come, for which its number is returned.
    pub(super) fn new(undecided: &Undecided<'_>) -> (FailureReport, Option<u32>) {
        let task = undecided.task.as_ref();
        let report = FailureReport {
            code: undecided.code.to_owned(),
            strategy: undecided.strategy,
            task: None,
            error: task.and_then(|task| task.thrown).map(TaskError::decode),
            failure: undecided.failure.cloned(),
            retries_left: task.map_or(0, |task| task.retries_left),
            crashes: task.map_or(0, |task| task.crashes),
            detail: undecided.detail.to_owned(),
        };
        (report, task.map(|task| task.function))
    }
}

impl Hub {
    /// Has a question answered, and acts on it.
    pub(super) fn answer(&self, question: u32, mut report: FailureReport, function: Option<u32>) {
        report.task = function.and_then(|function| self.names.get(function as usize).cloned());
        // Taken out while it runs, so that it may call the pool.
        let decide = lock(&self.decide).take();
        let mut decision = None;
        if let Some(mut decide) = decide {
            // A panic is no answer.
            decision = catch_unwind(AssertUnwindSafe(|| decide(&report))).unwrap_or_default();
            *lock(&self.decide) = Some(decide);
        }
        self.with_driver(|driver, collector| {
            driver.decide(question, decision.unwrap_or(report.strategy), collector);
        });
    }
}

impl Pool {
    /// The tasks that have killed too many workers, oldest first.
    pub fn quarantine(&self) -> Vec<QuarantinedTask> {
        self.owner.hub.with_driver(|driver, _| driver.quarantine().cloned().collect())
    }

    /// The name under which a task in quarantine was submitted.
    pub fn task_name(&self, task: &QuarantinedTask) -> &str {
        self.owner.hub.names.get(task.function as usize).map_or("", String::as_str)
    }

    /// Removes a task from the quarantine, by its number; whether it was there.
    pub fn remove_from_quarantine(&self, number: u32) -> bool {
        self.owner.hub.with_driver(|driver, _| driver.release_from_quarantine(number)).is_some()
    }

    /// Removes all tasks from the quarantine.
    pub fn clear_quarantine(&self) {
        self.owner.hub.with_driver(|driver, _| driver.clear_quarantine());
    }

    /// Takes a task out of the quarantine and runs it once more, as a new one, with its priority and time limit.
    ///
    /// # Errors
    /// There is none of that number, or its payload was not kept; or as [`submit_with`](Pool::submit_with), and then it
    /// stays in quarantine.
    pub fn rerun_from_quarantine(&self, number: u32, retries: u8) -> Result<TaskFuture> {
        let hub = &self.owner.hub;
        let found =
            hub.with_driver(|driver, _| driver.quarantine().find(|task| task.number == number).cloned());
        let gone = || {
            Error::InvalidOption(format!("there is no task {number} in quarantine that could be run again"))
        };
        let QuarantinedTask { function, priority, timeout, payload, .. } = found.ok_or_else(gone)?;
        let timeout = (timeout > 0).then(|| Duration::from_millis(timeout.into()));
        let options = TaskOptions { priority, timeout, retries, ..TaskOptions::default() };
        let cell = hub.submit(function, &payload.ok_or_else(gone)?, options)?;
        self.remove_from_quarantine(number);
        Ok(TaskFuture::new(cell, Arc::clone(hub)))
    }
}

/// What the sink leaves for the time after the turn.
pub(super) fn note(collector: &mut Collector, undecided: &Undecided<'_>) {
    let (report, function) = FailureReport::new(undecided);
    let question = undecided.question;
    collector.deliveries.push(super::sink::Delivery::Undecided(question, Box::new(report), function));
}
