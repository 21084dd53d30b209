//! Where workers come from: the launcher that is asked for new ones, the one of code that is on trial, and those whose
//! workers still live.
//!
//! Workers are tied to the host, by its lifeline, and not to their zygote. When that dies they go on: their descriptors
//! tell of their ends, and another zygote is started, at most [`RESTARTS`] times within [`WINDOW`].

use super::deadlines::start_failure;
use super::supply::describe;
use super::worker::{Fate, Worker};
use super::{Driver, Ending, PoolEvent, Sink, nanoseconds, turn};
use crate::Result;
use crate::launcher::{Launcher, LauncherEvent, LauncherFactory};
use hatchery_sys::{Epoll, Exit, PidFd, Trigger};
use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

/// Zygotes that may be started in the place of others within [`WINDOW`].
const RESTARTS: usize = 5;
/// See [`RESTARTS`].
const WINDOW: Duration = Duration::from_secs(60);
/// Pause before the second of them; the first is started at once, and each further one waits twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// Time that a zygote may take to report the death of a worker, which the host has seen itself.
const REPORT: Duration = Duration::from_secs(3);

/// A launcher, and what is known of it.
pub(super) struct Origin {
    /// Its number; never reused.
    pub serial: u32,
    /// Which version of the code its workers run.
    pub generation: u32,
    pub launcher: Box<dyn Launcher>,
    /// It has said that it can start workers.
    pub ready: bool,
    /// When it must have become ready.
    pub due: u64,
    /// Its zygote has died, or has said that it will not serve.
    pub dead: bool,
    /// Why its start method is not the one that was asked for.
    pub degraded: Option<String>,
    /// Its descriptors in the epoll set, as raw numbers, to follow a change of start method.
    watched: Vec<i32>,
}

impl Origin {
    fn new(serial: u32, generation: u32, launcher: Box<dyn Launcher>, due: u64) -> Origin {
        let (ready, dead, degraded, watched) = (false, false, None, Vec::new());
        Origin { serial, generation, launcher, ready, due, dead, degraded, watched }
    }

