//! One task at a time: percentiles of the way there and back, and what a worker's start takes.

use super::comparison::wait_for_workers;
use super::pipe_select::{Form, PipeSelectPool};
use super::report::{Report, median};
use hatchery_core::pool::{Pool, PoolEvent, TaskOptions};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Name, one round trip, and the times it took in microseconds.
type Kind<'a> = (&'a str, &'a mut dyn FnMut(), Vec<f64>);

/// Measures `samples` round trips of each kind, a kind at a time but in turns of a tenth.
pub fn round_trips(report: &mut Report, samples: usize) {
    let mut other = PipeSelectPool::start(1, Form { depth: 1, batched: false });
    let pool = Pool::builder().workers(1..=1).task("echo", |_, bytes| Ok(bytes.to_vec()));
    let pool = pool.build().expect("a pool");
    wait_for_workers(&pool, 1);
    let mut sync = || {
        let outcome = pool.submit_sync("echo", b"hello", TaskOptions::default());
        assert_eq!(outcome.expect("a result"), b"hello");
    };
    let mut submit = || {
        let outcome = pool.submit("echo", b"hello").expect("an open pool").wait();
        assert_eq!(outcome.expect("a result"), b"hello");
    };
    let mut pipe = || assert_eq!(other.run(1), 0);
    let mut kinds: [Kind<'_>; 3] = [
        ("hatchery, submit_sync", &mut sync, Vec::new()),
        ("hatchery, submit and wait", &mut submit, Vec::new()),
        ("pipe+select", &mut pipe, Vec::new()),
    ];
    for _ in 0..10 {
        for (_, round_trip, times) in &mut kinds {
            for _ in 0..(samples / 10).max(1) {
                let start = Instant::now();
                round_trip();
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
    }
    for (name, _, times) in &mut kinds {
        times.sort_by(f64::total_cmp);
        let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
        let text =
            format!("P50 {:>7.1} us   P99 {:>7.1} us   P99.9 {:>7.1} us", at(0.5), at(0.99), at(0.999));
        report.line("latency of a single task", name, text);
    }
    pool.close();
}

/// What the start of a worker takes, from the request to its first message.
pub fn forks(report: &mut Report, pools: usize) {
    let times = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..pools {
        let noted = Arc::clone(&times);
        let pool = Pool::builder()
            .workers(4..=4)
            .task("no-op", |_, _| Ok(Vec::new()))
            .on_event(move |event| {
                if let PoolEvent::WorkerReady { milliseconds, .. } = event {
                    noted.lock().expect("no panic holds it").push(milliseconds);
                }
            })
            .build()
            .expect("a pool");
        wait_for_workers(&pool, 4);
        pool.close();
    }
    let mut times = times.lock().expect("no panic holds it");
    let count = times.len();
    let text = format!("{:>9.2} ms   median of {count}, four at a time", median(&mut times));
    report.line("start of a worker", "fork to ready", text);
}
