//! One worker as the driver sees it: its process, its lane, the tasks it has.
//!
//! - `place`     giving it tasks
//! - `take_back` what it has begun, and taking back what it has not
//! - `trim`      the memory of its arena

mod place;
mod take_back;
mod trim;

pub(crate) use place::{Full, Spot};

use super::DriverOptions;
use super::affinity::Site;
use super::health::Vigil;
use super::memory_watch::MemoryLook;
use super::observe::Activity;
use super::origins::Origin;
use super::outbox::{Letter, Outbox};
use super::payload::{Inbound, Outbound};
use super::recycle::Lifespan;
use super::spares::Rehearsals;
use super::wakes::WakeUps;
use crate::Result;
use crate::launcher::{OutputEnds, StartRequest};
use crate::observe::RestartReason;
use crate::observe::log::entries;
use crate::schedule::Window;
use crate::task::{List, TaskTable};
use crate::zygote::Conditions;
use crate::zygote::protocol::{ControlMessage, LONGEST_REASON};
use hatchery_lane::{Home, HostLane};
use hatchery_sys::cgroup_leaf::Leaf;
use hatchery_sys::{EventFd, Exit, PidFd, SeqPacket, headroom};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerState {
    /// Its lane exists, its process was not asked for yet.
    Created,
    /// Asked for; not ready yet.
    Starting,
    /// Takes tasks.
    Running,
    /// Left when it was told to.
    Stopped,
    /// Died, or was killed for a reason.
    Crashed,
}

/// Why the driver killed a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A task outlived its deadline or its cancellation by more than the grace.
    Overdue,
    /// It wrote something impossible.
    Corrupt(String),
    /// It had more memory of its own than the hard bound; bytes.
    OutOfMemory {
        /// What it had.
        used: u64,
        /// The bound.
        limit: u64,
    },
    /// It did not become ready in time.
    SlowStart,
    /// It was stopped, or blocked, for longer than its limit.
    Unresponsive {
        /// Which of the two.
        stopped: bool,
        /// The limit.
        limit: Duration,
    },
    /// The pool has no more use for it.
    Retired,
}

impl Fate {
    /// For the log; nothing if nothing is wrong.
    fn reason(&self) -> Option<&'static str> {
        match self {
            Fate::Overdue => Some("a task did not stop in time"),
            Fate::Corrupt(_) => Some("it wrote to its lane what cannot be"),
            Fate::OutOfMemory { .. } => Some("it has more memory than it may"),
            Fate::SlowStart => Some("it was not ready in time"),
            Fate::Unresponsive { stopped: true, .. } => Some("it was stopped for too long"),
            Fate::Unresponsive { stopped: false, .. } => Some("it was blocked for too long"),
            Fate::Retired => None,
        }
    }
}

/// What a new worker is to take up.
pub(super) struct Vacancy<'a> {
    /// See [`Worker::number`].
    pub number: u32,
    /// See [`Worker::place`].
    pub place: usize,
    /// Where it runs.
    pub site: &'a Site,
    /// Its control group.
    pub leaf: Option<Leaf>,
}

