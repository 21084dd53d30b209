//! Arguments of tasks, from wherever they lie.

use super::control::Control;
use crate::Result;
use hatchery_lane::{Arena, Location, Submission};

/// Largest buffer kept from task to task, bytes.
const KEPT: usize = 1 << 20;

/// Holds an argument that does not lie in its slot while the task runs.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    buffer: Vec<u8>,
}

impl Inbound {
    /// The argument's bytes; its block is given back. `None`: it is lost, since there was no descriptor for its memory.
    pub(crate) fn take<'a>(
        &'a mut self,
        arena: &Arena,
        control: &mut Control,
        submission: &'a Submission,
    ) -> Result<Option<&'a [u8]>> {
        match submission.message.location {
            Location::Inline { .. } => return Ok(Some(submission.inline())),
            Location::Block { block, length } => {
                if self.buffer.capacity() > KEPT {
                    self.buffer = Vec::new();
                }
                self.buffer.clear();
                let read = arena.read_into(block, length as usize, &mut self.buffer);
                arena.release(block);
                read.map_err(|violation| crate::Error::Protocol(violation.to_string()))?;
            }
            Location::MemFd { tag, length } => match control.payload(tag, length)? {
                Some(bytes) => self.buffer = bytes,
                None => return Ok(None),
            },
        }
        Ok(Some(&self.buffer))
    }

    /// Lets go of the argument of a submission that the host took back.
    pub(crate) fn discard(arena: &Arena, control: &mut Control, submission: &Submission) -> Result<()> {
        match submission.message.location {
            Location::Inline { .. } => {}
            Location::Block { block, .. } => drop(arena.release(block)),
            Location::MemFd { tag, .. } => drop(control.take(tag)?),
        }
        Ok(())
    }
}
