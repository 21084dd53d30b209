//! The other process of a benchmark: a fork of it.

use hatchery_lane::kind::{completion, submission};
use hatchery_lane::{Geometry, HostLane, Location, Message, WorkerLane};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{EventFd, PidFd, descriptor};
use std::os::fd::AsFd;

/// Runs `body` in a forked process, which leaves when it returns.
fn fork(body: impl FnOnce()) -> PidFd {
    match process::fork().expect("fork") {
        Fork::Child => {
            // Nothing of criterion may go on in the child, not even by a panic.
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            process::exit_now(i32::from(outcome.is_err()))
        }
        Fork::Parent { pid } => PidFd::open(pid).expect("pidfd"),
    }
}

/// Kills and reaps.
fn end(process: &PidFd) {
    process.kill(9).expect("kill");
    descriptor::wait_readable(&[process.as_fd()], None).expect("poll");
    process.wait().expect("waitid");
}

/// A worker that sends every message back and never sleeps: what is measured is the lane, not the scheduler.
pub struct LanePeer {
    lane: HostLane,
    process: PidFd,
}

impl LanePeer {
    /// Forks it.
    pub fn start() -> LanePeer {
        let lane = HostLane::create(&Geometry::default()).expect("lane");
        let memory = lane.memory().try_clone_to_owned().expect("descriptor");
        let process = fork(move || echo(WorkerLane::attach(memory).expect("lane")));
        LanePeer { lane, process }
    }

    /// Sends `batch` messages at once and waits for as many answers.
    pub fn round(&mut self, batch: u32) -> u32 {
        let location = Location::Inline { length: 0 };
        for index in 0..batch {
            let message = Message {
                kind: submission::RUN,
                task_index: index,
                task_generation: 1,
                function: 0,
                flags: 1,
                location,
            };
            self.lane.submissions.push_inline(&message, &[7; 20]).expect("room for a batch");
        }
        self.lane.submissions.publish();
        let (mut answers, mut idle) = (0, 0);
        while answers < batch {
            match self.lane.completions.next(&self.lane.arena).expect("an honest worker") {
                Some(_) => (answers, idle) = (answers + 1, 0),
                None => pause(&mut idle),
            }
        }
        self.lane.completions.release();
        answers
    }

    /// Ends the process.
    pub fn stop(self) {
        end(&self.process);
    }
}

/// Spins, but lets others run after a while: with fewer free cores than spinning processes, spinning alone
/// would measure time slices.
fn pause(idle: &mut u32) {
    *idle += 1;
    if *idle < 2000 { std::hint::spin_loop() } else { std::thread::yield_now() }
}

fn echo(mut lane: WorkerLane) {
    let mut idle = 0;
    loop {
        let mut any = false;
        while let Some(next) = lane.submissions.next() {
            any = true;
            assert!(lane.submissions.claim(next.position));
            let answer = Message { kind: completion::COMPLETED, function: 0, ..next.message };
            lane.completions.push_inline(&answer, next.inline()).expect("the host reads every batch");
        }
        if any {
            lane.submissions.release();
            lane.completions.publish();
            idle = 0;
        } else {
            pause(&mut idle);
        }
    }
}

/// A process that sleeps until it is woken, and then wakes us.
pub struct EventPeer {
    there: EventFd,
    back: EventFd,
    process: PidFd,
}

impl EventPeer {
    /// Forks it.
    pub fn start() -> EventPeer {
        let (there, back) = (EventFd::new().expect("eventfd"), EventFd::new().expect("eventfd"));
        let process = fork(|| {
            loop {
                sleep(&there);
                back.notify().expect("eventfd");
            }
        });
        EventPeer { there, back, process }
    }

    /// Wakes it and sleeps until it has woken us.
    pub fn round(&self) {
        self.there.notify().expect("eventfd");
        sleep(&self.back);
    }

    /// Ends the process.
    pub fn stop(self) {
        end(&self.process);
    }
}

fn sleep(event: &EventFd) {
    descriptor::wait_readable(&[event.as_fd()], None).expect("poll");
    event.drain().expect("eventfd");
}
