//! Starting another program, the quick way and without taking over its reaping.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Command, Stdio};

use crate::PidFd;
use crate::error::{Named, Result};

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
    let child = command.spawn().named("spawn")?;
    let pid = child.id();
    // Dropping the standard library's handle neither kills nor reaps, so the number stays the child's own
    // until the pidfd is open.
    drop(child);
    Ok(Child { pid, pidfd: PidFd::open(pid)? })
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
