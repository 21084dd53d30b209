//! What happens after failures: further attempts and their pauses, quarantine, restarts, strategies.

mod support;

use hatchery_core::pool::{
    Backoff, Context, FailureCause, Pool, PoolEvent, RESTART_LIMIT, RecoveryOptions, Rejection, Rule, Rules,
    Strategy, THROWN, TaskFuture, TaskOptions, TaskState,
};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::{PATIENCE, builder, number, run, until};

fn main() {
    run(&[
        ("pauses_grow_between_attempts", pauses_grow_between_attempts),
        ("a_task_that_waits_for_its_next_attempt_can_be_cancelled", a_waiting_task_can_be_cancelled),
        ("the_end_of_the_pool_settles_what_waits", the_end_of_the_pool_settles_what_waits),
        ("returned_errors_are_retried_if_asked_for", returned_errors_are_retried_if_asked_for),
        ("a_poison_task_is_quarantined_with_its_history", a_poison_task_is_quarantined),
        ("a_timeout_can_be_retried", a_timeout_can_be_retried),
        ("too_many_deaths_fail_the_pool", too_many_deaths_fail_the_pool),
        ("deaths_that_are_ignored_do_not_count", deaths_that_are_ignored_do_not_count),
        ("a_worker_can_be_replaced_for_an_error", a_worker_can_be_replaced_for_an_error),
        ("the_pool_can_be_started_anew_or_shut_down", the_pool_can_be_started_anew_or_shut_down),
        ("the_host_has_the_last_word", the_host_has_the_last_word),
        ("the_host_is_not_asked_about_what_was_cancelled", the_host_is_not_asked_about_what_was_cancelled),
    ]);
}

/// Further attempts at once.
fn options() -> RecoveryOptions {
    let none = Backoff { initial: Duration::ZERO, factor: 1.0, maximum: Duration::ZERO, jitter: 0.0 };
    RecoveryOptions { retry_backoff: none, ..RecoveryOptions::default() }
}

fn rules<const N: usize>(rules: [(&str, Strategy); N]) -> Rules {
    let mut all = Rules::default();
    for (code, strategy) in rules {
        all.set(code, strategy);
    }
    all
}

fn retries(retries: u8) -> TaskOptions {
    TaskOptions { retries, ..Default::default() }
}

fn failure(future: TaskFuture) -> hatchery_core::pool::TaskFailure {
    match future.wait() {
        Err(Rejection::Lost(failure)) => failure,
        other => panic!("expected a lost task, got {other:?}"),
    }
}

/// Fails at all attempts but the one of this number: by an error, or the end of its worker.
fn until_attempt(context: &mut Context<'_>, bytes: &[u8]) -> Result<Vec<u8>, hatchery_core::pool::TaskError> {
    match (context.attempt() as u8 == bytes[0], bytes[1]) {
        (true, _) => Ok(vec![context.attempt() as u8]),
        (false, b'e') => Err("not yet".into()),
        (false, code) => std::process::exit(code.into()),
    }
}

fn pauses_grow_between_attempts() {
    let pauses = Backoff {
        initial: Duration::from_millis(30),
        factor: 3.0,
        maximum: Duration::from_millis(90),
        jitter: 0.0,
    };
    let recovery = RecoveryOptions { retry_backoff: pauses, ..options() };
    let pool = builder(1).task("until", until_attempt).recovery(recovery).build().unwrap();
    let start = Instant::now();
    let future = pool.submit_with("until", &[4, 7], retries(3)).unwrap();
    // What waits holds up nobody.
    assert_eq!(pool.submit("echo", b"meanwhile").unwrap().wait().unwrap(), b"meanwhile");
    assert_eq!(future.wait().unwrap(), [4]);
    assert!(start.elapsed() >= Duration::from_millis(30 + 90 + 90), "{:?}", start.elapsed());
    assert_eq!(pool.statistics().retried, 3);
    let failed = failure(pool.submit_with("until", &[9, 7], retries(1)).unwrap());
    assert_eq!((failed.attempt, &failed.cause), (2, &FailureCause::Exited { code: 7 }));
    let attempts: Vec<_> =
        failed.attempts.iter().map(|attempt| (attempt.attempt, attempt.cause.clone())).collect();
    assert_eq!(attempts, [1, 2].map(|attempt| (attempt, FailureCause::Exited { code: 7 })));
    assert_ne!(failed.attempts[0].worker, failed.attempts[1].worker);
    pool.close();
}

