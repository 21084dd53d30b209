use std::fmt;

/// Names a task; stale once the task has settled, because no other task gets its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId {
    /// Slot in the table.
    pub index: u32,
    /// Tells the tasks of one slot from each other.
    pub generation: u32,
}

/// As a worker's `current.id` has it: JavaScript reads both numbers with a sign.
impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.index.cast_signed(), self.generation.cast_signed())
    }
}
