//! Corners of the pool: wakers that change, rings that run full, pools that end as they begin, and what is left
//! of a lane.

mod support;

use hatchery_core::driver::{Driver, DriverOptions, Submission};
use hatchery_core::pool::{FailureCause, Pool, Rejection, TaskError, TaskOptions, TaskState};
use hatchery_core::worker::{self, Registry};
use hatchery_core::{Error, Result};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{EventFd, PidFd, descriptor};
use nix::sys::resource::{Resource, setrlimit};
use std::future::Future;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use support::{PATIENCE, builder, children, number, until};

const TERMINATE: i32 = 15;
const KILL: i32 = 9;

fn main() {
    support::run(&[
        ("the_waker_polled_last_is_woken", the_waker_polled_last_is_woken),
        ("a_dropped_future_does_not_stop_its_task", a_dropped_future_does_not_stop_its_task),
        ("a_full_completion_ring_holds_the_worker_up", a_full_completion_ring_holds_the_worker_up),
        ("a_long_error_arrives_whole", a_long_error_arrives_whole),
        ("a_pool_may_end_before_its_workers_are_ready", a_pool_may_end_before_its_workers_are_ready),
        ("nothing_of_a_lane_stays", nothing_of_a_lane_stays),
        ("a_second_signal_destroys", a_second_signal_destroys),
        (
            "a_payload_that_there_is_no_memory_for_is_refused",
            a_payload_that_there_is_no_memory_for_is_refused,
        ),
    ]);
}

#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn the_waker_polled_last_is_woken() {
    let pool = builder(1).build().unwrap();
    let mut task = pin!(pool.submit("patient", &[]).unwrap());
    until("it runs", || task.state() == TaskState::Running);
    let [first, second] = [(); 2].map(|()| Arc::new(Counter::default()));
    for counter in [&first, &second] {
        let waker = Waker::from(Arc::clone(counter));
        assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert!(task.cancel());
    until("the second is woken", || second.0.load(Ordering::SeqCst) == 1);
    assert_eq!(first.0.load(Ordering::SeqCst), 0);
    let waker = Waker::from(second);
    let Poll::Ready(outcome) = task.as_mut().poll(&mut Context::from_waker(&waker)) else {
        panic!("pending")
    };
    assert_eq!(outcome.unwrap_err().failure().unwrap().cause, FailureCause::Cancelled);
    pool.close();
}

fn a_dropped_future_does_not_stop_its_task() {
    let pool = builder(1).build().unwrap();
    for _ in 0..100 {
        drop(pool.submit("echo", b"unread").unwrap());
    }
    pool.close();
    assert_eq!(pool.statistics().completed, 100);
}

fn a_full_completion_ring_holds_the_worker_up() {
    // Nearly what the ring holds, and much more than that.
    const NEARLY: u32 = 2040;
    const REPORTS: u32 = 6000;
    let nearly_full = Arc::new(EventFd::new().unwrap());
    let bell = Arc::clone(&nearly_full);
    let flood = move |context: &mut hatchery_core::pool::Context<'_>, _: &[u8]| {
        for number in 0..REPORTS {
            // Now and then more than a slot holds.
            let mut value = number.to_le_bytes().to_vec();
            value.resize(if number % 100 == 0 { 3000 } else { 4 }, 0);
            context.progress(&value).map_err(|error| TaskError::new(error.to_string()))?;
            if number == NEARLY {
                bell.notify().map_err(|error| TaskError::new(error.to_string()))?;
            }
        }
        Ok(Vec::new())
    };
    let pool = Pool::builder().workers(1..=1).task("flood", flood).build().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&heard);
    let listener = move |value: Vec<u8>| {
        let value = number(&value[..4]);
        if value == 0 {
            // Nothing is read meanwhile, so the worker gets to the end of the ring before we do.
            let full = descriptor::wait_readable(&[nearly_full.as_fd()], Some(PATIENCE)).unwrap();
            assert!(full[0], "the worker is slow");
        }
        notes.lock().unwrap().push(value);
    };
    let options = TaskOptions { on_progress: Some(Box::new(listener)), ..TaskOptions::default() };
    pool.submit_with("flood", &[], options).unwrap().wait().unwrap();
    assert_eq!(*heard.lock().unwrap(), (0..REPORTS).collect::<Vec<_>>());
    pool.close();
}

fn a_long_error_arrives_whole() {
    let pool = builder(1).build().unwrap();
    for length in [0, 86, 87, 88, 5000, 3_000_000] {
        let message = "e".repeat(length);
        let outcome = pool.submit("fail", message.as_bytes()).unwrap().wait();
        let Err(Rejection::Threw(error)) = outcome else { panic!("{length} bytes: {outcome:?}") };
        assert!(error.message() == message, "{length} bytes became {}", error.message().len());
    }
    pool.close();
}

