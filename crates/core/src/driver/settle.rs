//! From completion rings to results, and the last word on a task.

use super::recovery::{Failed, Recovery};
use super::segments::{Segments, mentioned, mentions_of};
use super::worker::{Fate, WorkerState};
use super::{Driver, Payload, PoolEvent, Sink, deadlines, observe};
use crate::observe::log::entries;
use crate::task::{FailureCause, Place, TaskFailure, TaskId, TaskTable};
use hatchery_lane::{Completion, Location, kind::completion as kind};
use std::time::Duration;

/// Most bytes of a worker's word for its failure to start; hosts keep it for every task that is settled by it.
const LONGEST_REASON: usize = 16 << 10;

impl Driver {
    /// Drains the rings of all workers that may have something. True: the sink ran out of room.
    pub(super) fn drain_all(&mut self, now: u64, sink: &mut dyn Sink) -> bool {
        let mut held_back = false;
        // Not always the same first: one that fills the sink by itself must not starve the others.
        self.drain_first = self.drain_first.wrapping_add(1);
        let count = self.workers.len();
        for offset in 0..count {
            let slot = (self.drain_first + offset) % count;
            if self.workers[slot].as_ref().is_some_and(|worker| worker.is_heard()) {
                held_back |= self.drain(slot, now, sink);
            }
        }
        held_back
    }

    pub(super) fn drain(&mut self, slot: usize, now: u64, sink: &mut dyn Sink) -> bool {
        let mut ended = 0;
        let mut held_back = false;
        let mut heard = false;
        let mut completion = Completion::default();
        loop {
            let Some(worker) = self.workers[slot].as_mut() else { return held_back };
            if matches!(worker.fate, Some(Fate::Corrupt(_))) {
                break;
            }
            if !sink.has_room() {
                held_back = worker.lane.completions.has_more();
                break;
            }
            let outcome = match worker.lane.completions.read(&worker.lane.arena, &mut completion) {
                Ok(false) => break,
                Ok(true) => {
                    heard = true;
                    self.handle(slot, &completion, now, sink)
                }
                Err(violation) => Err(violation.to_string()),
            };
            match outcome {
                Ok(settled) => ended += settled,
                Err(detail) => {
                    self.condemn(slot, Fate::Corrupt(detail));
                    break;
                }
            }
        }
        let Some(worker) = self.workers[slot].as_mut() else { return held_back };
        if heard {
            worker.lane.completions.release_at(now);
        }
        if !held_back {
            // After all it had said before: a result may mention a segment that it lets go of right then.
            worker.believe_releases(&mut self.segments);
            self.control_unread |=
                worker.inbound.is_behind() && worker.exit.is_none() && worker.fate.is_none();
        }
        let named = if held_back { Ok(()) } else { worker.inbound.expect_named() };
        worker.unheard = held_back && !heard;
        if heard && worker.vigil.hear() {
            sink.event(worker.health_event());
        }
        if ended > 0 {
            self.records.last_completed_at = now;
            // Only work proves a worker: one that gets ready and dies, again and again, is no start.
            self.start_failures = 0;
            worker.window.record(now, ended);
            worker.completed += u64::from(ended);
            if worker.in_flight.is_empty() {
                worker.idle_since = now;
                worker.check_at = u64::MAX;
            }
        }
        if let Err(detail) = named {
            self.condemn(slot, Fate::Corrupt(detail));
        }
        held_back
    }

