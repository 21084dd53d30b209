//! One failed attempt: what becomes of the task.

use super::super::segments::mentioned;
use super::super::{Driver, Ending, Payload, Sink, forget};
use super::history::{Failed, Standing};
use super::quarantine::QuarantinedTask;
use super::rules::Strategy;
use crate::observe::log::entries;
use crate::task::{Attempt, FailureCause, Place, TaskFailure, TaskId};
use std::time::Duration;

/// Names a question to the host, for its answer.
pub type Question = u32;

/// A failure on which the host has the last word: it answers by [`Driver::decide`].
#[derive(Debug)]
pub struct Undecided<'a> {
    /// For the answer.
    pub question: Question,
    /// What is done if the host has nothing to say.
    pub strategy: Strategy,
    /// The task that failed; none if a worker died without one, or the pool is about to give up.
    pub task: Option<UndecidedTask<'a>>,
    /// The code of the failure.
    pub code: &'a str,
    /// What happened, as far as it happened to a worker or a task's worker.
    pub failure: Option<&'a TaskFailure>,
    /// What happened, in words or as JSON, where `failure` is none.
    pub detail: &'a str,
}

/// The task in [`Undecided`].
#[derive(Debug)]
pub struct UndecidedTask<'a> {
    /// The host's name for it.
    pub ticket: u64,
    /// The function that it called.
    pub function: u32,
    /// The error that it threw, encoded, if it has.
    pub thrown: Option<&'a [u8]>,
    /// Attempts that may still be made.
    pub retries_left: u8,
    /// Workers that have died under it.
    pub crashes: u32,
    /// Whether errors that it throws are retried, if that has been said for it alone.
    pub retry_errors: Option<bool>,
}

/// What a question is about.
#[derive(Debug)]
pub(super) enum Subject {
    Task(TaskId),
    /// A worker that died without a task, or could not start.
    Worker {
        number: u32,
        detail: String,
    },
    /// Whether to give up.
    Limit {
        detail: String,
    },
}

impl Driver {
    /// An attempt has failed, and the task is in no list any more.
    pub(in super::super) fn attempt_failed(
        &mut self,
        index: u32,
        failed: Failed,
        now: u64,
        sink: &mut dyn Sink,
    ) {
        let task = self.tasks.get(index);
        let (attempt, ticket, function) = (task.attempt, task.ticket, task.function);
        let retries_left = task.retries_left;
        let code = failed.cause.code();
        let mut rule = self.options.recovery.rules.of(code);
        let record = self.recovery.records.entry(index).or_default();
        if let (FailureCause::Threw, Some(retry)) = (&failed.cause, record.retry_errors)
            && rule.strategy <= Strategy::Retry
        {
            rule.strategy = if retry { Strategy::Retry } else { Strategy::Ignore };
        }
        record.remember(attempt, &failed);
        if failed.suspects == 1 && failed.cause.is_crash() {
            record.crashes += 1;
        }
        record.alone |= failed.suspects > 1 && failed.cause.is_crash();
        let (crashes, retry_errors) = (record.crashes, record.retry_errors);
        if !rule.asks || !self.is_going_on() {
            return self.conclude(index, failed, rule.strategy, now, sink);
        }
        let question = self.ask(Subject::Task(self.tasks.id(index)));
        let task = self.tasks.get_mut(index);
        task.place = Place::Aside;
        // No worker has it any more, if its time was up: it can be cancelled as any that waits.
        task.abandoned = false;
        let failure = self.failure_of(index, &failed);
        let is_thrown = matches!(failed.cause, FailureCause::Threw);
        sink.undecided(&Undecided {
            question,
            strategy: rule.strategy,
            task: Some(UndecidedTask {
                ticket,
                function,
                thrown: is_thrown.then_some(failed.thrown.as_slice()),
                retries_left,
                crashes,
                retry_errors,
            }),
            code,
            failure: Some(&failure),
            detail: "",
        });
        if let Some(record) = self.recovery.records.get_mut(&index) {
            record.standing = Standing::Undecided(failed);
        }
    }

    /// The host's word on what [`Sink::undecided`] has told it. What has been settled otherwise meanwhile stays so.
    pub fn decide(&mut self, question: Question, strategy: Strategy, sink: &mut dyn Sink) {
        let now = hatchery_sys::clock::monotonic_nanoseconds();
        match self.recovery.questions.remove(&question) {
            None => return,
            Some(Subject::Task(id)) => self.decide_task(id, strategy, now, sink),
            Some(Subject::Worker { number, detail }) => {
                self.carry_out(strategy, number, &detail, sink);
            }
            Some(Subject::Limit { detail }) => {
                self.recovery.suspended = false;
                self.answer_limit(strategy, detail, now, sink);
            }
        }
        self.wake();
    }

