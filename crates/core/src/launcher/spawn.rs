//! Start method `spawn`: one exec'd process a worker.

use super::{Captures, Launcher, LauncherEvent, OutputEnds, StartRequest};
use crate::zygote::protocol::{ControlMessage, MAXIMUM_MESSAGE};
use crate::{Error, Result};
use hatchery_sys::sandbox::forbid_rings;
use hatchery_sys::{EventFd, Output, PidFd, apart, clock, pinned, spawn};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Room in the first message for what is told beside the configuration: numbers, and a path.
const BESIDE_CONFIGURATION: usize = 8 << 10;

/// Where a stream of a program goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Where the host's goes.
    Inherit,
    /// Nowhere.
    Null,
    /// To a pipe that the host reads.
    Pipe,
}

/// What to execute for a worker. Its standard input is its control socket.
#[derive(Clone, Debug)]
pub struct SpawnCommand {
    /// Path of the program.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its environment; `None` = the host's.
    pub environment: Option<Vec<(OsString, OsString)>>,
    /// Where its standard output goes.
    pub stdout: Target,
    /// Where its standard error goes.
    pub stderr: Target,
    /// Whether it never has io_uring, which goes past all that a sandbox forbids: a program that is to be confined later
    /// must not come to rely on it, as libuv does.
    pub without_rings: bool,
}

impl SpawnCommand {
    /// Which streams the host reads.
    pub fn captures(&self) -> Captures {
        Captures { stdout: self.stdout == Target::Pipe, stderr: self.stderr == Target::Pipe }
    }

    /// Starts the program, with pipes for the streams that are read.
    ///
    /// # Errors
    /// It cannot be executed.
    pub fn start(&self, standard_input: OwnedFd, outputs: OutputEnds) -> Result<hatchery_sys::Child> {
        let output = |target, end: Option<OwnedFd>| match (target, end) {
            (Target::Inherit, _) => Output::Inherit,
            (Target::Pipe, Some(end)) => Output::Fd(end),
            _ => Output::Null,
        };
        let start = || {
            spawn(
                &self.program,
                &self.arguments,
                self.environment.as_deref(),
                standard_input,
                output(self.stdout, outputs.stdout),
                output(self.stderr, outputs.stderr),
            )
        };
        if self.without_rings { Ok(apart(|| forbid_rings().and_then(|()| start()))??) } else { Ok(start()?) }
    }
}

/// Executes a process for each worker and reaps it.
pub struct SpawnLauncher {
    command: SpawnCommand,
    configuration: String,
    children: Vec<Child>,
    events: VecDeque<LauncherEvent>,
    /// Readable while `events` holds something.
    pending: EventFd,
    stopping: bool,
}

/// A worker that lives, or has died and is not reaped.
struct Child {
    worker: u32,
    process: u32,
    descriptor: PidFd,
}

impl SpawnLauncher {
    /// A launcher that is ready at once.
    ///
    /// # Errors
    /// The configuration is too long for a message, or no eventfd is to be had.
    pub fn new(command: SpawnCommand, configuration: String) -> Result<SpawnLauncher> {
        if configuration.len() + BESIDE_CONFIGURATION > MAXIMUM_MESSAGE {
            return Err(Error::InvalidOption(format!(
                "the configuration of the workers takes {} bytes; at most {} are possible",
                configuration.len(),
                MAXIMUM_MESSAGE - BESIDE_CONFIGURATION
            )));
        }
        let mut launcher = SpawnLauncher {
            command,
            configuration,
            children: Vec::new(),
            events: VecDeque::new(),
            pending: EventFd::new()?,
            stopping: false,
        };
        launcher.report(LauncherEvent::Ready("{}".into()));
        Ok(launcher)
    }

    fn report(&mut self, event: LauncherEvent) {
        self.events.push_back(event);
        // Cannot fail: the counter is far from its limit.
        let _ = self.pending.notify();
    }
}

impl Launcher for SpawnLauncher {
    fn method(&self) -> &'static str {
        "spawn"
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.pending.as_fd()]
    }

    fn captures(&self) -> Captures {
        self.command.captures()
    }

    fn start(&mut self, request: StartRequest<'_>) -> Result<()> {
        if self.stopping {
            return Err(Error::StartFailed("the pool is ending".into()));
        }
        let conditions = request.conditions;
        // What it confines itself to later would not hold for the threads that it has by then.
        let confined = conditions.sandbox.binds_threads();
        let attach = ControlMessage::Attach {
            worker: request.worker,
            conditions: if confined { conditions.of_born_confined() } else { conditions.clone() },
            configuration: self.configuration.clone(),
        };
        let descriptors =
            [request.lane, request.submission_event, request.completion_event, request.lifeline];
        request.host_control.send(&attach.encode(), &descriptors)?;
        let standard_input = request.control.into();
        let outputs = request.outputs;
        let start = || self.command.start(standard_input, outputs);
        let child = pinned(request.processors, || {
            if !confined {
                return start();
            }
            let confine_and_start = || {
                let confine = conditions.sandbox.confine_thread();
                confine
                    .map_err(|(option, error)| Error::StartFailed(format!("the option {option}: {error}")))?;
                start()
            };
            apart(confine_and_start)?
        })??;
        let assigned = if confined { conditions.assign(Some(child.pid)) } else { Ok(()) };
        let kept = assigned.and_then(|()| {
            let kept = child.pidfd.as_fd().try_clone_to_owned();
            kept.map_err(|error| Error::StartFailed(format!("descriptor of a worker: {error}")))
        });
        let kept = kept.inspect_err(|_| end(&child.pidfd))?;
        self.children.push(Child {
            worker: request.worker,
            process: child.pid,
            descriptor: PidFd::from(kept),
        });
        self.report(LauncherEvent::Started {
            worker: request.worker,
            process: child.pid,
            descriptor: child.pidfd,
        });
        Ok(())
    }

    fn poll(&mut self) -> Result<Option<LauncherEvent>> {
        self.pending.drain()?;
        if let Some(event) = self.events.pop_front() {
            if !self.events.is_empty() {
                let _ = self.pending.notify();
            }
            return Ok(Some(event));
        }
        for at in 0..self.children.len() {
            let child = &self.children[at];
            if !child.descriptor.has_ended()? {
                continue;
            }
            // While it can still be asked for: reaping forgets it.
            let processor = clock::processor_nanoseconds(child.process).unwrap_or(0);
            if let Some(exit) = child.descriptor.ended()? {
                let worker = self.children.swap_remove(at).worker;
                return Ok(Some(LauncherEvent::Exited { worker, exit, processor }));
            }
        }
        Ok(None)
    }

    fn shut_down(&mut self) {
        self.stopping = true;
    }

    fn kill(&mut self) {}

    fn is_finished(&self) -> bool {
        self.children.is_empty()
    }
}

impl Drop for SpawnLauncher {
    fn drop(&mut self) {
        for Child { descriptor: child, .. } in &self.children {
            end(child);
        }
    }
}

/// Kills a child and reaps it, so that no zombie stays behind.
fn end(child: &PidFd) {
    let _ = child.kill(9);
    let _ = hatchery_sys::descriptor::wait_readable(&[child.as_fd()], None);
    let _ = child.wait_with_group();
}
