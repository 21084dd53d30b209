//! Deaths of workers: how many are too many, and replacing those that live.

use super::super::deadlines::start_failure;
use super::super::worker::{Fate, Worker};
use super::super::zygote::with_stderr;
use super::super::{Driver, PoolEvent, Sink, nanoseconds};
use super::judge::{Question, Subject, Undecided};
use super::rules::{RESTART_LIMIT, Strategy};
use crate::observe::RestartReason;
use crate::observe::log::entries;
use crate::task::{FailureCause, TaskFailure};

impl Driver {
    /// A worker has died that nobody had told to. `alone`: without a task that could be asked about.
    pub(in super::super) fn count_restart(
        &mut self,
        worker: &Worker,
        cause: &FailureCause,
        alone: bool,
        now: u64,
        sink: &mut dyn Sink,
    ) {
        let rule = self.options.recovery.rules.of(cause.code());
        let failure = TaskFailure {
            worker: Some(worker.number),
            process: Some(worker.process),
            ..TaskFailure::new(cause.clone())
        };
        if alone && self.is_going_on() {
            let detail = format!("worker {} died without a task: {cause}", worker.number);
            if rule.asks {
                let question = self.ask(Subject::Worker { number: worker.number, detail: detail.clone() });
                sink.undecided(&Undecided {
                    question,
                    strategy: rule.strategy,
                    task: None,
                    code: cause.code(),
                    failure: Some(&failure),
                    detail: &detail,
                });
            } else {
                self.carry_out(rule.strategy, worker.number, &detail, sink);
            }
        }
        if rule.strategy == Strategy::Ignore {
            return;
        }
        let limit = self.restart_limit();
        let window = self.options.recovery.restart_window;
        if self.recovery.intensity.count(now, limit, nanoseconds(window)) {
            let detail = serde_json::json!({
                "code": RESTART_LIMIT,
                "message": format!(
                    "more than {limit} workers (maxRestarts) died within {} ms (restartWindow); the last one, worker {}: \
                     {cause}",
                    window.as_millis(),
                    worker.number
                ),
                "cause": { "code": failure.code(), "message": cause.to_string() },
            });
            self.give_up(detail.to_string(), now, sink);
        }
    }

    fn restart_limit(&self) -> u32 {
        let workers = u32::try_from(self.options.maximum_workers).unwrap_or(u32::MAX);
        self.options.recovery.maximum_restarts.unwrap_or_else(|| workers.saturating_mul(20).max(100))
    }

    /// Restarting does not help. The pool fails with the reason, unless a rule or the host says otherwise.
    pub(in super::super) fn give_up(&mut self, detail: String, now: u64, sink: &mut dyn Sink) {
        if !self.is_going_on() || self.recovery.suspended {
            return;
        }
        let rule = self.options.recovery.rules.of(RESTART_LIMIT);
        if !rule.asks {
            return self.answer_limit(rule.strategy, detail, now, sink);
        }
        self.recovery.suspended = true;
        let question = self.ask(Subject::Limit { detail: detail.clone() });
        sink.undecided(&Undecided {
            question,
            strategy: rule.strategy,
            task: None,
            code: RESTART_LIMIT,
            failure: None,
            detail: &detail,
        });
    }

    /// The question whether to give up, if it was asked and not answered: with what is done if the host has nothing to say,
    /// and what has happened (JSON). Until there is an answer nothing is started.
    pub fn open_limit(&self) -> Option<(Question, Strategy, &str)> {
        self.recovery.questions.iter().find_map(|(question, subject)| match subject {
            Subject::Limit { detail } => {
                Some((*question, self.options.recovery.rules.of(RESTART_LIMIT).strategy, detail.as_str()))
            }
            _ => None,
        })
    }

    /// What was decided about giving up.
    pub(super) fn answer_limit(&mut self, strategy: Strategy, detail: String, now: u64, sink: &mut dyn Sink) {
        let again = nanoseconds(self.options.recovery.restart_window.saturating_mul(2));
        // All anew helps once, or not at all.
        let of_late = self.recovery.restarted_at.is_some_and(|at| now.saturating_sub(at) < again);
        if strategy == Strategy::Shutdown || (strategy == Strategy::RestartPool && of_late) {
            return self.fail(detail, sink);
        }
        self.recovery.intensity.clear();
        self.start_failures = 0;
        self.start_again_at = now + nanoseconds(self.options.recovery.restart_backoff.maximum);
        sink.event(PoolEvent::Warning(detail));
        if strategy == Strategy::RestartPool {
            self.recovery.restarted_at = Some(now);
            self.restart_pool(None);
        }
    }

