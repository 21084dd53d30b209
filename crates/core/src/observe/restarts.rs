//! Why workers were replaced.

use serde::{Serialize, Serializer, ser::SerializeMap};

macro_rules! reasons {
    ($($(#[$documentation:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// Why a worker was replaced by another one. Those that leave since fewer are needed (idle, resized, pool closed) are
        /// not replaced.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RestartReason {
            $($(#[$documentation])* $name,)*
        }

        impl RestartReason {
            /// All of them.
            pub const ALL: &'static [RestartReason] = &[$(RestartReason::$name,)*];

            /// Its stable name in statistics and metrics.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(RestartReason::$name => $text,)*
                }
            }
        }
    };
}

reasons! {
    /// It left by itself: `process.exit`, an uncaught error.
    Exited = "exited",
    /// A signal killed it that was not the pool's.
    Signalled = "signalled",
    /// It called `process.abort()`.
    Aborted = "aborted",
    /// It ran out of memory, or had more than it may.
    OutOfMemory = "out-of-memory",
    /// It was killed for a task that did not stop in time when it was cancelled or timed out.
    Overdue = "overdue",
    /// It was stopped or blocked for too long, and killed.
    Unresponsive = "unresponsive",
    /// It wrote something impossible to its lane, and was killed.
    LaneCorrupt = "lane-corrupt",
    /// It did not come up.
    StartFailed = "start-failed",
    /// It has run as many tasks as it may (`maxTasks`).
    MaxTasks = "max-tasks",
    /// It was as old as it may be (`maxAge`).
    MaxAge = "max-age",
    /// It had as much memory as it may (`maxRss`).
    MaxMemory = "max-memory",
    /// Somebody asked for it (`pool.recycle()`).
    Request = "request",
    /// Other code was loaded.
    Reload = "reload",
    /// The recovery rules have it replaced after a failure.
    Recovery = "recovery",
}

/// How often each [`RestartReason`] has been one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestartCounts {
    counts: [u64; RestartReason::ALL.len()],
}

impl RestartCounts {
    /// One more.
    pub fn count(&mut self, reason: RestartReason) {
        self.counts[reason as usize] += 1;
    }

    /// How often it was this one.
    pub fn of(&self, reason: RestartReason) -> u64 {
        self.counts[reason as usize]
    }

    /// How often it was any.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All reasons with their counts, also those that have not occurred.
    pub fn iter(&self) -> impl Iterator<Item = (RestartReason, u64)> + '_ {
        RestartReason::ALL.iter().map(|reason| (*reason, self.of(*reason)))
    }
}

impl Serialize for RestartCounts {
    /// Those that have occurred, by name.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (reason, count) in self.iter().filter(|(_, count)| *count > 0) {
            map.serialize_entry(reason.as_str(), &count)?;
        }
        map.end()
    }
}
