//! Beginning and end: what a pool starts is gone when the pool is, however it ends.

mod support;

use hatchery_core::Error;
use hatchery_core::pool::{FailureCause, Pool, PoolEvent, Rejection, TaskOptions, TaskState};
use hatchery_sys::descriptor;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use support::{PATIENCE, builder, children, is_running, number, run, until};

/// Arguments that make this program a host for others to kill.
const HOST: &str = "be-a-host";
const SIGNALLED_HOST: &str = "be-a-host-that-takes-signals";

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some(HOST) => until_the_test_ends(be_a_host),
        Some(SIGNALLED_HOST) => until_the_test_ends(be_a_host_that_takes_signals),
        _ => run(&[
            ("close_finishes_what_the_pool_has", close_finishes_what_the_pool_has),
            ("destroy_settles_everything_at_once", destroy_settles_everything_at_once),
            ("dropping_the_last_handle_destroys", dropping_the_last_handle_destroys),
            ("a_closed_pool_refuses", a_closed_pool_refuses),
            ("nothing_is_left_after_close", nothing_is_left_after_close),
            ("threads_forbid_the_fork", threads_forbid_the_fork),
            ("events_tell_the_story", events_tell_the_story),
            ("the_death_of_the_zygote_fails_the_pool", the_death_of_the_zygote_fails_the_pool),
            ("a_killed_host_takes_everything_with_it", a_killed_host_takes_everything_with_it),
            ("a_termination_signal_drains", a_termination_signal_drains),
        ]),
    }
}

fn close_finishes_what_the_pool_has() {
    let pool = builder(2).build().unwrap();
    let futures: Vec<_> =
        (0..20_000_u32).map(|number| pool.submit("echo", &number.to_le_bytes()).unwrap()).collect();
    pool.close();
    for (at, future) in futures.into_iter().enumerate() {
        assert_eq!(future.state(), TaskState::Completed);
        assert_eq!(number(&future.wait().unwrap()), at as u32);
    }
}

fn destroy_settles_everything_at_once() {
    let pool = builder(1).build().unwrap();
    let futures: Vec<_> = (0..5).map(|_| pool.submit("hang", &[]).unwrap()).collect();
    until("one runs", || futures[0].state() == TaskState::Running);
    pool.destroy();
    for future in futures {
        let rejection = future.wait().unwrap_err();
        assert_eq!(rejection.failure().unwrap().cause, FailureCause::PoolClosed, "{rejection:?}");
    }
}

fn dropping_the_last_handle_destroys() {
    let pool = builder(1).build().unwrap();
    let other = pool.clone();
    let future = pool.submit("hang", &[]).unwrap();
    drop(pool);
    let queued = other.submit("echo", &[1]).unwrap();
    assert!(!queued.state().is_final(), "the pool lives while a handle does");
    drop(other);
    assert_eq!(future.wait().unwrap_err().failure().unwrap().cause, FailureCause::PoolClosed);
}

fn a_closed_pool_refuses() {
    let pool = builder(1).build().unwrap();
    pool.close();
    assert!(matches!(pool.submit("echo", &[]), Err(Error::PoolClosed)));
    let refused = pool.submit_sync("echo", &[], TaskOptions::default());
    assert!(matches!(refused, Err(Rejection::Refused(Error::PoolClosed))));
    pool.close();
}

fn nothing_is_left_after_close() {
    let descriptors = descriptor::open_count().unwrap();
    for round in 0..20_u8 {
        let pool = builder(2).build().unwrap();
        let futures: Vec<_> = (0..100).map(|_| pool.submit("echo", &[round]).unwrap()).collect();
        if round % 2 == 0 {
            assert_eq!(pool.submit("exit", &[1]).unwrap().wait().unwrap_err().failure().unwrap().attempt, 1);
        }
        for future in futures {
            assert_eq!(future.wait().unwrap(), [round]);
        }
        if round % 3 == 0 {
            pool.destroy()
        } else {
            pool.close()
        }
        assert_eq!(children(std::process::id()), [] as [u32; 0], "round {round}");
    }
    until("the last thread has gone", || descriptor::open_count().unwrap() == descriptors);
}

fn threads_forbid_the_fork() {
    let (release, wait) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let body = move || {
        // From here on the thread has its name.
        begin.send(()).unwrap();
        wait.recv()
    };
    let thread = std::thread::Builder::new().name("in-the-way".into()).spawn(body).unwrap();
    begun.recv().unwrap();
    let error = builder(1).build().unwrap_err();
    assert_eq!(error.code(), "ERR_HATCHERY_FORK_UNSAFE");
    assert!(matches!(&error, Error::MultiThreaded { threads: 2, names } if names.contains("in-the-way")));
    release.send(()).unwrap();
    thread.join().unwrap().unwrap();
}

