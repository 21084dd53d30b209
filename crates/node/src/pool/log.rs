//! The core's log on its way to JavaScript: a subscriber of `tracing` for each pool that has a logger.
//!
//! It is the default of a thread only while that thread is in the driver, under the pool's lock; entries go the way of
//! other events, so they cost JavaScript no wake-up of their own. Zygotes and workers have other processes' memory: nothing
//! of this is there.

use hatchery_core::driver::PoolEvent;
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::{DefaultGuard, Interest};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber, callsite, dispatcher, span};

/// What the entries of the core are about begins with this.
const TARGET: &str = "hatchery";

/// The log of one pool.
pub(super) struct Log {
    dispatch: Dispatch,
    bridge: Arc<Bridge>,
}

/// Between the driver and JavaScript.
struct Bridge {
    /// See [`rank`].
    level: AtomicU8,
    entries: Mutex<Vec<String>>,
}

struct Collector(Arc<Bridge>);

impl Log {
    /// From this level on, by pino's names; `None`: nothing until [`set_level`](Log::set_level) says so.
    pub(super) fn new(level: Option<&str>) -> Log {
        let bridge =
            Arc::new(Bridge { level: AtomicU8::new(rank(filter(level))), entries: Mutex::default() });
        Log { dispatch: Dispatch::new(Collector(Arc::clone(&bridge))), bridge }
    }

    /// Sets the level.
    pub(super) fn set_level(&self, level: Option<&str>) {
        // Relaxed: guards nothing; what is logged meanwhile may go by either.
        self.bridge.level.store(rank(filter(level)), Ordering::Relaxed);
        callsite::rebuild_interest_cache();
    }

    /// Has what this thread logs come here, until the guard goes.
    pub(super) fn enter(&self) -> DefaultGuard {
        dispatcher::set_default(&self.dispatch)
    }

    /// What has come, JSON.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.bridge.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Logs an event of the pool.
    pub(super) fn note(event: &PoolEvent) {
        hatchery_core::observe::log::note(event);
    }
}

impl Bridge {
    fn filter(&self) -> LevelFilter {
        match self.level.load(Ordering::Relaxed) {
            0 => LevelFilter::OFF,
            1 => LevelFilter::ERROR,
            2 => LevelFilter::WARN,
            3 => LevelFilter::INFO,
            4 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        }
    }
}

impl Subscriber for Collector {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Sometimes: the level may change.
        if metadata.target().starts_with(TARGET) { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with(TARGET) && *metadata.level() <= self.0.filter()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0.filter())
    }

    fn event(&self, event: &Event<'_>) {
        let mut entry = Entry::default();
        event.record(&mut entry);
        let level = match *event.metadata().level() {
            _ if entry.fatal => "fatal",
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        let record =
            json!({ "type": "log", "level": level, "fields": entry.fields, "message": entry.message });
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner).push(record.to_string());
    }

    // The core has no spans.
    fn new_span(&self, _attributes: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}
    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}
    fn enter(&self, _span: &span::Id) {}
    fn exit(&self, _span: &span::Id) {}
}

/// One event, as JavaScript has such things.
#[derive(Default)]
struct Entry {
    message: String,
    fields: Map<String, Value>,
    fatal: bool,
}

impl Entry {
    fn set(&mut self, field: &Field, value: Value) {
        self.fields.insert(camel_case(field.name()), value);
    }
}

impl Visit for Entry {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "fatal" => self.fatal = value,
            _ => self.set(field, value.into()),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            _ => self.set(field, text.into()),
        }
    }
}

/// `worker_id` as `workerId`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut characters = word.chars();
        text.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(characters.as_str());
    }
    text
}

fn filter(level: Option<&str>) -> LevelFilter {
    match level {
        None => LevelFilter::OFF,
        Some("trace") => LevelFilter::TRACE,
        Some("debug") => LevelFilter::DEBUG,
        Some("info") => LevelFilter::INFO,
        Some("warn") => LevelFilter::WARN,
        // What is fatal is an error here.
        Some(_) => LevelFilter::ERROR,
    }
}

fn rank(filter: LevelFilter) -> u8 {
    match filter.into_level() {
        None => 0,
        Some(Level::ERROR) => 1,
        Some(Level::WARN) => 2,
        Some(Level::INFO) => 3,
        Some(Level::DEBUG) => 4,
        Some(Level::TRACE) => 5,
    }
}
