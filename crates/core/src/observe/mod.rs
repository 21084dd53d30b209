//! What a pool tells of itself.

pub mod log;
