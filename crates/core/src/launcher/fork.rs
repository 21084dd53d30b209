//! Start method `fork`: workers come from a zygote.

use super::{Captures, Launcher, LauncherEvent, StartRequest, Stream};
use crate::zygote::protocol::{MAXIMUM_MESSAGE, ZygoteReport, ZygoteRequest};
use crate::{Error, Result};
use hatchery_sys::{Exit, Lifeline, PidFd, PipeReader, Received, SeqPacket};
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What `send` answers when the other end is gone.
const EPIPE: i32 = 32;
const ECONNRESET: i32 = 104;
/// What is told of a worker whose descriptor found no room here.
const EMFILE: i32 = 24;

/// Talks to one zygote, which must be a child of this process.
pub struct ForkLauncher {
    /// `None` once the zygote has closed its end, and all that it was just forking have.
    socket: Option<SeqPacket>,
    /// `None` once it is reaped: its descriptor would be readable for ever.
    zygote: Option<PidFd>,
    exit: Option<Exit>,
    /// What has been said of the end so far.
    told: Told,
    /// Held: an executed zygote dies by its end, also in a loop of a module that it loads.
    _lifeline: Option<Lifeline>,
    /// Requests the socket had no room for.
    outbox: VecDeque<(Vec<u8>, Vec<OwnedFd>)>,
    buffer: Vec<u8>,
    stopping: bool,
    captures: Captures,
    /// What the zygote prints, until somebody takes it over.
    outputs: Vec<(Stream, PipeReader)>,
}

/// How much of the zygote's end has been reported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    Exit,
    Silence,
}

impl ForkLauncher {
    /// Takes over a zygote just started, and sends it its configuration if it needs one.
    ///
    /// # Errors
    /// The configuration is too long for a message, or the zygote is gone already.
    pub fn new(socket: SeqPacket, zygote: PidFd, configuration: Option<String>) -> Result<ForkLauncher> {
        let mut lifeline = None;
        if let Some(text) = configuration {
            let message = ZygoteRequest::Configuration(text).encode();
            if message.len() > MAXIMUM_MESSAGE {
                return Err(Error::InvalidOption(format!(
                    "the configuration of the workers takes {} bytes; at most {MAXIMUM_MESSAGE} are possible: pass \
                     large data by a file or a preloaded module",
                    message.len()
                )));
            }
            let (ours, theirs) = Lifeline::new()?;
            lifeline = Some(ours);
            match socket.send(&message, &[theirs.as_fd()]) {
                // It is dead already: its pidfd says how it ended, and has it reaped.
                Err(error) if matches!(error.raw_os_error(), EPIPE | ECONNRESET) => {}
                sent => drop(sent?),
            }
        }
        Ok(ForkLauncher {
            socket: Some(socket),
            zygote: Some(zygote),
            exit: None,
            told: Told::Nothing,
            _lifeline: lifeline,
            outbox: VecDeque::new(),
            buffer: vec![0; MAXIMUM_MESSAGE],
            stopping: false,
            captures: Captures::default(),
            outputs: Vec::new(),
        })
    }

    /// Has the host read these streams of the workers, and `outputs`, where the zygote's own go.
    pub fn capturing(mut self, captures: Captures, outputs: Vec<(Stream, PipeReader)>) -> ForkLauncher {
        self.captures = captures;
        self.outputs = outputs;
        self
    }

    fn flush_outbox(&mut self) -> Result<()> {
        let Some(socket) = &self.socket else { return Ok(()) };
        while let Some((bytes, descriptors)) = self.outbox.front() {
            let borrowed: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
            if !socket.send(bytes, &borrowed)? {
                break;
            }
            self.outbox.pop_front();
        }
        Ok(())
    }

    /// The next message; closes the socket at its end.
    fn receive(&mut self) -> Result<Option<LauncherEvent>> {
        let Some(socket) = &self.socket else { return Ok(None) };
        // A reset connection is the end as well: the zygote died with requests unread.
        let received = socket.receive_even_stripped(&mut self.buffer);
        let (received, stripped) = received.unwrap_or((Received::End, false));
        let (length, fds) = match received {
            Received::Message { length, fds } => (length, fds),
            Received::WouldBlock => return Ok(None),
            Received::End => {
                self.socket = None;
                return Ok(None);
            }
        };
        let report = ZygoteReport::decode(&self.buffer[..length]);
        if let (Ok(ZygoteReport::Forked { worker, .. }), true) = (&report, stripped) {
            return Ok(Some(self.give_back(*worker)));
        }
        let event = report.and_then(|report| event_of(report, fds));
        if event.is_err() {
            // Whoever breaks the protocol is not listened to any longer.
            self.socket = None;
        }
        event.map(Some)
    }
}

impl ForkLauncher {
    /// There is no room for the descriptor of this worker: nobody here could kill it or see its end. So its zygote, which
    /// has one of its own, ends it before it is given anything.
    fn give_back(&mut self, worker: u32) -> LauncherEvent {
        self.outbox.push_back((ZygoteRequest::Kill { worker }.encode(), Vec::new()));
        // If this fails the zygote is gone, which is heard of next; the worker leaves as its socket is closed.
        let _ = self.flush_outbox();
        LauncherEvent::StartFailed { worker, errno: EMFILE }
    }
}

