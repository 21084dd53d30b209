//! What the JavaScript thread and the guardian share: the driver with its events, behind one lock.

use super::events::{Batch, Events};
use super::report;
use super::staging::Records;
use hatchery_core::driver::{Driver, PoolEvent, SegmentAccess, Sink, Submission};
use hatchery_core::patience::Patience;
use hatchery_core::task::TaskId;
use hatchery_sys::{Mapping, MemFd};
use std::time::Duration;

/// Tickets above this are no indices of live tasks: JavaScript reuses them, and memory ends before.
const MAXIMUM_TICKET: u32 = 1 << 28;

/// Looks at the rings between two yields of the processor.
const LOOKS: usize = 16;

/// The driver and what it has for JavaScript.
pub(super) struct State {
    driver: Option<Driver>,
    events: Events,
    /// By ticket. Stale entries are harmless: a task's number carries a generation.
    tasks: Vec<Option<TaskId>>,
    /// Definitions given before the start.
    definitions: Vec<(u32, Vec<u8>)>,
    /// Segments that the batch which JavaScript decodes mentions.
    mentioned: Vec<u32>,
    /// The driver is broken or gone.
    over: bool,
}

impl State {
    /// Without a driver, until `start`.
    pub(super) fn new(events: Events) -> State {
        State {
            driver: None,
            events,
            tasks: Vec::new(),
            definitions: Vec::new(),
            mentioned: Vec::new(),
            over: false,
        }
    }

    /// Takes the driver up.
    pub(super) fn start(&mut self, mut driver: Driver) {
        for (function, definition) in self.definitions.drain(..) {
            driver.define(function, definition);
        }
        self.driver = Some(driver);
    }

    /// Takes the driver away for good.
    pub(super) fn take_driver(&mut self) -> Option<Driver> {
        self.over = true;
        self.driver.take()
    }

    /// See [`Driver::define`].
    pub(super) fn define(&mut self, function: u32, definition: Vec<u8>) {
        match &mut self.driver {
            Some(driver) => driver.define(function, definition),
            None => self.definitions.push((function, definition)),
        }
    }

