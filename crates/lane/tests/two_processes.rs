//! Host and worker as two processes: rings, arena, and sleep and wake through eventfds.
#![cfg(not(loom))]

mod support;

use std::os::fd::AsFd;
use std::time::Duration;

use hatchery_lane::kind::{completion, submission};
use hatchery_lane::{Completion, Geometry, HostLane, Location, Message, Submission, WorkerLane};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{EventFd, PidFd, descriptor};
use support::{at, message};

const TASKS: u32 = 20_000;
const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));

/// Sleeps on `event`; fails the test (or the worker) if the wake-up never comes.
fn sleep(event: &EventFd) {
    assert!(descriptor::wait_readable(&[event.as_fd()], PATIENCE).unwrap()[0], "lost wake-up");
    event.drain().unwrap();
}

/// Echoes every task: payloads as they came, inline or in a block.
fn work(memory: std::os::fd::OwnedFd, wake: &EventFd, host: &EventFd) {
    let mut lane = WorkerLane::attach(memory).unwrap();
    let mut task = Submission::default();
    let mut done = 0;
    while done < TASKS {
        if !lane.submissions.read(&mut task) {
            lane.submissions.release();
            if lane.submissions.park() {
                sleep(wake);
                lane.submissions.unpark();
            }
            continue;
        }
        assert!(lane.submissions.claim(task.position));
        done += 1;
        let answer = Message { kind: completion::COMPLETED, ..task.message };
        loop {
            let pushed = match task.message.location {
                // The reference travels back with the message.
                Location::Block { .. } => lane.completions.push(&answer),
                _ => lane.completions.push_inline(&answer, task.inline()),
            };
            if pushed.is_ok() {
                break;
            }
            lane.completions.publish();
            if lane.completions.wake_needed() {
                host.notify().unwrap();
            }
            std::thread::yield_now();
        }
        lane.completions.publish();
        if lane.completions.wake_needed() {
            host.notify().unwrap();
        }
    }
}

#[test]
fn echo_between_processes() {
    let mut lane = HostLane::create(&Geometry::default()).unwrap();
    let (wake_worker, wake_host) = (EventFd::new().unwrap(), EventFd::new().unwrap());
    let child = match process::fork().unwrap() {
        Fork::Child => {
            let memory = lane.memory().try_clone_to_owned().unwrap();
            let body = std::panic::AssertUnwindSafe(|| work(memory, &wake_worker, &wake_host));
            process::exit_now(i32::from(std::panic::catch_unwind(body).is_err()))
        }
        Fork::Parent { pid } => PidFd::open(pid).unwrap(),
    };
    let (mut sent, mut received) = (0, 0);
    let (mut answer, mut buffer) = (Completion::default(), Vec::new());
    while received < TASKS {
        // Bursts of varying length, so that both sides sleep often.
        let burst = sent % 37;
        for _ in 0..=burst {
            if sent < TASKS && sent - received < 500 && submit(&mut lane, sent) {
                sent += 1;
            }
        }
        lane.submissions.publish();
        if lane.submissions.wake_needed() {
            wake_worker.notify().unwrap();
        }
        while lane.completions.read(&lane.arena, &mut answer).unwrap() {
            assert_eq!(answer.message.task_index, received);
            buffer.clear();
            match answer.message.location {
                Location::Block { block, length } => {
                    lane.arena.read_into(block, length as usize, &mut buffer).unwrap();
                    assert!(lane.arena.release(block));
                }
                _ => buffer.extend_from_slice(answer.inline()),
            }
            assert_eq!(buffer, payload(received));
            received += 1;
        }
        lane.completions.release();
        if received < sent && lane.completions.park() {
            sleep(&wake_host);
            lane.completions.unpark();
        }
    }
    assert!(descriptor::wait_readable(&[child.as_fd()], PATIENCE).unwrap()[0]);
    assert_eq!(child.wait().unwrap().map(|exit| exit.code), Some(0));
    assert_eq!(lane.arena.used_blocks(), 0);
}

fn payload(index: u32) -> Vec<u8> {
    let length = if index.is_multiple_of(16) { 100 + index as usize % 5000 } else { index as usize % 89 };
    vec![index as u8; length]
}

fn submit(lane: &mut HostLane, index: u32) -> bool {
    let bytes = payload(index);
    if bytes.len() <= hatchery_lane::INLINE_CAPACITY {
        return lane.submissions.push_inline(&message(submission::RUN, index), &bytes).is_ok();
    }
    let Some(block) = lane.arena.allocate(bytes.len()) else { return false };
    lane.arena.write(block, &bytes).unwrap();
    let location = Location::Block { block, length: bytes.len() as u32 };
    if lane.submissions.push(&at(submission::RUN, index, location)).is_ok() {
        return true;
    }
    lane.arena.release(block);
    false
}
