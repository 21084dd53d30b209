//! The API for Rust programs.
