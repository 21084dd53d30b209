//! The parts of the benchmark of the pool.

pub mod comparison;
pub mod latency;
pub mod pipe_select;
pub mod report;
