//! Wake-ups of an honest worker are what the host has asked for, however the host waits.

mod support;

use hatchery_core::Result;
use hatchery_core::driver::{Driver, DriverOptions, Submission};
use hatchery_core::worker::{self, Registry};
use hatchery_core::zygote::WorkerAttachment;
use std::time::Instant;
use support::{Heard, PATIENCE, close, launcher};

/// More than twice the wake-ups between two looks of the driver, as each task brings at least one.
const TASKS: usize = 10_000;

fn main() {
    support::run(&[("who_looks_away_is_not_woken_too_often", who_looks_away_is_not_woken_too_often)]);
}

/// The host does what the Node binding's does when it has waited awake for long: it looks, and leaves what has come to be
/// found later. So each result wakes it twice: by the worker, which saw it asleep, and by itself.
fn who_looks_away_is_not_woken_too_often() {
    let options = DriverOptions { minimum_workers: 1, maximum_workers: 1, ..DriverOptions::default() };
    let mut driver = Driver::new(options, Box::new(launcher(work))).unwrap();
    let mut heard = Heard::default();
    for task in 1..=TASKS {
        driver.submit(Submission::plain(0, 0), b"x").unwrap();
        driver.flush();
        let end = Instant::now() + PATIENCE;
        // Its process is known after the first.
        while task > 1 && !driver.has_news() {
            assert!(Instant::now() < end, "task {task} does not end");
            std::thread::yield_now();
        }
        driver.look_away();
        while heard.completed.len() < task {
            assert!(heard.failures.is_empty(), "at task {task}: {:?}", heard.failures);
            driver.turn(&mut heard, Some(PATIENCE)).unwrap();
        }
    }
    close(driver, &mut heard);
    assert!(heard.failures.is_empty());
}

fn work(attachment: WorkerAttachment) -> Result<()> {
    worker::run(attachment, &Registry::new().task("echo", |_, bytes| Ok(bytes.to_vec())))
}
