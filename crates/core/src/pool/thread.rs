//! The pool's own thread: drives, unless a caller does.

use super::hub::Hub;
use crate::Result;
use hatchery_sys::{SignalFd, descriptor};
use std::os::fd::AsFd;

/// Drives until the pool has ended.
pub(super) fn run(hub: &Hub, signals: Option<&SignalFd>) {
    let failure = drive(hub, signals).err().map(|error| format!("the driver broke down: {error}"));
    hub.finish(failure);
}

fn drive(hub: &Hub, signals: Option<&SignalFd>) -> Result<()> {
    let mut deliveries = Vec::new();
    let mut signalled = false;
    loop {
        let visits = hub.seat.visits();
        let more = hub.advance(&mut deliveries)?;
        if hub.is_closed() {
            return Ok(());
        }
        if more || !hub.fall_asleep() {
            continue;
        }
        let [epoll, control] = hub.sleep_on();
        let ready = match signals {
            None => descriptor::wait_readable(&[epoll, control], None)?,
            Some(signals) => descriptor::wait_readable(&[epoll, control, signals.as_fd()], None)?,
        };
        if let Some(signals) = signals
            && ready[2]
        {
            while signals.read()?.is_some() {
                // The first asks politely; whoever asks again wants it now.
                if std::mem::replace(&mut signalled, true) { hub.destroy() } else { hub.close() }
            }
        }
        if !hub.seat.is_threads(visits) {
            // A caller drives now, and what woke this thread was meant for him.
            hub.seat.stand_back(|| hub.has_work());
        } else if ready[1] {
            hub.control.drain()?;
        }
    }
}
