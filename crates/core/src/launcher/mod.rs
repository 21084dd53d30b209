//! How the driver gets worker processes: by fork from a zygote, or by exec of one process a worker.

mod fallback;
mod fork;
mod spawn;

pub use fallback::FallbackLauncher;
pub use fork::ForkLauncher;
pub use spawn::{SpawnCommand, SpawnLauncher, Target};

use crate::Result;
use crate::zygote::Conditions;
use hatchery_sys::{Exit, PidFd, PipeReader, SeqPacket};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

/// One of the two streams that a process writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    /// `stdout` or `stderr`.
    pub fn as_str(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

/// Which streams of the workers the host reads; the others go where those of the launcher go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Captures {
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

impl Captures {
    /// The streams that are read.
    pub fn streams(self) -> impl Iterator<Item = Stream> {
        let [stdout, stderr] = [self.stdout.then_some(Stream::Stdout), self.stderr.then_some(Stream::Stderr)];
        stdout.into_iter().chain(stderr)
    }
}

/// The ends of pipes that a worker writes to; its other streams are not read.
#[derive(Debug, Default)]
pub struct OutputEnds {
    /// In the place of its standard output.
    pub stdout: Option<OwnedFd>,
    /// In the place of its standard error.
    pub stderr: Option<OwnedFd>,
}

/// Pipes for the streams of a process that the host reads: its ends, and those of the process.
///
/// # Errors
/// The kernel has none left.
pub fn pipes(captures: Captures) -> Result<(Vec<(Stream, PipeReader)>, OutputEnds)> {
    let (mut readers, mut ends) = (Vec::new(), OutputEnds::default());
    for stream in captures.streams() {
        let (reader, end) = PipeReader::new()?;
        readers.push((stream, reader));
        match stream {
            Stream::Stdout => ends.stdout = Some(end),
            Stream::Stderr => ends.stderr = Some(end),
        }
    }
    Ok((readers, ends))
}

/// What a new worker receives.
#[derive(Debug)]
pub struct StartRequest<'a> {
    /// The driver's number for the worker; unique in the pool, never reused.
    pub worker: u32,
    /// Processors it shall run on, with all its threads; none: those of the host.
    pub processors: &'a [u32],
    /// What else it shall run under.
    pub conditions: &'a Conditions,
    /// Memory of its lane.
    pub lane: BorrowedFd<'a>,
    /// Written by the host when it published to a parked worker.
    pub submission_event: BorrowedFd<'a>,
    /// Written by the worker when it published to a parked host.
    pub completion_event: BorrowedFd<'a>,
    /// The worker's end of its control socket.
    pub control: SeqPacket,
    /// The host's end of it, where a launcher leaves a first message (`attach`, with the spawn method).
    pub host_control: &'a SeqPacket,
    /// Read end of the pipe whose write end only the host holds.
    pub lifeline: BorrowedFd<'a>,
    /// For what it prints, if the host reads that: what [`Launcher::captures`] says, and no other.
    pub outputs: OutputEnds,
}

/// What a launcher reports.
#[derive(Debug)]
pub enum LauncherEvent {
    /// Workers can be started. JSON details for observers.
    Ready(String),
    /// The start method changed, for the reason given (JSON error); `Ready` follows. Descriptors are others now.
    Degraded(String),
    /// The launcher cannot start workers and will not recover. JSON error (`code`, `message`, ...).
    Failed(String),
    /// A worker process exists.
    Started {
        /// Number from the request.
        worker: u32,
        /// Its process id.
        process: u32,
        /// For killing it and watching it die.
        descriptor: PidFd,
    },
    /// The process of a worker could not be created, or not be taken up: then it is being killed.
    StartFailed {
        /// Number from the request.
        worker: u32,
        /// errno of the failed call.
        errno: i32,
    },
    /// A worker process has died and was reaped.
    Exited {
        /// Number from the request.
        worker: u32,
        /// How it died.
        exit: Exit,
        /// Nanoseconds of processor time that it has used.
        processor: u64,
    },
    /// The zygote itself has died and was reaped; the launcher starts no more workers. Those that live go on, and nobody
    /// will report their ends; some that were just being forked may still report that they are there.
    ZygoteExited(Exit),
    /// After that: nobody is left who could speak. Workers that were asked for and not heard of never came to be.
    Silent,
}

/// Makes launchers, one after the other: the next when a zygote has died, or for other code.
pub type LauncherFactory = Arc<dyn Fn() -> Result<Box<dyn Launcher>> + Send + Sync>;

/// A source of worker processes. All methods are non-blocking.
pub trait Launcher: Send {
    /// `fork` or `spawn`.
    fn method(&self) -> &'static str;
    /// Descriptors the driver watches (level-triggered) and answers by calling [`poll`](Launcher::poll).
    fn descriptors(&self) -> Vec<BorrowedFd<'_>>;
    /// Whether a worker is there in a moment once it is asked for, so that tasks need not wait in the queue for it.
    fn is_quick(&self) -> bool {
        false
    }
    /// Which streams of the workers that it starts the host is to read.
    fn captures(&self) -> Captures {
        Captures::default()
    }
    /// What the zygote itself prints; handed over once.
    fn take_outputs(&mut self) -> Vec<(Stream, PipeReader)> {
        Vec::new()
    }
    /// Asks for a worker; the answer comes as an event.
    ///
    /// # Errors
    /// The process could not be requested; no event will follow.
    fn start(&mut self, request: StartRequest<'_>) -> Result<()>;
    /// Next event, or `None`. Called when a descriptor is readable and when the pidfd of a worker is.
    ///
    /// # Errors
    /// The launcher is broken (protocol violation); it starts no more workers.
    fn poll(&mut self) -> Result<Option<LauncherEvent>>;
    /// Begins an orderly end: no more starts; the zygote leaves once told. Workers are the driver's to end.
    fn shut_down(&mut self);
    /// Kills the zygote, if there is one, and waits for nobody's word any more.
    fn kill(&mut self);
    /// Whether everything the launcher itself started has been reaped.
    fn is_finished(&self) -> bool;
}
