//! Pools whose JavaScript is gone.

use hatchery_core::driver::{Driver, EventsOnly};
use std::time::{Duration, Instant};

/// Kills the pool's processes and reaps them on a thread of its own, for at most `limit`.
pub(super) fn look_after(mut driver: Driver, limit: Duration) {
    driver.destroy(&mut EventsOnly(drop));
    let reap = move || {
        let end = Instant::now() + limit;
        while !driver.is_closed() && Instant::now() < end {
            if driver.turn(&mut EventsOnly(drop), Some(Duration::from_millis(100))).is_err() {
                return;
            }
        }
    };
    // Without a thread the processes still die: dropping the driver closes their lifeline.
    let _ = std::thread::Builder::new().name("hatchery-reaper".into()).spawn(reap);
}
