//! One worker as the driver sees it: its process, its lane, the tasks it has.

use super::DriverOptions;
use super::affinity::Site;
use super::health::Vigil;
use super::memory_watch::MemoryLook;
use super::origins::Origin;
use super::outbox::{Letter, Outbox};
use super::payload::{Inbound, Outbound, Pushed};
use super::recycle::Lifespan;
use super::segments::{Segments, mentions_flag};
use super::wakes::Parkings;
use crate::Result;
use crate::launcher::StartRequest;
use crate::schedule::{PriorityQueues, Window};
use crate::task::{List, Place, Priority, TaskTable};
use crate::zygote::Conditions;
use crate::zygote::protocol::{ControlMessage, LONGEST_REASON};
use hatchery_lane::{HostLane, INLINE_CAPACITY, Location, Message, SlotState, kind};
use hatchery_sys::cgroup_leaf::Leaf;
use hatchery_sys::{EventFd, Exit, PidFd, SeqPacket};
use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Bit 16 of a slot's flags: the worker reports when it begins the task.
const REPORT_START: u32 = 1 << 16;

/// Idle time after which the memory of an arena goes back to the system, nanoseconds: a pause in the work costs nothing,
/// and the faults after a longer one nothing that is felt.
const TRIM_AFTER: u64 = 1_000_000_000;

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

