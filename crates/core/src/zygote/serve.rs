//! The zygote's side: load, then fork on request and report deaths.

use super::Conditions;
use super::attachment::WorkerAttachment;
use super::first_word::await_host;
use super::protocol::{MAXIMUM_MESSAGE, ZygoteReport, ZygoteRequest};
use crate::launcher::Captures;
use crate::{Error, Result};
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{
    ArmedLifeline, ChildSignal, Epoll, EpollEvents, Lifeline, PidFd, Received, SeqPacket, Trigger, clock,
    cpu, descriptor, fork_memory, pipe,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;
use std::os::fd::{AsFd, OwnedFd};

const SIGKILL: i32 = 9;
const EMFILE: i32 = 24;
/// Descriptors that come with a request to fork.
const WORKER_DESCRIPTORS: usize = 5;
/// Token of the socket; children have their process id.
const SOCKET: u64 = 0;

/// A process that is becoming a zygote.
#[derive(Debug)]
pub struct Zygote {
    socket: SeqPacket,
    /// Ends this process with the host, once that has sent one.
    lifeline: RefCell<Option<ArmedLifeline>>,
    /// A request that has come before it serves.
    first: RefCell<Option<Request>>,
}

/// A request of the host, and what came with it.
type Request = (ZygoteRequest, Vec<OwnedFd>);

/// How serving ended.
#[derive(Debug)]
pub enum ServeOutcome {
    /// This is a forked worker.
    Child(Box<WorkerAttachment>),
    /// This is the zygote, and the host wants it no more.
    Ended,
}

impl Zygote {
    /// A zygote on this socket. It dies with the thread that started it, from here on.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn new(socket: SeqPacket) -> Result<Zygote> {
        process::set_parent_death_signal(SIGKILL)?;
        // A host that died before that line has closed the socket, which the first receive reports.
        Zygote::on(socket)
    }

    fn on(socket: SeqPacket) -> Result<Zygote> {
        // Ctrl-C is for the host to answer, which may want to finish its tasks first. A session leader has no group
        // to leave, and nothing reaches it from a terminal that it does not have.
        let _ = process::leave_process_group();
        socket.set_nonblocking(false)?;
        Ok(Zygote { socket, lifeline: RefCell::default(), first: RefCell::default() })
    }

    /// A zygote that was exec'd with the socket as standard input. It lives as long as the host, not only as long as the
    /// thread that started it: until it has its configuration the end of the socket is what ends it, then the lifeline.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn from_standard_input() -> Result<Zygote> {
        Zygote::on(SeqPacket::from(descriptor::take_standard_input()?))
    }

    /// Waits for the configuration.
    ///
    /// # Errors
    /// The host is gone or said something else.
    pub fn receive_configuration(&self) -> Result<String> {
        await_host(&self.socket, None)?;
        match self.receive(&mut vec![0; MAXIMUM_MESSAGE])? {
            Some((ZygoteRequest::Configuration(text), mut descriptors)) => {
                let lifeline = descriptors.pop().map(Lifeline::arm).transpose()?;
                self.lifeline.replace(lifeline);
                Ok(text)
            }
            Some((other, _)) => Err(Error::Protocol(format!("expected a configuration, got {other:?}"))),
            None => Err(Error::StartFailed("the host is gone".into())),
        }
    }

    /// Says that workers can be forked.
    ///
    /// # Errors
    /// The host is gone.
    pub fn announce_ready(&self, details: &str) -> Result<()> {
        self.send(&ZygoteReport::Ready(details.into()), None)
    }

    /// Says that this zygote will not serve, and why (JSON).
    ///
    /// # Errors
    /// The host is gone.
    pub fn announce_failure(&self, error: &str) -> Result<()> {
        self.send(&ZygoteReport::Failed(error.into()), None)
    }

    /// Waits for the first request, which [`serve`](Zygote::serve) will answer. The memory of the lane that comes with it, if it
    /// is one to fork: all lanes of a pool are laid out alike, so that a worker can be made ready on one that is laid out like
    /// this one. Nothing in it is to be read but its header.
    ///
    /// # Errors
    /// The host broke the protocol, or the table of descriptors is full.
    pub fn await_lane(&self) -> Result<Option<OwnedFd>> {
        let request = self.receive(&mut vec![0; MAXIMUM_MESSAGE])?;
        let lane = match &request {
            Some((ZygoteRequest::Fork { .. }, descriptors)) => descriptors.first().map(OwnedFd::try_clone),
            _ => None,
        };
        self.first.replace(request);
        lane.transpose().map_err(|error| Error::StartFailed(format!("descriptor of a lane: {error}")))
    }

    /// Forks on request until the host wants no more. Returns in each child, and at the end in the zygote.
    ///
    /// Children are watched by pidfd, not by SIGCHLD: other threads of a Node zygote do not block that signal,
    /// and the kernel may hand it to one of them, where its default action drops it.
    ///
    /// # Errors
    /// In the zygote: the kernel refused a descriptor, or the host broke the protocol. A child that cannot become a worker
    /// says so, and leaves.
    pub fn serve(self) -> Result<ServeOutcome> {
        // Nothing runs here between forks, so no mapping changes, and once is enough.
        fork_memory::allow_fork_of_anonymous_mappings()?;
        // A worker has it back; here nothing runs that it could be for.
        let signal = ChildSignal::set_aside()?;
        let epoll = Epoll::new()?;
        epoll.add(self.socket.as_fd(), SOCKET, Trigger::Level)?;
        let mut events = EpollEvents::with_capacity(64);
        let mut children: HashMap<u32, (u32, PidFd)> = HashMap::new();
        // Once: to clear it takes as long as a seventh of a fork.
        let mut buffer = vec![0; MAXIMUM_MESSAGE];
        let mut first = self.first.take();
        loop {
            if first.is_none() {
                epoll.wait(&mut events, None)?;
                let mut requested = false;
                for token in events.tokens() {
                    if token == SOCKET {
                        requested = true;
                    } else if let Some((worker, child)) = children.get(&(token as u32)) {
                        let (worker, process) = (*worker, token as u32);
                        // While it can still be asked for: reaping forgets it.
                        let processor = clock::processor_nanoseconds(process).unwrap_or(0);
                        let Some(exit) = child.wait_with_group()? else { continue };
                        // The host has a copy of this pidfd, so that closing it here would not take it from the set: it
                        // would be reported again and again, for as long as the host keeps its own.
                        epoll.remove(child.as_fd())?;
                        children.remove(&process);
                        let (code, signal) = (exit.code, exit.signal);
                        let report = ZygoteReport::Exited { worker, process, code, signal, processor };
                        self.send(&report, None)?;
                    }
                }
                if !requested {
                    continue;
                }
            }
            let request = match first.take() {
                Some(request) => Some(request),
                None => self.receive(&mut buffer)?,
            };
            match request {
                None | Some((ZygoteRequest::Stop, _)) => return Ok(ServeOutcome::Ended),
                Some((ZygoteRequest::Configuration(_), _)) => {
                    return Err(Error::Protocol("a second configuration".into()));
                }
                Some((ZygoteRequest::Kill { worker }, _)) => {
                    if let Some((_, child)) = children.values().find(|(number, _)| *number == worker) {
                        // Fails only for one that is dead already, which is told next.
                        let _ = child.kill(SIGKILL);
                    }
                }
                Some((ZygoteRequest::Fork { worker, captures, .. }, descriptors))
                    if descriptors.len() != WORKER_DESCRIPTORS + captures.streams().count() =>
                {
                    self.report_failed_fork(worker, EMFILE)?;
                }
                Some((ZygoteRequest::Fork { worker, processors, mut conditions, captures }, descriptors)) => {
                    conditions.apply_before_fork();
                    match process::fork() {
                        Ok(Fork::Child) => {
                            let restored = signal.put_back().map_err(Error::from);
                            leave_zygote(self, epoll, children);
                            // Not even freed: a page that is written to has to be copied.
                            mem::forget((events, buffer));
                            let became = restored.and_then(|()| {
                                become_worker(worker, &processors, conditions, captures, descriptors)
                            });
                            return Ok(became.unwrap_or_else(|error| {
                                // Whoever has called is the zygote, and would do as that does.
                                eprintln!(
                                    "hatchery: worker {worker}, process {}, ends: {error}",
                                    process::id()
                                );
                                process::exit_now(1)
                            }));
                        }
                        Ok(Fork::Parent { pid }) => {
                            // Not by the child, which would wait while the host hears of it. The host does not listen to a
                            // worker that it has not heard of.
                            match PidFd::open(pid) {
                                Ok(child) => {
                                    let report = ZygoteReport::Forked { worker, process: pid };
                                    if self.send(&report, Some(&child)).is_err() {
                                        // The host is gone, or has given this zygote up.
                                        return Ok(ServeOutcome::Ended);
                                    }
                                    epoll.add(child.as_fd(), u64::from(pid), Trigger::Level)?;
                                    children.insert(pid, (worker, child));
                                }
                                Err(error) => {
                                    process::end_child(pid);
                                    self.report_failed_fork(worker, error.raw_os_error())?;
                                }
                            }
                            drop(descriptors);
                        }
                        Err(error) => {
                            self.report_failed_fork(worker, error.raw_os_error())?;
                        }
                    }
                }
            }
        }
    }

    /// The next request, `None` at the end of the host.
    fn receive(&self, buffer: &mut [u8]) -> Result<Option<(ZygoteRequest, Vec<OwnedFd>)>> {
        // What comes without its descriptors has found this process's table full.
        match self.socket.receive_even_stripped(buffer)?.0 {
            Received::Message { length, fds } => Ok(Some((ZygoteRequest::decode(&buffer[..length])?, fds))),
            Received::WouldBlock => Err(Error::Protocol("a blocking socket would block".into())),
            Received::End => Ok(None),
        }
    }

    fn report_failed_fork(&self, worker: u32, errno: i32) -> Result<()> {
        self.send(&ZygoteReport::ForkFailed { worker, errno: errno.cast_unsigned() }, None)
    }

    fn send(&self, report: &ZygoteReport, child: Option<&PidFd>) -> Result<()> {
        let descriptors: Vec<_> = child.iter().map(|child| child.as_fd()).collect();
        self.socket.send(&report.encode(), &descriptors)?;
        Ok(())
    }
}

