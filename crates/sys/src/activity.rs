//! What a process is doing, by the kernel's account.

use std::fs;
use std::os::fd::AsFd;
use std::time::Duration;

use crate::PidFd;
use crate::descriptor::wait_readable;

/// What the first thread of a process does, as `/proc/PID/stat` abbreviates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// On a processor, or waiting for one.
    Runnable,
    /// Waiting for something.
    Sleeping,
    /// Stopped by a signal (`SIGSTOP`, `SIGTSTP`); it does nothing until `SIGCONT`.
    Stopped,
    /// Stopped by a debugger.
    Traced,
}

/// What a process does, and how much it has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Of its first thread.
    pub state: RunState,
    /// Processor time of all its threads, those that have ended too, in clock ticks. Only a change means anything.
    pub ticks: u64,
}

impl PidFd {
    /// What this process does. None: it has ended, or `/proc` does not tell.
    ///
    /// `process` is its number. A number may go to another process once the one it belonged to has been reaped, which is
    /// not before that has ended; so what was read is of the right one if it lives afterwards.
    pub fn activity(&self, process: u32) -> Option<Activity> {
        let text = fs::read(format!("/proc/{process}/stat")).ok()?;
        let activity = parse(&text)?;
        let ended = *wait_readable(&[self.as_fd()], Some(Duration::ZERO)).ok()?.first()?;
        (!ended).then_some(activity)
    }
}

fn parse(text: &[u8]) -> Option<Activity> {
    // The name, in parentheses, may hold anything, parentheses too.
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let mut fields = std::str::from_utf8(&text[end + 1..]).ok()?.split_ascii_whitespace();
    let state = match fields.next()? {
        "R" => RunState::Runnable,
        "T" => RunState::Stopped,
        "t" => RunState::Traced,
        "Z" | "X" | "x" => return None,
        _ => RunState::Sleeping,
    };
    // State is field 3 of proc(5), utime 14, stime 15.
    let mut times = fields.skip(10);
    let mut ticks = || times.next()?.parse::<u64>().ok();
    Some(Activity { state, ticks: ticks()?.checked_add(ticks()?)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_from_behind_the_name() {
        let line = b"7 (a) R (b) T 1 2 3 4 5 6 7 8 9 10 110 12 13 14";
        assert_eq!(parse(line), Some(Activity { state: RunState::Stopped, ticks: 122 }));
        assert_eq!(parse(b"7 (x) Z 1 2 3 4 5 6 7 8 9 10 110 12"), None);
        assert_eq!(parse(b"7 (x) S 1 2 3"), None);
        assert_eq!(parse(b""), None);
    }
}
