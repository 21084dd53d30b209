//! The caller's side of a task.

use super::cell::Cell;
use super::hub::Hub;
use super::outcome::Outcome;
use crate::task::TaskState;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A task under way: await it, wait for it, give it a callback, or drop it, which does not cancel it.
#[must_use = "dropping it leaves the task running and its result unread"]
pub struct TaskFuture {
    cell: Arc<Cell>,
    hub: Arc<Hub>,
}

impl TaskFuture {
    pub(super) fn new(cell: Arc<Cell>, hub: Arc<Hub>) -> TaskFuture {
        TaskFuture { cell, hub }
    }

    /// Blocks until the task has settled.
    ///
    /// # Errors
    /// Why the task has no result.
    pub fn wait(self) -> Outcome {
        if let Some(outcome) = self.cell.take() {
            return outcome;
        }
        self.hub.wait(&self.cell, None);
        self.cell.take().expect("only a future that was awaited to its end has lost its outcome")
    }

    /// Blocks until the task has settled, at most for `timeout`. `None`: it has not, and goes on.
    ///
    /// # Panics
    /// If the outcome was taken by an earlier call.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Outcome> {
        // A time beyond what the clock can hold is for ever.
        let deadline = Instant::now().checked_add(timeout);
        self.hub.wait(&self.cell, deadline).then(|| self.cell.take().expect("the outcome is taken once"))
    }

    /// Cancels the task: one that has not begun never will; one that runs is settled now, told to stop, and
    /// its worker is killed if it has not ended after the grace. False: it had settled before.
    pub fn cancel(&self) -> bool {
        self.hub.cancel(&self.cell)
    }

    /// Calls `callback` with the outcome: now if it is there, else on the thread that drives the pool, which
    /// must not be held up. A panic in it is caught and goes nowhere but to the panic hook.
    pub fn on_complete(self, callback: impl FnOnce(Outcome) + Send + 'static) {
        if let Some((callback, outcome)) = self.cell.call_back(Box::new(callback)) {
            callback(outcome);
        }
    }

    /// Where the task is in its life.
    pub fn state(&self) -> TaskState {
        self.hub.state(&self.cell)
    }
}

impl Future for TaskFuture {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        match self.cell.poll(context.waker()) {
            Some(outcome) => Poll::Ready(outcome),
            None => Poll::Pending,
        }
    }
}

impl std::fmt::Debug for TaskFuture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskFuture").field("id", &self.cell.id()).finish_non_exhaustive()
    }
}
