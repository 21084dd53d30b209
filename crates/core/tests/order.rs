//! Many tasks, many threads, every way to wait.

mod support;

use hatchery_core::pool::{Pool, Priority, Rejection, TaskFuture, TaskOptions, TaskState};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use support::{PATIENCE, builder, run, submit_noted, until};

fn main() {
    run(&[
        ("a_hundred_thousand_tasks_each_give_their_own_result", each_gives_its_own_result),
        ("results_can_be_awaited", results_can_be_awaited),
        ("callbacks_are_called_once_each", callbacks_are_called_once_each),
        ("a_callback_may_submit", a_callback_may_submit),
        ("a_panicking_callback_harms_nobody", a_panicking_callback_harms_nobody),
        ("waiting_with_a_limit_gives_the_task_back", waiting_with_a_limit_gives_the_task_back),
        ("threads_submit_and_wait_at_once", threads_submit_and_wait_at_once),
        ("higher_priorities_are_served_first", higher_priorities_are_served_first),
        ("a_full_pool_refuses", a_full_pool_refuses),
        ("the_pool_grows_under_load_and_shrinks_when_idle", the_pool_grows_and_shrinks),
    ]);
}

fn each_gives_its_own_result() {
    let pool = builder(2).build().unwrap();
    let futures: Vec<_> =
        (0..100_000_u32).map(|number| pool.submit("echo", &number.to_le_bytes()).unwrap()).collect();
    for (number, future) in futures.into_iter().enumerate() {
        assert_eq!(future.wait().unwrap(), (number as u32).to_le_bytes());
    }
    let statistics = pool.statistics();
    assert_eq!((statistics.completed, statistics.pending), (100_000, 0));
    pool.close();
}

/// Wakes the thread it was made by.
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}

fn results_can_be_awaited() {
    let pool = builder(2).build().unwrap();
    let total = block_on(async {
        let mut total = 0;
        for number in 0..500_u32 {
            let (first, second) =
                (pool.submit("echo", &number.to_le_bytes()).unwrap(), pool.submit("echo", &[7]).unwrap());
            assert_eq!(second.await.unwrap(), [7]);
            total += support::number(&first.await.unwrap());
        }
        total
    });
    assert_eq!(total, 499 * 500 / 2);
    pool.close();
}

