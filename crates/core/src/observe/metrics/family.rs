//! Metrics of each kind.

use crate::observe::TimeHistogram;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use std::time::Duration;

/// Upper bounds of the buckets of times, in microseconds: from 50 us, below which no task of another process comes back, to
/// 100 s, 1-2.5-5 a decade.
const BOUNDS: [u64; 20] = [
    50,
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
];

pub(super) fn label(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

/// Puts the metrics of one pool together.
pub(super) struct Families<'a> {
    /// What every metric carries.
    pub labels: &'a [LabelPair],
    pub made: Vec<MetricFamily>,
}

impl Families<'_> {
    /// A count that only grows, without a label of its own.
    pub fn counter(&mut self, name: &str, help: &str, value: f64) {
        let metric = self.counted(&[], value);
        self.add(name, help, MetricType::COUNTER, vec![metric]);
    }

    /// … by the values of a label.
    pub fn counters<'v>(
        &mut self,
        name: &str,
        help: &str,
        by: &str,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) {
        let metrics =
            values.into_iter().map(|(value, count)| self.counted(&[label(by, value)], count as f64));
        let metrics = metrics.collect();
        self.add(name, help, MetricType::COUNTER, metrics);
    }

    /// A value that comes and goes.
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) {
        let metric = self.gauged(&[], value);
        self.add(name, help, MetricType::GAUGE, vec![metric]);
    }

    /// … by the values of a label.
    pub fn gauges<'v>(
        &mut self,
        name: &str,
        help: &str,
        by: &str,
        values: impl IntoIterator<Item = (&'v str, f64)>,
    ) {
        let metrics =
            values.into_iter().map(|(value, number)| self.gauged(&[label(by, value)], number)).collect();
        self.add(name, help, MetricType::GAUGE, metrics);
    }

    /// 1, for what its labels tell.
    pub fn information(&mut self, name: &str, help: &str, labels: &[(&str, &str)]) {
        let labels: Vec<_> = labels.iter().map(|(name, value)| label(name, value)).collect();
        let metric = self.gauged(&labels, 1.0);
        self.add(name, help, MetricType::GAUGE, vec![metric]);
    }

    /// Times, in seconds.
    pub fn times(&mut self, name: &str, help: &str, times: &TimeHistogram) {
        let metric = self.timed(&[], times);
        self.add(name, help, MetricType::HISTOGRAM, vec![metric]);
    }

    /// … by the values of a label.
    pub fn times_by(&mut self, name: &str, help: &str, by: &str, values: &[(&str, &TimeHistogram)]) {
        let metrics = values.iter().map(|(value, times)| self.timed(&[label(by, value)], times)).collect();
        self.add(name, help, MetricType::HISTOGRAM, metrics);
    }

    fn add(&mut self, name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) {
        let mut family = MetricFamily::default();
        family.set_name(format!("hatchery_{name}"));
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(metrics);
        self.made.push(family);
    }

    fn labelled(&self, labels: &[LabelPair]) -> Metric {
        Metric::from_label([self.labels, labels].concat())
    }

    fn counted(&self, labels: &[LabelPair], value: f64) -> Metric {
        let mut counter = Counter::default();
        counter.set_value(value);
        let mut metric = self.labelled(labels);
        metric.set_counter(counter);
        metric
    }

    fn gauged(&self, labels: &[LabelPair], value: f64) -> Metric {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = self.labelled(labels);
        metric.set_gauge(gauge);
        metric
    }

    fn timed(&self, labels: &[LabelPair], times: &TimeHistogram) -> Metric {
        let counts = times.counts_below(&BOUNDS.map(Duration::from_micros));
        let bucket = |(bound, count): (&u64, u64)| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound as f64 / 1e6);
            bucket.set_cumulative_count(count);
            bucket
        };
        let mut histogram = Histogram::default();
        histogram.set_bucket(BOUNDS.iter().zip(counts).map(bucket).collect());
        histogram.set_sample_count(times.count());
        histogram.set_sample_sum(times.sum().as_secs_f64());
        let mut metric = self.labelled(labels);
        metric.set_histogram(histogram);
        metric
    }
}
