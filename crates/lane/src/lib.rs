//! The lane: the shared memory between a Hatchery host and one worker.
//!
//! A lane is one sealed memfd: a header page, a submission ring, a completion ring and an arena for
//! payloads that do not fit a slot (the byte layout is in ARCHITECTURE.md and in [`layout`]). [`HostLane`] is
//! the host's side and treats all it reads as hostile; [`WorkerLane`] is the side of a worker written in
//! Rust (a Node worker does the same through typed arrays).
//!
//! There are no locks. A worker can damage only its own lane, and the lane of a dead worker is thrown away
//! whole. Rings and arena also run on heap memory, which is how loom, proptest and valgrind check them.
//!
//! `unsafe` is in two modules: [`shared`] (a typed view of a mapping) and `copy` (bulk copies); under loom
//! also in `atomic`.
#![warn(missing_docs)]

#[cfg(target_endian = "big")]
compile_error!("the lane's layout is little endian");

pub mod arena;
pub mod atomic;
mod completion;
mod copy;
mod error;
mod geometry;
#[cfg(not(loom))]
mod header;
#[cfg(not(loom))]
mod host;
pub mod kind;
pub mod layout;
mod message;
pub mod ordering;
#[cfg(not(loom))]
mod reservations;
pub mod ring;
pub mod shared;
pub mod stamp;
mod submission;
pub mod times;
mod untrusted;
#[cfg(not(loom))]
mod worker;

pub use arena::{Arena, BlockId};
pub use completion::{Completion, CompletionConsumer, CompletionProducer};
pub use error::{LaneError, PushError, Violation};
pub use geometry::{Geometry, SizeClass};
#[cfg(not(loom))]
pub use host::{Home, HostLane};
pub use message::{INLINE_CAPACITY, InlinePayload, Location, Message};
pub use submission::{SlotState, Submission, SubmissionConsumer, SubmissionProducer};
#[cfg(not(loom))]
pub use worker::{Heart, WorkerLane, flags};
