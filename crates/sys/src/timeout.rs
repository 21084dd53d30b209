//! Time that is left of a timeout, for calls that a signal can interrupt.

use std::time::{Duration, Instant};

/// A timeout fixed to a point in time, so that a retry after `EINTR` waits only for the rest.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// `None` waits for ever; so does a duration too long for the clock.
    pub(crate) fn after(timeout: Option<Duration>) -> Deadline {
        Deadline(timeout.and_then(|duration| Instant::now().checked_add(duration)))
    }

    /// What is left in milliseconds, rounded up so that a wait never ends early in a spin; -1 is for ever.
    pub(crate) fn milliseconds(self) -> i32 {
        match self.0 {
            None => -1,
            Some(instant) => {
                let left = instant.saturating_duration_since(Instant::now());
                i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_up_and_knows_for_ever() {
        assert_eq!(Deadline::after(None).milliseconds(), -1);
        assert_eq!(Deadline::after(Some(Duration::ZERO)).milliseconds(), 0);
        assert_eq!(Deadline::after(Some(Duration::from_micros(900))).milliseconds(), 1);
        assert_eq!(Deadline::after(Some(Duration::MAX)).milliseconds(), -1);
    }
}
