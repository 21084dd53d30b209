/// Names a task; stale once the task has settled, because no other task gets its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId {
    /// Slot in the table.
    pub index: u32,
    /// Tells the tasks of one slot from each other.
    pub generation: u32,
}
