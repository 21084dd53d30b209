//! The clients of one pool: results go to the thread whose task it was, by the high half of the driver's ticket.

use super::client::Client;
use super::events::{Events, kind};
use super::log::Log;
use super::report;
use super::{exchange, recovery};
use hatchery_core::driver::{Begun, Payload, PoolEvent, Sink, Undecided};
use hatchery_core::task::TaskFailure;
use std::time::Duration;

/// The client of the thread that made the pool.
pub(super) const OWNER: u32 = 0;

/// All of them. A number is given out again once its client is gone: by then each of its tasks has settled, and the
/// driver speaks of a task no more once it has.
pub(super) struct Clients {
    list: Vec<Option<Client>>,
    /// Segments that the next payload mentions.
    mentioned: Vec<u32>,
    /// Segments mentioned to clients that are gone.
    unclaimed: Vec<u32>,
    /// Why the start method is not the one asked for.
    degraded: Option<String>,
    /// What was said when the launcher and the first worker were ready, for those who come later.
    readiness: Vec<String>,
    ready: bool,
}

impl Clients {
    /// The owner alone.
    pub(super) fn new(events: Events) -> Clients {
        Clients {
            list: vec![Some(Client::new(events))],
            mentioned: Vec::new(),
            unclaimed: Vec::new(),
            degraded: None,
            readiness: Vec::new(),
            ready: false,
        }
    }

    /// One more; its number.
    pub(super) fn add(&mut self, events: Events) -> u32 {
        let mut client = Client::new(events);
        for report in &self.readiness {
            client.event(report.clone());
        }
        // Not the owner's number, even if that is gone.
        let free = self.list.iter().skip(1).position(Option::is_none).map(|at| at + 1);
        let number = free.unwrap_or(self.list.len());
        if number == self.list.len() {
            self.list.push(None);
        }
        self.list[number] = Some(client);
        number as u32
    }

    /// The client of this number.
    #[inline]
    pub(super) fn get(&mut self, client: u32) -> Option<&mut Client> {
        self.list.get_mut(client as usize)?.as_mut()
    }

    /// Takes a client out: from now on, what comes for it goes nowhere.
    pub(super) fn remove(&mut self, client: u32) -> Option<Client> {
        self.list.get_mut(client as usize)?.take()
    }

    /// Whether there is more than one thread.
    pub(super) fn are_several(&self) -> bool {
        self.list.iter().flatten().nth(1).is_some()
    }

    /// Why the start method is not the one asked for.
    pub(super) fn degraded(&self) -> Option<&str> {
        self.degraded.as_deref()
    }

    /// Wakes every thread that has been given something it does not know of, except one that is here anyway.
    #[inline]
    pub(super) fn tell(&mut self, except: Option<u32>) {
        for (number, client) in self.list.iter_mut().enumerate() {
            let Some(client) = client else { continue };
            if except == Some(number as u32) {
                continue;
            }
            client.tell();
        }
    }

    /// Segments that nobody will let go of.
    pub(super) fn take_unclaimed(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.unclaimed)
    }

    #[inline]
    fn result(&mut self, kind: u32, ticket: u64, payload: Payload<'_>) {
        let mentioned = std::mem::take(&mut self.mentioned);
        match self.get(client_of(ticket)) {
            Some(client) => client.result(kind, ticket as u32, payload, mentioned),
            None => self.unclaimed.extend(mentioned),
        }
    }

    /// Something a task says that goes on.
    fn word(&mut self, kind: u32, ticket: u64, payload: Payload<'_>) {
        let mentioned = std::mem::take(&mut self.mentioned);
        match self.get(client_of(ticket)) {
            Some(client) => client.word(kind, ticket as u32, payload, mentioned),
            None => self.unclaimed.extend(mentioned),
        }
    }

    /// An entry of the log, for the thread that made the pool.
    pub(super) fn log(&mut self, entry: String) {
        if let Some(owner) = self.get(OWNER) {
            owner.log(entry);
        }
    }

    fn owner(&mut self, report: String) {
        if let Some(owner) = self.get(OWNER) {
            owner.event(report);
        }
    }

    fn everybody(&mut self, report: &str) {
        self.list.iter_mut().flatten().for_each(|client| client.event(report.to_owned()));
    }

    fn readiness(&mut self, report: String) {
        self.everybody(&report);
        // Each zygote that takes the place of another says it once more.
        if !self.readiness.contains(&report) {
            self.readiness.push(report);
        }
    }
}

