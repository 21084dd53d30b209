//! The memory of another process that would be free if it were gone.
//!
//! A forked worker shares most of its pages with the zygote, so its resident set says little. The kernel tells exactly
//! what it has alone, but walks all of its pages for that, which takes 15 us a megabyte and holds up its calls of mmap.
//! All anonymous memory, what is shared included, is a figure that the kernel keeps ready, and never less.

use std::fs;

use crate::error::{Error, Named, Result};

const STATM: &str = "read /proc/PID/statm";
const ROLLUP: &str = "read /proc/PID/smaps_rollup";

/// Bytes of anonymous memory that a process has, of which it may share some. Quick: 5 us.
///
/// # Errors
/// `ESRCH` or `ENOENT` if there is no such process.
pub fn anonymous(process: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/statm")).named(STATM)?;
    let page = rustix::param::page_size() as u64;
    parse_statm(&text).map(|pages| pages * page).ok_or(Error::new(STATM, libc::EPROTO))
}

/// Bytes of anonymous memory that a process shares with no other. Takes long for a large one.
///
/// # Errors
/// `EACCES` for a process of another user, `ENOENT` before Linux 4.14 and if there is no such process.
pub fn private(process: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).named(ROLLUP)?;
    parse_rollup(&text).ok_or(Error::new(ROLLUP, libc::EPROTO))
}

/// Bytes of memory that a process has, all that it shares included.
///
/// # Errors
/// As [`anonymous`].
pub fn resident(process: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/statm")).named(STATM)?;
    let pages = text.split_ascii_whitespace().nth(1).and_then(|field| field.parse::<u64>().ok());
    let page = rustix::param::page_size() as u64;
    pages.map(|pages| pages * page).ok_or(Error::new(STATM, libc::EPROTO))
}

/// Bytes of memory that a process has, of what it shares with others its part (PSS). Takes long for a large one.
///
/// # Errors
/// As [`private`].
pub fn proportional(process: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).named(ROLLUP)?;
    kilobytes(&text, "Pss").map(|count| count * 1024).ok_or(Error::new(ROLLUP, libc::EPROTO))
}

/// Resident pages less those of files and of shared memory.
fn parse_statm(text: &str) -> Option<u64> {
    let mut fields = text.split_ascii_whitespace().map(str::parse::<u64>);
    let (_size, resident, shared) = (fields.next()?.ok()?, fields.next()?.ok()?, fields.next()?.ok()?);
    Some(resident.saturating_sub(shared))
}

/// What is private and dirty may be memory objects too that nobody else has mapped yet; those are not counted.
fn parse_rollup(text: &str) -> Option<u64> {
    Some(kilobytes(text, "Private_Dirty")?.min(kilobytes(text, "Anonymous")?) * 1024)
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        assert_eq!(parse_statm("190383 10956 9094 6802 0 20504 0\n"), Some(1862));
        assert_eq!(parse_statm("0 0 0 0 0 0 0\n"), Some(0));
        assert_eq!(parse_statm(""), None);
        let rollup = "5620c636a000-7ffdbf000000 ---p 00000000 00:00 0    [rollup]\nRss:    1768 kB\n\
                      Private_Clean:  40 kB\nPrivate_Dirty:   116 kB\nAnonymous:   100 kB\n";
        assert_eq!(parse_rollup(rollup), Some(100 * 1024));
        assert_eq!(parse_rollup("Private_Dirty: 116 kB\n"), None);
    }

    #[test]
    fn memory_that_is_written_to_counts() {
        let own = std::process::id();
        let (before, private_before) = (anonymous(own).unwrap(), private(own).unwrap());
        let block = vec![1_u8; 64 << 20];
        assert!(anonymous(own).unwrap() >= before + (60 << 20));
        assert!(private(own).unwrap() >= private_before + (60 << 20));
        assert_eq!(block.iter().rev().step_by(1 << 20).map(|&byte| usize::from(byte)).sum::<usize>(), 64);
        let (resident, proportional) = (resident(own).unwrap(), proportional(own).unwrap());
        assert!(resident >= proportional && proportional >= private_before + (60 << 20));
        assert_eq!(anonymous(0).unwrap_err().raw_os_error(), libc::ENOENT);
    }
}