pub(crate) struct Worker {
    /// Number of the worker in the pool; never reused.
    pub number: u32,
    /// Its place among the workers that stay; a worker that replaces it takes it.
    pub place: usize,
    pub state: WorkerState,
    /// Serial number of the origin that it comes from.
    pub origin: u32,
    /// Which version of the code it runs.
    pub generation: u32,
    /// It gets no more tasks and leaves once it has none.
    pub retiring: bool,
    /// It waits to replace one that dies, or to be one more, and takes no tasks until then.
    pub spare: bool,
    /// How far it has got with its rehearsals.
    pub(super) rehearsals: Rehearsals,
    /// It is to take the place of another one, which is counted until then.
    pub successor: bool,
    /// Once it is asked for it is there in a moment, as far as is known.
    pub quick: bool,
    pub lane: HostLane,
    pub wake_ups: WakeUps,
    pub submission_event: EventFd,
    pub control: SeqPacket,
    /// Process id, 0 until known.
    pub process: u32,
    pub descriptor: Option<PidFd>,
    pub in_flight: List,
    /// Tasks in flight by priority, to know without a walk whether a higher one could overtake.
    pub levels: [u32; 3],
    pub window: Window,
    /// Earliest time a task in flight wants attention; `u64::MAX` = none.
    pub check_at: u64,
    pub requested_at: u64,
    pub idle_since: u64,
    /// When the memory of its arena is given back, unless it is at work then. `u64::MAX` = there is none.
    pub trim_at: u64,
    /// It runs a task that is to have no neighbours, or is to run one next.
    pub alone: bool,
    /// Asked to leave; killed when this passes. `u64::MAX` = not asked.
    pub leave_by: u64,
    pub fate: Option<Fate>,
    /// It has died, and its zygote must have said so when this passes. `u64::MAX` = it lives, as far as is known.
    pub report_due: u64,
    /// How it died, until its last completions are drained.
    pub exit: Option<Exit>,
    pub completed: u64,
    /// The uncaught exception that it says it dies of; JSON.
    pub last_words: Option<String>,
    /// Why another one takes its place, if it is to go and one does.
    pub leaves_for: Option<RestartReason>,
    /// How often there was no room in its ring.
    pub ring_full: u64,
    /// The end of its standard error, once it is dead.
    pub stderr: Option<String>,
    /// Why there is no process for it.
    pub refusal: Option<String>,
    /// How much of its life it has had.
    pub lifespan: Lifespan,
    /// What is known of its memory.
    pub memory: MemoryLook,
    /// Its own control group.
    pub leaf: Option<Leaf>,
    /// What it has said waits for room in the sink, all of it: what it has finished cannot be told.
    pub unheard: bool,
    pub vigil: Vigil,
    pub inbound: Inbound,
    /// Segments it has, each with how often it was mentioned to the worker since it got it.
    pub segments: BTreeMap<u32, u32>,
    /// What has been told of what it does.
    pub(super) activity: Activity,
    /// Control messages that wait for room in the socket.
    pub outbox: Outbox,
    outbound: Outbound,
    unpublished: bool,
    /// Functions it has been told, a bit each.
    defined: Vec<u64>,
}

impl Worker {
    /// Makes the lane and asks the launcher for a process to attach to it.
    pub(super) fn start(
        vacancy: Vacancy<'_>,
        options: &DriverOptions,
        lifeline: BorrowedFd<'_>,
        origin: &mut Origin,
        outputs: OutputEnds,
        now: u64,
    ) -> Result<Worker> {
        let Vacancy { number, place, site, leaf } = vacancy;
        let (control, workers_end) = SeqPacket::pair()?;
        let home = Home { node: site.node, reserved: headroom::is_strict() };
        let group = leaf.as_ref().map(|leaf| leaf.path().to_owned());
        let conditions = Conditions {
            limits: options.limits.process.clone(),
            group,
            sandbox: options.sandbox.clone(),
            ..Conditions::default()
        };
        let mut worker = Worker {
            number,
            place,
            state: WorkerState::Created,
            origin: origin.serial,
            generation: origin.generation,
            retiring: false,
            spare: false,
            rehearsals: Rehearsals::default(),
            successor: false,
            quick: origin.launcher.is_quick(),
            lane: HostLane::create_in(home, &options.geometry)?,
            wake_ups: WakeUps::new()?,
            submission_event: EventFd::new()?,
            control,
            process: 0,
            descriptor: None,
            in_flight: List::default(),
            levels: [0; 3],
            window: Window::new(options.concurrency),
            check_at: u64::MAX,
            requested_at: now,
            idle_since: now,
            trim_at: u64::MAX,
            alone: false,
            leave_by: u64::MAX,
            fate: None,
            report_due: u64::MAX,
            exit: None,
            completed: 0,
            last_words: None,
            leaves_for: None,
            ring_full: 0,
            stderr: None,
            refusal: None,
            lifespan: Lifespan::new(&options.limits),
            memory: MemoryLook::default(),
            leaf,
            unheard: false,
            vigil: Vigil::new(),
            inbound: Inbound::default(),
            segments: BTreeMap::new(),
            activity: Activity::default(),
            outbox: Outbox::default(),
            outbound: Outbound::default(),
            unpublished: false,
            defined: Vec::new(),
        };
        worker.wake_ups.park(&mut worker.lane.completions);
        origin.launcher.start(StartRequest {
            worker: number,
            processors: &site.processors,
            conditions: &conditions,
            lane: worker.lane.memory(),
            submission_event: worker.submission_event.as_fd(),
            completion_event: worker.wake_ups.as_fd(),
            control: workers_end,
            host_control: &worker.control,
            lifeline,
            outputs,
        })?;
        worker.state = WorkerState::Starting;
        Ok(worker)
    }

