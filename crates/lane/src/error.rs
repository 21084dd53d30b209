//! The errors of this layer.

/// A lane could not be made or attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// A system call failed.
    #[error("lane memory: {0}")]
    System(#[from] hatchery_sys::Error),
    /// The kernel counts what it promises (`vm.overcommit_memory=2`), and promises no more.
    #[error(
        "lane memory: the kernel commits no more, and {bytes} bytes were asked for (vm.overcommit_memory is 2); have fewer \
         workers, add swap, or raise vm.overcommit_ratio"
    )]
    Uncommitted {
        /// What was asked for.
        bytes: u64,
    },
    /// The wished sizes are not possible.
    #[error("lane geometry: {0}")]
    Geometry(&'static str),
    /// The memory is no lane of this version, or is not consistent.
    #[error("lane header: {0}")]
    Header(&'static str),
}

/// Something in a lane that its worker should never have written. The worker counts as crashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The producer's index is not within the ring.
    #[error("lane violation: tail {tail} is not within {slots} slots of head {head}")]
    Tail {
        /// The index read.
        tail: u32,
        /// The consumer's own index.
        head: u32,
        /// Slots of the ring.
        slots: u32,
    },
    /// The consumer's index is not within what was published.
    #[error("lane violation: head {head} is not within {slots} slots of tail {tail}")]
    Head {
        /// The index read.
        head: u32,
        /// The producer's own index.
        tail: u32,
        /// Slots of the ring.
        slots: u32,
    },
    /// An unknown kind.
    #[error("lane violation: unknown kind {0}")]
    Kind(u32),
    /// An unknown payload location.
    #[error("lane violation: unknown payload location {0}")]
    Location(u32),
    /// An inline payload longer than a slot.
    #[error("lane violation: inline payload of {0} bytes")]
    InlineLength(u32),
    /// A block that does not exist.
    #[error("lane violation: no arena block {0:#010x}")]
    Block(u32),
    /// A payload longer than its block.
    #[error("lane violation: {length} bytes in a block of {capacity}")]
    BlockLength {
        /// Bytes claimed.
        length: usize,
        /// Bytes of the block.
        capacity: usize,
    },
}

/// A message could not be put into a ring. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// No free slot; try again after the consumer has released some.
    #[error("the ring is full")]
    Full,
    /// The payload does not fit a slot.
    #[error("a payload of {0} bytes does not fit inline")]
    TooLong(usize),
    /// `push` was given an inline message; `push_inline` takes the bytes.
    #[error("an inline message needs its bytes")]
    NotInline,
    /// The consumer's index is impossible.
    #[error(transparent)]
    Violation(#[from] Violation),
}
