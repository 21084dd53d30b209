//! Functions of the zygote: the process that workers are forked from.

use crate::error::{coded, from_core};
use crate::heap;
use crate::uv::EventLoop;
use crate::worker::WorkerLane;
use hatchery_core::Error;
use hatchery_core::zygote::{Proof, ServeOutcome, Verdict, Zygote};
use hatchery_sys::process;
use napi_derive::napi;
use std::cell::RefCell;
use std::time::Duration;

thread_local! {
    /// The zygote of this process, from `zygoteStart` on. It lives on the thread that forks.
    static ZYGOTE: RefCell<Option<Zygote>> = const { RefCell::new(None) };
    /// The proof that is under way.
    static PROOF: RefCell<Option<Proof>> = const { RefCell::new(None) };
}

fn with<Outcome>(act: impl FnOnce(&Zygote) -> hatchery_core::Result<Outcome>) -> napi::Result<Outcome> {
    ZYGOTE.with_borrow(|zygote| act(zygote.as_ref().ok_or_else(no_zygote)?).map_err(from_core))
}

fn no_zygote() -> napi::Error {
    coded("ERR_HATCHERY_PROTOCOL", "there is no zygote in this process")
}

/// Takes the socket to the host from standard input and returns the pool's configuration, JSON.
#[napi]
pub fn zygote_start() -> napi::Result<String> {
    let zygote = Zygote::from_standard_input().map_err(from_core)?;
    let configuration = zygote.receive_configuration().map_err(from_core)?;
    ZYGOTE.with_borrow_mut(|place| *place = Some(zygote));
    Ok(configuration)
}

/// Tells the host that workers can be forked; `details` is JSON for observers.
#[napi]
pub fn zygote_ready(details: String) -> napi::Result<()> {
    with(|zygote| zygote.announce_ready(&details))
}

/// Tells the host why they cannot; `error` is JSON.
#[napi]
pub fn zygote_failed(error: String) -> napi::Result<()> {
    // Reaped here: where the host is process 1 nobody else would.
    drop(PROOF.take());
    with(|zygote| zygote.announce_failure(&error))
}

/// Forks a child to try things out in, and goes on in both: true in the child, which leaves by `exitNow` (0 is success)
/// before `milliseconds` have passed.
#[napi]
pub fn zygote_prove(milliseconds: u32) -> napi::Result<bool> {
    let proof = Proof::begin(Duration::from_millis(u64::from(milliseconds))).map_err(from_core)?;
    let is_child = proof.is_none();
    PROOF.with_borrow_mut(|place| *place = proof);
    Ok(is_child)
}

/// Waits for that child to end, as long as it may take; what went wrong, if something has.
#[napi]
pub fn zygote_verdict() -> napi::Result<Option<String>> {
    let proof = PROOF.take().ok_or_else(|| coded("ERR_HATCHERY_PROTOCOL", "there is no proof under way"))?;
    Ok(match proof.verdict().map_err(from_core)? {
        Verdict::Passed => None,
        Verdict::Failed(reason) => Some(reason),
    })
}

/// Waits until the host wants the first worker, and returns a lane as workers will have them, with nothing in it. Whatever
/// workers need over their lanes is made over this one, once. Nothing: the host wants none.
#[napi]
pub fn zygote_stage(env: napi::Env) -> napi::Result<Option<WorkerLane>> {
    let lane = with(Zygote::await_lane)?;
    heap::watch_limit();
    lane.map(|lane| WorkerLane::stage(env, lane)).transpose()
}

/// Serves the host until it ends the pool. The pool's number for this worker in every fork, for which the staged lane has
/// become its own, and whose event loop is usable; nothing in the zygote once it is over.
#[napi]
pub fn zygote_serve(env: napi::Env, lane: &WorkerLane) -> napi::Result<Option<u32>> {
    let event_loop = EventLoop::of(env)?;
    let zygote = ZYGOTE.take().ok_or_else(no_zygote)?;
    match zygote.serve().map_err(from_core)? {
        ServeOutcome::Child(attachment) => {
            let worker = attachment.worker;
            if let Err(error) = event_loop.fork() {
                attachment.refuse(&Error::StartFailed(error.to_string()));
                process::exit_now(1)
            }
            match lane.take_up(*attachment) {
                Ok(()) => Ok(Some(worker)),
                Err(error) => {
                    // Without a lane nobody can be told, and Node itself does not come to its end in a fork.
                    eprintln!("hatchery: process {} ends: {error}", process::id());
                    process::exit_now(1)
                }
            }
        }
        ServeOutcome::Ended => Ok(None),
    }
}
