//! Errors of the pool's own machinery, with stable codes.

/// A failure of the pool's machinery; failures of single tasks are [`TaskFailure`](crate::task::TaskFailure).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option or argument is out of range; the message names it and what is expected.
    #[error("{0}")]
    InvalidOption(String),
    /// The pool was closed or destroyed and takes no more tasks.
    #[error("the pool is closed: create a new pool, or submit before close()")]
    PoolClosed,
    /// The pool failed for good; the message holds the cause.
    #[error("the pool has failed: {0}")]
    PoolFailed(String),
    /// The pool is being reloaded already.
    #[error("the pool is being reloaded: wait for that to end before the next reload")]
    ReloadInProgress,
    /// The queue holds as many tasks as it may.
    #[error("the queue is full ({0} tasks): wait for some to settle, or raise maxQueue")]
    QueueFull(usize),
    /// Segments and large payloads take up as much memory as they may.
    #[error(
        "{requested} bytes of shared memory are more than is left: {used} of {limit} are in use; let go of segments \
         that are not needed any more, or raise maxSharedMemory"
    )]
    SharedMemoryFull {
        /// Bytes asked for.
        requested: u64,
        /// Bytes in use.
        used: u64,
        /// Bytes that may be in use.
        limit: u64,
    },
    /// The kernel counts what it promises (`vm.overcommit_memory=2`), and promises no more.
    #[error(
        "{requested} bytes of shared memory are more than the kernel commits now (vm.overcommit_memory is 2); let go of \
         segments that are not needed any more, add swap, or raise vm.overcommit_ratio"
    )]
    MemoryUncommitted {
        /// Bytes asked for.
        requested: u64,
    },
    /// A payload mentions a segment that is not of this pool, or not any more.
    #[error(
        "the value cannot be cloned: it holds memory of pool.alloc() (segment {0}) that was let go of before the value was \
         sent; let go of it afterwards"
    )]
    SegmentGone(u32),
    /// Each segment needs a descriptor, and this process or the machine has none left.
    #[error(
        "no file descriptor is left, and each piece of memory of pool.alloc() takes one; let go of those that are not \
         needed any more (`using`), or raise the limit (ulimit -n, LimitNOFILE)"
    )]
    OutOfDescriptors,
    /// The native zygote has to be forked before the program starts threads.
    #[error(
        "cannot fork the zygote: this process has {threads} threads ({names}); build the pool before starting \
         threads, or let the program re-execute itself (see hatchery_core::pool::Builder::reexecute)"
    )]
    MultiThreaded {
        /// Threads alive, the caller included.
        threads: usize,
        /// Their names, comma separated.
        names: String,
    },
    /// A task function of this name is not registered.
    #[error("no task named {0:?} is registered")]
    TaskUnknown(String),
    /// A zygote or worker could not be started.
    #[error("{0}")]
    StartFailed(String),
    /// A sandbox was asked for that the kernel cannot make; the message names what lacks.
    #[error("{0}; leave that out of the option sandbox, or run on a kernel that has it")]
    SandboxUnsupported(String),
    /// A peer sent a message that is not of the protocol.
    #[error("protocol violation: {0}")]
    Protocol(String),
    /// The kernel refused something.
    #[error(transparent)]
    System(#[from] hatchery_sys::Error),
    /// A lane could not be created or attached.
    #[error(transparent)]
    Lane(#[from] hatchery_lane::LaneError),
}

impl Error {
    /// The stable code, shared with the TypeScript facade.
    pub fn code(&self) -> &'static str {
        match self {
            Error::InvalidOption(_) => "ERR_HATCHERY_INVALID_OPTION",
            Error::PoolClosed => "ERR_HATCHERY_POOL_CLOSED",
            Error::PoolFailed(_) => "ERR_HATCHERY_POOL_FAILED",
            Error::ReloadInProgress => "ERR_HATCHERY_RELOAD_IN_PROGRESS",
            Error::QueueFull(_) => "ERR_HATCHERY_QUEUE_FULL",
            Error::SharedMemoryFull { .. } | Error::MemoryUncommitted { .. } => {
                "ERR_HATCHERY_SHARED_MEMORY_FULL"
            }
            Error::SegmentGone(_) => "ERR_HATCHERY_DATA_CLONE",
            Error::OutOfDescriptors => "ERR_HATCHERY_OUT_OF_DESCRIPTORS",
            Error::MultiThreaded { .. } => "ERR_HATCHERY_FORK_UNSAFE",
            Error::TaskUnknown(_) => "ERR_HATCHERY_TASK_UNKNOWN",
            Error::StartFailed(_) => "ERR_HATCHERY_WORKER_START_FAILED",
            Error::SandboxUnsupported(_) => "ERR_HATCHERY_SANDBOX_UNSUPPORTED",
            Error::Protocol(_) => "ERR_HATCHERY_PROTOCOL",
            Error::System(_) => "ERR_HATCHERY_SYSTEM",
            Error::Lane(_) => "ERR_HATCHERY_LANE",
        }
    }
}

/// Result of the core.
pub type Result<T> = std::result::Result<T, Error>;
