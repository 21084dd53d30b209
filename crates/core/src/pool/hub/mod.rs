//! What all threads of a pool share: the inbox, the driver behind its lock, and delivery.
//!
//! Locks in order: driver, inbox, seat, cell. Nobody sleeps and nothing of the user's runs under one of them.
//!
//! - `intake`   tasks on their way in
//! - `delivery` results on their way out

mod delivery;
mod intake;

use super::cell::Cell;
use super::failures::Decide;
use super::inbox::{Batch, Inbox};
use super::lock;
use super::seat::Seat;
use super::sink::{Collector, Delivery};
use crate::driver::{Driver, PoolEvent, Statistics};
use crate::patience::Patience;
use crate::task::{FailureCause, TaskState};
use crate::{Error, Result};
use hatchery_sys::EventFd;
use intake::INTAKE;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Looks at the rings between two yields of the processor.
const LOOKS: usize = 4;

/// Hears of what happens to the pool.
pub(super) type EventListener = Box<dyn FnMut(PoolEvent) + Send>;

pub(super) struct Hub {
    pub(super) names: Vec<String>,
    core: Mutex<Core>,
    pub(super) inbox: Mutex<Inbox>,
    pub(super) seat: Seat,
    /// The driver's epoll, to sleep on without its lock.
    pub(super) epoll: OwnedFd,
    /// Wakes the thread that drives.
    pub(super) control: EventFd,
    listener: Mutex<Option<EventListener>>,
    pub(super) decide: Mutex<Option<Decide>>,
    ended: Mutex<bool>,
    end: Condvar,
}

struct Core {
    driver: Driver,
    collector: Collector,
    /// Tasks on their way from the inbox.
    intake: Batch,
    /// Of a caller who drives.
    patience: Patience,
}

impl Hub {
    pub(super) fn new(
        driver: Driver,
        names: Vec<String>,
        limit: usize,
        listener: Option<EventListener>,
        decide: Option<Decide>,
    ) -> Result<Hub> {
        let epoll = driver.epoll().try_clone_to_owned();
        let epoll =
            epoll.map_err(|error| Error::StartFailed(format!("descriptor of the driver: {error}")))?;
        Ok(Hub {
            names,
            core: Mutex::new(Core {
                driver,
                collector: Collector::default(),
                intake: Batch::default(),
                patience: Patience::default(),
            }),
            inbox: Mutex::new(Inbox::new(limit)),
            seat: Seat::default(),
            epoll,
            control: EventFd::new()?,
            listener: Mutex::new(listener),
            decide: Mutex::new(decide),
            ended: Mutex::new(false),
            end: Condvar::new(),
        })
    }

    /// The number of a task function. A program has few: looking at each name beats hashing one.
    pub(super) fn function(&self, name: &str) -> Result<u32> {
        let at = self.names.iter().position(|known| known == name);
        at.map(|number| number as u32).ok_or_else(|| Error::TaskUnknown(name.into()))
    }

    /// Wakes whoever drives, or calls the pool's thread to do so.
    pub(super) fn rouse(&self) {
        // Cannot fail: the counter is far from its limit.
        let _ = self.control.notify();
        self.seat.want_thread();
    }

    /// One turn, and delivery of its results. True: there is more to do at once.
    pub(super) fn advance(&self, deliveries: &mut Vec<Delivery>) -> Result<bool> {
        let more = {
            let mut core = lock(&self.core);
            let waiting = self.collect(&mut core, INTAKE);
            let Core { driver, collector, .. } = &mut *core;
            let more = driver.turn(collector, Some(Duration::ZERO)).map(|more| more || waiting);
            std::mem::swap(deliveries, &mut collector.deliveries);
            self.count_settled(collector);
            more
        };
        let delivered = !deliveries.is_empty();
        self.deliver_all(deliveries.drain(..));
        // Whoever was told may have submitted more: that is seen before anyone sleeps.
        Ok(more? || delivered)
    }

    /// Waits awake for a worker's word, if it will come soon; whether it has come. For a caller who drives.
    pub(super) fn stay_awake(&self) -> bool {
        let mut core = lock(&self.core);
        if !core.patience.expects_little() {
            return false;
        }
        let Core { driver, patience, .. } = &mut *core;
        driver.unpark();
        // The lock is kept: this takes no longer than a turn may, and whoever wants it is let in after.
        let done = || driver.has_news() || !lock(&self.inbox).batch.is_empty();
        patience.wait(LOOKS, done) || driver.park()
    }

    /// The driving caller goes to sleep.
    pub(super) fn fall_asleep_briefly(&self) {
        lock(&self.core).patience.sleep(true);
    }

    /// The driving caller is awake.
    pub(super) fn wake_up(&self) {
        lock(&self.core).patience.wake(Instant::now());
    }