    /// One message of a worker. `Ok` with how many tasks it ended; `Err`: it cannot be, so the worker is corrupt.
    fn handle(
        &mut self,
        slot: usize,
        completion: &Completion,
        now: u64,
        sink: &mut dyn Sink,
    ) -> Result<u32, String> {
        let Some(worker) = self.workers[slot].as_mut() else { return Ok(0) };
        let block = match completion.message.location {
            Location::Block { block, length } => {
                // What the worker has written there needs none.
                let there = worker.lane.reserve(block, length as usize);
                there.map_err(|_| "a payload in a block that was never written")?;
                Some(block)
            }
            _ => None,
        };
        let Some(mut payload) = worker.inbound.take(&worker.lane, &worker.control, completion)? else {
            return self.miss(slot, completion, now, sink);
        };
        let mentions = mentions_of(completion.message.flags);
        // What is not handed on must not hold segments, nor count for what is handed on next; so everything is checked
        // before anything is said.
        if mentions > 0 && is_handed_on(&self.tasks, completion) {
            // Once out of the worker's reach: the list that is checked here is the one that is read later.
            let bytes = payload.into_vec();
            let list = mentioned(&bytes, mentions).ok_or("a payload shorter than its list of segments")?;
            let numbers: Vec<u32> = list.collect();
            payload = Payload::Owned(bytes);
            if let Some(number) = numbers.iter().find(|number| !worker.segments.contains_key(number)) {
                return Err(format!("a mention of segment {number}, which the worker does not have"));
            }
            let index = find(&self.tasks, slot, completion)?;
            if completion.message.kind == kind::ITEM && self.tasks.extras(index).credit == 0 {
                return Err("an item that was not asked for".into());
            }
            for number in numbers {
                self.segments.hold(number);
                sink.mentioned(number);
            }
        }
        let mut ended = 0;
        // A task that goes on to be judged.
        let mut freed = None;
        match completion.message.kind {
            kind::READY => {
                if worker.state == WorkerState::Starting {
                    worker.state = WorkerState::Running;
                    worker.idle_since = now;
                    worker.lifespan.begin(now);
                    if !worker.in_flight.is_empty() {
                        // What lies in its ring begins now.
                        worker.window.begin(now);
                    }
                    self.recovery.proven = true;
                    let took = now - worker.requested_at;
                    let milliseconds = took as f64 / 1e6;
                    let (number, process, origin) = (worker.number, worker.process, worker.origin);
                    let fresh = self.options.limits.tasks == Some(1);
                    entries::worker_ready(number, process, milliseconds, fresh);
                    sink.event(PoolEvent::WorkerReady { worker: number, process, milliseconds });
                    let method = self.origins.find(origin).map(|origin| origin.launcher.method());
                    self.records.started(method, Duration::from_nanos(took));
                    self.rehearsals_due |= worker.spare;
                }
            }
            kind::START_FAILED => worker.last_words = Some(reason(payload)),
            kind::STARTED => {
                let index = find(&self.tasks, slot, completion)?;
                let task = self.tasks.get_mut(index);
                // Said once: a worker that says it again and again does not put its deadline off.
                let first = !std::mem::replace(&mut task.started, true);
                let abandoned = task.abandoned;
                let extras = self.tasks.extras(index);
                if first && !abandoned && extras.timeout > 0 {
                    // The worker's word is believed only within what is possible.
                    let limit = u64::from(extras.timeout) * 1_000_000;
                    let earliest = extras.deadline.saturating_sub(limit).min(now);
                    let deadline = deadlines::started_at(&payload).clamp(earliest, now) + limit;
                    self.tasks.extras_mut(index).deadline = deadline;
                    worker.check_at = worker.check_at.min(deadline);
                }
                observe::tell_begun(&mut self.tasks, index, worker, &payload, now, sink);
            }
            kind::PROGRESS => {
                let task = self.tasks.get(find(&self.tasks, slot, completion)?);
                if !task.abandoned {
                    sink.progress(task.ticket, payload);
                }
            }
            kind::ITEM => {
                let index = find(&self.tasks, slot, completion)?;
                // What the host has asked for it has room for; nobody sends it more.
                let credit = self.tasks.extras(index).credit;
                let left = credit.checked_sub(1).ok_or("an item that was not asked for")?;
                self.tasks.extras_mut(index).credit = left;
                let task = self.tasks.get(index);
                if !task.abandoned {
                    sink.item(task.ticket, payload);
                }
            }
            kind::PULL => {
                let task = self.tasks.get(find(&self.tasks, slot, completion)?);
                let bytes = small::<8>(&payload).ok_or("a request for chunks that names no input")?;
                if !task.abandoned {
                    let (input, count) = words(bytes);
                    sink.pulled(task.ticket, input, count);
                }
            }
            kind::COMPLETED | kind::FAILED => {
                let index = match find(&self.tasks, slot, completion) {
                    Ok(index) => index,
                    Err(_) if worker.rehearsals.end(completion) => {
                        self.rehearsals_due = true;
                        return Ok(0);
                    }
                    Err(detail) => return Err(detail),
                };
                let task = self.tasks.get(index);
                let (ticket, abandoned, retries_left) = (task.ticket, task.abandoned, task.retries_left);
                if abandoned {
                    freed = Some((index, None));
                } else if completion.message.kind == kind::COMPLETED {
                    self.counters.completed += 1;
                    sink.completed(ticket, payload);
                } else if mentions == 0 && self.recovery.minds_error(index, retries_left) {
                    freed = Some((index, Some(payload.into_vec())));
                } else {
                    self.counters.failed += 1;
                    sink.failed(ticket, payload);
                }
                worker.unlink(&mut self.tasks, index);
                if freed.is_none() {
                    forget(&mut self.tasks, &mut self.segments, &mut self.recovery, index);
                }
                ended = 1;
            }
            other => return Err(format!("a message of unknown kind {other}")),
        }
        if let Some(block) = block {
            worker.lane.arena.release(block);
            worker.will_trim(now);
        }
        if let Some((index, thrown)) = freed {
            let (worker, process) = (worker.number, worker.process);
            match thrown {
                None => self.let_go_of_abandoned(index, worker, process, now, sink),
                Some(thrown) => {
                    let (cause, suspects) = (FailureCause::Threw, 1);
                    let failed = Failed { cause, thrown, worker, process, suspects, stderr: None };
                    self.attempt_failed(index, failed, now, sink);
                }
            }
        }
        Ok(ended)
    }

