//! A zygote by itself, spoken to over its socket.

mod support;

use hatchery_core::launcher::Captures;
use hatchery_core::zygote::protocol::{ZygoteReport, ZygoteRequest};
use hatchery_core::zygote::{Conditions, Proof, ServeOutcome, Verdict, Zygote};
use hatchery_lane::kind::completion;
use hatchery_lane::{Completion, Geometry, HostLane, Location};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{EventFd, Lifeline, MemFd, Output, PidFd, Received, SeqPacket, descriptor, spawn};
use nix::sys::prctl::set_child_subreaper;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;
use support::{PATIENCE, state, until};

/// Argument that makes this program a zygote that waits for its configuration.
const AWAITING: &str = "await-the-configuration";
/// What it leaves with when there is no host.
const NO_HOST: i32 = 9;

fn main() {
    if std::env::args().nth(1).as_deref() == Some(AWAITING) {
        let zygote = Zygote::from_standard_input().unwrap();
        process::exit_now(if zygote.receive_configuration().is_ok() { 0 } else { NO_HOST });
    }
    support::run(&[
        (
            "it_sleeps_while_the_host_keeps_the_pidfd_of_a_dead_worker",
            it_sleeps_while_the_host_keeps_the_pidfd_of_a_dead_worker,
        ),
        (
            "it_waits_for_no_host_that_is_dead_though_its_socket_is_open",
            it_waits_for_no_host_that_is_dead_though_its_socket_is_open,
        ),
        ("a_fork_that_cannot_take_up_its_work_says_why", a_fork_that_cannot_take_up_its_work_says_why),
        ("a_proof_says_how_its_child_ended", a_proof_says_how_its_child_ended),
        ("a_proof_that_nobody_asks_for_leaves_no_child", a_proof_that_nobody_asks_for_leaves_no_child),
    ]);
}

/// Begins a proof whose child does this.
fn prove(limit: Duration, act: impl FnOnce()) -> Proof {
    match Proof::begin(limit).unwrap() {
        Some(proof) => proof,
        None => {
            act();
            process::exit_now(0)
        }
    }
}

fn a_proof_says_how_its_child_ended() {
    let failure = |proof: Proof| match proof.verdict().unwrap() {
        Verdict::Failed(reason) => reason,
        Verdict::Passed => panic!("it has passed"),
    };
    assert_eq!(prove(PATIENCE, || ()).verdict().unwrap(), Verdict::Passed);
    assert!(failure(prove(PATIENCE, || process::exit_now(3))).contains("exit code 3"));
    assert!(failure(prove(PATIENCE, || std::process::abort())).contains("SIGABRT"));
    let short = Duration::from_millis(20);
    assert!(failure(prove(short, || std::thread::sleep(2 * PATIENCE))).contains("hung for 20 ms"));
}

fn a_proof_that_nobody_asks_for_leaves_no_child() {
    let (ours, theirs) = SeqPacket::pair().unwrap();
    let proof = prove(2 * PATIENCE, || std::thread::sleep(2 * PATIENCE));
    // The child has the other end as well, until it is gone.
    drop(theirs);
    drop(proof);
    assert!(ours.wait_readable(Some(PATIENCE)).unwrap());
    assert!(matches!(ours.receive(&mut [0; 8]).unwrap(), Received::End));
}

fn it_waits_for_no_host_that_is_dead_though_its_socket_is_open() {
    // How a process ended only its parent can tell: that is to be this one when the host is gone.
    set_child_subreaper(true).unwrap();
    let (inherited, to_inherit) = SeqPacket::pair().unwrap();
    let host = match process::fork().unwrap() {
        Fork::Child => {
            let (socket, theirs) = SeqPacket::pair().unwrap();
            let (program, arguments) = ("/proc/self/exe".as_ref(), [AWAITING.into()]);
            let (output, errors) = (Output::Inherit, Output::Inherit);
            let zygote = spawn(program, &arguments, None, theirs.into(), output, errors).unwrap();
            to_inherit.send(&[1], &[socket.as_fd(), zygote.pidfd.as_fd()]).unwrap();
            process::exit_now(0)
        }
        Fork::Parent { pid } => PidFd::open(pid).unwrap(),
    };
    drop(to_inherit);
    assert!(inherited.wait_readable(Some(PATIENCE)).unwrap());
    let Received::Message { fds, .. } = inherited.receive(&mut [0; 8]).unwrap() else { panic!("no message") };
    let [_socket, zygote] = <[OwnedFd; 2]>::try_from(fds).unwrap();
    assert!(descriptor::wait_readable(&[host.as_fd()], Some(PATIENCE)).unwrap()[0]);
    host.wait().unwrap();
    assert!(descriptor::wait_readable(&[zygote.as_fd()], Some(PATIENCE)).unwrap()[0], "it waits for ever");
    set_child_subreaper(false).unwrap();
    assert_eq!(PidFd::from(zygote).wait().unwrap().unwrap().code, NO_HOST);
}

fn a_fork_that_cannot_take_up_its_work_says_why() {
    let (socket, theirs) = SeqPacket::pair().unwrap();
    let zygote = match process::fork().unwrap() {
        Fork::Child => {
            drop(socket);
            let served = Zygote::new(theirs).and_then(Zygote::serve);
            process::exit_now(i32::from(!matches!(served, Ok(ServeOutcome::Ended))))
        }
        Fork::Parent { pid } => PidFd::open(pid).unwrap(),
    };
    drop(theirs);
    let mut lane = HostLane::create(&Geometry::default()).unwrap();
    let (submissions, completions) = (EventFd::new().unwrap(), EventFd::new().unwrap());
    let (control, workers_end) = SeqPacket::pair().unwrap();
    assert!(lane.completions.park());
    // A socket is no lifeline: it cannot be opened anew.
    let events = [submissions.as_fd(), completions.as_fd()];
    let descriptors = [lane.memory(), events[0], events[1], workers_end.as_fd(), control.as_fd()];
    request_fork(&socket, &descriptors);
    assert!(matches!(receive(&socket).0, ZygoteReport::Forked { .. }));
    assert!(matches!(receive(&socket).0, ZygoteReport::Exited { code: 1, .. }));
    assert!(descriptor::wait_readable(&[completions.as_fd()], Some(PATIENCE)).unwrap()[0]);
    let mut said = Completion::default();
    assert!(lane.completions.read(&lane.arena, &mut said).unwrap());
    assert_eq!(said.message.kind, completion::START_FAILED);
    let Location::Block { block, length } = said.message.location else { panic!("{said:?}") };
    let text = String::from_utf8(lane.arena.to_vec(block, 0, length as usize).unwrap()).unwrap();
    assert!(text.contains("ERR_HATCHERY_WORKER_START_FAILED") && text.contains("lifeline"), "{text}");
    drop(socket);
    assert!(descriptor::wait_readable(&[zygote.as_fd()], Some(PATIENCE)).unwrap()[0]);
    assert_eq!(zygote.wait().unwrap().unwrap().code, 0);
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
    request_fork(&socket, &descriptors);

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

fn request_fork(socket: &SeqPacket, descriptors: &[BorrowedFd<'_>]) {
    let request = ZygoteRequest::Fork {
        worker: 1,
        processors: Vec::new(),
        conditions: Conditions::default(),
        captures: Captures::default(),
    };
    assert!(socket.send(&request.encode(), descriptors).unwrap());
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
