//! What the tests of the pool share: a runner that stays on the main thread, waiting for conditions, and a
//! look at the processes of the system.
#![allow(dead_code, reason = "each test program uses a part")]

use hatchery_core::driver::{Begun, Driver, Payload, PoolEvent, Sink};
use hatchery_core::launcher::ForkLauncher;
use hatchery_core::pool::{Builder, Pool, Priority, TaskError, TaskOptions};
use hatchery_core::task::TaskFailure;
use hatchery_core::zygote::{ServeOutcome, WorkerAttachment, Zygote};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{PidFd, SeqPacket, descriptor};
use std::fs;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Far more than anything here takes on a loaded machine; only a hang gets there.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What has panicked since it was last asked, in this process.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Runs the cases whose names hold the first argument that is no option; ends the process with 1 if one fails.
pub fn run(cases: &[(&str, fn())]) {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let mut failures = Vec::new();
    let chosen: Vec<_> = cases.iter().filter(|(name, _)| name.contains(&filter)).collect();
    remember_panics();
    println!("\nrunning {} tests", chosen.len());
    for (name, case) in &chosen {
        let start = Instant::now();
        let outcome = catch_unwind(case);
        // Every case leaves the process as it found it, or the next one could not fork.
        let alone = catch_unwind(|| until("the case's threads and processes are gone", is_alone));
        let passed = outcome.is_ok() && alone.is_ok();
        let word = if passed { "ok" } else { "FAILED" };
        println!("test {name} ... {word} ({} ms)", start.elapsed().as_millis());
        let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
        if !passed {
            failures.push((name, panics));
        }
    }
    // As cargo's own harness ends, so that whoever counts and looks for failures finds these too.
    if !failures.is_empty() {
        println!("\nfailures:\n");
        for (name, panics) in &failures {
            println!("---- {name} stdout ----\n{}\n", panics.join("\n"));
        }
        println!("\nfailures:");
        failures.iter().for_each(|(name, _)| println!("    {name}"));
    }
    let (verdict, failed) = (if failures.is_empty() { "ok" } else { "FAILED" }, failures.len());
    println!("\ntest result: {verdict}. {} passed; {failed} failed; 0 ignored", chosen.len() - failed);
    if failed > 0 {
        std::process::exit(1);
    }
}

/// Keeps what panics say beside printing it as ever; workers that are forked keep theirs to themselves.
fn remember_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
    }));
}

fn is_alone() -> bool {
    children(std::process::id()).is_empty()
        && hatchery_sys::process::threads().is_ok_and(|threads| threads.len() == 1)
}

/// Waits until `condition` holds.
pub fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// A pool of `workers` with the tasks most tests use.
pub fn builder(workers: usize) -> Builder {
    Pool::builder()
        .workers(workers..=workers)
        .task("echo", |_, bytes| Ok(bytes.to_vec()))
        .task("worker", |context, _| Ok(context.worker().to_le_bytes().to_vec()))
        .task("attempt", |context, _| Ok(vec![context.attempt() as u8]))
        .task("process", |_, _| Ok(std::process::id().to_le_bytes().to_vec()))
        .task("fail", |_, bytes| Err(TaskError::new(String::from_utf8_lossy(bytes))))
        .task("panic", |_, _| panic!("on purpose"))
        .task("exit", |_, bytes| std::process::exit(i32::from(bytes[0])))
        .task("kill", |_, bytes| {
            hatchery_sys::process::kill_self(i32::from(bytes[0])).map_err(|error| error.to_string())?;
            unreachable!("the signal is deadly")
        })
        // Says that it runs, then never ends.
        .task("hang", |context, _| {
            context.progress(b"running").map_err(|error| error.to_string())?;
            loop {
                std::hint::spin_loop();
            }
        })
        // Says that it runs, then ends when it is asked to.
        .task("patient", |context, _| {
            context.progress(b"running").map_err(|error| error.to_string())?;
            while !context.is_cancelled() {}
            Ok(b"stopped".to_vec())
        })
}

