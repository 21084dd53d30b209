//! One turn of the master loop: wait, results, deadlines, deaths, placement, sleep.

use super::worker::Fate;
use super::{Driver, Ending, PoolEvent, Sink, nanoseconds, stream};
use crate::Result;
use hatchery_sys::clock;
use std::time::Duration;

/// Time the end of the pool may take; more than workers get for their exit listeners.
pub(super) const END: Duration = Duration::from_secs(4);

/// Token of the timer.
pub(super) const TIMER: u64 = 0;
/// Token of the launcher's descriptors.
pub(super) const LAUNCHER: u64 = 1;
/// Token of a worker's completion eventfd; edge-triggered, so it is never read.
pub(super) const COMPLETION: u64 = 2;
/// Token of a worker's control socket; edge-triggered, since what is read when is decided elsewhere.
pub(super) const CONTROL: u64 = 4;
/// Token of a worker's pidfd; edge-triggered, since a dead process stays readable until it is reaped.
pub(super) const PROCESS: u64 = 3;

impl Driver {
    /// Waits for events at most `timeout` (`None`: for ever; zero: not at all) and handles them. Before it
    /// returns, the rings are parked, so that the epoll descriptor wakes the host. A host that waits awake instead
    /// takes that back with [`unpark`](Driver::unpark).
    ///
    /// True: there is more to do now (results came during parking, or the sink had no room); turn again.
    ///
    /// # Errors
    /// The kernel refused an operation on a descriptor of the driver's own. Nothing of a worker's doing leads here.
    pub fn turn(&mut self, sink: &mut dyn Sink, timeout: Option<Duration>) -> Result<bool> {
        self.epoll.wait(&mut self.events, timeout)?;
        let mut timer_fired = false;
        let mut launcher_due = false;
        let mut process_due = false;
        let mut control_due = false;
        let mut woken = false;
        for token in self.events.tokens() {
            match token {
                TIMER => timer_fired = true,
                LAUNCHER => launcher_due = true,
                PROCESS => process_due = true,
                CONTROL => control_due = true,
                COMPLETION => woken = true,
                output => self.outputs.note(output),
            }
        }
        let now = clock::monotonic_nanoseconds();
        if timer_fired {
            self.timer.drain()?;
            self.armed_at = u64::MAX;
        }
        self.watchdog.look(now);
        // The launcher first: a worker's process is known before its first word, and its death is only noted.
        if launcher_due || process_due || timer_fired || !self.origins.ready() {
            self.poll_launchers(now, sink)?;
            if process_due {
                self.await_reports(now);
            }
            self.restart_zygote(now, sink)?;
        }
        if std::mem::take(&mut self.control_unread) || control_due {
            self.hear_control();
        }
        if woken {
            self.note_wake();
        }
        // Workers may have been started between turns; that is told before what they say.
        self.tell_scaling(sink);
        self.hear_output(now, sink);
        // Results before deaths and before deadlines: what a worker finished in time counts.
        let mut held_back = self.drain_all(now, sink);
        if timer_fired {
            self.check_deadlines(now, sink);
        }
        held_back |= self.bury_dead(now, sink);
        self.release_origins(now, sink);
        self.post_letters(sink);
        self.queue_due(now);
        self.dismiss_retired(now);
        self.dispatch(now);
        self.rebalance(now);
        // Before it is told that a worker goes.
        self.tell_activity(sink);
        self.replenish(now);
        self.rehearse_spares();
        self.recycle(now, sink);
        self.advance_reload(now, sink);
        self.check_starts(now, sink);
        self.advance_resizing(now, sink);
        self.tell_dropped(sink);
        self.tell_scaling(sink);
        self.advance_ending(now, sink)?;
        self.forget_submissions();
        self.arm_next(now);
        let unparked = self.park();
        Ok(held_back || unparked || self.control_unread)
    }

    /// The host stays awake and looks for itself, by [`has_news`](Driver::has_news): workers need not wake it. Before
    /// it sleeps all the same, [`park`](Driver::park).
    pub fn unpark(&mut self) {
        for worker in self.workers.iter_mut().flatten() {
            worker.lane.completions.unpark();
        }
    }

