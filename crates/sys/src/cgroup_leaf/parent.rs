//! The group below which leaves are made.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::leaf::{Leaf, remove};
use super::{LeafLimits, Refusal, overwrite, said};

/// Names of leaves begin with this and the process that made them.
const PREFIX: &str = "hatchery-";

/// A group below which leaves can be made.
#[derive(Debug)]
pub struct LeafParent {
    folder: PathBuf,
    limits: LeafLimits,
    /// What all leaves made here are called, but for their own names.
    prefix: String,
}

impl LeafParent {
    /// The group at `path`. Without one: the nearest of the own group and those above it that allows it.
    ///
    /// The names of its leaves hold `tag`, which tells users of one group and process apart. Removes leaves that processes
    /// have left behind which did not come to do it themselves.
    ///
    /// # Errors
    /// What each group lacks.
    pub fn find(
        path: Option<&Path>,
        limits: LeafLimits,
        tag: &str,
    ) -> std::result::Result<LeafParent, Refusal> {
        let candidates = match path {
            Some(path) => vec![path.to_owned()],
            None => candidates(Path::new("/"))?,
        };
        let mut reasons = String::new();
        for folder in candidates {
            let prefix = format!("{PREFIX}{}-{tag}", std::process::id());
            let parent = LeafParent { folder, limits: limits.clone(), prefix };
            match prepare(&parent.folder, &parent.limits).and_then(|()| parent.try_out()) {
                Ok(()) => {
                    parent.sweep();
                    return Ok(parent);
                }
                Err(Refusal(reason)) => {
                    let _ = write!(reasons, "{}{reason}", if reasons.is_empty() { "" } else { "; " });
                }
            }
        }
        Err(Refusal(reasons))
    }

    /// Where the group is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a leaf. Its name must not be in use.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn make(&self, name: &str) -> std::result::Result<Leaf, Refusal> {
        let folder = self.folder.join(format!("{}-{name}", self.prefix));
        fs::create_dir(&folder).map_err(|error| {
            Refusal(format!("no group can be made in {}: {}", self.folder.display(), said(&error)))
        })?;
        let leaf = Leaf { folder };
        configure(&leaf.folder, &self.limits)?;
        Ok(leaf)
    }

    fn try_out(&self) -> std::result::Result<(), Refusal> {
        self.make("probe").map(drop)
    }

    fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let maker = name
                .to_str()
                .and_then(|name| name.strip_prefix(PREFIX)?.split('-').next()?.parse::<u32>().ok());
            if maker.is_some_and(|maker| !Path::new(&format!("/proc/{maker}")).exists()) {
                // One in which something runs stays: the kernel removes none but the empty.
                let _ = remove(&entry.path());
            }
        }
    }
}

/// The own group and those above it, as far as they are to be seen from here.
fn candidates(root: &Path) -> std::result::Result<Vec<PathBuf>, Refusal> {
    let none = |why: &str| Refusal(format!("no control group of version 2: {why}"));
    let read =
        |name: &str| fs::read_to_string(root.join(name)).map_err(|error| none(&format!("{name}: {error}")));
    let membership = read("proc/self/cgroup")?;
    let own = membership.lines().find_map(|line| line.strip_prefix("0::"));
    let own = own.ok_or_else(|| none("this process is in none"))?;
    // ID PARENT DEVICE ROOT MOUNTPOINT OPTIONS... - TYPE SOURCE OPTIONS
    let mounts = read("proc/self/mountinfo")?;
    let mount = mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut fields = place.split(' ').skip(3);
        (kind.split(' ').next() == Some("cgroup2")).then_some((fields.next()?, fields.next()?))
    });
    let (mounted, point) = mount.ok_or_else(|| none("it is mounted nowhere"))?;
    let below = Path::new(own).strip_prefix(mounted);
    let below =
        below.map_err(|_| none(&format!("the own one, {own}, is not below what is mounted at {point}")))?;
    let point = root.join(point.trim_start_matches('/'));
    let own = if below.as_os_str().is_empty() { point.clone() } else { point.join(below) };
    Ok(own.ancestors().take_while(|group| group.starts_with(&point)).map(Path::to_owned).collect())
}

/// Sees to it that leaves of this group have the controllers that the limits need.
fn prepare(folder: &Path, limits: &LeafLimits) -> std::result::Result<(), Refusal> {
    let place = folder.display();
    let words = |file: &str| -> io::Result<BTreeSet<String>> {
        Ok(fs::read_to_string(folder.join(file))?.split_ascii_whitespace().map(str::to_owned).collect())
    };
    let available = words("cgroup.controllers").map_err(|error| {
        Refusal(format!("{place} is no control group of version 2 (cgroup.controllers: {})", said(&error)))
    })?;
    let enabled = words("cgroup.subtree_control").unwrap_or_default();
    for controller in limits.controllers() {
        if !available.contains(controller) {
            return Err(Refusal(format!(
                "{place} has no {controller} controller: it has to be delegated (systemd: Delegate=yes), and not be in \
                 use by version 1"
            )));
        }
        if !enabled.contains(controller) {
            overwrite(&folder.join("cgroup.subtree_control"), &format!("+{controller}")).map_err(|error| {
                let why = match error.raw_os_error() {
                    Some(libc::EBUSY) => {
                        "processes are in that group itself: name one that has none (systemd: DelegateSubgroup=)".into()
                    }
                    _ => said(&error),
                };
                Refusal(format!("the {controller} controller cannot be switched on in {place}: {why}"))
            })?;
        }
    }
    Ok(())
}

