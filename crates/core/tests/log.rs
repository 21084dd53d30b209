//! The log, through a subscriber as a program would install it, to a file that rotates; and what workers print.

mod support;

use hatchery_core::driver::PoolEvent;
use hatchery_core::launcher::{Captures, Stream};
use hatchery_core::observe::log::{RotatingFile, Rotation};
use std::io::Write;
use std::sync::{Arc, Mutex};
use support::{builder, run, until};

fn main() {
    run(&[
        ("lines_that_workers_print_come_with_their_task", lines_that_workers_print_come_with_their_task),
        // Last: its subscriber stays, and would make its file anew.
        ("a_pool_logs_its_life", a_pool_logs_its_life),
    ]);
}

fn a_pool_logs_its_life() {
    let path = std::env::temp_dir().join(format!("hatchery-life-{}.log", std::process::id()));
    let file = RotatingFile::open(&path, Rotation::default()).unwrap();
    // For all threads, since the pool has one of its own; no other case looks at it.
    let subscriber = tracing_subscriber::fmt().json().with_writer(Mutex::new(file)).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let pool = builder(1).task("die", |_, _| std::process::abort()).build().unwrap();
    assert!(pool.submit("die", b"").unwrap().wait().is_err());
    pool.submit("echo", b"x").unwrap().wait().unwrap();
    pool.close();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let entries: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let find = |message: &str| {
        let says = |entry: &&serde_json::Value| entry["fields"]["message"] == message;
        entries.iter().find(says).unwrap_or_else(|| panic!("no {message:?} in {text}"))
    };
    assert_eq!(find("workers can be started")["fields"]["start_method"], "fork");
    let crash = find("a worker was killed by SIGABRT");
    assert_eq!((&crash["level"], &crash["target"]), (&"ERROR".into(), &"hatchery::worker".into()));
    assert_eq!(crash["fields"]["code"], "ERR_HATCHERY_WORKER_SIGNALLED");
    assert_eq!(crash["fields"]["task_id"], "0.0");
    assert_eq!(find("a worker has left")["level"], "INFO");
    assert_eq!(find("the pool is closed")["level"], "INFO");
    // Nothing of tasks.
    assert!(entries.len() < 15, "{text}");
}

fn lines_that_workers_print_come_with_their_task() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    let pool = builder(1)
        .capture_output(Captures { stdout: true, stderr: true })
        .on_event(move |event| {
            if let PoolEvent::Output { worker: Some(_), stream, lines, .. } = event {
                let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
                heard.lock().unwrap().extend(lines.iter().map(|line| (stream, text(&line.text), line.task)));
            }
        })
        .task("say", |_, bytes| {
            // Past the harness of the tests, which would keep it.
            let _ = std::io::stdout().write_all(bytes);
            let _ = std::io::stdout().flush();
            let _ = std::io::stderr().write_all(b"complaint\n");
            std::process::abort()
        })
        .build()
        .unwrap();
    let failure = pool.submit("say", b"one\ntwo").unwrap().wait().unwrap_err();
    assert!(format!("{failure:?}").contains("complaint"), "{failure:?}");
    until("all lines have come", || lines.lock().unwrap().len() >= 3);
    pool.close();
    let lines = lines.lock().unwrap();
    let of = |wanted: Stream| -> Vec<_> {
        lines.iter().filter(|line| line.0 == wanted).map(|line| line.1.as_str()).collect()
    };
    assert_eq!((of(Stream::Stdout), of(Stream::Stderr)), (vec!["one", "two"], vec!["complaint"]));
    assert!(lines.iter().all(|line| line.2.is_some()));
}
