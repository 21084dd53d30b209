//! What is taken from workers before they run any task, for good.
//!
//! The kernel confines threads, not processes, to files: so a forked worker confines itself while it has one thread, and an
//! exec'd one is started by a thread that is confined already. Calls are taken away from all threads at once.

use crate::{Error, Result};
use hatchery_sys::apart;
use hatchery_sys::sandbox::{Calls, Reach, confine_calls, confine_files, confine_signals};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Options as users know them.
const FILES: &str = "sandbox.fs";
const SIGNALS: &str = "sandbox.signals";
const SECCOMP: &str = "sandbox";

/// An option, and why it cannot be had.
type Refusal = (&'static str, hatchery_sys::Error);

/// Most bytes that the paths may have together: they travel with every request for a worker.
const LONGEST_PATHS: usize = 16 << 10;

/// What workers may not do. Nothing set: all that the host may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sandbox {
    /// The only files they may open; `None`: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<SandboxFiles>,
    /// They make no sockets.
    #[serde(skip_serializing_if = "is_false")]
    pub no_network: bool,
    /// They execute no programs and make no processes.
    #[serde(skip_serializing_if = "is_false")]
    pub no_programs: bool,
    /// They send no signals to processes but their own; with `no_programs` to none but themselves.
    #[serde(skip_serializing_if = "is_false")]
    pub no_signals: bool,
}

/// Files and folders with all below them, absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxFiles {
    /// To be read.
    pub read: Vec<PathBuf>,
    /// To be read and written.
    pub write: Vec<PathBuf>,
}

impl Sandbox {
    /// Whether nothing is taken.
    pub fn is_open(&self) -> bool {
        *self == Sandbox::default()
    }

    /// Tries all of it, on a thread that is gone afterwards.
    ///
    /// # Errors
    /// [`Error::SandboxUnsupported`] naming what the kernel lacks, [`Error::InvalidOption`] for paths that cannot be told.
    pub fn check(&self) -> Result<()> {
        if self.is_open() {
            return Ok(());
        }
        if let Some(files) = &self.files {
            let mut paths = files.read.iter().chain(&files.write);
            if paths.clone().any(|path| !path.is_absolute() || path.to_str().is_none()) {
                return Err(Error::InvalidOption("the paths of a sandbox must be absolute, and text".into()));
            }
            if paths.try_fold(0_usize, |sum, path| sum.checked_add(path.as_os_str().len()))
                > Some(LONGEST_PATHS)
            {
                return Err(Error::InvalidOption(format!(
                    "the paths of a sandbox must take at most {LONGEST_PATHS} bytes: name folders, not files"
                )));
            }
        }
        let lacking = |(option, error): Refusal| {
            let needed = if option == SECCOMP { "seccomp filters" } else { "Landlock, of Linux 6.2" };
            let needed = if option == SIGNALS { "exec: false, or Landlock of Linux 6.12" } else { needed };
            Error::SandboxUnsupported(format!("{option} needs {needed}, which this system lacks: {error}"))
        };
        apart(|| self.confine_thread().and_then(|()| self.confine_calls(Reach::Thread)))?.map_err(lacking)
    }

    /// Whether a part of it binds the thread that asks for it alone, and what that starts.
    pub fn binds_threads(&self) -> bool {
        self.files.is_some() || self.scopes_signals()
    }

    /// Children are to be reached, others not: only the kernel can tell them apart.
    fn scopes_signals(&self) -> bool {
        self.no_signals && !self.no_programs
    }

    /// That part.
    ///
    /// # Errors
    /// The option, and what the kernel says.
    pub(crate) fn confine_thread(&self) -> std::result::Result<(), Refusal> {
        if self.scopes_signals() {
            confine_signals().map_err(|error| (SIGNALS, error))?;
        }
        if let Some(SandboxFiles { read, write }) = &self.files {
            confine_files(read, write).map_err(|error| (FILES, error))?;
        }
        Ok(())
    }

    /// The other part.
    ///
    /// # Errors
    /// As of [`confine_thread`](Sandbox::confine_thread).
    pub(crate) fn confine_calls(&self, reach: Reach) -> std::result::Result<(), Refusal> {
        if self.is_open() {
            return Ok(());
        }
        let signals = self.no_signals && self.no_programs;
        let calls = Calls { network: self.no_network, programs: self.no_programs, signals };
        confine_calls(calls, reach).map_err(|error| (SECCOMP, error))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusing::refusing;

    #[test]
    fn paths_are_checked() {
        let files = Some(SandboxFiles { read: vec!["relative".into()], write: Vec::new() });
        let error = Sandbox { files, ..Sandbox::default() }.check().unwrap_err();
        assert_eq!(error.code(), "ERR_HATCHERY_INVALID_OPTION");
        let files = Some(SandboxFiles { read: vec!["/x".repeat(LONGEST_PATHS).into()], write: Vec::new() });
        assert!(Sandbox { files, ..Sandbox::default() }.check().unwrap_err().to_string().contains("at most"));
    }

    fn check_without(call: i64, sandbox: &Sandbox) -> String {
        const ENOSYS: i32 = 38;
        let error = refusing(call, ENOSYS, || sandbox.check().unwrap_err());
        assert_eq!(error.code(), "ERR_HATCHERY_SANDBOX_UNSUPPORTED");
        error.to_string()
    }

    #[test]
    fn what_the_kernel_lacks_is_named() {
        const LANDLOCK_CREATE_RULESET: i64 = 444;
        #[cfg(target_arch = "x86_64")]
        const SECCOMP: i64 = 317;
        #[cfg(not(target_arch = "x86_64"))]
        const SECCOMP: i64 = 277;
        let files = Sandbox { files: Some(SandboxFiles::default()), ..Sandbox::default() };
        assert!(check_without(LANDLOCK_CREATE_RULESET, &files).starts_with("sandbox.fs needs Landlock"));
        let signals = Sandbox { no_signals: true, ..Sandbox::default() };
        assert!(
            check_without(LANDLOCK_CREATE_RULESET, &signals).starts_with("sandbox.signals needs exec: false")
        );
        let network = Sandbox { no_network: true, ..Sandbox::default() };
        assert!(check_without(SECCOMP, &network).starts_with("sandbox needs seccomp filters"));
    }

    #[test]
    fn nothing_of_a_check_stays() {
        let all = Sandbox { no_network: true, no_programs: true, no_signals: true, ..Sandbox::default() };
        match all.check() {
            Ok(()) => {}
            Err(error) => assert_eq!(error.code(), "ERR_HATCHERY_SANDBOX_UNSUPPORTED"),
        }
        assert!(std::net::UdpSocket::bind("127.0.0.1:0").is_ok());
    }
}
