//! The usual pool of processes, to compare with: one pipe to each worker and one back, frames of a fixed size,
//! and a master that sleeps in select(2).
//!
//! It is as good as such a pool gets. In its usual form every frame is a system call at each end; in its best
//! form it has many tasks in flight for each worker, and both sides read and write as many frames at a time
//! as there are.

use hatchery_sys::process::{self, Fork};
use hatchery_sys::{PidFd, descriptor};
use nix::sys::select::{FdSet, select};
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of a frame: that of a slot in a lane.
const FRAME: usize = 128;

/// Bytes read at once at most: what a pipe holds.
const CAPACITY: usize = 65_536;

/// How frames go through the pipes.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Tasks in flight for each worker at most. No more than fit a pipe, so that no write ever blocks.
    pub depth: usize,
    /// Frames at a time, as many as there are; else one a system call.
    pub batched: bool,
}

struct Worker {
    process: PidFd,
    requests: PipeWriter,
    answers: PipeReader,
    in_flight: usize,
    /// The beginning of a frame whose rest has not come.
    partial: Vec<u8>,
}

/// The pool.
pub struct PipeSelectPool {
    workers: Vec<Worker>,
    form: Form,
    buffer: Vec<u8>,
}

impl PipeSelectPool {
    /// Forks the workers.
    pub fn start(workers: usize, form: Form) -> PipeSelectPool {
        assert!(form.depth * FRAME <= CAPACITY);
        let mut pool = PipeSelectPool { workers: Vec::new(), form, buffer: vec![0; CAPACITY] };
        for _ in 0..workers {
            let (requests, send) = pipe().expect("pipe");
            let (receive, answers) = pipe().expect("pipe");
            match process::fork().expect("fork") {
                Fork::Child => {
                    // What belongs to the workers before it is theirs and the master's.
                    pool.workers.clear();
                    drop((send, receive));
                    let _ = process::set_parent_death_signal(9);
                    let body = AssertUnwindSafe(|| serve(requests, answers, form.batched));
                    process::exit_now(i32::from(catch_unwind(body).is_err()))
                }
                Fork::Parent { pid } => pool.workers.push(Worker {
                    process: PidFd::open(pid).expect("pidfd"),
                    requests: send,
                    answers: receive,
                    in_flight: 0,
                    partial: Vec::new(),
                }),
            }
        }
        pool
    }

    /// Runs `tasks` tasks and returns the sum of what they returned: each its own number.
    pub fn run(&mut self, tasks: u32) -> u64 {
        let (mut next, mut done, mut sum) = (0, 0, 0);
        loop {
            for worker in &mut self.workers {
                next += worker.feed(&self.form, next, tasks);
            }
            if done == tasks {
                return sum;
            }
            for slot in wait(&self.workers) {
                let worker = &mut self.workers[slot];
                let room = if self.form.batched { CAPACITY } else { FRAME };
                let length = worker.answers.read(&mut self.buffer[..room]).expect("read");
                assert!(length > 0, "a worker has ended");
                let frames = frames(&mut worker.partial, &self.buffer[..length], |frame| {
                    sum += u64::from(number(frame));
                });
                worker.in_flight -= frames;
                done += frames as u32;
            }
        }
    }
}

impl Worker {
    /// Sends as many tasks as may be in flight, numbered from `next`; returns how many.
    fn feed(&mut self, form: &Form, next: u32, tasks: u32) -> u32 {
        let count = (form.depth - self.in_flight).min((tasks - next) as usize);
        let mut frames = vec![0; count * FRAME];
        for (index, frame) in frames.chunks_exact_mut(FRAME).enumerate() {
            frame[..4].copy_from_slice(&(next + index as u32).to_le_bytes());
        }
        if count > 0 {
            write(&mut self.requests, &frames, form.batched);
        }
        self.in_flight += count;
        count as u32
    }
}

impl Drop for PipeSelectPool {
    fn drop(&mut self) {
        // In a worker just forked there are none; the master ends its own.
        for worker in &self.workers {
            let _ = worker.process.kill(9);
            let _ = descriptor::wait_readable(&[worker.process.as_fd()], None);
            let _ = worker.process.wait();
        }
    }
}

/// The worker: answers each frame with its number, which is all that a no-op task does.
fn serve(mut requests: PipeReader, mut answers: PipeWriter, batched: bool) {
    let mut buffer = vec![0; if batched { CAPACITY } else { FRAME }];
    let (mut partial, mut results) = (Vec::new(), Vec::new());
    loop {
        let length = requests.read(&mut buffer).expect("read");
        if length == 0 {
            return;
        }
        results.clear();
        frames(&mut partial, &buffer[..length], |frame| results.extend_from_slice(frame));
        write(&mut answers, &results, batched);
    }
}

/// Writes whole frames, at once or one by one.
fn write(pipe: &mut PipeWriter, frames: &[u8], batched: bool) {
    if batched {
        pipe.write_all(frames).expect("write");
    } else {
        frames.chunks(FRAME).for_each(|frame| pipe.write_all(frame).expect("write"));
    }
}

/// Calls `each` for every whole frame in `partial` and `bytes`, keeps the rest, and returns how many there were.
fn frames(partial: &mut Vec<u8>, bytes: &[u8], mut each: impl FnMut(&[u8])) -> usize {
    // Nearly always nothing is left over, and then nothing is copied.
    if partial.is_empty() {
        let chunks = bytes.chunks_exact(FRAME);
        partial.extend_from_slice(chunks.remainder());
        return chunks.map(&mut each).count();
    }
    partial.extend_from_slice(bytes);
    let whole = partial.len() / FRAME * FRAME;
    partial[..whole].chunks_exact(FRAME).for_each(&mut each);
    partial.drain(..whole);
    whole / FRAME
}

fn number(frame: &[u8]) -> u32 {
    u32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]])
}

/// Sleeps until answers are there; which workers have some.
fn wait(workers: &[Worker]) -> Vec<usize> {
    let mut set = FdSet::new();
    workers.iter().for_each(|worker| set.insert(worker.answers.as_fd()));
    select(None, Some(&mut set), None, None, None).expect("select");
    (0..workers.len()).filter(|slot| set.contains(workers[*slot].answers.as_fd())).collect()
}
