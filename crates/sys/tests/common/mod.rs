//! Helpers of the tests that fork.
#![allow(dead_code)]

use std::time::{Duration, Instant};

use hatchery_sys::process::{self, Fork};
use hatchery_sys::{Exit, PidFd, descriptor};
use std::os::fd::AsFd;

/// Forks, runs `body` in the child and leaves there with what it returns. A panic in the child is code 101.
pub fn in_child(body: impl FnOnce() -> i32) -> PidFd {
    match process::fork().expect("fork") {
        Fork::Child => {
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).unwrap_or(101);
            process::exit_now(code)
        }
        Fork::Parent { pid } => PidFd::open(pid).expect("pidfd"),
    }
}

/// Waits until the child has ended, at most ten seconds.
pub fn reap(child: &PidFd) -> Exit {
    let ended = descriptor::wait_readable(&[child.as_fd()], Some(Duration::from_secs(10))).expect("poll");
    assert!(ended[0], "the child still runs");
    child.wait().expect("waitid").expect("ended")
}

/// Waits until `condition` holds, at most ten seconds.
pub fn eventually(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "condition never held");
        std::thread::sleep(Duration::from_millis(1));
    }
}
