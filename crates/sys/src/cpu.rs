//! How many processors this process may use.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::error::{Error, Named, Result};

/// The processors this thread may run on, ascending.
///
/// # Errors
/// The errno of `sched_getaffinity`.
pub fn allowed() -> Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0)).named("sched_getaffinity")?;
    Ok((0..CpuSet::count()).filter(|index| set.is_set(*index).unwrap_or(false)).collect())
}

/// Number of processors this thread may run on, at least 1.
pub fn allowed_count() -> usize {
    allowed().map_or(1, |processors| processors.len().max(1))
}

/// Restricts the calling thread (and what it forks) to `processors`.
///
/// # Errors
/// `EINVAL` for an empty set or unknown processors.
pub fn set_affinity(processors: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    for processor in processors {
        set.set(*processor).named("sched_setaffinity")?;
    }
    if processors.is_empty() {
        return Err(Error::new("sched_setaffinity", libc::EINVAL));
    }
    sched_setaffinity(Pid::from_raw(0), &set).named("sched_setaffinity")
}

/// Processors' worth of time that cgroup v2 grants (`1.5` is one and a half), the least of all levels; none
/// without a limit.
pub fn cgroup_limit() -> Option<f64> {
    let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = membership.lines().find_map(|line| line.strip_prefix("0::"))?;
    // The second root is where systemd puts version 2 in hybrid mode.
    ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
        .iter()
        .filter_map(|root| least_limit(Path::new(root), path))
        .min_by(f64::total_cmp)
}

/// Workers to run when nothing is configured: allowed processors, less if the cgroup grants less; at least 1.
pub fn default_parallelism() -> usize {
    let allowed = allowed_count();
    match cgroup_limit() {
        Some(limit) => allowed.min(limit.ceil() as usize).max(1),
        None => allowed,
    }
}

/// The least `cpu.max` from `path` up to `root`.
fn least_limit(root: &Path, path: &str) -> Option<f64> {
    let mut directory: PathBuf = root.join(path.trim_start_matches('/'));
    let mut least: Option<f64> = None;
    loop {
        if let Ok(text) = fs::read_to_string(directory.join("cpu.max"))
            && let Some(limit) = parse_limit(&text)
        {
            least = Some(least.map_or(limit, |other| other.min(limit)));
        }
        if directory == root || !directory.pop() {
            return least;
        }
    }
}

/// `quota period` in microseconds, or `max period`.
fn parse_limit(text: &str) -> Option<f64> {
    let mut words = text.split_ascii_whitespace();
    let quota: f64 = words.next()?.parse().ok()?;
    let period: f64 = words.next()?.parse().ok()?;
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_limits() {
        assert_eq!(parse_limit("150000 100000\n"), Some(1.5));
        assert_eq!(parse_limit("max 100000\n"), None);
        assert_eq!(parse_limit(""), None);
    }

    #[test]
    fn parallelism_is_positive_and_allowed() {
        let count = default_parallelism();
        assert!(count >= 1 && count <= allowed_count());
        assert_eq!(allowed().map(|processors| processors.len()), Ok(allowed_count()));
    }

    #[test]
    fn affinity_can_be_set_and_refuses_nothing() {
        std::thread::spawn(|| {
            let first = allowed().unwrap()[0];
            set_affinity(&[first]).unwrap();
            assert_eq!(allowed().unwrap(), vec![first]);
            assert!(set_affinity(&[]).is_err());
        })
        .join()
        .unwrap();
    }
}
