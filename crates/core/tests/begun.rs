//! When observed tasks begin, as their workers tell of it.

mod support;

use hatchery_core::Result;
use hatchery_core::driver::{Driver, DriverOptions, HealthOptions, Submission};
use hatchery_core::worker::{self, Registry};
use hatchery_core::zygote::WorkerAttachment;
use hatchery_lane::kind::{completion, submission};
use hatchery_lane::{Message, WorkerLane};
use hatchery_sys::{clock, descriptor};
use std::os::fd::AsFd;
use std::time::Duration;
use support::{Heard, PATIENCE, close, launcher, turn_until};

fn main() {
    support::run(&[
        ("a_beginning_is_told_while_the_task_runs", a_beginning_is_told_while_the_task_runs),
        ("a_beginning_is_believed_within_what_can_be", a_beginning_is_believed_within_what_can_be),
    ]);
}

/// A driver of one worker, at which nothing happens by itself.
fn driver(work: fn(WorkerAttachment) -> Result<()>) -> Driver {
    let options = DriverOptions {
        minimum_workers: 1,
        maximum_workers: 1,
        start_timeout: 10 * PATIENCE,
        health: HealthOptions { interval: None, ..HealthOptions::default() },
        ..DriverOptions::default()
    };
    Driver::new(options, Box::new(launcher(work))).unwrap()
}

fn observed(function: u32) -> Submission {
    Submission { observed: true, ..Submission::plain(0, function) }
}

fn a_beginning_is_told_while_the_task_runs() {
    fn work(attachment: WorkerAttachment) -> Result<()> {
        let patient = |context: &mut worker::Context<'_>, _: &[u8]| {
            while !context.is_cancelled() {
                std::thread::yield_now();
            }
            Ok(Vec::new())
        };
        let tasks = Registry::new().task("echo", |_, bytes| Ok(bytes.to_vec())).task("patient", patient);
        worker::run(attachment, &tasks)
    }
    let (mut driver, mut heard) = (driver(work), Heard::default());
    // So that it is there.
    driver.submit(observed(0), &[]).unwrap();
    driver.flush();
    turn_until(&mut driver, &mut heard, |heard| heard.completed.len() == 1);
    let task = driver.submit(observed(1), &[]).unwrap();
    driver.flush();
    turn_until(&mut driver, &mut heard, |heard| heard.begun.len() == 2);
    assert_eq!((heard.begun[1].task, heard.completed.len()), (task, 1));
    driver.cancel(task, &mut heard);
    close(driver, &mut heard);
}

fn a_beginning_is_believed_within_what_can_be() {
    const LIES: [f64; 7] = [0.0, -1e9, 1.0, 1e15, 1e300, f64::NAN, f64::INFINITY];
    /// Ends each task at once, and says that it began at the time that its argument says.
    fn work(attachment: WorkerAttachment) -> Result<()> {
        let mut lane = WorkerLane::attach(attachment.lane)?;
        let mut say = |kind, about: &Message, payload: &[u8]| {
            let message = Message { kind, flags: 0, ..*about };
            lane.completions.push_inline(&message, payload).unwrap();
            lane.completions.publish();
            lane.completions.wake_needed();
            attachment.completion_event.notify()
        };
        say(completion::READY, &Message::default(), b"{}")?;
        let mut next = hatchery_lane::Submission::default();
        loop {
            let watched = [attachment.submission_event.as_fd(), attachment.control.as_fd()];
            if descriptor::wait_readable(&watched, Some(Duration::from_millis(1)))?[1] {
                return Ok(());
            }
            while lane.submissions.read(&mut next) {
                if lane.submissions.claim(next.position) && next.message.kind == submission::RUN {
                    say(completion::STARTED, &next.message, next.inline())?;
                    say(completion::COMPLETED, &next.message, &[])?;
                }
            }
            lane.submissions.release();
        }
    }
    let (mut driver, mut heard) = (driver(work), Heard::default());
    for (at, lie) in LIES.into_iter().enumerate() {
        let before = clock::monotonic_nanoseconds();
        driver.submit(observed(0), &lie.to_le_bytes()).unwrap();
        driver.flush();
        turn_until(&mut driver, &mut heard, |heard| heard.completed.len() > at);
        let begun = heard.begun[at].at;
        assert!((before..=clock::monotonic_nanoseconds()).contains(&begun), "{lie} is told as {begun}");
    }
    assert!(heard.failures.is_empty(), "{:?}", heard.failures);
    close(driver, &mut heard);
}
