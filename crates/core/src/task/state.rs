//! The states and priorities of a task.

/// Where a task is in its life. The last three are final, and a task enters exactly one of them, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Known to the caller, not yet handed to the driver.
    Created,
    /// Waiting in a priority queue, or published to a worker that has not begun it.
    Queued,
    /// Begun by a worker.
    Running,
    /// Returned a value.
    Completed,
    /// Threw, timed out, or lost its worker.
    Failed,
    /// Cancelled by its caller.
    Cancelled,
}

impl TaskState {
    /// Whether the task has settled.
    pub fn is_final(self) -> bool {
        matches!(self, TaskState::Completed | TaskState::Failed | TaskState::Cancelled)
    }
}

/// Order of service: a higher level is placed before a lower one, equals in order of submission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Priority {
    /// Before everything that has not been placed yet.
    High = 0,
    /// The default.
    #[default]
    Normal = 1,
    /// When nothing else waits.
    Low = 2,
}

impl Priority {
    /// All levels, first served first.
    pub const ALL: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

    /// Its name: `high`, `normal` or `low`.
    pub fn as_str(self) -> &'static str {
        match self {
            Priority::High => "high",
            Priority::Normal => "normal",
            Priority::Low => "low",
        }
    }
}
