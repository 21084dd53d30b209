//! How many workers there are, and that nobody waits for ever.

mod support;

use hatchery_core::Error;
use hatchery_core::pool::{PoolEvent, Priority, ScaleReason, ScalingOptions, TaskFuture, TaskState};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{PATIENCE, builder, run, submit_noted, until};

fn main() {
    run(&[
        ("a_step_starts_and_ends_each_worker_once", a_step_starts_and_ends_each_worker_once),
        ("a_pool_is_resized_while_it_works", a_pool_is_resized_while_it_works),
        ("bounds_that_contradict_are_refused", bounds_that_contradict_are_refused),
        ("waits_below_the_target_start_nothing", waits_below_the_target_start_nothing),
        ("a_low_priority_gets_its_turn", a_low_priority_gets_its_turn),
    ]);
}

/// What a listener has heard.
#[derive(Clone, Default)]
struct Story(Arc<Mutex<Vec<PoolEvent>>>);

impl Story {
    fn listener(&self) -> impl FnMut(PoolEvent) + Send + 'static {
        let story = self.clone();
        move |event| story.0.lock().unwrap().push(event)
    }

    fn count(&self, wanted: impl Fn(&PoolEvent) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| wanted(event)).count()
    }

    fn changes(&self) -> Vec<(usize, usize, ScaleReason)> {
        let events = self.0.lock().unwrap();
        let scaled = events.iter().filter_map(|event| match event {
            PoolEvent::Scaled { from, to, reason } => Some((*from, *to, *reason)),
            _ => None,
        });
        scaled.filter(|(from, to, _)| from != to).collect()
    }
}

fn all_run(futures: &[TaskFuture]) {
    until("all run", || futures.iter().all(|future| future.state() == TaskState::Running));
}

fn a_step_starts_and_ends_each_worker_once() {
    let story = Story::default();
    let pool = builder(1)
        .workers(1..=4)
        .idle_timeout(Duration::from_millis(40))
        .kill_grace(PATIENCE)
        .on_event(story.listener())
        .build()
        .unwrap();
    pool.submit("echo", &[1]).unwrap().wait().unwrap();
    // These keep processors busy, so some workers come only when nothing gets done.
    let busy: Vec<_> = (0..4).map(|_| pool.submit("patient", &[]).unwrap()).collect();
    all_run(&busy);
    assert!(busy.iter().all(TaskFuture::cancel));
    until("three have left", || story.count(|event| matches!(event, PoolEvent::WorkerExited { .. })) == 3);
    assert_eq!(pool.statistics().workers_started, 4);
    let changes = story.changes();
    let mut size = 0;
    for (from, to, _) in &changes {
        assert_eq!(*from, size, "{changes:?}");
        size = *to;
    }
    let idle = changes.iter().filter(|(.., reason)| *reason == ScaleReason::Idle);
    assert_eq!(idle.map(|(from, to, _)| from - to).collect::<Vec<_>>(), [1, 1, 1], "one by one");
    pool.close();
}

fn a_pool_is_resized_while_it_works() {
    let story = Story::default();
    let pool = builder(1).kill_grace(PATIENCE).on_event(story.listener()).build().unwrap();
    let resized = |times| {
        until("it has that size", || {
            story.count(|event| matches!(event, PoolEvent::Resized { .. })) == times
        });
    };
    pool.resize(3..=3).unwrap();
    resized(1);
    assert_eq!(pool.statistics().workers.len(), 3);
    let busy: Vec<_> = (0..3).map(|_| pool.submit("patient", &[]).unwrap()).collect();
    all_run(&busy);
    pool.resize(1..=1).unwrap();
    let waiting = pool.submit("echo", &[7]).unwrap();
    assert_eq!(
        story.count(|event| matches!(event, PoolEvent::WorkerExited { .. })),
        0,
        "nothing is interrupted"
    );
    for future in busy {
        assert!(future.cancel());
    }
    assert_eq!(waiting.wait().unwrap(), [7]);
    resized(2);
    assert_eq!(pool.statistics().workers.len(), 1);
    assert_eq!(pool.statistics().workers_crashed, 0);
    pool.close();
}

fn bounds_that_contradict_are_refused() {
    let pool = builder(1).build().unwrap();
    #[allow(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    let bad = [3..=2, 0..=0, 1..=5000];
    for count in bad {
        assert!(matches!(pool.resize(count), Err(Error::InvalidOption(_))));
    }
    pool.close();
    assert!(matches!(pool.resize(1..=1), Err(Error::PoolClosed)));
}

fn waits_below_the_target_start_nothing() {
    let hour = Duration::from_secs(3600);
    let scaling = ScalingOptions { target_wait: hour, interval: hour, ..Default::default() };
    let pool = builder(1).workers(1..=4).scaling(scaling).build().unwrap();
    pool.submit("echo", &[1]).unwrap().wait().unwrap();
    let futures: Vec<_> = (0..5000).map(|_| pool.submit("echo", &[1]).unwrap()).collect();
    for future in futures {
        future.wait().unwrap();
    }
    assert_eq!(pool.statistics().workers_started, 1);
    pool.close();
}

fn a_low_priority_gets_its_turn() {
    let pool = builder(1).ageing(Duration::ZERO).build().unwrap();
    let order = Arc::new(Mutex::new(String::new()));
    let blocker = pool.submit("patient", &[]).unwrap();
    all_run(std::slice::from_ref(&blocker));
    for (priority, name, count) in [(Priority::Low, 'l', 2), (Priority::High, 'h', 60)] {
        for _ in 0..count {
            submit_noted(&pool, priority, name, &order);
        }
    }
    assert!(blocker.cancel());
    pool.close();
    let high = "h".repeat(16);
    assert!(order.lock().unwrap().starts_with(&format!("{high}l{high}l{high}")), "{}", order.lock().unwrap());
}
