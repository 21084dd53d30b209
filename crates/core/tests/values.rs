//! What goes in and what comes out.

mod support;

use hatchery_core::pool::{Rejection, TaskOptions};
use std::sync::mpsc;
use support::{builder, run};

fn main() {
    run(&[
        ("payloads_of_every_size_come_back_as_they_went", payloads_of_every_size_come_back_as_they_went),
        ("many_large_payloads_at_once_outgrow_the_arena", many_large_payloads_at_once_outgrow_the_arena),
        ("an_error_arrives_with_its_message", an_error_arrives_with_its_message),
        ("a_panic_fails_its_task_and_spares_the_worker", a_panic_fails_its_task_and_spares_the_worker),
        ("an_unknown_task_is_refused_at_the_call", an_unknown_task_is_refused_at_the_call),
        ("progress_arrives_in_order_before_the_result", progress_arrives_in_order_before_the_result),
        ("bad_options_are_named", bad_options_are_named),
    ]);
}

/// Bytes that differ from place to place and from length to length.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 + length) as u8).collect()
}

fn payloads_of_every_size_come_back_as_they_went() {
    let pool = builder(2).build().unwrap();
    let mebibyte = 1 << 20;
    let sizes = [
        0,
        1,
        7,
        8,
        47,
        48,
        87,
        88,
        89,
        1 << 10,
        1088,
        1089,
        4095,
        4096,
        4097,
        8 << 10,
        70_000,
        mebibyte,
        mebibyte + 4096,
        mebibyte + 4097,
        20 * mebibyte,
    ];
    let futures: Vec<_> = sizes.iter().map(|size| pool.submit("echo", &pattern(*size)).unwrap()).collect();
    for (size, future) in sizes.iter().zip(futures) {
        assert!(future.wait().unwrap() == pattern(*size), "{size} bytes");
    }
    for size in sizes {
        let outcome = pool.submit_sync("echo", &pattern(size), TaskOptions::default());
        assert!(outcome.unwrap() == pattern(size), "{size} bytes");
    }
    pool.close();
}

fn many_large_payloads_at_once_outgrow_the_arena() {
    let pool = builder(2).build().unwrap();
    let futures: Vec<_> = (0..60).map(|at| pool.submit("echo", &pattern(1_000_000 + at)).unwrap()).collect();
    for (at, future) in futures.into_iter().enumerate() {
        assert!(future.wait().unwrap() == pattern(1_000_000 + at), "payload {at}");
    }
    pool.close();
}

fn an_error_arrives_with_its_message() {
    let pool = builder(1).build().unwrap();
    for message in ["short".to_owned(), "long ".repeat(1000)] {
        let rejection = pool.submit("fail", message.as_bytes()).unwrap().wait().unwrap_err();
        let Rejection::Threw(error) = rejection else { panic!("{rejection:?}") };
        assert_eq!(error.message(), message);
        assert!(!error.is_panic());
    }
    pool.close();
}

fn a_panic_fails_its_task_and_spares_the_worker() {
    let pool = builder(1).build().unwrap();
    let before = pool.submit("worker", &[]).unwrap().wait().unwrap();
    let rejection = pool.submit("panic", &[]).unwrap().wait().unwrap_err();
    assert!(matches!(&rejection, Rejection::Threw(error) if error.is_panic()), "{rejection:?}");
    assert_eq!(rejection.to_string(), "the task panicked: on purpose");
    assert_eq!(pool.submit("worker", &[]).unwrap().wait().unwrap(), before);
    pool.close();
}

fn an_unknown_task_is_refused_at_the_call() {
    let pool = builder(1).build().unwrap();
    let error = pool.submit("nothing", &[]).unwrap_err();
    assert_eq!(error.code(), "ERR_HATCHERY_TASK_UNKNOWN");
    let rejection = pool.submit_sync("nothing", &[], TaskOptions::default()).unwrap_err();
    assert!(matches!(rejection, Rejection::Refused(_)));
    pool.close();
}

fn progress_arrives_in_order_before_the_result() {
    let steps = |context: &mut hatchery_core::pool::Context<'_>, bytes: &[u8]| {
        for step in 0..bytes[0] {
            // Some inline, some in the arena.
            context.progress(&vec![step; usize::from(step) * 5]).map_err(|error| error.to_string())?;
        }
        Ok(b"done".to_vec())
    };
    let pool = builder(1).task("steps", steps).build().unwrap();
    let (sender, receiver) = mpsc::channel();
    let on_progress = Some(Box::new(move |value| sender.send(value).unwrap()) as _);
    let future = pool.submit_with("steps", &[100], TaskOptions { on_progress, ..Default::default() });
    assert_eq!(future.unwrap().wait().unwrap(), b"done");
    let heard: Vec<Vec<u8>> = receiver.try_iter().collect();
    let expected: Vec<Vec<u8>> = (0..100).map(|step| vec![step; usize::from(step) * 5]).collect();
    assert_eq!(heard, expected);
    pool.close();
}

fn bad_options_are_named() {
    let invalid = |builder: hatchery_core::pool::Builder, word: &str| {
        let error = builder.build().unwrap_err();
        assert_eq!(error.code(), "ERR_HATCHERY_INVALID_OPTION");
        assert!(error.to_string().contains(word), "{error}");
    };
    invalid(builder(0), "maximum_workers");
    invalid(hatchery_core::pool::Pool::builder().workers(1..=1), "at least one task");
    invalid(builder(1).task("echo", |_, _| Ok(Vec::new())), "echo");
}
