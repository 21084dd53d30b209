//! The clock all deadlines use.

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds of `CLOCK_MONOTONIC`, the clock that `process.hrtime` and [`crate::TimerFd`] use too.
///
/// It is the same in every process of the machine and does not advance while the machine is suspended.
pub fn monotonic_nanoseconds() -> u64 {
    // CLOCK_MONOTONIC cannot fail with a valid pointer; zero keeps this total without a panic.
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map(|time| time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn advances() {
        let before = super::monotonic_nanoseconds();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(super::monotonic_nanoseconds() - before >= 2_000_000);
    }
}
