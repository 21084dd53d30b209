//! The prefetch window of one worker: how many tasks may lie in its ring at once.
//!
//! Feeding ahead hides the wake-up of host and worker (about 20 us each); feeding too far ahead makes a
//! short task wait behind a long one. So the window is what the worker gets through in [`TARGET`], by a
//! moving average of its pace, and never less than its concurrency.

/// Time's worth of work that may lie ahead of a worker, in nanoseconds: many wake-ups, little waiting.
const TARGET: u64 = 400_000;

/// Beyond this more prefetch gains nothing measurable and costs cancellation and stealing.
const MAXIMUM: u32 = 512;

#[derive(Debug)]
pub(crate) struct Window {
    concurrency: u32,
    size: u32,
    /// Nanoseconds a task, moving average; 0 = nothing known.
    pace: u64,
    /// That is a guess, until there is a first sample.
    guessed: bool,
    /// Start of the interval the next completions are charged to.
    mark: u64,
    /// When the worker last began from idle, or finished something.
    progress: u64,
}

impl Window {
    pub(crate) fn new(concurrency: u32) -> Window {
        Window { concurrency, size: concurrency, pace: 0, guessed: false, mark: 0, progress: 0 }
    }

    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    pub(crate) fn concurrency(&self) -> u32 {
        self.concurrency
    }

    /// Nanoseconds a task takes, moving average; 0 = nothing known.
    pub(crate) fn pace(&self) -> u64 {
        self.pace
    }

    /// The worker says that a task takes `pace` nanoseconds, without any waiting. What gets through in the time of the
    /// window by that may lie there, even if so far it was held up.
    pub(crate) fn open(&mut self, pace: u32) {
        let ahead = u32::try_from(TARGET / u64::from(pace.max(1))).unwrap_or(MAXIMUM).min(MAXIMUM);
        self.size = self.size.max(ahead);
    }

    /// When the worker last began or finished something, nanoseconds.
    pub(crate) fn mark(&self) -> u64 {
        self.mark
    }

    /// The worker went from idle to busy: the pace is measured from here.
    pub(crate) fn begin(&mut self, now: u64) {
        self.mark = now;
        self.progress = now;
    }

    /// What lay behind a long task has been taken away: the next look is a while later.
    pub(crate) fn look_again(&mut self, now: u64) {
        self.mark = now;
    }

    /// When the worker last began from idle or finished something, nanoseconds.
    pub(crate) fn progress(&self) -> u64 {
        self.progress
    }

    /// `count` tasks ended by `now`.
    pub(crate) fn record(&mut self, now: u64, count: u32) {
        if count == 0 {
            return;
        }
        let took = now.saturating_sub(self.mark);
        self.mark = now;
        self.progress = now;
        if took == 0 {
            // Heard to begin and to end in one turn, which says nothing of its pace: taken for one that opens nothing.
            if self.pace == 0 {
                (self.pace, self.guessed) = (TARGET, true);
            }
            return;
        }
        let sample = (took / u64::from(count)).max(1);
        if std::mem::take(&mut self.guessed) {
            self.pace = 0;
        }
        // A slow sample counts at once: shrinking late is what makes tasks wait behind a long one.
        self.pace = match self.pace {
            0 => sample,
            pace if sample > pace * 4 => (pace + sample) / 2,
            pace => (pace * 7 + sample) / 8,
        }
        .max(1);
        let ahead = u32::try_from(TARGET / self.pace).unwrap_or(MAXIMUM).min(MAXIMUM);
        self.size = ahead.max(self.concurrency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tasks_open_the_window_and_long_ones_close_it() {
        let mut window = Window::new(1);
        assert_eq!(window.size(), 1);
        let mut now = 0;
        window.begin(now);
        for _ in 0..64 {
            now += 32_000;
            window.record(now, 64);
        }
        assert_eq!(window.size(), MAXIMUM);
        now += 20_000_000;
        window.record(now, 1);
        assert_eq!(window.size(), 1, "one task of 20 ms must stop the prefetch");
    }

    #[test]
    fn what_begins_and_ends_in_one_turn_opens_nothing() {
        let mut window = Window::new(1);
        window.begin(1_000);
        window.record(1_000, 1);
        assert_eq!((window.size(), window.pace()), (1, TARGET));
        window.record(33_000, 64);
        assert_eq!((window.size(), window.pace()), (MAXIMUM, 500), "the first sample stands for itself");
    }

    #[test]
    fn the_window_never_falls_below_concurrency() {
        let mut window = Window::new(8);
        window.begin(0);
        window.record(1_000_000_000, 1);
        assert_eq!(window.size(), 8);
    }
}
