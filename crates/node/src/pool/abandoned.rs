//! Pools whose JavaScript is gone.

use hatchery_core::driver::{Driver, Payload, PoolEvent, Sink};
use hatchery_core::task::TaskFailure;
use std::time::{Duration, Instant};

/// Takes everything and keeps nothing.
struct Nobody;

impl Sink for Nobody {
    fn has_room(&self) -> bool {
        true
    }
    fn mentioned(&mut self, _segment: u32) {}
    fn completed(&mut self, _ticket: u64, _payload: Payload<'_>) {}
    fn failed(&mut self, _ticket: u64, _payload: Payload<'_>) {}
    fn progress(&mut self, _ticket: u64, _payload: Payload<'_>) {}
    fn settled(&mut self, _ticket: u64, _failure: &TaskFailure) {}
    fn event(&mut self, _event: PoolEvent) {}
}

/// Kills the pool's processes and reaps them on a thread of its own, for at most `limit`.
pub(super) fn look_after(mut driver: Driver, limit: Duration) {
    driver.destroy(&mut Nobody);
    let reap = move || {
        let end = Instant::now() + limit;
        while !driver.is_closed() && Instant::now() < end {
            if driver.turn(&mut Nobody, Some(Duration::from_millis(100))).is_err() {
                return;
            }
        }
    };
    // Without a thread the processes still die: dropping the driver closes their lifeline.
    let _ = std::thread::Builder::new().name("hatchery-reaper".into()).spawn(reap);
}
