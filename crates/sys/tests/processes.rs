//! Forking, reaping, spawning, naming.

mod common;

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::fd::OwnedFd;

use common::{in_child, reap};
use hatchery_sys::{Exit, Output, PidFd, RunState, SeqPacket, fork_memory, process, spawn};

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
    let child = in_child(|| {
        nix::sys::signal::kill(nix::unistd::Pid::this(), None).unwrap();
        // Neither nix nor rustix names real-time signals.
        std::process::Command::new("kill").args(["-34", &process::id().to_string()]).status().unwrap();
        std::thread::sleep(std::time::Duration::from_secs(10));
        0
    });
    assert_eq!(reap(&child), Exit { code: -1, signal: 34 });
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
    assert!(process::threads().unwrap().len() >= 2);
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
