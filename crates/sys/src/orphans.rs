//! What processes below an init leave behind: it inherits them, and nobody else can reap them.

use std::fs;

use crate::PidFd;

/// A child of this process that has ended. A number alone might be another's by the next look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Zombie {
    process: u32,
    /// When it was started, in clock ticks since the machine was.
    started: u64,
}

/// Children of this process that have ended, and whom nobody reaps.
///
/// They cannot be told from children that this process has started, whose ends somebody here waits for. So only those
/// are reaped that have been there at two looks: in between everybody must have had the time to reap his own.
#[derive(Debug, Default)]
pub struct Orphans {
    seen: Vec<Zombie>,
}

impl Orphans {
    /// Reaps those that were there at the last look, too, and tells how many. None where `/proc` does not list children.
    pub fn look(&mut self) -> usize {
        let found = zombies();
        let (old, new): (Vec<Zombie>, Vec<Zombie>) =
            found.into_iter().partition(|zombie| self.seen.contains(zombie));
        let left: Vec<Zombie> = old.iter().copied().filter(|zombie| !zombie.reap()).collect();
        let reaped = old.len() - left.len();
        self.seen = new;
        self.seen.extend(left);
        reaped
    }
}

impl Zombie {
    /// False while threads of it go on.
    fn reap(&self) -> bool {
        PidFd::open(self.process).and_then(|descriptor| descriptor.wait()).is_ok_and(|exit| exit.is_some())
    }
}

/// The kernel lists children by the thread that has them.
fn zombies() -> Vec<Zombie> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let mut found = Vec::new();
    for list in lists {
        let children = list.split_ascii_whitespace().filter_map(|child| child.parse().ok());
        found.extend(children.filter_map(zombie));
    }
    found
}

/// None for one that lives.
fn zombie(process: u32) -> Option<Zombie> {
    let text = fs::read(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything, parentheses too.
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let mut fields = std::str::from_utf8(&text[end + 1..]).ok()?.split_ascii_whitespace();
    if fields.next()? != "Z" {
        return None;
    }
    // State is field 3 of proc(5), starttime 22.
    Some(Zombie { process, started: fields.nth(18)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    #[expect(clippy::zombie_processes, reason = "it is for the orphans to reap")]
    fn who_has_ended_is_reaped_at_the_second_look() {
        // Any child of this process serves: whose it is cannot be told. Those of tests beside this one are reaped by them.
        let child = Command::new("true").spawn().expect("spawn");
        let ended = || zombie(child.id()).is_some();
        while !ended() {
            std::thread::yield_now();
        }
        let mut orphans = Orphans::default();
        orphans.look();
        assert!(ended(), "the first look leaves it");
        orphans.seen.retain(|zombie| zombie.process == child.id());
        assert_eq!(orphans.look(), 1);
        assert!(!std::path::Path::new(&format!("/proc/{}", child.id())).exists());
    }

    #[test]
    fn who_lives_is_left_alone() {
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().expect("spawn");
        assert_eq!(zombie(child.id()), None);
        drop(child.stdin.take());
        assert!(child.wait().expect("its end is still to be had").success());
    }
}
