//! Where the workers of a Rust program come from: a fork of the program before it has threads, or the program
//! executed once more.

use crate::launcher::{Captures, ForkLauncher, SpawnCommand, Target, pipes};
use crate::worker::{self, Registry};
use crate::zygote::{ServeOutcome, Zygote};
use crate::{Error, Result};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{PidFd, SeqPacket, Signal, SignalFd};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// First argument of a program executed as a zygote. Not a variable of the environment: that would be
/// handed on to what tasks execute.
const MARKER: &str = "--hatchery-zygote";

/// Signals that a pool with `handle_signals` takes.
pub(super) const SIGNALS: [Signal; 2] = [Signal::SIGTERM, Signal::SIGINT];

/// Configuration of an executed zygote.
#[derive(serde::Serialize, serde::Deserialize)]
struct Configuration {
    names: Vec<String>,
    signals: bool,
}

/// Forks this process into a zygote that knows `registry`. Must be called before threads exist.
pub(super) fn fork(registry: Registry, signals: bool, captures: Captures) -> Result<ForkLauncher> {
    let threads = process::threads()?;
    if threads.len() > 1 {
        let names: Vec<_> = threads.into_iter().map(|thread| thread.name).collect();
        return Err(Error::MultiThreaded { threads: names.len(), names: names.join(", ") });
    }
    let (ours, theirs) = SeqPacket::pair()?;
    // What is buffered would be written once more by the child. A stream that cannot be flushed keeps nothing.
    let _ = std::io::stdout().flush();
    match process::fork()? {
        Fork::Child => {
            drop(ours);
            be_zygote(|| {
                let zygote = Zygote::new(theirs)?;
                zygote.announce_ready("{}")?;
                serve(zygote, &registry, signals)
            })
        }
        Fork::Parent { pid } => {
            drop(theirs);
            // What the zygote itself prints goes where this program's output goes, of which it is a part.
            Ok(ForkLauncher::new(ours, PidFd::open(pid)?, None)?.capturing(captures, Vec::new()))
        }
    }
}

/// Executes this program as a zygote.
pub(super) fn execute(names: Vec<String>, signals: bool, captures: Captures) -> Result<ForkLauncher> {
    let (ours, theirs) = SeqPacket::pair()?;
    let command = SpawnCommand {
        program: "/proc/self/exe".into(),
        arguments: vec![MARKER.into()],
        environment: None,
        stdout: target(captures.stdout),
        stderr: target(captures.stderr),
        without_rings: false,
    };
    let (outputs, ends) = pipes(captures)?;
    let zygote = command.start(theirs.into(), ends)?;
    let configuration = serde_json::to_string(&Configuration { names, signals })
        .map_err(|error| Error::InvalidOption(format!("the names of the tasks: {error}")))?;
    Ok(ForkLauncher::new(ours, zygote.pidfd, Some(configuration))?.capturing(captures, outputs))
}

fn target(captured: bool) -> Target {
    if captured { Target::Pipe } else { Target::Inherit }
}

/// For programs whose pools [`reexecute`](super::Builder::reexecute): call it first thing in `main`. In a
/// zygote it serves and never returns; else it returns at once, and `registry` is not called.
///
/// `registry` must know all tasks of all pools the program builds; the names decide which are meant.
pub fn run_if_zygote(registry: impl FnOnce() -> Registry) {
    if std::env::args_os().nth(1).is_none_or(|argument| argument != MARKER) {
        return;
    }
    be_zygote(|| {
        let zygote = Zygote::from_standard_input()?;
        match prepare(&zygote, registry()) {
            Ok((registry, signals)) => {
                zygote.announce_ready("{}")?;
                serve(zygote, &registry, signals)
            }
            Err(error) => {
                let failure = serde_json::json!({ "code": error.code(), "message": error.to_string() });
                zygote.announce_failure(&failure.to_string())
            }
        }
    })
}

fn prepare(zygote: &Zygote, registry: Registry) -> Result<(Registry, bool)> {
    let configuration: Configuration = serde_json::from_str(&zygote.receive_configuration()?)
        .map_err(|error| Error::Protocol(format!("configuration of the zygote: {error}")))?;
    let threads = process::threads()?;
    if threads.len() > 1 {
        let names: Vec<_> = threads.into_iter().map(|thread| thread.name).collect();
        return Err(Error::MultiThreaded { threads: names.len(), names: names.join(", ") });
    }
    Ok((registry.in_order_of(&configuration.names)?, configuration.signals))
}

/// Forks workers until the host wants no more; in each worker, runs tasks.
fn serve(zygote: Zygote, registry: &Registry, signals: bool) -> Result<()> {
    match zygote.serve()? {
        ServeOutcome::Ended => Ok(()),
        ServeOutcome::Child(attachment) => {
            // A terminal sends its interrupt to every process of the group; what it means is the host's decision.
            let _blocked = signals.then(|| SignalFd::new(&SIGNALS)).transpose()?;
            worker::run(*attachment, registry)
        }
    }
}

/// Runs a zygote or one of its workers to its end; nothing of the program that was forked goes on in it.
fn be_zygote(body: impl FnOnce() -> Result<()>) -> ! {
    // The name is what `ps` shows; a worker gives itself another.
    let _ = process::set_process_name("hatchery-zygote");
    let code = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            eprintln!("hatchery: process {} ends: {error}", process::id());
            1
        }
        Err(_) => 101,
    };
    let _ = std::io::stdout().flush();
    process::exit_now(code)
}
