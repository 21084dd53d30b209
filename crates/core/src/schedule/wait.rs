//! How long tasks wait, without a time stamp on each: of every queue one task is watched at a time, from the flush that
//! queued it until it is placed.

/// The waits of one queue.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// The task that is watched, and since when, nanoseconds.
    watched: Option<(u32, u64)>,
    /// Moving average, nanoseconds.
    average: u64,
}

impl Waits {
    /// Tasks have been placed. `last` is the one at the end of what is left.
    pub(super) fn look(&mut self, last: Option<u32>, now: u64) {
        match last {
            None => self.average -= self.average.div_ceil(8),
            Some(task) if self.watched.is_none() => self.watched = Some((task, now)),
            Some(_) => {}
        }
    }

    /// A task is about to be placed.
    pub(super) fn placed(&mut self, task: u32, now: u64) {
        if let Some((watched, since)) = self.watched
            && watched == task
        {
            self.watched = None;
            let wait = now.saturating_sub(since);
            self.average = if self.average == 0 { wait } else { (self.average * 7 + wait) / 8 };
        }
    }

    /// A task leaves the queue for another reason.
    pub(super) fn removed(&mut self, task: u32) {
        if self.watched.is_some_and(|(watched, _)| watched == task) {
            self.watched = None;
        }
    }

    /// Since when the task that is watched has waited: those before it have for longer. `None`: nothing waits.
    pub(super) fn since(&self) -> Option<u64> {
        self.watched.map(|(_, since)| since)
    }

    /// What tasks that were placed lately had waited, nanoseconds, or what the watched one has, if that is more.
    pub(super) fn recent(&self, now: u64) -> u64 {
        self.average.max(self.since().map_or(0, |since| now.saturating_sub(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_task_at_a_time_is_watched_until_it_is_placed() {
        let mut waits = Waits::default();
        waits.look(Some(5), 1000);
        waits.look(Some(9), 2000);
        waits.placed(4, 2500);
        assert_eq!(waits.recent(3000), 2000);
        waits.placed(5, 4000);
        assert_eq!((waits.recent(9000), waits.since()), (3000, None));
        waits.look(Some(9), 9000);
        waits.removed(9);
        assert_eq!(waits.since(), None);
        // Nothing has to wait any more.
        for _ in 0..200 {
            waits.look(None, 10_000);
        }
        assert_eq!(waits.recent(10_000), 0);
    }
}