impl Sink for Clients {
    /// One thread that is busy must not hold up the others; its results wait for it beside its buffer.
    fn has_room(&self) -> bool {
        self.list.iter().flatten().any(Client::has_room)
    }

    fn mentioned(&mut self, segment: u32) {
        self.mentioned.push(segment);
    }

    #[inline]
    fn completed(&mut self, ticket: u64, payload: Payload<'_>) {
        self.result(kind::COMPLETED, ticket, payload);
    }

    fn failed(&mut self, ticket: u64, payload: Payload<'_>) {
        self.result(kind::FAILED, ticket, payload);
    }

    fn progress(&mut self, ticket: u64, payload: Payload<'_>) {
        self.word(kind::PROGRESS, ticket, payload);
    }

    fn item(&mut self, ticket: u64, payload: Payload<'_>) {
        self.word(kind::ITEM, ticket, payload);
    }

    fn pulled(&mut self, ticket: u64, input: u32, count: u32) {
        let words = (u64::from(count) << 32 | u64::from(input)).to_le_bytes();
        self.word(kind::PULLED, ticket, Payload::Inline(&words));
    }

    fn forwarded(&mut self, ticket: u64, input: u32) {
        self.word(kind::FORWARDED, ticket, Payload::Inline(&input.to_le_bytes()));
    }

    fn begun(&mut self, ticket: u64, begun: &Begun) {
        self.word(kind::BEGUN, ticket, Payload::Inline(&begun.to_bytes()));
    }

    fn retried(&mut self, ticket: u64, failure: &TaskFailure, pause: Duration) {
        let report = report::retry(failure, pause);
        self.word(kind::RETRIED, ticket, Payload::Owned(report.into_bytes()));
    }

    fn settled(&mut self, ticket: u64, failure: &TaskFailure) {
        if let Some(client) = self.get(client_of(ticket)) {
            client.settled(ticket as u32, failure);
        }
    }

    /// The owner is asked, who has the options. While it waits in a synchronous call it hears of nothing else: there it is
    /// asked what is about that call's task, or about no task, since workers may not start before it has answered.
    fn undecided(&mut self, undecided: &Undecided<'_>) {
        let own = full_ticket(OWNER, exchange::TICKET);
        let concerns_call = undecided.task.as_ref().is_none_or(|task| task.ticket == own);
        let Some(owner) = self.get(OWNER) else { return };
        let question = recovery::undecided(undecided);
        match &mut owner.exchange {
            Some(exchange) if concerns_call && exchange.takes_questions() => exchange.ask(question),
            _ => owner.events.add(kind::UNDECIDED, undecided.question, Payload::Owned(question)),
        }
    }

    fn takes_output(&self) -> bool {
        self.list[OWNER as usize].as_ref().is_none_or(Client::takes_output)
    }

    fn event(&mut self, event: PoolEvent) {
        Log::note(&event);
        let report = report::event(&event);
        match event {
            PoolEvent::Closed => self.list.iter_mut().flatten().for_each(Client::end),
            PoolEvent::Failed(_) | PoolEvent::Resized { .. } => self.everybody(&report),
            PoolEvent::Ready(_) => self.readiness(report),
            PoolEvent::WorkerReady { .. } => {
                self.owner(report);
                // To JavaScript a pool is ready when it can run tasks.
                if !std::mem::replace(&mut self.ready, true) {
                    self.readiness(report::ready());
                }
            }
            PoolEvent::Degraded(reason) => {
                self.degraded = Some(report::message_of(&reason));
                self.owner(report);
            }
            PoolEvent::Reloaded { degraded, .. } => {
                self.degraded = degraded.as_deref().map(report::message_of);
                self.owner(report);
            }
            PoolEvent::Output { .. } => {
                if let Some(owner) = self.get(OWNER) {
                    owner.output(report);
                }
            }
            // What happens to workers is told once, where the pool was made.
            _ => self.owner(report),
        }
    }
}

/// The driver's ticket for a client's own.
#[inline]
pub(super) fn full_ticket(client: u32, ticket: u32) -> u64 {
    u64::from(client) << 32 | u64::from(ticket)
}

/// Whose a ticket of the driver is.
#[inline]
pub(super) fn client_of(ticket: u64) -> u32 {
    (ticket >> 32) as u32
}
