//! Start method `auto`: fork, and if the zygote is found not to be fork-safe, spawn.

use super::{Captures, Launcher, LauncherEvent, StartRequest, Stream};
use crate::Result;
use hatchery_sys::PipeReader;
use std::os::fd::BorrowedFd;

/// Code in the zygote's failure that means "forking is unsafe here", as opposed to "this program is broken".
const UNSAFE: &str = "ERR_HATCHERY_FORK_UNSAFE";

/// Uses `first` until it fails for being unsafe to fork, then `second`.
pub struct FallbackLauncher {
    current: Box<dyn Launcher>,
    second: Option<Box<dyn Launcher>>,
    /// The abandoned launcher, kept until its zygote is reaped.
    abandoned: Option<Box<dyn Launcher>>,
}

impl FallbackLauncher {
    /// A launcher that starts with `first`.
    pub fn new(first: Box<dyn Launcher>, second: Box<dyn Launcher>) -> FallbackLauncher {
        FallbackLauncher { current: first, second: Some(second), abandoned: None }
    }
}

impl Launcher for FallbackLauncher {
    fn method(&self) -> &'static str {
        self.current.method()
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        let mut descriptors = self.current.descriptors();
        if let Some(abandoned) = &self.abandoned {
            descriptors.extend(abandoned.descriptors());
        }
        descriptors
    }

    fn is_quick(&self) -> bool {
        self.current.is_quick()
    }

    fn captures(&self) -> Captures {
        self.current.captures()
    }

    fn take_outputs(&mut self) -> Vec<(Stream, PipeReader)> {
        self.current.take_outputs()
    }

    fn start(&mut self, request: StartRequest<'_>) -> Result<()> {
        self.current.start(request)
    }

    fn poll(&mut self) -> Result<Option<LauncherEvent>> {
        if let Some(abandoned) = &mut self.abandoned {
            while let Ok(Some(_)) = abandoned.poll() {}
            if abandoned.is_finished() {
                self.abandoned = None;
            }
        }
        let event = self.current.poll()?;
        let Some(LauncherEvent::Failed(reason)) = event else { return Ok(event) };
        if !reason.contains(UNSAFE) {
            return Ok(Some(LauncherEvent::Failed(reason)));
        }
        let Some(second) = self.second.take() else { return Ok(Some(LauncherEvent::Failed(reason))) };
        let mut first = std::mem::replace(&mut self.current, second);
        first.shut_down();
        self.abandoned = Some(first);
        Ok(Some(LauncherEvent::Degraded(reason)))
    }

    fn shut_down(&mut self) {
        self.current.shut_down();
        if let Some(abandoned) = &mut self.abandoned {
            abandoned.shut_down();
        }
    }

    fn kill(&mut self) {
        self.current.kill();
        if let Some(abandoned) = &mut self.abandoned {
            abandoned.kill();
        }
    }

    fn is_finished(&self) -> bool {
        self.current.is_finished() && self.abandoned.as_ref().is_none_or(|abandoned| abandoned.is_finished())
    }
}
