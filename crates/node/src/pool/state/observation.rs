//! Those who observe the pool: its log, its figures, and the service manager.

use super::State;
use crate::pool::figures::Figures;
use crate::pool::log::Log;
use hatchery_core::driver::Driver;
use hatchery_core::observe::{RecentTimes, Statistics, TaskTimes, TimeHistogram};
use hatchery_sys::Notifier;
use std::time::Duration;
use tracing::subscriber::DefaultGuard;

impl State {
    /// Has what the driver logs come to the owner, while the guard is held.
    pub(in crate::pool) fn logging(&self) -> Option<DefaultGuard> {
        self.log.as_ref().map(Log::enter)
    }

    /// Hands on what it has logged.
    pub(super) fn tell_log(&mut self) {
        if let Some(log) = &self.log {
            log.take().into_iter().for_each(|entry| self.clients.log(entry));
        }
    }

    /// See [`Log::set_level`].
    pub(in crate::pool) fn set_log_level(&self, level: Option<&str>) {
        if let Some(log) = &self.log {
            log.set_level(level);
        }
    }

    /// See [`Driver::observe_workers`].
    pub(in crate::pool) fn observe_workers(&mut self, wanted: bool) {
        if let Some(driver) = &mut self.driver {
            driver.observe_workers(wanted);
        }
    }

    /// See [`Driver::watch`].
    pub(in crate::pool) fn watch(&mut self, notifier: Notifier, limit: Duration) {
        if let Some(driver) = &mut self.driver {
            driver.watch(notifier, limit);
        }
    }

    /// See [`Driver::host_answers`].
    pub(in crate::pool) fn host_answers(&mut self) {
        if let Some(driver) = &mut self.driver {
            driver.host_answers();
        }
    }

    /// Whether a service manager waits for the owner's thread to answer.
    pub(in crate::pool) fn is_watched(&self) -> bool {
        self.driver.as_ref().is_some_and(Driver::is_watched)
    }

    /// Whether there is a driver.
    pub(in crate::pool) fn is_running(&self) -> bool {
        self.driver.is_some()
    }

    /// The driver's figures; none without a driver.
    pub(in crate::pool) fn snapshot(&self) -> Option<Statistics> {
        self.driver.as_ref().map(Driver::statistics)
    }

    /// Lets go of the driver, but for its figures.
    pub(super) fn take_driver(&mut self) -> Option<Driver> {
        let driver = self.driver.take()?;
        self.keep_figures(&driver);
        Some(driver)
    }

    /// Keeps the figures of a driver that has come to its end.
    pub(super) fn keep_figures(&mut self, driver: &Driver) {
        let mut figures = driver.statistics();
        figures.workers.clear();
        self.last = Some(figures);
    }

    /// The driver's figures, as a client is to see them; its last ones once it is gone. None before the start.
    pub(in crate::pool) fn statistics(&self, client: u32) -> Option<Figures> {
        let statistics = self.snapshot().or_else(|| self.last.clone())?;
        Some(Figures::new(statistics, client, self.clients.degraded(), &self.functions))
    }

    /// Tasks in the queues.
    pub(in crate::pool) fn queued(&self) -> usize {
        self.driver.as_ref().map_or(0, Driver::queued)
    }

    /// How long tasks waited and ran. None before the start.
    pub(in crate::pool) fn times(&self) -> Option<TaskTimes> {
        let Some(driver) = &self.driver else {
            let last = self.last.clone()?;
            return Some(TaskTimes { wait: last.wait, run: last.run, utilization: last.utilization });
        };
        Some(driver.task_times())
    }

    /// … within the last minute. None before the start, and after the end.
    pub(in crate::pool) fn recent_times(&mut self) -> Option<RecentTimes> {
        self.driver.as_mut().map(Driver::recent_times)
    }

    /// Has one of the histograms begin anew.
    pub(in crate::pool) fn reset_times(&mut self, wait: bool) {
        match &mut self.driver {
            Some(driver) if wait => driver.reset_wait_times(),
            Some(driver) => driver.reset_run_times(),
            None => {
                if let Some(last) = &mut self.last {
                    *(if wait { &mut last.wait } else { &mut last.run }) = TimeHistogram::default();
                }
            }
        }
    }
}
