//! Tasks that harm their worker, run too long or are not wanted any more: that task alone is rejected.

mod support;

use hatchery_core::pool::{FailureCause, HealthOptions, Pool, Rejection, TaskFuture, TaskOptions, TaskState};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use support::{PATIENCE, builder, number, run, until};

fn main() {
    run(&[
        ("leaving_rejects_the_task_with_the_exit_code", leaving_rejects_the_task_with_the_exit_code),
        ("a_deadly_signal_is_named", a_deadly_signal_is_named),
        ("an_abort_is_told_as_its_signal", an_abort_is_told_as_its_signal),
        ("a_killed_worker_costs_only_the_task_it_ran", a_killed_worker_costs_only_the_task_it_ran),
        ("one_bad_task_among_many_is_the_only_one_lost", one_bad_task_among_many_is_the_only_one_lost),
        ("an_endless_loop_ends_at_its_limit", an_endless_loop_ends_at_its_limit),
        ("a_limit_counts_from_the_start_of_the_task", a_limit_counts_from_the_start_of_the_task),
        ("a_task_that_listens_keeps_its_worker", a_task_that_listens_keeps_its_worker),
        ("a_queued_task_can_be_cancelled", a_queued_task_can_be_cancelled),
        ("a_deaf_task_is_killed_after_the_grace", a_deaf_task_is_killed_after_the_grace),
        ("a_task_can_be_tried_again", a_task_can_be_tried_again),
        ("a_stopped_worker_is_killed_after_its_limit", a_stopped_worker_is_killed_after_its_limit),
        ("what_computes_is_not_taken_for_stuck", what_computes_is_not_taken_for_stuck),
        ("a_task_that_waits_too_long_never_begins", a_task_that_waits_too_long_never_begins),
    ]);
}

/// Submits a task that reports progress when it runs, and waits for that.
fn begun(pool: &Pool, name: &str, options: TaskOptions) -> TaskFuture {
    let (sender, receiver) = mpsc::channel();
    let on_progress = Some(Box::new(move |_| sender.send(()).unwrap()) as _);
    let future = pool.submit_with(name, &[], TaskOptions { on_progress, ..options }).unwrap();
    receiver.recv_timeout(PATIENCE).unwrap();
    future
}

fn cause(future: TaskFuture) -> FailureCause {
    match future.wait() {
        Err(Rejection::Lost(failure)) => failure.cause,
        other => panic!("expected a lost task, got {other:?}"),
    }
}

fn still_works(pool: &Pool) {
    assert_eq!(pool.submit("echo", b"alive").unwrap().wait().unwrap(), b"alive");
}

fn leaving_rejects_the_task_with_the_exit_code() {
    let pool = builder(1).build().unwrap();
    for code in [0_u8, 3, 255] {
        let expected = FailureCause::Exited { code: i32::from(code) };
        assert_eq!(cause(pool.submit("exit", &[code]).unwrap()), expected);
    }
    still_works(&pool);
    assert_eq!(pool.statistics().workers_crashed, 3);
    pool.close();
}

fn a_deadly_signal_is_named() {
    let pool = builder(1).build().unwrap();
    for signal in [9_u8, 10, 15] {
        let expected = FailureCause::Signalled { signal: i32::from(signal) };
        assert_eq!(cause(pool.submit("kill", &[signal]).unwrap()), expected);
    }
    still_works(&pool);
    pool.close();
}

fn an_abort_is_told_as_its_signal() {
    let pool = builder(1).task("abort", |_, _| std::process::abort()).build().unwrap();
    assert_eq!(cause(pool.submit("abort", &[]).unwrap()), FailureCause::Signalled { signal: 6 });
    still_works(&pool);
    pool.close();
}