/// A pool in which every further attempt is a long way off.
fn patient_pool() -> Pool {
    let far = Backoff { initial: PATIENCE, factor: 1.0, maximum: PATIENCE, jitter: 0.0 };
    builder(1).recovery(RecoveryOptions { retry_backoff: far, ..options() }).build().unwrap()
}

fn a_waiting_task_can_be_cancelled() {
    let pool = patient_pool();
    let future = pool.submit_with("exit", &[1], retries(1)).unwrap();
    until("its first attempt has failed", || pool.statistics().retried == 1);
    assert_eq!(future.state(), TaskState::Queued);
    assert!(future.cancel());
    assert!(!future.cancel(), "a task settles once");
    let failed = failure(future);
    assert_eq!((&failed.cause, failed.attempt), (&FailureCause::Cancelled, 1));
    assert_eq!(failed.attempts.len(), 1);
    // Its slot, and a stale entry for it, are nothing to those that come after.
    let futures: Vec<_> = (0..100_u8).map(|byte| pool.submit("echo", &[byte]).unwrap()).collect();
    for (at, future) in futures.into_iter().enumerate() {
        assert_eq!(future.wait().unwrap(), [at as u8]);
    }
    pool.close();
}

fn the_end_of_the_pool_settles_what_waits() {
    let pool = patient_pool();
    let futures: Vec<_> = (0..3).map(|_| pool.submit_with("exit", &[1], retries(9)).unwrap()).collect();
    until("all wait", || pool.statistics().retried == 3);
    pool.begin_close();
    assert!(futures.iter().all(|future| future.state() == TaskState::Queued), "closing waits for them");
    pool.destroy();
    for future in futures {
        assert_eq!(failure(future).cause, FailureCause::PoolClosed);
    }
}

fn returned_errors_are_retried_if_asked_for() {
    let pool = builder(1).task("until", until_attempt).recovery(options()).build().unwrap();
    let rejected = pool.submit_with("until", &[2, b'e'], retries(1)).unwrap().wait().unwrap_err();
    assert!(matches!(rejected, Rejection::Threw(error) if error.message() == "not yet"));
    let wished = || TaskOptions { retry_errors: Some(true), ..retries(2) };
    assert_eq!(pool.submit_with("until", &[3, b'e'], wished()).unwrap().wait().unwrap(), [3]);
    let rejected = pool.submit_with("until", &[4, b'e'], wished()).unwrap().wait().unwrap_err();
    assert!(matches!(rejected, Rejection::Threw(_)));
    assert_eq!(pool.statistics().workers_started, 1, "no worker has died of it");
    pool.close();
    drop(pool);

    let recovery = RecoveryOptions { rules: rules([(THROWN, Strategy::Retry)]), ..options() };
    let pool = builder(1).task("until", until_attempt).recovery(recovery).build().unwrap();
    assert_eq!(pool.submit_with("until", &[2, b'e'], retries(1)).unwrap().wait().unwrap(), [2]);
    let unwished = TaskOptions { retry_errors: Some(false), ..retries(1) };
    assert!(pool.submit_with("until", &[2, b'e'], unwished).unwrap().wait().is_err());
    let statistics = pool.statistics();
    assert_eq!((statistics.completed, statistics.failed, statistics.retried), (1, 1, 1));
    pool.close();
}

fn a_poison_task_is_quarantined() {
    let recovery = RecoveryOptions { maximum_crashes: 3, quarantine_size: 2, ..options() };
    let pool = builder(1).task("until", until_attempt).recovery(recovery).build().unwrap();
    let poison = failure(pool.submit_with("until", &[9, 4], retries(100)).unwrap());
    let FailureCause::Quarantined { crashes: 3, last, number } = &poison.cause else {
        panic!("{:?}", poison.cause)
    };
    assert_eq!(**last, FailureCause::Exited { code: 4 });
    assert_eq!(poison.attempts.iter().map(|attempt| attempt.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    let kept = pool.quarantine();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].number, pool.task_name(&kept[0])), (*number, "until"));
    assert_eq!(
        (kept[0].payload.as_deref(), &kept[0].attempts),
        (Some([9_u8, 4].as_slice()), &poison.attempts)
    );

    // Run again it is a new task, which may do the same.
    let again = pool.rerun_from_quarantine(*number, 0).unwrap();
    assert!(pool.quarantine().is_empty());
    assert!(pool.rerun_from_quarantine(*number, 0).is_err());
    assert_eq!(failure(again).cause, FailureCause::Exited { code: 4 });

    for code in [5, 6, 7] {
        failure(pool.submit_with("until", &[9, code], retries(2)).unwrap());
    }
    let codes = || pool.quarantine().iter().map(|task| task.payload.as_ref().unwrap()[1]).collect::<Vec<_>>();
    assert_eq!(codes(), [6, 7], "the oldest has left");
    assert!(pool.remove_from_quarantine(pool.quarantine()[0].number));
    assert_eq!(codes(), [7]);
    pool.clear_quarantine();
    assert!(codes().is_empty());
    pool.close();
}

