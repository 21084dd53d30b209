//! What a slot says.

/// Kinds of submissions, host to worker.
pub mod submission {
    /// Run a task.
    pub const RUN: u32 = 1;
    /// Define a function: its number and, as payload, its definition. No task.
    pub const DEFINE: u32 = 2;
    /// Do all that a task takes, with a function of the worker's own, and complete it. A task that nobody has submitted.
    pub const REHEARSE: u32 = 3;
}

/// What the host wants to know of a task: flags of a submission beside the attempt (bits 0 to 15) and the number of
/// segments (bits 17 to 23).
pub mod wish {
    /// A completion when the task begins.
    pub const REPORT_START: u32 = 1 << 16;
    /// And be woken for it.
    pub const ANNOUNCE_START: u32 = 1 << 24;
}

/// Kinds of completions, worker to host.
pub mod completion {
    /// The worker is ready; payload: JSON.
    pub const READY: u32 = 1;
    /// The task has started; payload: f64, microseconds of `CLOCK_MONOTONIC`.
    pub const STARTED: u32 = 2;
    /// The task has completed; payload: its value.
    pub const COMPLETED: u32 = 3;
    /// The task has failed; payload: the encoded error.
    pub const FAILED: u32 = 4;
    /// The task reports progress; payload: the value.
    pub const PROGRESS: u32 = 5;
    /// The worker could not start; payload: JSON error. No task.
    pub const START_FAILED: u32 = 6;

    /// The task sends an item of its stream; payload: the value. Each uses up one of the task's credits.
    pub const ITEM: u32 = 7;
    /// The task wants chunks of a stream that it was given; payload: number of the input u32, how many u32, where
    /// none means: no more.
    pub const PULL: u32 = 8;

    /// Whether `kind` is one of the above.
    pub(crate) const fn is_known(kind: u32) -> bool {
        kind >= READY && kind <= PULL
    }
}
