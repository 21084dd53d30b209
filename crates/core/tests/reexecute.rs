//! A pool built while threads run: its zygote is this program, executed once more.

mod support;

use hatchery_core::pool::{FailureCause, Pool, Registry, Rejection, TaskError, run_if_zygote};
use hatchery_sys::PidFd;
use std::sync::mpsc;
use support::{builder, children, is_running, number, run, until};

fn registry() -> Registry {
    Registry::new()
        .task("other", |_, _| Err(TaskError::new("not this one")))
        .task("echo", |_, bytes| Ok(bytes.to_vec()))
        .task("process", |_, _| Ok(std::process::id().to_le_bytes().to_vec()))
        .task("exit", |_, bytes| std::process::exit(i32::from(bytes[0])))
}

fn main() {
    run_if_zygote(registry);
    run(&[
        ("threads_do_not_matter", threads_do_not_matter),
        ("the_building_thread_may_end", the_building_thread_may_end),
        ("two_pools_live_side_by_side", two_pools_live_side_by_side),
        ("a_zygote_that_dies_is_executed_again", a_zygote_that_dies_is_executed_again),
        ("a_task_the_zygote_does_not_know_fails_the_pool", a_task_the_zygote_does_not_know_fails_the_pool),
    ]);
}

fn pool() -> Pool {
    // In another order than the registry's: the names decide.
    let unused = |_: &mut hatchery_core::pool::Context<'_>, _: &[u8]| -> Result<Vec<u8>, TaskError> {
        Err("the host's own function runs nowhere".into())
    };
    let builder = Pool::builder().workers(1..=1).reexecute(true);
    builder.task("exit", unused).task("process", unused).task("echo", unused).build().unwrap()
}

fn threads_do_not_matter() {
    let (release, wait) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || wait.recv());
    let pool = pool();
    assert_eq!(pool.submit("echo", b"hello").unwrap().wait().unwrap(), b"hello");
    let rejection = pool.submit("exit", &[7]).unwrap().wait().unwrap_err();
    let Rejection::Lost(failure) = rejection else { panic!("{rejection:?}") };
    assert_eq!(failure.cause, FailureCause::Exited { code: 7 });
    pool.close();
    release.send(()).unwrap();
    thread.join().unwrap().unwrap();
}

fn the_building_thread_may_end() {
    let pool = std::thread::spawn(pool).join().unwrap();
    let worker = number(&pool.submit("process", &[]).unwrap().wait().unwrap());
    assert_eq!(number(&pool.submit("process", &[]).unwrap().wait().unwrap()), worker);
    pool.close();
    until("the worker is gone", || !is_running(worker));
}

fn two_pools_live_side_by_side() {
    let forked = builder(1).build().unwrap();
    let executed = pool();
    assert_eq!(children(std::process::id()).len(), 2, "two zygotes");
    for pool in [&forked, &executed] {
        assert_eq!(pool.submit("echo", &[1]).unwrap().wait().unwrap(), [1]);
    }
    forked.close();
    assert_eq!(executed.submit("echo", &[2]).unwrap().wait().unwrap(), [2]);
    executed.close();
}

fn a_zygote_that_dies_is_executed_again() {
    let pool = pool();
    let worker = || number(&pool.submit("process", &[]).unwrap().wait().unwrap());
    let first = worker();
    let zygote = children(std::process::id())[0];
    PidFd::open(zygote).unwrap().kill(9).unwrap();
    until("another zygote has taken its place", || {
        let now = children(std::process::id());
        now.len() == 1 && now[0] != zygote
    });
    assert_eq!(worker(), first, "the worker goes on");
    let rejection = pool.submit("exit", &[7]).unwrap().wait().unwrap_err();
    let Rejection::Lost(failure) = rejection else { panic!("{rejection:?}") };
    assert_eq!(failure.cause, FailureCause::Ended, "nobody could tell the exit code");
    assert_ne!(worker(), first);
    pool.close();
}

fn a_task_the_zygote_does_not_know_fails_the_pool() {
    let builder = Pool::builder().workers(1..=1).reexecute(true);
    let pool = builder.task("missing", |_, _| Ok(Vec::new())).build().unwrap();
    // It may fail before or after it is asked.
    let message = match pool.submit("missing", &[]) {
        Ok(future) => future.wait().unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert!(message.contains("missing"), "{message}");
    pool.wait_closed();
}
