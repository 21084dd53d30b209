//! The driver: the master loop as a state machine, advanced by [`Driver::turn`].
//!
//! It owns tasks, priorities, placement, deadlines, retries and the supply of workers, and is driven by
//! whoever hosts it: a thread in Rust programs, `uv_poll` on [`Driver::epoll`] in Node.
//!
//! - `submit`    taking tasks, and the shared memory that they mention or need
//! - `dispatch`  queues to rings, overtaking and rebalancing
//! - `solitary`  tasks that run without neighbours
//! - `settle`    rings to results, and the last word on a task
//! - `missed`    results that there was no descriptor for
//! - `death`     judging a worker that has died, and what it leaves
//! - `cancel`    tasks that are not wanted any more, and those that do not stop in time
//! - `deadlines` time limits, grace, stalled starts
//! - `affinity`  the processors and the memory node of each worker
//! - `waits`     limits of the time before a task begins
//! - `wakes`     workers that wake the host for nothing
//! - `health`    workers that are stopped, blocked, or do not take up what they are given
//! - `recycle`   workers that have come to a limit, and those that replace them; `memory_watch` their memory
//! - `leaves`    a control group for each worker
//! - `stream`    credits for items, chunks of streams given to tasks
//! - `admission` how many tasks are taken
//! - `configure` other options for a pool that runs
//! - `scaling`   how many workers there should be
//! - `worker`    one worker: its lane, and the tasks it has
//! - `supply`    starting workers, the end of the pool
//! - `spares`    workers that are there already when one is needed, and how they get quick
//! - `output`    what processes print, where the host reads it
//! - `origins`   launchers: the one that is asked for workers, and others
//! - `zygote`    what launchers say; a zygote's death, and the next one
//! - `reload`    other code, one worker after the other
//! - `retire`    workers that go without a task being interrupted
//! - `recovery`  retries, quarantine, restarts: what is done after failures
//! - `records`   what is kept for observers alone; `timing` how long tasks wait and run, `statistics` all of it
//! - `watchdog`  a service manager that wants to be told that all is well
//! - `observe`   what is told of tasks and workers beside results, to whom wants to know

mod admission;
mod affinity;
mod cancel;
mod configure;
mod counters;
mod deadlines;
mod death;
mod dispatch;
mod health;
mod leaves;
mod limits;
mod memory_watch;
mod missed;
mod observe;
mod options;
mod origins;
mod outbox;
mod output;
mod payload;
mod records;
mod recovery;
mod recycle;
mod reload;
mod retire;
mod scaling;
mod segments;
mod settle;
mod sharing;
mod sink;
mod solitary;
mod spares;
mod statistics;
mod stream;
mod submit;
mod supply;
mod timing;
mod turn;
mod waits;
mod wakes;
mod watchdog;
mod worker;
mod zygote;

pub use crate::observe::{Statistics, WorkerStatistics};
pub use admission::{QueueOptions, QueuePolicy};
pub use affinity::Affinity;
pub use hatchery_sys::cgroup_leaf::LeafLimits;
pub use health::{Health, HealthOptions};
pub use limits::{GroupLimits, WorkerLimits};
pub use observe::Begun;
pub use options::DriverOptions;
pub use records::ObserveOptions;
pub use recovery::{
    Backoff, QuarantinedTask, Question, RESTART_LIMIT, RecoveryOptions, Rule, Rules, Strategy, THROWN,
    Undecided, UndecidedTask,
};
pub use recycle::RecycleReason;
pub use scaling::{ScaleReason, ScalingOptions};
pub use segments::{MAXIMUM_MENTIONS, MemoryPolicy, SegmentAccess};
pub use sink::{Crash, EventsOnly, OutputLine, Payload, PoolEvent, Sink, TaskName};
pub use worker::WorkerState;

use crate::Result;
use crate::launcher::Launcher;
use crate::observe::log::entries;
use crate::schedule::PriorityQueues;
use crate::task::{List, Place, Priority, TaskId, TaskState, TaskTable};
use admission::Dropped;
use affinity::Sites;
use counters::Counters;
use hatchery_sys::{Epoll, EpollEvents, Lifeline, TimerFd, Trigger, clock};
use health::Rounds;
use leaves::Leaves;
use origins::Origins;
use output::Outputs;
use records::Records;
use recovery::Recovery;
use reload::Reload;
use scaling::Scaling;
use segments::Segments;
use settle::forget;
use solitary::Solitary;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;
use timing::Timing;
use waits::Waits;
use watchdog::Watchdog;
use worker::Worker;

