//! How often workers had to be replaced of late.

use std::collections::VecDeque;

/// The moments of the last restarts, as Erlang's supervisors keep them.
#[derive(Debug, Default)]
pub(super) struct Intensity {
    moments: VecDeque<u64>,
}

impl Intensity {
    /// One more restart, at `now`. True: that is more than `limit` within `window` nanoseconds. `u32::MAX` is no limit.
    pub(super) fn count(&mut self, now: u64, limit: u32, window: u64) -> bool {
        if limit == u32::MAX {
            return false;
        }
        self.moments.push_back(now);
        while self.moments.front().is_some_and(|moment| now.saturating_sub(*moment) > window) {
            self.moments.pop_front();
        }
        // No more are needed to know the next time.
        let exceeded = self.moments.len() > limit as usize;
        if exceeded {
            self.moments.pop_front();
        }
        exceeded
    }

    /// What has been is forgiven.
    pub(super) fn clear(&mut self) {
        self.moments.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_more_than_the_limit_within_the_window_is_too_many() {
        let mut intensity = Intensity::default();
        let counted: Vec<bool> =
            [0, 10, 20, 110, 111, 112, 1000].map(|now| intensity.count(now, 3, 100)).to_vec();
        assert_eq!(counted, [false, false, false, false, false, true, false]);
        assert!(intensity.moments.len() <= 4);
        assert!(intensity.count(0, 0, 100), "none is allowed");
        assert!(!intensity.count(0, u32::MAX, 100));
    }
}