fn configure(folder: &Path, limits: &LeafLimits) -> std::result::Result<(), Refusal> {
    for (file, value) in limits.settings() {
        overwrite(&folder.join(file), &value).map_err(|error| {
            Refusal(format!("{} = {value}: {}", folder.join(file).display(), said(&error)))
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::MadeUp;

    const ALL: LeafLimits = LeafLimits {
        memory_max: Some(1 << 30),
        memory_high: None,
        cpu_max: Some(1_500_000),
        pids_max: Some(64),
    };

    fn mounts(mounted: &str) -> String {
        format!(
            "24 1 0:22 / /proc rw - proc proc rw\n30 23 0:26 {mounted} /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 \
             cgroup2 rw,nsdelegate\n"
        )
    }

    #[test]
    fn the_own_group_comes_first_and_the_root_of_what_is_mounted_last() {
        let found = |membership: &str, mounted: &str| {
            let mounts = mounts(mounted);
            let tree = MadeUp::tree(&[("proc/self/cgroup", membership), ("proc/self/mountinfo", &mounts)]);
            let groups = candidates(tree.root())?;
            let relative = |group: PathBuf| group.strip_prefix(tree.root()).unwrap().display().to_string();
            Ok::<_, Refusal>(groups.into_iter().map(relative).collect::<Vec<_>>())
        };
        let expected = ["sys/fs/cgroup/a/b", "sys/fs/cgroup/a", "sys/fs/cgroup"];
        assert_eq!(found("4:memory:/x\n0::/a/b\n", "/").unwrap(), expected);
        assert_eq!(found("0::/docker/1/a\n", "/docker/1").unwrap(), ["sys/fs/cgroup/a", "sys/fs/cgroup"]);
        assert_eq!(found("0::/\n", "/").unwrap(), ["sys/fs/cgroup"]);
        assert!(found("0::/../other\n", "/docker/1").unwrap_err().to_string().contains("/../other"));
        assert!(found("4:memory:/x\n", "/").unwrap_err().to_string().contains("is in none"));
    }

    #[test]
    fn controllers_are_switched_on_or_it_is_said_which_is_missing() {
        let tree = |available: &str, enabled: &str| {
            MadeUp::tree(&[("g/cgroup.controllers", available), ("g/cgroup.subtree_control", enabled)])
        };
        let ready = tree("cpu memory pids io\n", "pids cpu\n");
        prepare(&ready.root().join("g"), &ALL).unwrap();
        // The kernel adds what is written; in this tree it replaces the beginning.
        let written = fs::read_to_string(ready.root().join("g/cgroup.subtree_control")).unwrap();
        assert!(written.starts_with("+memory"), "{written}");
        let refused = |tree: MadeUp| prepare(&tree.root().join("g"), &ALL).unwrap_err().to_string();
        assert!(refused(tree("memory pids\n", "memory")).contains("no cpu controller"));
        assert!(refused(MadeUp::tree(&[("g/tasks", "")])).contains("no control group of version 2"));
        prepare(&tree("\n", "\n").root().join("g"), &LeafLimits::default()).unwrap();
    }

    #[test]
    fn a_leaf_is_told_its_limits() {
        let files =
            ["memory.max", "memory.oom.group", "cpu.max", "pids.max"].map(|name| format!("leaf/{name}"));
        let tree = MadeUp::tree(&files.each_ref().map(|name| (name.as_str(), "")));
        configure(&tree.root().join("leaf"), &ALL).unwrap();
        let written = files.each_ref().map(|name| fs::read_to_string(tree.root().join(name)).unwrap());
        assert_eq!(written, ["1073741824", "0", "150000 100000", "64"]);
        let high = LeafLimits { memory_high: Some(1), ..LeafLimits::default() };
        let error = configure(&tree.root().join("leaf"), &high).unwrap_err().to_string();
        assert!(error.contains("memory.high = 1: No such file"), "{error}");
    }

    #[test]
    fn leaves_of_the_dead_are_swept_away() {
        let own = std::process::id();
        let tree = MadeUp::tree(&[("cgroup.controllers", ""), (&format!("{PREFIX}4194999-w2/tasks"), "")]);
        // No process has a number that large.
        for name in ["hatchery-4194999-w1".into(), format!("hatchery-{own}-w1"), "hatchery-x".into()] {
            fs::create_dir(tree.root().join(name)).unwrap();
        }
        let parent = LeafParent::find(Some(tree.root()), LeafLimits::default(), "a").unwrap();
        let exists = |name: &str| tree.root().join(name).exists();
        assert!(!exists("hatchery-4194999-w1"));
        assert!(
            exists("hatchery-4194999-w2") && exists(&format!("hatchery-{own}-w1")) && exists("hatchery-x")
        );
        let leaf = parent.make("w2").unwrap();
        assert!(leaf.path().exists() && !leaf.ran_out_of_memory());
        assert!(parent.make("w2").unwrap_err().to_string().contains("File exists"));
        assert!(leaf.end() && leaf.end());
        assert!(!leaf.path().exists());
    }
}
