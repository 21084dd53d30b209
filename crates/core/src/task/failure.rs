//! Why the pool itself settled a task, as opposed to the task throwing.

use hatchery_sys::process::signal_name;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What the kernel sends when the limit of processor time is reached.
pub const SIGXCPU: i32 = 24;

/// What happened to the task.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FailureCause {
    /// The worker left with this exit code while the task ran.
    Exited {
        /// Exit code of the process.
        code: i32,
    },
    /// The worker died of an uncaught exception (or unhandled rejection) while the task ran.
    Uncaught {
        /// Exit code of the process.
        code: i32,
        /// The error as the worker told it, JSON.
        error: String,
    },
    /// The worker was killed by this signal while the task ran.
    Signalled {
        /// Signal number.
        signal: i32,
    },
    /// The worker never came to be: the kernel refused it. Of a worker; no task has had such a one.
    NotStarted {
        /// What was refused.
        detail: String,
    },
    /// The worker ended while the task ran, and nobody could tell how: its zygote had died before it.
    Ended,
    /// The task called `process.abort()`.
    Aborted,
    /// The worker reached its heap limit.
    OutOfMemory,
    /// The worker had more memory of its own than it may while the task ran, and was killed.
    MemoryExceeded {
        /// Bytes that it had.
        used: u64,
        /// Bytes that it may have.
        limit: u64,
    },
    /// The kernel killed the worker because its control group had no memory left.
    GroupOutOfMemory,
    /// The task ran longer than its time limit.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// No worker began the task within the time that it could wait.
    WaitedTooLong {
        /// The limit.
        limit: Duration,
    },
    /// Its worker was stopped, or blocked by the task, for longer than the pool allows, and was killed.
    Unresponsive {
        /// Stopped by a signal; else it waited for something and computed nothing.
        stopped: bool,
        /// The limit.
        limit: Duration,
    },
    /// The caller cancelled.
    Cancelled,
    /// The queue was full, and it was the oldest of the lowest priority.
    Dropped,
    /// Its worker had to be killed for another task that it had begun as well (concurrency above 1).
    WorkerLost {
        /// The function that the other task called, if that is known.
        function: Option<u32>,
    },
    /// A module ended the worker while it was loaded for the task.
    ModuleFailed {
        /// Exit code of the process.
        code: i32,
        /// The error as the worker told it, JSON.
        error: String,
    },
    /// The task threw an error. Only in the history of a task: as its end, that is not the pool's to tell.
    Threw,
    /// Too many workers have died under the task.
    Quarantined {
        /// How many.
        crashes: u32,
        /// Names the task in the pool's quarantine.
        number: u32,
        /// How the last one died.
        last: Box<FailureCause>,
    },
    /// The worker wrote something impossible to its lane and was killed.
    LaneCorrupt {
        /// What was found.
        detail: String,
    },
    /// What the task has sent back is lost: it came in memory of its own, and this process had no descriptor left for that.
    ResultLost {
        /// Bytes that it was.
        length: u64,
    },
    /// The pool was destroyed, or closed with a time limit that passed.
    PoolClosed,
    /// The pool cannot start workers any more.
    PoolFailed {
        /// Why: the last start failure, as JSON when it came from the zygote.
        detail: String,
    },
}

