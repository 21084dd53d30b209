//! Segments on their way to one worker and back: see `segments`.

use super::outbox::Letter;
use super::segments::{SegmentAccess, Segments, mentioned};
use super::worker::{Full, Worker};
use crate::zygote::protocol::ControlMessage;
use hatchery_sys::MemFd;
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
            let Some((message, memory)) = self.missing(segments, number) else { continue };
            if !matches!(self.control.send(&message.encode(), &[memory.as_fd()]), Ok(true)) {
                return Err(Full::Worker);
            }
            self.hold(segments, number);
        }
        Ok(())
    }

    /// What gives the worker a segment, if there is one of that number and the worker does not have it.
    fn missing<'a>(&self, segments: &'a Segments, number: u32) -> Option<(ControlMessage, &'a MemFd)> {
        if self.segments.contains_key(&number) {
            return None;
        }
        let (memory, length, access) = segments.get(number)?;
        let private = access == SegmentAccess::ReadOnly;
        Some((ControlMessage::Segment { number, length, private }, memory))
    }

    /// It is on its way, and not mentioned yet.
    fn hold(&mut self, segments: &mut Segments, number: u32) {
        segments.hold(number);
        self.segments.insert(number, 0);
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
            let Some((message, memory)) = self.missing(segments, number) else { continue };
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
            self.hold(segments, number);
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