    /// Says that the calling thread is about to sleep. False: there is something in the inbox.
    pub(super) fn fall_asleep(&self) -> bool {
        let mut inbox = lock(&self.inbox);
        inbox.asleep = inbox.batch.is_empty();
        inbox.asleep
    }

    /// Whether this many tasks or fewer are unsettled.
    pub(super) fn is_quiet(&self, tasks: usize) -> bool {
        lock(&self.inbox).unsettled <= tasks
    }

    pub(super) fn cancel(&self, cell: &Cell) -> bool {
        let (cancelled, deliveries) = {
            let mut core = lock(&self.core);
            self.collect(&mut core, usize::MAX);
            let Core { driver, collector, .. } = &mut *core;
            let cancelled = cell.id().is_some_and(|id| driver.cancel(id, collector));
            (cancelled, std::mem::take(&mut collector.deliveries))
        };
        self.deliver_all(deliveries.into_iter());
        cancelled
    }

    pub(super) fn state(&self, cell: &Cell) -> TaskState {
        if let Some(state) = cell.state() {
            return state;
        }
        let core = lock(&self.core);
        match cell.id() {
            None => TaskState::Created,
            // Settled in the driver, about to be delivered: as good as running still.
            Some(id) => core.driver.state(id).unwrap_or(TaskState::Running),
        }
    }

    /// Does something with the driver. What comes of it is delivered in the next turn, which is soon.
    pub(super) fn with_driver<Outcome>(
        &self,
        act: impl FnOnce(&mut Driver, &mut Collector) -> Outcome,
    ) -> Outcome {
        let outcome = {
            let mut core = lock(&self.core);
            let Core { driver, collector, .. } = &mut *core;
            act(driver, collector)
        };
        self.rouse();
        outcome
    }

    pub(super) fn statistics(&self) -> Statistics {
        lock(&self.core).driver.statistics()
    }

    pub(super) fn resize(&self, minimum: usize, maximum: usize) -> Result<()> {
        lock(&self.core).driver.resize(minimum, maximum)?;
        self.rouse();
        Ok(())
    }

    pub(super) fn recycle(&self, worker: Option<u32>) -> usize {
        let count = lock(&self.core).driver.recycle_workers(worker);
        self.rouse();
        count
    }

    pub(super) fn close(&self) {
        lock(&self.inbox).closed = true;
        {
            let mut core = lock(&self.core);
            self.collect(&mut core, usize::MAX);
            core.driver.close();
        }
        self.rouse();
    }

    pub(super) fn destroy(&self) {
        lock(&self.inbox).closed = true;
        let deliveries = {
            let mut core = lock(&self.core);
            self.collect(&mut core, usize::MAX);
            let Core { driver, collector, .. } = &mut *core;
            driver.destroy(collector);
            std::mem::take(&mut collector.deliveries)
        };
        self.deliver_all(deliveries.into_iter());
        self.rouse();
    }

    /// Whether something must be driven on when a caller leaves the seat.
    pub(super) fn has_work(&self) -> bool {
        let inbox = lock(&self.inbox);
        inbox.unsettled > 0 || inbox.closed || !inbox.batch.is_empty()
    }

    /// Whether no process of the pool is left.
    pub(super) fn is_closed(&self) -> bool {
        lock(&self.core).driver.is_closed()
    }

    /// The end: settles what may have come in meanwhile, with `failure` or as closed.
    pub(super) fn finish(&self, failure: Option<String>) {
        {
            let mut inbox = lock(&self.inbox);
            inbox.closed = true;
            if inbox.failure.is_none() {
                inbox.failure = failure.clone();
            }
        }
        let cause = || match &failure {
            Some(detail) => FailureCause::PoolFailed { detail: detail.clone() },
            None => FailureCause::PoolClosed,
        };
        let deliveries = {
            let mut core = lock(&self.core);
            self.collect(&mut core, usize::MAX);
            let cells: Vec<_> = core.collector.release_all().collect();
            for cell in cells {
                core.collector.reject(cell, cause());
            }
            std::mem::take(&mut core.collector.deliveries)
        };
        self.deliver_all(deliveries.into_iter());
        *lock(&self.ended) = true;
        self.end.notify_all();
    }

    pub(super) fn wait_ended(&self) {
        let ended = lock(&self.ended);
        drop(self.end.wait_while(ended, |ended| !*ended).unwrap_or_else(PoisonError::into_inner));
    }

    fn count_settled(&self, collector: &mut Collector) {
        if collector.settled > 0 {
            lock(&self.inbox).unsettled -= std::mem::take(&mut collector.settled);
        }
    }

    /// The descriptors the driving thread sleeps on: the driver's epoll and `control`.
    pub(super) fn sleep_on(&self) -> [std::os::fd::BorrowedFd<'_>; 2] {
        [self.epoll.as_fd(), self.control.as_fd()]
    }
}
