//! How much processor time the control groups of this process grant it.

use crate::own_groups::{Version, own_groups};
use std::fs;
use std::path::Path;

/// Where the `cpu` controller of version 1 is mounted.
const VERSION_1: [&str; 3] = ["sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct", "sys/fs/cgroup/cpuacct,cpu"];

/// Whole processors' worth of time that the groups of this process grant: rounded down, the least of all groups
/// from its own up to the root, of both versions; may be 0. None without a limit.
///
/// `root` is `/`, except in tests.
pub(crate) fn processor_limit(root: &Path) -> Option<usize> {
    let granted = own_groups(root, "cpu", &VERSION_1).into_iter().filter_map(|group| match group.version {
        Version::One => granted_by_version_1(&group.folder),
        Version::Two => granted_by_version_2(&group.folder),
    });
    granted.min()
}

/// `cpu.max`: quota and period in microseconds, or `max` and period.
fn granted_by_version_2(group: &Path) -> Option<usize> {
    let text = fs::read_to_string(group.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    whole(quota, period)
}

/// The same in two files; a quota of -1 is none.
fn granted_by_version_1(group: &Path) -> Option<usize> {
    let read = |name| fs::read_to_string(group.join(name)).ok();
    whole(read("cpu.cfs_quota_us")?.trim(), read("cpu.cfs_period_us")?.trim())
}

fn whole(quota: &str, period: &str) -> Option<usize> {
    let (quota, period): (usize, usize) = (quota.parse().ok()?, period.parse().ok()?);
    quota.checked_div(period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::MadeUp;

    fn limit(files: &[(&str, &str)]) -> Option<usize> {
        processor_limit(MadeUp::tree(files).root())
    }

    #[test]
    fn the_least_of_the_whole_path_counts_rounded_down() {
        let tree = |own, parent, top| {
            limit(&[
                ("proc/self/cgroup", "0::/top/parent/own\n"),
                ("sys/fs/cgroup/cpu.max", "max 100000\n"),
                ("sys/fs/cgroup/top/cpu.max", top),
                ("sys/fs/cgroup/top/parent/cpu.max", parent),
                ("sys/fs/cgroup/top/parent/own/cpu.max", own),
                // Of others.
                ("sys/fs/cgroup/top/other/cpu.max", "100000 100000\n"),
                ("sys/fs/cgroup/top/parent/own/below/cpu.max", "100000 100000\n"),
            ])
        };
        assert_eq!(tree("390000 100000\n", "max 100000\n", "max 100000\n"), Some(3));
        assert_eq!(tree("max 100000\n", "250000 100000\n", "400000 100000\n"), Some(2));
        assert_eq!(tree("800000 100000\n", "max 100000\n", "300000 50000\n"), Some(6));
        assert_eq!(tree("50000 100000\n", "max 100000\n", "max 100000\n"), Some(0));
        assert_eq!(tree("max 100000\n", "max 100000\n", "max 100000\n"), None);
        assert_eq!(tree("", "nonsense", "1 0\n"), None);
    }

    #[test]
    fn a_path_that_only_the_host_sees_leaves_the_root() {
        for path in ["/docker/0123", "/../../outside", "/"] {
            let membership = format!("0::{path}\n");
            let files =
                [("proc/self/cgroup", membership.as_str()), ("sys/fs/cgroup/cpu.max", "200000 100000\n")];
            assert_eq!(limit(&files), Some(2), "{path}");
        }
    }

    #[test]
    fn version_1_counts_as_well() {
        let membership = "5:memory:/m\n4:cpu,cpuacct:/a/b\n0::/\n";
        let tree = |folder: &str, quota| {
            let file = |name| format!("sys/fs/cgroup/{folder}/a/{name}");
            let (quota_file, period_file) = (file("cpu.cfs_quota_us"), file("cpu.cfs_period_us"));
            limit(&[
                ("proc/self/cgroup", membership),
                (&quota_file, quota),
                (&period_file, "100000\n"),
                ("sys/fs/cgroup/unified/cpu.max", "700000 100000\n"),
            ])
        };
        assert_eq!(tree("cpu,cpuacct", "350000\n"), Some(3));
        assert_eq!(tree("cpu", "350000\n"), Some(3));
        assert_eq!(tree("cpu,cpuacct", "-1\n"), Some(7), "the limit of version 2 is left");
        assert_eq!(tree("memory", "100000\n"), Some(7), "another controller");
    }

    #[test]
    fn without_control_groups_there_is_no_limit() {
        assert_eq!(limit(&[]), None);
        assert_eq!(limit(&[("proc/self/cgroup", "0::/x\n")]), None);
        assert_eq!(limit(&[("proc/self/cgroup", "\n:\nx:y\n")]), None);
    }
}
