//! Where workers come from: the launcher that is asked for new ones, the one of code that is on trial, and those whose
//! workers still live.

use super::{nanoseconds, turn};
use crate::Result;
use crate::launcher::{Launcher, LauncherFactory};
use hatchery_sys::{Epoll, Trigger};
use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Zygotes that may be started in the place of others within [`WINDOW`].
pub(super) const RESTARTS: usize = 5;
/// See [`RESTARTS`].
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// Pause before the second of them; the first is started at once, and each further one waits twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// A launcher, and what is known of it.
pub(super) struct Origin {
    /// Its number; never reused.
    pub serial: u32,
    /// Which version of the code its workers run.
    pub generation: u32,
    pub launcher: Box<dyn Launcher>,
    /// It has said that it can start workers.
    pub ready: bool,
    /// When it must have become ready, or if it is `leaving`, have left.
    pub due: u64,
    /// Nothing needs it any more, and it was told so.
    pub leaving: bool,
    /// Its zygote has died, or has said that it will not serve.
    pub dead: bool,
    /// Why its start method is not the one that was asked for.
    pub degraded: Option<String>,
    /// Its descriptors in the epoll set, as raw numbers, to follow a change of start method.
    watched: Vec<i32>,
}

impl Origin {
    fn new(serial: u32, generation: u32, launcher: Box<dyn Launcher>, due: u64) -> Origin {
        Origin {
            serial,
            generation,
            launcher,
            ready: false,
            due,
            leaving: false,
            dead: false,
            degraded: None,
            watched: Vec::new(),
        }
    }

    /// It must become ready, and may take until [`due`](Origin::due).
    pub(super) fn is_awaited(&self) -> bool {
        !self.ready && !self.dead && !self.leaving
    }

    /// Has it leave, and kills it if it takes longer than `patience` nanoseconds. Whether it has left.
    pub(super) fn release(&mut self, now: u64, patience: u64) -> bool {
        if !std::mem::replace(&mut self.leaving, true) {
            self.due = now.saturating_add(patience);
            self.launcher.shut_down();
        } else if self.due <= now {
            self.due = u64::MAX;
            self.launcher.kill();
        }
        self.launcher.is_finished()
    }

    /// Brings the epoll set in line with the launcher's descriptors.
    pub(super) fn watch(&mut self, epoll: &Epoll) -> Result<()> {
        let current: Vec<i32> = self.launcher.descriptors().iter().map(AsRawFd::as_raw_fd).collect();
        if current == self.watched {
            return Ok(());
        }
        for descriptor in self.launcher.descriptors() {
            if !self.watched.contains(&descriptor.as_raw_fd()) {
                epoll.add(descriptor, turn::LAUNCHER, Trigger::Level)?;
            }
        }
        // Descriptors that the launcher closed have left the epoll set by themselves.
        self.watched = current;
        Ok(())
    }
}

/// All of them. There is always a current one.
pub(super) struct Origins {
    pub list: Vec<Origin>,
    /// Serial of the one that new workers come from.
    pub current_serial: u32,
    /// Serial of one whose code is on trial.
    pub trial: Option<u32>,
    /// Makes the next one when a zygote has died. `None`: there can be no other.
    pub factory: Option<LauncherFactory>,
    next_serial: u32,
    /// One was ready once, so that what was asked for works in principle.
    pub proven: bool,
    /// When zygotes were started in the place of others, of late.
    restarts: VecDeque<u64>,
    /// When the next one is started; `u64::MAX` = none is to be.
    pub restart_at: u64,
    /// Zygotes that have died and were replaced, ever.
    pub restarted: u32,
}

impl Origins {
    /// With the first, of generation 1, which must be ready at `due`.
    pub(super) fn new(launcher: Box<dyn Launcher>, due: u64) -> Origins {
        Origins {
            list: vec![Origin::new(1, 1, launcher, due)],
            current_serial: 1,
            trial: None,
            factory: None,
            next_serial: 2,
            proven: false,
            restarts: VecDeque::new(),
            restart_at: u64::MAX,
            restarted: 0,
        }
    }

