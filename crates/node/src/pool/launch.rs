//! Where the workers come from: the zygote's and the workers' command lines.

use super::options::NativePoolOptions;
use crate::error::{from_system, invalid};
use hatchery_core::launcher::{
    FallbackLauncher, ForkLauncher, LauncherFactory, SpawnCommand, SpawnLauncher, Target, pipes,
};
use hatchery_sys::{MemFd, PidFd, SeqPacket, process};
use std::env;
use std::ffi::OsString;
use std::sync::Arc;

/// Keep V8 and the platform from starting threads, of which a forked child would miss all. Both are needed.
const SINGLE_THREADED: [&str; 2] = ["--single-threaded", "--v8-pool-size=0"];

/// What starts zygotes and workers, for as often as that has to be done.
struct Commands {
    zygote: SpawnCommand,
    worker: SpawnCommand,
    /// JSON for both.
    configuration: String,
}

/// Makes launchers for the start method asked for.
pub(super) fn factory(options: &NativePoolOptions) -> napi::Result<LauncherFactory> {
    probe().map_err(from_system)?;
    let commands = Commands {
        zygote: command(options, &SINGLE_THREADED, &options.zygote_path),
        worker: command(options, &[], &options.worker_path),
        configuration: options.config.clone(),
    };
    match options.start_method.as_str() {
        "fork" => Ok(Arc::new(move || Ok(Box::new(commands.fork()?)))),
        "spawn" => Ok(Arc::new(move || Ok(Box::new(commands.spawn()?)))),
        "auto" => Ok(Arc::new(move || {
            Ok(Box::new(FallbackLauncher::new(Box::new(commands.fork()?), Box::new(commands.spawn()?))))
        })),
        other => Err(invalid(format!("no start method {other:?}"))),
    }
}

/// Tries what every pool needs and an old kernel or a strict sandbox may refuse, so that the caller is told here
/// and not by a pool that fails later.
fn probe() -> hatchery_sys::Result<()> {
    MemFd::create("hatchery-probe", 0)?.seal_size()?;
    PidFd::open(process::id()).map(drop)
}

impl Commands {
    fn fork(&self) -> hatchery_core::Result<ForkLauncher> {
        let (ours, theirs) = SeqPacket::pair()?;
        let captures = self.zygote.captures();
        let (outputs, ends) = pipes(captures)?;
        let zygote = self.zygote.start(theirs.into(), ends)?;
        let launcher = ForkLauncher::new(ours, zygote.pidfd, Some(self.configuration.clone()))?;
        Ok(launcher.capturing(captures, outputs))
    }

    fn spawn(&self) -> hatchery_core::Result<SpawnLauncher> {
        SpawnLauncher::new(self.worker.clone(), self.configuration.clone())
    }
}

fn command(options: &NativePoolOptions, first: &[&str], main: &str) -> SpawnCommand {
    let mut arguments: Vec<OsString> = first.iter().map(OsString::from).collect();
    arguments.extend(options.exec_argv.iter().map(OsString::from));
    arguments.push(main.into());
    SpawnCommand {
        program: (&options.node_path).into(),
        arguments,
        environment: environment(options),
        stdout: target(&options.stdout),
        stderr: target(&options.stderr),
        without_rings: !options.sandbox.sandbox().is_open(),
    }
}

fn target(word: &str) -> Target {
    match word {
        "inherit" => Target::Inherit,
        "pipe" => Target::Pipe,
        _ => Target::Null,
    }
}

/// The environment of zygote and workers; none if it is the host's as it stands. A debugger that the host was
/// started with is the host's alone: it would hold the port, and be a thread in the zygote.
fn environment(options: &NativePoolOptions) -> Option<Vec<(OsString, OsString)>> {
    const NODE_OPTIONS: &str = "NODE_OPTIONS";
    let mut variables: Vec<(OsString, OsString)> = match &options.env {
        Some(given) => given.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        None => {
            env::var_os(NODE_OPTIONS)?;
            env::vars_os().collect()
        }
    };
    for (_, value) in variables.iter_mut().filter(|(name, _)| name == NODE_OPTIONS) {
        *value = without_debugger(&value.to_string_lossy()).into();
    }
    Some(variables)
}

fn without_debugger(node_options: &str) -> String {
    let mut kept = Vec::new();
    let mut skip_value = false;
    for option in node_options.split_whitespace() {
        if std::mem::take(&mut skip_value) && !option.starts_with('-') {
            continue;
        }
        if option.starts_with("--inspect") || option.starts_with("--debug") {
            skip_value = option == "--inspect-port" || option == "--debug-port";
        } else {
            kept.push(option);
        }
    }
    kept.join(" ")
}