fn a_killed_worker_costs_only_the_task_it_ran() {
    let pool = builder(2).build().unwrap();
    let victim = begun(&pool, "hang", TaskOptions::default());
    let others: Vec<_> = (0..500).map(|_| pool.submit("echo", &[1]).unwrap()).collect();
    for future in others {
        assert_eq!(future.wait().unwrap(), [1]);
    }
    // A worker may run before the zygote has told its number.
    let hanging =
        || pool.statistics().workers.iter().find(|worker| worker.in_flight > 0).map(|it| it.process);
    until("the worker that hangs is known", || hanging().is_some_and(|process| process != 0));
    hatchery_sys::PidFd::open(hanging().expect("it hangs")).unwrap().kill(9).unwrap();
    assert_eq!(cause(victim), FailureCause::Signalled { signal: 9 });
    still_works(&pool);
    pool.close();
}

fn one_bad_task_among_many_is_the_only_one_lost() {
    let pool = builder(2).build().unwrap();
    for round in 0..20_u32 {
        let futures: Vec<_> = (0..1000_u32)
            .map(|number| match number == 300 + round * 10 {
                true => pool.submit("exit", &[9]).unwrap(),
                false => pool.submit("echo", &number.to_le_bytes()).unwrap(),
            })
            .collect();
        for (at, future) in futures.into_iter().enumerate() {
            if at as u32 == 300 + round * 10 {
                assert_eq!(cause(future), FailureCause::Exited { code: 9 });
            } else {
                assert_eq!(number(&future.wait().unwrap()), at as u32);
            }
        }
    }
    pool.close();
}

fn an_endless_loop_ends_at_its_limit() {
    let pool = builder(1).build().unwrap();
    let limit = Duration::from_millis(50);
    let start = Instant::now();
    let options = TaskOptions { timeout: Some(limit), ..Default::default() };
    let future = pool.submit_with("hang", &[], options).unwrap();
    assert_eq!(cause(future), FailureCause::TimedOut { limit });
    assert!(start.elapsed() >= limit);
    still_works(&pool);
    pool.close();
}

fn a_limit_counts_from_the_start_of_the_task() {
    let pool = builder(1).build().unwrap();
    // A worker that does not get the processor for so long misses even a limit that counts right: then a longer one.
    let limits = [50, 500, 5000].map(Duration::from_millis);
    let kept = limits.into_iter().any(|limit| {
        let blocker = begun(&pool, "patient", TaskOptions::default());
        let options = TaskOptions { timeout: Some(limit), ..Default::default() };
        let mut waiting = pool.submit_with("echo", &[5], options).unwrap();
        // Longer than the limit, but in the queue.
        assert!(waiting.wait_timeout(limit * 2).is_none());
        assert!(blocker.cancel());
        waiting.wait().is_ok_and(|result| result == [5])
    });
    assert!(kept, "the time in the queue counted");
    pool.close();
}

fn a_task_that_listens_keeps_its_worker() {
    let pool = builder(1).kill_grace(PATIENCE).build().unwrap();
    let before = pool.submit("worker", &[]).unwrap().wait().unwrap();
    let cancelled = begun(&pool, "patient", TaskOptions::default());
    assert!(cancelled.cancel());
    assert!(!cancelled.cancel(), "a task settles once");
    assert_eq!(cancelled.state(), TaskState::Cancelled);
    assert_eq!(cause(cancelled), FailureCause::Cancelled);
    let limit = Duration::from_millis(30);
    let options = TaskOptions { timeout: Some(limit), ..Default::default() };
    let late = pool.submit_with("patient", &[], options).unwrap();
    assert_eq!(cause(late), FailureCause::TimedOut { limit });
    assert_eq!(pool.submit("worker", &[]).unwrap().wait().unwrap(), before);
    pool.close();
}

fn a_queued_task_can_be_cancelled() {
    let pool = builder(1).build().unwrap();
    let blocker = begun(&pool, "patient", TaskOptions::default());
    // Payloads of all kinds, which the worker has to let go of.
    let sizes = [0, 500, 2_000_000];
    let queued: Vec<_> = sizes.iter().map(|size| pool.submit("echo", &vec![1; *size]).unwrap()).collect();
    let last = pool.submit("echo", b"last").unwrap();
    until("the driver has them", || last.state() == TaskState::Queued);
    for future in queued {
        assert!(future.cancel());
        assert_eq!(cause(future), FailureCause::Cancelled);
    }
    assert!(blocker.cancel());
    assert_eq!(last.wait().unwrap(), b"last");
    assert_eq!(pool.statistics().cancelled, 4);
    pool.close();
}

