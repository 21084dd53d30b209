//! What is done after failures: the options of that, the host's word, the quarantine.

use super::options::milliseconds;
use super::report;
use super::state::State;
use crate::error::invalid;
use hatchery_core::driver::{
    Backoff, QuarantinedTask, Question, RESTART_LIMIT, RecoveryOptions, Rule, Rules, Strategy, Undecided,
};
use napi_derive::napi;
use serde_json::{Value, json};
use std::time::UNIX_EPOCH;

/// See `NativeRecoveryOptions` in `src/native/types.ts`.
#[napi(object, object_to_js = false)]
pub struct NativeRecoveryOptions {
    /// Before a task is run again.
    pub retry_backoff: NativeBackoff,
    /// Workers that may die under a task; 0: any number.
    pub max_crashes: u32,
    /// Tasks kept in quarantine.
    pub quarantine_size: u32,
    /// Deaths of workers within the window; none: as many as the core thinks fit, `u32::MAX`: any number.
    pub max_restarts: Option<u32>,
    /// Milliseconds.
    pub restart_window: f64,
    /// Before starts, while they fail.
    pub restart_backoff: NativeBackoff,
    /// Strategies by code.
    pub rules: Vec<NativeRule>,
    /// JavaScript has the last word on every failure.
    pub asks: bool,
}

/// Pauses in milliseconds.
#[napi(object, object_to_js = false)]
pub struct NativeBackoff {
    /// The first one.
    pub initial: f64,
    /// What each is longer by.
    pub factor: f64,
    /// The longest.
    pub max: f64,
    /// Random part, from 0 to 1.
    pub jitter: f64,
}

/// What is done about failures of one code.
#[napi(object, object_to_js = false)]
pub struct NativeRule {
    /// Which; `thrown` for errors that tasks throw.
    pub code: String,
    /// By its name.
    pub strategy: String,
    /// JavaScript has the last word.
    pub asks: bool,
}

impl NativeRecoveryOptions {
    /// As the core wants them.
    pub(super) fn core(&self) -> napi::Result<RecoveryOptions> {
        let mut rules = Rules::default();
        for NativeRule { code, strategy, asks } in &self.rules {
            rules.set(code, Rule { strategy: strategy_of(strategy)?, asks: *asks });
        }
        if self.asks {
            rules.ask_always();
        }
        Ok(RecoveryOptions {
            retry_backoff: self.retry_backoff.core(),
            maximum_crashes: self.max_crashes,
            quarantine_size: self.quarantine_size as usize,
            maximum_restarts: self.max_restarts,
            restart_window: milliseconds(self.restart_window),
            restart_backoff: self.restart_backoff.core(),
            rules,
        })
    }
}

impl NativeBackoff {
    fn core(&self) -> Backoff {
        Backoff {
            initial: milliseconds(self.initial),
            factor: self.factor,
            maximum: milliseconds(self.max),
            jitter: self.jitter,
        }
    }
}

fn strategy_of(name: &str) -> napi::Result<Strategy> {
    Strategy::named(name).ok_or_else(|| invalid(format!("no strategy {name:?}")))
}

impl State {
    /// See [`Driver::decide`](hatchery_core::driver::Driver::decide).
    pub(super) fn decide(&mut self, client: u32, question: u32, strategy: &str) -> napi::Result<()> {
        let strategy = strategy_of(strategy)?;
        let (driver, clients) = self.parts();
        // It waits on if it was the one that was asked.
        if let Some(exchange) = clients.get(client).and_then(|client| client.exchange.as_mut()) {
            exchange.resume();
        }
        if let Some(driver) = driver {
            driver.decide(question, strategy, clients);
        }
        Ok(())
    }

    /// The tasks in quarantine, as JSON.
    pub(super) fn quarantine(&mut self) -> String {
        let (driver, _) = self.parts();
        let tasks: Vec<Value> =
            driver.iter().flat_map(|driver| driver.quarantine()).map(quarantined).collect();
        let named = tasks.into_iter().map(|mut task| {
            let function = task["function"].as_u64().unwrap_or_default() as usize;
            task["definition"] = self.definition(function).into();
            task
        });
        Value::Array(named.collect()).to_string()
    }

    /// The payload of a task in quarantine, its mentions at its end, if it is there and has been kept.
    pub(super) fn quarantined_payload(&mut self, number: u32) -> Option<Vec<u8>> {
        let (driver, _) = self.parts();
        let task = driver?.quarantine().find(|task| task.number == number)?;
        task.payload.as_ref().map(|payload| payload.to_vec())
    }

    /// Removes one task from the quarantine, or all; whether there was one.
    pub(super) fn remove_quarantined(&mut self, number: Option<u32>) -> bool {
        let (Some(driver), _) = self.parts() else { return false };
        match number {
            Some(number) => driver.release_from_quarantine(number).is_some(),
            None => {
                driver.clear_quarantine();
                true
            }
        }
    }
}

fn quarantined(task: &QuarantinedTask) -> Value {
    json!({
        "id": task.number,
        "function": task.function,
        "generation": task.generation,
        "priority": task.priority as u32,
        "timeout": task.timeout,
        "segments": task.segments,
        "kept": task.payload.is_some(),
        "attempts": report::attempts(&task.attempts),
        "at": task.attempts.last().map_or(0, |attempt| {
            attempt.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
        }),
    })
}

/// The question whether to give up, once more: JavaScript will come upon the first one later.
pub(super) fn repeated_limit(question: Question, strategy: Strategy, detail: &str) -> Vec<u8> {
    let code = RESTART_LIMIT;
    payload(&Undecided { question, strategy, task: None, code, failure: None, detail }, true)
}

/// A failure on which JavaScript has the last word: the length of the JSON, the JSON, and the error that was thrown.
pub(super) fn undecided(undecided: &Undecided<'_>) -> Vec<u8> {
    payload(undecided, false)
}

fn payload(undecided: &Undecided<'_>, repeated: bool) -> Vec<u8> {
    let mut report: Value = match undecided.failure {
        Some(failure) => serde_json::from_str(&report::failure_with_reason(failure)).unwrap_or_default(),
        None => {
            serde_json::from_str(undecided.detail).unwrap_or_else(|_| json!({ "message": undecided.detail }))
        }
    };
    report["question"] = undecided.question.into();
    report["strategy"] = undecided.strategy.name().into();
    report["class"] = undecided.code.into();
    if repeated {
        report["repeated"] = true.into();
    }
    if let Some(task) = &undecided.task {
        report["function"] = task.function.into();
        report["retriesLeft"] = task.retries_left.into();
        report["crashes"] = task.crashes.into();
        report["wished"] = task.retry_errors.is_some().into();
    }
    let thrown = undecided.task.as_ref().and_then(|task| task.thrown).unwrap_or_default();
    let report = report.to_string();
    let mut payload = (report.len() as u32).to_le_bytes().to_vec();
    payload.extend(report.as_bytes());
    payload.extend(thrown);
    payload
}