    /// Reports the failure of a task to the host. The caller removes or abandons the task.
    pub(super) fn settle(&mut self, index: u32, cause: FailureCause, slot: Option<u32>, sink: &mut dyn Sink) {
        let worker = slot.and_then(|slot| self.workers[slot as usize].as_ref());
        let worker = worker.map(|worker| (worker.number, worker.process));
        let attempts = self.attempts_of(index, &cause, worker);
        let task = self.tasks.get(index);
        let failure = TaskFailure {
            attempt: if slot.is_some() { task.attempt } else { task.attempt - 1 },
            worker: worker.map(|(number, _)| number),
            process: worker.map(|(_, process)| process),
            attempts,
            ..TaskFailure::new(cause)
        };
        self.counters.settled(&failure.cause);
        sink.settled(task.ticket, &failure);
    }

    /// Settles a task that no worker has and that is in no list any more.
    pub(super) fn settle_unplaced(&mut self, index: u32, cause: FailureCause, sink: &mut dyn Sink) {
        self.settle(index, cause, None, sink);
        forget(&mut self.tasks, &mut self.segments, &mut self.recovery, index);
    }
}

/// Frees the slot of a settled task that is in no list, and lets go of what it held.
pub(super) fn forget(tasks: &mut TaskTable, segments: &mut Segments, recovery: &mut Recovery, index: u32) {
    recovery.forget(index);
    let extras = tasks.extras(index);
    if extras.apart {
        segments.discharge(tasks.payload(index).len() as u64);
    }
    if extras.segments > 0 {
        for number in mentioned(tasks.payload(index), extras.segments.into()).into_iter().flatten() {
            segments.let_go(number);
        }
    }
    tasks.remove(index);
}

/// The live task in flight on this worker that a message names.
pub(super) fn find(
    tasks: &crate::task::TaskTable,
    slot: usize,
    completion: &Completion,
) -> Result<u32, String> {
    let id = TaskId { index: completion.message.task_index, generation: completion.message.task_generation };
    let index = tasks
        .find(id)
        .ok_or_else(|| format!("a message of task {}.{}, which is unknown", id.index, id.generation))?;
    match tasks.get(index).place {
        Place::Placed { worker, .. } if usize::from(worker) == slot => Ok(index),
        _ => Err(format!("a message of task {}.{}, which another worker has", id.index, id.generation)),
    }
}

/// Whether the payload of a message goes to the host's sink.
fn is_handed_on(tasks: &crate::task::TaskTable, completion: &Completion) -> bool {
    let id = TaskId { index: completion.message.task_index, generation: completion.message.task_generation };
    let carries =
        matches!(completion.message.kind, kind::COMPLETED | kind::FAILED | kind::PROGRESS | kind::ITEM);
    carries && tasks.find(id).is_some_and(|index| !tasks.get(index).abandoned)
}

/// Why a worker could not start, in its own words; of too many words, the first.
fn reason(payload: Payload<'_>) -> String {
    let length = payload.length();
    let bytes = payload.into_vec();
    if length <= LONGEST_REASON {
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let beginning = String::from_utf8_lossy(&bytes[..LONGEST_REASON / 16]);
    deadlines::start_failure(&format!("a worker could not start; its error has {length} bytes: {beginning}…"))
}

/// Two words.
fn words([a, b, c, d, e, f, g, h]: [u8; 8]) -> (u32, u32) {
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

/// Bytes of a payload that is small by nature.
pub(super) fn small<const N: usize>(payload: &Payload<'_>) -> Option<[u8; N]> {
    match payload {
        Payload::Inline(bytes) => bytes.get(..N)?.try_into().ok(),
        _ => None,
    }
}
