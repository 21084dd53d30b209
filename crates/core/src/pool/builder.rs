//! Options of a pool, and starting it.

use super::failures::{Decide, FailureReport};
use super::hub::{EventListener, Hub};
use super::{Pool, thread, zygote};
use crate::driver::{
    Affinity, Driver, DriverOptions, HealthOptions, PoolEvent, RecoveryOptions, ScalingOptions, Strategy,
    WorkerLimits,
};
use crate::launcher::{Captures, LauncherFactory};
use crate::worker::{Context, Registry, TaskError};
use crate::{Error, Result};
use hatchery_lane::Geometry;
use hatchery_sys::SignalFd;
use std::ops::RangeInclusive;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Describes a pool; see [`Pool::builder`].
#[must_use]
pub struct Builder {
    options: DriverOptions,
    registry: Registry,
    maximum_pending: usize,
    reexecute: bool,
    captures: Captures,
    handle_signals: bool,
    listener: Option<EventListener>,
    decide: Option<Decide>,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            options: DriverOptions::default(),
            registry: Registry::new(),
            maximum_pending: usize::MAX,
            reexecute: false,
            captures: Captures::default(),
            handle_signals: false,
            listener: None,
            decide: None,
        }
    }
}

impl Builder {
    /// How many workers: kept alive at least, and at most while tasks wait. Without it, both are the number of
    /// processors this process may use, or fewer if its control groups grant it less time.
    pub fn workers(mut self, count: RangeInclusive<usize>) -> Builder {
        self.options.minimum_workers = *count.start();
        self.options.maximum_workers = *count.end();
        self
    }

    /// Workers beyond those, started and idle, so that one that dies is replaced, or one more is there, at once. At most
    /// 64; none by default.
    pub fn spares(mut self, count: usize) -> Builder {
        self.options.spares = count;
        self
    }

