//! epoll, eventfd, timerfd, signalfd, memfd, mapping and the socket.

mod common;

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use hatchery_sys::{
    Epoll, EpollEvents, EventFd, Mapping, MemFd, Received, SeqPacket, Signal, SignalFd, TimerFd, Trigger,
    clock, descriptor, process,
};

fn close_on_exec(descriptor: impl AsFd) -> bool {
    let flags = rustix::io::fcntl_getfd(descriptor).unwrap();
    flags.contains(rustix::io::FdFlags::CLOEXEC)
}

/// The end comes once no process has the other side; a child of a parallel test may have it for a moment.
fn receive_end(socket: &SeqPacket) {
    common::eventually(|| match socket.receive(&mut [0; 8]).unwrap() {
        Received::End => true,
        Received::WouldBlock => false,
        Received::Message { .. } => panic!("a message after the last"),
    });
}

#[test]
fn everything_is_close_on_exec() {
    let (left, right) = SeqPacket::pair().unwrap();
    assert!(close_on_exec(&left) && close_on_exec(&right));
    assert!(close_on_exec(Epoll::new().unwrap()));
    assert!(close_on_exec(EventFd::new().unwrap().try_clone().unwrap()));
    assert!(close_on_exec(TimerFd::new().unwrap()));
    assert!(close_on_exec(MemFd::create("test", 1).unwrap()));
    assert!(close_on_exec(hatchery_sys::PidFd::open(process::id()).unwrap()));
}

#[test]
fn epoll_reports_level_and_edge() {
    let epoll = Epoll::new().unwrap();
    let (level, edge) = (EventFd::new().unwrap(), EventFd::new().unwrap());
    epoll.add(&level, 1, Trigger::Level).unwrap();
    epoll.add(&edge, u64::MAX, Trigger::Edge).unwrap();
    let mut events = EpollEvents::with_capacity(4);
    assert_eq!(epoll.wait(&mut events, Some(Duration::ZERO)), Ok(0));
    level.notify().unwrap();
    edge.notify().unwrap();
    assert_eq!(epoll.wait(&mut events, None), Ok(2));
    let mut tokens: Vec<u64> = events.tokens().collect();
    tokens.sort_unstable();
    assert_eq!(tokens, [1, u64::MAX]);
    assert_eq!(epoll.wait(&mut events, None), Ok(1), "only the level-triggered one again");
    assert_eq!(events.tokens().next(), Some(1));
    epoll.remove(&level).unwrap();
    assert_eq!(epoll.wait(&mut events, Some(Duration::from_millis(1))), Ok(0));
    assert_eq!(events.tokens().count(), 0);
    assert_eq!(epoll.remove(&level).unwrap_err().raw_os_error(), libc::ENOENT);
}

#[test]
fn eventfd_counts_and_a_full_counter_is_success() {
    let event = EventFd::new().unwrap();
    assert_eq!(event.drain(), Ok(0));
    event.notify().unwrap();
    event.try_clone().unwrap().notify().unwrap();
    assert_eq!(event.drain(), Ok(2));
    rustix::io::write(event.as_fd(), &(u64::MAX - 1).to_ne_bytes()).unwrap();
    event.notify().unwrap();
    assert_eq!(event.drain(), Ok(u64::MAX - 1));
}

#[test]
fn timer_fires_at_its_time_and_at_once_if_past() {
    let timer = TimerFd::new().unwrap();
    assert_eq!(timer.drain(), Ok(false));
    let start = Instant::now();
    timer.arm_at(clock::monotonic_nanoseconds() + 5_000_000).unwrap();
    assert!(descriptor::wait_readable(&[timer.as_fd()], None).unwrap()[0]);
    assert!(start.elapsed() >= Duration::from_millis(5));
    assert_eq!(timer.drain(), Ok(true));
    timer.arm_at(0).unwrap();
    assert!(descriptor::wait_readable(&[timer.as_fd()], Some(Duration::from_secs(5))).unwrap()[0]);
    timer.arm_at(u64::MAX).unwrap();
    timer.disarm().unwrap();
    assert_eq!(timer.drain(), Ok(false));
}

#[test]
fn signalfd_takes_signals_and_restores_the_mask() {
    let child = common::in_child(|| {
        let signals = SignalFd::new(&[Signal::SIGUSR1, Signal::SIGCHLD]).unwrap();
        assert_eq!(signals.read(), Ok(None));
        process::kill_self(libc::SIGUSR1).unwrap();
        assert_eq!(signals.read(), Ok(Some(libc::SIGUSR1)));
        drop(signals);
        process::kill_self(libc::SIGUSR1).unwrap();
        3
    });
    assert_eq!(common::reap(&child).signal, libc::SIGUSR1, "no longer blocked");
}

