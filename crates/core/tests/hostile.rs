//! A native worker that uses its control socket as no worker does: it is found out, and the others go on. What Node's
//! workers can do to their lanes is tested from there.

mod support;

use hatchery_core::Result;
use hatchery_core::driver::{Driver, DriverOptions, HealthOptions, Submission};
use hatchery_core::task::FailureCause;
use hatchery_core::worker::{self, Registry};
use hatchery_core::zygote::WorkerAttachment;
use hatchery_core::zygote::protocol::ControlMessage;
use hatchery_lane::kind::{completion, submission};
use hatchery_lane::{Location, Message, WorkerLane};
use hatchery_sys::{EventFd, MemFd, SeqPacket, descriptor};
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::time::Duration;
use support::{Heard, PATIENCE, close, launcher, turn_until};

/// More bytes than any block of an arena has.
const LARGE: usize = (1 << 20) + (8 << 10);
/// The task that each worker here is asked for.
const TASK: u32 = 0;
/// What a worker sends that does not stop by itself.
const MANY: u32 = 10_000;

fn main() {
    support::run(&[
        ("payloads_that_no_message_names_are_their_worker_s_fault", unnamed),
        ("payloads_out_of_turn_are_their_worker_s_fault", out_of_turn),
        ("payloads_that_wait_for_the_host_hold_no_descriptors_of_it", waiting),
    ]);
}

/// A driver of so many workers, at which nothing happens by itself.
fn driver(workers: usize, work: fn(WorkerAttachment) -> Result<()>) -> Driver {
    let options = DriverOptions {
        minimum_workers: workers,
        maximum_workers: workers,
        start_timeout: 10 * PATIENCE,
        health: HealthOptions { interval: None, ..HealthOptions::default() },
        ..DriverOptions::default()
    };
    Driver::new(options, Box::new(launcher(work))).unwrap()
}

fn honest(attachment: WorkerAttachment) -> Result<()> {
    worker::run(attachment, &Registry::new().task("large", |_, bytes| Ok(vec![bytes[0]; LARGE])))
}

/// A worker that does this with each task it is given.
fn work_by_hand(
    attachment: &WorkerAttachment,
    task: impl Fn(&mut WorkerLane, &Message) -> Result<()>,
) -> Result<()> {
    let mut lane = WorkerLane::attach(attachment.lane.try_clone().expect("a descriptor is left"))?;
    publish(&mut lane, attachment, &Message { kind: completion::READY, ..Message::default() })?;
    let mut next = hatchery_lane::Submission::default();
    loop {
        let watched = [attachment.submission_event.as_fd(), attachment.control.as_fd()];
        if descriptor::wait_readable(&watched, Some(Duration::from_millis(1)))?[1] {
            return Ok(());
        }
        while lane.submissions.read(&mut next) {
            if lane.submissions.claim(next.position) && next.message.kind == submission::RUN {
                task(&mut lane, &next.message)?;
            }
        }
        lane.submissions.release();
    }
}

fn publish(lane: &mut WorkerLane, attachment: &WorkerAttachment, message: &Message) -> Result<()> {
    match message.location {
        Location::Inline { .. } => lane.completions.push_inline(message, b"{}"),
        _ => lane.completions.push(message),
    }
    .expect("there is room");
    lane.completions.publish();
    if lane.completions.wake_needed() {
        attachment.completion_event.notify()?;
    }
    Ok(())
}

/// Announces a payload, as workers do; waits while the host does not read.
fn send(control: &SeqPacket, tag: u32, memory: &MemFd) -> Result<()> {
    let message = ControlMessage::Payload { tag, length: LARGE as u64 }.encode();
    while !control.send(&message, &[memory.as_fd()])? {
        std::thread::yield_now();
    }
    Ok(())
}

fn payload() -> Result<MemFd> {
    let memory = MemFd::create("hatchery-payload", LARGE as u64)?;
    memory.write_at(&vec![1; LARGE], 0)?;
    memory.seal_size()?;
    Ok(memory)
}

/// Payloads that this process has descriptors of.
fn descriptors() -> usize {
    let entries = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let targets = entries.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    targets.filter(|target| target.to_string_lossy().contains("hatchery-payload")).count()
}

