//! Segments on their way to one worker and back: see `segments`.

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
