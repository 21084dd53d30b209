//! The lifeline, with real processes in busy loops.
//!
//! One test at a time: a child of another test forked meanwhile would inherit the write end.

mod common;

use std::sync::Mutex;

use common::{in_child, reap};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{EventFd, Exit, Lifeline, PidFd, Received, SeqPacket};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
const KILLED: Exit = Exit { code: -1, signal: libc::SIGKILL };

/// A child that arms the lifeline, says so and then spins for ever.
fn spinning(lifeline: &mut Option<Lifeline>, read_end: &std::os::fd::OwnedFd, armed: &EventFd) -> PidFd {
    in_child(|| {
        // The fork copied the write end; a worker never has one.
        drop(lifeline.take());
        let _armed = Lifeline::arm(read_end.try_clone().unwrap()).unwrap();
        armed.notify().unwrap();
        loop {
            std::hint::spin_loop();
        }
    })
}

#[test]
fn siblings_in_busy_loops_die_with_the_host() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (lifeline, read_end) = Lifeline::new().unwrap();
    let mut lifeline = Some(lifeline);
    let armed = EventFd::new().unwrap();
    let children: Vec<PidFd> = (0..3).map(|_| spinning(&mut lifeline, &read_end, &armed)).collect();
    let mut count = 0;
    common::eventually(|| {
        count += armed.drain().unwrap();
        count == 3
    });
    assert!(children.iter().all(|child| child.wait().unwrap().is_none()), "alive while the host lives");
    drop(lifeline);
    assert!(children.iter().all(|child| reap(child) == KILLED));
}

#[test]
fn a_host_that_is_killed_takes_them_along() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (lifeline, read_end) = Lifeline::new().unwrap();
    let mut lifeline = Some(lifeline);
    let armed = EventFd::new().unwrap();
    let worker = spinning(&mut lifeline, &read_end, &armed);
    let host = in_child(|| {
        loop {
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
    });
    // Now only the "host" child has the write end.
    drop(lifeline);
    common::eventually(|| armed.drain().unwrap() == 1);
    assert!(worker.wait().unwrap().is_none());
    host.kill(libc::SIGKILL).unwrap();
    assert_eq!(reap(&host), KILLED);
    assert_eq!(reap(&worker), KILLED);
}

#[test]
fn the_death_of_a_sibling_harms_nobody_and_drop_disarms() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (lifeline, read_end) = Lifeline::new().unwrap();
    let mut lifeline = Some(lifeline);
    let armed = EventFd::new().unwrap();
    let first = spinning(&mut lifeline, &read_end, &armed);
    let second = in_child(|| {
        drop(lifeline.take());
        drop(Lifeline::arm(read_end.try_clone().unwrap()).unwrap());
        armed.notify().unwrap();
        loop {
            std::hint::spin_loop();
        }
    });
    let mut count = 0;
    common::eventually(|| {
        count += armed.drain().unwrap();
        count == 2
    });
    drop(lifeline);
    assert_eq!(reap(&first), KILLED);
    assert!(second.wait().unwrap().is_none(), "disarmed, so it survives");
    second.kill(libc::SIGTERM).unwrap();
    assert_eq!(reap(&second), Exit { code: -1, signal: libc::SIGTERM });
}

#[test]
fn arming_after_the_host_has_gone_kills_at_once() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (lifeline, read_end) = Lifeline::new().unwrap();
    drop(lifeline);
    let child = in_child(|| {
        let _armed = Lifeline::arm(read_end.try_clone().unwrap());
        0
    });
    assert_eq!(reap(&child), KILLED);
}

#[test]
fn the_leader_of_a_group_takes_its_group_along() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (lifeline, read_end) = Lifeline::new().unwrap();
    let mut lifeline = Some(lifeline);
    let (ours, theirs) = SeqPacket::pair().unwrap();
    let worker = in_child(|| {
        drop(lifeline.take());
        process::leave_process_group().unwrap();
        if process::fork().unwrap() == Fork::Child {
            loop {
                std::hint::spin_loop();
            }
        }
        let _armed = Lifeline::arm(read_end.try_clone().unwrap()).unwrap();
        theirs.send(b"armed", &[]).unwrap();
        loop {
            std::hint::spin_loop();
        }
    });
    drop(theirs);
    let mut buffer = [0; 8];
    common::eventually(|| matches!(ours.receive(&mut buffer).unwrap(), Received::Message { .. }));
    drop(lifeline);
    assert_eq!(reap(&worker), KILLED);
    common::eventually(|| matches!(ours.receive(&mut buffer).unwrap(), Received::End));
}