impl FailureCause {
    /// The stable code, shared with the TypeScript facade.
    pub fn code(&self) -> &'static str {
        match self {
            FailureCause::Exited { .. } | FailureCause::Uncaught { .. } => "ERR_HATCHERY_WORKER_EXITED",
            FailureCause::Signalled { .. } => "ERR_HATCHERY_WORKER_SIGNALLED",
            FailureCause::NotStarted { .. } => "ERR_HATCHERY_WORKER_START_FAILED",
            FailureCause::Ended => "ERR_HATCHERY_WORKER_ENDED",
            FailureCause::Aborted => "ERR_HATCHERY_WORKER_ABORTED",
            FailureCause::OutOfMemory
            | FailureCause::MemoryExceeded { .. }
            | FailureCause::GroupOutOfMemory => "ERR_HATCHERY_WORKER_OUT_OF_MEMORY",
            FailureCause::TimedOut { .. } => "ERR_HATCHERY_TASK_TIMEOUT",
            FailureCause::WaitedTooLong { .. } => "ERR_HATCHERY_QUEUE_TIMEOUT",
            FailureCause::Unresponsive { .. } => "ERR_HATCHERY_WORKER_UNRESPONSIVE",
            FailureCause::Cancelled => "ERR_HATCHERY_TASK_CANCELLED",
            FailureCause::Dropped => "ERR_HATCHERY_QUEUE_DROPPED",
            FailureCause::WorkerLost { .. } => "ERR_HATCHERY_WORKER_LOST",
            FailureCause::ModuleFailed { .. } => "ERR_HATCHERY_WORKER_MODULE_FAILED",
            FailureCause::LaneCorrupt { .. } => "ERR_HATCHERY_WORKER_LANE_CORRUPT",
            FailureCause::ResultLost { .. } => "ERR_HATCHERY_RESULT_LOST",
            FailureCause::PoolClosed => "ERR_HATCHERY_POOL_CLOSED",
            FailureCause::PoolFailed { .. } => "ERR_HATCHERY_POOL_FAILED",
            FailureCause::Quarantined { .. } => "ERR_HATCHERY_QUARANTINED",
            FailureCause::Threw => "thrown",
        }
    }

    /// Whether the worker died, and the task may be why.
    pub(crate) fn is_crash(&self) -> bool {
        self.code().starts_with("ERR_HATCHERY_WORKER_") && !matches!(self, FailureCause::WorkerLost { .. })
    }
}

/// One attempt that has failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Which one; 1 is the first.
    pub attempt: u16,
    /// The worker that had the task.
    pub worker: u32,
    /// Its process id.
    pub process: u32,
    /// What happened.
    pub cause: FailureCause,
    /// Tasks that ran in the worker as it died, this one included.
    pub suspects: u32,
    /// When it was known.
    pub at: SystemTime,
}

/// The failure of one task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskFailure {
    /// What happened.
    pub cause: FailureCause,
    /// Which attempt it happened to; 0 if the task never started.
    pub attempt: u16,
    /// The worker concerned, if one had the task.
    pub worker: Option<u32>,
    /// Its process id, if one had the task.
    pub process: Option<u32>,
    /// Tasks that ran in the worker as it died, this one included: above 1 it is not known which is to blame.
    pub suspects: u32,
    /// The end of what its worker has written to standard error, if that died and the host reads it: at most 20 lines, 8 KiB.
    pub stderr: Option<Arc<str>>,
    /// All attempts, oldest first, if there was more than one. Of very many, the first and the latest.
    pub attempts: Vec<Attempt>,
}

impl TaskFailure {
    /// The failure of a task that no worker had.
    pub fn new(cause: FailureCause) -> TaskFailure {
        let (attempt, suspects) = (0, 1);
        TaskFailure {
            cause,
            attempt,
            worker: None,
            process: None,
            suspects,
            stderr: None,
            attempts: Vec::new(),
        }
    }

    /// The stable code, shared with the TypeScript facade.
    pub fn code(&self) -> &'static str {
        self.cause.code()
    }
}

