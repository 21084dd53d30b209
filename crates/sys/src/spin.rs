//! Waiting awake.
//!
//! To wake a process that sleeps on another processor takes some 20 us, most of it in the kernel; whoever
//! expects the answer sooner than that had better stay awake. It yields the processor all the time, so where
//! both sides share one, the other side comes to run.

use std::time::{Duration, Instant};

/// Looks until `done` or until `patience` has passed; whether it was done. Yields every `looks` looks: few, if a
/// look costs as much as a yield.
pub fn until(patience: Duration, looks: usize, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        for _ in 0..looks {
            if done() {
                return true;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() >= patience {
            return false;
        }
        std::thread::yield_now();
    }
}