    /// Its ring is to be read: its process is known. A fork may have something to say before its zygote, which says that it
    /// has been forked, gets the processor.
    pub(crate) fn is_heard(&self) -> bool {
        self.descriptor.is_some() || self.exit.is_some()
    }

    /// It is to wake the host when it has something to say.
    pub(crate) fn is_awaited(&self) -> bool {
        self.descriptor.is_some() && self.exit.is_none()
    }

    /// Has the worker wake the host when it has something to say. False: it has said something already.
    pub(super) fn park(&mut self) -> bool {
        // While the host is still parked from before, nobody has published since, or the wake-up is under way.
        self.lane.completions.is_parked() || self.wake_ups.park(&mut self.lane.completions)
    }

    /// Takes tasks now.
    pub(crate) fn is_serving(&self) -> bool {
        self.state == WorkerState::Running
            && self.may_stay()
            && !self.spare
            && self.lifespan.takes_tasks()
            && !self.vigil.is_shunned()
    }

    /// Does not take tasks yet, but is about to, so that they may wait in its ring.
    pub(crate) fn is_arriving(&self) -> bool {
        self.state == WorkerState::Starting
            && self.quick
            && self.may_stay()
            && !self.spare
            && !self.successor
            && self.lifespan.takes_tasks()
    }

    /// Tasks in its ring that it is not going to begin before others have ended, or before it is there itself.
    pub(crate) fn ahead(&self) -> usize {
        let begins = if self.state == WorkerState::Starting { 0 } else { self.window.concurrency() };
        self.in_flight.length().saturating_sub(begins as usize)
    }

    /// Counts towards the size of the pool.
    pub(crate) fn is_staying(&self) -> bool {
        self.may_stay() && !self.spare && !self.successor && self.lifespan.is_counted()
    }

    /// Lives, or is about to, and is not on its way out.
    pub(crate) fn may_stay(&self) -> bool {
        matches!(self.state, WorkerState::Starting | WorkerState::Running)
            && self.leave_by == u64::MAX
            && !self.retiring
            && self.fate.is_none()
    }

    /// Tasks that may be placed now without going past `limit` in flight.
    pub(crate) fn room(&self, limit: u32) -> u32 {
        let limit = if self.alone { 1 } else { limit };
        let room = limit.saturating_sub(self.in_flight.length() as u32);
        u64::from(room).min(self.tasks_left()) as u32
    }

    /// What it has gets no neighbours.
    pub(super) fn keeps_apart(&self) -> bool {
        self.alone && !self.in_flight.is_empty()
    }

    /// Tasks it was given and has not had taken back.
    pub(super) fn given(&self) -> u64 {
        self.completed + self.in_flight.length() as u64
    }

    /// Tasks that it may be given still.
    pub(super) fn tasks_left(&self) -> u64 {
        self.lifespan.tasks_left(self.given())
    }

    /// Kills the process, or sees to it that it is killed as soon as it has one. The first reason stands.
    pub(crate) fn condemn(&mut self, fate: Fate) {
        if self.fate.is_none() {
            if let Some(reason) = fate.reason() {
                entries::worker_killed(self.number, self.process, reason);
            }
            self.fate = Some(fate);
        }
        if let Some(descriptor) = &self.descriptor {
            // Fails only for a process already dead, which is the aim.
            let _ = descriptor.kill(9);
        }
    }

    /// Asks an idle worker to run its exit listeners and leave.
    pub(crate) fn dismiss(&mut self, leave_by: u64) {
        entries::worker_dismissed(self.number, self.process);
        self.leave_by = leave_by;
        if !matches!(self.control.send(&ControlMessage::Stop.encode(), &[]), Ok(true)) {
            self.condemn(Fate::Retired);
        }
    }

    /// Asks the worker to abort the signal of a task it has begun: because it has passed its `limit` in milliseconds, or
    /// else for the caller's `reason`.
    pub(crate) fn request_cancel(&mut self, tasks: &TaskTable, index: u32, limit: u32, reason: Vec<u8>) {
        let id = tasks.id(index);
        let (task_index, task_generation) = (id.index, id.generation);
        let reason = if reason.len() > LONGEST_REASON { Vec::new() } else { reason };
        let message = ControlMessage::Cancel { task_index, task_generation, limit, reason };
        self.outbox.post(&self.control, Letter::new(message));
    }
}
