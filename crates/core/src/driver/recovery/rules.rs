//! What is done about which failure.

/// What is done about a failure, from the least to the most; each includes those before it, but for `Ignore`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strategy {
    /// The task fails, retries or not. A worker that died is replaced, and its death does not count as a restart.
    Ignore,
    /// The task is run again while it has retries left.
    Retry,
    /// And the worker gets no more tasks, and is replaced when those that it runs have ended.
    RestartWorker,
    /// And so are all others.
    RestartPool,
    /// The pool fails: every pending task is settled with the reason.
    Shutdown,
}

impl Strategy {
    /// All of them, from the least to the most.
    pub const ALL: [Strategy; 5] = [
        Strategy::Ignore,
        Strategy::Retry,
        Strategy::RestartWorker,
        Strategy::RestartPool,
        Strategy::Shutdown,
    ];

    /// The one of this name: `ignore`, `retry`, `restart-worker`, `restart-pool`, `shutdown`.
    pub fn named(name: &str) -> Option<Strategy> {
        Strategy::ALL.into_iter().find(|strategy| strategy.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Ignore => "ignore",
            Strategy::Retry => "retry",
            Strategy::RestartWorker => "restart-worker",
            Strategy::RestartPool => "restart-pool",
            Strategy::Shutdown => "shutdown",
        }
    }
}

/// The strategy for one kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What is done unless the host knows better.
    pub strategy: Strategy,
    /// The host is asked, and the task waits for its answer.
    pub asks: bool,
}

impl From<Strategy> for Rule {
    fn from(strategy: Strategy) -> Rule {
        Rule { strategy, asks: false }
    }
}

/// The code of an error thrown by a task, as far as rules are concerned.
pub const THROWN: &str = "thrown";

/// The code under which the pool asks whether to give up: see [`RecoveryOptions`](super::RecoveryOptions).
pub const RESTART_LIMIT: &str = "ERR_HATCHERY_RESTART_LIMIT";

/// Rules by the code of the failure. What has none is done as by default: deaths of workers are retried, the pool is
/// given up when restarts are too many, and everything else is ignored.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    by_code: Vec<(String, Rule)>,
    asks: bool,
}

impl Rules {
    /// Sets the rule for a code.
    pub fn set(&mut self, code: impl Into<String>, rule: impl Into<Rule>) {
        let (code, rule) = (code.into(), rule.into());
        self.by_code.retain(|(known, _)| *known != code);
        self.by_code.push((code, rule));
    }

    /// The host is asked about every failure.
    pub fn ask_always(&mut self) {
        self.asks = true;
    }

    /// The rule for a code. Failures are rare, and rules few: looking at each beats hashing.
    pub(crate) fn of(&self, code: &str) -> Rule {
        let found = self.by_code.iter().find(|(known, _)| known == code);
        let mut rule = found.map_or_else(|| default_strategy(code).into(), |(_, rule)| *rule);
        rule.asks |= self.asks;
        rule
    }
}

fn default_strategy(code: &str) -> Strategy {
    match code {
        RESTART_LIMIT => Strategy::Shutdown,
        // It would not load the next time either.
        "ERR_HATCHERY_WORKER_MODULE_FAILED" => Strategy::Ignore,
        "ERR_HATCHERY_PRELOAD_FAILED" => Strategy::Retry,
        _ if code.starts_with("ERR_HATCHERY_WORKER_") => Strategy::Retry,
        _ => Strategy::Ignore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_for_a_code_stands() {
        let mut rules = Rules::default();
        assert_eq!(rules.of("ERR_HATCHERY_WORKER_EXITED"), Strategy::Retry.into());
        assert_eq!(rules.of(THROWN), Strategy::Ignore.into());
        assert_eq!(rules.of(RESTART_LIMIT), Strategy::Shutdown.into());
        rules.set(THROWN, Strategy::Retry);
        rules.set(THROWN, Strategy::Shutdown);
        assert_eq!(rules.of(THROWN), Strategy::Shutdown.into());
        rules.ask_always();
        assert_eq!(rules.of(THROWN), Rule { strategy: Strategy::Shutdown, asks: true });
    }

    #[test]
    fn strategies_are_found_by_their_names() {
        for strategy in Strategy::ALL {
            assert_eq!(Strategy::named(strategy.name()), Some(strategy));
        }
        assert_eq!(Strategy::named("reboot"), None);
    }
}