    fn decide_task(&mut self, id: TaskId, strategy: Strategy, now: u64, sink: &mut dyn Sink) {
        let Some(index) = self.tasks.find(id) else { return };
        let Some(record) = self.recovery.records.get_mut(&index) else { return };
        match std::mem::take(&mut record.standing) {
            Standing::Undecided(failed) => self.conclude(index, failed, strategy, now, sink),
            other => record.standing = other,
        }
    }

    /// A question for the host.
    pub(super) fn ask(&mut self, subject: Subject) -> Question {
        self.recovery.next_question = self.recovery.next_question.wrapping_add(1);
        self.recovery.questions.insert(self.recovery.next_question, subject);
        self.recovery.next_question
    }

    /// Does with a failed task, which is in no list, what was decided.
    fn conclude(&mut self, index: u32, failed: Failed, strategy: Strategy, now: u64, sink: &mut dyn Sink) {
        let limit = self.options.recovery.maximum_crashes;
        let crashes = self.recovery.records.get(&index).map_or(0, |record| record.crashes);
        let worker = failed.worker;
        let wide = strategy > Strategy::Retry;
        let detail =
            if wide { self.detail_of(self.tasks.get(index).function, &failed) } else { String::new() };
        if failed.cause.is_crash() && limit > 0 && crashes >= limit {
            self.quarantine_task(index, failed, sink);
        } else if strategy > Strategy::Ignore && self.tasks.get(index).retries_left > 0 {
            let attempt = self.tasks.get(index).attempt;
            entries::task_retried(self.name_of(index), worker, failed.cause.code(), attempt);
            let failure = self.observed_failure(index, &failed);
            let pause = if matches!(failed.cause, FailureCause::WorkerLost { .. }) {
                // Not to blame: it goes on at once, and has as many retries left as before.
                self.count_attempt(index);
                self.try_again(index);
                Duration::ZERO
            } else {
                self.tasks.get_mut(index).retries_left -= 1;
                self.put_off(index, now)
            };
            self.tell_retried(index, failure.as_ref(), pause, sink);
        } else {
            self.reject(index, failed, sink);
        }
        if wide {
            self.carry_out(strategy, worker, &detail, sink);
        }
    }

    /// What the host has said of a function, if that is an object as JavaScript gives it.
    fn definition_of(&self, function: u32) -> Option<serde_json::Value> {
        let definition = self.functions.get(function as usize).and_then(Option::as_deref)?;
        serde_json::from_slice(definition).ok()
    }

    /// What a failure means to others than the task.
    fn detail_of(&self, function: u32, failed: &Failed) -> String {
        let called = self.definition_of(function);
        let called = called.as_ref().and_then(|definition| definition["name"].as_str()).unwrap_or("a task");
        let what = match &failed.cause {
            FailureCause::Threw => "it threw an error".to_owned(),
            _ => failed.cause.to_string(),
        };
        format!("{called:?} failed in worker {}: {what}", failed.worker)
    }

    fn reject(&mut self, index: u32, failed: Failed, sink: &mut dyn Sink) {
        if let FailureCause::Threw = failed.cause {
            self.counters.failed += 1;
            sink.failed(self.tasks.get(index).ticket, Payload::Owned(failed.thrown));
        } else {
            let failure = self.failure_of(index, &failed);
            self.counters.settled(&failure.cause);
            sink.settled(self.tasks.get(index).ticket, &failure);
        }
        forget(&mut self.tasks, &mut self.segments, &mut self.recovery, index);
    }

    pub(in super::super) fn failure_of(&self, index: u32, failed: &Failed) -> TaskFailure {
        let attempts = self.recovery.records.get(&index).map(|record| record.attempts.as_slice());
        TaskFailure {
            cause: failed.cause.clone(),
            attempt: self.tasks.get(index).attempt,
            worker: Some(failed.worker),
            process: Some(failed.process),
            suspects: failed.suspects,
            // The failure itself says all there is to say of a single one.
            stderr: failed.stderr.clone(),
            attempts: attempts.filter(|attempts| attempts.len() > 1).unwrap_or_default().to_vec(),
        }
    }

