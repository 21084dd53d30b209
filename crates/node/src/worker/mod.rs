//! A worker's end of its lane, for the runtime in JavaScript.

mod control;
mod loans;
mod segments;

use crate::callback::Callback;
use crate::error::{coded, from_core, from_system, invalid};
use crate::heap;
use crate::memory::{external, from_vector};
use crate::quick;
use crate::uv::{EventLoop, Handle};
use crate::value::{Kept, Value, array, bytes, number, undefined};
use control::{Control, Notice, memory_buffer};
use hatchery_core::zygote::{Conditions, WorkerAttachment, attach_from_standard_input};
use hatchery_lane::{BlockId, WorkerLane as Lane, layout};
use hatchery_sys::spin::Spinner;
use hatchery_sys::{EventFd, Mapping, SeqPacket, descriptor, process};
use loans::Loans;
use napi_derive::napi;
use std::cell::{Cell, OnceCell, RefCell};
use std::mem;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A worker's lane. JavaScript reads and writes the rings itself, through `memory`; this is for the rest.
#[napi]
pub struct WorkerLane {
    worker: Cell<u32>,
    lane: &'static Lane,
    loans: Rc<Loans>,
    memory: Kept,
    submission_event: Rc<EventFd>,
    completion_event: Rc<EventFd>,
    control: Rc<Control>,
    on_control: RefCell<Option<Rc<Callback>>>,
    /// Once it is watched: of the submission event, and of the control socket.
    handles: Rc<OnceCell<[Handle; 2]>>,
    conditions: Rc<RefCell<Conditions>>,
}

/// What a spawned worker gets.
#[napi(object, object_from_js = false)]
pub struct NativeAttachment {
    /// Its lane.
    pub lane: WorkerLane,
    /// The pool's configuration, JSON.
    pub config: String,
}

/// In a worker started with the `spawn` method: takes the lane up from standard input. Waits for the host.
#[napi]
pub fn attach_from_stdin(env: napi::Env) -> napi::Result<NativeAttachment> {
    let (attachment, config) = attach_from_standard_input().map_err(from_core)?;
    Ok(NativeAttachment { lane: WorkerLane::adopt(env, attachment)?, config })
}

impl WorkerLane {
    /// The lane of this process. It is never given back: a worker ends with its process.
    pub(crate) fn adopt(env: napi::Env, attachment: WorkerAttachment) -> napi::Result<WorkerLane> {
        let WorkerAttachment {
            worker,
            lane,
            submission_event,
            completion_event,
            control,
            lifeline,
            conditions,
        } = attachment;
        // Dropping it would disarm it.
        mem::forget(lifeline);
        let lane = Lane::attach(lane).map_err(|error| from_core(error.into()))?;
        let lane = WorkerLane::on(env, lane, [submission_event, completion_event], control)?;
        lane.worker.set(worker);
        lane.conditions.replace(conditions);
        Ok(lane)
    }

    /// In a zygote: a lane that is laid out like `other`, for its workers to [take up](WorkerLane::take_up) theirs in its place.
    pub(crate) fn stage(env: napi::Env, other: OwnedFd) -> napi::Result<WorkerLane> {
        let lane = Lane::stage(other).map_err(|error| from_core(error.into()))?;
        let event = || EventFd::new().map_err(from_system);
        // Nobody looks at its end before it is replaced.
        let (control, _) = SeqPacket::pair().map_err(from_system)?;
        WorkerLane::on(env, lane, [event()?, event()?], control)
    }

    /// In a fork: the memory of its lane at the addresses of the staged one, and what belongs to it under the numbers of the
    /// descriptors there. So all that was made for the staged one is for this one.
    pub(crate) fn take_up(&self, attachment: WorkerAttachment) -> napi::Result<()> {
        let WorkerAttachment {
            worker,
            lane,
            submission_event,
            completion_event,
            control,
            lifeline,
            conditions,
        } = attachment;
        mem::forget(lifeline);
        self.lane.take_up(lane).map_err(|error| from_core(error.into()))?;
        for (place, descriptor) in [
            (self.submission_event.as_fd(), submission_event.into()),
            (self.completion_event.as_fd(), completion_event.into()),
            (self.control.as_fd(), control.into()),
        ] {
            descriptor::replace(place, descriptor).map_err(from_system)?;
        }
        self.worker.set(worker);
        self.conditions.replace(conditions);
        Ok(())
    }

    fn on(
        env: napi::Env,
        lane: Lane,
        [submission_event, completion_event]: [EventFd; 2],
        control: SeqPacket,
    ) -> napi::Result<WorkerLane> {
        let lane: &'static Lane = Box::leak(Box::new(lane));
        heap::report_limit_to(lane);
        let memory = Kept::new(env.raw(), external(env.raw(), lane.pointer(), lane.length(), ())?)?;
        Ok(WorkerLane {
            worker: Cell::default(),
            lane,
            loans: Loans::new(lane),
            memory,
            submission_event: Rc::new(submission_event),
            completion_event: Rc::new(completion_event),
            control: Rc::new(Control::new(control)),
            on_control: RefCell::new(None),
            handles: Rc::default(),
            conditions: Rc::default(),
        })
    }
}

