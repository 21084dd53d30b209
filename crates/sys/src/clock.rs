//! The clock all deadlines use.

use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::error::{Named, Result};

/// Nanoseconds of `CLOCK_MONOTONIC`, the clock that `process.hrtime` and [`crate::TimerFd`] use too.
///
/// It is the same in every process of the machine and does not advance while the machine is suspended.
pub fn monotonic_nanoseconds() -> u64 {
    // CLOCK_MONOTONIC cannot fail with a valid pointer; zero keeps this total without a panic.
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map(|time| time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
        .unwrap_or(0)
}

/// Processor time that process `pid` has used so far, all its threads together, in nanoseconds.
///
/// # Errors
/// `ESRCH` if there is no such process.
pub fn processor_nanoseconds(pid: u32) -> Result<u64> {
    let clock = clock_getcpuclockid(Pid::from_raw(pid as i32)).named("clock_getcpuclockid")?;
    let time = clock_gettime(clock).named("clock_gettime")?;
    Ok(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn processor_time_is_of_the_process_named() {
        let own = std::process::id();
        let before = super::processor_nanoseconds(own).unwrap();
        let mut after = before;
        while after < before + 1_000_000 {
            after = super::processor_nanoseconds(own).unwrap();
        }
        // The kernel gives out no number above 4 million.
        assert!(super::processor_nanoseconds(1 << 27).is_err());
    }

    #[test]
    fn advances() {
        let before = super::monotonic_nanoseconds();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(super::monotonic_nanoseconds() - before >= 2_000_000);
    }
}
