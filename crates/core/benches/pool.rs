//! The pool of Rust programs: throughput, latency, payloads, starts, and beside it in the same run a pool of
//! pipes and select(2), written for the comparison.
//!
//! It has a `main` of its own because pools fork, which a program with threads must not; criterion starts none.
//! `cargo bench -p hatchery-core --bench pool` runs everything. An argument that is no option restricts
//! criterion's part to what it names and leaves the comparison out; `-- comparison` runs the comparison alone.

mod support;

use criterion::{Criterion, Throughput};
use hatchery_core::pool::{Pool, TaskOptions};
use std::hint::black_box;
use std::time::Duration;
use support::comparison::{self, WORKERS, no_op_pool, run_no_ops};
use support::latency;
use support::report::Report;

const TASKS: u32 = 100_000;

/// 100 000 tasks an iteration.
fn throughput(criterion: &mut Criterion, tasks: u32) {
    let mut group = criterion.benchmark_group("no-op throughput");
    group.throughput(Throughput::Elements(tasks.into()));
    for workers in WORKERS {
        // Built inside, so that a pool that the filter leaves out is not there to disturb.
        group.bench_function(format!("{workers} workers"), |bencher| {
            let pool = no_op_pool(workers);
            bencher.iter_custom(|rounds| (0..rounds).map(|_| run_no_ops(&pool, tasks)).sum());
            pool.close();
        });
    }
    group.finish();
}

/// There and back, one at a time.
fn payloads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("payload there and back");
    for (name, length) in [("64 B", 64), ("4 KiB", 4 << 10), ("1 MiB", 1 << 20)] {
        group.throughput(Throughput::Bytes(2 * length as u64));
        group.bench_function(name, |bencher| {
            let pool = Pool::builder().workers(1..=1).task("echo", |_, bytes| Ok(bytes.to_vec()));
            let pool = pool.build().expect("a pool");
            let payload = vec![7; length];
            let echo = || pool.submit_sync("echo", &payload, TaskOptions::default()).expect("a result");
            assert!(echo() == payload);
            bencher.iter(|| black_box(echo()));
            pool.close();
        });
    }
    group.finish();
}

/// From nothing to the first result, and back to nothing.
fn lives(criterion: &mut Criterion) {
    criterion.bench_function("pool of one worker: build, first result, close", |bencher| {
        bencher.iter(|| {
            let pool = Pool::builder().workers(1..=1).task("no-op", |_, _| Ok(Vec::new()));
            let pool = pool.build().expect("a pool");
            pool.submit_sync("no-op", b"", TaskOptions::default()).expect("a result");
            pool.close();
        });
    });
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_test = arguments.iter().any(|argument| argument == "--test");
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    // As a test everything runs once, and briefly.
    let (rounds, tasks, samples) = if is_test { (1, 1000, 10) } else { (9, TASKS, 20_000) };

    if filter.is_none_or(|filter| filter != "comparison") {
        let mut criterion = Criterion::default()
            .sample_size(15)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2))
            .configure_from_args();
        throughput(&mut criterion, tasks);
        payloads(&mut criterion);
        lives(&mut criterion);
        criterion.final_summary();
    }
    if filter.is_none_or(|filter| filter == "comparison") {
        let mut report = Report::default();
        comparison::compare(&mut report, rounds, tasks);
        latency::round_trips(&mut report, samples);
        latency::forks(&mut report, if is_test { 1 } else { 10 });
        report.print();
    }
}
