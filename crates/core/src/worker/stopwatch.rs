//! How long tasks wait and run, recorded in the lane, with few looks at the clock: a look costs as much as a small task.
//! `src/runtime/stopwatch.ts` is the same for JavaScript; ARCHITECTURE.md, "Statistics", says what is exact.

use hatchery_lane::stamp::waited;
use hatchery_lane::times::SharedTimes;
use hatchery_sys::clock;

/// A stretch of tasks this short, nanoseconds, is looked at as one.
const SHORT: u64 = 20_000;
/// Tasks in a stretch at most.
const MOST: u32 = 64;
/// So many short stretches of a length are followed by longer ones: with that few tasks of which one is slow, it is seldom
/// two.
const CALM: u32 = 8;
/// A stretch whose tasks took so many times longer than usual has a slow task in it, or tasks have become slow.
const UNUSUAL: f64 = 4.0;

/// Times the tasks of a native worker, which run one after the other.
pub(super) struct Stopwatch {
    times: Option<SharedTimes>,
    /// When the clock was last looked at, CLOCK_MONOTONIC nanoseconds.
    looked: u64,
    /// The same in the host's unit.
    looked_micros: u32,
    /// Tasks since then, and when they come to be looked at.
    tasks: u32,
    interval: u32,
    calm: u32,
    /// What a task usually takes, nanoseconds; 0 = not known.
    usual: f64,
    /// A stretch that took unusually long, until the next one tells why: time and tasks.
    unclear: Option<(f64, u32)>,
    /// Stamps of the tasks since the last look, each with the number of those before it and of those with it.
    stamps: Vec<(u32, u32, u32)>,
}

impl Stopwatch {
    pub(super) fn new(times: Option<SharedTimes>) -> Stopwatch {
        Stopwatch {
            times,
            looked: 0,
            looked_micros: 0,
            tasks: 0,
            interval: 1,
            calm: 0,
            usual: 0.0,
            unclear: None,
            stamps: Vec::with_capacity(MOST as usize),
        }
    }

    /// There was nothing to do; now there is.
    pub(super) fn start(&mut self) {
        if self.times.is_some() {
            self.see(clock::monotonic_nanoseconds());
        }
    }

    /// A task begins.
    #[inline]
    pub(super) fn begin(&mut self, stamp: u32) {
        match self.stamps.last_mut() {
            Some((last, _, count)) if *last == stamp => *count += 1,
            _ if stamp != 0 => self.stamps.push((stamp, self.tasks, 1)),
            _ => {}
        }
    }

    /// It has ended. The clock is looked at if enough tasks have since the last time, if the host was `woken` for this one,
    /// which costs far more, or if the host's clock, microseconds, says that time has passed.
    #[inline]
    pub(super) fn end(&mut self, woken: bool, clock: impl FnOnce() -> u32) {
        if self.times.is_none() {
            return;
        }
        self.tasks += 1;
        // Not after the first task: the host has just written to the line of its clock.
        let late = self.tasks > 1 && clock().wrapping_sub(self.looked_micros) as i32 > (SHORT / 1000) as i32;
        if self.tasks >= self.interval || woken || late {
            self.look();
        }
    }

    /// There is nothing more to do for now.
    pub(super) fn stop(&mut self) {
        if self.tasks > 0 {
            self.look();
        }
        if let Some((time, count)) = self.unclear.take() {
            self.record_slow(time, count);
        }
    }

    fn see(&mut self, now: u64) {
        self.looked = now;
        self.looked_micros = (now / 1000) as u32;
    }

    fn look(&mut self) {
        let now = clock::monotonic_nanoseconds();
        let (stretch, count) = (now.saturating_sub(self.looked), self.tasks);
        self.record_waits(stretch, count);
        self.see(now);
        self.tasks = 0;
        let mean = stretch as f64 / f64::from(count);
        if let Some((time, before)) = self.unclear.take() {
            if 2.0 * mean >= time / f64::from(before) {
                // Tasks take that long now.
                self.record_run(time / f64::from(before), before);
            } else {
                self.record_slow(time, before);
            }
        }
        if count > 1 && stretch > SHORT && self.usual > 0.0 && mean > UNUSUAL * self.usual {
            self.unclear = Some((stretch as f64, count));
        } else {
            self.record_run(mean, count);
            let seen = if self.usual > 0.0 { mean.min(UNUSUAL * self.usual) } else { mean };
            self.usual += (seen - self.usual) / if self.usual > 0.0 { 8.0 } else { 1.0 };
        }
        self.adapt(stretch);
    }

    fn adapt(&mut self, stretch: u64) {
        if stretch >= SHORT {
            self.interval = if stretch >= 4 * SHORT { 1 } else { (self.interval / 4).max(1) };
            self.calm = 0;
            return;
        }
        self.calm += 1;
        if self.calm == CALM {
            self.interval = (self.interval * 2).min(MOST);
            self.calm = 0;
        }
    }

    /// One of the tasks was slow.
    fn record_slow(&mut self, time: f64, count: u32) {
        let others = count - 1;
        self.record_run(self.usual, others);
        self.record_run((time - self.usual * f64::from(others)).max(self.usual), 1);
    }

    fn record_run(&self, nanoseconds: f64, count: u32) {
        if let Some(times) = &self.times
            && count > 0
        {
            times.run.record(nanoseconds, f64::from(count));
        }
    }

    fn record_waits(&mut self, stretch: u64, count: u32) {
        let Some(times) = &self.times else { return };
        for (stamp, before, with) in self.stamps.drain(..) {
            // As if all tasks of the stretch took equally long.
            let began = self.looked + stretch * u64::from(2 * before + with - 1) / u64::from(2 * count);
            times.wait.record(waited(stamp, began) as f64, f64::from(with));
        }
    }
}
