//! What this process does when a child of its own ends.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::error::{Named, Result};

/// The action for `SIGCHLD` that was set aside: with the default one nobody reaps children behind the caller's back, be it
/// a handler of a library or the kernel, which does so for who ignores the signal.
#[derive(Debug)]
pub struct ChildSignal {
    action: SigAction,
}

impl ChildSignal {
    /// Sets the action aside.
    ///
    /// # Errors
    /// The errno of `sigaction`, which has no reason to fail.
    pub fn set_aside() -> Result<ChildSignal> {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        // SAFETY: the default action runs no code of ours, so there is no handler that could be unsound.
        let action = unsafe { sigaction(Signal::SIGCHLD, &default) }.named("sigaction")?;
        Ok(ChildSignal { action })
    }

    /// Has this process, or a child forked since, do again what it did.
    ///
    /// # Errors
    /// As [`set_aside`](ChildSignal::set_aside).
    pub fn put_back(&self) -> Result<()> {
        // SAFETY: a handler that was installed in this very program, which has kept its code since.
        unsafe { sigaction(Signal::SIGCHLD, &self.action) }.named("sigaction").map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_aside_comes_back() {
        // Told apart by a flag: with another handler the children of tests beside this one might be reaped by it.
        let marked = SigAction::new(SigHandler::SigDfl, SaFlags::SA_NOCLDSTOP, SigSet::empty());
        let is_marked = |signal: &ChildSignal| signal.action.flags().contains(SaFlags::SA_NOCLDSTOP);
        ChildSignal { action: marked }.put_back().unwrap();
        let before = ChildSignal::set_aside().unwrap();
        assert!(is_marked(&before) && !is_marked(&ChildSignal::set_aside().unwrap()));
        before.put_back().unwrap();
        assert!(is_marked(&ChildSignal::set_aside().unwrap()));
    }
}