    /// Submits every staged record and places what can be placed.
    ///
    /// # Errors
    /// What is wrong with a record; those before it were taken.
    pub(super) fn flush(&mut self, staged: &[u8]) -> Result<(), &'static str> {
        let mut outcome = Ok(());
        for record in Records::new(staged) {
            match record {
                Ok(record) => self.submit(record.submission, &[], record.payload),
                Err(fault) => outcome = Err(fault),
            }
        }
        if let Some(driver) = &mut self.driver {
            driver.flush();
        }
        outcome
    }

    /// Submits one task and places what can be placed.
    pub(super) fn submit_now(&mut self, submission: Submission, first: &[u8], payload: &[u8]) {
        self.submit(submission, first, payload);
        if let Some(driver) = &mut self.driver {
            driver.flush();
        }
    }

    fn submit(&mut self, submission: Submission, first: &[u8], payload: &[u8]) {
        let ticket = submission.ticket;
        let result = match &mut self.driver {
            Some(driver) => driver.submit_parts(submission, first, payload),
            None => Err(hatchery_core::Error::PoolClosed),
        };
        match result {
            Ok(task) => self.remember(ticket as u32, task),
            Err(error) => self.events.refused(ticket, &error),
        }
    }

    fn remember(&mut self, ticket: u32, task: TaskId) {
        let at = ticket as usize;
        if at >= self.tasks.len() {
            if ticket > MAXIMUM_TICKET {
                return;
            }
            self.tasks.resize((at + 1).next_power_of_two(), None);
        }
        self.tasks[at] = Some(task);
    }

    /// See [`Driver::cancel`].
    pub(super) fn cancel(&mut self, ticket: u32) -> bool {
        let (Some(driver), Some(Some(task))) = (&mut self.driver, self.tasks.get(ticket as usize)) else {
            return false;
        };
        driver.cancel(*task, &mut self.events)
    }

    /// See [`Driver::close`].
    pub(super) fn close(&mut self) {
        match &mut self.driver {
            Some(driver) => driver.close(),
            None => self.end_unstarted(),
        }
    }

    /// See [`Driver::destroy`].
    pub(super) fn destroy(&mut self) {
        match &mut self.driver {
            Some(driver) => driver.destroy(&mut self.events),
            None => self.end_unstarted(),
        }
    }

    /// A pool that was never started is closed at once.
    fn end_unstarted(&mut self) {
        if !self.over {
            self.over = true;
            self.events.event(PoolEvent::Closed);
        }
    }

    /// One turn without waiting. True: turn again.
    pub(super) fn turn(&mut self) -> bool {
        let Some(driver) = &mut self.driver else { return false };
        match driver.turn(&mut self.events, Some(Duration::ZERO)) {
            Ok(more) => {
                self.over |= driver.is_closed();
                more
            }
            Err(error) => {
                self.break_off(&error);
                false
            }
        }
    }

    /// The kernel refused the driver something it cannot do without: the pool has failed.
    fn break_off(&mut self, error: &hatchery_core::Error) {
        if let Some(mut driver) = self.driver.take() {
            let report =
                serde_json::json!({ "code": "ERR_HATCHERY_POOL_FAILED", "message": error.to_string() });
            self.events.event(PoolEvent::Failed(report.to_string()));
            driver.destroy(&mut self.events);
        }
        if !self.over {
            self.over = true;
            self.events.event(PoolEvent::Closed);
        }
    }

    /// Waits awake for a worker's word, if tasks are under way and it will come soon; whether it has come.
    pub(super) fn wait_awake(&mut self, patience: &Patience) -> bool {
        let Some(driver) = &mut self.driver else { return false };
        if driver.pending() == 0 {
            return false;
        }
        driver.unpark();
        // Under the lock: the guardian only tries it, and there is nothing for it to do.
        patience.wait(LOOKS, || driver.has_news()) || driver.park()
    }

    /// What JavaScript has to be told.
    pub(super) fn take_batch(&mut self) -> Option<Batch> {
        // JavaScript is back from the batch before: it holds what it has kept of that.
        let decoded = std::mem::replace(&mut self.mentioned, self.events.take_mentioned());
        self.let_go_of_segments(decoded);
        self.events.take()
    }

    /// See [`Driver::add_segment`].
    pub(super) fn add_segment(
        &mut self,
        memory: MemFd,
        length: u64,
        access: SegmentAccess,
    ) -> hatchery_core::Result<u32> {
        match &mut self.driver {
            Some(driver) => driver.add_segment(memory, length, access),
            None => Err(hatchery_core::Error::PoolClosed),
        }
    }

    /// One more mapping of a segment; none if there is no such segment.
    pub(super) fn map_segment(&mut self, number: u32) -> hatchery_sys::Result<Option<Mapping>> {
        let Some(driver) = &mut self.driver else { return Ok(None) };
        let Some((memory, length, access)) = driver.segment(number) else { return Ok(None) };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mapping = match access {
            SegmentAccess::ReadWrite => Mapping::map(memory, length)?,
            // Its writable mapping is gone, and there can be no other.
            SegmentAccess::ReadOnly => Mapping::map_private(memory, length)?,
        };
        driver.hold_segment(number);
        Ok(Some(mapping))
    }

    /// The host holds these no more.
    pub(super) fn let_go_of_segments(&mut self, numbers: Vec<u32>) {
        let Some(driver) = &mut self.driver else { return };
        numbers.into_iter().for_each(|number| driver.let_go_of_segment(number));
    }

    /// Whether there is something for JavaScript.
    pub(super) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether a turn could deliver another result.
    pub(super) fn has_room(&self) -> bool {
        self.events.has_room()
    }

    /// Nothing will come any more, and all that came has been told.
    pub(super) fn is_finished(&self) -> bool {
        self.over && self.events.is_empty()
    }

    /// JSON; `null` without a driver.
    pub(super) fn statistics(&self) -> String {
        match &self.driver {
            Some(driver) => report::statistics(&driver.statistics(), self.events.degraded()),
            None => "null".to_owned(),
        }
    }
}