fn a_timeout_can_be_retried() {
    let slow = |context: &mut Context<'_>, _: &[u8]| {
        while context.attempt() < 3 {
            std::hint::spin_loop();
        }
        Ok(vec![context.attempt() as u8])
    };
    let rules = rules([("ERR_HATCHERY_TASK_TIMEOUT", Strategy::Retry)]);
    let recovery = RecoveryOptions { rules, ..options() };
    let pool = builder(1)
        .task("slow", slow)
        .recovery(recovery)
        .kill_grace(Duration::from_millis(5))
        .build()
        .unwrap();
    let limited =
        |retries| TaskOptions { timeout: Some(Duration::from_millis(40)), retries, ..Default::default() };
    assert_eq!(pool.submit_with("slow", &[], limited(2)).unwrap().wait().unwrap(), [3]);
    let failed = failure(pool.submit_with("slow", &[], limited(1)).unwrap());
    assert!(matches!(failed.cause, FailureCause::TimedOut { .. }));
    assert_eq!((failed.attempt, failed.attempts.len()), (2, 2));
    assert_eq!(pool.statistics().timed_out, 1);
    pool.close();
}

fn too_many_deaths_fail_the_pool() {
    let (sender, events) = mpsc::channel();
    let recovery = RecoveryOptions { maximum_restarts: Some(3), restart_window: PATIENCE * 10, ..options() };
    let listener = move |event| sender.send(event).unwrap_or_default();
    let pool = builder(1).recovery(recovery).on_event(listener).build().unwrap();
    for code in 1..=3 {
        assert_eq!(
            failure(pool.submit("exit", &[code]).unwrap()).cause,
            FailureCause::Exited { code: code.into() }
        );
    }
    let blocker = pool.submit("patient", &[]).unwrap();
    let last = pool.submit("exit", &[4]).unwrap();
    let behind: Vec<_> = (0..10).map(|_| pool.submit("echo", &[]).unwrap()).collect();
    assert!(blocker.cancel());
    assert_eq!(failure(last).cause, FailureCause::Exited { code: 4 });
    for future in behind {
        let FailureCause::PoolFailed { detail } = failure(future).cause else { panic!("not failed") };
        assert!(detail.contains(RESTART_LIMIT) && detail.contains("exit code 4"), "{detail}");
    }
    pool.wait_closed();
    let failures = events.try_iter().filter(|event| matches!(event, PoolEvent::Failed(_))).count();
    assert_eq!(failures, 1);
}

fn deaths_that_are_ignored_do_not_count() {
    let rules = rules([("ERR_HATCHERY_WORKER_EXITED", Strategy::Ignore)]);
    let recovery =
        RecoveryOptions { maximum_restarts: Some(1), restart_window: PATIENCE * 10, rules, ..options() };
    let pool = builder(1).recovery(recovery).build().unwrap();
    for _ in 0..5 {
        let failed = failure(pool.submit_with("exit", &[4], retries(3)).unwrap());
        assert_eq!(
            (failed.cause, failed.attempt),
            (FailureCause::Exited { code: 4 }, 1),
            "nor are they retried"
        );
    }
    // Nor do those that the pool brings about.
    let limited = || TaskOptions { timeout: Some(Duration::from_millis(20)), ..Default::default() };
    for _ in 0..3 {
        failure(pool.submit_with("hang", &[], limited()).unwrap());
    }
    assert_eq!(pool.submit("echo", b"alive").unwrap().wait().unwrap(), b"alive");
    pool.close();
}

fn a_worker_can_be_replaced_for_an_error() {
    let recovery = RecoveryOptions { rules: rules([(THROWN, Strategy::RestartWorker)]), ..options() };
    let pool = builder(1).recovery(recovery).build().unwrap();
    let before = number(&pool.submit("process", &[]).unwrap().wait().unwrap());
    let thrown = pool.submit("fail", b"worn out").unwrap();
    assert!(matches!(thrown.wait(), Err(Rejection::Threw(_))));
    until("it has gone", || !support::is_running(before));
    let after = number(&pool.submit("process", &[]).unwrap().wait().unwrap());
    assert_ne!(before, after);
    assert_eq!(pool.statistics().workers_crashed, 0);
    pool.close();
}

