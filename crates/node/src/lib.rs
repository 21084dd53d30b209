//! The N-API binding of Hatchery and nothing else: policy lives in `hatchery-core`.
//!
//! - `pool`    the host: `NativePool` drives the core's driver from Node's event loop
//! - `zygote`  functions of the process that workers are forked from
//! - `worker`  `WorkerLane`, a worker's end of its lane
//! - `probe`   what kernel and container allow
//! - `uv`      the handful of libuv functions used, with their safety argument
//! - `value`   JavaScript values below what napi-rs offers: external memory, callbacks

// What napi-rs exports to Node it does not export to a test build, which clippy's --all-targets checks as well.
#![cfg_attr(test, allow(dead_code))]

mod callback;
mod error;
mod heap;
mod heap_number;
mod layout;
mod log_file;
mod memory;
mod orphans;
mod platform;
mod pool;
mod probe;
mod process;
mod quick;
mod uv;
mod value;
mod worker;
mod zygote;
