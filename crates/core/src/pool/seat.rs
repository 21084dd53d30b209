//! Which thread drives: the pool's own, unless a caller has taken the seat to wait for his task.
//!
//! The pool's thread stands back while callers come and go: it takes the seat again when it is wanted, or
//! when no caller has come for a while. So a loop of single tasks never pays for waking it.

use super::lock;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Without a caller for this long, the pool's thread goes back to its seat. What it would be late for by as
/// much: the death of an idle worker.
const STAND_BACK: Duration = Duration::from_millis(2);

#[derive(Debug, Default)]
pub(super) struct Seat {
    state: Mutex<State>,
    wanted: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// A caller drives.
    caller: bool,
    /// How often one has come.
    visits: u64,
    /// The pool's thread stands back.
    standing: bool,
    /// It is asked to come.
    wanted: bool,
}

impl Seat {
    /// A caller takes the seat; false if another caller has it.
    pub(super) fn take(&self) -> bool {
        let mut state = lock(&self.state);
        if state.caller {
            return false;
        }
        state.caller = true;
        state.visits += 1;
        true
    }

    /// The caller leaves; `work`: there is something that must be driven on.
    pub(super) fn leave(&self, work: bool) {
        lock(&self.state).caller = false;
        if work {
            self.want_thread();
        }
    }

    /// Asks the pool's thread to drive, if nobody does.
    pub(super) fn want_thread(&self) {
        let mut state = lock(&self.state);
        if state.standing && !state.caller {
            state.wanted = true;
            self.wanted.notify_one();
        }
    }

    /// The pool's thread: how often callers have come so far.
    pub(super) fn visits(&self) -> u64 {
        lock(&self.state).visits
    }

    /// The pool's thread: whether the seat is still its own, with no caller since `visits`.
    pub(super) fn is_threads(&self, visits: u64) -> bool {
        let state = lock(&self.state);
        !state.caller && state.visits == visits
    }

    /// The pool's thread: stands back until it is wanted or no caller has come for a while. `has_work` tells
    /// whether there is something to drive; asked after standing is known, so that no call is missed.
    pub(super) fn stand_back(&self, has_work: impl Fn() -> bool) {
        lock(&self.state).standing = true;
        let work = has_work();
        let mut state = lock(&self.state);
        state.wanted |= work && !state.caller;
        loop {
            let visits = state.visits;
            let waited = self.wanted.wait_timeout_while(state, STAND_BACK, |state| !state.wanted);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            let left_alone = state.visits == visits;
            if !state.caller && (state.wanted || left_alone) {
                break;
            }
            state.wanted = false;
        }
        state.standing = false;
        state.wanted = false;
    }
}
