//! A turn's results, on their way to the cells. Nothing is delivered under the driver's lock: wakers and
//! callbacks may call the pool.

use super::cell::Cell;
use super::failures::{self, FailureReport};
use super::outcome::{Rejection, Settlement};
use crate::driver::{Payload, PoolEvent, Sink, Undecided};
use crate::observe::log;
use crate::task::{FailureCause, TaskFailure};
use crate::worker::TaskError;
use std::sync::Arc;

/// Results of one turn at most, so that the first is delivered before the last was read.
const ROOM: usize = 1024;

/// Tickets whose memory (2 MB) is kept when all tasks are settled: giving it back and faulting it in again costs
/// more than all else here if bursts follow one another.
const KEPT: usize = 1 << 18;

/// Something to deliver.
pub(super) enum Delivery {
    Settled(Arc<Cell>, Settlement),
    Progress(Arc<Cell>, Vec<u8>),
    Event(PoolEvent),
    /// Question, what it is about, function of the task.
    Undecided(u32, Box<FailureReport>, Option<u32>),
}

/// Cells by ticket, and what a turn has found for them.
#[derive(Default)]
pub(super) struct Collector {
    cells: Vec<Option<Arc<Cell>>>,
    free: Vec<u32>,
    pub deliveries: Vec<Delivery>,
    /// Settlements that the inbox has not been told of.
    pub settled: usize,
}

impl Collector {
    /// The ticket for the next cell; it stays the next until a cell is kept under it.
    pub(super) fn next_ticket(&self) -> u64 {
        self.free.last().map_or(self.cells.len() as u64, |ticket| u64::from(*ticket))
    }

    /// Keeps a cell under the next ticket. Nothing may be settled between the two calls.
    pub(super) fn keep(&mut self, ticket: u64, cell: Arc<Cell>) {
        debug_assert_eq!(ticket, self.next_ticket());
        match self.free.pop() {
            Some(_) => self.cells[ticket as usize] = Some(cell),
            None => self.cells.push(Some(cell)),
        }
    }

    /// Settles a task that the driver does not have.
    pub(super) fn reject(&mut self, cell: Arc<Cell>, cause: FailureCause) {
        let failure = TaskFailure::new(cause);
        self.settled += 1;
        self.deliveries.push(Delivery::Settled(cell, Err(Box::new(Rejection::Lost(failure)))));
    }

    /// Takes the cell of a ticket out.
    pub(super) fn release(&mut self, ticket: u64) -> Option<Arc<Cell>> {
        let cell = self.cells.get_mut(ticket as usize)?.take();
        if cell.is_some() {
            self.free.push(ticket as u32);
            if self.free.len() == self.cells.len() && self.cells.len() > KEPT {
                self.cells = Vec::new();
                self.free = Vec::new();
            }
        }
        cell
    }

    /// Takes out every cell there is.
    pub(super) fn release_all(&mut self) -> impl Iterator<Item = Arc<Cell>> {
        self.free = Vec::new();
        std::mem::take(&mut self.cells).into_iter().flatten()
    }

    #[inline]
    fn settle(&mut self, ticket: u64, settlement: Settlement) {
        if let Some(cell) = self.release(ticket) {
            self.settled += 1;
            self.deliveries.push(Delivery::Settled(cell, settlement));
        }
    }
}

impl Sink for Collector {
    fn has_room(&self) -> bool {
        self.deliveries.len() < ROOM
    }

    /// Native tasks know no segments, so their workers cannot mention any.
    fn mentioned(&mut self, _segment: u32) {}

    #[inline]
    fn completed(&mut self, ticket: u64, payload: Payload<'_>) {
        self.settle(ticket, Ok(payload.into_vec()));
    }

    fn failed(&mut self, ticket: u64, payload: Payload<'_>) {
        let error = TaskError::decode(&payload.into_vec());
        self.settle(ticket, Err(Box::new(Rejection::Threw(error))));
    }

    fn progress(&mut self, ticket: u64, payload: Payload<'_>) {
        if let Some(Some(cell)) = self.cells.get(ticket as usize) {
            self.deliveries.push(Delivery::Progress(Arc::clone(cell), payload.into_vec()));
        }
    }

    fn settled(&mut self, ticket: u64, failure: &TaskFailure) {
        self.settle(ticket, Err(Box::new(Rejection::Lost(failure.clone()))));
    }

    fn undecided(&mut self, undecided: &Undecided<'_>) {
        failures::note(self, undecided);
    }

    fn event(&mut self, event: PoolEvent) {
        log::note(&event);
        self.deliveries.push(Delivery::Event(event));
    }
}
