//! The service manager's watchdog: as long as the driver turns and its host answers, the manager is told that all is well.
//!
//! The driver may turn although its host hangs (the guardian of a Node host sees to that), and a service whose host hangs
//! takes no tasks. So a turn by somebody else counts only while the host has answered within half of the limit. A host that
//! is held up for less than the limit, by a collection or a large message, is never restarted for it; one that hangs
//! for one and a half times as long always is.

use super::{Driver, nanoseconds};
use hatchery_sys::Notifier;
use std::time::Duration;

/// Where a manager is behind with its reading, it is tried again so many times within a pause.
const TRIES: u64 = 8;

/// Nanoseconds between two messages at least, whatever the manager wants: more often is no sign of anything.
const SHORTEST_PAUSE: u64 = 1_000_000;

/// Somebody who restarts this process unless told, again and again, that it is well.
struct Manager {
    notifier: Notifier,
    /// Nanoseconds between two messages: half of the limit, but for [`SHORTEST_PAUSE`].
    pause: u64,
    /// When the next one is due; `u64::MAX` = when the host has answered.
    due: u64,
    /// When the host has last answered.
    answered_at: u64,
}

/// Whether somebody watches.
#[derive(Default)]
pub(super) struct Watchdog {
    manager: Option<Manager>,
    /// The host has answered since the last look.
    answered: bool,
}

impl Watchdog {
    /// Tells the manager, if it is time to and the host answers.
    #[inline]
    pub(super) fn look(&mut self, now: u64) {
        if let Some(manager) = &mut self.manager {
            manager.look(std::mem::take(&mut self.answered), now);
        }
    }

    /// When to look again.
    pub(super) fn due(&self) -> u64 {
        self.manager.as_ref().map_or(u64::MAX, |manager| manager.due)
    }
}

impl Manager {
    fn look(&mut self, answered: bool, now: u64) {
        if answered {
            self.answered_at = now;
            if self.due == u64::MAX {
                self.due = now;
            }
        }
        if now < self.due {
            return;
        }
        if now - self.answered_at > self.pause {
            // Its answer will be the next look.
            self.due = u64::MAX;
            return;
        }
        // One that does not listen any more may again, when it has been restarted itself.
        let told = self.notifier.send("WATCHDOG=1").unwrap_or(true);
        self.due = now + if told { self.pause } else { self.pause / TRIES };
    }
}

impl Driver {
    /// From now on tells the service manager that all is well (`WATCHDOG=1`), twice within `limit`, as long as this driver
    /// turns and its host [answers](Driver::host_answers).
    pub fn watch(&mut self, notifier: Notifier, limit: Duration) {
        let now = hatchery_sys::clock::monotonic_nanoseconds();
        let pause = (nanoseconds(limit) / 2).max(SHORTEST_PAUSE);
        self.watchdog.manager = Some(Manager { notifier, pause, due: now, answered_at: now });
        self.wake();
    }

    /// Whether somebody watches: then the host is to be asked for an answer when somebody else turns in its place.
    pub fn is_watched(&self) -> bool {
        self.watchdog.manager.is_some()
    }

    /// The host's own loop goes round, and its next turn is a sign of it.
    #[inline]
    pub fn host_answers(&mut self) {
        self.watchdog.answered = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    const PAUSE: u64 = 1_000;

    fn watched(name: &str) -> (UnixDatagram, Manager) {
        let name = format!("hatchery-watchdog-{name}-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        socket.set_nonblocking(true).unwrap();
        let notifier = Notifier::new(&format!("@{name}")).unwrap();
        (socket, Manager { notifier, pause: PAUSE, due: 0, answered_at: 0 })
    }

    fn messages(socket: &UnixDatagram) -> usize {
        let mut buffer = [0; 64];
        std::iter::from_fn(|| socket.recv(&mut buffer).ok())
            .inspect(|length| assert_eq!(*length, "WATCHDOG=1".len()))
            .count()
    }

    #[test]
    fn the_manager_is_told_as_long_as_the_host_answers() {
        let (socket, mut manager) = watched("told");
        for now in 0..10 * PAUSE {
            manager.look(now % 7 == 0, now);
        }
        assert_eq!(messages(&socket), 10);
    }

    #[test]
    fn a_host_that_hangs_is_seen_and_one_that_comes_back_is_forgiven() {
        let (socket, mut manager) = watched("hangs");
        manager.look(true, 400);
        assert_eq!((messages(&socket), manager.due), (1, 400 + PAUSE));
        manager.look(true, 600);
        // Somebody else turns: the host has answered lately.
        manager.look(false, 1_500);
        assert_eq!((messages(&socket), manager.due), (1, 1_500 + PAUSE));
        // It has not, from here on.
        manager.look(false, 2_500);
        manager.look(false, 90_000);
        assert_eq!((messages(&socket), manager.due), (0, u64::MAX));
        manager.look(true, 100_000);
        assert_eq!((messages(&socket), manager.due), (1, 100_000 + PAUSE));
    }
}
