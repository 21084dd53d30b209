//! What launchers say, and the death of a zygote.
//!
//! Workers are tied to the host, by its lifeline, and not to their zygote. When that dies they go on: their descriptors
//! tell of their ends, and another zygote is started.

use super::deadlines::start_failure;
use super::origins::{Origin, RESTARTS, WINDOW};
use super::output::Printer;
use super::supply::describe;
use super::worker::{Fate, Worker};
use super::{Driver, Ending, PoolEvent, Sink, nanoseconds, turn};
use crate::Result;
use crate::launcher::{LauncherEvent, LauncherFactory};
use crate::observe::log::entries;
use hatchery_sys::{Exit, PidFd, Trigger};
use std::os::fd::AsFd;
use std::time::Duration;

/// Time that a zygote may take to report the death of a worker, which the host has seen itself.
const REPORT: Duration = Duration::from_secs(3);

impl Driver {
    /// Zygotes that die are replaced by what `factory` makes. Without it a pool fails with its zygote.
    pub fn restart_zygotes_by(&mut self, factory: LauncherFactory) {
        self.origins.factory = Some(factory);
    }

    /// Handles what the launchers have to say.
    pub(super) fn poll_launchers(&mut self, now: u64, sink: &mut dyn Sink) -> Result<()> {
        // What is said may add one to the end of the list; none goes before all have been heard.
        self.watch_zygote_outputs()?;
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
        let is_current = serial == self.origins.current_serial;
        match event {
            LauncherEvent::Ready(details) => {
                if let Some(origin) = self.origins.find_mut(serial) {
                    origin.ready = true;
                    entries::launcher_ready(origin.launcher.method());
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
                if let Some(entry) = self.workers.iter_mut().flatten().find(|entry| entry.number == worker) {
                    let error = std::io::Error::from_raw_os_error(errno);
                    entry.refusal = Some(format!("a worker could not be created: {error}"));
                    entry.exit = Some(Exit::UNKNOWN);
                }
            }
            LauncherEvent::Exited { worker, exit, processor } => {
                let ended = &mut self.counters.processor.ended;
                *ended = ended.saturating_add(processor);
                self.mark_dead(worker, exit);
            }
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
        let stderr = self.end_output(Printer::Zygote(serial), sink);
        let reason = with_stderr(reason, stderr.as_deref());
        if serial == self.origins.current_serial {
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
        let Some(factory) = &self.origins.factory else { return Ok(()) };
        match factory() {
            Ok(launcher) => {
                entries::zygote_restarted();
                let due = now + nanoseconds(self.options.start_timeout);
                self.origins.replace_current(launcher, due);
                self.origins.watch(&self.epoll)?;
            }
            Err(error) => self.replace_zygote(start_failure(&error.to_string()), now, sink),
        }
        Ok(())
    }

    /// A zygote that is not ready in time is killed, and its death heard of.
    pub(super) fn check_origins(&mut self, now: u64, sink: &mut dyn Sink) {
        let limit = self.options.start_timeout.as_millis();
        let late = |origin: &&Origin| origin.is_awaited() && origin.due <= now;
        let late: Vec<u32> = self.origins.list.iter().filter(late).map(|origin| origin.serial).collect();
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
    pub(super) fn release_origins(&mut self, now: u64, sink: &mut dyn Sink) {
        if self.origins.list.len() == 1 {
            return;
        }
        let workers = &self.workers;
        let (current, trial) = (self.origins.current_serial, self.origins.trial);
        self.origins.list.retain_mut(|origin| {
            let needed = origin.serial == current
                || Some(origin.serial) == trial
                || workers.iter().flatten().any(|worker| worker.origin == origin.serial);
            needed || !origin.release(now, nanoseconds(turn::END))
        });
        self.end_zygote_outputs(false, sink);
    }
}

/// A failure in JSON with the end of what the process concerned has written to its standard error.
pub(super) fn with_stderr(reason: String, stderr: Option<&str>) -> String {
    match (stderr, serde_json::from_str(&reason)) {
        (Some(stderr), Ok(serde_json::Value::Object(mut fields))) => {
            fields.insert("stderr".into(), stderr.into());
            serde_json::Value::Object(fields).to_string()
        }
        _ => reason,
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
