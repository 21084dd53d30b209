//! The host's side of a lane.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use hatchery_sys::{Mapping, MemFd};

use crate::arena::{Arena, BlockId};
use crate::atomic::Ordering;
use crate::geometry::{Geometry, Placement};
use crate::layout::HeaderPage;
use crate::reservations::Reservations;
use crate::ring::Ring;
use crate::shared::Shared;
use crate::times::{SharedTimes, TimeRecords, times_at};
use crate::{CompletionConsumer, LaneError, SubmissionProducer, header};

/// Where the memory of a lane comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Home {
    /// The memory node, as far as the kernel lets us and has any free there. A refusal is no failure.
    pub node: Option<u32>,
    /// What the host is to touch is set aside before. It costs a system call and the zeroing of pages where a page would else be
    /// had by touching it, and is for kernels that [promise no more than they have](hatchery_sys::headroom::is_strict).
    pub reserved: bool,
}

/// A lane as its creator sees it. The parts are fields, so that they can be borrowed at the same time.
#[derive(Debug)]
pub struct HostLane {
    /// Writes submissions.
    pub submissions: SubmissionProducer,
    /// Reads completions, trusting nothing.
    pub completions: CompletionConsumer,
    /// Payloads.
    pub arena: Arena,
    times: Option<SharedTimes>,
    header: Shared<HeaderPage>,
    memory: MemFd,
    /// None where the kernel lets nobody die of a page that there is no memory for.
    reservations: Option<Reservations>,
    geometry: Geometry,
}

impl HostLane {
    /// Makes the memory, seals its size and describes it in its header.
    ///
    /// # Errors
    /// [`LaneError::Geometry`] for impossible sizes, [`LaneError::System`] if the memory cannot be had.
    pub fn create(geometry: &Geometry) -> Result<HostLane, LaneError> {
        HostLane::create_in(Home::default(), geometry)
    }

    /// The same with memory from `home`.
    ///
    /// # Errors
    /// As [`create`](HostLane::create); [`LaneError::Uncommitted`] if it was to be set aside and could not.
    pub fn create_in(home: Home, geometry: &Geometry) -> Result<HostLane, LaneError> {
        let placement = Placement::of(geometry)?;
        let memory = MemFd::create("hatchery-lane", placement.total_length)?;
        memory.seal_size()?;
        let length =
            usize::try_from(placement.total_length).map_err(|_| LaneError::Geometry("too large to map"))?;
        let mapping = Arc::new(Mapping::map(&memory, length)?);
        if let Some(node) = home.node {
            // Before the first touch. Containers commonly forbid it, and then memory is where the kernel puts it.
            let _ = mapping.prefer_node(node);
        }
        let outside = LaneError::Geometry("a part lies outside the lane");
        let header: Shared<HeaderPage> = Shared::mapped(&mapping, 0).ok_or(outside)?;
        let submissions = Ring::mapped(&mapping, placement.submission_offset, geometry.submission_slots);
        let completions = Ring::mapped(&mapping, placement.completion_offset, geometry.completion_slots);
        let arena = Arena::mapped(&mapping, &placement.classes).ok_or(outside)?;
        let times = times_at(&mapping, placement.times_offset).ok_or(outside)?;
        let reservations =
            home.reserved.then(|| Reservations::new(&memory, &arena, placement.total_length)).transpose()?;
        header::write(&header, geometry, &placement);
        Ok(HostLane {
            submissions: SubmissionProducer::new(submissions.ok_or(outside)?),
            completions: CompletionConsumer::new(completions.ok_or(outside)?),
            arena,
            times,
            header,
            memory,
            reservations,
            geometry: geometry.clone(),
        })
    }

    /// The memory, to pass to the worker.
    pub fn memory(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }

    /// To be called before the first `length` bytes of a block are read or written: sees to it that there is memory for them.
    ///
    /// # Errors
    /// [`LaneError::Uncommitted`]: there is none.
    #[inline]
    pub fn reserve(&mut self, block: BlockId, length: usize) -> Result<(), LaneError> {
        match &mut self.reservations {
            None => Ok(()),
            Some(reservations) => reservations.reserve(&self.memory, &self.arena, block, length),
        }
    }

    /// Gives the memory of free blocks back to the system. Call it when the lane has been at rest for a while: blocks
    /// used again afterwards have to be faulted in anew.
    ///
    /// # Errors
    /// The errno of `fallocate`; what was given back until then is.
    pub fn trim(&mut self) -> Result<(), LaneError> {
        if let Some(reservations) = &mut self.reservations {
            reservations.forget();
        }
        let mut outcome = Ok(());
        self.arena.for_free_pages(|offset, length| {
            if outcome.is_ok() {
                outcome = self.memory.punch_hole(offset, length);
            }
        });
        Ok(outcome?)
    }

    /// Bytes of memory that the lane takes up at present.
    ///
    /// # Errors
    /// The errno of `fstat`.
    pub fn resident(&self) -> Result<u64, LaneError> {
        Ok(self.memory.allocated()?)
    }

    /// The sizes it was made with.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// What the worker says happened to it; see [`crate::flags`]. Only a hint, as the worker may lie.
    pub fn worker_flags(&self) -> u32 {
        // Relaxed: a hint by itself.
        self.header.worker.flags.load(Ordering::Relaxed)
    }

    /// Nanoseconds that a task takes by the worker's own account, 0 if it does not know. Only a hint.
    pub fn pace(&self) -> u32 {
        // Relaxed: a hint by itself.
        self.header.worker.pace.load(Ordering::Relaxed)
    }

    /// How often the worker says that its completion ring was full. Only a hint.
    pub fn stalls(&self) -> u32 {
        // Relaxed: a hint by itself.
        self.header.worker.stalls.load(Ordering::Relaxed)
    }

    /// How long its tasks waited and ran, by the worker's own account, if it records that.
    pub fn times(&self) -> Option<&TimeRecords> {
        self.times.as_deref()
    }

    /// Counts turns of the worker's loop; only a change means anything.
    pub fn heartbeat(&self) -> u32 {
        // Relaxed: a hint by itself.
        self.header.worker.heartbeat.load(Ordering::Relaxed)
    }
}
