//! Proving that this process can be forked: a child tries it, while the zygote goes on.

use crate::Result;
use hatchery_sys::process::{self, Fork};
use hatchery_sys::{ChildSignal, PidFd, clock, descriptor, fork_memory};
use std::os::fd::AsFd;
use std::time::Duration;

const SIGKILL: i32 = 9;

/// A proof that is under way. Dropped without having been asked for its verdict it ends its child.
#[derive(Debug)]
pub struct Proof {
    /// Until it is reaped.
    child: Option<PidFd>,
    /// A module that is preloaded may have a handler that reaps all children.
    signal: ChildSignal,
    limit: Duration,
    /// CLOCK_MONOTONIC.
    begun: u64,
}

/// How a proof went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The child left with 0 in time.
    Passed,
    /// What went wrong.
    Failed(String),
}

impl Proof {
    /// Forks a child that shall leave with 0 within `limit`. `None` in that child: there do the work that is to be proven.
    ///
    /// # Errors
    /// The fork itself was refused.
    pub fn begin(limit: Duration) -> Result<Option<Proof>> {
        fork_memory::allow_fork_of_anonymous_mappings()?;
        let begun = clock::monotonic_nanoseconds();
        let signal = ChildSignal::set_aside()?;
        let parent = process::id();
        match process::fork()? {
            Fork::Child => {
                // A zygote that fails meanwhile, or is ended, waits for nobody; it may have been before this could be said.
                let said = signal.put_back().and_then(|()| process::set_parent_death_signal(SIGKILL));
                if said.is_err() || process::parent_id() != parent {
                    process::exit_now(1)
                }
                Ok(None)
            }
            Fork::Parent { pid } => {
                let child = Some(PidFd::open(pid).inspect_err(|_| process::end_child(pid))?);
                Ok(Some(Proof { child, signal, limit, begun }))
            }
        }
    }

    /// Waits for the child, until its time is up at most: one that hangs is killed. No trace of it remains.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn verdict(mut self) -> Result<Verdict> {
        let Some(child) = self.child.take() else { return Ok(Verdict::Passed) };
        let left =
            self.limit.saturating_sub(Duration::from_nanos(clock::monotonic_nanoseconds() - self.begun));
        let in_time = descriptor::wait_readable(&[child.as_fd()], Some(left))?[0];
        if !in_time {
            child.kill(SIGKILL)?;
            descriptor::wait_readable(&[child.as_fd()], None)?;
        }
        let exit = child.wait()?;
        self.signal.put_back()?;
        let failure = |what: String| Verdict::Failed(format!("a forked child {what}"));
        Ok(match exit {
            _ if !in_time => failure(format!("hung for {} ms", self.limit.as_millis())),
            Some(exit) if exit.signal != 0 => {
                failure(format!("was killed by {}", process::signal_name(exit.signal)))
            }
            Some(exit) if exit.code != 0 => failure(format!("left with exit code {}", exit.code)),
            _ => Verdict::Passed,
        })
    }
}

impl Drop for Proof {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            // Fails only for one that is dead already.
            let _ = child.kill(SIGKILL);
            let _ = descriptor::wait_readable(&[child.as_fd()], None);
            let _ = child.wait();
        }
    }
}