/// In the child: closes what is the zygote's.
fn leave_zygote(zygote: Zygote, epoll: Epoll, children: HashMap<u32, (u32, PidFd)>) {
    drop((zygote, epoll));
    let mut children = children.into_values();
    children.by_ref().for_each(drop);
    mem::forget(children);
}

/// In the child: takes up what came with the request.
fn become_worker(
    worker: u32,
    processors: &[u32],
    conditions: Conditions,
    captures: Captures,
    mut descriptors: Vec<OwnedFd>,
) -> Result<ServeOutcome> {
    // First of all: from here on what it prints is its own.
    if captures.stderr
        && let Some(end) = descriptors.pop()
    {
        pipe::replace_standard_error(&end)?;
    }
    if captures.stdout
        && let Some(end) = descriptors.pop()
    {
        pipe::replace_standard_output(&end)?;
    }
    process::unblock_all_signals()?;
    // Programs that its tasks start are of the group, and go with it.
    let _ = process::leave_process_group();
    if !processors.is_empty() {
        // While it has one thread, of which all later ones inherit. Processors that have gone since the pool was made
        // are disregarded, as the kernel itself does with processes that run.
        let _ = cpu::set_affinity(processors);
    }
    let descriptors: [OwnedFd; WORKER_DESCRIPTORS] =
        descriptors.try_into().map_err(|_| Error::Protocol("fork without its five descriptors".into()))?;
    let [lane, submission_event, completion_event, control, lifeline] = descriptors;
    let control = SeqPacket::from(control);
    let descriptors = [lane, submission_event, completion_event, lifeline];
    let attachment = WorkerAttachment::new(worker, control, descriptors, conditions)?;
    Ok(ServeOutcome::Child(Box::new(attachment)))
}