fn callbacks_are_called_once_each() {
    let pool = builder(2).build().unwrap();
    let calls = Arc::new((0..1000).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
    for number in 0..1000_u32 {
        let calls = Arc::clone(&calls);
        pool.submit("echo", &number.to_le_bytes()).unwrap().on_complete(move |outcome| {
            calls[support::number(&outcome.unwrap()) as usize].fetch_add(1, Ordering::Relaxed);
        });
    }
    // One that has settled before it is asked calls at once, on this thread.
    let settled = pool.submit("echo", &[]).unwrap();
    until("it has settled", || settled.state().is_final());
    let (sender, receiver) = mpsc::channel();
    settled.on_complete(move |_| sender.send(std::thread::current().id()).unwrap());
    assert_eq!(receiver.try_recv().unwrap(), std::thread::current().id());
    pool.close();
    assert!(calls.iter().all(|count| count.load(Ordering::Relaxed) == 1));
}

fn a_callback_may_submit() {
    let pool = builder(1).build().unwrap();
    let (sender, receiver) = mpsc::channel();
    fn again(pool: Pool, sender: mpsc::Sender<u32>, left: u32) {
        let next = pool.clone();
        pool.submit("echo", &[]).unwrap().on_complete(move |_| match left {
            0 => sender.send(0).unwrap(),
            _ => again(next, sender, left - 1),
        });
    }
    again(pool.clone(), sender, 300);
    receiver.recv_timeout(PATIENCE).unwrap();
    pool.close();
}

fn a_panicking_callback_harms_nobody() {
    let pool = builder(1).build().unwrap();
    pool.submit("echo", &[]).unwrap().on_complete(|_| panic!("a callback panics on purpose"));
    assert_eq!(pool.submit("echo", &[1]).unwrap().wait().unwrap(), [1]);
    pool.close();
}

fn waiting_with_a_limit_gives_the_task_back() {
    let pool = builder(1).build().unwrap();
    let mut future = pool.submit("patient", &[]).unwrap();
    assert!(future.wait_timeout(Duration::from_millis(30)).is_none());
    assert!(!future.state().is_final());
    assert!(future.cancel());
    let outcome = future.wait_timeout(PATIENCE).expect("cancelled tasks settle at once");
    assert!(matches!(outcome, Err(Rejection::Lost(_))));
    assert_eq!(future.state(), TaskState::Cancelled);
    pool.close();
}

fn threads_submit_and_wait_at_once() {
    let pool = builder(2).build().unwrap();
    let threads: Vec<_> = (0..4_u32)
        .map(|thread| {
            let pool = pool.clone();
            std::thread::spawn(move || {
                for number in 0..2000_u32 {
                    let payload = (thread << 16 | number).to_le_bytes();
                    let outcome = match number % 3 {
                        0 => pool.submit_sync("echo", &payload, TaskOptions::default()),
                        1 => pool.submit("echo", &payload).unwrap().wait(),
                        _ => block_on(pool.submit("echo", &payload).unwrap()),
                    };
                    assert_eq!(outcome.unwrap(), payload);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    pool.close();
}

fn higher_priorities_are_served_first() {
    let pool = builder(1).build().unwrap();
    let blocker = running(&pool);
    let order = Arc::new(Mutex::new(String::new()));
    for (priority, name) in [(Priority::Low, 'l'), (Priority::Normal, 'n'), (Priority::High, 'h')] {
        for _ in 0..3 {
            submit_noted(&pool, priority, name, &order);
        }
    }
    assert!(blocker.cancel());
    pool.close();
    assert_eq!(*order.lock().unwrap(), "hhhnnnlll");
}

/// A task that has begun and goes on until it is cancelled.
fn running(pool: &Pool) -> TaskFuture {
    let (sender, receiver) = mpsc::channel();
    let on_progress = Some(Box::new(move |_| sender.send(()).unwrap()) as _);
    let future = pool.submit_with("patient", &[], TaskOptions { on_progress, ..Default::default() }).unwrap();
    receiver.recv_timeout(PATIENCE).unwrap();
    assert_eq!(future.state(), TaskState::Running);
    future
}

fn a_full_pool_refuses() {
    let pool = builder(1).maximum_pending(3).build().unwrap();
    let blocker = running(&pool);
    let waiting = [pool.submit("echo", &[]).unwrap(), pool.submit("echo", &[]).unwrap()];
    assert_eq!(pool.submit("echo", &[]).unwrap_err().code(), "ERR_HATCHERY_QUEUE_FULL");
    assert!(blocker.cancel());
    for future in waiting {
        future.wait().unwrap();
    }
    pool.submit("echo", &[]).unwrap().wait().unwrap();
    pool.close();
}

fn the_pool_grows_and_shrinks() {
    let pool = builder(1).workers(1..=3).idle_timeout(Duration::from_millis(20)).build().unwrap();
    // Opens the window: the long tasks below then lie in one worker's ring, and the queue is empty.
    for _ in 0..100 {
        pool.submit("echo", &[1]).unwrap().wait().unwrap();
    }
    let busy: Vec<_> = (0..3).map(|_| pool.submit("patient", &[]).unwrap()).collect();
    until("all three run", || busy.iter().all(|future| future.state() == TaskState::Running));
    assert_eq!(pool.statistics().workers.len(), 3);
    for future in &busy {
        assert!(future.cancel());
    }
    until("two have left", || pool.statistics().workers.len() == 1);
    assert_eq!(pool.submit("echo", &[1]).unwrap().wait().unwrap(), [1]);
    pool.close();
}
