//! After a failure: what is tried again and when, what is not, and when the pool gives up.
//!
//! A task that has failed is in no list. It is either settled, or has a [`Record`] and waits: for its next attempt, or for
//! the host's word. Plain tasks have no record, and nothing here is looked at on their way.
//!
//! - `rules`      strategies by code of failure
//! - `judge`      one failed attempt: settled, tried again, quarantined; what the host has to say
//! - `waiting`    attempts that are due later
//! - `history`    what is remembered of a task
//! - `quarantine` tasks that have killed too many workers
//! - `restarts`   deaths of workers, the bound on them, starting all anew
//! - `intensity`  that bound's count
//! - `backoff`    pauses

mod backoff;
mod history;
mod intensity;
mod judge;
mod quarantine;
mod restarts;
mod rules;
mod waiting;

pub use backoff::Backoff;
pub use judge::{Question, Undecided, UndecidedTask};
pub use quarantine::QuarantinedTask;
pub use rules::{RESTART_LIMIT, Rule, Rules, Strategy, THROWN};

pub(super) use history::Failed;

use crate::{Error, Result};
use backoff::Random;
use history::{Record, Standing};
use intensity::Intensity;
use quarantine::Quarantine;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

/// What is done after failures.
#[derive(Clone, Debug)]
pub struct RecoveryOptions {
    /// Pauses before a task is run again. Nothing waits that is not itself to blame, such as the neighbour of a task that
    /// had to be killed.
    pub retry_backoff: Backoff,
    /// Workers that may die under one task before it is quarantined; 0: any number.
    pub maximum_crashes: u32,
    /// Tasks in quarantine at most; the oldest leave first.
    pub quarantine_size: usize,
    /// Deaths of workers within the window that the pool survives; `u32::MAX`: any number. `None`: 20 for each worker that
    /// there may be, 100 at least. Deaths that the pool brings about itself do not count.
    pub maximum_restarts: Option<u32>,
    /// See there.
    pub restart_window: Duration,
    /// Pauses before starts, while workers fail to start or die without having done anything.
    pub restart_backoff: Backoff,
    /// What is done about which failure.
    pub rules: Rules,
}

impl Default for RecoveryOptions {
    fn default() -> Self {
        RecoveryOptions {
            retry_backoff: Backoff {
                initial: Duration::from_millis(100),
                factor: 2.0,
                maximum: Duration::from_secs(30),
                jitter: 0.5,
            },
            maximum_crashes: 5,
            quarantine_size: 100,
            maximum_restarts: None,
            restart_window: Duration::from_secs(10),
            restart_backoff: Backoff {
                initial: Duration::from_millis(20),
                factor: 2.0,
                maximum: Duration::from_secs(2),
                jitter: 0.25,
            },
            rules: Rules::default(),
        }
    }
}

impl RecoveryOptions {
    /// # Errors
    /// [`Error::InvalidOption`] naming the option.
    pub(super) fn validate(&self) -> Result<()> {
        for (name, backoff) in
            [("retry_backoff", &self.retry_backoff), ("restart_backoff", &self.restart_backoff)]
        {
            let fits = backoff.factor >= 1.0 && (0.0..=1.0).contains(&backoff.jitter);
            if !fits || backoff.initial > backoff.maximum {
                return Err(Error::InvalidOption(format!(
                    "{name} must have a factor of at least 1, a jitter from 0 to 1, and an initial pause that is not above \
                     the maximum"
                )));
            }
        }
        Ok(())
    }
}

/// The state of all this.
pub(super) struct Recovery {
    /// By task index; those of which nothing is known have none.
    records: HashMap<u32, Record>,
    /// When attempts are due: moment, task index and generation. Entries of tasks that wait no more are stale.
    waiting: BinaryHeap<Reverse<(u64, u32, u32)>>,
    /// What the host has not answered yet.
    questions: HashMap<u32, judge::Subject>,
    next_question: u32,
    quarantine: Quarantine,
    intensity: Intensity,
    random: Random,
    /// The rule for errors that tasks throw, which is asked for often.
    thrown: Rule,
    /// A worker has been ready once.
    pub(super) proven: bool,
    /// The host decides whether the pool gives up: nothing is started meanwhile.
    pub(super) suspended: bool,
    /// When giving up was last answered by starting all anew.
    restarted_at: Option<u64>,
}

impl Recovery {
    pub(super) fn new(options: &RecoveryOptions) -> Recovery {
        Recovery {
            records: HashMap::new(),
            waiting: BinaryHeap::new(),
            questions: HashMap::new(),
            next_question: 0,
            quarantine: Quarantine::default(),
            intensity: Intensity::default(),
            random: Random::new(),
            thrown: options.rules.of(THROWN),
            proven: false,
            suspended: false,
            restarted_at: None,
        }
    }

    /// Other options hold. What has been counted stays counted.
    pub(super) fn set_rules(&mut self, options: &RecoveryOptions) {
        self.thrown = options.rules.of(THROWN);
    }

    /// A task is gone.
    #[inline]
    pub(super) fn forget(&mut self, index: u32) {
        if !self.records.is_empty() {
            self.records.remove(&index);
        }
    }

    /// Whether errors thrown by this task are retried has been said for it alone.
    pub(super) fn set_retry_errors(&mut self, index: u32, retry: bool) {
        self.records.entry(index).or_default().retry_errors = Some(retry);
    }

    /// The task is settled once its worker has let go of it.
    pub(super) fn is_overrun(&self, index: u32) -> bool {
        self.records.get(&index).is_some_and(|record| matches!(record.standing, Standing::Overrun(_)))
    }

    /// Whether the task is to run without neighbours.
    #[inline]
    pub(super) fn runs_alone(&self, index: u32) -> bool {
        !self.records.is_empty() && self.records.get(&index).is_some_and(|record| record.alone)
    }

    /// Whether an error that this task has thrown is anybody's business but its caller's.
    #[inline]
    pub(super) fn minds_error(&self, index: u32, retries_left: u8) -> bool {
        if self.thrown.asks || self.thrown.strategy > Strategy::Retry {
            return true;
        }
        let wish = || self.records.get(&index).and_then(|record| record.retry_errors);
        retries_left > 0 && wish().unwrap_or(self.thrown.strategy == Strategy::Retry)
    }
}
