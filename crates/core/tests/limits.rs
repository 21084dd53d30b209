//! Limits per worker, without Node.

mod support;

use hatchery_core::pool::{
    FailureCause, PoolEvent, ProcessLimits, RecycleReason, Rejection, TaskOptions, WorkerLimits,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{builder, number, run, until};

const MIB: u64 = 1 << 20;

fn main() {
    run(&[
        ("no_worker_gets_more_tasks_than_it_may", no_worker_gets_more_tasks_than_it_may),
        ("old_workers_are_replaced", old_workers_are_replaced),
        ("workers_are_replaced_on_request", workers_are_replaced_on_request),
        ("a_worker_that_grows_too_large_is_killed", a_worker_that_grows_too_large_is_killed),
        ("limits_of_the_kernel_hold", limits_of_the_kernel_hold),
        ("what_the_kernel_refuses_fails_the_pool", what_the_kernel_refuses_fails_the_pool),
    ]);
}

fn no_worker_gets_more_tasks_than_it_may() {
    let limits = WorkerLimits { tasks: Some(50), ..WorkerLimits::default() };
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&reasons);
    let pool = builder(2)
        .limits(limits)
        .on_event(move |event| {
            if let PoolEvent::WorkerRecycled { reason, completed, .. } = event {
                heard.lock().unwrap().push((reason, completed));
            }
        })
        .build()
        .unwrap();
    let futures: Vec<_> = (0..2000).map(|_| pool.submit("worker", &[]).unwrap()).collect();
    let mut ran = HashMap::new();
    for future in futures {
        *ran.entry(number(&future.wait().unwrap())).or_insert(0) += 1;
    }
    assert!(ran.values().all(|&tasks| tasks <= 50), "{ran:?}");
    assert_eq!(ran.values().sum::<i32>(), 2000);
    pool.close();
    let reasons = reasons.lock().unwrap();
    assert!(reasons.len() >= 2000 / 50 - 2, "{reasons:?}");
    assert!(reasons.iter().all(|(reason, _)| *reason == RecycleReason::Tasks));
    // Not all: one that is held up has its tasks taken away, and finds nothing more to do.
    let worn = reasons.iter().filter(|(_, completed)| *completed >= 45).count();
    assert!(worn * 2 > reasons.len(), "{reasons:?}");
}

fn old_workers_are_replaced() {
    let limits = WorkerLimits { age: Some(Duration::from_millis(100)), ..WorkerLimits::default() };
    let pool = builder(1).limits(limits).build().unwrap();
    let worker = || number(&pool.submit("worker", &[]).unwrap().wait().unwrap());
    let first = worker();
    until("another worker has its place", || worker() != first);
    assert_eq!(pool.statistics().workers_crashed, 0);
    pool.close();
}

fn workers_are_replaced_on_request() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&heard);
    let pool = builder(4)
        .on_event(move |event| {
            if let PoolEvent::WorkerRecycled { worker, reason, .. } = event {
                events.lock().unwrap().push((worker, reason));
            }
        })
        .build()
        .unwrap();
    let numbers = || {
        let mut numbers: Vec<_> = pool.statistics().workers.iter().map(|worker| worker.worker).collect();
        numbers.sort_unstable();
        numbers
    };
    let running = || {
        let workers = pool.statistics().workers;
        workers.iter().filter(|worker| worker.state == "running").count()
    };
    until("four workers are up", || running() == 4);
    assert_eq!(pool.recycle(Some(99)), 0);
    assert_eq!(pool.recycle(Some(2)), 1);
    until("the second has gone", || numbers() == [1, 3, 4, 5]);
    // Of all of them, some at a time, while tasks go on; never fewer than there should be.
    assert_eq!(pool.recycle(None), 4);
    until("all have gone", || {
        assert!(pool.submit("worker", &[]).unwrap().wait().is_ok());
        assert!(running() >= 4);
        numbers().iter().all(|number| *number > 5)
    });
    until("there are four again", || numbers().len() == 4);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 5, "{heard:?}");
    assert!(heard.iter().all(|(_, reason)| *reason == RecycleReason::Request));
    assert_eq!(pool.statistics().workers_crashed, 0);
}

fn a_worker_that_grows_too_large_is_killed() {
    let limits = WorkerLimits { memory_hard: Some(200 * MIB), ..WorkerLimits::default() };
    let pool = builder(1)
        .limits(limits)
        .task("grow", |_, _| {
            let mut kept = Vec::new();
            loop {
                kept.push(vec![1_u8; 4 << 20]);
                std::thread::sleep(Duration::from_millis(2));
            }
        })
        .build()
        .unwrap();
    let rejection = pool.submit("grow", &[]).unwrap().wait().unwrap_err();
    let failure = rejection.failure().unwrap();
    assert_eq!(failure.code(), "ERR_HATCHERY_WORKER_OUT_OF_MEMORY");
    assert!(
        matches!(failure.cause, FailureCause::MemoryExceeded { used, limit } if used > limit && limit == 200 * MIB),
        "{failure:?}"
    );
    assert_eq!(pool.submit("echo", &[1]).unwrap().wait().unwrap(), [1]);
    pool.close();
}

fn limits_of_the_kernel_hold() {
    let process = ProcessLimits { files: Some(100), nice: Some(3), ..ProcessLimits::default() };
    let pool = builder(1)
        .limits(WorkerLimits { process, ..WorkerLimits::default() })
        .task("standing", |_, _| {
            let limits = std::fs::read_to_string("/proc/self/limits")?;
            let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
            let stat = std::fs::read_to_string("/proc/self/stat")?;
            // The nice value is the 19th field; the name, the second one, ends with the last parenthesis.
            let fields = stat.rsplit(')').next().unwrap_or_default();
            let nice = fields.split_ascii_whitespace().nth(16).unwrap_or_default();
            Ok(format!("{} {nice}", line.split_ascii_whitespace().nth(3).unwrap_or_default()).into_bytes())
        })
        .build()
        .unwrap();
    assert_eq!(pool.submit("standing", &[]).unwrap().wait().unwrap(), b"100 3");
    pool.close();
}

fn what_the_kernel_refuses_fails_the_pool() {
    let process = ProcessLimits { files: Some(1 << 40), ..ProcessLimits::default() };
    let pool = builder(1).limits(WorkerLimits { process, ..WorkerLimits::default() }).build().unwrap();
    let rejection = pool.submit_sync("echo", &[1], TaskOptions::default()).unwrap_err();
    let said = match &rejection {
        Rejection::Lost(failure) => failure.to_string(),
        other => other.to_string(),
    };
    assert!(said.contains("rlimits.files") && said.contains("RLIMIT_NOFILE"), "{said}");
    pool.wait_closed();
}
