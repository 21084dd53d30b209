//! What a new worker finds: its lane, its two eventfds, its control socket, and the host's lifeline.

use super::Conditions;
use super::first_word::await_host;
use super::protocol::{ControlMessage, MAXIMUM_MESSAGE};
use super::refusal::refuse;
use crate::{Error, Result};
use hatchery_sys::{ArmedLifeline, EventFd, Lifeline, Received, SeqPacket, descriptor, process};
use std::os::fd::OwnedFd;
use std::time::Duration;

/// Time a spawned worker waits for its first message; the host sends it right after the start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything a worker needs to take up its work.
#[derive(Debug)]
pub struct WorkerAttachment {
    /// The worker's number.
    pub worker: u32,
    /// Memory of its lane.
    pub lane: OwnedFd,
    /// To sleep on.
    pub submission_event: EventFd,
    /// To wake the host by.
    pub completion_event: EventFd,
    /// Messages from the host, and its end of file.
    pub control: SeqPacket,
    /// Kills this process when the host is gone. Keep it.
    pub lifeline: ArmedLifeline,
    /// To be applied before any task, and any code of the user.
    pub conditions: Conditions,
}

impl WorkerAttachment {
    /// Takes the descriptors of an attachment in the order of the protocol and arms the lifeline, which binds
    /// to the calling process: in a forked worker, call it after the fork.
    ///
    /// # Errors
    /// The kernel refused the lifeline, which the host has been told.
    pub(crate) fn new(
        worker: u32,
        control: SeqPacket,
        descriptors: [OwnedFd; 4],
        conditions: Conditions,
    ) -> Result<WorkerAttachment> {
        let [lane, submission_event, completion_event, lifeline] = descriptors;
        let completion_event = EventFd::from(completion_event);
        let lifeline = match Lifeline::arm(lifeline) {
            Ok(lifeline) => lifeline,
            Err(error) => {
                let error = error.into();
                refuse(lane, &completion_event, &error);
                return Err(error);
            }
        };
        Ok(WorkerAttachment {
            worker,
            lane,
            submission_event: EventFd::from(submission_event),
            completion_event,
            control,
            lifeline,
            conditions,
        })
    }

    /// Tells the host why this process, which is to leave, does not take up its work.
    pub fn refuse(self, error: &Error) {
        refuse(self.lane, &self.completion_event, error);
    }
}

/// For a spawned worker: takes the control socket from standard input and waits for the attach message.
/// Returns the configuration with it.
///
/// # Errors
/// The host closed the socket, said something else, or said nothing for too long.
pub fn attach_from_standard_input() -> Result<(WorkerAttachment, String)> {
    let control = SeqPacket::from(descriptor::take_standard_input()?);
    // As the zygote does, for the same reason.
    let _ = process::leave_process_group();
    let mut buffer = vec![0; MAXIMUM_MESSAGE];
    await_host(&control, Some(PATIENCE))?;
    match control.receive(&mut buffer)? {
        Received::Message { length, fds } => match ControlMessage::decode(&buffer[..length])? {
            ControlMessage::Attach { worker, conditions, configuration } => {
                let descriptors: [OwnedFd; 4] = fds
                    .try_into()
                    .map_err(|_| Error::Protocol("attach without its four descriptors".into()))?;
                Ok((WorkerAttachment::new(worker, control, descriptors, conditions)?, configuration))
            }
            other => Err(Error::Protocol(format!("expected attach, got {other:?}"))),
        },
        Received::WouldBlock | Received::End => Err(Error::StartFailed("the host is gone".into())),
    }
}
