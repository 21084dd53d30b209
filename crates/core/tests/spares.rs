//! Spares rehearse, and nothing of that counts; a worker that says it has without having been asked is found out.

mod support;

use hatchery_core::Result;
use hatchery_core::driver::{Driver, DriverOptions, Submission};
use hatchery_core::task::FailureCause;
use hatchery_core::zygote::WorkerAttachment;
use hatchery_lane::kind::{completion, submission};
use hatchery_lane::{Message, WorkerLane};
use hatchery_sys::{descriptor, process};
use std::os::fd::AsFd;
use std::time::Duration;
use support::{Heard, close, launcher, turn_until};

fn main() {
    support::run(&[
        ("a_spare_has_rehearsed_when_its_task_comes", rehearsed),
        ("the_end_of_a_rehearsal_that_nobody_asked_for_is_the_worker_s_fault", unasked),
    ]);
}

/// What a task here is asked to do.
const DIE: &[u8] = b"d";
const COUNT: &[u8] = b"c";
const LIE: &[u8] = b"l";

fn rehearsed() {
    let (mut driver, mut heard) = pool();
    submit(&mut driver, 1, COUNT);
    turn_until(&mut driver, &mut heard, |heard| heard.ready == 2 && heard.completed.len() == 1);
    assert_eq!(heard.completed[0].1, [0], "who is no spare has a task at once");
    submit(&mut driver, 2, DIE);
    turn_until(&mut driver, &mut heard, |heard| heard.failures.len() == 1);
    submit(&mut driver, 3, COUNT);
    turn_until(&mut driver, &mut heard, |heard| heard.completed.len() == 2);
    let (ticket, count) = &heard.completed[1];
    assert_eq!(*ticket, 3);
    assert!(count[0] > 0, "it has rehearsed");
    turn_until(&mut driver, &mut heard, |heard| heard.ready == 3);
    close(driver, &mut heard);
    assert_eq!((heard.completed.len(), heard.failures.len()), (2, 1));
}

fn unasked() {
    let (mut driver, mut heard) = pool();
    submit(&mut driver, 1, LIE);
    turn_until(&mut driver, &mut heard, |heard| heard.failures.len() == 1);
    let FailureCause::LaneCorrupt { detail } = &heard.failures[0].1.cause else {
        panic!("{:?}", heard.failures)
    };
    assert!(detail.contains("which is unknown"), "{detail}");
    close(driver, &mut heard);
}

/// A worker and a spare.
fn pool() -> (Driver, Heard) {
    let options =
        DriverOptions { minimum_workers: 1, maximum_workers: 1, spares: 1, ..DriverOptions::default() };
    (Driver::new(options, Box::new(launcher(work))).unwrap(), Heard::default())
}

fn submit(driver: &mut Driver, ticket: u64, what: &[u8]) {
    driver.submit(Submission::plain(ticket, 0), what).unwrap();
    driver.flush();
}

/// A worker that counts its rehearsals.
fn work(attachment: WorkerAttachment) -> Result<()> {
    let mut lane = WorkerLane::attach(attachment.lane.try_clone().expect("a descriptor is left"))?;
    let mut say = |kind, about: &Message, payload: &[u8]| -> Result<()> {
        let message = Message { kind, flags: 0, ..*about };
        lane.completions.push_inline(&message, payload).expect("there is room");
        lane.completions.publish();
        lane.completions.wake_needed();
        Ok(attachment.completion_event.notify()?)
    };
    say(completion::READY, &Message::default(), b"{}")?;
    let mut next = hatchery_lane::Submission::default();
    let mut count = 0;
    loop {
        let watched = [attachment.submission_event.as_fd(), attachment.control.as_fd()];
        if descriptor::wait_readable(&watched, Some(Duration::from_millis(1)))?[1] {
            return Ok(());
        }
        while lane.submissions.read(&mut next) {
            let message = next.message;
            if !lane.submissions.claim(next.position) {
                continue;
            }
            match (message.kind, next.inline()) {
                (submission::REHEARSE, _) => {
                    count += 1;
                    say(completion::COMPLETED, &message, b"")?;
                }
                (_, DIE) => process::exit_now(3),
                (_, LIE) => {
                    let about = Message { task_index: u32::MAX, task_generation: 0, ..message };
                    say(completion::COMPLETED, &about, b"")?;
                }
                _ => say(completion::COMPLETED, &message, &[count])?,
            }
        }
        lane.submissions.release();
    }
}
