//! What the JavaScript threads and the guardian share: the driver and its clients, behind one lock.
//!
//! - `synchronous` calls whose caller waits for the answer
//! - `segments`    memory that tasks mention

mod observation;
mod segments;
mod synchronous;

use super::clients::{Clients, OWNER, client_of, full_ticket};
use super::events::{Batch, Events};
use super::functions::Functions;
use super::log::Log;
use super::staging::{Records, Staged};
use crate::uv::Sender;
use hatchery_core::Error;
use hatchery_core::driver::{Driver, DriverOptions, PoolEvent, Sink, Submission};
use hatchery_core::launcher::LauncherFactory;
use hatchery_core::observe::Statistics;
use hatchery_core::task::TaskState;
use hatchery_core::zygote::protocol::ChunkPart;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// The driver and those it works for.
pub(super) struct State {
    driver: Option<Driver>,
    clients: Clients,
    functions: Functions,
    /// None without a logger.
    log: Option<Log>,
    /// The driver is broken or gone.
    over: bool,
    /// Figures of a driver that is gone, so that its end can be looked at.
    last: Option<Statistics>,
}

impl State {
    /// The driver and those that it tells.
    pub(super) fn parts(&mut self) -> (Option<&mut Driver>, &mut Clients) {
        (self.driver.as_mut(), &mut self.clients)
    }

    /// What a function number means, JSON.
    pub(super) fn definition(&self, function: usize) -> Option<&str> {
        self.functions.definition(function)
    }

    /// Without a driver, until `start`. The events are the owner's.
    pub(super) fn new(events: Events) -> State {
        let (clients, functions) = (Clients::new(events), Functions::default());
        State { driver: None, clients, functions, log: None, over: false, last: None }
    }

    /// Takes the driver up.
    pub(super) fn start(&mut self, mut driver: Driver, log: Option<Log>) {
        self.log = log;
        self.functions.define_all(&mut driver);
        self.driver = Some(driver);
    }

    /// One more thread; its number. None: the pool is over.
    pub(super) fn attach(&mut self, events: Events) -> Option<u32> {
        if self.over || self.driver.is_none() {
            return None;
        }
        Some(self.clients.add(events))
    }

    /// A descriptor of the driver's epoll.
    pub(super) fn epoll(&self) -> std::io::Result<Option<OwnedFd>> {
        self.driver.as_ref().map(|driver| driver.epoll().try_clone_to_owned()).transpose()
    }

    /// A thread has gone: its tasks are cancelled, and nobody is told.
    pub(super) fn detach(&mut self, client: u32) {
        if let Some(mut gone) = self.clients.remove(client) {
            self.cancel_all(client);
            self.let_go_of_segments(gone.take_mentioned());
        }
        self.clients.tell(None);
        // It may have been looking after the pool, awake, so that workers wake nobody.
        self.look_away();
        self.wake(OWNER);
    }

    /// The owner's thread is done with a pool that is closed.
    pub(super) fn take_closed(&mut self) -> Option<Driver> {
        self.over = true;
        self.clients.remove(OWNER);
        self.take_driver()
    }

    /// The owner's thread has gone, and with it the pool: the others are told.
    pub(super) fn abandon(&mut self) -> Option<Driver> {
        self.clients.remove(OWNER);
        if let Some(driver) = &mut self.driver {
            driver.destroy(&mut self.clients);
        }
        self.clients.event(PoolEvent::Closed);
        self.clients.tell(None);
        self.over = true;
        self.take_driver()
    }

    /// The number of a function by its definition.
    pub(super) fn define(&mut self, definition: String) -> u32 {
        self.functions.number_of(definition, self.driver.as_mut())
    }