    /// Settles a task that has killed too many workers, and keeps it to be looked at.
    fn quarantine_task(&mut self, index: u32, failed: Failed, sink: &mut dyn Sink) {
        let record = self.recovery.records.remove(&index).unwrap_or_default();
        let (task, extras) = (self.tasks.get(index), self.tasks.extras(index));
        let ticket = task.ticket;
        let mut failure = TaskFailure {
            cause: FailureCause::Quarantined {
                crashes: record.crashes,
                number: 0,
                last: Box::new(failed.cause.clone()),
            },
            attempt: task.attempt,
            worker: Some(failed.worker),
            process: Some(failed.process),
            suspects: failed.suspects,
            stderr: failed.stderr.clone(),
            attempts: record.attempts,
        };
        let last = self.workers.iter().flatten().find(|worker| worker.number == failed.worker);
        // Streams have been read: without them the argument is of no use.
        let streams =
            self.definition_of(task.function).is_some_and(|definition| definition["stream"] == true);
        let kept = QuarantinedTask {
            number: 0,
            function: task.function,
            generation: last.map_or(self.origins.current().generation, |worker| worker.generation),
            priority: task.priority,
            timeout: extras.timeout,
            segments: if streams { 0 } else { extras.segments },
            payload: (!streams).then(|| self.tasks.payload(index).into()),
            attempts: failure.attempts.clone(),
        };
        // Held once more, by the quarantine.
        for number in mentioned(self.tasks.payload(index), kept.segments.into()).into_iter().flatten() {
            self.segments.hold(number);
        }
        let (number, gone) = self.recovery.quarantine.add(kept, self.options.recovery.quarantine_size);
        for task in &gone {
            self.let_go_of_mentions(task);
        }
        if let FailureCause::Quarantined { number: kept, .. } = &mut failure.cause {
            *kept = number;
        }
        let code = failed.cause.code();
        entries::task_quarantined(self.name_of(index), failed.worker, code, number);
        self.counters.settled(&failure.cause);
        sink.settled(ticket, &failure);
        forget(&mut self.tasks, &mut self.segments, &mut self.recovery, index);
    }

    /// Whether a task whose time is up may be run again: then it is settled only when its worker has let go of it. One that
    /// its caller has cancelled never is.
    pub(in super::super) fn may_outlive_timeout(&self, index: u32, cause: &FailureCause) -> bool {
        if !matches!(cause, FailureCause::TimedOut { .. }) {
            return false;
        }
        let rule = self.options.recovery.rules.of(cause.code());
        rule.asks
            || rule.strategy > Strategy::Ignore
                && (self.tasks.get(index).retries_left > 0 || rule.strategy > Strategy::Retry)
    }

    /// A task that has run for too long is settled otherwise, before its worker has let go of it.
    pub(in super::super) fn settle_overrun(&mut self, index: u32, cause: FailureCause, sink: &mut dyn Sink) {
        if let Some(record) = self.recovery.records.get_mut(&index) {
            record.standing = Standing::Listed;
        }
        self.settle(index, cause, None, sink);
    }

    /// The attempts of a task that is settled for `cause`, if there were any before: while it ran in a worker, that is one
    /// more.
    pub(in super::super) fn attempts_of(
        &mut self,
        index: u32,
        cause: &FailureCause,
        ran_in: Option<(u32, u32)>,
    ) -> Vec<Attempt> {
        let Some(record) = self.recovery.records.get_mut(&index) else { return Vec::new() };
        if let (Some((worker, process)), false) = (ran_in, record.attempts.is_empty()) {
            let failed = Failed {
                cause: cause.clone(),
                thrown: Vec::new(),
                worker,
                process,
                suspects: 1,
                stderr: None,
            };
            record.remember(self.tasks.get(index).attempt, &failed);
        }
        std::mem::take(&mut record.attempts)
    }

    /// The task has run for too long. What becomes of it is decided when its worker has let go of it.
    pub(in super::super) fn overrun(&mut self, index: u32, cause: FailureCause) {
        self.recovery.records.entry(index).or_default().standing = Standing::Overrun(cause);
    }

    /// A worker has let go of a task that it was told to stop, and that is in no list any more.
    pub(in super::super) fn let_go_of_abandoned(
        &mut self,
        index: u32,
        worker: u32,
        process: u32,
        now: u64,
        sink: &mut dyn Sink,
    ) {
        let record = self.recovery.records.get_mut(&index);
        match record.map(|record| std::mem::take(&mut record.standing)) {
            Some(Standing::Overrun(cause)) => {
                let failed = Failed { cause, thrown: Vec::new(), worker, process, suspects: 1, stderr: None };
                self.attempt_failed(index, failed, now, sink);
            }
            _ => forget(&mut self.tasks, &mut self.segments, &mut self.recovery, index),
        }
    }

    /// The pool has not come to its end.
    pub(super) fn is_going_on(&self) -> bool {
        matches!(self.ending, Ending::Open | Ending::Draining)
    }
}