    /// What a strategy means to the workers and the pool.
    pub(super) fn carry_out(&mut self, strategy: Strategy, worker: u32, detail: &str, sink: &mut dyn Sink) {
        if !self.is_going_on() {
            return;
        }
        entries::strategy_carried_out(strategy, worker, detail);
        match strategy {
            Strategy::Ignore | Strategy::Retry => {}
            Strategy::RestartWorker => self.retire_number(worker),
            Strategy::RestartPool => self.restart_pool(Some(worker)),
            Strategy::Shutdown => {
                let cause = serde_json::from_str::<serde_json::Value>(detail).ok();
                let told = cause.as_ref().and_then(|cause| cause["message"].as_str()).unwrap_or(detail);
                let message = format!("the pool was shut down, as its recovery says for this: {told}");
                let mut reason =
                    serde_json::json!({ "code": "ERR_HATCHERY_POOL_FAILED", "message": message });
                if let Some(cause) = cause {
                    reason["cause"] = cause;
                }
                self.fail(reason.to_string(), sink);
            }
        }
    }

    /// Replaces all workers, and the zygote that they come from. Those that run something may end it first. `worker`: the one
    /// that is why, which gets no more tasks from now on.
    pub(super) fn restart_pool(&mut self, worker: Option<u32>) {
        let is_it = |entry: &&mut Box<Worker>| Some(entry.number) == worker;
        let generation = self.workers.iter_mut().flatten().find(is_it).map(|entry| entry.generation);
        if let Some(number) = worker {
            self.retire_number(number);
        }
        if !self.is_being_restarted(generation) && !self.restart_by_reload() {
            self.retire_all();
        }
    }

    fn retire_number(&mut self, number: u32) {
        let living = |entry: &Option<Box<Worker>>| {
            entry.as_ref().is_some_and(|entry| entry.number == number && entry.may_stay())
        };
        if let Some(slot) = self.workers.iter().position(living) {
            self.retire(slot, Some(RestartReason::Recovery));
        }
    }

    /// Replaces all workers by others of the zygote that there is; these are started at once.
    pub(in super::super) fn retire_all(&mut self) {
        for slot in 0..self.workers.len() {
            if self.workers[slot].as_ref().is_some_and(|worker| worker.may_stay()) {
                self.retire(slot, Some(RestartReason::Recovery));
            }
        }
    }

    /// The pause before the next start, after one more that has failed.
    pub(in super::super) fn pause_starts(&mut self, now: u64) {
        let pause =
            self.options.recovery.restart_backoff.pause(self.start_failures, self.recovery.random.next());
        self.start_again_at = now + nanoseconds(pause);
    }

    /// A start has failed, or a worker died before it had done anything. What it said of that, or nothing.
    pub(in super::super) fn start_failed(
        &mut self,
        worker: &Worker,
        how: &str,
        was_ready: bool,
        now: u64,
        sink: &mut dyn Sink,
    ) {
        let on_trial = self.is_on_trial(worker);
        if !on_trial {
            self.start_failures += 1;
            self.pause_starts(now);
        }
        let said = worker.last_words.clone();
        let told = said.is_some() && !was_ready;
        let said = said.or_else(|| worker.refusal.as_deref().map(start_failure));
        let detail = said.unwrap_or_else(|| match worker.fate {
            Some(Fate::SlowStart) => start_failure("a worker was not ready within its start limit"),
            _ => start_failure(&format!("a worker {how} before it had done any work")),
        });
        let detail = with_stderr(detail, worker.stderr.as_deref());
        if on_trial {
            return self.fail_reload(detail, sink);
        }
        // What a module or hook has thrown is final when no worker has ever come up: it would be thrown again.
        if told && !self.recovery.proven {
            return self.fail(detail, sink);
        }
        // A worker that has proven itself keeps the pool going, however many beside it are killed.
        let goes_on =
            |worker: &Worker| worker.is_serving() && worker.completed > 0 && worker.tasks_left() > 0;
        let proven = self.workers.iter().flatten().any(|worker| goes_on(worker));
        if !proven && self.start_failures >= self.options.maximum_start_failures {
            return self.give_up(detail, now, sink);
        }
        sink.event(PoolEvent::Warning(detail.clone()));
        self.judge_start(worker.number, detail, sink);
    }

    /// Does what the rules say of a worker that could not start, beside starting another.
    fn judge_start(&mut self, number: u32, detail: String, sink: &mut dyn Sink) {
        let code = code_of(&detail);
        let rule = self.options.recovery.rules.of(&code);
        if !rule.asks || !self.is_going_on() {
            return self.carry_out(rule.strategy, number, &detail, sink);
        }
        let question = self.ask(Subject::Worker { number, detail: detail.clone() });
        let strategy = rule.strategy;
        sink.undecided(&Undecided {
            question,
            strategy,
            task: None,
            code: &code,
            failure: None,
            detail: &detail,
        });
    }
}

/// The code in a JSON error of a start.
fn code_of(detail: &str) -> String {
    let code = serde_json::from_str::<serde_json::Value>(detail).ok();
    let code = code.as_ref().and_then(|error| error["code"].as_str());
    code.unwrap_or("ERR_HATCHERY_WORKER_START_FAILED").to_owned()
}