    /// Submits every staged record and places what can be placed.
    ///
    /// # Errors
    /// What is wrong with a record; those before it were taken.
    pub(super) fn flush(&mut self, client: u32, staged: &[u8]) -> Result<(), &'static str> {
        let mut outcome = Ok(());
        for record in Records::new(staged) {
            match record {
                Ok(record) => self.submit(client, record.task, &[], record.payload),
                Err(fault) => outcome = Err(fault),
            }
        }
        let _logging = self.logging();
        if let Some(driver) = &mut self.driver {
            driver.flush();
        }
        outcome
    }

    /// Submits one task and places what can be placed.
    pub(super) fn submit_now(&mut self, client: u32, task: Staged, first: &[u8], payload: &[u8]) {
        self.submit(client, task, first, payload);
        if let Some(driver) = &mut self.driver {
            driver.flush();
        }
    }

    #[inline]
    fn submit(&mut self, client: u32, task: Staged, first: &[u8], payload: &[u8]) {
        let Staged { submission, addressed } = task;
        let ticket = submission.ticket as u32;
        let Some(submitter) = self.clients.get(client) else { return };
        let submission = Submission { ticket: full_ticket(client, ticket), ..submission };
        let result = match &mut self.driver {
            Some(driver) => driver.submit_parts(submission, first, payload),
            None => Err(Error::PoolClosed),
        };
        match result {
            Ok(task) => submitter.accepted(ticket, task, addressed),
            Err(error) => submitter.refused(ticket, &error),
        }
    }

    /// See [`Driver::cancel_because`].
    pub(super) fn cancel(&mut self, client: u32, ticket: u32, reason: Vec<u8>) -> bool {
        let task = self.clients.get(client).and_then(|client| client.task(ticket));
        let (Some(driver), Some(task)) = (&mut self.driver, task) else { return false };
        driver.cancel_because(task, reason, &mut self.clients)
    }

    /// See [`Driver::state`]; of tasks that are addressed.
    pub(super) fn task_state(&mut self, client: u32, ticket: u32) -> Option<TaskState> {
        let task = self.clients.get(client).and_then(|client| client.task(ticket))?;
        self.driver.as_ref()?.state(task)
    }

    /// See [`Driver::credit`].
    pub(super) fn credit(&mut self, client: u32, ticket: u32, count: u32) {
        let task = self.clients.get(client).and_then(|client| client.task(ticket));
        if let (Some(driver), Some(task)) = (&mut self.driver, task) {
            driver.credit(task, count);
        }
    }

    /// See [`Driver::forward`].
    pub(super) fn forward(
        &mut self,
        client: u32,
        ticket: u32,
        input: u32,
        part: ChunkPart,
        payload: &[u8],
        mentions: usize,
    ) -> hatchery_core::Result<bool> {
        let task = self.clients.get(client).and_then(|client| client.task(ticket));
        match (&mut self.driver, task) {
            (Some(driver), Some(task)) => driver.forward(task, input, part, payload, mentions),
            _ => Ok(true),
        }
    }

    /// See [`Driver::resize`].
    pub(super) fn resize(&mut self, minimum: usize, maximum: usize) -> hatchery_core::Result<u32> {
        self.driver.as_mut().ok_or(Error::PoolClosed)?.resize(minimum, maximum)
    }

    /// See [`Driver::recycle_workers`].
    pub(super) fn recycle(&mut self, worker: Option<u32>) -> usize {
        self.driver.as_mut().map_or(0, |driver| driver.recycle_workers(worker))
    }

    /// For the owner see [`Driver::close`]; any other thread leaves when its tasks have settled.
    pub(super) fn close(&mut self, client: u32) {
        if client != OWNER {
            if let Some(client) = self.clients.get(client) {
                client.close();
            }
            return;
        }
        match &mut self.driver {
            Some(driver) => driver.close(),
            None => self.end_unstarted(),
        }
    }

    /// For the owner see [`Driver::destroy`]; any other thread leaves now, and its tasks are cancelled.
    pub(super) fn destroy(&mut self, client: u32) {
        if client != OWNER {
            return self.leave(client);
        }
        match &mut self.driver {
            Some(driver) => driver.destroy(&mut self.clients),
            None => self.end_unstarted(),
        }
    }

    /// See [`Driver::reload`].
    pub(super) fn reload(&mut self, factory: LauncherFactory) -> hatchery_core::Result<()> {
        match &mut self.driver {
            Some(driver) => driver.reload(factory),
            None => Err(Error::PoolClosed),
        }
    }

    /// See [`Driver::configure`].
    pub(super) fn configure(&mut self, options: DriverOptions) -> hatchery_core::Result<()> {
        self.driver.as_mut().ok_or(Error::PoolClosed)?.configure(options)
    }

    fn leave(&mut self, client: u32) {
        self.cancel_all(client);
        if let Some(client) = self.clients.get(client) {
            client.close();
        }
    }

    fn cancel_all(&mut self, client: u32) {
        if let Some(driver) = &mut self.driver {
            driver.cancel_all(|ticket| client_of(ticket) == client, &mut self.clients);
        }
    }

    /// A pool that was never started is closed at once.
    fn end_unstarted(&mut self) {
        if !self.over {
            self.over = true;
            self.clients.event(PoolEvent::Closed);
        }
    }

    /// One turn without waiting. True: turn again.
    pub(super) fn turn(&mut self) -> bool {
        let logging = self.logging();
        let Some(driver) = &mut self.driver else { return false };
        let outcome = driver.turn(&mut self.clients, Some(Duration::ZERO));
        drop(logging);
        self.tell_log();
        let Some(driver) = &self.driver else { return false };
        match outcome {
            Ok(more) => {
                self.over |= driver.is_closed();
                let unclaimed = self.clients.take_unclaimed();
                self.let_go_of_segments(unclaimed);
                more
            }
            Err(error) => {
                let logging = self.logging();
                self.break_off(&error);
                drop(logging);
                self.tell_log();
                false
            }
        }
    }

    /// The kernel refused the driver something it cannot do without: the pool has failed.
    fn break_off(&mut self, error: &Error) {
        if let Some(mut driver) = self.driver.take() {
            let report =
                serde_json::json!({ "code": "ERR_HATCHERY_POOL_FAILED", "message": error.to_string() });
            self.clients.event(PoolEvent::Failed(report.to_string()));
            driver.destroy(&mut self.clients);
            self.keep_figures(&driver);
        }
        if !self.over {
            self.over = true;
            self.clients.event(PoolEvent::Closed);
        }
    }

    /// Workers need not wake anybody for now. False: no task is under way.
    pub(super) fn unpark(&mut self) -> bool {
        let Some(driver) = &mut self.driver else { return false };
        if driver.pending() == 0 {
            return false;
        }
        driver.unpark();
        true
    }

    /// See [`Driver::has_news`].
    pub(super) fn has_news(&mut self) -> bool {
        self.driver.as_mut().is_some_and(Driver::has_news)
    }

    /// See [`Driver::look_away`].
    pub(super) fn look_away(&mut self) {
        if let Some(driver) = &mut self.driver {
            driver.look_away();
        }
    }

    /// See [`Driver::park`].
    pub(super) fn park(&mut self) -> bool {
        self.driver.as_mut().is_some_and(Driver::park)
    }

    /// Whether more threads than one use the pool.
    pub(super) fn is_shared(&self) -> bool {
        self.clients.are_several()
    }

    /// Wakes the client's thread when there is something for it.
    pub(super) fn follow(&mut self, client: u32, sender: Sender) {
        if let Some(client) = self.clients.get(client) {
            client.follow(sender);
        }
    }

    /// Wakes the client's thread.
    pub(super) fn wake(&mut self, client: u32) {
        if let Some(client) = self.clients.get(client) {
            client.wake();
        }
    }

    /// Wakes those threads that have been given something they do not know of, except one that is here anyway.
    pub(super) fn tell(&mut self, except: Option<u32>) {
        self.tell_log();
        self.clients.tell(except);
    }

    /// What the client has to be told. Its thread is here.
    pub(super) fn take_batch(&mut self, client: u32) -> Option<Batch> {
        let (batch, decoded) = self.clients.get(client)?.take_batch();
        self.let_go_of_segments(decoded);
        batch
    }

    /// Whether there is something for the client.
    pub(super) fn has_events(&mut self, client: u32) -> bool {
        self.clients.get(client).is_some_and(|client| !client.events.is_empty())
    }

    /// Whether a turn could deliver another result.
    pub(super) fn has_room(&self) -> bool {
        self.clients.has_room()
    }

    /// Nothing will come for the client any more, and all that came has been told.
    pub(super) fn is_finished(&mut self, client: u32) -> bool {
        self.clients.get(client).is_none_or(|client| client.is_finished())
    }
}
