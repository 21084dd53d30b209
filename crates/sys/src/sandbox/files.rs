//! Landlock: which files may be opened, and whom signals reach.

use crate::error::{Error, Named, Result};
use landlock::{
    ABI, AccessFs, BitFlags, CompatLevel, Compatible, Errno, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, Scope, path_beneath_rules,
};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use std::path::PathBuf;

/// The first version that can refuse `truncate`; without it, what may not be written could still be emptied.
const LEAST: ABI = ABI::V3;

/// Privileges by which files and memory of others are reached past any file's own path: by other mounts, devices, numbers of
/// files, the kernel. A process of root has them.
const BEYOND_PATHS: [CapabilitySet; 8] = [
    CapabilitySet::SYS_ADMIN,
    CapabilitySet::SYS_PTRACE,
    CapabilitySet::PERFMON,
    CapabilitySet::BPF,
    CapabilitySet::SYS_MODULE,
    CapabilitySet::SYS_RAWIO,
    CapabilitySet::SYS_CHROOT,
    CapabilitySet::MKNOD,
];

/// From here on the calling thread, and what it starts, opens for reading only what is at or below `read` and `write`, and
/// for writing (or creates, removes, renames, truncates) only what is at or below `write`. What is open stays open.
/// A path that is not there grants nothing. No new privileges, none of the capabilities that reach beyond paths, and no
/// `ptrace` of processes that are not so confined.
///
/// # Errors
/// `EINVAL`, `ENOSYS` or `EOPNOTSUPP` if the kernel cannot do all of that.
pub fn confine_files(read: &[PathBuf], write: &[PathBuf]) -> Result<()> {
    let reading: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let writing = AccessFs::from_write(LEAST);
    let restrict = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(reading | writing)?
            .create()?
            .add_rules(path_beneath_rules(read, reading))?
            .add_rules(path_beneath_rules(write, reading | writing))?
            .restrict_self()
    };
    restrict().map_err(refused)?;
    let mut held = capabilities(None).named("capget")?;
    let gone = CapabilitySet::from_iter(BEYOND_PATHS);
    for set in [&mut held.effective, &mut held.permitted, &mut held.inheritable] {
        set.remove(gone);
    }
    set_capabilities(None, held).named("capset")
}

/// From here on signals of the calling thread, and of what it starts, reach only what is so confined with it.
///
/// # Errors
/// As of [`confine_files`]; Linux 6.12 is the first that can.
pub fn confine_signals() -> Result<()> {
    let restrict = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .scope(Scope::Signal)?
            .create()?
            .restrict_self()
    };
    restrict().map(drop).map_err(refused)
}

fn refused(error: RulesetError) -> Error {
    Error::new("landlock", *Errno::from(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spawn::apart;
    use std::fs;

    #[test]
    fn only_what_is_granted_can_be_opened_and_only_by_that_thread() {
        let kind = |error: std::io::Error| error.kind();
        let granted = [PathBuf::from("/proc")];
        let outcome = apart(|| {
            confine_files(&granted, &[])?;
            let refused = fs::read("/etc/passwd").map_err(kind);
            Ok::<_, Error>((
                fs::read("/proc/version").is_ok(),
                refused,
                fs::write("/proc/version", "").map_err(kind),
            ))
        });
        match outcome.unwrap() {
            Ok((read, refused, written)) => {
                assert!(read);
                assert_eq!(refused, Err(std::io::ErrorKind::PermissionDenied));
                assert_eq!(written, Err(std::io::ErrorKind::PermissionDenied));
            }
            Err(error) => eprintln!("skipped: {error}"),
        }
        assert!(fs::read("/etc/passwd").is_ok());
    }
}