#[napi]
impl WorkerLane {
    /// The pool's number for this worker.
    #[napi(getter)]
    pub fn worker(&self) -> u32 {
        self.worker.get()
    }

    /// All of the lane.
    #[napi(getter)]
    pub fn memory(&self) -> napi::Result<Value> {
        self.memory.get()
    }

    /// Has `on_submission()` called when the host has published to a parked worker, and
    /// `on_control(kind, index, generation, number, payload)` for each message to JavaScript: 1 cancel (time limit), 3 stop,
    /// 5 credit (how much), 6 chunk, 7 end, 8 failure of a stream (number of the input); once the worker `listens`.
    #[napi]
    pub fn watch(&self, env: napi::Env, on_submission: Value, on_control: Value) -> napi::Result<()> {
        if self.handles.get().is_some() {
            return Err(invalid("the lane is watched already"));
        }
        let event_loop = EventLoop::of(env)?;
        let on_submission = Callback::new(env, on_submission)?;
        let on_control = Rc::new(Callback::new(env, on_control)?);
        self.on_control.replace(Some(Rc::clone(&on_control)));
        let event = Rc::clone(&self.submission_event);
        let descriptor = self.submission_event.as_fd();
        let submissions = Handle::of_descriptor(event_loop, descriptor, move || {
            // Without the wake-up being taken the loop would spin; an eventfd of ours does not fail.
            let _ = event.drain();
            on_submission.call(|_| Ok([]));
        })?;
        let control = Rc::clone(&self.control);
        let messages = Handle::of_descriptor(event_loop, self.control.as_fd(), move || {
            match control.pump() {
                Ok(true) => {}
                // Nobody is left to work for, or to end what tasks have started. (The lifeline would, had this not come
                // first.)
                Ok(false) => process::exit_with_group(),
                Err(error) => {
                    eprintln!("hatchery: worker process {} ends: {error}", process::id());
                    process::exit_now(1)
                }
            }
            hand_over(&control, &on_control);
        })?;
        // Both live as long as the process: a handle that is not closed is not freed.
        self.handles.set([submissions, messages]).map_err(|_| invalid("the lane is watched already"))
    }

    /// The functions `spin`, `notify` and `mentionSegment`, which are called with nearly every task, and `applyLimits` and
    /// `listen`, which are with the start of every worker:
    ///
    /// - `spin(seen, microseconds)` waits awake, for at most that long, until the submission ring's tail is no longer `seen`.
    ///   False: it still is. Another process that wants this processor gets it, and is left alone with it for a while.
    /// - `notify()` wakes the host.
    /// - `mentionSegment(number, unused)` counts a mention of a segment by a task, once for each; waits for the segment if it
    ///   is under way. `unused`: the task will not be run. True: messages to JavaScript came along, as `has_notices` says.
    /// - `applyLimits()` has this process run under the limits that the pool sets for workers.
    /// - `listen()`: from now on what is watched calls back, and keeps the event loop alive. When the host is gone, the process
    ///   leaves.
    #[napi]
    pub fn functions(&self, env: napi::Env) -> napi::Result<Value> {
        let tail = self.submission_tail();
        let spinner = Spinner::default();
        let spin = quick::function(env, "spin", move |call| {
            let (seen, microseconds): (u32, u32) = (call.get(0)?, call.get(1)?);
            let patience = Duration::from_micros(u64::from(microseconds));
            // Acquire: pairs with the host's Release store of the tail.
            Ok(spinner.until(patience, 16, || tail.load(Ordering::Acquire) != seen))
        })?;
        let event = Rc::clone(&self.completion_event);
        let notify = quick::function(env, "notify", move |_| event.notify().map_err(from_system))?;
        let control = Rc::clone(&self.control);
        let mention = quick::function(env, "mentionSegment", move |call| {
            control.mention(call.get(0)?, call.get(1)?)?;
            Ok(control.has_notices())
        })?;
        let conditions = Rc::clone(&self.conditions);
        let limit =
            quick::function(env, "applyLimits", move |_| conditions.borrow().apply().map_err(from_core))?;
        let handles = Rc::clone(&self.handles);
        let listen = quick::function(env, "listen", move |_| {
            let handles = handles.get().ok_or_else(|| invalid("the lane is not watched"))?;
            handles.iter().try_for_each(|handle| handle.listen(true))
        })?;
        array(env.raw(), &[spin, notify, mention, limit, listen])
    }

    /// Sends a payload in memory of its own. The completion that names `tag` is published afterwards.
    #[napi]
    pub fn send_payload(&self, env: napi::Env, tag: u32, payload: Value) -> napi::Result<()> {
        self.control.send_payload(tag, bytes(env.raw(), &payload)?)
    }

