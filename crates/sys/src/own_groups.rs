//! The control groups that this process is in, of both versions.

use std::fs;
use std::path::{Path, PathBuf};

/// Where version 2 is mounted; the second is where systemd puts it beside version 1.
const VERSION_2: [&str; 2] = ["sys/fs/cgroup", "sys/fs/cgroup/unified"];

/// Which files a group has.
#[derive(Clone, Copy)]
pub(crate) enum Version {
    One,
    Two,
}

/// A control group.
pub(crate) struct Group {
    pub version: Version,
    pub folder: PathBuf,
}

/// The groups of this process that may have `controller`, each own one and those above it up to the root. Version 1 has
/// the controller mounted at `mounts`.
///
/// `root` is `/`, except in tests. In a container the path of the own group may be one that only the host sees;
/// then the root of what is mounted there is the own group, and is looked at like every root.
pub(crate) fn own_groups(root: &Path, controller: &str, mounts: &[&str]) -> Vec<Group> {
    let membership = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut groups = Vec::new();
    for line in membership.lines() {
        // hierarchy:controllers:path; version 2 has hierarchy 0 and no controllers.
        let mut parts = line.splitn(3, ':');
        let (Some(hierarchy), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let (version, mounts) = match (hierarchy, controllers) {
            ("0", "") => (Version::Two, &VERSION_2[..]),
            _ if controllers.split(',').any(|name| name == controller) => (Version::One, mounts),
            _ => continue,
        };
        for mount in mounts {
            let mount = root.join(mount);
            let own = mount.join(path.trim_start_matches('/'));
            let up = own.ancestors().take_while(|group| group.starts_with(&mount));
            groups.extend(up.map(|group| Group { version, folder: group.to_owned() }));
        }
    }
    groups
}
