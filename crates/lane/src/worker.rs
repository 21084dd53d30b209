//! The worker's side of a lane.

use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::Arc;

use hatchery_sys::{Mapping, MemFd};

use crate::arena::Arena;
use crate::atomic::{Ordering, Word32};
use crate::geometry::Geometry;
use crate::layout::{HeaderPage, PAGE};
use crate::ring::Ring;
use crate::shared::Shared;
use crate::times::{SharedTimes, times_at};
use crate::{CompletionProducer, LaneError, SubmissionConsumer, header};

/// Bytes at the start of a lane that say how it is laid out.
const HEADER: usize = std::mem::offset_of!(HeaderPage, worker);

/// What a worker says happened to it, as bits of its line in the header.
pub mod flags {
    /// The heap limit was reached.
    pub const HEAP_LIMIT: u32 = 1;
    /// `process.abort` was called.
    pub const ABORT_CALLED: u32 = 2;
    /// `process.exit` was called.
    pub const EXIT_CALLED: u32 = 4;
}

/// A lane as its worker sees it. The parts are fields, so that they can be borrowed at the same time.
///
/// A lane must be attached only once: a second pair of handles would break the rings (not memory safety).
#[derive(Debug)]
pub struct WorkerLane {
    /// Reads submissions.
    pub submissions: SubmissionConsumer,
    /// Writes completions.
    pub completions: CompletionProducer,
    /// Payloads.
    pub arena: Arena,
    /// Tells the host that the loop turns.
    pub heart: Heart,
    /// Where it records how long tasks wait and run, if it is to.
    pub times: Option<SharedTimes>,
    header: Shared<HeaderPage>,
    mapping: Arc<Mapping>,
    geometry: Geometry,
}

/// Counts the turns of the worker's loop, in a word of the header.
#[derive(Debug)]
pub struct Heart {
    header: Shared<HeaderPage>,
}

impl Heart {
    /// One more turn.
    #[inline]
    pub fn beat(&self) {
        let beats = &self.header.worker.heartbeat;
        // Relaxed: a hint by itself. Nobody else writes it, so it need not be one step.
        beats.store(beats.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

impl WorkerLane {
    /// Maps a lane received from the host and checks its header.
    ///
    /// # Errors
    /// [`LaneError::Header`] if it is no lane of this version or could be truncated under us,
    /// [`LaneError::System`] if it cannot be mapped.
    pub fn attach(memory: OwnedFd) -> Result<WorkerLane, LaneError> {
        let memory = MemFd::from(memory);
        if !memory.is_size_sealed()? {
            return Err(LaneError::Header("not sealed against shrinking"));
        }
        let total = memory.length()?;
        let length = usize::try_from(total).map_err(|_| LaneError::Header("too large to map"))?;
        if length < PAGE {
            return Err(LaneError::Header("shorter than a header"));
        }
        let mapping = Arc::new(Mapping::map(&memory, length)?);
        let outside = LaneError::Header("a part lies outside the lane");
        let page: Shared<HeaderPage> = Shared::mapped(&mapping, 0).ok_or(outside)?;
        let (geometry, placement) = header::read(&page, total)?;
        let submissions = Ring::mapped(&mapping, placement.submission_offset, geometry.submission_slots);
        let completions = Ring::mapped(&mapping, placement.completion_offset, geometry.completion_slots);
        Ok(WorkerLane {
            submissions: SubmissionConsumer::new(submissions.ok_or(outside)?),
            completions: CompletionProducer::new(completions.ok_or(outside)?),
            arena: Arena::mapped(&mapping, &placement.classes).ok_or(outside)?,
            heart: Heart { header: page.clone() },
            times: times_at(&mapping, placement.times_offset).ok_or(outside)?,
            header: page,
            mapping,
            geometry,
        })
    }

    /// A lane with nothing in it, laid out like `other`: all that a worker has over its lane can be made on this one, before
    /// there is a worker, which then [takes up](WorkerLane::take_up) its own.
    ///
    /// # Errors
    /// As [`attach`](WorkerLane::attach).
    pub fn stage(other: OwnedFd) -> Result<WorkerLane, LaneError> {
        let other = MemFd::from(other);
        let mut page = [0; HEADER];
        other.read_at(&mut page, 0)?;
        let stage = MemFd::create("hatchery-stage", other.length()?)?;
        stage.write_at(&page, 0)?;
        stage.seal_size()?;
        WorkerLane::attach(stage.into())
    }

    /// Maps another lane of the same layout at the same addresses: whatever was made over this one is over that from then
    /// on.
    ///
    /// # Errors
    /// As [`attach`](WorkerLane::attach), also if it is laid out in another way.
    pub fn take_up(&self, memory: OwnedFd) -> Result<(), LaneError> {
        let memory = MemFd::from(memory);
        if !memory.is_size_sealed()? {
            return Err(LaneError::Header("not sealed against shrinking"));
        }
        if memory.length()? != self.length() as u64 {
            return Err(LaneError::Header("another length"));
        }
        let outside = LaneError::Header("a part lies outside the lane");
        let page: Shared<[Word32]> = Shared::slice_mapped(&self.mapping, 0, HEADER / 4).ok_or(outside)?;
        let words = || std::array::from_fn::<u32, { HEADER / 4 }, _>(|at| page[at].get());
        let known = words();
        self.mapping.replace(&memory)?;
        if words() != known {
            return Err(LaneError::Header("another layout"));
        }
        Ok(())
    }

    /// The sizes the host made it with.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Sets bits of [`flags`] for the host to find after this process has ended.
    pub fn set_flags(&self, bits: u32) {
        // Relaxed: the end of this process, which the host sees through the pidfd, orders it.
        self.header.worker.flags.fetch_or(bits, Ordering::Relaxed);
    }

    /// First byte of the lane, for a view of [`WorkerLane::length`] bytes in JavaScript. Valid while the
    /// lane (or a clone of its arena) lives; the host writes there at any time.
    pub fn pointer(&self) -> NonNull<u8> {
        self.mapping.pointer()
    }

    /// Length of the lane in bytes.
    pub fn length(&self) -> usize {
        self.mapping.length()
    }
}
