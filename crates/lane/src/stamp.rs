//! When a task was submitted, in one word of its slot.
//!
//! Microseconds of CLOCK_MONOTONIC, which host and worker share, modulo 2^31; with the top bit set milliseconds (2^20 ns),
//! for tasks that had waited for long when they were placed. 0 stands for no stamp.

/// Set: the unit is 2^20 ns.
const COARSE: u32 = 1 << 31;
/// Nanoseconds of that unit.
pub const COARSE_UNIT: u64 = 1 << 20;
/// The rest.
const MASK: u32 = COARSE - 1;
/// From this wait on, nanoseconds, a stamp is coarse: a quarter of an hour, half of what can be told apart.
const LONG: u64 = 900_000_000_000;
/// Differences from here on are below zero: the worker's idea of now is a little old.
pub const NEGATIVE: u32 = 0x7000_0000;

/// The stamp of a task that was submitted at `submitted` and is placed at `now`, CLOCK_MONOTONIC nanoseconds.
#[inline]
pub fn stamp(submitted: u64, now: u64) -> u32 {
    let stamp = if now.saturating_sub(submitted) < LONG {
        (submitted / 1000) as u32 & MASK
    } else {
        (submitted / COARSE_UNIT) as u32 | COARSE
    };
    // As good as its neighbour.
    stamp.max(1)
}

/// How long a task with this stamp, not 0, had waited at `now`, CLOCK_MONOTONIC nanoseconds; nanoseconds.
#[inline]
pub fn waited(stamp: u32, now: u64) -> u64 {
    let coarse = stamp & COARSE != 0;
    let now = if coarse { (now / COARSE_UNIT) as u32 } else { (now / 1000) as u32 };
    let difference = now.wrapping_sub(stamp) & MASK;
    match difference {
        NEGATIVE.. => 0,
        _ if coarse => u64::from(difference) * COARSE_UNIT,
        _ => u64::from(difference) * 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_the_wait_from_a_microsecond_to_weeks() {
        let day = 86_400_000_000_000;
        for submitted in [0, 1, 999_999, (1 << 31) * 1000 - 1, 1 << 51, 400 * day + 123_456_789] {
            for wait in [0_u64, 1_000, 123_456_000, LONG - 1, LONG, 3_600_000_000_000, day, 20 * day] {
                let at_placing = submitted + wait;
                for later in [0, 5_000, 10_000_000_000] {
                    let told = waited(stamp(submitted, at_placing), at_placing + later);
                    let unit = if wait < LONG { 2_000 } else { 2 << 20 };
                    assert!(told.abs_diff(wait + later) <= unit, "{submitted} {wait} {later}: {told}");
                }
            }
        }
        assert_eq!(waited(stamp(5_000_000, 5_000_000), 4_000_000), 0, "a clock that is a little old");
    }
}