fn a_deaf_task_is_killed_after_the_grace() {
    let pool = builder(1).kill_grace(Duration::from_millis(20)).build().unwrap();
    let deaf = begun(&pool, "hang", TaskOptions::default());
    assert!(deaf.cancel());
    assert_eq!(cause(deaf), FailureCause::Cancelled);
    still_works(&pool);
    until("the worker was replaced", || pool.statistics().workers_started == 2);
    pool.close();
}

fn a_task_can_be_tried_again() {
    let second = |context: &mut hatchery_core::pool::Context<'_>, _: &[u8]| match context.attempt() {
        1 => std::process::exit(1),
        attempt => Ok(vec![attempt as u8]),
    };
    let pool = builder(1).task("second", second).build().unwrap();
    let options = || TaskOptions { retries: 2, ..Default::default() };
    assert_eq!(pool.submit_with("second", &[], options()).unwrap().wait().unwrap(), [2]);
    let hopeless = pool.submit_with("exit", &[4], options()).unwrap().wait().unwrap_err();
    let failure = hopeless.failure().expect("lost");
    assert_eq!((failure.attempt, &failure.cause), (3, &FailureCause::Exited { code: 4 }));
    pool.close();
}

/// Limits far below what the tasks here take.
fn strict() -> HealthOptions {
    let limit = Some(Duration::from_millis(60));
    HealthOptions {
        interval: Some(Duration::from_millis(20)),
        stopped_timeout: limit,
        unresponsive_timeout: limit,
        blocked_timeout: limit,
    }
}

fn a_stopped_worker_is_killed_after_its_limit() {
    let pool = builder(1).health(strict()).build().unwrap();
    let process = number(&pool.submit("process", &[]).unwrap().wait().unwrap());
    let again = begun(&pool, "patient", TaskOptions { retries: 1, ..TaskOptions::default() });
    hatchery_sys::PidFd::open(process).unwrap().kill(19).unwrap();
    until("it runs again elsewhere", || {
        pool.statistics().workers.iter().any(|worker| worker.process != process && worker.in_flight == 1)
    });
    assert!(again.cancel());
    let process = number(&pool.submit("process", &[]).unwrap().wait().unwrap());
    let lost = begun(&pool, "hang", TaskOptions::default());
    hatchery_sys::PidFd::open(process).unwrap().kill(19).unwrap();
    let limit = Duration::from_millis(60);
    assert_eq!(cause(lost), FailureCause::Unresponsive { stopped: true, limit });
    still_works(&pool);
    assert_eq!(pool.statistics().workers_crashed, 2);
    pool.close();
}

fn what_computes_is_not_taken_for_stuck() {
    let pool = builder(2).health(strict()).build().unwrap();
    let limit = Duration::from_millis(400);
    let long = begun(&pool, "hang", TaskOptions { timeout: Some(limit), ..TaskOptions::default() });
    assert_eq!(cause(long), FailureCause::TimedOut { limit });
    still_works(&pool);
    pool.close();
}

fn a_task_that_waits_too_long_never_begins() {
    let pool = builder(1).queue_timeout(Duration::from_millis(30)).build().unwrap();
    still_works(&pool);
    let running = begun(&pool, "patient", TaskOptions::default());
    let free = TaskOptions { queue_timeout: Some(Duration::MAX), ..TaskOptions::default() };
    let free = pool.submit_with("echo", b"free", free).unwrap();
    let late: Vec<_> = (0..100).map(|_| pool.submit("exit", &[1]).unwrap()).collect();
    let limit = Duration::from_millis(30);
    for future in late {
        assert_eq!(cause(future), FailureCause::WaitedTooLong { limit });
    }
    assert!(running.cancel());
    assert_eq!(free.wait().unwrap(), b"free");
    assert_eq!((pool.statistics().workers_crashed, pool.statistics().timed_out), (0, 100));
    pool.close();
}
