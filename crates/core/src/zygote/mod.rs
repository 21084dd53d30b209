//! The zygote: a warmed-up process that forks workers on request, and the messages spoken with it.
//!
//! The same serving loop is behind the Node zygote and the native one. It never runs a task: it blocks on
//! its socket and its children, and the blocking call returns in a forked child only.

pub mod protocol;

mod attachment;
mod conditions;
mod first_word;
mod proof;
mod refusal;
mod serve;

pub use attachment::{WorkerAttachment, attach_from_standard_input};
pub use conditions::{Conditions, ProcessLimits};
pub use proof::{Proof, Verdict};
pub(crate) use refusal::report;
pub use serve::{ServeOutcome, Zygote};