    /// Brings the epoll set in line with the launcher's descriptors.
    fn watch(&mut self, epoll: &Epoll) -> Result<()> {
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
    list: Vec<Origin>,
    /// Serial of the one that new workers come from.
    current: u32,
    /// Serial of one whose code is on trial.
    trial: Option<u32>,
    /// Makes the next one when a zygote has died. `None`: there can be no other.
    factory: Option<LauncherFactory>,
    next_serial: u32,
    /// One was ready once, so that what was asked for works in principle.
    proven: bool,
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
            current: 1,
            trial: None,
            factory: None,
            next_serial: 2,
            proven: false,
            restarts: VecDeque::new(),
            restart_at: u64::MAX,
            restarted: 0,
        }
    }

    /// Zygotes that die are replaced by what `factory` makes.
    pub(super) fn restart_by(&mut self, factory: LauncherFactory) {
        self.factory = Some(factory);
    }

    /// The one that new workers come from.
    pub(super) fn current(&self) -> &Origin {
        self.find(self.current).unwrap_or(&self.list[0])
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

    fn add(&mut self, generation: u32, launcher: Box<dyn Launcher>, due: u64) -> u32 {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.list.push(Origin::new(serial, generation, launcher, due));
        serial
    }

    /// One for other code, the next generation, which must be ready at `due`; its serial number.
    pub(super) fn begin_trial(&mut self, launcher: Box<dyn Launcher>, due: u64) -> u32 {
        let serial = self.add(self.current().generation + 1, launcher, due);
        self.trial = Some(serial);
        serial
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
        self.current = serial;
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

    /// When one that is not ready yet has to be.
    pub(super) fn due(&self) -> u64 {
        let waited_for = self.list.iter().filter(|origin| !origin.ready && !origin.dead);
        waited_for.map(|origin| origin.due).min().unwrap_or(u64::MAX)
    }

    /// One more restart: when it is to be, or `None` if there were too many.
    fn next_restart(&mut self, now: u64) -> Option<u64> {
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

impl Driver {
    /// Zygotes that die are replaced by what `factory` makes. Without it a pool fails with its zygote.
    pub fn restart_zygotes_by(&mut self, factory: LauncherFactory) {
        self.origins.restart_by(factory);
    }

    /// Handles what the launchers have to say.
    pub(super) fn poll_launchers(&mut self, now: u64, sink: &mut dyn Sink) -> Result<()> {
        // What is said may add one to the end of the list; none goes before all have been heard.
        let mut at = 0;
        while at < self.origins.list.len() {
            let serial = self.origins.list[at].serial;
            loop {
                match self.origins.list[at].launcher.poll() {
                    Ok(Some(event)) => self.hear_launcher(serial, event, now, sink)?,
                    Ok(None) => break,
                    Err(error) => {
                        // Its death, which is heard of next, has it replaced.
                        self.origins.list[at].launcher.kill();
                        sink.event(PoolEvent::Warning(start_failure(&error.to_string())));
                        break;
                    }
                }
            }
            self.origins.list[at].watch(&self.epoll)?;
            at += 1;
        }
        self.watch_orphans();
        Ok(())
    }

    fn hear_launcher(
        &mut self,
        serial: u32,
        event: LauncherEvent,
        now: u64,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let is_current = serial == self.origins.current;
        match event {
            LauncherEvent::Ready(details) => {
                if let Some(origin) = self.origins.find_mut(serial) {
                    origin.ready = true;
                }
                if is_current {
                    self.origins.proven = true;
                    sink.event(PoolEvent::Ready(details));
                    self.supply(now);
                }
            }
            LauncherEvent::Degraded(reason) => {
                let due = now + nanoseconds(self.options.start_timeout);
                if let Some(origin) = self.origins.find_mut(serial) {
                    origin.due = due;
                    origin.degraded = Some(reason.clone());
                }
                if is_current {
                    sink.event(PoolEvent::Degraded(reason));
                }
            }
            LauncherEvent::Failed(error) => self.lose_origin(serial, error, now, sink),
            LauncherEvent::Started { worker, process, descriptor } => {
                let Some(entry) = self.workers.iter_mut().flatten().find(|entry| entry.number == worker)
                else {
                    let _ = descriptor.kill(9);
                    return Ok(());
                };
                self.epoll.add(descriptor.as_fd(), turn::PROCESS, Trigger::Edge)?;
                entry.process = process;
                if entry.fate.is_some() {
                    let _ = descriptor.kill(9);
                }
                entry.descriptor = Some(descriptor);
                sink.event(PoolEvent::WorkerStarted { worker, process });
            }
            LauncherEvent::StartFailed { worker, errno } => {
                let error = std::io::Error::from_raw_os_error(errno);
                self.last_start_failure =
                    Some(start_failure(&format!("a worker could not be created: {error}")));
                self.mark_dead(worker, Exit::UNKNOWN);
            }
            LauncherEvent::Exited { worker, exit } => self.mark_dead(worker, exit),
            LauncherEvent::ZygoteExited(exit) => {
                self.lose_origin(serial, start_failure(&format!("the zygote {}", describe(exit))), now, sink);
            }
            LauncherEvent::Silent => {
                let unborn = |worker: &&mut Box<Worker>| {
                    worker.origin == serial && worker.descriptor.is_none() && worker.exit.is_none()
                };
                for worker in self.workers.iter_mut().flatten().filter(unborn) {
                    // Not a failed start: it is asked for again, of another zygote.
                    worker.fate.get_or_insert(Fate::Retired);
                    worker.exit = Some(Exit::UNKNOWN);
                }
            }
        }
        Ok(())
    }

    /// An origin starts no more workers, for the reason given (JSON). Those that it has started go on.
    fn lose_origin(&mut self, serial: u32, reason: String, now: u64, sink: &mut dyn Sink) {
        let Some(origin) = self.origins.find_mut(serial) else { return };
        origin.ready = false;
        if std::mem::replace(&mut origin.dead, true) {
            return;
        }
        if !matches!(self.ending, Ending::Open | Ending::Draining) {
            return;
        }
        if serial == self.origins.current {
            self.replace_zygote(reason, now, sink);
        } else if Some(serial) == self.origins.trial {
            self.fail_reload(reason, sink);
        }
    }

    /// The current zygote is gone: there will be another, unless there have been too many.
    fn replace_zygote(&mut self, reason: String, now: u64, sink: &mut dyn Sink) {
        // One that never worked will not do so the next time.
        let replaceable = self.origins.proven && self.origins.factory.is_some();
        match self.origins.next_restart(now).filter(|_| replaceable) {
            Some(at) => {
                self.origins.restart_at = at;
                sink.event(PoolEvent::ZygoteLost(reason));
            }
            None if replaceable => {
                let seconds = WINDOW.as_secs();
                let given_up =
                    format!("; {RESTARTS} others were started within {seconds} s: the pool gives up");
                self.fail(extended(&reason, &given_up), sink);
            }
            None => self.fail(reason, sink),
        }
    }

    /// Starts another zygote when it is time for it.
    pub(super) fn restart_zygote(&mut self, now: u64, sink: &mut dyn Sink) -> Result<()> {
        if self.origins.restart_at > now {
            return Ok(());
        }
        self.origins.restart_at = u64::MAX;
        if !matches!(self.ending, Ending::Open | Ending::Draining) {
            return Ok(());
        }
        let Some(factory) = &mut self.origins.factory else { return Ok(()) };
        match factory() {
            Ok(launcher) => {
                let due = now + nanoseconds(self.options.start_timeout);
                let generation = self.origins.current().generation;
                self.origins.current = self.origins.add(generation, launcher, due);
                self.origins.restarted += 1;
                self.origins.watch(&self.epoll)?;
            }
            Err(error) => self.replace_zygote(start_failure(&error.to_string()), now, sink),
        }
        Ok(())
    }

    /// A zygote that is not ready in time is killed, and its death heard of.
    pub(super) fn check_origins(&mut self, now: u64, sink: &mut dyn Sink) {
        let limit = self.options.start_timeout.as_millis();
        let late = |origin: &&mut Origin| !origin.ready && !origin.dead && origin.due <= now;
        let late: Vec<u32> = self.origins.list.iter_mut().filter(late).map(|origin| origin.serial).collect();
        for serial in late {
            if let Some(origin) = self.origins.find_mut(serial) {
                origin.launcher.kill();
            }
            let reason = start_failure(&format!("nothing was ready to start workers within {limit} ms"));
            self.lose_origin(serial, reason, now, sink);
        }
    }

    /// Nobody reports the ends of workers whose zygote has died: their descriptors do.
    fn watch_orphans(&mut self) {
        if !self.origins.list.iter().any(|origin| origin.dead) {
            return;
        }
        for worker in self.workers.iter_mut().flatten().filter(|worker| worker.exit.is_none()) {
            let dead = self.origins.find(worker.origin).is_none_or(|origin| origin.dead);
            if dead && let Some(descriptor) = &worker.descriptor {
                // What is refused here is refused again the next time; until then it counts as alive.
                worker.exit = descriptor.ended().unwrap_or(None);
            }
        }
    }

    /// Processes have died: those of which their zygotes have not told yet are to be told of soon.
    pub(super) fn await_reports(&mut self, now: u64) {
        for worker in self.workers.iter_mut().flatten() {
            let silent = worker.exit.is_none() && worker.report_due == u64::MAX;
            // A refusal is as good as a no: the zygote will tell.
            let dead = |descriptor: &PidFd| descriptor.has_ended().unwrap_or(false);
            if silent && worker.descriptor.as_ref().is_some_and(dead) {
                worker.report_due = now.saturating_add(nanoseconds(REPORT));
            }
        }
    }

    /// The zygote of this worker has not forked it, or told of its death, in time: it hangs, or it has died with forks
    /// under way that hang. Nothing of it is waited for any longer, and it is replaced.
    pub(super) fn distrust_zygote_of(&mut self, slot: usize) {
        let Some(serial) = self.workers[slot].as_ref().map(|worker| worker.origin) else { return };
        if let Some(origin) = self.origins.find_mut(serial) {
            origin.launcher.kill();
            self.wake();
        }
    }

    /// Ends those that are not needed any more, and forgets those that have ended.
    pub(super) fn release_origins(&mut self) {
        if self.origins.list.len() == 1 {
            return;
        }
        let workers = &self.workers;
        let (current, trial) = (self.origins.current, self.origins.trial);
        self.origins.list.retain_mut(|origin| {
            let needed = origin.serial == current
                || Some(origin.serial) == trial
                || workers.iter().flatten().any(|worker| worker.origin == origin.serial);
            if needed {
                return true;
            }
            origin.launcher.shut_down();
            !origin.launcher.is_finished()
        });
    }
}

/// A failure in JSON with a longer message.
fn extended(reason: &str, text: &str) -> String {
    let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_str(reason) else {
        return format!("{reason}{text}");
    };
    let message = fields.get("message").and_then(|message| message.as_str()).unwrap_or_default();
    let message = format!("{message}{text}");
    fields.insert("message".into(), message.into());
    serde_json::Value::Object(fields).to_string()
}
