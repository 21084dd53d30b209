//! Taking rights from a thread or a process, for good: Landlock for what it may open, seccomp for what it may call.
//!
//! Nothing here is best effort: what the kernel cannot take away is an error.

mod calls;
mod files;

pub use calls::{Calls, Reach, confine_calls, forbid_rings};
pub use files::{confine_files, confine_signals};
