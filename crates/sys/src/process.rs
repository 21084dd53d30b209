//! The calling process: forking, leaving, signals, names.

use std::ffi::CString;
use std::fs;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{ForkResult, Pid};

use crate::error::{Error, Named, Result};
use crate::wait::{Exit, Whom, wait_nohang};

/// Which side of a fork the caller is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fork {
    /// The new process.
    Child,
    /// The process that called fork.
    Parent {
        /// Process number of the child.
        pid: u32,
    },
}

/// A thread of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Thread number (`gettid`).
    pub id: u32,
    /// Its name, at most 15 bytes.
    pub name: String,
}

/// Forks. Only the calling thread survives in the child.
///
/// This is safe in Rust's sense: the child gets a copy of the whole address space, so every pointer stays
/// valid, and a thread that vanishes frees nothing. What can go wrong is liveness, not memory: a lock that
/// another thread held stays locked in the child for ever (glibc mends its allocator's own). Hence the
/// zygote is audited to have one thread, or only idle ones, before its first fork.
///
/// # Errors
/// The errno of `fork`, such as `EAGAIN` at the process limit.
pub fn fork() -> Result<Fork> {
    // SAFETY: see above; no memory invariant of this process depends on other threads running.
    match unsafe { nix::unistd::fork() }.named("fork")? {
        ForkResult::Child => Ok(Fork::Child),
        ForkResult::Parent { child } => Ok(Fork::Parent { pid: child.as_raw() as u32 }),
    }
}

/// Leaves at once with `code`: no exit handlers, no destructors, no flushing (`_exit`).
pub fn exit_now(code: i32) -> ! {
    // SAFETY: _exit takes any integer and does not return; skipping destructors is safe.
    unsafe { libc::_exit(code) }
}

/// Leaves at once, and takes the process group along that this process leads: whoever would end that is gone.
pub fn exit_with_group() -> ! {
    if leads_process_group() {
        kill_group(id());
    }
    exit_now(0)
}

/// Ends the process with `SIGABRT`.
pub fn abort() -> ! {
    std::process::abort()
}

/// Number of this process, asked of the kernel (no cache that a fork makes stale).
pub fn id() -> u32 {
    std::process::id()
}

/// Number of the parent process; it changes when the parent dies.
pub fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

/// Whether process `pid` runs, or would if a processor were free: its main thread does not wait for anything.
pub fn is_runnable(pid: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name before the state is in parentheses, and may hold any itself.
    text.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('R'))
}

/// Asks for `signal` when the parent thread ends; 0 takes it back.
///
/// Cleared by fork, and too late for a parent already gone: compare [`parent_id`] afterwards.
///
/// # Errors
/// `EINVAL` for an unknown signal.
pub fn set_parent_death_signal(signal: i32) -> Result<()> {
    let signal = if signal == 0 { None } else { Some(known("prctl(PR_SET_PDEATHSIG)", signal)?) };
    nix::sys::prctl::set_pdeathsig(signal).named("prctl(PR_SET_PDEATHSIG)")
}

/// 32 bits from the kernel's generator: no state of this process that a fork would duplicate.
///
/// # Errors
/// The errno of `getrandom`.
pub fn random_word() -> Result<u32> {
    let mut bytes = [0; 4];
    // So few bytes come whole or not at all.
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).named("getrandom")?;
    Ok(u32::from_ne_bytes(bytes))
}

/// Puts this process into a process group of its own, so that signals from the terminal (Ctrl-C) or to the group
/// of the program that started it do not reach it.
///
/// # Errors
/// `EPERM` for a session leader.
pub fn leave_process_group() -> Result<()> {
    nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0)).named("setpgid")
}

/// Kills a child that has not been reaped, with the group that it leads, and reaps it: for one that cannot be held by a
/// descriptor, since there are no more of these. Its number is its own until then.
pub fn end_child(pid: u32) {
    let Ok(child) = i32::try_from(pid) else { return };
    let child = Pid::from_raw(child);
    kill_group(pid);
    // It may not lead a group yet. Both fail only for what has been reaped already.
    let _ = nix::sys::signal::kill(child, Signal::SIGKILL);
    while nix::sys::wait::waitpid(child, None) == Err(nix::errno::Errno::EINTR) {}
}

/// Whether this process leads its group.
pub fn leads_process_group() -> bool {
    nix::unistd::getpgrp() == Pid::this()
}

/// Kills every process of the group that `leader` leads, or led. Only for a child that has not been reaped: its number
/// may be that of another group after that.
pub(crate) fn kill_group(leader: u32) {
    let Ok(leader) = i32::try_from(leader) else { return };
    // 0 and 1 would be this group, or everything.
    if leader > 1 {
        // Fails for a group that is empty, which is the aim.
        let _ = nix::sys::signal::killpg(Pid::from_raw(leader), Signal::SIGKILL);
    }
}

