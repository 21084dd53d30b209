//! One task, between the caller who waits for it and the thread that settles it.

use super::lock;
use super::outcome::{Outcome, ProgressListener, Settlement, outcome};
use crate::task::{TaskId, TaskState};
use hatchery_sys::EventFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::Waker;
use std::time::Instant;

const NO_ID: u64 = u64::MAX;

pub(super) type Callback = Box<dyn FnOnce(Outcome) + Send>;

pub(super) struct Cell {
    /// The driver's id, index in the upper half; `NO_ID` until the driver has the task.
    id: AtomicU64,
    inner: Mutex<Inner>,
    settled: Condvar,
}

#[derive(Default)]
struct Inner {
    settlement: Option<Settlement>,
    /// The final state, once settled; stays when the settlement was taken.
    state: Option<TaskState>,
    listener: Option<ProgressListener>,
    reader: Reader,
}

/// Who wants to be told.
#[derive(Default)]
enum Reader {
    #[default]
    Nobody,
    Task(Waker),
    Callback(Callback),
    /// Threads on the condition variable.
    Thread,
    /// The thread that drives, asleep on the driver's descriptors.
    Driving,
}

impl Cell {
    pub(super) fn new(listener: Option<ProgressListener>) -> Cell {
        Cell {
            id: AtomicU64::new(NO_ID),
            inner: Mutex::new(Inner { listener, ..Inner::default() }),
            settled: Condvar::new(),
        }
    }

    pub(super) fn set_id(&self, id: TaskId) {
        // Relaxed: set and read under the driver's lock.
        self.id.store(u64::from(id.index) << 32 | u64::from(id.generation), Ordering::Relaxed);
    }

    /// The driver's id, once it has the task. Call it under the driver's lock.
    pub(super) fn id(&self) -> Option<TaskId> {
        match self.id.load(Ordering::Relaxed) {
            NO_ID => None,
            id => Some(TaskId { index: (id >> 32) as u32, generation: id as u32 }),
        }
    }

    /// The final state, if it has one.
    pub(super) fn state(&self) -> Option<TaskState> {
        lock(&self.inner).state
    }

    pub(super) fn take(&self) -> Option<Outcome> {
        lock(&self.inner).settlement.take().map(outcome)
    }

    /// Settles the task. `control` wakes the thread that drives. True: threads sleep for it, to be woken by
    /// [`wake_threads`](Cell::wake_threads).
    pub(super) fn settle(&self, settlement: Settlement, control: &EventFd) -> bool {
        let reader = {
            let mut inner = lock(&self.inner);
            inner.state = Some(match &settlement {
                Ok(_) => TaskState::Completed,
                Err(rejection) => rejection.state(),
            });
            inner.listener = None;
            match std::mem::take(&mut inner.reader) {
                Reader::Callback(callback) => {
                    drop(inner);
                    callback(outcome(settlement));
                    return false;
                }
                reader => {
                    inner.settlement = Some(settlement);
                    reader
                }
            }
        };
        match reader {
            Reader::Task(waker) => waker.wake(),
            Reader::Thread => return true,
            // Cannot fail: the counter is far from its limit.
            Reader::Driving => drop(control.notify()),
            Reader::Nobody | Reader::Callback(_) => {}
        }
        false
    }

    /// Wakes the threads that sleep for a task which has settled.
    pub(super) fn wake_threads(&self) {
        self.settled.notify_all();
    }

    /// Tells the listener; not under the lock, so that it may look at its own task.
    pub(super) fn report(&self, value: Vec<u8>) {
        let Some(mut listener) = lock(&self.inner).listener.take() else { return };
        listener(value);
        lock(&self.inner).listener = Some(listener);
    }

    /// Takes the outcome, or leaves a waker.
    pub(super) fn poll(&self, waker: &Waker) -> Option<Outcome> {
        let mut inner = lock(&self.inner);
        if inner.state.is_none() {
            match &mut inner.reader {
                Reader::Task(known) if known.will_wake(waker) => {}
                reader => *reader = Reader::Task(waker.clone()),
            }
            return None;
        }
        let settlement = inner.settlement.take();
        Some(outcome(settlement.expect("a task is not polled again after it was ready")))
    }

    /// Leaves a callback, or gives it back with the outcome that is there.
    pub(super) fn call_back(&self, callback: Callback) -> Option<(Callback, Outcome)> {
        let mut inner = lock(&self.inner);
        match inner.settlement.take() {
            Some(settlement) => Some((callback, outcome(settlement))),
            None => {
                inner.reader = Reader::Callback(callback);
                None
            }
        }
    }

    /// Says that the driving thread is about to sleep for this task. False: it is settled.
    pub(super) fn begin_driving(&self) -> bool {
        let mut inner = lock(&self.inner);
        if inner.state.is_some() {
            return false;
        }
        inner.reader = Reader::Driving;
        true
    }

    /// Blocks until the task is settled; false if `deadline` came first.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut inner = lock(&self.inner);
        while inner.state.is_none() {
            inner.reader = Reader::Thread;
            inner = match deadline {
                None => self.settled.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        inner.reader = Reader::Nobody;
                        return false;
                    }
                    self.settled.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }
}