#[test]
fn memfd_is_sealed_read_written_and_mapped() {
    let memory = MemFd::create("test", 8192).unwrap();
    assert_eq!(memory.is_size_sealed(), Ok(false));
    memory.seal_size().unwrap();
    assert_eq!(memory.is_size_sealed(), Ok(true));
    assert_eq!(memory.length(), Ok(8192));
    memory.write_at(b"hatchery", 4000).unwrap();
    let mut buffer = [0; 8];
    memory.read_at(&mut buffer, 4000).unwrap();
    assert_eq!(&buffer, b"hatchery");
    assert_eq!(memory.read_at(&mut buffer, 8190).unwrap_err().raw_os_error(), libc::ENODATA);
    assert!(memory.write_at(&buffer, 8190).is_err(), "sealed against growing");
    let mapping = Mapping::map(&memory, 8192).unwrap();
    assert_eq!(mapping.length(), 8192);
    // SAFETY: the mapping is 8192 bytes long and only this thread uses it.
    assert_eq!(unsafe { mapping.pointer().add(4000).read() }, b'h');
    assert!(Mapping::map(&memory, 8193).is_err());
    assert!(Mapping::map(&memory, 0).is_err());
}

#[test]
fn socket_keeps_boundaries_and_passes_descriptors() {
    let (left, right) = SeqPacket::pair().unwrap();
    let mut buffer = [0; 64];
    assert!(matches!(right.receive(&mut buffer).unwrap(), Received::WouldBlock));
    assert_eq!(right.wait_readable(Some(Duration::from_millis(1))), Ok(false));
    let event = EventFd::new().unwrap();
    let fds = [event.as_fd(); 8];
    assert_eq!(left.send(b"one", &fds), Ok(true));
    assert_eq!(left.send(b"three", &[]), Ok(true));
    assert_eq!(right.wait_readable(None), Ok(true));
    let Received::Message { length: 3, mut fds } = right.receive(&mut buffer).unwrap() else { panic!() };
    assert_eq!(fds.len(), 8);
    assert!(fds.iter().all(close_on_exec));
    EventFd::from(fds.remove(0)).notify().unwrap();
    assert_eq!(event.drain(), Ok(1));
    assert!(matches!(right.receive(&mut buffer).unwrap(), Received::Message { length: 5, .. }));
    assert_eq!(left.send(b"", &[]).unwrap_err().raw_os_error(), libc::EINVAL);
    assert_eq!(left.send(b"x", &[event.as_fd(); 9]).unwrap_err().raw_os_error(), libc::EINVAL);
    assert_eq!(left.send(&[7; 65], &[]), Ok(true));
    assert_eq!(right.receive(&mut buffer).unwrap_err().raw_os_error(), libc::EMSGSIZE);
    drop(left);
    receive_end(&right);
    assert_eq!(right.send(b"x", &[]).unwrap_err().raw_os_error(), libc::EPIPE);
}

#[test]
fn socket_reports_full_and_keeps_messages_of_a_peer_that_left_in_a_hurry() {
    let (left, right) = SeqPacket::pair().unwrap();
    let mut sent = 0;
    while left.send(&[1; 1000], &[]).unwrap() {
        sent += 1;
    }
    assert!(sent > 1, "some fit before it is full");
    assert_eq!(right.send(b"last words", &[]), Ok(true));
    // Closes with messages unread: the kernel reports ECONNRESET before the last words.
    drop(right);
    let mut buffer = [0; 64];
    assert!(matches!(left.receive(&mut buffer).unwrap(), Received::Message { length: 10, .. }));
    receive_end(&left);
}

#[test]
fn a_message_with_too_many_descriptors_leaks_none() {
    let child = common::in_child(|| {
        use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
        let (left, right) = SeqPacket::pair().unwrap();
        let event = EventFd::new().unwrap();
        let many = [event.as_fd(); 32];
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(32))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&many)));
        sendmsg(&left, &[std::io::IoSlice::new(b"x")], &mut control, SendFlags::NOSIGNAL).unwrap();
        let before = descriptor::open_count().unwrap();
        let error = right.receive(&mut [0; 8]).unwrap_err();
        assert_eq!(error.raw_os_error(), libc::EMSGSIZE);
        assert_eq!(descriptor::open_count().unwrap(), before);
        assert!(descriptor::sockets().unwrap().len() >= 2);
        0
    });
    assert_eq!(common::reap(&child).code, 0);
}

#[test]
fn standard_input_is_taken() {
    let child = common::in_child(|| {
        let (left, right) = SeqPacket::pair().unwrap();
        nix::unistd::dup2_stdin(&right).unwrap();
        drop(right);
        let taken: OwnedFd = descriptor::take_standard_input().unwrap();
        assert!(close_on_exec(&taken));
        assert_eq!(std::fs::read_link("/proc/self/fd/0").unwrap().to_str(), Some("/dev/null"));
        left.send(b"x", &[]).unwrap();
        let mut buffer = [0; 4];
        let received = SeqPacket::from(taken).receive(&mut buffer).unwrap();
        i32::from(!matches!(received, Received::Message { length: 1, .. }))
    });
    assert_eq!(common::reap(&child).code, 0);
}