    /// Whether a worker has published something since the last turn.
    pub fn has_news(&mut self) -> bool {
        self.workers
            .iter_mut()
            .flatten()
            .any(|worker| worker.is_awaited() && worker.lane.completions.has_more())
    }

    /// The host does not come back at once after having looked for itself: sees to it that the epoll descriptor is readable
    /// when there is something, also if that came before.
    pub fn look_away(&mut self) {
        for worker in self.workers.iter_mut().flatten() {
            // Cheaper by far than a timer that is due.
            if worker.is_awaited() && !worker.park() {
                worker.wake_ups.wake_in_its_place();
            }
        }
    }

    /// Sees to it that the epoll descriptor wakes the host. True: there is something already, so turn again.
    pub fn park(&mut self) -> bool {
        let mut more = false;
        for worker in self.workers.iter_mut().flatten() {
            // One that is not known yet is read as soon as it is.
            more |= worker.is_awaited() && !worker.park();
        }
        more
    }

    /// Reads the control sockets. What is read is acted on after the ring was drained.
    fn hear_control(&mut self) {
        for slot in 0..self.workers.len() {
            let Some(worker) = self.workers[slot].as_mut() else { continue };
            if worker.exit.is_none()
                && let Err(detail) = worker.inbound.hear(&worker.control)
            {
                self.condemn(slot, Fate::Corrupt(detail));
            }
        }
    }

    /// The next time anything wants attention.
    fn next_due(&mut self, now: u64) -> u64 {
        let mut due = self.retry_due();
        if matches!(self.ending, Ending::Open | Ending::Draining) {
            due = due.min(self.origins.due());
        }
        due = due.min(self.origins.restart_at);
        if self.start_again_at > now {
            due = due.min(self.start_again_at);
        }
        if self.spares_again_at > now {
            due = due.min(self.spares_again_at);
        }
        if self.end_by > 0 {
            due = due.min(self.end_by);
        }
        let surplus = self.has_surplus();
        for worker in self.workers.iter().flatten() {
            due = due.min(worker.check_at).min(worker.leave_by).min(worker.trim_at).min(worker.report_due);
            due = due.min(self.start_due(worker)).min(self.idle_due(worker, surplus));
            due = due.min(stream::posting_due(worker, now));
            due = due.min(self.recycle_due(worker, now));
        }
        due = due.min(self.outputs.due()).min(self.watchdog.due());
        due = due.min(self.waits.due()).min(self.rounds.due()).min(self.leaves.due());
        due.min(self.rebalance_due()).min(self.placement_due(now)).min(self.scaling_due())
    }

    /// Arms the timer for the next due time, unless it fires no later than that already: firing early is
    /// harmless and cheaper than setting it anew with each batch.
    pub(super) fn arm_next(&mut self, now: u64) {
        let busy = self.counters.pending() > 0;
        self.rounds.attend(busy, now);
        if !self.waits.is_empty() {
            self.tidy_waits(busy);
        }
        let due = self.next_due(now);
        if due < self.armed_at {
            // As in `wake`: without a timer the other events still turn the loop.
            let _ = self.arm(due);
        }
    }

    pub(super) fn arm(&mut self, due: u64) -> Result<()> {
        self.timer.arm_at(due.max(1))?;
        self.armed_at = due;
        Ok(())
    }

    /// Moves the end of the pool on when its condition holds.
    fn advance_ending(&mut self, now: u64, sink: &mut dyn Sink) -> Result<()> {
        if self.ending == Ending::Draining && self.counters.pending() == 0 {
            self.ending = Ending::Stopping(None);
            self.dismiss_all(now);
        }
        let Ending::Stopping(reason) = self.ending.clone() else { return Ok(()) };
        if self.end_by == 0 {
            self.end_by = now.saturating_add(nanoseconds(END));
        } else if self.end_by <= now {
            // Its death is heard of even if it has not told of its workers' deaths.
            self.end_by = u64::MAX;
            self.origins.kill_all();
        }
        let in_time = self.end_by < u64::MAX;
        if self.workers.iter().any(Option::is_some) || (in_time && self.leaves.due() < u64::MAX) {
            return Ok(());
        }
        if self.origins.end(&self.epoll)? {
            self.end_zygote_outputs(true, sink);
            self.ending = Ending::Closed(reason);
            sink.event(PoolEvent::Closed);
        }
        Ok(())
    }
}
