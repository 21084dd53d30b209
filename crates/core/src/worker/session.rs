//! The loop of a native worker: take, run, answer; sleep when there is nothing.
//!
//! Under load there are no system calls: arguments and results travel in the lane, and host and worker wake
//! each other only when the other one sleeps.

use super::control::{Control, Leave};
use super::inbound::Inbound;
use super::outbound::Outbound;
use super::stopwatch::Stopwatch;
use super::{Context, Registry, TaskError};
use crate::patience::Patience;
use crate::zygote::{WorkerAttachment, report};
use crate::{Error, Result};
use hatchery_lane::kind::wish::{ANNOUNCE_START, REPORT_START};
use hatchery_lane::kind::{completion, submission};
use hatchery_lane::{Message, Submission, WorkerLane};
use hatchery_sys::{ArmedLifeline, EventFd, descriptor, process};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Slots read before they are given back to the host: often enough that it never runs short, seldom enough
/// that the cache line with the index stays here.
const RELEASE_EVERY: u32 = 64;

/// No more tasks than this between two waits are few: then it may pay to wait awake.
const FEW: u32 = 8;

/// Looks at the ring between two yields of the processor: a look costs far less than a yield.
const LOOKS: usize = 16;

/// Runs tasks until the host wants no more or is gone. Call it in the process of the worker.
///
/// # Errors
/// The lane is unusable, or the kernel refused an operation. The worker should leave with a code that is
/// not 0.
pub fn run(attachment: WorkerAttachment, registry: &Registry) -> Result<()> {
    let conditions = attachment.conditions.clone();
    let mut session = Session::attach(attachment)?;
    if let Err(error) = conditions.apply() {
        session.refuse(&error)?;
        return Err(error);
    }
    session.announce()?;
    let served = session.serve(registry);
    if session.control.leave() == Some(Leave::Orphaned) {
        // Nobody is left to end what tasks have started. (The lifeline would, had this not come first.)
        process::exit_with_group();
    }
    served
}

struct Session {
    worker: u32,
    lane: LaneParts,
    outbound: Outbound,
    inbound: Inbound,
    control: Control,
    submission_event: EventFd,
    patience: Patience,
    stopwatch: Stopwatch,
    /// Held: kills this process at the host's end.
    _lifeline: ArmedLifeline,
}

/// What remains of the lane when the completion ring has gone to `Outbound`.
struct LaneParts {
    submissions: hatchery_lane::SubmissionConsumer,
    arena: hatchery_lane::Arena,
    heart: hatchery_lane::Heart,
}

impl Session {
    fn attach(attachment: WorkerAttachment) -> Result<Session> {
        // The name is what `ps` shows; without it the worker works as well.
        let _ = process::set_process_name(&format!("hatchery-w{}", attachment.worker));
        let WorkerLane { submissions, completions, arena, heart, times, .. } =
            WorkerLane::attach(attachment.lane)?;
        Ok(Session {
            worker: attachment.worker,
            lane: LaneParts { submissions, arena, heart },
            outbound: Outbound::new(completions, attachment.completion_event),
            inbound: Inbound::default(),
            control: Control::new(attachment.control),
            submission_event: attachment.submission_event,
            patience: Patience::default(),
            stopwatch: Stopwatch::new(times),
            _lifeline: attachment.lifeline,
        })
    }

    fn announce(&mut self) -> Result<()> {
        self.say(completion::READY, b"{}")
    }

    /// Tells why this worker does not take up its work.
    fn refuse(&mut self, error: &Error) -> Result<()> {
        self.say(completion::START_FAILED, report(error).as_bytes())
    }

    /// Says something that is about no task.
    fn say(&mut self, kind: u32, payload: &[u8]) -> Result<()> {
        let nothing = Message::default();
        self.outbound.push(&self.lane.arena, &mut self.control, kind, &nothing, payload)?;
        self.outbound.wake().map(drop)
    }