/// A zygote whose workers do this, for a driver without a pool.
pub fn launcher(work: fn(WorkerAttachment) -> hatchery_core::Result<()>) -> ForkLauncher {
    let (socket, theirs) = SeqPacket::pair().unwrap();
    match process::fork().unwrap() {
        Fork::Child => {
            drop(socket);
            let serve = |zygote: Zygote| {
                zygote.announce_ready("{}")?;
                match zygote.serve()? {
                    ServeOutcome::Ended => Ok(()),
                    ServeOutcome::Child(attachment) => work(*attachment),
                }
            };
            process::exit_now(i32::from(Zygote::new(theirs).and_then(serve).is_err()))
        }
        Fork::Parent { pid } => {
            drop(theirs);
            ForkLauncher::new(socket, PidFd::open(pid).unwrap(), None).unwrap()
        }
    }
}

/// What a driver without a pool has told.
#[derive(Default)]
pub struct Heard {
    /// No room for results.
    pub full: bool,
    /// Workers that have got ready.
    pub ready: usize,
    pub begun: Vec<Begun>,
    /// Tickets and results.
    pub completed: Vec<(u64, Vec<u8>)>,
    /// How often tasks have reported progress.
    pub progress: usize,
    pub failures: Vec<(u64, TaskFailure)>,
    pub closed: bool,
}

impl Sink for Heard {
    fn has_room(&self) -> bool {
        !self.full
    }
    fn mentioned(&mut self, _segment: u32) {}
    fn completed(&mut self, ticket: u64, payload: Payload<'_>) {
        self.completed.push((ticket, payload.into_vec()));
    }
    fn failed(&mut self, _ticket: u64, _payload: Payload<'_>) {}
    fn progress(&mut self, _ticket: u64, _payload: Payload<'_>) {
        self.progress += 1;
    }
    fn begun(&mut self, _ticket: u64, begun: &Begun) {
        self.begun.push(*begun);
    }
    fn settled(&mut self, ticket: u64, failure: &TaskFailure) {
        self.failures.push((ticket, failure.clone()));
    }
    fn event(&mut self, event: PoolEvent) {
        self.ready += usize::from(matches!(event, PoolEvent::WorkerReady { .. }));
        self.closed |= matches!(event, PoolEvent::Closed);
    }
}

/// Turns whenever the host is woken, and no more often.
pub fn turn_until(driver: &mut Driver, heard: &mut Heard, condition: impl Fn(&Heard) -> bool) {
    let mut more = false;
    while !condition(heard) {
        let woken = more || descriptor::wait_readable(&[driver.epoll()], Some(PATIENCE)).unwrap()[0];
        assert!(woken, "nobody has woken the host");
        more = driver.turn(heard, Some(Duration::ZERO)).unwrap();
    }
}

/// Closes the driver and waits for the end of its processes.
pub fn close(mut driver: Driver, heard: &mut Heard) {
    driver.close();
    turn_until(&mut driver, heard, |heard| heard.closed);
}

/// Submits a task of this priority that adds `name` to `order` when it has ended.
pub fn submit_noted(pool: &Pool, priority: Priority, name: char, order: &Arc<Mutex<String>>) {
    let order = Arc::clone(order);
    let options = TaskOptions { priority, ..Default::default() };
    let future = pool.submit_with("echo", &[], options).unwrap();
    future.on_complete(move |_| order.lock().unwrap().push(name));
}

/// A number from a result.
pub fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}

/// Numbers of the living (or unreaped) processes whose parent is `parent`.
pub fn children(parent: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("proc is mounted").flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if fields(process).is_some_and(|(_, of)| of == parent) {
            found.push(process);
        }
    }
    found
}

/// Whether a process runs: it exists, and is not dead and merely unreaped.
pub fn is_running(process: u32) -> bool {
    fields(process).is_some_and(|(state, _)| state != 'Z')
}

/// What a process does, as the kernel abbreviates it: `R` runs, `S` sleeps.
pub fn state(process: u32) -> Option<char> {
    fields(process).map(|(state, _)| state)
}

/// State and parent.
fn fields(process: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let mut words = text[text.rfind(')')? + 1..].split_ascii_whitespace();
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}
