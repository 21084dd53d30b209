//! Messages whose payload is lost: it came in memory of its own, and this process had no descriptor left for that.
//!
//! The worker has done nothing wrong and goes on, and its lane is what it was: only what it has sent is gone, for good, since
//! a worker keeps nothing of it. So it is the task that fails.

use super::recovery::Failed;
use super::settle::find;
use super::{Driver, PoolEvent, Sink, deadlines};
use crate::task::FailureCause;
use hatchery_lane::Completion;
use hatchery_lane::kind::completion as kind;

impl Driver {
    /// One message of a worker, without its payload. As [`handle`](Driver::handle) for others.
    pub(super) fn miss(
        &mut self,
        slot: usize,
        completion: &Completion,
        now: u64,
        sink: &mut dyn Sink,
    ) -> Result<u32, String> {
        let Some(worker) = self.workers[slot].as_mut() else { return Ok(0) };
        let cause = FailureCause::ResultLost { length: completion.message.location.length().into() };
        match completion.message.kind {
            kind::COMPLETED | kind::FAILED => {
                let index = find(&self.tasks, slot, completion)?;
                worker.unlink(&mut self.tasks, index);
                let (worker, process) = (worker.number, worker.process);
                if self.tasks.get(index).abandoned {
                    self.let_go_of_abandoned(index, worker, process, now, sink);
                } else {
                    let (thrown, suspects) = (Vec::new(), 1);
                    let failed = Failed { cause, thrown, worker, process, suspects, stderr: None };
                    self.attempt_failed(index, failed, now, sink);
                }
                Ok(1)
            }
            kind::ITEM => {
                let index = find(&self.tasks, slot, completion)?;
                // A stream with a gap is none.
                if !self.tasks.get(index).abandoned {
                    self.abandon(slot as u32, index, cause, Vec::new(), now, sink);
                }
                Ok(0)
            }
            kind::PROGRESS => {
                let index = find(&self.tasks, slot, completion)?;
                // The task may still do what it is for.
                if !self.tasks.get(index).abandoned {
                    sink.event(PoolEvent::Warning(format!("of a task's progress: {cause}")));
                }
                Ok(0)
            }
            kind::START_FAILED => {
                let reason =
                    deadlines::start_failure(&format!("a worker could not start; of its error: {cause}"));
                worker.last_words = Some(reason);
                Ok(0)
            }
            other => Err(format!("a large payload of a message of kind {other}")),
        }
    }
}
