//! Forking, reaping, spawning, naming.

mod common;

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use common::{in_child, reap};
use hatchery_sys::{Exit, Output, PidFd, Received, RunState, SeqPacket, fork_memory, process, spawn};

#[test]
fn exits_and_signals_are_told_apart() {
    assert_eq!(reap(&in_child(|| 7)), Exit { code: 7, signal: 0 });
    let sleeping = in_child(|| {
        loop {
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
    });
    assert_eq!(sleeping.wait(), Ok(None));
    sleeping.kill(libc::SIGKILL).unwrap();
    assert_eq!(reap(&sleeping), Exit { code: -1, signal: libc::SIGKILL });
    assert_eq!(sleeping.wait().unwrap_err().raw_os_error(), libc::ECHILD);
    sleeping.kill(libc::SIGKILL).expect("a dead process is success");
    assert_eq!(sleeping.kill(12345).unwrap_err().raw_os_error(), libc::EINVAL);
}

#[test]
fn a_real_time_signal_does_not_lose_the_exit() {
    const REAL_TIME: i32 = 40;
    let child = in_child(|| {
        // Neither nix nor rustix names real-time signals, and not every machine has a program `kill`.
        // SAFETY: raising a signal that nobody handles runs no code of this process.
        unsafe { libc::raise(REAL_TIME) };
        0
    });
    assert_eq!(reap(&child), Exit { code: -1, signal: REAL_TIME });
}

#[test]
fn any_child_is_reaped_by_a_process_that_owns_its_children() {
    let outer = in_child(|| {
        assert_eq!(process::wait_any_nohang(), Ok(None), "no child is not an error");
        let process::Fork::Parent { pid } = process::fork().unwrap() else { process::exit_now(5) };
        let mut reaped = None;
        common::eventually(|| {
            reaped = process::wait_any_nohang().unwrap();
            reaped.is_some()
        });
        assert_eq!(reaped, Some((pid, Exit { code: 5, signal: 0 })));
        0
    });
    assert_eq!(reap(&outer).code, 0);
}

#[test]
fn signals_death_signal_and_name() {
    let child = in_child(|| {
        process::set_process_name("hatchery-child-with-a-long-name").unwrap();
        let threads = process::threads().unwrap();
        assert_eq!(threads.len(), 1, "only the calling thread survives a fork");
        assert_eq!(threads[0].id, process::id());
        assert_eq!(threads[0].name, "hatchery-child-");
        process::set_parent_death_signal(libc::SIGKILL).unwrap();
        process::set_parent_death_signal(0).unwrap();
        assert!(process::set_parent_death_signal(99).is_err());
        assert!(process::reset_signal(libc::SIGKILL).is_err());
        process::reset_signal(libc::SIGTERM).unwrap();
        process::unblock_all_signals().unwrap();
        process::kill_self(libc::SIGTERM).unwrap();
        0
    });
    assert_eq!(reap(&child).signal, libc::SIGTERM);
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || wait.recv());
    assert!(process::threads().unwrap().len() >= 2);
    drop(release);
    assert!(other.join().unwrap().is_err());
}

#[test]
fn a_spawned_program_gets_its_input_output_and_environment() {
    let (mine, theirs) = SeqPacket::pair().unwrap();
    mine.send(b"hello", &[]).unwrap();
    let (read_end, write_end) = std::io::pipe().unwrap();
    let arguments: Vec<OsString> = ["-c", "cat - | head -c 5; echo $NAME"].map(OsString::from).to_vec();
    let environment = [("NAME", "hatchery"), ("PATH", "/usr/bin:/bin")]
        .map(|(n, v)| (OsString::from(n), OsString::from(v)));
    theirs.set_nonblocking(false).unwrap();
    let child = spawn(
        OsStr::new("/bin/sh"),
        &arguments,
        Some(&environment),
        OwnedFd::from(theirs),
        Output::Fd(write_end.into()),
        Output::Null,
    )
    .unwrap();
    assert!(child.pid > 0);
    // `cat` reads the one message; the end comes when our side closes.
    drop(mine);
    let mut output = String::new();
    std::io::BufReader::new(read_end).read_to_string(&mut output).unwrap();
    assert_eq!(output, "hellohatchery\n");
    assert_eq!(reap(&child.pidfd), Exit { code: 0, signal: 0 });
}

#[test]
fn a_missing_program_is_an_error_with_errno() {
    let (_, theirs) = SeqPacket::pair().unwrap();
    let error = spawn(
        OsStr::new("/no/such/program"),
        &[],
        None,
        OwnedFd::from(theirs),
        Output::Inherit,
        Output::Inherit,
    )
    .unwrap_err();
    assert_eq!((error.operation(), error.raw_os_error()), ("spawn", libc::ENOENT));
}

#[test]
fn a_pidfd_of_nobody_is_an_error() {
    assert_eq!(PidFd::open(0).unwrap_err().raw_os_error(), libc::EINVAL);
    assert_eq!(PidFd::open(u32::MAX).unwrap_err().raw_os_error(), libc::EINVAL);
    assert_eq!(PidFd::open(0x7fff_fff0).unwrap_err().raw_os_error(), libc::ESRCH);
}

