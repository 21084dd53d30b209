//! One thread's part in a pool: its tasks by its own tickets, and what it has to be told.

use super::events::{Batch, Events, kind};
use super::exchange::{self, Exchange};
use super::report;
use crate::uv::Sender;
use hatchery_core::driver::{Payload, PoolEvent};
use hatchery_core::task::{TaskFailure, TaskId};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Tasks that JavaScript may speak of, by ticket: the room for these is kept when none is pending any more.
const KEPT: usize = 4096;

/// Bytes of what workers have printed that a thread is handed at a time: some twenty milliseconds of work for a logger, during
/// which it does nothing else.
const HANDFUL: usize = 256 << 10;
/// ... that may wait for a thread that has not come for so long, because it is busy with something else.
const PRINTED: usize = 4 << 20;
const BUSY: Duration = Duration::from_millis(500);

/// Where in a record's kind the number of segments is that its payload mentions.
const MENTIONS_SHIFT: u32 = 16;

/// See the module's documentation.
pub(super) struct Client {
    pub(super) events: Events,
    /// For synchronous calls, from the first one on.
    pub(super) exchange: Option<Exchange>,
    /// Of tasks that JavaScript may speak of again, by ticket. Stale entries are harmless: an id carries a generation.
    tasks: HashMap<u32, TaskId>,
    /// Tasks accepted and not settled.
    pending: usize,
    /// Bytes of what workers have printed that the thread has not come for, and since when there are any.
    printed: usize,
    printed_at: Option<Instant>,
    /// Segments mentioned by the batch that JavaScript decodes.
    decoding: Vec<u32>,
    /// Wakes the thread; none before it follows the pool.
    sender: Option<Sender>,
    /// The thread has been woken and has not come for its events yet.
    told: bool,
    /// No more tasks; once none is pending, it is over.
    closing: bool,
    /// Nothing will come any more.
    over: bool,
}

impl Client {
    /// Without a thread that could be woken yet.
    pub(super) fn new(events: Events) -> Client {
        Client {
            events,
            exchange: None,
            tasks: HashMap::new(),
            pending: 0,
            printed: 0,
            printed_at: None,
            decoding: Vec::new(),
            sender: None,
            told: false,
            closing: false,
            over: false,
        }
    }

    /// From now on the thread is woken. What is there already is told at once.
    pub(super) fn follow(&mut self, sender: Sender) {
        self.sender = Some(sender);
        self.told = false;
        self.tell();
    }

    /// Wakes the thread if there is something new for it.
    #[inline]
    pub(super) fn tell(&mut self) {
        if !self.told && !self.events.is_empty() {
            self.wake();
        }
        if let Some(exchange) = &mut self.exchange {
            exchange.ring();
        }
    }

