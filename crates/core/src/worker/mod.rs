//! A worker that runs task functions written in Rust.
//!
//! - `registry` task functions by name
//! - `context`  what a running task can ask and say
//! - `fault`    how a task fails, and how that travels
//! - `inbound`  arguments, from wherever they lie
//! - `outbound` completions, and waking the host for them
//! - `control`  the socket beside the lane
//! - `session`  the loop

mod context;
mod control;
mod fault;
mod inbound;
mod outbound;
mod registry;
mod session;
mod stopwatch;

pub use context::Context;
pub use fault::TaskError;
pub use registry::{Registry, TaskFunction};
pub use session::run;
