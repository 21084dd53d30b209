//! How long a worker may be idle before it goes.
//!
//! A load that comes and goes about as often as the idle time would have workers end and start again each time. So when a
//! worker is wanted again within the idle time after one has gone, the idle time doubles, up to [`LONGEST`] times what
//! was asked for, and it halves again when that has not happened for a while.

/// Most times the idle time that a worker is kept.
const LONGEST: u32 = 16;

/// Idle times in force after which the next shorter one is tried again.
const CALM: u64 = 8;

/// Between two workers that go passes this part of the idle time.
const STEP: u64 = 10;

#[derive(Debug)]
pub(super) struct Patience {
    factor: u32,
    /// When a worker last went; 0 = none has since one was added.
    shrunk_at: u64,
    /// The next does not go before this.
    next_at: u64,
    regretted_at: u64,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { factor: 1, shrunk_at: 0, next_at: 0, regretted_at: 0 }
    }
}

impl Patience {
    /// When a worker goes that has been idle since `since`; `idle_time` is the option, nanoseconds.
    pub(super) fn due(&self, since: u64, idle_time: u64) -> u64 {
        since.saturating_add(self.time(idle_time)).max(self.next_at)
    }

    /// A worker goes.
    pub(super) fn shrunk(&mut self, now: u64, idle_time: u64) {
        let calm = self.time(idle_time).saturating_mul(CALM);
        if self.factor > 1 && now.saturating_sub(self.regretted_at) > calm {
            self.factor /= 2;
            self.regretted_at = now;
        }
        self.shrunk_at = now;
        self.next_at = now.saturating_add(idle_time / STEP);
    }

    /// Workers are added.
    pub(super) fn grown(&mut self, now: u64, idle_time: u64) {
        if self.shrunk_at > 0 && now.saturating_sub(self.shrunk_at) < self.time(idle_time) {
            self.factor = (self.factor * 2).min(LONGEST);
            self.regretted_at = now;
        }
        self.shrunk_at = 0;
    }

    fn time(&self, idle_time: u64) -> u64 {
        idle_time.saturating_mul(self.factor.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: u64 = 1_000;

    /// Ends of workers in `cycles` of a load that needs another one every `pause`.
    fn ends(patience: &mut Patience, start: u64, cycles: u64, pause: u64) -> usize {
        let mut ends = 0;
        let mut present = true;
        for cycle in 0..cycles {
            let idle_since = start + cycle * pause;
            let wanted_at = idle_since + pause - 1;
            if !present {
                patience.grown(idle_since, IDLE);
            }
            let due = patience.due(idle_since, IDLE);
            present = due >= wanted_at;
            if !present {
                patience.shrunk(due, IDLE);
                ends += 1;
            }
        }
        ends
    }

    #[test]
    fn a_load_that_comes_back_soon_is_waited_for() {
        let mut patience = Patience::default();
        assert_eq!(ends(&mut patience, 1, 1000, IDLE * 3 / 2), 1, "it goes once, and then is kept");
    }

    #[test]
    fn a_load_that_stays_away_is_not() {
        let mut patience = Patience::default();
        assert_eq!(ends(&mut patience, 1, 50, IDLE * 40), 50);
    }

    #[test]
    fn what_was_learned_is_forgotten_again() {
        let mut patience = Patience::default();
        ends(&mut patience, 1, 10, IDLE * 3 / 2);
        assert_eq!(patience.factor, 2);
        ends(&mut patience, 1_000_000, 3, IDLE * 40);
        assert_eq!(patience.factor, 1);
    }

    #[test]
    fn workers_go_one_by_one() {
        let mut patience = Patience::default();
        assert_eq!(patience.due(0, IDLE), IDLE);
        patience.shrunk(IDLE, IDLE);
        assert_eq!(patience.due(0, IDLE), IDLE + IDLE / STEP);
    }
}