fn the_pool_can_be_started_anew_or_shut_down() {
    let recovery = RecoveryOptions {
        rules: rules([(THROWN, Strategy::RestartPool), ("ERR_HATCHERY_WORKER_EXITED", Strategy::Shutdown)]),
        ..options()
    };
    let pool = builder(2).recovery(recovery).build().unwrap();
    let processes = || pool.statistics().workers.iter().map(|worker| worker.process).collect::<Vec<_>>();
    until("both are up", || processes().len() == 2 && !processes().contains(&0));
    let before = processes();
    assert!(matches!(pool.submit("fail", b"all worn out").unwrap().wait(), Err(Rejection::Threw(_))));
    // Nobody waits for that.
    assert_eq!(pool.submit("echo", b"meanwhile").unwrap().wait().unwrap(), b"meanwhile");
    until("all have gone", || !before.iter().any(|process| support::is_running(*process)));

    let behind = pool.submit("hang", &[]).unwrap();
    let last = pool.submit("exit", &[8]).unwrap();
    assert_eq!(failure(last).cause, FailureCause::Exited { code: 8 });
    let FailureCause::PoolFailed { detail } = failure(behind).cause else { panic!("not failed") };
    assert!(detail.contains("exit code 8"), "{detail}");
    pool.wait_closed();
}

fn the_host_has_the_last_word() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let story = Arc::clone(&heard);
    let mut options = options();
    options.maximum_restarts = Some(2);
    options.restart_backoff = options.retry_backoff;
    options.rules.set(THROWN, Rule::from(Strategy::Retry));
    let decide = move |report: &hatchery_core::pool::FailureReport| {
        let task = report.task.clone().unwrap_or_default();
        story.lock().unwrap().push(format!("{} {task} {}", report.code, report.retries_left));
        match (report.code.as_str(), task.as_str()) {
            // By default it would fail the pool.
            (RESTART_LIMIT, _) => Some(Strategy::Ignore),
            ("ERR_HATCHERY_WORKER_EXITED", _) => Some(Strategy::Ignore),
            (THROWN, "panic") => panic!("a panic is no answer"),
            _ => None,
        }
    };
    let pool = builder(1).recovery(options).on_failure(decide).task("until", until_attempt).build().unwrap();
    assert_eq!(pool.submit_with("until", &[2, b'e'], retries(1)).unwrap().wait().unwrap(), [2]);
    let panicked = pool.submit("panic", &[]).unwrap().wait();
    assert!(matches!(panicked, Err(Rejection::Threw(error)) if error.is_panic()));
    for _ in 0..3 {
        assert_eq!(failure(pool.submit_with("exit", &[3], retries(5)).unwrap()).attempt, 1);
    }
    assert_eq!(pool.submit("echo", b"alive").unwrap().wait().unwrap(), b"alive");
    let expected = [
        "thrown until 1",
        "thrown panic 0",
        "ERR_HATCHERY_WORKER_EXITED exit 5",
        "ERR_HATCHERY_WORKER_EXITED exit 5",
        "ERR_HATCHERY_WORKER_EXITED exit 5",
        "ERR_HATCHERY_RESTART_LIMIT  0",
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
    pool.close();
}

fn the_host_is_not_asked_about_what_was_cancelled() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let story = Arc::clone(&asked);
    let decide = move |report: &hatchery_core::pool::FailureReport| {
        story.lock().unwrap().push(report.code.clone());
        Some(Strategy::Retry)
    };
    let pool = builder(1).recovery(options()).on_failure(decide).kill_grace(PATIENCE * 10).build().unwrap();
    let (sender, progress) = mpsc::channel();
    // It does not stop when it is asked to, so it settles only if nobody waits for that.
    let told = TaskOptions { on_progress: Some(Box::new(move |_| sender.send(()).unwrap())), ..retries(5) };
    let future = pool.submit_with("hang", &[], told).unwrap();
    progress.recv_timeout(PATIENCE).unwrap();
    assert!(future.cancel());
    let failed = failure(future);
    assert_eq!((&failed.cause, failed.attempt), (&FailureCause::Cancelled, 1));
    assert_eq!(*asked.lock().unwrap(), Vec::<String>::new());
    pool.destroy();
}
