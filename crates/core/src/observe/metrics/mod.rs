//! The pool's figures as Prometheus reads them: names by its rules, base units, no label that grows without bound (so no
//! process ids, and no task names).
//!
//! - `families`  which metrics there are, made of one [`Statistics`]
//! - `family`    metrics of each kind, in the types of the crate `prometheus`, which writes the text

mod families;
mod family;

use super::Statistics;
use prometheus::TextEncoder;
use prometheus::proto::{LabelPair, MetricFamily};

/// The `Content-Type` of [`encode`]'s text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Labels that all metrics of a pool carry, such as its name where a process has several.
#[derive(Clone, Debug, Default)]
pub struct Labels(Vec<LabelPair>);

impl Labels {
    /// No labels.
    pub fn new() -> Labels {
        Labels::default()
    }

    /// These and one more. Prometheus refuses names that are not of letters, digits and underscores.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Labels {
        self.0.push(family::label(name, value));
        self
    }
}

/// The metrics of a pool, for a registry of the crate `prometheus` or an encoder of one's own. Ask
/// [`Statistics::look_at_processes`] for memory and processor time of the workers first; without that they are left out.
pub fn families(statistics: &Statistics, labels: &Labels) -> Vec<MetricFamily> {
    families::of(statistics, &labels.0)
}

/// The same in Prometheus's text format, version 0.0.4.
pub fn encode(statistics: &Statistics, labels: &Labels) -> String {
    // Fails for a family without a metric or a name, of which there is none.
    let text = TextEncoder::new().encode_to_string(&families(statistics, labels)).unwrap_or_default();
    // The crate writes infinity as Rust does, which Prometheus itself reads, and not everybody else. A label's value has no
    // line's end in it, so this is the end of a sample.
    text.replace(" inf\n", " +Inf\n")
}