impl std::fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.cause.fmt(f)?;
        if self.suspects > 1 && self.cause.is_crash() {
            let others = self.suspects - 1;
            write!(f, " (or any of {others} others that ran beside it: which one is to blame is not known)")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for FailureCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FailureCause::Exited { code } => write!(
                f,
                "the worker left with exit code {code} while it ran this task: return a value or throw instead of \
                 ending the process"
            ),
            FailureCause::Uncaught { .. } => {
                write!(f, "the worker died of an uncaught exception while it ran this task")
            }
            FailureCause::Signalled { signal: SIGXCPU } => write!(
                f,
                "the worker was killed by SIGXCPU while it ran this task: it has used up the processor time that it \
                 may have (rlimits.cpu)"
            ),
            FailureCause::Signalled { signal } => {
                write!(f, "the worker was killed by {} while it ran this task", signal_name(*signal))
            }
            FailureCause::NotStarted { detail } => f.write_str(detail),
            FailureCause::Ended => write!(
                f,
                "the worker ended while it ran this task; how is not known, since the zygote, its parent, had died \
                 before"
            ),
            FailureCause::Aborted => write!(f, "the task aborted its worker (process.abort, SIGABRT)"),
            FailureCause::OutOfMemory => write!(
                f,
                "the worker ran out of heap while it ran this task: give workers a larger heap \
                 (maxHeap) or the task less to hold"
            ),
            FailureCause::MemoryExceeded { used, limit } => write!(
                f,
                "the worker had {} of memory of its own while it ran this task, and was killed: maxRss allows it {}",
                mebibytes(*used),
                mebibytes(*limit)
            ),
            FailureCause::GroupOutOfMemory => write!(
                f,
                "the kernel killed the worker while it ran this task, because it used all the memory of its control \
                 group (cgroup.memoryMax)"
            ),
            FailureCause::TimedOut { limit } => {
                write!(f, "the task ran longer than its time limit of {} ms", limit.as_millis())
            }
            FailureCause::WaitedTooLong { limit } => write!(
                f,
                "no worker began the task within its queueTimeout of {} ms, so it never ran: have more workers, submit \
                 less at a time, or let it wait longer",
                limit.as_millis()
            ),
            FailureCause::Unresponsive { stopped: true, limit } => write!(
                f,
                "the worker was stopped by a signal (SIGSTOP) for more than {} ms while it had this task, and was \
                 killed: continue it sooner, or raise health.stoppedTimeout",
                limit.as_millis()
            ),
            FailureCause::Unresponsive { stopped: false, limit } => write!(
                f,
                "the worker neither computed anything nor let its event loop turn for more than {} ms while it had \
                 this task, and was killed: wait asynchronously, or raise health.blockedTimeout",
                limit.as_millis()
            ),
            FailureCause::Cancelled => write!(f, "the task was cancelled"),
            FailureCause::Dropped => write!(
                f,
                "the task was dropped from the full queue to make room for a newer one: submit less at a time, or raise \
                 maxQueue"
            ),
            FailureCause::ModuleFailed { code, .. } => {
                write!(f, "a module ended the worker with exit code {code} while it was loaded for this task")
            }
            FailureCause::Threw => write!(f, "the task threw an error"),
            FailureCause::Quarantined { crashes, last, .. } => write!(
                f,
                "the task is quarantined, and is not run again: {crashes} workers have died under it; of the last one: \
                 {last}"
            ),
            FailureCause::WorkerLost { .. } => write!(
                f,
                "the worker was killed because another task that it ran did not stop in time: tasks begun side by \
                 side share their worker's fate, so set retries for those that may be repeated, or concurrency to 1"
            ),
            FailureCause::LaneCorrupt { detail } => {
                write!(f, "the worker wrote to its lane what cannot be ({detail}) and was killed")
            }
            FailureCause::ResultLost { length } => write!(
                f,
                "{length} bytes that the task has sent back are lost, since this process had no file descriptor left to \
                 receive them by (EMFILE): raise the limit (ulimit -n, LimitNOFILE) or close some; the task has run"
            ),
            FailureCause::PoolClosed => write!(f, "the pool was closed before this task settled"),
            FailureCause::PoolFailed { detail } => write!(f, "the pool cannot start workers: {detail}"),
        }
    }
}

/// For people.
fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

impl std::error::Error for TaskFailure {}