/// A task could not be placed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Ring or socket are full, or the kernel has no memory or descriptor.
    Worker,
    /// All the shared memory there may be is in use.
    Memory,
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
    pub lane: HostLane,
    /// See [`wakes`](super::wakes).
    pub parkings: Parkings,
    pub submission_event: EventFd,
    pub completion_event: EventFd,
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
    /// It runs a task that is to have no neighbours.
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
    pub segments: HashMap<u32, u32>,
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
        now: u64,
    ) -> Result<Worker> {
        let Vacancy { number, place, site, leaf } = vacancy;
        let (control, workers_end) = SeqPacket::pair()?;
        let group = leaf.as_ref().map(|leaf| leaf.path().to_owned());
        let conditions = Conditions {
            limits: options.limits.process.clone(),
            group,
            sandbox: options.sandbox.clone(),
            born_confined: false,
        };
        let mut worker = Worker {
            number,
            place,
            state: WorkerState::Created,
            origin: origin.serial,
            generation: origin.generation,
            retiring: false,
            spare: false,
            lane: HostLane::create_on(site.node, &options.geometry)?,
            parkings: Parkings::default(),
            submission_event: EventFd::new()?,
            completion_event: EventFd::new()?,
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
            lifespan: Lifespan::new(&options.limits),
            memory: MemoryLook::default(),
            leaf,
            unheard: false,
            vigil: Vigil::new(),
            inbound: Inbound::default(),
            segments: HashMap::new(),
            outbox: Outbox::default(),
            outbound: Outbound::default(),
            unpublished: false,
            defined: Vec::new(),
        };
        worker.lane.completions.park();
        origin.launcher.start(StartRequest {
            worker: number,
            processors: &site.processors,
            conditions: &conditions,
            lane: worker.lane.memory(),
            submission_event: worker.submission_event.as_fd(),
            completion_event: worker.completion_event.as_fd(),
            control: workers_end,
            host_control: &worker.control,
            lifeline,
        })?;
        worker.state = WorkerState::Starting;
        Ok(worker)
    }

    /// Takes tasks now.
    pub(crate) fn is_serving(&self) -> bool {
        self.state == WorkerState::Running
            && self.may_stay()
            && !self.spare
            && self.lifespan.takes_tasks()
            && !self.vigil.is_shunned()
    }

    /// Counts towards the size of the pool.
    pub(crate) fn is_staying(&self) -> bool {
        self.may_stay() && !self.spare && self.lifespan.is_counted()
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

    /// Whether a task may be placed beside those it has; `alone`: the task is to have no neighbours.
    pub(super) fn admits(&mut self, alone: bool) -> bool {
        if alone || self.alone {
            if !self.in_flight.is_empty() {
                return false;
            }
            self.alone = alone;
        }
        true
    }

    /// Tasks it was given and has not had taken back.
    pub(super) fn given(&self) -> u64 {
        self.completed + self.in_flight.length() as u64
    }

    /// Tasks that it may be given still.
    pub(super) fn tasks_left(&self) -> u64 {
        self.lifespan.tasks_left(self.given())
    }

    /// Publishes one task to the ring; [`publish`](Worker::publish) makes the batch visible.
    pub(crate) fn place(
        &mut self,
        slot: u16,
        tasks: &mut TaskTable,
        functions: &[Option<Vec<u8>>],
        segments: &mut Segments,
        index: u32,
        now: u64,
    ) -> std::result::Result<(), Full> {
        let id = tasks.id(index);
        let task = tasks.get(index);
        self.define(task.function, functions)?;
        let extras = tasks.extras(index);
        let mentions = extras.segments;
        if mentions > 0
            && let Err(full) = self.share(segments, tasks.payload(index), mentions.into())
        {
            self.unshare(segments, tasks.payload(index), mentions.into());
            return Err(full);
        }
        let report = if extras.timeout > 0 { REPORT_START } else { 0 };
        let message = Message {
            kind: kind::submission::RUN,
            task_index: id.index,
            task_generation: id.generation,
            function: task.function,
            flags: u32::from(task.attempt) | report | mentions_flag(mentions),
            location: Location::Inline { length: 0 },
        };
        let payload = tasks.payload(index);
        if payload.len() > INLINE_CAPACITY {
            self.will_trim(now);
        }
        // Whoever has been charged once keeps what it was granted when it is placed again.
        let length = payload.len() as u64;
        let charged = extras.apart;
        let may_go_apart = charged || segments.has_room(length);
        let Pushed { position, apart } = match self.push(message, payload, may_go_apart) {
            Ok(pushed) => pushed,
            Err(full) => {
                self.unshare(segments, tasks.payload(index), mentions.into());
                let room = self.lane.submissions.free_slots().is_ok_and(|free| free > 0);
                return Err(if !may_go_apart && room { Full::Memory } else { full });
            }
        };
        if apart && !charged {
            segments.charge(length);
            tasks.extras_mut(index).apart = true;
        }
        if mentions > 0 {
            self.count_mentions(tasks.payload(index), mentions.into());
        }
        if extras.timeout > 0 {
            let deadline = now + u64::from(extras.timeout) * 1_000_000;
            tasks.extras_mut(index).deadline = deadline;
            self.check_at = self.check_at.min(deadline);
        }
        let task = tasks.get_mut(index);
        task.place = Place::Placed { worker: slot, position };
        self.levels[task.priority as usize] += 1;
        if self.in_flight.is_empty() {
            self.window.begin(now);
        }
        tasks.push_back(&mut self.in_flight, index);
        Ok(())
    }

    /// Removes a task from those in flight.
    pub(crate) fn unlink(&mut self, tasks: &mut TaskTable, index: u32) {
        self.levels[tasks.get(index).priority as usize] -= 1;
        tasks.unlink(&mut self.in_flight, index);
    }

    /// Tells the worker what a function number means, before its first task of that function.
    fn define(&mut self, function: u32, functions: &[Option<Vec<u8>>]) -> std::result::Result<(), Full> {
        let (word, bit) = (function as usize / 64, 1_u64 << (function % 64));
        if self.defined.get(word).is_some_and(|known| known & bit != 0) {
            return Ok(());
        }
        if let Some(Some(definition)) = functions.get(function as usize) {
            let message = Message {
                kind: kind::submission::DEFINE,
                task_index: 0,
                task_generation: 0,
                function,
                flags: 0,
                location: Location::Inline { length: 0 },
            };
            self.push(message, definition, true)?;
        }
        if self.defined.len() <= word {
            self.defined.resize(word + 1, 0);
        }
        self.defined[word] |= bit;
        Ok(())
    }

    fn push(&mut self, message: Message, bytes: &[u8], apart: bool) -> std::result::Result<Pushed, Full> {
        let free = match self.lane.submissions.free_slots() {
            Ok(free) => free,
            Err(violation) => {
                self.condemn(Fate::Corrupt(violation.to_string()));
                return Err(Full::Worker);
            }
        };
        if free == 0 {
            return Err(Full::Worker);
        }
        let pushed =
            self.outbound.push(&mut self.lane, &self.control, message, bytes, apart).ok_or(Full::Worker)?;
        self.unpublished = true;
        Ok(pushed)
    }

    /// Blocks of the arena are in use, or will be soon: their memory is given back when that is over for a while.
    pub(crate) fn will_trim(&mut self, now: u64) {
        if self.trim_at == u64::MAX {
            self.trim_at = now.saturating_add(TRIM_AFTER);
        }
    }

    /// Gives the memory of the arena back if the worker has been idle for long enough, or looks again when it may have.
    pub(crate) fn trim(&mut self, now: u64) {
        let idle_enough = self.idle_since.saturating_add(TRIM_AFTER);
        if !self.in_flight.is_empty() {
            self.trim_at = now.saturating_add(TRIM_AFTER);
        } else if now < idle_enough {
            self.trim_at = idle_enough;
        } else {
            self.trim_at = u64::MAX;
            // If the kernel refuses, the memory is kept for the next payload.
            let _ = self.lane.trim();
        }
    }

    /// Makes everything placed visible, and wakes the worker if it sleeps.
    pub(crate) fn publish(&mut self) {
        if !self.unpublished {
            return;
        }
        self.unpublished = false;
        self.lane.submissions.publish();
        if self.lane.submissions.wake_needed() {
            // It can fail only if the descriptor is gone, and then so is the worker.
            let _ = self.submission_event.notify();
        }
    }

    /// Whether a task in flight is known, or found, to have begun.
    pub(crate) fn has_started(&self, tasks: &TaskTable, index: u32) -> bool {
        let task = tasks.get(index);
        let Place::Placed { position, .. } = task.place else { return false };
        task.started || self.has_claimed(position)
    }

    /// Whether the worker has begun what was published at `position`, as far as the ring tells.
    pub(crate) fn has_claimed(&self, position: u32) -> bool {
        // Once head has passed a position its slot may hold another task, so the slot is asked only before.
        let passed = |head: u32| (position.wrapping_sub(head) as i32) < 0;
        self.lane.submissions.head().map_or(true, passed)
            || self.lane.submissions.state(position) != SlotState::Published
    }

    /// Takes back up to `limit` tasks that have not begun and are below `priority`, latest first, each to the
    /// front of its queue, so that they keep their order. Returns how many.
    pub(crate) fn take_back(
        &mut self,
        tasks: &mut TaskTable,
        queues: &mut PriorityQueues,
        limit: usize,
        below: Option<Priority>,
    ) -> usize {
        let mut taken = 0;
        let mut at = self.in_flight.last();
        while let Some(index) = at {
            if taken == limit {
                break;
            }
            at = tasks.previous(index);
            let task = tasks.get(index);
            let Place::Placed { position, .. } = task.place else { continue };
            if task.abandoned || below.is_some_and(|priority| task.priority <= priority) {
                continue;
            }
            // Workers claim in ring order: when this one has begun, so have all before it.
            if task.started || !self.lane.submissions.revoke(position) {
                break;
            }
            self.unlink(tasks, index);
            queues.push_front(tasks, index);
            taken += 1;
        }
        taken
    }

    /// Kills the process, or sees to it that it is killed as soon as it has one. The first reason stands.
    pub(crate) fn condemn(&mut self, fate: Fate) {
        if self.fate.is_none() {
            self.fate = Some(fate);
        }
        if let Some(descriptor) = &self.descriptor {
            // Fails only for a process already dead, which is the aim.
            let _ = descriptor.kill(9);
        }
    }

    /// Asks an idle worker to run its exit listeners and leave.
    pub(crate) fn dismiss(&mut self, leave_by: u64) {
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
