//! The loop of a native worker.
