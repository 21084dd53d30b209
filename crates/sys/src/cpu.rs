//! Which processors this process may use, and how many it is worth using.

use std::path::Path;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::cgroup;
use crate::error::{Error, Named, Result};

/// The processors this thread may run on, ascending.
///
/// # Errors
/// The errno of `sched_getaffinity`.
pub fn allowed() -> Result<Vec<u32>> {
    let set = sched_getaffinity(Pid::from_raw(0)).named("sched_getaffinity")?;
    let indexes = (0..CpuSet::count()).filter(|index| set.is_set(*index).unwrap_or(false));
    Ok(indexes.map(|index| index as u32).collect())
}

/// Number of processors this thread may run on, at least 1.
pub fn allowed_count() -> usize {
    allowed().map_or(1, |processors| processors.len().max(1))
}

/// Restricts the calling thread, and what it starts from now on (threads, processes), to `processors`.
///
/// # Errors
/// `EINVAL` for an empty set, or if none of them may be used.
pub fn set_affinity(processors: &[u32]) -> Result<()> {
    let mut set = CpuSet::new();
    for processor in processors {
        set.set(*processor as usize).named("sched_setaffinity")?;
    }
    if processors.is_empty() {
        return Err(Error::new("sched_setaffinity", libc::EINVAL));
    }
    sched_setaffinity(Pid::from_raw(0), &set).named("sched_setaffinity")
}

/// Workers to run when nothing is configured: the processors this thread may run on, fewer if a control group
/// grants less time than that (whole processors of it); at least 1.
pub fn default_parallelism() -> usize {
    parallelism(allowed_count(), cgroup::processor_limit(Path::new("/")))
}

fn parallelism(allowed: usize, limit: Option<usize>) -> usize {
    limit.map_or(allowed, |limit| allowed.min(limit)).max(1)
}

/// Processors as the kernel lists them: `0-3,8`.
pub(crate) fn parse_list(text: &str) -> Option<Vec<u32>> {
    let mut processors = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        // More than any kernel has: such a text is no list of processors.
        if last >= 1 << 16 {
            return None;
        }
        processors.extend(first..=last);
    }
    Some(processors)
}

/// Ascending processors the way the kernel lists them: `0-3,8`.
pub fn format_list(processors: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for processor in processors {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *processor => *last = *processor,
            _ => ranges.push((*processor, *processor)),
        }
    }
    let range = |(first, last): (u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    ranges.into_iter().map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parallelism_is_the_lesser_and_at_least_one() {
        assert_eq!(parallelism(8, None), 8);
        assert_eq!(parallelism(8, Some(3)), 3);
        assert_eq!(parallelism(2, Some(3)), 2);
        assert_eq!(parallelism(8, Some(0)), 1);
        let count = default_parallelism();
        assert!(count >= 1 && count <= allowed_count());
        assert_eq!(allowed().map(|processors| processors.len()), Ok(allowed_count()));
    }

    #[test]
    fn affinity_narrows_the_default_and_refuses_nothing() {
        std::thread::spawn(|| {
            let first = allowed().unwrap()[0];
            set_affinity(&[first]).unwrap();
            assert_eq!(allowed().unwrap(), vec![first]);
            assert_eq!(default_parallelism(), 1);
            assert!(set_affinity(&[]).is_err());
            assert!(set_affinity(&[u32::MAX]).is_err());
            assert_eq!(std::thread::spawn(allowed).join().unwrap().unwrap(), vec![first], "threads inherit");
        })
        .join()
        .unwrap();
    }

    #[test]
    fn lists_are_read_and_written_as_the_kernel_does() {
        assert_eq!(parse_list("0-2,5,7-8\n"), Some(vec![0, 1, 2, 5, 7, 8]));
        assert_eq!(parse_list("\n"), Some(vec![]));
        assert_eq!(parse_list("0-x"), None);
        assert_eq!(parse_list("0-4294967295"), None);
        assert_eq!(format_list(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
        assert_eq!(format_list(&[]), "");
    }
}
