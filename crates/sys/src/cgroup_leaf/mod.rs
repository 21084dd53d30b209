//! Control groups (version 2) of single processes, below a group that was delegated to this one.
//!
//! - `parent` the group below which there are others, and how it is found
//! - `leaf`   the group of one process, to its end

mod leaf;
mod parent;

pub use leaf::{Leaf, join};
pub use parent::LeafParent;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Microseconds in which a group may use what `cpu.max` says.
const PERIOD: u64 = 100_000;

/// Why there are no groups for workers. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

/// What a leaf may use; nothing set: its use is counted, and not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeafLimits {
    /// Bytes; beyond them the kernel kills in the leaf, and nowhere else.
    pub memory_max: Option<u64>,
    /// Bytes; beyond them the leaf is slowed down and its memory reclaimed.
    pub memory_high: Option<u64>,
    /// Processor time a second, in millionths of a processor.
    pub cpu_max: Option<u64>,
    /// Processes and threads.
    pub pids_max: Option<u64>,
}

impl LeafLimits {
    fn controllers(&self) -> Vec<&'static str> {
        let needs = [
            ("memory", self.memory_max.is_some() || self.memory_high.is_some()),
            ("cpu", self.cpu_max.is_some()),
            ("pids", self.pids_max.is_some()),
        ];
        needs.into_iter().filter(|(_, needed)| *needed).map(|(name, _)| name).collect()
    }

    /// Files of the leaf, and what to write to them.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = Vec::new();
        let mut set = |file, value: Option<String>| settings.extend(value.map(|value| (file, value)));
        set("memory.max", self.memory_max.map(|bytes| bytes.to_string()));
        set("memory.high", self.memory_high.map(|bytes| bytes.to_string()));
        // The death of a worker must not take along what else there is in the leaf's parent, whatever that one says.
        set("memory.oom.group", self.memory_max.map(|_| "0".to_owned()));
        set(
            "cpu.max",
            self.cpu_max.map(|millionths| format!("{} {PERIOD}", millionths * PERIOD / 1_000_000)),
        );
        set("pids.max", self.pids_max.map(|count| count.to_string()));
        settings
    }
}

/// Writes to a file that must be there: files of a group cannot be made.
fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    File::options().write(true).open(path)?.write_all(text.as_bytes())
}

/// An error in the kernel's words, without the number.
fn said(error: &io::Error) -> String {
    match error.raw_os_error().map(nix::errno::Errno::from_raw) {
        Some(errno) => errno.desc().to_owned(),
        None => error.to_string(),
    }
}
