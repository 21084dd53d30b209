//! On which processors the workers of a pool find themselves.

mod support;

use hatchery_core::Error;
use hatchery_core::pool::{Affinity, Context, Pool, TaskError, TaskOptions};
use hatchery_sys::{PidFd, cpu};
use std::collections::BTreeMap;
use std::fs;
use std::sync::mpsc;
use support::{PATIENCE, until};

fn main() {
    support::run(&[
        ("workers_run_on_their_lists", workers_run_on_their_lists),
        ("spread_gives_each_a_processor", spread_gives_each_a_processor),
        ("without_affinity_nothing_changes", without_affinity_nothing_changes),
        ("threads_of_a_worker_stay_with_it", threads_of_a_worker_stay_with_it),
        ("what_cannot_be_is_refused", what_cannot_be_is_refused),
    ]);
}

/// Says who and where it is, then keeps its worker until it is asked to stop.
fn look(context: &mut Context<'_>, _: &[u8]) -> Result<Vec<u8>, TaskError> {
    let found = format!("{} {}", std::process::id(), processors("/proc/thread-self/status"));
    context.progress(found.as_bytes()).map_err(|error| error.to_string())?;
    while !context.is_cancelled() {
        std::thread::yield_now();
    }
    Ok(Vec::new())
}

/// Has a thread of its own look around.
fn look_from_thread(_: &mut Context<'_>, _: &[u8]) -> Result<Vec<u8>, TaskError> {
    let found = std::thread::spawn(|| processors("/proc/thread-self/status")).join();
    Ok(found.map_err(|_| "the thread failed")?.into_bytes())
}

fn processors(status: &str) -> String {
    let text = fs::read_to_string(status).unwrap();
    text.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim().to_owned()
}

fn pool(affinity: Affinity) -> Pool {
    let builder = Pool::builder().workers(2..=2).affinity(affinity);
    builder.task("look", look).task("look_from_thread", look_from_thread).build().unwrap()
}

/// Processors of both workers by their process ids, as they say themselves.
fn sites(pool: &Pool) -> BTreeMap<u32, String> {
    let (sender, receiver) = mpsc::channel();
    let looks: Vec<_> = (0..2)
        .map(|_| {
            let sender = sender.clone();
            let on_progress = Some(Box::new(move |found: Vec<u8>| sender.send(found).unwrap()) as _);
            pool.submit_with("look", &[], TaskOptions { on_progress, ..TaskOptions::default() }).unwrap()
        })
        .collect();
    let found = (0..2).map(|_| {
        let found = String::from_utf8(receiver.recv_timeout(PATIENCE).unwrap()).unwrap();
        let (process, processors) = found.split_once(' ').unwrap();
        (process.parse().unwrap(), processors.to_owned())
    });
    let sites = found.collect();
    looks.iter().for_each(|look| assert!(look.cancel()));
    sites
}

/// Two processors, or twice the one there is.
fn two() -> [u32; 2] {
    let allowed = cpu::allowed().unwrap();
    [allowed[0], *allowed.get(1).unwrap_or(&allowed[0])]
}

fn sorted<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut texts: Vec<_> = texts.cloned().collect();
    texts.sort();
    texts
}

fn workers_run_on_their_lists() {
    let [first, second] = two();
    let pool = pool(Affinity::Lists(vec![vec![first], vec![second]]));
    let mut expected = vec![first.to_string(), second.to_string()];
    expected.sort();
    for victim in [second, first, second] {
        let found = sites(&pool);
        assert_eq!(sorted(found.values()), expected);
        let on_it = found.iter().find(|(_, processors)| **processors == victim.to_string());
        let victim = *on_it.unwrap().0;
        PidFd::open(victim).unwrap().kill(9).unwrap();
        until("it is replaced", || {
            let workers = pool.statistics().workers;
            workers.len() == 2 && workers.iter().all(|worker| worker.process != victim)
        });
    }
    assert_eq!(sorted(sites(&pool).values()), expected);
    pool.close();
}

fn spread_gives_each_a_processor() {
    let pool = pool(Affinity::Spread);
    let allowed = cpu::allowed().unwrap();
    let found = sites(&pool);
    for processors in found.values() {
        assert!(allowed.contains(&processors.parse().unwrap()), "{processors}");
    }
    let mut distinct = sorted(found.values());
    distinct.dedup();
    assert_eq!(distinct.len(), allowed.len().min(2));
    pool.close();
}

fn without_affinity_nothing_changes() {
    let own = processors("/proc/self/status");
    let pool = pool(Affinity::None);
    assert!(sites(&pool).values().all(|processors| *processors == own));
    pool.close();
}

fn threads_of_a_worker_stay_with_it() {
    let [_, second] = two();
    let pool = pool(Affinity::Lists(vec![vec![second]]));
    let found = pool.submit("look_from_thread", &[]).unwrap().wait().unwrap();
    assert_eq!(String::from_utf8(found).unwrap(), second.to_string());
    pool.close();
}

fn what_cannot_be_is_refused() {
    let [first, _] = two();
    for (lists, said) in [
        (vec![], "at least one list"),
        (vec![vec![first], vec![]], "affinity[1] must name"),
        (vec![vec![first, 60_000]], "affinity[0] names processor 60000"),
    ] {
        let error = Pool::builder().affinity(Affinity::Lists(lists)).build().unwrap_err();
        assert_eq!(error.code(), "ERR_HATCHERY_INVALID_OPTION");
        assert!(matches!(&error, Error::InvalidOption(text) if text.contains(said)), "{error}");
    }
}