/// What a host wants run.
#[derive(Clone, Copy, Debug)]
pub struct Submission {
    /// The host's name for the task; comes back with its result.
    pub ticket: u64,
    /// Number of the function, as given to [`Driver::define`] or known to the workers from the start.
    pub function: u32,
    /// Order of service.
    pub priority: Priority,
    /// Limit of the run time, counted from when a worker begins the task; rounded up to milliseconds.
    pub timeout: Option<Duration>,
    /// Limit of the time until a worker begins it, rounded up to milliseconds: past it the task is rejected and never
    /// begins. `None`: the pool's own; [`Duration::MAX`]: none.
    pub queue_timeout: Option<Duration>,
    /// How often the task may be run again after it has failed in a way that the rules have retried: by default, when
    /// its worker died under it.
    pub retries: u8,
    /// Whether that holds for errors that it throws, if it is not as for all tasks.
    pub retry_errors: Option<bool>,
    /// Segments that the payload mentions: their numbers, little endian, are its last words.
    pub segments: u8,
    /// Items that the task may send before it is given more credit; 0 for one whose result is all it sends.
    pub credit: u32,
    /// Whether the sink is told when a worker begins the task ([`Sink::begun`]), and of each retry ([`Sink::retried`]).
    pub observed: bool,
}

impl Submission {
    /// A task of normal priority with no limits, nothing shared and nobody who looks on.
    pub const fn plain(ticket: u64, function: u32) -> Submission {
        Submission {
            ticket,
            function,
            priority: Priority::Normal,
            timeout: None,
            queue_timeout: None,
            retries: 0,
            retry_errors: None,
            segments: 0,
            credit: 0,
            observed: false,
        }
    }
}

/// How far the end of the pool has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ending {
    /// Not at all.
    Open,
    /// No more submissions; what is pending is finished.
    Draining,
    /// Everything is settled; processes are being ended. Holds the reason if the pool failed.
    Stopping(Option<String>),
    /// Nothing is left.
    Closed(Option<String>),
}

/// The master loop's state. See the module's documentation.
pub struct Driver {
    options: DriverOptions,
    origins: Origins,
    /// What its processes print.
    outputs: Outputs,
    /// Other code is on its way.
    reload: Option<Reload>,
    epoll: Epoll,
    events: EpollEvents,
    timer: TimerFd,
    /// Held, never used: its end is what tells the workers that the host is gone.
    _lifeline: Lifeline,
    lifeline_end: OwnedFd,
    tasks: TaskTable,
    queues: PriorityQueues,
    /// Tasks that wait for shared memory.
    starved: List,
    /// Tasks that wait for a worker of their own.
    solitary: Solitary,
    /// Tasks that others have displaced, until their hosts are told.
    dropped: Vec<Dropped>,
    segments: Segments,
    waits: Waits,
    rounds: Rounds,
    recovery: Recovery,
    /// Payloads up to this many bytes can lie in an arena.
    largest_block: u64,
    /// Processors that workers can run on at once.
    processors: usize,
    /// Definitions by function number.
    functions: Vec<Option<Vec<u8>>>,
    workers: Vec<Option<Box<Worker>>>,
    sites: Sites,
    leaves: Leaves,
    next_worker: u32,
    start_failures: u32,
    /// Where the draining of rings begins, modulo their number.
    drain_first: usize,
    /// Some control socket was not read to its end.
    control_unread: bool,
    /// Wake-ups by workers since the last look at who makes them.
    wakes: u32,
    /// No start is tried before this; set by one that failed in the host.
    start_again_at: u64,
    /// Spares in place of those that were needed are not started before this.
    spares_again_at: u64,
    /// There is a spare that may have to rehearse.
    rehearsals_due: bool,
    last_start_failure: Option<String>,
    /// Starts that failed in the host, of which nobody has been told.
    untold_start_failures: Vec<String>,
    /// When the timer is armed to fire; `u64::MAX` = not.
    armed_at: u64,
    ending: Ending,
    /// When a launcher that has not ended by itself is killed; 0 = the pool is not stopping yet.
    end_by: u64,
    scaling: Scaling,
    /// Some worker is to go when it has nothing to do.
    retiring: bool,
    /// Some worker is to be replaced because somebody has asked for it.
    renewing: bool,
    watchdog: Watchdog,
    counters: Counters,
    records: Records,
    timing: Timing,
    /// Somebody wants to know which workers are busy.
    observes_workers: bool,
}