fn event_of(report: ZygoteReport, mut fds: Vec<OwnedFd>) -> Result<LauncherEvent> {
    Ok(match report {
        ZygoteReport::Ready(details) => LauncherEvent::Ready(details),
        ZygoteReport::Failed(error) => LauncherEvent::Failed(error),
        ZygoteReport::Forked { worker, process } => {
            let descriptor = fds.pop().ok_or_else(|| Error::Protocol("forked without a pidfd".into()))?;
            LauncherEvent::Started { worker, process, descriptor: PidFd::from(descriptor) }
        }
        ZygoteReport::ForkFailed { worker, errno } => {
            LauncherEvent::StartFailed { worker, errno: errno.cast_signed() }
        }
        ZygoteReport::Exited { worker, process: _, code, signal, processor } => {
            LauncherEvent::Exited { worker, exit: Exit { code, signal }, processor }
        }
    })
}

impl Launcher for ForkLauncher {
    fn method(&self) -> &'static str {
        "fork"
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        let mut descriptors = Vec::with_capacity(2);
        if let Some(socket) = &self.socket {
            descriptors.push(socket.as_fd());
        }
        descriptors.extend(self.zygote.iter().map(AsFd::as_fd));
        descriptors
    }

    fn is_quick(&self) -> bool {
        true
    }

    fn captures(&self) -> Captures {
        self.captures
    }

    fn take_outputs(&mut self) -> Vec<(Stream, PipeReader)> {
        std::mem::take(&mut self.outputs)
    }

    fn start(&mut self, request: StartRequest<'_>) -> Result<()> {
        if self.stopping || self.socket.is_none() || self.exit.is_some() {
            return Err(Error::StartFailed("the zygote is gone".into()));
        }
        let processors = request.processors.to_vec();
        let conditions = request.conditions.clone();
        let captures = self.captures;
        let bytes = ZygoteRequest::Fork { worker: request.worker, processors, conditions, captures }.encode();
        let mut descriptors = vec![
            request.lane,
            request.submission_event,
            request.completion_event,
            request.control.as_fd(),
            request.lifeline,
        ];
        descriptors.extend(request.outputs.stdout.iter().chain(&request.outputs.stderr).map(AsFd::as_fd));
        if self.outbox.is_empty()
            && let Some(socket) = &self.socket
            && socket.send(&bytes, &descriptors)?
        {
            return Ok(());
        }
        let owned = descriptors
            .iter()
            .map(|descriptor| descriptor.try_clone_to_owned())
            .collect::<std::io::Result<Vec<_>>>();
        let owned = owned.map_err(|error| Error::StartFailed(format!("descriptors of a worker: {error}")))?;
        self.outbox.push_back((bytes, owned));
        self.flush_outbox()
    }

    fn poll(&mut self) -> Result<Option<LauncherEvent>> {
        if self.flush_outbox().is_err() {
            // It is gone; its death, which comes next, says more than a broken pipe.
            self.outbox.clear();
        }
        // Everything it said comes before its death.
        if let Some(event) = self.receive()? {
            return Ok(Some(event));
        }
        if let Some(zygote) = &self.zygote
            && let Some(exit) = zygote.ended()?
        {
            self.zygote = None;
            self.exit = Some(exit);
            self.outbox.clear();
            // It may have spoken in between.
            if let Some(event) = self.receive()? {
                return Ok(Some(event));
            }
        }
        Ok(match (self.exit, self.told) {
            (Some(exit), Told::Nothing) => {
                self.told = Told::Exit;
                Some(LauncherEvent::ZygoteExited(exit))
            }
            (Some(_), Told::Exit) if self.socket.is_none() => {
                self.told = Told::Silence;
                Some(LauncherEvent::Silent)
            }
            _ => None,
        })
    }

    fn shut_down(&mut self) {
        if !self.stopping {
            self.stopping = true;
            self.outbox.clear();
            let told = self.socket.as_ref().map(|socket| socket.send(&ZygoteRequest::Stop.encode(), &[]));
            if !matches!(told, Some(Ok(true))) {
                // End of file says the same.
                self.socket = None;
            }
        }
    }

    fn kill(&mut self) {
        match &self.zygote {
            // Fails only for a process that is dead already.
            Some(zygote) => drop(zygote.kill(9)),
            None => self.socket = None,
        }
    }

    fn is_finished(&self) -> bool {
        self.exit.is_some() && self.socket.is_none()
    }
}

impl Drop for ForkLauncher {
    fn drop(&mut self) {
        if let Some(zygote) = &self.zygote {
            let _ = zygote.kill(9);
            // Reaped here, so that no zombie stays behind a host that drops its pool without closing it.
            let _ = hatchery_sys::descriptor::wait_readable(&[zygote.as_fd()], None);
            let _ = zygote.wait();
        }
    }
}