    /// Whether the thread can be given one more result. One that waits for an answer can be given any number: it
    /// empties nothing, and the answer may lie behind them.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.events.has_room() || self.exchange.as_ref().is_some_and(Exchange::is_waiting)
    }

    /// Wakes the thread.
    pub(super) fn wake(&mut self) {
        if let Some(sender) = &self.sender {
            self.told = true;
            sender.send();
        }
    }

    /// A task was accepted. `addressed`: JavaScript may speak of it by its ticket.
    #[inline]
    pub(super) fn accepted(&mut self, ticket: u32, task: TaskId, addressed: bool) {
        self.pending += 1;
        if addressed {
            self.address(ticket, task);
        }
    }

    fn address(&mut self, ticket: u32, task: TaskId) {
        match &mut self.exchange {
            Some(exchange) if ticket == exchange::TICKET => exchange.accepted(task),
            _ => drop(self.tasks.insert(ticket, task)),
        }
    }

    /// A task was not accepted.
    pub(super) fn refused(&mut self, ticket: u32, error: &hatchery_core::Error) {
        match &mut self.exchange {
            Some(exchange) if ticket == exchange::TICKET => exchange.refused(error),
            _ => self.events.add(kind::SETTLED, ticket, owned(report::refusal(error))),
        }
    }

    /// The task of a ticket, settled or not, if it was submitted as one that may be spoken of.
    pub(super) fn task(&self, ticket: u32) -> Option<TaskId> {
        self.tasks.get(&ticket).copied()
    }

    /// A result.
    #[inline]
    pub(super) fn result(&mut self, kind: u32, ticket: u32, payload: Payload<'_>, mentioned: Vec<u32>) {
        match &mut self.exchange {
            Some(exchange) if ticket == exchange::TICKET => {
                exchange.answer(with_mentions(kind, &mentioned), payload);
                exchange.mention(mentioned);
            }
            _ => self.add(kind, ticket, payload, mentioned),
        }
        self.settled_one();
    }

    /// A word of a task that goes on: progress, or what concerns its streams.
    pub(super) fn word(&mut self, kind: u32, ticket: u32, payload: Payload<'_>, mentioned: Vec<u32>) {
        match &mut self.exchange {
            // A thread that waits for a result does not listen to anything else.
            Some(exchange) if ticket == exchange::TICKET => exchange.mention(mentioned),
            _ if kind == kind::PROGRESS && mentioned.is_empty() && self.events.is_flooded() => {}
            _ => self.add(kind, ticket, payload, mentioned),
        }
    }

    /// What JavaScript has to be told; its thread is here. Also the segments that the batch before has mentioned: by now
    /// it holds what it has kept of those.
    pub(super) fn take_batch(&mut self) -> (Option<Batch>, Vec<u32>) {
        self.told = false;
        self.printed = 0;
        self.printed_at = None;
        let decoded = std::mem::replace(&mut self.decoding, self.events.take_mentioned());
        (self.events.take(), decoded)
    }

    /// All segments mentioned by what nobody will decode.
    pub(super) fn take_mentioned(&mut self) -> Vec<u32> {
        let mut mentioned = std::mem::take(&mut self.decoding);
        mentioned.extend(self.events.take_all_mentioned());
        mentioned.extend(self.exchange.iter_mut().flat_map(Exchange::take_mentioned));
        mentioned
    }

    fn add(&mut self, kind: u32, ticket: u32, payload: Payload<'_>, mentioned: Vec<u32>) {
        self.events.add(with_mentions(kind, &mentioned), ticket, payload);
        self.events.mention(mentioned);
    }

    /// The pool has settled a task.
    pub(super) fn settled(&mut self, ticket: u32, failure: &TaskFailure) {
        match &mut self.exchange {
            Some(exchange) if ticket == exchange::TICKET => exchange.settled(failure),
            _ => self.events.add(kind::SETTLED, ticket, owned(report::failure(failure))),
        }
        self.settled_one();
    }

    /// An event of the pool.
    pub(super) fn event(&mut self, report: String) {
        if !self.over {
            self.events.add(kind::POOL, 0, owned(report));
        }
    }

    /// An entry of the log; the last ones come when all else is over.
    pub(super) fn log(&mut self, entry: String) {
        self.events.add(kind::POOL, 0, owned(entry));
    }

    /// What a worker has printed.
    pub(super) fn output(&mut self, report: String) {
        self.printed += report.len();
        self.printed_at.get_or_insert_with(Instant::now);
        self.event(report);
    }

    /// Whether more of that may come: a thread that does not come for it would have any amount of it heaped up.
    pub(super) fn takes_output(&self) -> bool {
        // One that waits for the answer to a call comes for nothing else.
        let waits = || self.exchange.as_ref().is_some_and(Exchange::is_waiting);
        let busy = || waits() || self.printed_at.is_some_and(|at| at.elapsed() >= BUSY);
        self.printed < HANDFUL || (self.printed < PRINTED && busy())
    }

    /// Takes no more tasks; once none is pending, the thread is told that this is over.
    pub(super) fn close(&mut self) {
        self.closing = true;
        self.end_if_done();
    }

    /// Nothing will come any more.
    pub(super) fn end(&mut self) {
        self.event(report::event(&PoolEvent::Closed));
        self.over = true;
    }

    /// Nothing will come any more, and all that came has been told.
    pub(super) fn is_finished(&self) -> bool {
        self.over && self.events.is_empty()
    }

    #[inline]
    fn settled_one(&mut self) {
        self.pending = self.pending.saturating_sub(1);
        if self.pending == 0 {
            self.settled_all();
        }
    }

    fn settled_all(&mut self) {
        if !self.tasks.is_empty() {
            self.tasks.clear();
            self.tasks.shrink_to(KEPT);
        }
        if self.closing {
            self.end_if_done();
        }
    }

    fn end_if_done(&mut self) {
        if self.pending == 0 {
            self.end();
        }
    }
}

/// The kind of a record whose payload mentions segments.
#[inline]
fn with_mentions(kind: u32, mentioned: &[u32]) -> u32 {
    kind | (mentioned.len() as u32) << MENTIONS_SHIFT
}

fn owned(report: String) -> Payload<'static> {
    Payload::Owned(report.into_bytes())
}
