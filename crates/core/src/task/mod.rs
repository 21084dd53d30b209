//! Tasks: identity, states, outcome. Knows nothing of workers or of Node.

mod entry;
mod failure;
mod id;
mod list;
mod payloads;
mod slab;
mod state;
mod table;

pub(crate) use entry::Place;
pub use failure::{Attempt, FailureCause, SIGXCPU, TaskFailure};
pub use id::TaskId;
pub(crate) use list::List;
pub use state::{Priority, TaskState};
pub use table::TaskTable;
