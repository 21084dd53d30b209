//! The group of one process.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::overwrite;
use crate::PidFd;
use crate::error::{Named, Result};

/// The group of one process, and of what it starts. Removed with the value, if nothing runs in it any more.
#[derive(Debug)]
pub struct Leaf {
    pub(super) folder: PathBuf,
}

impl Leaf {
    /// Where it is: what [`join`] wants.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Whether the kernel has killed something in here for want of memory.
    pub fn ran_out_of_memory(&self) -> bool {
        let text = fs::read_to_string(self.folder.join("memory.events")).unwrap_or_default();
        kills(&text) > 0
    }

    /// Kills what runs in here still, and removes the leaf; false: not everything has ended yet, so try again later.
    pub fn end(&self) -> bool {
        // Since Linux 5.14.
        if overwrite(&self.folder.join("cgroup.kill"), "1").is_err() {
            kill_listed(&self.folder);
        }
        remove(&self.folder)
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        let _ = remove(&self.folder);
    }
}

/// Groups directly below one.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

/// Removes a group and those that were made in it, the innermost first; false: something runs in one of them.
pub(super) fn remove(folder: &Path) -> bool {
    for group in below(folder) {
        remove(&group);
    }
    match fs::remove_dir(folder) {
        Ok(()) => true,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

/// Kills what runs in a group and in those made in it, one by one. What is forked meanwhile is left for the next time.
fn kill_listed(folder: &Path) {
    for group in below(folder) {
        kill_listed(&group);
    }
    for process in members(folder) {
        // A number may be another process's by now: only what is still listed once it is held is killed.
        if let Ok(held) = PidFd::open(process)
            && members(folder).contains(&process)
        {
            let _ = held.kill(9);
        }
    }
}

/// Processes of a group. Those of other namespaces, which the kernel lists as 0, are left out.
fn members(folder: &Path) -> Vec<u32> {
    let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).filter(|process| *process > 0).collect()
}

/// Moves this process, or a child of it that has not been reaped, with all its threads, to the group at `path`.
///
/// # Errors
/// `EACCES` or `EPERM` if this process may not move itself out of its own group.
pub fn join(child: Option<u32>, path: &Path) -> Result<()> {
    // 0 stands for who writes.
    overwrite(&path.join("cgroup.procs"), &child.unwrap_or(0).to_string()).named("write cgroup.procs")
}

/// `oom_kill` of memory.events.
fn kills(events: &str) -> u64 {
    let count = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::MadeUp;

    #[test]
    fn what_was_made_in_a_leaf_goes_with_it() {
        let tree = MadeUp::tree(&[("g/kept", "")]);
        let folder = tree.root().join("g/leaf");
        fs::create_dir_all(folder.join("inner/innermost")).unwrap();
        fs::create_dir(folder.join("other")).unwrap();
        // A group in which something runs cannot be removed; here that is a folder that is not empty.
        fs::write(folder.join("other/file"), "").unwrap();
        let leaf = Leaf { folder: folder.clone() };
        assert!(!leaf.end());
        assert_eq!(below(&folder), [folder.join("other")]);
        fs::remove_file(folder.join("other/file")).unwrap();
        assert!(leaf.end());
        assert!(leaf.end(), "it is gone already");
    }

    #[test]
    fn without_a_switch_in_the_kernel_processes_are_killed_one_by_one() {
        let tree = MadeUp::tree(&[("leaf/inner/cgroup.procs", "")]);
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let listed = format!("0\n{}\n", child.id());
        fs::write(tree.root().join("leaf/inner/cgroup.procs"), listed).unwrap();
        assert!(!Leaf { folder: tree.root().join("leaf") }.end());
        let signal = std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap());
        assert_eq!(signal, Some(9));
    }

    #[test]
    fn deaths_for_want_of_memory_are_counted() {
        assert_eq!(kills("low 0\nhigh 3\nmax 17\noom 1\noom_kill 2\noom_group_kill 0\n"), 2);
        assert_eq!(kills("oom 1\noom_group_kill 1\n"), 0);
        assert_eq!(kills(""), 0);
    }
}
