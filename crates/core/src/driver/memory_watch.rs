//! The memory that workers have of their own, looked at while they run tasks.
//!
//! The quick figure counts what a forked worker shares with the zygote, so it is never too low; only where it is above a
//! limit is the kernel asked for the exact one, which takes it long. A worker that is idle is looked at once.

use super::Driver;
use super::worker::{Fate, Worker, WorkerState};
use hatchery_sys::{PidFd, descriptor, process_memory};
use std::os::fd::AsFd;
use std::time::Duration;

/// Time between two looks at a worker that runs tasks, nanoseconds.
const INTERVAL: u64 = 1_000_000_000;

/// The same while it grows fast towards the hard bound, and for the first look after it was idle.
const SHORTEST: u64 = 50_000_000;

/// At least this long after the last look, one that has ended a task is looked at.
const BETWEEN_TASKS: u64 = 100_000_000;

/// What is known of a worker's memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryLook {
    /// Bytes, once it was looked at: at most so many if they are below the limits.
    used: Option<u64>,
    /// When that was.
    at: u64,
    /// When it is looked at next, if it runs tasks then.
    next: u64,
    /// Tasks it had ended.
    completed: u64,
}

impl MemoryLook {
    /// Bytes, if it was looked at.
    pub(crate) fn used(&self) -> Option<u64> {
        self.used
    }

    /// There was nothing to be seen.
    fn unseen(&mut self, completed: u64, now: u64) {
        (self.at, self.next, self.completed) = (now, now.saturating_add(INTERVAL), completed);
    }

    fn record(&mut self, used: u64, completed: u64, hard: u64, now: u64) {
        let interval = match self.used.replace(used) {
            // Half the time in which the rest would be used up, if it goes on like that.
            Some(before) if now.saturating_sub(self.at) < 2 * INTERVAL => {
                let grown = u128::from(used.saturating_sub(before).max(1));
                let left = u128::from(hard.saturating_sub(used));
                let time = u128::from(now.saturating_sub(self.at)) * left / grown / 2;
                u64::try_from(time).unwrap_or(INTERVAL).clamp(SHORTEST, INTERVAL)
            }
            // What it was before tells nothing about how fast it grows now.
            _ if hard < u64::MAX => SHORTEST,
            _ => INTERVAL,
        };
        (self.at, self.next, self.completed) = (now, now.saturating_add(interval), completed);
    }
}

impl Driver {
    /// Looks at the workers it is time for, and kills those above the hard bound.
    pub(super) fn watch_memory(&mut self, now: u64) {
        let hard = self.options.limits.memory_hard.unwrap_or(u64::MAX);
        let soft = self.options.limits.memory.unwrap_or(hard);
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_mut() else { continue };
            if !is_due(worker, now) {
                continue;
            }
            let matters = if worker.lifespan.is_counted() { soft } else { hard };
            let Some(used) = look_at(worker.process, matters) else {
                // Its death is on its way.
                worker.memory.unseen(worker.completed, now);
                continue;
            };
            worker.memory.record(used, worker.completed, hard, now);
            // One that runs nothing is replaced; that takes nothing from anybody.
            if used > hard && !worker.in_flight.is_empty() && worker.descriptor.as_ref().is_some_and(is_alive)
            {
                self.condemn(slot, Fate::OutOfMemory { used, limit: hard });
            }
        }
    }

    /// When a worker is looked at next: while it runs tasks, and once after that.
    pub(super) fn memory_due(&self, worker: &Worker, now: u64) -> u64 {
        if !self.options.limits.watch_memory() {
            return u64::MAX;
        }
        let memory = &worker.memory;
        let at_work = if worker.in_flight.is_empty() { u64::MAX } else { memory.next };
        let ended = if worker.completed > memory.completed { memory.at + BETWEEN_TASKS } else { u64::MAX };
        at_work.min(ended).max(now.saturating_add(SHORTEST))
    }
}

fn is_due(worker: &Worker, now: u64) -> bool {
    if worker.state != WorkerState::Running
        || worker.process == 0
        || worker.exit.is_some()
        || worker.fate.is_some()
    {
        return false;
    }
    let memory = &worker.memory;
    let at_work = !worker.in_flight.is_empty() && memory.next <= now;
    at_work || (worker.completed > memory.completed && memory.at + BETWEEN_TASKS <= now)
}

/// Bytes of its own: exactly if more than `matters`, else at most as many. `None` if there is no such process.
fn look_at(process: u32, matters: u64) -> Option<u64> {
    let most = process_memory::anonymous(process).ok()?;
    if most <= matters {
        return Some(most);
    }
    // A kernel, or a worker that has become another user, that does not tell: then what is shared counts too.
    Some(process_memory::private(process).unwrap_or(most))
}

/// Whether what was read was this process, and not another one that has got its number.
fn is_alive(process: &PidFd) -> bool {
    descriptor::wait_readable(&[process.as_fd()], Some(Duration::ZERO)).is_ok_and(|ended| !ended[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn the_faster_it_grows_the_sooner_the_next_look() {
        let mut memory = MemoryLook::default();
        let mut look = |used: u64, milliseconds: u64| {
            memory.record(used * MIB, 0, 1000 * MIB, milliseconds * 1_000_000);
            (memory.next - memory.at) / 1_000_000
        };
        assert_eq!(look(100, 1000), 50, "nothing to compare with");
        assert_eq!(look(100, 1050), 1000, "it does not grow");
        assert_eq!(look(200, 2050), 1000, "1 s would be left for 100 MiB, 8 s for the rest");
        assert_eq!(look(600, 3050), 500, "1 s for the rest");
        assert_eq!(look(990, 3550), 50);
        assert_eq!(look(100, 4500), 1000, "it shrinks");
        assert_eq!(look(900, 60_000), 50, "it was idle");
    }

    #[test]
    fn without_a_hard_bound_it_is_looked_at_once_a_second() {
        let mut memory = MemoryLook::default();
        for (used, at) in [(1, 1), (500, 2), (5000, 3)] {
            memory.record(used * MIB, 0, u64::MAX, at * INTERVAL);
            assert_eq!(memory.next, (at + 1) * INTERVAL);
        }
    }
}