    /// The payload that a submission names, as an `ArrayBuffer`.
    #[napi]
    pub fn take_payload(&self, env: napi::Env, tag: u32) -> napi::Result<Value> {
        memory_buffer(env.raw(), &self.control.take_payload(tag)?)
    }

    /// Whether messages to JavaScript came along while a payload was waited for; `hand_over` hands them over.
    #[napi]
    pub fn has_notices(&self) -> bool {
        self.control.has_notices()
    }

    /// Calls `on_control` for each message that has been read. Not from within a task.
    #[napi]
    pub fn hand_over(&self) {
        let on_control = self.on_control.borrow().clone();
        if let Some(on_control) = on_control {
            hand_over(&self.control, &on_control);
        }
    }

    /// A copy of `length` bytes of a block, from its byte `start` on.
    #[napi]
    pub fn copy_block(&self, env: napi::Env, block: u32, start: u32, length: u32) -> napi::Result<Value> {
        let copy = self.lane.arena.to_vec(BlockId::from_raw(block), start as usize, length as usize);
        let copy = copy.map_err(|violation| coded("ERR_HATCHERY_LANE", violation))?;
        from_vector(env.raw(), copy)
    }

    /// The same bytes where they lie, as an `ArrayBuffer` that keeps its own reference to the block until it is collected
    /// or detached. Nothing: half of the blocks of this size are lent already.
    #[napi]
    pub fn lend_block(
        &self,
        env: napi::Env,
        block: u32,
        start: u32,
        length: u32,
    ) -> napi::Result<Option<Value>> {
        self.loans.lend(env.raw(), BlockId::from_raw(block), start as usize, length as usize)
    }

    /// Blocks that are lent.
    #[napi(getter)]
    pub fn lent(&self) -> u32 {
        self.loans.count()
    }

    /// Maps a segment that was mentioned, as an `ArrayBuffer`. When that is collected or detached and there is no
    /// other, the host is told that the segment is released.
    #[napi]
    pub fn map_segment(&self, env: napi::Env, number: u32) -> napi::Result<Value> {
        let mapping = self.control.map(number)?;
        let (pointer, length) = (mapping.pointer(), mapping.length());
        let owner = SegmentMapping { mapping: Some(mapping), number, control: Rc::clone(&self.control) };
        external(env.raw(), pointer, length, owner)
    }

    /// The buffer of a mapping has been detached, or collected: the host is told now, though the mapping itself goes later.
    #[napi]
    pub fn release_segment(&self, number: u32) {
        self.control.anticipate(number);
    }

    /// Sets bits for the host to find after this process has ended: 1 heap limit, 2 abort, 4 exit.
    #[napi]
    pub fn set_flags(&self, bits: u32) {
        self.lane.set_flags(bits);
    }
}

impl WorkerLane {
    /// Where the host publishes how far it has written.
    fn submission_tail(&self) -> &'static AtomicU32 {
        const OFFSET: usize = layout::PAGE + mem::offset_of!(layout::RingControl, tail);
        // SAFETY: a lane has its first ring behind the header page (attaching has checked it), aligned, and is
        // never unmapped. The word is only ever used as an atomic.
        unsafe { AtomicU32::from_ptr(self.lane.pointer().as_ptr().add(OFFSET).cast()) }
    }
}

/// What keeps a segment mapped while JavaScript can reach it.
struct SegmentMapping {
    mapping: Option<Mapping>,
    number: u32,
    control: Rc<Control>,
}

impl Drop for SegmentMapping {
    fn drop(&mut self) {
        self.mapping = None;
        self.control.unmap(self.number);
    }
}

/// Hands what the host has said to the runtime.
fn hand_over(control: &Control, on_control: &Callback) {
    while let Some(notice) = control.next_notice() {
        on_control.call(|env| {
            notice.into_values(env).inspect_err(|_| {
                // A task would wait for ever for what is lost here; there is no memory for it.
                process::exit_now(1);
            })
        });
    }
}

impl Notice {
    fn into_values(self, env: napi::sys::napi_env) -> napi::Result<[Value; 6]> {
        let mut mentioned = 0;
        let (kind, index, generation, detail, payload) = match self {
            Notice::Cancel { index, generation, limit, reason } => {
                (1, index, generation, limit, reason.into_value(env)?)
            }
            Notice::Stop => (3, 0, 0, 0, undefined(env)?),
            Notice::Credit { index, generation, count } => (5, index, generation, count, undefined(env)?),
            Notice::Chunk { index, generation, input, part, mentions, payload } => {
                mentioned = mentions;
                (6 + part as u32, index, generation, input, payload.into_value(env)?)
            }
        };
        let number = |value| number(env, value);
        Ok([number(kind)?, number(index)?, number(generation)?, number(detail)?, payload, number(mentioned)?])
    }
}
