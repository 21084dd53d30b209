//! The sandbox of workers as JavaScript gives it.

use hatchery_core::sandbox::{Sandbox, SandboxFiles};
use napi_derive::napi;

/// See `NativeSandbox` in `src/native/types.ts`.
#[napi(object, object_to_js = false)]
pub struct NativeSandbox {
    /// Absolute paths; none: nothing is taken.
    pub files: Option<NativeSandboxFiles>,
    /// Whether sockets may be made.
    pub net: bool,
    /// Whether programs may be executed.
    pub exec: bool,
    /// Whether signals may be sent to others.
    pub signals: bool,
}

/// Files that may be opened.
#[napi(object, object_to_js = false)]
pub struct NativeSandboxFiles {
    /// To be read.
    pub read: Vec<String>,
    /// To be read and written.
    pub write: Vec<String>,
}

impl NativeSandbox {
    /// What the driver is told.
    pub(super) fn sandbox(&self) -> Sandbox {
        let paths = |paths: &[String]| paths.iter().map(Into::into).collect();
        Sandbox {
            files: self
                .files
                .as_ref()
                .map(|files| SandboxFiles { read: paths(&files.read), write: paths(&files.write) }),
            no_network: !self.net,
            no_programs: !self.exec,
            no_signals: !self.signals,
        }
    }
}
