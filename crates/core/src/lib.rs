//! Hatchery's core: everything of the process pool that does not need Node.
//!
//! Modules point one way: [`task`], [`schedule`] and [`observe`] are plain data structures, [`launcher`] and
//! [`zygote`] obtain worker processes, [`driver`] is the master loop over all of them, and [`pool`] is
//! the API for Rust programs.
#![forbid(unsafe_code)]

pub mod driver;
pub mod error;
pub mod launcher;
pub mod observe;
pub mod patience;
pub mod pool;
#[cfg(test)]
mod refusing;
pub mod sandbox;
pub mod schedule;
pub mod task;
pub mod worker;
pub mod zygote;

pub use error::{Error, Result};

/// The examples of the repository's README.
#[cfg(doctest)]
#[allow(rustdoc::invalid_codeblock_attributes)]
#[doc = include_str!("../../../README.md")]
struct ReadmeExamples;
