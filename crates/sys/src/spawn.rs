//! Starting another program, the quick way and without taking over its reaping.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Command, Stdio};
use std::thread;

use crate::error::{Error, Named, Result};
use crate::{PidFd, cpu, process};

/// Where an output stream of the new program goes.
#[derive(Debug)]
pub enum Output {
    /// To this process's own stream.
    Inherit,
    /// Nowhere.
    Null,
    /// To a descriptor, of which the new program gets a copy.
    Fd(OwnedFd),
}

/// A started program. It is reaped by [`PidFd::wait`] and by nothing else.
#[derive(Debug)]
pub struct Child {
    /// Process number.
    pub pid: u32,
    /// The process itself.
    pub pidfd: PidFd,
}

/// Starts `program` with `arguments` (not repeating the program's name), `environment` in place of the
/// inherited one if given, and `standard_input` as descriptor 0.
///
/// # Errors
/// The errno of the spawn (`ENOENT`, `EACCES`, `EAGAIN`) or of `pidfd_open`.
pub fn spawn(
    program: &OsStr,
    arguments: &[OsString],
    environment: Option<&[(OsString, OsString)]>,
    standard_input: OwnedFd,
    standard_output: Output,
    standard_error: Output,
) -> Result<Child> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::from(standard_input))
        .stdout(stdio(standard_output, io::stdout().as_fd()))
        .stderr(stdio(standard_error, io::stderr().as_fd()));
    if let Some(variables) = environment {
        command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
    }
    // No pre_exec hook: so the standard library may use posix_spawn, which does not copy page tables.
    let start = || {
        hold_descriptors_back();
        command.spawn().named("spawn").map(|child| child.id())
    };
    // The standard library's handle is gone, which neither kills nor reaps, so the number stays the child's own until the
    // pidfd is open. That, and the closing of what the command holds, is for this thread's table of descriptors.
    let pid = apart(start)??;
    match PidFd::open(pid) {
        Ok(pidfd) => Ok(Child { pid, pidfd }),
        Err(error) => {
            process::end_child(pid);
            Err(error)
        }
    }
}

/// Gives the calling thread a table of descriptors of its own, of which a program that it starts inherits only the standard
/// ones: this process may have been started with others, or have libraries that open them so. Before Linux 5.11 things stay
/// as they are.
fn hold_descriptors_back() {
    const UNSHARE: libc::c_uint = 1 << 1;
    const CLOSE_ON_EXEC: libc::c_uint = 1 << 2;
    const FIRST: libc::c_uint = 3;
    // SAFETY: takes three numbers and touches no memory. It changes a copy of the table, which ends with this thread; what
    // other threads own stays open for them.
    unsafe {
        libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, UNSHARE | CLOSE_ON_EXEC);
    }
}

/// Calls `start` on a thread that may run on `processors` only, so that no thread of a program that it starts ever
/// runs elsewhere. Processors that are not to be had (any more) are disregarded, as the kernel itself does with
/// running processes. Without any, `start` is called as things stand.
///
/// A thread of its own, because a child inherits from the thread that starts it, and the caller's own affinity is not
/// ours to change. It ends with the start: a program that asks for a signal at its parent's death gets it at once.
///
/// # Errors
/// `EAGAIN` if no thread is to be had, `ECANCELED` if `start` panics on it.
pub fn pinned<Outcome: Send>(processors: &[u32], start: impl FnOnce() -> Outcome + Send) -> Result<Outcome> {
    if processors.is_empty() {
        return Ok(start());
    }
    apart(|| {
        let _ = cpu::set_affinity(processors);
        start()
    })
}

/// Calls `start` on a thread of its own, which ends with it: what that thread is confined to holds for the programs that it
/// starts, and not for this process.
///
/// # Errors
/// `EAGAIN` if no thread is to be had, `ECANCELED` if `start` panics on it.
pub fn apart<Outcome: Send>(start: impl FnOnce() -> Outcome + Send) -> Result<Outcome> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("hatchery-spawn".into()).spawn_scoped(scope, start);
        thread.named("clone")?.join().map_err(|_| Error::new("spawn", libc::ECANCELED))
    })
}

/// Inheriting goes by a duplicate: Node marks its own standard descriptors close-on-exec, so as they stand
/// they would not survive.
fn stdio(output: Output, own: BorrowedFd<'_>) -> Stdio {
    match output {
        // Fails if the stream is closed here, and then it is nowhere there too.
        Output::Inherit => own.try_clone_to_owned().map_or_else(|_| Stdio::null(), Stdio::from),
        Output::Null => Stdio::null(),
        Output::Fd(descriptor) => Stdio::from(descriptor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_started_pinned_is_on_its_processors_and_the_caller_where_it_was() {
        let before = cpu::allowed().unwrap();
        let first = before[0];
        assert_eq!(pinned(&[first], cpu::allowed).unwrap(), Ok(vec![first]));
        assert_eq!(pinned(&[], cpu::allowed).unwrap(), Ok(before.clone()));
        // Such as are not there, and more than the kernel can know.
        assert_eq!(pinned(&[1023], cpu::allowed).unwrap(), Ok(before.clone()));
        assert_eq!(pinned(&[u32::MAX], cpu::allowed).unwrap(), Ok(before.clone()));
        assert_eq!(cpu::allowed().unwrap(), before);
        assert_eq!(pinned(&[first], || panic!("on purpose")).unwrap_err().raw_os_error(), libc::ECANCELED);
    }
}
