//! The pool's metrics, with what only JavaScript knows.

use hatchery_core::observe::Statistics;
use hatchery_core::observe::metrics::{self, Labels};
use napi_derive::napi;
use prometheus::proto::{Metric, MetricFamily, MetricType};
use serde_json::{Map, Value, json};

/// Tasks that JavaScript has accepted, and that the driver does not know of: kept back, or settled before it heard of them.
#[napi(object)]
pub struct Unseen {
    pub cancelled: f64,
    pub timed_out: f64,
    /// Kept back: high, normal, low.
    pub queued: Vec<f64>,
}

pub(super) fn encode(mut statistics: Statistics, labels: &[String], unseen: &Unseen, json: bool) -> String {
    statistics.look_at_processes(false);
    let kept_back: f64 = unseen.queued.iter().sum();
    statistics.cancelled += unseen.cancelled as u64;
    statistics.timed_out += unseen.timed_out as u64;
    statistics.submitted += (unseen.cancelled + unseen.timed_out + kept_back) as u64;
    for (queued, more) in statistics.queued.iter_mut().zip(&unseen.queued) {
        *queued += *more as usize;
    }
    let labels = labels.chunks_exact(2).fold(Labels::new(), |labels, pair| labels.with(&pair[0], &pair[1]));
    if !json {
        return metrics::encode(&statistics, &labels);
    }
    Value::Array(metrics::families(&statistics, &labels).iter().map(family).collect()).to_string()
}

fn family(family: &MetricFamily) -> Value {
    let kind = family.get_field_type();
    let metrics = family.get_metric().iter().map(|metric| self::metric(metric, kind));
    json!({
        "name": family.name(),
        "help": family.help(),
        "type": format!("{kind:?}").to_lowercase(),
        "metrics": metrics.collect::<Vec<_>>(),
    })
}

fn metric(metric: &Metric, kind: MetricType) -> Value {
    let labels = metric.get_label().iter().map(|pair| (pair.name().to_owned(), pair.value().into()));
    let labels = labels.collect::<Map<_, _>>();
    match kind {
        MetricType::HISTOGRAM => {
            let histogram = metric.get_histogram();
            let buckets = histogram.get_bucket().iter();
            let buckets = buckets.map(|bucket| json!([bucket.upper_bound(), bucket.cumulative_count()]));
            json!({
                "labels": labels,
                "buckets": buckets.collect::<Vec<_>>(),
                "sum": histogram.get_sample_sum(),
                "count": histogram.get_sample_count(),
            })
        }
        MetricType::COUNTER => json!({ "labels": labels, "value": metric.get_counter().get_value() }),
        // JSON knows no infinity: null is +Inf.
        _ => json!({ "labels": labels, "value": metric.get_gauge().get_value() }),
    }
}
