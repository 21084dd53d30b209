//! Which task is next, and how far ahead a worker is fed. Pure data: no processes, no time of its own.

mod ageing;
mod queue;
mod wait;
mod window;

pub(crate) use queue::PriorityQueues;
pub(crate) use window::Window;
