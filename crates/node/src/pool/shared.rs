//! The lock around the state, and the ways to wait for what happens behind it.

use super::segments::Released;
use super::state::State;
use crate::uv::Sender;
use hatchery_core::patience::Patience;
use hatchery_sys::{EventFd, descriptor};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Looks at the rings between two yields of the processor.
const LOOKS: usize = 16;

/// What the JavaScript threads and the guardian share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Turns made by JavaScript threads: how the guardian sees that one is alive.
    turns: AtomicU64,
    released: Released,
    /// Wakes each of the threads that follow the pool, for those who must not wait for the state.
    senders: Mutex<BTreeMap<u32, Sender>>,
}

impl Shared {
    /// Around `state`.
    pub(super) fn new(state: State) -> Shared {
        Shared {
            state: Mutex::new(state),
            turns: AtomicU64::new(0),
            released: Released::default(),
            senders: Mutex::default(),
        }
    }

    /// The state. A panic while it was locked has left it as consistent as any error does.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, unless somebody else has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, State>> {
        self.state.try_lock().ok()
    }

    /// Segments that JavaScript has let go of.
    pub(super) fn released(&self) -> &Released {
        &self.released
    }

    /// The client's thread follows the pool from now on.
    pub(super) fn follow(&self, client: u32, sender: Sender) {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).insert(client, sender);
        self.lock().follow(client, sender);
    }

    /// The client's thread is woken no more.
    pub(super) fn unfollow(&self, client: u32) {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).remove(&client);
    }

    /// Makes one of the threads turn soon.
    pub(super) fn wake_one(&self) {
        if let Some(sender) = self.senders.lock().unwrap_or_else(PoisonError::into_inner).values().next() {
            sender.send();
        }
    }

    /// One turn by a JavaScript thread. True: turn again.
    pub(super) fn turn(&self, state: &mut State) -> bool {
        // Relaxed: see `turns`.
        self.turns.fetch_add(1, Ordering::Relaxed);
        state.let_go_of_segments(self.released.take());
        state.turn()
    }

    /// Turns so far.
    pub(super) fn turns(&self) -> u64 {
        // Relaxed: compared over milliseconds, guards nothing.
        self.turns.load(Ordering::Relaxed)
    }

    /// Waits awake for a worker's word, or another thread's for this client, if tasks are under way and it will come
    /// soon; whether it has come.
    pub(super) fn wait_awake(&self, client: u32, patience: &Patience) -> bool {
        let mut state = self.lock();
        if !state.unpark() {
            return false;
        }
        if !state.is_shared() {
            // Under the lock: the guardian only tries it, and there is nothing for it to do.
            return patience.wait(LOOKS, || state.has_news()) || state.park();
        }
        drop(state);
        let come = patience.wait(LOOKS, || {
            let mut state = self.lock();
            // Another thread that turned has parked the rings, and may have got this client's word.
            state.has_news() || state.has_events(client) || state.answer(client).is_some()
        });
        come || self.lock().park()
    }

    /// Turns and waits until the client's synchronous call is answered, or until `end`: the kind of the answer.
    ///
    /// # Errors
    /// The kernel refuses to wait.
    pub(super) fn wait_for_answer(
        &self,
        client: u32,
        epoll: BorrowedFd<'_>,
        bell: &EventFd,
        patience: &Patience,
        end: Instant,
    ) -> hatchery_sys::Result<Option<u32>> {
        loop {
            let (more, answer) = self.turn_for(client);
            if answer.is_some() {
                return Ok(answer);
            }
            let awake = more || (patience.expects_little() && self.wait_awake(client, patience));
            let now = Instant::now();
            if now >= end {
                self.lock().look_away();
                return Ok(None);
            }
            if awake {
                continue;
            }
            // Nobody has the lock: other threads submit meanwhile, and turn.
            patience.sleep(true);
            let readable = descriptor::wait_readable(&[epoll, bell.as_fd()], Some(end - now))?;
            patience.wake(Instant::now());
            if readable[1] {
                bell.drain()?;
            }
        }
    }

    /// One turn for a thread that waits for an answer: whether to turn again, and the answer's kind if it is there.
    fn turn_for(&self, client: u32) -> (bool, Option<u32>) {
        let mut state = self.lock();
        // Another thread's turn may have brought it.
        if let Some(kind) = state.answer(client) {
            return (false, Some(kind));
        }
        let more = self.turn(&mut state);
        let answer = state.answer(client);
        // Its own other results as well: it does not look at them before it is back in its event loop.
        state.tell(None);
        (more, answer)
    }
}
