//! One synchronous call at a time: a client's thread puts a task here and waits until the answer lies here.

use super::events::kind;
use super::report;
use crate::memory::Region;
use hatchery_core::driver::Payload;
use hatchery_core::task::{TaskFailure, TaskId};
use hatchery_sys::EventFd;
use std::collections::VecDeque;
use std::sync::Arc;

/// Ticket of every synchronous task: a client has at most one, and JavaScript's own tickets end far below.
pub(super) const TICKET: u32 = u32::MAX;
/// Pages of the memory.
const PAGES: usize = 32;
/// Where the answer lies; before it lies the encoded argument.
pub(super) const ANSWER: usize = 64 << 10;
/// Bytes before the answer's payload: its length, and whether it lies apart.
const HEADER: usize = 8;

/// How far the call is.
enum Call {
    /// There is none.
    None,
    /// The thread waits.
    Waiting,
    /// The answer's kind, and its payload if that does not lie in the memory.
    Answered(u32, Option<Vec<u8>>),
}

/// See the module's documentation.
pub(super) struct Exchange {
    memory: Arc<Region>,
    bell: Arc<EventFd>,
    rung: bool,
    task: Option<TaskId>,
    /// Segments mentioned by the answer, and by progress before it.
    mentioned: Vec<u32>,
    call: Call,
    /// What lies here is a question, which the thread has not answered.
    asked: bool,
    /// Questions for when it has.
    questions: VecDeque<Vec<u8>>,
    /// The answer that came meanwhile: the thread reads the question, so it cannot lie there yet.
    answered_meanwhile: Option<(u32, Vec<u8>)>,
}

impl Exchange {
    /// Without a call.
    ///
    /// # Errors
    /// The kernel refused a descriptor.
    pub(super) fn new() -> hatchery_sys::Result<Exchange> {
        Ok(Exchange {
            memory: Region::new(PAGES)?,
            bell: Arc::new(EventFd::new()?),
            rung: false,
            task: None,
            mentioned: Vec::new(),
            call: Call::None,
            asked: false,
            questions: VecDeque::new(),
            answered_meanwhile: None,
        })
    }

    /// Argument and answer, for JavaScript to view.
    pub(super) fn memory(&self) -> &Arc<Region> {
        &self.memory
    }

    /// Rings when another thread has put the answer here.
    pub(super) fn bell(&self) -> Arc<EventFd> {
        Arc::clone(&self.bell)
    }

    /// Whether somebody waits for an answer.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.call, Call::Waiting)
    }

    /// Whether the thread hears of nothing but what is put here.
    pub(super) fn takes_questions(&self) -> bool {
        self.is_waiting() || self.asked
    }

    /// Whether the answer is there.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.call, Call::Answered(..))
    }

    /// A call begins.
    pub(super) fn begin(&mut self) {
        self.wait();
        self.answered_meanwhile = None;
    }

    fn wait(&mut self) {
        self.call = Call::Waiting;
        self.asked = false;
        self.rung = false;
    }

    /// Its task is accepted.
    pub(super) fn accepted(&mut self, task: TaskId) {
        self.task = Some(task);
    }

    /// The task of the last call.
    pub(super) fn task(&self) -> Option<TaskId> {
        self.task
    }

    /// The task has ended.
    pub(super) fn answer(&mut self, kind: u32, payload: Payload<'_>) {
        if self.asked {
            self.answered_meanwhile = Some((kind, payload.into_vec()));
        } else {
            self.put(kind, payload);
        }
    }

    fn put(&mut self, kind: u32, payload: Payload<'_>) {
        let length = payload.length();
        let apart = if ANSWER + HEADER + length <= self.memory.length() {
            self.write(length, |target| payload.copy_to(target));
            None
        } else {
            self.header(length, 1);
            Some(payload.into_vec())
        };
        self.call = Call::Answered(kind, apart);
    }

    /// The pool has settled the task. Nobody else tells this thread why a pool has failed, so the reason comes along.
    pub(super) fn settled(&mut self, failure: &TaskFailure) {
        self.answer(kind::SETTLED, Payload::Owned(report::failure_with_reason(failure).into_bytes()));
    }

    /// The thread that waits has the last word on something: one question after the other.
    pub(super) fn ask(&mut self, question: Vec<u8>) {
        if self.asked {
            return self.questions.push_back(question);
        }
        self.asked = true;
        self.put(kind::UNDECIDED, Payload::Owned(question));
    }

    /// It has said it, and waits on: for the next question, or for the answer, which may be there.
    pub(super) fn resume(&mut self) {
        if !self.asked {
            return;
        }
        self.wait();
        if let Some(question) = self.questions.pop_front() {
            self.ask(question);
        } else if let Some((kind, payload)) = self.answered_meanwhile.take() {
            self.put(kind, Payload::Owned(payload));
        }
    }

    /// These segments are mentioned.
    pub(super) fn mention(&mut self, mut segments: Vec<u32>) {
        self.mentioned.append(&mut segments);
    }

    /// The segments mentioned so far: the answer is decoded, or nobody will do that.
    pub(super) fn take_mentioned(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.mentioned)
    }

    /// The driver has not taken the task.
    pub(super) fn refused(&mut self, error: &hatchery_core::Error) {
        self.answer(kind::SETTLED, Payload::Owned(report::refusal_with_reason(error).into_bytes()));
    }

    /// Rings the bell, once, if there is an answer.
    pub(super) fn ring(&mut self) {
        if self.is_answered() && !std::mem::replace(&mut self.rung, true) {
            // Should it fail, the thread finds the answer when it looks the next time.
            let _ = self.bell.notify();
        }
    }

    /// The answer's kind, if it is there. A payload that lies apart is kept for `take_apart`.
    pub(super) fn answer_kind(&self) -> Option<u32> {
        match self.call {
            Call::Answered(kind, _) => Some(kind),
            _ => None,
        }
    }

    /// The payload that lies apart; ends the call.
    pub(super) fn take_apart(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.call, Call::None) {
            Call::Answered(_, Some(payload)) => payload,
            _ => Vec::new(),
        }
    }

    fn write(&self, length: usize, fill: impl FnOnce(&mut [u8])) {
        self.header(length, 0);
        // SAFETY: `self` is behind the pool's lock; its JavaScript thread waits, and reads after that.
        if let Some(target) = unsafe { self.memory.slice(ANSWER + HEADER, length) } {
            fill(target);
        }
    }

    fn header(&self, length: usize, apart: u32) {
        // SAFETY: as in `write`.
        if let Some(header) = unsafe { self.memory.slice(ANSWER, HEADER) } {
            header[..4].copy_from_slice(&(length as u32).to_le_bytes());
            header[4..].copy_from_slice(&apart.to_le_bytes());
        }
    }
}