fn events_tell_the_story() {
    let story = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&story);
    let listener = move |event| {
        let word = match event {
            PoolEvent::Ready(_) => "ready".to_owned(),
            PoolEvent::WorkerReady { worker, .. } => format!("working {worker}"),
            PoolEvent::WorkerExited { worker, code, expected, .. } => {
                format!("exited {worker} {code} {}", if expected { "asked" } else { "unasked" })
            }
            PoolEvent::Scaled { from, to, reason } => format!("scaled {from} {to} {}", reason.as_str()),
            PoolEvent::Closed => "closed".to_owned(),
            // The zygote may tell of a worker after the worker itself has spoken.
            PoolEvent::WorkerStarted { .. } => return,
            other => format!("{other:?}"),
        };
        heard.lock().unwrap().push(word);
    };
    let pool = builder(1).on_event(listener).build().unwrap();
    pool.submit("exit", &[3]).unwrap().wait().unwrap_err();
    pool.submit("echo", &[]).unwrap().wait().unwrap();
    pool.close();
    // One that dies is replaced: that does not change their number.
    let expected = [
        "ready",
        "scaled 0 1 start",
        "working 1",
        "exited 1 3 unasked",
        "working 2",
        "exited 2 0 asked",
        "closed",
    ];
    assert_eq!(*story.lock().unwrap(), expected);
}

fn the_death_of_the_zygote_fails_the_pool() {
    let pool = builder(1).build().unwrap();
    let future = pool.submit("hang", &[]).unwrap();
    until("it runs", || future.state() == TaskState::Running);
    let zygote = children(std::process::id());
    assert_eq!(zygote.len(), 1, "workers are children of the zygote");
    hatchery_sys::PidFd::open(zygote[0]).unwrap().kill(9).unwrap();
    let rejection = future.wait().unwrap_err();
    assert!(
        matches!(&rejection.failure().unwrap().cause, FailureCause::PoolFailed { detail } if detail.contains("zygote")),
        "{rejection:?}"
    );
    pool.wait_closed();
    assert!(matches!(pool.submit("echo", &[]), Err(Error::PoolFailed(_))));
}

/// A host must not outlive a test that was killed: its workers are busy for ever.
fn until_the_test_ends(host: fn()) {
    hatchery_sys::process::set_parent_death_signal(9).unwrap();
    host();
}

/// Prints the number of each of its processes, then keeps two workers busy for ever.
fn be_a_host() {
    let pool = builder(2).build().unwrap();
    let busy: Vec<_> = (0..2).map(|_| pool.submit("hang", &[]).unwrap()).collect();
    until("both run", || busy.iter().all(|future| future.state() == TaskState::Running));
    // A worker may run before the zygote has told its number.
    until("both are known", || pool.statistics().workers.iter().all(|worker| worker.process != 0));
    for process in children(std::process::id()) {
        println!("{process}");
    }
    for worker in pool.statistics().workers {
        println!("{}", worker.process);
    }
    println!("ready");
    pool.wait_closed();
}

fn host(kind: &str) -> (std::process::Child, BufReader<std::process::ChildStdout>) {
    let mut command = Command::new("/proc/self/exe");
    let mut host = command.arg(kind).stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(host.stdout.take().unwrap());
    (host, output)
}

fn a_killed_host_takes_everything_with_it() {
    let (mut host, output) = host(HOST);
    let lines = output.lines().map(Result::unwrap).take_while(|line| line != "ready");
    let processes: Vec<u32> = lines.map(|line| line.parse().unwrap()).collect();
    assert_eq!(processes.len(), 3, "a zygote and two workers");
    assert!(processes.iter().all(|process| is_running(*process)));
    host.kill().unwrap();
    // They would be busy for ever.
    until("all are gone", || !processes.iter().any(|process| is_running(*process)));
    host.wait().unwrap();
}

/// Drains at SIGTERM: the task that runs then ends in its own time.
fn be_a_host_that_takes_signals() {
    let slow = |context: &mut hatchery_core::pool::Context<'_>, _: &[u8]| {
        context.progress(b"running").map_err(|error| error.to_string())?;
        // Signals for the group must not reach it; its own end comes by the clock.
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(200) {
            std::hint::spin_loop();
        }
        Ok(b"finished".to_vec())
    };
    let pool = Pool::builder().workers(1..=1).task("slow", slow).handle_signals(true).build().unwrap();
    let (sender, receiver) = mpsc::channel();
    let on_progress = Some(Box::new(move |_| sender.send(()).unwrap()) as _);
    let future = pool.submit_with("slow", &[], TaskOptions { on_progress, ..Default::default() }).unwrap();
    receiver.recv_timeout(PATIENCE).unwrap();
    println!("ready");
    pool.wait_closed();
    println!("{}", String::from_utf8(future.wait().unwrap()).unwrap());
}

fn a_termination_signal_drains() {
    let (mut host, mut output) = host(SIGNALLED_HOST);
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    hatchery_sys::PidFd::open(host.id()).unwrap().kill(15).unwrap();
    line.clear();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "finished\n");
    assert!(host.wait().unwrap().success());
}
