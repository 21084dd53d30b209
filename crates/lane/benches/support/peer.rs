//! The other process of a benchmark: a fork of it.

use hatchery_lane::kind::{completion, submission};
use hatchery_lane::{Completion, Geometry, HostLane, Message, Submission, WorkerLane};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{EventFd, PidFd, Topology, cpu, descriptor};
use std::os::fd::AsFd;

const PAYLOAD: [u8; 20] = [7; 20];

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

/// What a worker does. It never sleeps: what is measured is the lane, not the scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads and claims submissions.
    Take,
    /// Writes completions as fast as there is room.
    Give,
    /// Takes submissions and gives them back.
    Echo,
}

/// A worker on a processor of its own, if there are two.
pub struct LanePeer {
    lane: HostLane,
    process: PidFd,
    batch: u32,
    processors: Vec<u32>,
}

impl LanePeer {
    /// Forks a worker for batches of `batch` messages. This process and the worker are each bound to a processor:
    /// the scheduler at times has both on one, and then time slices are measured.
    pub fn start(role: Role, batch: u32) -> LanePeer {
        let lane = HostLane::create(&Geometry::default()).expect("lane");
        let memory = lane.memory().try_clone_to_owned().expect("descriptor");
        let processors = cpu::allowed().expect("processors");
        let apart = Topology::of_machine().spread(&processors);
        let bind = |index: usize| {
            if let Some(two) = apart.get(..2) {
                cpu::set_affinity(&two[index..=index]).expect("allowed");
            }
        };
        let process = fork(|| {
            bind(1);
            let lane = WorkerLane::attach(memory).expect("lane");
            match role {
                Role::Take => take(lane, batch),
                Role::Give => give(lane, batch),
                Role::Echo => echo(lane),
            }
        });
        bind(0);
        LanePeer { lane, process, batch, processors }
    }

    fn push_batch(&mut self) {
        for index in 0..self.batch {
            let message = message(submission::RUN, index);
            self.lane.submissions.push_inline(&message, &PAYLOAD).expect("room for a batch");
        }
        self.lane.submissions.publish();
    }

    /// Sends batches as fast as the worker makes room, and returns when it has read them all.
    pub fn send(&mut self, batches: u64) {
        for _ in 0..batches {
            self.wait_for_room(self.batch);
            self.push_batch();
        }
        self.wait_for_room(Geometry::default().submission_slots);
    }

    fn wait_for_room(&mut self, slots: u32) {
        let mut idle = 0;
        while self.lane.submissions.free_slots().expect("an honest worker") < slots {
            pause(&mut idle);
        }
    }

    /// Receives batches that the worker gives.
    pub fn receive(&mut self, batches: u64) {
        (0..batches).for_each(|_| self.read_batch());
    }

    /// Sends a batch and waits for as many answers.
    pub fn round(&mut self) {
        self.push_batch();
        self.read_batch();
    }

    /// Checks that every message comes, once and in order.
    fn read_batch(&mut self) {
        let (mut next, mut expected, mut idle) = (Completion::default(), 0, 0);
        while expected < self.batch {
            if self.lane.completions.read(&self.lane.arena, &mut next).expect("an honest worker") {
                assert!(next.message.task_index == expected && next.inline() == PAYLOAD);
                (expected, idle) = (expected + 1, 0);
            } else {
                pause(&mut idle);
            }
        }
        self.lane.completions.release();
    }

    /// Ends the process.
    pub fn stop(self) {
        end(&self.process);
        cpu::set_affinity(&self.processors).expect("as before");
    }
}

/// Spins, but lets others run after a while: with fewer free cores than spinning processes, spinning alone
/// would measure time slices.
fn pause(idle: &mut u32) {
    *idle += 1;
    if *idle < 2000 { std::hint::spin_loop() } else { std::thread::yield_now() }
}

fn message(kind: u32, task_index: u32) -> Message {
    Message { kind, task_index, task_generation: 1, flags: 1, ..Message::default() }
}

/// Checks what it takes, and gives room back once a batch, as it was published.
fn take(mut lane: WorkerLane, batch: u32) {
    let (mut next, mut expected, mut idle) = (Submission::default(), 0, 0);
    loop {
        if !lane.submissions.read(&mut next) {
            pause(&mut idle);
            continue;
        }
        idle = 0;
        assert!(lane.submissions.claim(next.position));
        assert!(next.message.task_index == expected && next.inline() == PAYLOAD);
        expected += 1;
        if expected == batch {
            lane.submissions.release();
            expected = 0;
        }
    }
}

fn give(mut lane: WorkerLane, batch: u32) {
    loop {
        let mut idle = 0;
        while lane.completions.free_slots() < batch {
            pause(&mut idle);
        }
        for index in 0..batch {
            let message = message(completion::COMPLETED, index);
            lane.completions.push_inline(&message, &PAYLOAD).expect("room for a batch");
        }
        lane.completions.publish();
    }
}

fn echo(mut lane: WorkerLane) {
    let (mut next, mut idle) = (Submission::default(), 0);
    loop {
        let mut any = false;
        while lane.submissions.read(&mut next) {
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
