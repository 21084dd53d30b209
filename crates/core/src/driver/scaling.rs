//! How many workers there should be, between the minimum and the maximum.
//!
//! Up: at once when tasks would wait for longer than the target, or it is not known how long they would. Workers beyond
//! the processors must be of use: none is added while those there are use the processors up and get tasks done. None is
//! added either that memory would not suffice for. Down: one by one, after an idle time that grows if it was too short.
//! Whatever is not decided at once is looked at again by the timer, and only while tasks wait.

mod load;
mod memory;
mod options;
mod patience;
mod resize;

pub use options::{ScaleReason, ScalingOptions};

use super::worker::{Worker, WorkerState};
use super::{Driver, Ending, PoolEvent, Sink, nanoseconds};
use load::{Load, Verdict};
use memory::Plenty;
use patience::Patience;
use resize::Resizing;
use std::time::Duration;

/// First pause before the processors are looked at again; doubled with each look, up to the interval.
const FIRST_PAUSE: u64 = 5_000_000;

/// What is remembered between two looks.
#[derive(Default)]
pub(super) struct Scaling {
    /// Workers as last told.
    told: usize,
    news: Vec<PoolEvent>,
    /// Why no worker was added when one was wanted, as last told.
    held: Option<ScaleReason>,
    /// When to look again; 0 = there is nothing to look for.
    look_at: u64,
    pause: u64,
    /// Since when tasks have waited without a break; 0 = none does.
    backlog_since: u64,
    grown_at: u64,
    load: Load,
    plenty: Plenty,
    patience: Patience,
    resizing: Resizing,
}

impl Scaling {
    /// There is nothing to look for.
    pub(super) fn rest(&mut self) {
        (self.look_at, self.pause) = (0, 0);
    }
}

/// The workers and their work, counted in one walk.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// Workers that are, or will be, there to take tasks.
    pub staying: usize,
    starting: usize,
    /// Tasks that lie unbegun in rings: they wait as much as what is queued.
    prefetched: usize,
}

/// How many workers more are called for.
enum Need {
    All,
    One,
    /// None before this.
    Later(u64),
}