/// The threads of this process, from `/proc/self/task`. One that is about to end is left out: whoever has joined a
/// thread knows it has left the program, while the kernel may take its time to forget it.
///
/// # Errors
/// The errno of reading the directory.
pub fn threads() -> Result<Vec<Thread>> {
    let mut threads = Vec::new();
    for entry in fs::read_dir("/proc/self/task").named("read /proc/self/task")? {
        let entry = entry.named("read /proc/self/task")?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Ok(stat) = fs::read_to_string(entry.path().join("stat"))
            && let Some(name) = name_while_it_runs(&stat)
        {
            threads.push(Thread { id, name: name.to_owned() });
        }
    }
    Ok(threads)
}

/// The name in a thread's `stat`, unless the thread is about to end.
fn name_while_it_runs(stat: &str) -> Option<&str> {
    /// `PF_EXITING`, among the flags that the kernel shows.
    const EXITING: u32 = 4;
    // `ID (NAME) STATE PARENT GROUP SESSION TERMINAL GROUP FLAGS ...`; the name may hold anything.
    let (start, end) = (stat.find('(')?, stat.rfind(')')?);
    let flags: u32 = stat.get(end + 1..)?.split_ascii_whitespace().nth(6)?.parse().ok()?;
    if flags & EXITING == 0 { stat.get(start + 1..end) } else { None }
}

/// Reaps any one child that has ended; none if all run or there is no child.
///
/// Only for a process whose children are all the pool's (the zygote): it would steal the status of others.
///
/// # Errors
/// The errno of `waitid`, never `ECHILD` or `EINTR`.
pub fn wait_any_nohang() -> Result<Option<(u32, Exit)>> {
    match wait_nohang(&Whom::Any) {
        Err(error) if error.raw_os_error() == libc::ECHILD => Ok(None),
        result => result,
    }
}

/// Clears the signal mask of the calling thread; a forked child inherits the zygote's blocked signals.
///
/// # Errors
/// The errno of `pthread_sigmask`.
pub fn unblock_all_signals() -> Result<()> {
    SigSet::empty().thread_set_mask().named("pthread_sigmask")
}

/// Gives `signal` its default action.
///
/// # Errors
/// `EINVAL` for an unknown signal and for `SIGKILL` and `SIGSTOP`.
pub fn reset_signal(signal: i32) -> Result<()> {
    let signal = known("sigaction", signal)?;
    let action = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of ours, so there is no handler that could be unsound.
    unsafe { sigaction(signal, &action) }.named("sigaction").map(drop)
}

/// Sends `signal` to this process.
///
/// # Errors
/// `EINVAL` for an unknown signal.
pub fn kill_self(signal: i32) -> Result<()> {
    nix::sys::signal::kill(Pid::this(), known("kill", signal)?).named("kill")
}

/// Names the calling thread (`PR_SET_NAME`), which for the main thread is what `ps` shows. The kernel keeps
/// the first 15 bytes.
///
/// # Errors
/// `EINVAL` for a name with a zero byte.
pub fn set_process_name(name: &str) -> Result<()> {
    let name = CString::new(name).map_err(|_| Error::new("prctl(PR_SET_NAME)", libc::EINVAL))?;
    nix::sys::prctl::set_name(&name).named("prctl(PR_SET_NAME)")
}

/// `SIGKILL` and the like; real-time signals have no name of their own.
pub fn signal_name(signal: i32) -> String {
    Signal::try_from(signal).map_or_else(|_| format!("SIG{signal}"), |signal| signal.as_str().to_owned())
}

/// The typed signal, or `EINVAL` (which real-time signals get too: nothing here needs them).
fn known(operation: &'static str, signal: i32) -> Result<Signal> {
    Signal::try_from(signal).named(operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ends_has_no_name_any_more() {
        let stat = |flags: u32| format!("17 (a) thread (b) S 1 17 17 0 -1 {flags} 0 0 0");
        assert_eq!(name_while_it_runs(&stat(0x40_0040)), Some("a) thread (b"));
        assert_eq!(name_while_it_runs(&stat(0x40_0044)), None);
        assert_eq!(name_while_it_runs("17 (cut"), None);
    }

    #[test]
    fn a_thread_that_was_joined_is_none() {
        for _ in 0..200 {
            let id = std::thread::spawn(nix::unistd::gettid).join().unwrap().as_raw() as u32;
            assert!(threads().unwrap().iter().all(|thread| thread.id != id));
        }
    }
}
