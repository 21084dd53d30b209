//! Segments on their way to one worker and back: see `segments`.

use super::outbox::Letter;
use super::segments::{SegmentAccess, Segments, mentioned};
use super::worker::{Full, Worker};
use crate::zygote::protocol::ControlMessage;
use std::os::fd::AsFd;

impl Worker {
    /// Gives the worker the segments that a payload mentions and that it does not have.
    pub(super) fn share(
        &mut self,
        segments: &mut Segments,
        payload: &[u8],
        mentions: usize,
    ) -> std::result::Result<(), Full> {
        for number in mentioned(payload, mentions).into_iter().flatten() {
            if self.segments.contains_key(&number) {
                continue;
            }
            let Some((memory, length, access)) = segments.get(number) else { continue };
            let private = access == SegmentAccess::ReadOnly;
            let message = ControlMessage::Segment { number, length, private };
            if !matches!(self.control.send(&message.encode(), &[memory.as_fd()]), Ok(true)) {
                return Err(Full::Worker);
            }
            segments.hold(number);
            self.segments.insert(number, 0);
        }
        Ok(())
    }

    /// A task was not placed after all: takes back what it alone would have mentioned.
    pub(super) fn unshare(&mut self, segments: &mut Segments, payload: &[u8], mentions: usize) {
        for number in mentioned(payload, mentions).into_iter().flatten() {
            if self.segments.get(&number) == Some(&0) {
                self.segments.remove(&number);
                segments.let_go(number);
                // If the socket is full the worker keeps a descriptor for nothing, until it gets the segment anew.
                let _ = self.control.send(&ControlMessage::SegmentForgotten { number }.encode(), &[]);
            }
        }
    }

    /// Gives the worker what a chunk of a stream mentions, ahead of that: behind what waits in the outbox, if anything
    /// does. The mentions count from now on, so no release that it says meanwhile is believed.
    ///
    /// # Errors
    /// There is no descriptor for what has to wait. What was given is taken back.
    pub(super) fn post_segments(
        &mut self,
        segments: &mut Segments,
        payload: &[u8],
        mentions: usize,
    ) -> crate::Result<()> {
        for number in mentioned(payload, mentions).into_iter().flatten() {
            if self.segments.contains_key(&number) {
                continue;
            }
            let Some((memory, length, access)) = segments.get(number) else { continue };
            let private = access == SegmentAccess::ReadOnly;
            let message = ControlMessage::Segment { number, length, private };
            let waits = !self.outbox.is_empty()
                || !matches!(self.control.send(&message.encode(), &[memory.as_fd()]), Ok(true));
            if waits {
                let memory = match memory.try_clone() {
                    Ok(memory) => memory,
                    Err(error) => {
                        self.unshare(segments, payload, mentions);
                        return Err(error.into());
                    }
                };
                self.outbox.post(&self.control, Letter::with_memory(message, memory));
            }
            segments.hold(number);
            self.segments.insert(number, 0);
        }
        self.count_mentions(payload, mentions);
        Ok(())
    }

    pub(super) fn count_mentions(&mut self, payload: &[u8], mentions: usize) {
        for number in mentioned(payload, mentions).into_iter().flatten() {
            if let Some(count) = self.segments.get_mut(&number) {
                *count = count.wrapping_add(1);
            }
        }
    }

    /// Takes back the segments that the worker has let go of, but for those mentioned to it since.
    pub(crate) fn believe_releases(&mut self, segments: &mut Segments) {
        for (number, mentions) in self.inbound.releases.drain(..) {
            if self.segments.get(&number) == Some(&mentions) {
                self.segments.remove(&number);
                segments.let_go(number);
                // If the socket is full it keeps a descriptor for nothing, until it gets the segment anew.
                let _ = self.control.send(&ControlMessage::SegmentForgotten { number }.encode(), &[]);
            }
        }
    }
}