/// Turns until all of these tasks have an outcome; the most descriptors of payloads at any time.
fn settle(driver: &mut Driver, heard: &mut Heard, tasks: usize) -> usize {
    let (mut most, mut more) = (0, true);
    while heard.completed.len() + heard.failures.len() < tasks {
        let woken = more || descriptor::wait_readable(&[driver.epoll()], Some(PATIENCE)).unwrap()[0];
        assert!(woken, "nobody has woken the host");
        more = driver.turn(heard, Some(Duration::ZERO)).unwrap();
        most = most.max(descriptors());
    }
    most
}

fn unnamed() {
    fn work(attachment: WorkerAttachment) -> Result<()> {
        if attachment.worker != 1 {
            return honest(attachment);
        }
        let memory = payload()?;
        work_by_hand(&attachment, |_, _| {
            (0..MANY).try_for_each(|tag| send(&attachment.control, tag, &memory))
        })
    }
    among_honest_ones(work, "no message names");
}

fn out_of_turn() {
    fn work(attachment: WorkerAttachment) -> Result<()> {
        if attachment.worker != 1 {
            return honest(attachment);
        }
        let memory = payload()?;
        work_by_hand(&attachment, |lane, about| {
            send(&attachment.control, 1, &memory)?;
            let location = Location::MemFd { tag: 0, length: LARGE as u32 };
            publish(lane, &attachment, &Message { kind: completion::COMPLETED, flags: 0, location, ..*about })
        })
    }
    among_honest_ones(work, "comes next");
}

/// The first of two workers is as its task finds it; what the other one does arrives, and so does all that comes later.
fn among_honest_ones(work: fn(WorkerAttachment) -> Result<()>, expected: &str) {
    const TASKS: u64 = 12;
    let before = descriptors();
    let (mut driver, mut heard) = (driver(2, work), Heard::default());
    turn_until(&mut driver, &mut heard, |heard| heard.ready == 2);
    for ticket in 0..TASKS {
        driver.submit(Submission::plain(ticket, TASK), &[ticket as u8]).unwrap();
    }
    driver.flush();
    let most = settle(&mut driver, &mut heard, TASKS as usize);
    assert!(most <= before + 8, "{most} payloads were held");
    let [(_, failure)] = &heard.failures[..] else { panic!("{:?}", heard.failures) };
    let FailureCause::LaneCorrupt { detail } = &failure.cause else { panic!("{failure:?}") };
    assert!(detail.contains(expected), "{detail}");
    for (ticket, result) in &heard.completed {
        assert!(*result == vec![*ticket as u8; LARGE], "task {ticket} has another result");
    }
    close(driver, &mut heard);
    assert_eq!(descriptors(), before);
}

/// An honest worker is far ahead of a host that has no room for its results: they wait where it has put them.
fn waiting() {
    const REPORTS: u8 = 100;
    static DONE: OnceLock<EventFd> = OnceLock::new();
    fn work(attachment: WorkerAttachment) -> Result<()> {
        let report = |context: &mut worker::Context<'_>, count: &[u8]| {
            let progress = (0..count[0]).try_for_each(|_| context.progress(&vec![1; LARGE]));
            let told = progress.and_then(|()| {
                DONE.get().expect("it is inherited").notify()?;
                Ok(())
            });
            told.map(|()| Vec::new()).map_err(|error| error.to_string().into())
        };
        worker::run(attachment, &Registry::new().task("report", report))
    }
    let done = DONE.get_or_init(|| EventFd::new().unwrap());
    let before = descriptors();
    let (mut driver, mut heard) = (driver(1, work), Heard::default());
    turn_until(&mut driver, &mut heard, |heard| heard.ready == 1);
    heard.full = true;
    driver.submit(Submission::plain(0, TASK), &[REPORTS]).unwrap();
    driver.flush();
    while !descriptor::wait_readable(&[done.as_fd()], Some(Duration::ZERO)).unwrap()[0] {
        driver.turn(&mut heard, Some(Duration::from_millis(1))).unwrap();
    }
    driver.turn(&mut heard, Some(Duration::ZERO)).unwrap();
    assert!(descriptors() <= before + 2, "{} payloads are held", descriptors() - before);
    heard.full = false;
    settle(&mut driver, &mut heard, 1);
    assert!(heard.failures.is_empty(), "{:?}", heard.failures);
    assert_eq!(heard.progress, usize::from(REPORTS));
    close(driver, &mut heard);
}
