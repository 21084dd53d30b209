//! Synchronous calls: one at a time for each client, by its exchange.

use super::State;
use crate::pool::clients::OWNER;
use crate::pool::exchange::{self, Exchange};
use crate::pool::recovery;
use crate::pool::staging::Staged;
use hatchery_core::driver::Submission;
use hatchery_sys::EventFd;
use std::sync::Arc;

impl State {
    /// The client's place for synchronous calls, made when it is first asked for.
    pub(in crate::pool) fn exchange(&mut self, client: u32) -> hatchery_sys::Result<Option<&mut Exchange>> {
        let Some(client) = self.clients.get(client) else { return Ok(None) };
        if client.exchange.is_none() {
            client.exchange = Some(Exchange::new()?);
        }
        Ok(client.exchange.as_mut())
    }

    /// What tells the client's thread that another one has put its answer there.
    pub(in crate::pool) fn bell(&mut self, client: u32) -> Option<Arc<EventFd>> {
        self.clients.get(client)?.exchange.as_ref().map(Exchange::bell)
    }

    /// Begins a synchronous call. One before it that was broken off (its thread was terminated and went on) ends.
    pub(in crate::pool) fn ask(&mut self, client: u32, task: Staged, payload: &[u8]) {
        let Some(exchange) = self.clients.get(client).and_then(|client| client.exchange.as_mut()) else {
            return;
        };
        if exchange.is_waiting()
            && let (Some(task), Some(driver)) = (exchange.task(), &mut self.driver)
        {
            driver.cancel(task, &mut self.clients);
        }
        self.release_answer(client);
        if let Some(exchange) = self.clients.get(client).and_then(|client| client.exchange.as_mut()) {
            exchange.begin();
        }
        self.repeat_limit(client);
        let submission = Submission { ticket: exchange::TICKET.into(), ..task.submission };
        self.submit_now(client, Staged { submission, addressed: true }, &[], payload);
    }

    /// Asks a thread that begins to wait what it was asked before and has not read: without its word no worker is started,
    /// so the answer that it waits for may never come.
    fn repeat_limit(&mut self, client: u32) {
        let (Some(driver), clients) = self.parts() else { return };
        let open = driver.open_limit().filter(|_| client == OWNER);
        let exchange = clients.get(client).and_then(|client| client.exchange.as_mut());
        if let (Some((question, strategy, detail)), Some(exchange)) = (open, exchange) {
            exchange.ask(recovery::repeated_limit(question, strategy, detail));
        }
    }

    /// The kind of the answer to the client's synchronous call, once it is there. A client that is gone has none.
    pub(in crate::pool) fn answer(&mut self, client: u32) -> Option<u32> {
        self.clients.get(client)?.exchange.as_ref()?.answer_kind()
    }

    /// The client's synchronous call has taken too long: its task is cancelled, which is the answer, unless there is one.
    pub(in crate::pool) fn give_up_asking(&mut self, client: u32) {
        let exchange = self.clients.get(client).and_then(|client| client.exchange.as_ref());
        let task = exchange.filter(|exchange| exchange.is_waiting()).and_then(Exchange::task);
        if let (Some(task), Some(driver)) = (task, &mut self.driver) {
            driver.cancel(task, &mut self.clients);
        }
    }

    /// The client has decoded the answer to its synchronous call.
    pub(in crate::pool) fn release_answer(&mut self, client: u32) {
        let exchange = self.clients.get(client).and_then(|client| client.exchange.as_mut());
        let mentioned = exchange.map(Exchange::take_mentioned);
        self.let_go_of_segments(mentioned.unwrap_or_default());
    }
}