fn a_pool_may_end_before_its_workers_are_ready() {
    let before = descriptor::open_count().unwrap();
    for _ in 0..20 {
        drop(builder(3).build().unwrap());
        builder(3).build().unwrap().close();
        assert_eq!(children(process::id()), [0_u32; 0]);
    }
    assert_eq!(descriptor::open_count().unwrap(), before);
}

fn nothing_of_a_lane_stays() {
    let before = (descriptors(), mapped());
    for size in [100, 500_000, 20 << 20] {
        let pool = builder(2).build().unwrap();
        let payload = vec![size as u8; size];
        assert!(pool.submit("echo", &payload).unwrap().wait().unwrap() == payload);
        let worker = number(&pool.submit("process", &[]).unwrap().wait().unwrap());
        // With payloads on their way in both directions.
        let tasks: Vec<_> = (0..3).map(|_| pool.submit("echo", &payload).unwrap()).collect();
        PidFd::open(worker).unwrap().kill(KILL).unwrap();
        tasks.into_iter().for_each(|task| drop(task.wait()));
        pool.close();
        drop(pool);
        assert_eq!((descriptors(), mapped()), before, "{size} bytes");
    }
}

/// What the open descriptors are, sorted, without the one that reads them.
fn descriptors() -> Vec<String> {
    let entries = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let targets = entries.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let mut targets: Vec<_> = targets.map(|target| target.to_string_lossy().into_owned()).collect();
    targets.retain(|target| !target.ends_with("/fd"));
    targets.sort();
    targets
}

/// Memfds mapped into this process.
fn mapped() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains("memfd:")).count()
}

fn a_second_signal_destroys() {
    const DESTROYED: i32 = 20;
    let [running, closed] = [(); 2].map(|()| EventFd::new().unwrap());
    let body = || -> Result<i32> {
        let pool = builder(1).handle_signals(true).build()?;
        let task = pool.submit("hang", &[])?;
        until("it runs", || task.state() == TaskState::Running);
        running.notify()?;
        until("the first signal closes", || matches!(pool.submit("echo", &[]), Err(Error::PoolClosed)));
        assert_eq!(task.state(), TaskState::Running, "what runs goes on");
        closed.notify()?;
        pool.wait_closed();
        let ended = task.wait().unwrap_err().failure().map(|failure| failure.cause.clone());
        Ok(if ended == Some(FailureCause::PoolClosed) { DESTROYED } else { 1 })
    };
    let (pid, host) = match process::fork().unwrap() {
        Fork::Child => {
            let outcome = catch_unwind(AssertUnwindSafe(body));
            process::exit_now(outcome.map_or(101, |result| result.unwrap_or(2)))
        }
        Fork::Parent { pid } => (pid, PidFd::open(pid).unwrap()),
    };
    for event in [&running, &closed] {
        assert!(descriptor::wait_readable(&[event.as_fd()], Some(PATIENCE)).unwrap()[0], "host {pid} hangs");
        host.kill(TERMINATE).unwrap();
    }
    assert!(descriptor::wait_readable(&[host.as_fd()], Some(PATIENCE)).unwrap()[0], "host {pid} goes on");
    assert_eq!(host.wait().unwrap().unwrap().code, DESTROYED);
}

fn a_payload_that_there_is_no_memory_for_is_refused() {
    const LENGTH: usize = 1 << 30;
    const REFUSED: i32 = 21;
    let body = || -> Result<i32> {
        let options = DriverOptions { maximum_shared_memory: u64::MAX, ..DriverOptions::default() };
        let work = |attachment| worker::run(attachment, &Registry::new());
        let mut driver = Driver::new(options, Box::new(support::launcher(work)))?;
        let payload = vec![0; LENGTH];
        let size = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = size.split(' ').next().unwrap().parse().unwrap();
        // Room for what a test needs, and not for another gigabyte.
        let limit = pages * 4096 + LENGTH as u64 / 2;
        setrlimit(Resource::RLIMIT_AS, limit, limit).unwrap();
        let refused = driver.submit(Submission::plain(0, 0), &payload).unwrap_err();
        driver.submit(Submission::plain(1, 0), b"small")?;
        Ok(if matches!(refused, Error::System(_)) { REFUSED } else { 1 })
    };
    let host = match process::fork().unwrap() {
        Fork::Child => {
            let outcome = catch_unwind(AssertUnwindSafe(body));
            process::exit_now(outcome.map_or(101, |result| result.unwrap_or(2)))
        }
        Fork::Parent { pid } => PidFd::open(pid).unwrap(),
    };
    assert!(descriptor::wait_readable(&[host.as_fd()], Some(PATIENCE)).unwrap()[0], "it hangs");
    assert_eq!(host.wait().unwrap().unwrap().code, REFUSED);
}
