//! The calling process, for the runtime in zygote and workers, and for the host's defaults.

use crate::error::from_system;
use crate::heap;
use crate::heap_number;
use crate::uv::EventLoop;
use crate::value::{Value, check};
use hatchery_sys::{Notifier, cpu, descriptor, heap_area, memory, process};
use napi_derive::napi;

/// A thread of this process.
#[napi(object)]
pub struct NativeThread {
    /// Its number.
    pub id: u32,
    /// Its name, at most 15 bytes.
    pub name: String,
}

/// The threads of this process.
#[napi]
pub fn threads() -> napi::Result<Vec<NativeThread>> {
    let threads = process::threads().map_err(from_system)?;
    Ok(threads.into_iter().map(|thread| NativeThread { id: thread.id, name: thread.name }).collect())
}

/// The open sockets of this process, each as `fd 21 socket:[48213]`.
#[napi]
pub fn sockets() -> napi::Result<Vec<String>> {
    descriptor::sockets().map_err(from_system)
}

/// Number of this process, asked of the kernel.
#[napi]
pub fn process_id() -> u32 {
    process::id()
}

/// Gives a number that is an object of V8's the number of this process as its value, where it lies: whoever has it has that one
/// from then on. False: it is none with the value `expected`, and nothing has changed.
#[napi]
pub fn fill_in_process_id(number: Value, expected: f64) -> bool {
    heap_number::replace(number, expected, f64::from(process::id()))
}

/// The processors that the calling thread may run on, ascending.
#[napi]
pub fn allowed_processors() -> napi::Result<Vec<u32>> {
    cpu::allowed().map_err(from_system)
}

/// Workers to run when nothing is configured.
#[napi]
pub fn default_parallelism() -> u32 {
    // The number of processors, at most.
    cpu::default_parallelism() as u32
}

/// 32 bits from the kernel's generator, which no fork duplicates.
#[napi]
pub fn random_word() -> napi::Result<u32> {
    process::random_word().map_err(from_system)
}

/// Gives memory that the C library keeps for later back to the kernel: what is not there need not be forked.
#[napi]
pub fn give_back_free_memory() -> bool {
    memory::give_back_free()
}

/// Collects all garbage, and gives the memory of it back as well, which a mere collection does not. False: not with this Node.
#[napi]
pub fn shrink_heap() -> bool {
    heap::shrink()
}

/// Collects all garbage; V8's flag `expose-gc` has to be set. False: not with this Node.
#[napi]
pub fn collect_garbage() -> bool {
    heap::collect()
}

/// From now on V8's heap grows in one area, which makes forks cheaper. False: not with this Node.
#[napi]
pub fn gather_heap() -> bool {
    heap_area::gather_heap()
}

/// Makes huge pages of memory where it fills them, which makes forks cheaper; returns how many.
#[napi]
pub fn make_huge_pages() -> napi::Result<u32> {
    Ok(heap_area::make_huge_pages().map_err(from_system)? as u32)
}

/// Tells the service manager at this socket something, lines of `NAME=value`. False: it is behind with its reading.
#[napi]
pub fn notify_manager(socket: String, message: String) -> napi::Result<bool> {
    Notifier::new(&socket).and_then(|notifier| notifier.send(&message)).map_err(from_system)
}

/// Ignores `SIGINT`: Ctrl-C goes to every process of a terminal's job, and what it means for the pool is for
/// the host to say. A task may listen for it all the same, and programs that it starts get the default back
/// (libuv sees to that).
#[napi]
pub fn ignore_interrupts() {
    // SAFETY: ignoring a signal runs no code.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
}

/// Makes the event loop usable in a forked child.
#[napi]
pub fn loop_fork(env: napi::Env) -> napi::Result<()> {
    EventLoop::of(env)?.fork()
}

/// Takes the memory of an `ArrayBuffer` away from it, which is empty from then on.
#[napi]
pub fn detach_buffer(env: napi::Env, buffer: Value) -> napi::Result<()> {
    // SAFETY: a valid env and a live value; that it is no detachable buffer is an answer.
    check("napi_detach_arraybuffer", unsafe { napi::sys::napi_detach_arraybuffer(env.raw(), buffer.0) })
}

/// Leaves at once: no destructors, no flushing. A forked Node cannot end in any other way.
#[napi]
pub fn exit_now(code: i32) {
    process::exit_now(code)
}