#[test]
fn memory_that_refused_to_be_forked_is_inherited_after_all() {
    use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous};
    let child = in_child(|| {
        let length = std::num::NonZeroUsize::new(1 << 16).unwrap();
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new anonymous mapping, at an address the kernel picks.
        let pointer = unsafe { mmap_anonymous(None, length, protection, MapFlags::MAP_PRIVATE) }.unwrap();
        // SAFETY: the range was just mapped.
        unsafe { madvise(pointer, length.get(), MmapAdvise::MADV_DONTFORK) }.unwrap();
        let bytes = pointer.cast::<u8>();
        // SAFETY: within the mapping, which only this thread uses.
        unsafe { bytes.write(42) };
        assert!(fork_memory::allow_fork_of_anonymous_mappings().unwrap() > 0);
        // SAFETY: within the mapping, which the fork inherits.
        let grandchild = in_child(|| i32::from(unsafe { bytes.read() }));
        reap(&grandchild).code
    });
    assert_eq!(reap(&child), Exit { code: 42, signal: 0 });
}

/// A child that leads a group of its own and leaves when the socket's other end says so; a child of its own in the group
/// holds the socket open and sleeps.
fn leader_of_a_group(gate: &SeqPacket) -> PidFd {
    in_child(|| {
        process::leave_process_group().unwrap();
        if process::fork().unwrap() == process::Fork::Child {
            loop {
                std::thread::sleep(std::time::Duration::from_secs(1));
            }
        }
        gate.send(b"up", &[]).unwrap();
        gate.wait_readable(None).unwrap();
        3
    })
}

#[test]
fn a_group_goes_with_the_process_that_led_it() {
    let (ours, theirs) = SeqPacket::pair().unwrap();
    let leader = leader_of_a_group(&theirs);
    drop(theirs);
    let mut buffer = [0; 8];
    assert!(ours.wait_readable(Some(std::time::Duration::from_secs(10))).unwrap());
    assert!(matches!(ours.receive(&mut buffer).unwrap(), Received::Message { .. }));
    assert_eq!(leader.wait_with_group(), Ok(None), "nobody is killed before it has ended");
    ours.send(b"go", &[]).unwrap();
    let mut exit = None;
    common::eventually(|| {
        exit = leader.wait_with_group().unwrap();
        exit.is_some()
    });
    assert_eq!(exit, Some(Exit { code: 3, signal: 0 }));
    // The end of file comes when the last of the group has gone.
    common::eventually(|| matches!(ours.receive(&mut buffer).unwrap(), Received::End));
}

#[test]
fn the_end_of_an_orphan_is_known_and_how_it_ended_to_whoever_inherits_it() {
    for inherits in [false, true] {
        let outer = in_child(|| {
            nix::sys::prctl::set_child_subreaper(true).unwrap();
            let (ours, theirs) = SeqPacket::pair().unwrap();
            let middle = in_child(|| {
                let orphan = in_child(|| {
                    loop {
                        std::thread::sleep(std::time::Duration::from_secs(1));
                    }
                });
                ours.send(b"it", &[orphan.as_fd()]).unwrap();
                0
            });
            let Received::Message { fds, .. } = received(&theirs) else { return 1 };
            let orphan = PidFd::from(fds.into_iter().next().unwrap());
            assert_eq!(reap(&middle).code, 0);
            let watch = || {
                assert_eq!(orphan.ended(), Ok(None));
                orphan.kill(libc::SIGTERM).unwrap();
                let mut exit = None;
                common::eventually(|| {
                    exit = orphan.ended().unwrap();
                    exit.is_some()
                });
                exit.unwrap()
            };
            if inherits {
                assert_eq!(watch(), Exit { code: -1, signal: libc::SIGTERM });
                assert_eq!(process::wait_any_nohang(), Ok(None), "it was reaped");
            } else {
                assert_eq!(reap(&in_child(|| i32::from(watch().is_known()))).code, 0);
            }
            0
        });
        assert_eq!(reap(&outer).code, 0);
    }
}

fn received(socket: &SeqPacket) -> Received {
    assert!(socket.wait_readable(Some(std::time::Duration::from_secs(10))).unwrap());
    socket.receive(&mut [0; 8]).unwrap()
}

#[test]
fn what_a_process_does_is_told_apart() {
    let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    let (number, process) = (child.id(), PidFd::open(child.id()).unwrap());
    let state = || process.activity(number).map(|activity| activity.state);
    common::eventually(|| state() == Some(RunState::Sleeping));
    process.kill(libc::SIGSTOP).unwrap();
    common::eventually(|| state() == Some(RunState::Stopped));
    process.kill(libc::SIGCONT).unwrap();
    common::eventually(|| state() == Some(RunState::Sleeping));
    process.kill(libc::SIGKILL).unwrap();
    common::eventually(|| state().is_none());
    child.wait().unwrap();
    assert_eq!(process.activity(std::process::id()), None, "whatever the number is another's now");

    let busy = PidFd::open(process::id()).unwrap();
    let before = busy.activity(process::id()).unwrap();
    common::eventually(|| busy.activity(process::id()).unwrap().ticks > before.ticks);
}

#[test]
fn who_could_run_is_told_from_who_waits() {
    let start = |script| std::process::Command::new("sh").args(["-c", script]).spawn().unwrap();
    let (mut busy, mut waiting) = (start("while :; do :; done"), start("exec sleep 1000"));
    common::eventually(|| process::is_runnable(busy.id()) && !process::is_runnable(waiting.id()));
    for child in [&mut busy, &mut waiting] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(!process::is_runnable(1 << 27), "nobody has that number");
}