    fn serve(&mut self, registry: &Registry) -> Result<()> {
        let mut next = Submission::default();
        self.stopwatch.start();
        loop {
            let mut read = 0;
            let mut tasks: u32 = 0;
            while self.lane.submissions.read(&mut next) {
                self.take(&next, registry)?;
                read += 1;
                tasks = tasks.saturating_add(1);
                if read == RELEASE_EVERY {
                    self.lane.submissions.release();
                    read = 0;
                }
            }
            self.lane.submissions.release();
            self.stopwatch.stop();
            let few = tasks <= FEW;
            if few && self.patience.wait(LOOKS, || self.lane.submissions.has_next()) {
                self.stopwatch.start();
                continue;
            }
            if self.lane.submissions.park() {
                self.patience.sleep(few);
                let left = self.sleep()?;
                self.lane.submissions.unpark();
                // Here and not with each task: those are heard of anyway, and this is what the host asks for.
                self.lane.heart.beat();
                self.patience.wake(Instant::now());
                if left {
                    return Ok(());
                }
            }
            self.stopwatch.start();
        }
    }

    /// Runs what a slot asks for.
    #[inline]
    fn take(&mut self, next: &Submission, registry: &Registry) -> Result<()> {
        if !self.lane.submissions.claim(next.position) {
            return Inbound::discard(&self.lane.arena, &mut self.control, next);
        }
        if next.message.kind == submission::REHEARSE {
            let kind = completion::COMPLETED;
            self.outbound.push(&self.lane.arena, &mut self.control, kind, &next.message, &[])?;
            self.outbound.wake()?;
        }
        if next.message.kind != submission::RUN {
            // Native workers know their functions from the registry.
            return Inbound::discard(&self.lane.arena, &mut self.control, next);
        }
        self.stopwatch.begin(next.message.stamp);
        if next.message.flags & REPORT_START != 0 {
            self.outbound.report_start(&self.lane.arena, &mut self.control, &next.message)?;
            if next.message.flags & ANNOUNCE_START != 0 {
                self.outbound.wake()?;
            }
        }
        let length = next.message.location.length();
        let argument = self.inbound.take(&self.lane.arena, &mut self.control, next)?;
        let mut context = Context {
            message: &next.message,
            worker: self.worker,
            outbound: &mut self.outbound,
            arena: &self.lane.arena,
            control: &mut self.control,
        };
        let outcome = match argument {
            Some(argument) => call(registry, &mut context, argument),
            None => Err(TaskError::new(format!(
                "the argument of {length} bytes is lost, since the worker had no file descriptor left to receive it by \
                 (EMFILE)"
            ))),
        };
        let (kind, value) = match outcome {
            Ok(value) => (completion::COMPLETED, value),
            Err(error) => (completion::FAILED, error.encode()),
        };
        self.outbound.push(&self.lane.arena, &mut self.control, kind, &next.message, &value)?;
        let woken = self.outbound.wake()?;
        self.stopwatch.end(woken, || self.outbound.clock());
        Ok(())
    }

    /// Sleeps until the host publishes or speaks. True: leave.
    fn sleep(&mut self) -> Result<bool> {
        // A task that looked for its cancellation may have read the word already.
        if self.control.leave().is_some() {
            return Ok(true);
        }
        let ready = descriptor::wait_readable(&[self.submission_event.as_fd(), self.control.as_fd()], None)?;
        if ready[0] {
            self.submission_event.drain()?;
        }
        if ready[1] {
            self.control.poll()?;
        }
        Ok(self.control.leave().is_some())
    }
}

/// Calls the function; a panic becomes an error.
#[inline]
fn call(
    registry: &Registry,
    context: &mut Context<'_>,
    argument: &[u8],
) -> std::result::Result<Vec<u8>, TaskError> {
    let Some(function) = registry.function(context.message.function) else {
        return Err(TaskError::new(format!("no task has the number {}", context.message.function)));
    };
    // What a panic leaves half done is the function's own state; the loop's is whole between its own calls.
    match catch_unwind(AssertUnwindSafe(|| function(context, argument))) {
        Ok(result) => result,
        Err(panic) => Err(TaskError::from_panic(&*panic)),
    }
}
