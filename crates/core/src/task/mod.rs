//! Tasks: identity, states, outcome. Knows nothing of workers or of Node.

mod failure;
mod state;
mod table;

pub use failure::{Attempt, FailureCause, TaskFailure};
pub use state::{Priority, TaskState};
pub(crate) use table::{List, Place};
pub use table::{TaskId, TaskTable};