    /// The one that new workers come from.
    pub(super) fn current(&self) -> &Origin {
        self.find(self.current_serial).unwrap_or(&self.list[0])
    }

    /// Whether new workers can be had now.
    pub(super) fn ready(&self) -> bool {
        self.current().ready
    }

    /// The origin of a serial number.
    pub(super) fn find(&self, serial: u32) -> Option<&Origin> {
        self.list.iter().find(|origin| origin.serial == serial)
    }

    /// As [`find`](Origins::find), to change it.
    pub(super) fn find_mut(&mut self, serial: u32) -> Option<&mut Origin> {
        self.list.iter_mut().find(|origin| origin.serial == serial)
    }

    /// One in the place of the current one, whose zygote has died.
    pub(super) fn replace_current(&mut self, launcher: Box<dyn Launcher>, due: u64) {
        self.current_serial = self.add(self.current().generation, launcher, due);
        self.restarted += 1;
    }

    fn add(&mut self, generation: u32, launcher: Box<dyn Launcher>, due: u64) -> u32 {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.list.push(Origin::new(serial, generation, launcher, due));
        serial
    }

    /// One for other code, the next generation, which must be ready at `due`; its serial number, and the generation.
    pub(super) fn begin_trial(&mut self, launcher: Box<dyn Launcher>, due: u64) -> (u32, u32) {
        let generation = self.current().generation + 1;
        let serial = self.add(generation, launcher, due);
        self.trial = Some(serial);
        (serial, generation)
    }

    /// The code on trial is no good.
    pub(super) fn reject_trial(&mut self) {
        if let Some(origin) = self.trial.take().and_then(|serial| self.find_mut(serial)) {
            origin.dead = true;
            origin.ready = false;
            origin.launcher.kill();
        }
    }

    /// The code on trial is good: from now on workers come from it, and the likes of it are made by `factory`.
    pub(super) fn accept_trial(&mut self, factory: LauncherFactory) {
        let Some(serial) = self.trial.take() else { return };
        self.current_serial = serial;
        self.factory = Some(factory);
        self.proven = true;
        self.restart_at = u64::MAX;
        self.restarts.clear();
    }

    /// Kills the zygotes of all that are not ready: one that is still loading modules does not listen.
    pub(super) fn kill_unready(&mut self) {
        self.list.iter_mut().filter(|origin| !origin.ready).for_each(|origin| origin.launcher.kill());
    }

    /// Kills all zygotes.
    pub(super) fn kill_all(&mut self) {
        self.list.iter_mut().for_each(|origin| origin.launcher.kill());
    }

    /// Watches the descriptors that the launchers have by now.
    pub(super) fn watch(&mut self, epoll: &Epoll) -> Result<()> {
        self.list.iter_mut().try_for_each(|origin| origin.watch(epoll))
    }

    /// Ends them all, hearing them out without acting on it. True: nothing of them is left.
    pub(super) fn end(&mut self, epoll: &Epoll) -> Result<bool> {
        for origin in &mut self.list {
            origin.launcher.shut_down();
            while let Ok(Some(_)) = origin.launcher.poll() {}
        }
        self.watch(epoll)?;
        Ok(self.list.iter().all(|origin| origin.launcher.is_finished()))
    }

    /// When one that is not ready yet has to be, or one that is to leave to have left.
    pub(super) fn due(&self) -> u64 {
        let waited_for = self.list.iter().filter(|origin| origin.leaving || origin.is_awaited());
        waited_for.map(|origin| origin.due).min().unwrap_or(u64::MAX)
    }

    /// One more restart: when it is to be, or `None` if there were too many.
    pub(super) fn next_restart(&mut self, now: u64) -> Option<u64> {
        let window = nanoseconds(WINDOW);
        while self.restarts.front().is_some_and(|at| at.saturating_add(window) < now) {
            self.restarts.pop_front();
        }
        let before = self.restarts.len();
        if before == RESTARTS {
            return None;
        }
        self.restarts.push_back(now);
        let pause = if before == 0 { Duration::ZERO } else { PAUSE * 2_u32.pow(before as u32 - 1) };
        Some(now.saturating_add(nanoseconds(pause)))
    }
}
