//! A zygote by itself, spoken to over its socket.

mod support;

use hatchery_core::launcher::Captures;
use hatchery_core::zygote::protocol::{ZygoteReport, ZygoteRequest};
use hatchery_core::zygote::{Conditions, ServeOutcome, Zygote};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{EventFd, Lifeline, MemFd, PidFd, Received, SeqPacket, descriptor};
use std::os::fd::{AsFd, OwnedFd};
use support::{PATIENCE, state, until};

fn main() {
    support::run(&[(
        "it_sleeps_while_the_host_keeps_the_pidfd_of_a_dead_worker",
        it_sleeps_while_the_host_keeps_the_pidfd_of_a_dead_worker,
    )]);
}

fn it_sleeps_while_the_host_keeps_the_pidfd_of_a_dead_worker() {
    let (socket, theirs) = SeqPacket::pair().unwrap();
    let number = match process::fork().unwrap() {
        Fork::Child => {
            drop(socket);
            let outcome = Zygote::new(theirs).and_then(Zygote::serve);
            process::exit_now(match outcome {
                Ok(ServeOutcome::Ended) => 0,
                // The worker, which leaves at once.
                Ok(ServeOutcome::Child(_)) => 7,
                Err(_) => 1,
            })
        }
        Fork::Parent { pid } => pid,
    };
    drop(theirs);
    let zygote = PidFd::open(number).unwrap();

    let memory = MemFd::create("zygote-test", 4096).unwrap();
    let (submissions, completions) = (EventFd::new().unwrap(), EventFd::new().unwrap());
    let (_control, workers_end) = SeqPacket::pair().unwrap();
    let (_lifeline, read_end) = Lifeline::new().unwrap();
    let descriptors =
        [memory.as_fd(), submissions.as_fd(), completions.as_fd(), workers_end.as_fd(), read_end.as_fd()];
    let request = ZygoteRequest::Fork {
        worker: 1,
        processors: Vec::new(),
        conditions: Conditions::default(),
        captures: Captures::default(),
    };
    assert!(socket.send(&request.encode(), &descriptors).unwrap());

    let (report, pidfds) = receive(&socket);
    assert!(matches!(report, ZygoteReport::Forked { worker: 1, .. }), "{report:?}");
    assert_eq!(pidfds.len(), 1);
    let (report, _) = receive(&socket);
    assert!(matches!(report, ZygoteReport::Exited { worker: 1, code: 7, .. }), "{report:?}");

    until("the zygote sleeps", || state(number) == Some('S'));

    drop((pidfds, socket));
    assert!(descriptor::wait_readable(&[zygote.as_fd()], Some(PATIENCE)).unwrap()[0]);
    assert_eq!(zygote.wait().unwrap().unwrap().code, 0);
}

/// The next report, and what came with it.
fn receive(socket: &SeqPacket) -> (ZygoteReport, Vec<OwnedFd>) {
    let mut buffer = vec![0; 4096];
    assert!(socket.wait_readable(Some(PATIENCE)).unwrap(), "the zygote says nothing");
    match socket.receive(&mut buffer).unwrap() {
        Received::Message { length, fds } => (ZygoteReport::decode(&buffer[..length]).unwrap(), fds),
        other => panic!("expected a report, got {other:?}"),
    }
}
