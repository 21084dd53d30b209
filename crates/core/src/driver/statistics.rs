//! The driver's figures, put together for whoever asks.

use super::worker::Worker;
use super::{Driver, WorkerState};
use crate::observe::{CurrentTask, Statistics, WorkerStatistics};
use crate::task::{Priority, TaskTable};
use hatchery_sys::clock;

impl Driver {
    /// The pool at this moment. What the kernel knows of the workers' processes is left out: it takes time, so it is asked
    /// for without the driver, by [`Statistics::look_at_processes`].
    pub fn statistics(&self) -> Statistics {
        let counters = &self.counters;
        let now = clock::monotonic_nanoseconds();
        let (segments, shared_memory_used, shared_memory_capacity) = self.segments.usage();
        let maximum = self.options.queue.maximum;
        let (wait, run) = self.times(now);
        Statistics {
            start_method: self.origins.current().launcher.method(),
            generation: self.origins.current().generation,
            zygote_restarts: self.origins.restarted,
            submitted: counters.submitted,
            completed: counters.completed,
            failed: counters.failed,
            cancelled: counters.cancelled,
            timed_out: counters.timed_out,
            lost: counters.lost,
            dropped: counters.dropped,
            quarantined: counters.quarantined,
            retried: counters.retried,
            pending: counters.pending(),
            queued: Priority::ALL.map(|priority| {
                self.queues.length_of(priority) + self.solitary.length_of(&self.tasks, priority)
            }),
            queue_capacity: Some(maximum).filter(|maximum| *maximum < usize::MAX),
            waits: Priority::ALL.map(|priority| milliseconds(self.queues.wait_of(priority, now))),
            starved: self.starved.length(),
            aside: self.tasks_aside(),
            running: self.workers.iter().flatten().map(|worker| worker.in_flight.length()).sum(),
            workers_started: counters.started,
            workers_crashed: counters.crashed,
            workers_cpu_seconds: None,
            processor: counters.processor.clone(),
            restarts: self.records.restarts.clone(),
            starts: self.records.starts.clone(),
            ring_full: self.ring_full(),
            segments,
            shared_memory_used,
            shared_memory_capacity,
            last_completed: self.records.last_completed(now),
            records_times: self.options.observe.record_times,
            utilization: self.utilization(now),
            wait,
            run,
            workers: self.workers.iter().flatten().map(|worker| self.describe(worker, now)).collect(),
        }
    }

    /// Tasks in the queues.
    pub fn queued(&self) -> usize {
        self.queues.length() + self.solitary.length()
    }

    fn describe(&self, worker: &Worker, now: u64) -> WorkerStatistics {
        let restarts = self.records.restarts_of(worker.place);
        let age = worker.lifespan.age(now).as_secs_f64();
        let busy = self.busy_seconds_of(worker, now) / f64::from(self.options.concurrency);
        WorkerStatistics {
            worker: worker.number,
            place: worker.place,
            process: worker.process,
            state: match worker.state {
                WorkerState::Created => "created",
                WorkerState::Starting => "starting",
                WorkerState::Running => "running",
                WorkerState::Stopped => "stopped",
                WorkerState::Crashed => "crashed",
            },
            health: worker.health().as_str(),
            spare: worker.spare,
            leaving: worker.retiring || worker.leave_by != u64::MAX || !worker.lifespan.takes_tasks(),
            generation: worker.generation,
            in_flight: worker.in_flight.length(),
            tasks: current_tasks(worker, &self.tasks, now),
            completed: worker.completed,
            window: worker.window.size(),
            age: age * 1000.0,
            utilization: if age > 0.0 { (busy / age).min(1.0) } else { 0.0 },
            restarts: restarts.total(),
            restart_reasons: restarts,
            own_memory: worker.memory.used(),
            usage: None,
            lane_memory: worker.lane.resident().unwrap_or(0),
        }
    }
}

fn current_tasks(worker: &Worker, tasks: &TaskTable, now: u64) -> Vec<CurrentTask> {
    let describe = |index: u32| {
        let task = tasks.get(index);
        CurrentTask {
            ticket: task.ticket,
            function: task.function,
            attempt: task.attempt,
            priority: task.priority.as_str(),
            duration: milliseconds(now.saturating_sub(worker.begun_at(tasks, index))),
        }
    };
    begun_tasks(worker, tasks).into_iter().map(describe).collect()
}

/// What a worker has begun. It claims in the order of its ring; of what it has ended already and the driver has not drained
/// yet, the earliest is left out.
pub(super) fn begun_tasks(worker: &Worker, tasks: &TaskTable) -> Vec<u32> {
    let most = worker.window.concurrency() as usize;
    let mut begun = Vec::new();
    let mut at = worker.in_flight.first();
    while let Some(index) = at
        && worker.has_started(tasks, index)
    {
        if begun.len() == most {
            begun.remove(0);
        }
        begun.push(index);
        at = tasks.next(index);
    }
    begun
}

fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}
