//! The log: what happens to a pool, as events of `tracing`.
//!
//! A Rust program installs any subscriber; without one an entry costs one load. Targets are `hatchery::pool`,
//! `hatchery::worker`, `hatchery::zygote`, `hatchery::scaling` and `hatchery::task`. Nothing is logged for a task that runs and
//! ends, at any level, and nothing in zygotes and workers, so that no fork meets a subscriber's lock or buffer.
//!
//! - `entries`  the entries
//! - `rotating` a file that entries go to, of bounded size

pub(crate) mod entries;
mod rotating;

pub use entries::note;
pub use rotating::{RotatingFile, Rotation};