impl Driver {
    /// A driver that gets its workers from `launcher`; the first turns start them.
    ///
    /// # Errors
    /// An invalid option, or the kernel refused a descriptor.
    pub fn new(mut options: DriverOptions, launcher: Box<dyn Launcher>) -> Result<Driver> {
        options.validate()?;
        options.geometry.times = options.observe.record_times;
        let epoll = Epoll::new()?;
        let timer = TimerFd::new()?;
        epoll.add(timer.as_fd(), turn::TIMER, Trigger::Level)?;
        let (lifeline, lifeline_end) = Lifeline::new()?;
        let launcher_due = clock::monotonic_nanoseconds() + nanoseconds(options.start_timeout);
        let segments = Segments::new(options.maximum_shared_memory);
        let largest_block = options.geometry.classes.last().map_or(0, |class| u64::from(class.block_size));
        let sites = Sites::new(&options.affinity)?;
        let queues = PriorityQueues::new(options.queue.ageing);
        let rounds = Rounds::new(&options.health);
        let leaves = Leaves::new(&options.limits)?;
        let recovery = Recovery::new(&options.recovery);
        let timing = Timing::new(options.observe.record_times);
        let mut driver = Driver {
            options,
            origins: Origins::new(launcher, launcher_due),
            outputs: Outputs::default(),
            reload: None,
            epoll,
            events: EpollEvents::with_capacity(64),
            timer,
            _lifeline: lifeline,
            lifeline_end,
            tasks: TaskTable::default(),
            queues,
            starved: List::default(),
            solitary: Solitary::default(),
            dropped: Vec::new(),
            segments,
            waits: Waits::default(),
            rounds,
            recovery,
            largest_block,
            processors: hatchery_sys::cpu::default_parallelism(),
            functions: Vec::new(),
            workers: Vec::new(),
            sites,
            leaves,
            next_worker: 1,
            start_failures: 0,
            drain_first: 0,
            control_unread: false,
            wakes: 0,
            start_again_at: 0,
            spares_again_at: 0,
            rehearsals_due: false,
            last_start_failure: None,
            untold_start_failures: Vec::new(),
            armed_at: u64::MAX,
            ending: Ending::Open,
            end_by: 0,
            scaling: Scaling::default(),
            retiring: false,
            renewing: false,
            watchdog: Watchdog::default(),
            counters: Counters::default(),
            records: Records::new(clock::monotonic_nanoseconds()),
            timing,
            observes_workers: false,
        };
        driver.origins.watch(&driver.epoll)?;
        // The first turn polls a launcher that is ready from the start, and watches the start limit.
        driver.arm(1)?;
        Ok(driver)
    }

    /// Readable when a turn has something to do.
    pub fn epoll(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    /// Gives a function number its meaning; workers are told before their first task of it.
    pub fn define(&mut self, function: u32, definition: Vec<u8>) {
        let at = function as usize;
        if self.functions.len() <= at {
            self.functions.resize(at + 1, None);
        }
        self.functions[at] = Some(definition);
    }

    /// Places what is queued, publishes it and wakes the workers that sleep.
    pub fn flush(&mut self) {
        let now = clock::monotonic_nanoseconds();
        self.note_submissions(now);
        self.dispatch(now);
        self.replenish(now);
        self.arm_next(now);
    }

    /// State of a task, `None` once it has settled.
    pub fn state(&self, task: TaskId) -> Option<TaskState> {
        let index = self.tasks.find(task)?;
        let entry = self.tasks.get(index);
        match entry.place {
            _ if entry.abandoned && !self.recovery.is_overrun(index) => None,
            Place::Free => None,
            Place::Queued | Place::Starved | Place::Solitary | Place::Aside => Some(TaskState::Queued),
            Place::Placed { worker, .. } => {
                let worker = self.workers[worker as usize].as_ref()?;
                Some(if worker.has_started(&self.tasks, index) {
                    TaskState::Running
                } else {
                    TaskState::Queued
                })
            }
        }
    }

    /// Takes no more tasks; once all pending ones have settled, ends the workers. Ends with
    /// [`PoolEvent::Closed`].
    pub fn close(&mut self) {
        if self.ending == Ending::Open {
            entries::draining(self.pending());
            self.abandon_reload();
            self.ending = Ending::Draining;
            self.wake();
        }
    }

    /// Settles everything pending as failed by the closing, and kills the workers. Ends with
    /// [`PoolEvent::Closed`].
    pub fn destroy(&mut self, sink: &mut dyn Sink) {
        if matches!(self.ending, Ending::Open | Ending::Draining) {
            entries::destroyed(self.pending());
            self.stop(None, sink);
            self.wake();
        }
    }

    /// Whether no process of the pool is left.
    pub fn is_closed(&self) -> bool {
        matches!(self.ending, Ending::Closed(_))
    }

    /// Tasks accepted and not settled.
    pub fn pending(&self) -> usize {
        self.counters.pending()
    }

    /// Makes the next turn come at once.
    fn wake(&mut self) {
        // A failing timerfd leaves only the turn of the next event; there is no better answer here.
        let _ = self.arm(1);
    }
}

/// A duration as nanoseconds, at most some centuries.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4).min(u64::MAX / 4)
}
