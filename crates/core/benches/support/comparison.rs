//! Hatchery and the pipe-and-select pool in turns, so that whatever else the machine does meets both alike.

use super::pipe_select::{Form, PipeSelectPool};
use super::report::{Report, median};
use hatchery_core::pool::Pool;
use std::time::{Duration, Instant};

/// The forms of the other pool, from what is usual to what is possible.
const FORMS: [(&str, Form); 3] = [
    ("1 in flight", Form { depth: 1, batched: false }),
    ("16 in flight", Form { depth: 16, batched: false }),
    ("256 in flight, batched", Form { depth: 256, batched: true }),
];

/// Numbers of workers compared.
pub const WORKERS: [usize; 4] = [1, 2, 4, 8];

/// A pool whose one task does nothing.
pub fn no_op_pool(workers: usize) -> Pool {
    let pool = Pool::builder().workers(workers..=workers).task("no-op", |_, _| Ok(Vec::new()));
    let pool = pool.build().expect("a pool");
    // So that what is timed is a pool at work, not one that starts.
    wait_for_workers(&pool, workers);
    pool
}

/// Waits until all workers take tasks.
pub fn wait_for_workers(pool: &Pool, workers: usize) {
    let running = || pool.statistics().workers.iter().filter(|worker| worker.state == "running").count();
    while running() < workers {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Time to submit `tasks` no-op tasks from this thread and to have every result.
pub fn run_no_ops(pool: &Pool, tasks: u32) -> Duration {
    let start = Instant::now();
    let submitted: Vec<_> = (0..tasks).map(|_| pool.submit("no-op", b"").expect("an open pool")).collect();
    for task in submitted {
        assert!(task.wait().expect("a result").is_empty());
    }
    start.elapsed()
}

/// Rounds of `tasks` tasks through all pools; medians and ratios for the report.
pub fn compare(report: &mut Report, rounds: usize, tasks: u32) {
    for workers in WORKERS {
        // The others first: a pool of ours has a thread, and then forking is over.
        let mut others: Vec<_> = FORMS.map(|(_, form)| PipeSelectPool::start(workers, form)).into();
        let ours = no_op_pool(workers);
        let mut rates = vec![Vec::new(); 1 + others.len()];
        for round in 0..=rounds {
            let rate = |time: Duration| f64::from(tasks) / time.as_secs_f64();
            let mut measured = vec![rate(run_no_ops(&ours, tasks))];
            for other in &mut others {
                let start = Instant::now();
                let sum = other.run(tasks);
                measured.push(rate(start.elapsed()));
                assert_eq!(sum, u64::from(tasks) * u64::from(tasks - 1) / 2, "each task ran once");
            }
            // The first warms up.
            if round > 0 || rounds == 1 {
                rates.iter_mut().zip(measured).for_each(|(rates, rate)| rates.push(rate));
            }
        }
        ours.close();
        let medians: Vec<f64> = rates.iter_mut().map(|rates| median(rates)).collect();
        report.line("throughput", &format!("hatchery, {workers} workers"), rate_text(medians[0]));
        for ((name, _), rate) in FORMS.iter().zip(&medians[1..]) {
            let text = format!("{}   hatchery is {:.1} x", rate_text(*rate), medians[0] / rate);
            report.line("throughput", &format!("pipe+select, {workers} workers, {name}"), text);
        }
    }
}

fn rate_text(rate: f64) -> String {
    format!("{:>9.0} tasks/s", rate)
}
