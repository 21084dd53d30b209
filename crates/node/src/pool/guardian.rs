//! The guardian: a thread that turns the driver while JavaScript is busy, so that workers stay fed and
//! deadlines still kill.
//!
//! It sleeps on the driver's own epoll descriptor, so an idle pool wakes nobody. Once that is readable it
//! gives the JavaScript threads [`PATIENCE`] to turn. While one of them does (a thread in a synchronous call too), the
//! guardian only looks again every so often; when none does, it turns in their place, until the event buffers are full.

use super::clients::OWNER;
use super::shared::Shared;
use hatchery_sys::{EventFd, descriptor};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the JavaScript threads may leave the driver alone.
const PATIENCE: Duration = Duration::from_millis(10);
/// How long the guardian sleeps when the event buffers are full and only JavaScript can empty them.
const FULL: Duration = Duration::from_millis(20);

/// The thread. Dropping it ends it.
pub(super) struct Guardian {
    stop: EventFd,
    thread: Option<JoinHandle<()>>,
}

/// What the thread works with. It has a descriptor of its own of the driver's epoll.
struct Watch {
    shared: Arc<Shared>,
    epoll: OwnedFd,
    stop: EventFd,
}

impl Guardian {
    /// Starts the thread.
    pub(super) fn start(shared: &Arc<Shared>, epoll: BorrowedFd<'_>) -> std::io::Result<Guardian> {
        let stop = EventFd::new()?;
        let watch =
            Watch { shared: Arc::clone(shared), epoll: epoll.try_clone_to_owned()?, stop: stop.try_clone()? };
        let thread = std::thread::Builder::new()
            .name("hatchery-guard".into())
            .stack_size(256 << 10)
            .spawn(move || watch.run())?;
        Ok(Guardian { stop, thread: Some(thread) })
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        if self.stop.notify().is_ok()
            && let Some(thread) = self.thread.take()
        {
            // It never waits for this thread: it only tries the lock. A panic there has ended it anyway.
            let _ = thread.join();
        }
    }
}

impl Watch {
    fn run(self) {
        // An error of poll leaves the pool without a guardian, which is how it would be on a busy machine.
        let _ = self.watch();
    }

    fn watch(&self) -> hatchery_sys::Result<()> {
        // Turns of the JavaScript threads when the guardian took its place; none while one is alive.
        let mut absent_since = None;
        loop {
            let readable = descriptor::wait_readable(&[self.epoll.as_fd(), self.stop.as_fd()], None)?;
            if readable[1] {
                return Ok(());
            }
            if absent_since != Some(self.shared.turns()) {
                absent_since = None;
                let turns = self.shared.turns();
                if self.stopped_within(PATIENCE)? {
                    return Ok(());
                }
                if self.shared.turns() != turns {
                    continue;
                }
                absent_since = Some(turns);
            }
            if !self.stand_in() && self.stopped_within(FULL)? {
                return Ok(());
            }
        }
    }

    fn stopped_within(&self, time: Duration) -> hatchery_sys::Result<bool> {
        Ok(descriptor::wait_readable(&[self.stop.as_fd()], Some(time))?[0])
    }

    /// Turns in place of the JavaScript threads and leaves the results where it finds them. False: there is no
    /// use in trying again at once.
    fn stand_in(&self) -> bool {
        // Locked: a JavaScript thread is at it again.
        let Some(mut state) = self.shared.try_lock() else { return false };
        while state.turn() && state.has_room() {}
        state.tell(None);
        if state.is_shared() || state.is_watched() {
            // It may have left the turning to threads that have nothing to turn for any more; and what the service manager
            // is told depends on its answer.
            state.wake(OWNER);
        }
        state.has_room()
    }
}
