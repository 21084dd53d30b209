//! Safe Linux for Hatchery: thin wrappers that own their descriptors and name the operation that failed.
//!
//! Everything made here is close-on-exec, and nonblocking where blocking would stall the driver. There is
//! no policy in this crate and no state outside the values it hands out, but for the place of the heap's next
//! piece in `heap_area`. `unsafe` lives in `wait`, `child_signal`, `process`, `mapping`, `mapped_vec`, `memory`, `lifeline`,
//! `fork_memory`, `heap_area`, `imports`, `event_fd`, `spawn`, `probe` and `symbol`, one call each, with the invariant
//! stated where it is used.
#![warn(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("Hatchery runs on Linux only");

mod activity;
mod cgroup;
pub mod cgroup_leaf;
mod child_signal;
pub mod clock;
pub mod cpu;
pub mod descriptor;
mod epoll;
mod error;
mod event_fd;
pub mod fork_memory;
pub mod headroom;
pub mod heap_area;
mod imports;
mod lifeline;
#[cfg(test)]
mod made_up;
mod mapped_vec;
mod mapping;
mod mem_fd;
pub mod memory;
mod notify;
mod orphans;
mod own_groups;
mod pid_fd;
pub mod pipe;
pub mod probe;
pub mod process;
pub mod process_memory;
pub mod sandbox;
mod seq_packet;
mod signal_fd;
mod spawn;
pub mod spin;
pub mod standing;
pub mod symbol;
mod timeout;
mod timer_fd;
mod topology;
mod wait;

pub use activity::{Activity, RunState};
pub use child_signal::ChildSignal;
pub use epoll::{Epoll, EpollEvents, Trigger};
pub use error::{Error, Result};
pub use event_fd::EventFd;
pub use lifeline::{ArmedLifeline, Lifeline};
pub use mapped_vec::MappedVec;
pub use mapping::Mapping;
pub use mem_fd::MemFd;
pub use nix::sys::signal::Signal;
pub use notify::Notifier;
pub use orphans::Orphans;
pub use pid_fd::PidFd;
pub use pipe::{PipeRead, PipeReader};
pub use seq_packet::{MAXIMUM_DESCRIPTORS, Received, SeqPacket};
pub use signal_fd::SignalFd;
pub use spawn::{Child, Output, apart, pinned, spawn};
pub use timer_fd::TimerFd;
pub use topology::Topology;
pub use wait::Exit;