    /// Adds a task: a function that runs in worker processes.
    pub fn task<F>(mut self, name: impl Into<String>, function: F) -> Builder
    where
        F: Fn(&mut Context<'_>, &[u8]) -> std::result::Result<Vec<u8>, TaskError> + Send + Sync + 'static,
    {
        self.registry = self.registry.task(name, function);
        self
    }

    /// Uses the tasks of `registry`, in place of any added so far.
    pub fn registry(mut self, registry: Registry) -> Builder {
        self.registry = registry;
        self
    }

    /// Gets the workers from a second execution of this program instead of a fork, so that the pool can be
    /// built while threads run, and outlives its zygote: if that dies, it is executed again. `main` must begin with
    /// [`run_if_zygote`](super::run_if_zygote).
    pub fn reexecute(mut self, reexecute: bool) -> Builder {
        self.reexecute = reexecute;
        self
    }

    /// Lets SIGTERM and SIGINT close the pool (finish what it has), and a second one destroy it. They are
    /// blocked in the building thread and in threads it starts later, and stay so; build the pool before
    /// other threads. The program ends when its `main` does: have it wait by
    /// [`Pool::wait_closed`].
    pub fn handle_signals(mut self, handle: bool) -> Builder {
        self.handle_signals = handle;
        self
    }

    /// Tasks taken and not settled at most; a submission past it is refused. Without it there is no limit.
    pub fn maximum_pending(mut self, tasks: usize) -> Builder {
        self.maximum_pending = tasks;
        self
    }

    /// Time between asking a task to stop and killing its worker. 100 ms by default.
    pub fn kill_grace(mut self, grace: Duration) -> Builder {
        self.options.kill_grace = grace;
        self
    }

    /// Time that a task may wait until a worker begins it, unless its own options say otherwise. Without it: any.
    pub fn queue_timeout(mut self, limit: Duration) -> Builder {
        self.options.queue_timeout = Some(limit);
        self
    }

    /// When workers are looked at, and how long they may be stopped or blocked.
    pub fn health(mut self, options: HealthOptions) -> Builder {
        self.options.health = options;
        self
    }

    /// Time a worker, or the zygote, may take until it is ready. 30 s by default.
    pub fn start_timeout(mut self, timeout: Duration) -> Builder {
        self.options.start_timeout = timeout;
        self
    }

    /// Idle time after which workers above the minimum leave; zero, the default, keeps them.
    pub fn idle_timeout(mut self, timeout: Duration) -> Builder {
        self.options.idle_timeout = timeout;
        self
    }

    /// When workers are added, between the bounds of [`workers`](Builder::workers).
    pub fn scaling(mut self, scaling: ScalingOptions) -> Builder {
        self.options.scaling = scaling;
        self
    }

    /// How long tasks may be passed over by those of higher priority before one in seventeen placements is theirs. 1 s by
    /// default; `Duration::MAX`: for ever.
    pub fn ageing(mut self, after: Duration) -> Builder {
        self.options.queue.ageing = after;
        self
    }

    /// Which processors each worker runs on. [`Affinity::None`], the default: any.
    pub fn affinity(mut self, affinity: Affinity) -> Builder {
        self.options.affinity = affinity;
        self
    }

    /// What each worker may use, and how long it is kept; no limits by default.
    pub fn limits(mut self, limits: WorkerLimits) -> Builder {
        self.options.limits = limits;
        self
    }

    /// What is done after failures: pauses between attempts, how many workers may die, and rules.
    pub fn recovery(mut self, recovery: RecoveryOptions) -> Builder {
        self.options.recovery = recovery;
        self
    }

    /// Has the last word on every failure: what is done about it, or `None` for what the rules say. Called on the thread
    /// that drives the pool; the task that failed waits meanwhile.
    pub fn on_failure(
        mut self,
        decide: impl FnMut(&FailureReport) -> Option<Strategy> + Send + 'static,
    ) -> Builder {
        self.decide = Some(Box::new(decide));
        self
    }

    /// Sizes of the memory shared with each worker.
    pub fn geometry(mut self, geometry: Geometry) -> Builder {
        self.options.geometry = geometry;
        self
    }

    /// Has this program read what the workers print, by line: it comes as [`PoolEvent::Output`]. What is not read goes where
    /// this program's own output goes, as everything does by default.
    pub fn capture_output(mut self, captures: Captures) -> Builder {
        self.captures = captures;
        self
    }

    /// Hears what happens to the pool, on the thread that drives it.
    pub fn on_event(mut self, listener: impl FnMut(PoolEvent) + Send + 'static) -> Builder {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Starts the zygote and the pool's thread. Workers start while it returns.
    ///
    /// Forks, unless [`reexecute`](Builder::reexecute): whatever this process has open stays open in the
    /// zygote and in every worker.
    ///
    /// # Errors
    /// [`Error::MultiThreaded`] if it would fork and other threads exist, [`Error::InvalidOption`], or the
    /// kernel refused something.
    pub fn build(mut self) -> Result<Pool> {
        if self.decide.is_some() {
            self.options.recovery.rules.ask_always();
        }
        self.options.validate()?;
        self.registry.validate()?;
        let names: Vec<String> = self.registry.names().map(str::to_owned).collect();
        // Before the fork, so that the zygote inherits the mask.
        let signals = self.handle_signals.then(|| SignalFd::new(&zygote::SIGNALS)).transpose()?;
        let captures = self.captures;
        let forked = if self.reexecute {
            None
        } else {
            Some(zygote::fork(self.registry, self.handle_signals, captures)?)
        };
        let (options, limit, listener) = (self.options, self.maximum_pending, self.listener);
        let decide = self.decide;
        let takes_signals = self.handle_signals;
        let (report, reported) = mpsc::sync_channel(1);
        let body = move || {
            let start = || {
                let driver = match forked {
                    Some(launcher) => Driver::new(options, Box::new(launcher))?,
                    None => {
                        let execute = executing(names.clone(), takes_signals, captures);
                        let mut driver = Driver::new(options, execute()?)?;
                        driver.restart_zygotes_by(execute);
                        driver
                    }
                };
                Ok(Arc::new(Hub::new(driver, names, limit, listener, decide)?))
            };
            let started: Result<Arc<Hub>> = start();
            let hub = started.as_ref().ok().map(Arc::clone);
            // The builder waits for it.
            let _ = report.send(started);
            if let Some(hub) = hub {
                thread::run(&hub, signals.as_ref());
            }
        };
        let thread = std::thread::Builder::new().name("hatchery".into()).spawn(body);
        let thread = thread.map_err(|error| Error::StartFailed(format!("the pool's thread: {error}")))?;
        let gone = |_| Error::StartFailed("the pool's thread ended as it began".into());
        let hub = reported.recv().map_err(gone)??;
        Ok(Pool::new(hub, thread))
    }
}

/// Executes this program as a zygote whenever it is called.
fn executing(names: Vec<String>, signals: bool, captures: Captures) -> LauncherFactory {
    Arc::new(move || Ok(Box::new(zygote::execute(names.clone(), signals, captures)?)))
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("options", &self.options)
            .field("tasks", &self.registry)
            .field("reexecute", &self.reexecute)
            .finish_non_exhaustive()
    }
}
