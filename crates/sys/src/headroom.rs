//! How much memory may still be taken before the machine, or a control group of this process, runs out.

use crate::own_groups::{Version, own_groups};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// Where the `memory` controller of version 1 is mounted.
const VERSION_1: [&str; 1] = ["sys/fs/cgroup/memory"];
/// What version 1 says for "no limit" is this or more.
const UNLIMITED: u64 = 1 << 60;

/// Memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headroom {
    /// What may be had at all.
    pub total: u64,
    /// What may be had on top of what is in use; caches that the kernel gives up on demand are not in use.
    pub available: u64,
}

/// The scarcest of the machine's memory and of what each control group from the own one up to the root may use, in
/// both versions. `None`: the kernel does not say.
pub fn memory() -> Option<Headroom> {
    memory_below(Path::new("/"))
}

/// Whether the kernel counts all memory that it has promised and promises no more than it has (`vm.overcommit_memory=2`).
/// Then, and only then, the first access to a page of shared memory can fail, which kills by SIGBUS: reserve it before.
/// Elsewhere it ends in somebody's SIGKILL at worst, and reserving it would end so too. Looked at once.
pub fn is_strict() -> bool {
    static STRICT: OnceLock<bool> = OnceLock::new();
    *STRICT.get_or_init(|| is_strict_below(Path::new("/")))
}

fn is_strict_below(root: &Path) -> bool {
    fs::read_to_string(root.join("proc/sys/vm/overcommit_memory")).is_ok_and(|mode| mode.trim() == "2")
}

/// `root` is `/`, except in tests.
fn memory_below(root: &Path) -> Option<Headroom> {
    let machine = machine(&fs::read_to_string(root.join("proc/meminfo")).ok()?)?;
    let limited =
        own_groups(root, "memory", &VERSION_1).into_iter().filter_map(|group| match group.version {
            Version::One => version_1(&group.folder),
            Version::Two => version_2(&group.folder),
        });
    // A limit above what the machine has is none.
    let limited = limited.filter(|group| group.total < machine.total);
    Some(limited.min_by_key(|group| group.available).map_or(machine, |group| Headroom {
        total: group.total,
        available: group.available.min(machine.available),
    }))
}

fn machine(text: &str) -> Option<Headroom> {
    let kibibytes = |label| field(text, label).map(|value| value * 1024);
    Some(Headroom { total: kibibytes("MemTotal:")?, available: kibibytes("MemAvailable:")? })
}

/// `memory.max` is a number or `max`.
fn version_2(group: &Path) -> Option<Headroom> {
    let read = |name| fs::read_to_string(group.join(name)).ok();
    let total = read("memory.max")?.trim().parse().ok()?;
    let used: u64 = read("memory.current")?.trim().parse().ok()?;
    let cache = field(&read("memory.stat")?, "inactive_file").unwrap_or(0);
    Some(headroom(total, used, cache))
}

/// The same under other names; no limit is a very large one.
fn version_1(group: &Path) -> Option<Headroom> {
    let read = |name| fs::read_to_string(group.join(name)).ok();
    let total = read("memory.limit_in_bytes")?.trim().parse().ok().filter(|limit| *limit < UNLIMITED)?;
    let used: u64 = read("memory.usage_in_bytes")?.trim().parse().ok()?;
    let cache = field(&read("memory.stat")?, "total_inactive_file").unwrap_or(0);
    Some(headroom(total, used, cache))
}

fn headroom(total: u64, used: u64, cache: u64) -> Headroom {
    Headroom { total, available: total.saturating_sub(used.saturating_sub(cache)) }
}

/// The number behind a label at the beginning of a line.
fn field(text: &str, label: &str) -> Option<u64> {
    let mut lines = text.lines().map(str::split_ascii_whitespace);
    lines.find_map(|mut words| (words.next() == Some(label)).then(|| words.next()?.parse().ok())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::MadeUp;

    const MACHINE: (&str, &str) =
        ("proc/meminfo", "MemTotal:     16000 kB\nMemFree: 1 kB\nMemAvailable:  9000 kB\n");

    fn of(files: &[(&str, &str)]) -> Option<Headroom> {
        memory_below(MadeUp::tree(files).root())
    }

    #[test]
    fn the_machine_says_what_is_left_where_no_group_limits_it() {
        let expected = Some(Headroom { total: 16_000 << 10, available: 9_000 << 10 });
        assert_eq!(of(&[MACHINE]), expected);
        let group = [
            MACHINE,
            ("proc/self/cgroup", "0::/own\n"),
            ("sys/fs/cgroup/own/memory.max", "max\n"),
            ("sys/fs/cgroup/own/memory.current", "1000000\n"),
            ("sys/fs/cgroup/own/memory.stat", "anon 1\ninactive_file 400000\n"),
        ];
        assert_eq!(of(&group), expected);
        assert_eq!(of(&[]), None);
        assert!(memory().is_some_and(|memory| 0 < memory.available && memory.available <= memory.total));
    }

    #[test]
    fn strict_is_the_mode_that_promises_no_more_than_there_is() {
        let strict = |mode| is_strict_below(MadeUp::tree(&[("proc/sys/vm/overcommit_memory", mode)]).root());
        assert_eq!(["0\n", "1\n", "2\n", ""].map(strict), [false, false, true, false]);
        assert!(!is_strict_below(MadeUp::tree(&[MACHINE]).root()), "a system that does not say");
    }

    #[test]
    fn the_scarcest_group_up_the_tree_counts_and_its_cache_does_not() {
        let tree = [
            MACHINE,
            ("proc/self/cgroup", "0::/top/own\n"),
            ("sys/fs/cgroup/top/memory.max", "5000000\n"),
            ("sys/fs/cgroup/top/memory.current", "4500000\n"),
            ("sys/fs/cgroup/top/memory.stat", "inactive_file 300000\n"),
            ("sys/fs/cgroup/top/own/memory.max", "2000000\n"),
            ("sys/fs/cgroup/top/own/memory.current", "900000\n"),
            ("sys/fs/cgroup/top/own/memory.stat", "inactive_file 0\n"),
        ];
        assert_eq!(of(&tree), Some(Headroom { total: 5_000_000, available: 800_000 }));
    }

    #[test]
    fn version_1_counts_as_well() {
        let tree = |limit| {
            of(&[
                MACHINE,
                ("proc/self/cgroup", "4:memory:/own\n0::/\n"),
                ("sys/fs/cgroup/memory/own/memory.limit_in_bytes", limit),
                ("sys/fs/cgroup/memory/own/memory.usage_in_bytes", "1500000\n"),
                ("sys/fs/cgroup/memory/own/memory.stat", "total_inactive_file 500000\n"),
            ])
        };
        assert_eq!(tree("2000000\n"), Some(Headroom { total: 2_000_000, available: 1_000_000 }));
        assert_eq!(tree("9223372036854771712\n").map(|memory| memory.total), Some(16_000 << 10));
    }
}