impl Driver {
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for worker in self.workers.iter().flatten() {
            tally.prefetched += worker.ahead();
            if worker.is_staying() {
                tally.staying += 1;
                tally.starting += usize::from(worker.state == WorkerState::Starting);
            }
        }
        tally
    }

    /// How many workers there should be now, not fewer than there are, and why.
    pub(super) fn wanted(&mut self, tally: Tally, now: u64) -> (usize, ScaleReason) {
        let Tally { staying, starting, prefetched } = tally;
        let base = staying.max(self.options.minimum_workers);
        let reason =
            if self.scaling.resizing.is_under_way() { ScaleReason::Resize } else { ScaleReason::Start };
        let waiting = (self.queues.length() + self.solitary.length() + prefetched).saturating_sub(starting);
        let ideal = (staying + waiting).min(self.options.maximum_workers);
        if ideal <= base {
            self.ease(waiting > 0, now);
            return (base, reason);
        }
        if self.scaling.backlog_since == 0 {
            self.scaling.backlog_since = now;
        }
        if self.scaling.pause > 0 && now < self.scaling.look_at && staying > 0 {
            return (base, reason);
        }
        let ideal = match self.need(staying, waiting, now) {
            Need::All => ideal,
            Need::One => base + 1,
            Need::Later(when) => {
                (self.scaling.look_at, self.scaling.pause) = (when, 0);
                return (base, reason);
            }
        };
        let (target, held) = self.useful(base, ideal, starting, now);
        let affordable = staying + self.affordable(target - staying.min(target), now);
        // Without any worker there is no way but to try.
        let (target, held) = match affordable.max(base).max(1) {
            cap if cap < target => (cap, Some(ScaleReason::Memory)),
            _ => (target, held),
        };
        self.hold_back(held, base, now);
        if target > base {
            self.scaling.grown_at = now;
            self.scaling.patience.grown(now, nanoseconds(self.options.idle_timeout));
            return (target, ScaleReason::QueueWait);
        }
        (base, reason)
    }

    /// No worker is wanted that is not there.
    fn ease(&mut self, waiting: bool, now: u64) {
        let scaling = &mut self.scaling;
        scaling.rest();
        if !waiting {
            scaling.backlog_since = 0;
            scaling.held = None;
        } else if scaling.backlog_since == 0 {
            scaling.backlog_since = now;
        }
    }

    /// Whether what waits calls for workers.
    fn need(&self, staying: usize, waiting: usize, now: u64) -> Need {
        let options = &self.options.scaling;
        let ready_at = self.scaling.grown_at.saturating_add(nanoseconds(options.up_cooldown));
        if staying > 0 && ready_at > now && self.scaling.grown_at > 0 {
            return Need::Later(ready_at);
        }
        let target = nanoseconds(options.target_wait);
        let waits_since = self.queues.waits_since().unwrap_or(now);
        let waited = now.saturating_sub(waits_since);
        match self.expected_wait(waiting, target, now) {
            Some(wait) if wait.max(waited) < target => {}
            _ => return Need::All,
        }
        let interval_ends = self.scaling.backlog_since.saturating_add(nanoseconds(options.interval));
        if interval_ends <= now {
            return Need::One;
        }
        Need::Later(waits_since.saturating_add(target).min(interval_ends))
    }

    /// How long a task behind all that wait would, at the present pace, in nanoseconds. A worker that has been in a task
    /// for `target` does not count: nobody knows for how long it will be. `None`: none counts.
    fn expected_wait(&self, waiting: usize, target: u64, now: u64) -> Option<u64> {
        let gets_on = |worker: &Worker| {
            let idle = worker.in_flight.is_empty();
            worker.is_serving() && (idle || now.saturating_sub(worker.window.progress()) < target)
        };
        let paces =
            self.workers.iter().flatten().filter(|worker| gets_on(worker)).map(|worker| worker.window.pace());
        let rate: f64 = paces.filter(|pace| *pace > 0).map(|pace| 1.0 / pace as f64).sum();
        (rate > 0.0).then(|| (waiting as f64 / rate) as u64)
    }

    /// How many workers are of use, of `ideal`: more than there are processors only if these are not used up by those
    /// there are, or nothing gets done. With the reason if that is not all, and time may change it.
    fn useful(
        &mut self,
        base: usize,
        ideal: usize,
        starting: usize,
        now: u64,
    ) -> (usize, Option<ScaleReason>) {
        let share = self.options.scaling.maximum_cpu;
        let without_looking = base.max(self.processors);
        if ideal <= without_looking || share.is_infinite() {
            return (ideal, None);
        }
        if starting > 0 || without_looking > base {
            // What they will use is not to be seen before they are up, and that is an event.
            self.scaling.load.forget();
            return (without_looking, None);
        }
        let interval = nanoseconds(self.options.scaling.interval);
        let ended = self.counters.completed + self.counters.failed;
        let full = share * self.processors as f64;
        match self.scaling.load.look(&self.workers, ended, full, interval, now) {
            Verdict::Free => (ideal, None),
            Verdict::Stuck => (base + 1, Some(ScaleReason::Cpu).filter(|_| base + 1 < ideal)),
            Verdict::Busy | Verdict::Unknown => (base, Some(ScaleReason::Cpu)),
        }
    }

    /// Workers are wanted and not added, or not all of them: looks again later, and says why, once.
    fn hold_back(&mut self, held: Option<ScaleReason>, size: usize, now: u64) {
        let interval = nanoseconds(self.options.scaling.interval);
        let scaling = &mut self.scaling;
        let Some(reason) = held else {
            scaling.rest();
            return;
        };
        scaling.pause = (scaling.pause * 2).clamp(FIRST_PAUSE.min(interval), interval);
        scaling.look_at = now + scaling.pause;
        // The first look at the processors has nothing to compare with.
        if scaling.held != held && (reason != ScaleReason::Cpu || scaling.pause > FIRST_PAUSE) {
            scaling.held = held;
            scaling.news.push(PoolEvent::Scaled { from: size, to: size, reason });
        }
    }

    /// When to look again whether workers are to be added; `u64::MAX` = there is no need to.
    pub(super) fn scaling_due(&self) -> u64 {
        let open = matches!(self.ending, Ending::Open | Ending::Draining);
        if open && self.scaling.look_at > 0 { self.scaling.look_at } else { u64::MAX }
    }

    /// Keeps the number of workers for the next turn to tell, if it has changed.
    pub(super) fn note_size(&mut self, size: usize, reason: ScaleReason) {
        let from = self.scaling.told;
        if size != from && self.ending == Ending::Open {
            self.scaling.told = size;
            self.scaling.news.push(PoolEvent::Scaled { from, to: size, reason });
        }
    }

    /// Tells what has changed.
    pub(super) fn tell_scaling(&mut self, sink: &mut dyn Sink) {
        for event in self.scaling.news.drain(..) {
            sink.event(event);
        }
    }

    /// When a worker above the minimum has been idle for long enough to go.
    pub(super) fn idle_due(&self, worker: &Worker, surplus: bool) -> u64 {
        if !surplus || !worker.is_serving() || !worker.in_flight.is_empty() {
            return u64::MAX;
        }
        self.scaling.patience.due(worker.idle_since, nanoseconds(self.options.idle_timeout))
    }

    /// Whether an idle worker may go: there are more than the minimum.
    pub(super) fn has_surplus(&self) -> bool {
        self.options.idle_timeout > Duration::ZERO && self.staying() > self.options.minimum_workers
    }

    /// Lets one idle worker go.
    pub(super) fn dismiss_idle(&mut self, slot: usize, now: u64) {
        self.dismiss(slot, now);
        self.scaling.patience.shrunk(now, nanoseconds(self.options.idle_timeout));
        self.note_size(self.staying(), ScaleReason::Idle);
    }
}
