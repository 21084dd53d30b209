//! Things that happen at the same moment as others: whoever comes first, everybody is told, once.

mod support;

use hatchery_core::Error;
use hatchery_core::pool::{FailureCause, TaskOptions};
use std::sync::Barrier;
use std::time::Duration;
use support::{builder, children, number, run};

fn main() {
    run(&[
        ("a_wait_ends_in_time_or_with_the_result", a_wait_ends_in_time_or_with_the_result),
        (
            "what_is_submitted_as_the_pool_ends_is_refused_or_settled",
            what_is_submitted_as_the_pool_ends_is_refused_or_settled,
        ),
    ]);
}

/// Waits that give up at about the moment at which their task settles: by the thread that drives the pool, and beside it.
fn a_wait_ends_in_time_or_with_the_result() {
    let pool = builder(1).build().unwrap();
    let usual = {
        let start = std::time::Instant::now();
        (0..100).for_each(|_| drop(pool.submit("echo", &[]).unwrap().wait()));
        start.elapsed() / 100
    };
    let (mut late, mut early) = (0, 0);
    for round in 0..2000_u32 {
        // With another task under way it is the pool's thread that drives.
        let beside = (round % 2 == 0).then(|| pool.submit("echo", &[]).unwrap());
        let mut task = pool.submit("echo", &round.to_le_bytes()).unwrap();
        let outcome = match task.wait_timeout(usual * (round % 21) / 10) {
            Some(outcome) => {
                early += 1;
                outcome
            }
            None => {
                late += 1;
                task.wait()
            }
        };
        assert_eq!(number(&outcome.unwrap()), round);
        assert!(beside.is_none_or(|task| task.wait().is_ok()));
    }
    assert!(late > 0 && early > 0, "{late} in vain, {early} not");
    let mut cancelled = pool.submit("hang", &[]).unwrap();
    assert!(cancelled.wait_timeout(Duration::ZERO).is_none());
    cancelled.cancel();
    let rejection = cancelled.wait_timeout(support::PATIENCE).unwrap().unwrap_err();
    assert_eq!(rejection.failure().unwrap().cause, FailureCause::Cancelled);
    pool.close();
}

/// A pool that is closed, destroyed or dropped while it starts and others submit.
fn what_is_submitted_as_the_pool_ends_is_refused_or_settled() {
    for round in 0..30 {
        let pool = builder(2).build().unwrap();
        let start = Barrier::new(3);
        let submit = || {
            let mut futures = Vec::new();
            start.wait();
            for _ in 0..200 {
                match pool.submit_with("echo", &[7], TaskOptions::default()) {
                    Ok(future) => futures.push(future),
                    Err(Error::PoolClosed) => break,
                    Err(error) => panic!("{error}"),
                }
            }
            futures
        };
        let futures: Vec<_> = std::thread::scope(|scope| {
            let threads = [(); 2].map(|()| scope.spawn(submit));
            start.wait();
            if round % 2 == 0 {
                pool.close()
            } else {
                pool.destroy()
            }
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        for future in futures {
            match future.wait() {
                Ok(bytes) => assert_eq!(bytes, [7]),
                Err(rejection) => {
                    assert_eq!(rejection.failure().unwrap().cause, FailureCause::PoolClosed);
                    assert!(round % 2 == 1, "what was taken is finished by a close");
                }
            }
        }
        assert_eq!(children(std::process::id()), [0_u32; 0]);
    }
}
