//! Metrics of one name, as the `prometheus` crate writes them.

use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType,
};

use crate::durations::Durations;

/// Metrics of one name, told apart by their labels.
pub(super) struct Family {
    head: MetricFamily,
    metrics: Vec<Metric>,
}

/// Names of labels with their values; an empty value is as if the label were not there.
pub(super) type Labels<'a> = &'a [(&'static str, &'a str)];

impl Family {
    /// Of what only grows; the name should end in `_total`.
    pub(super) fn counter(name: &str, help: &str) -> Self {
        Self::new(name, help, MetricType::COUNTER)
    }

    pub(super) fn gauge(name: &str, help: &str) -> Self {
        Self::new(name, help, MetricType::GAUGE)
    }

    /// Of times; the name should end in `_seconds`.
    pub(super) fn histogram(name: &str, help: &str) -> Self {
        Self::new(name, help, MetricType::HISTOGRAM)
    }

    fn new(name: &str, help: &str, kind: MetricType) -> Self {
        let mut head = MetricFamily::default();
        head.set_name(name.to_owned());
        head.set_help(help.to_owned());
        head.set_field_type(kind);
        Self {
            head,
            metrics: Vec::new(),
        }
    }

    pub(super) fn with(mut self, labels: Labels<'_>, value: f64) -> Self {
        self.add(labels, value);
        self
    }

    pub(super) fn add(&mut self, labels: Labels<'_>, value: f64) {
        let mut metric = labelled(labels);
        if self.head.get_field_type() == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.metrics.push(metric);
    }

    /// Every second of their bounds is a bucket's, each twice the one before.
    pub(super) fn add_times(&mut self, labels: Labels<'_>, times: &Durations) {
        let mut below = 0;
        let mut buckets = Vec::new();
        for (index, (bound, count)) in times.ranges().enumerate() {
            below += count;
            if let Some(bound) = bound.filter(|_| index % 2 == 0) {
                let mut bucket = Bucket::default();
                bucket.set_upper_bound(bound.as_secs_f64());
                bucket.set_cumulative_count(below);
                buckets.push(bucket);
            }
        }
        let mut histogram = Histogram::default();
        histogram.set_sample_count(below);
        histogram.set_sample_sum(times.sum().as_secs_f64());
        histogram.set_bucket(buckets);
        let mut metric = labelled(labels);
        metric.set_histogram(histogram);
        self.metrics.push(metric);
    }

    /// As it is written; nothing if there are no metrics, which has no form.
    pub(super) fn finish(self) -> Option<MetricFamily> {
        let Self { mut head, metrics } = self;
        (!metrics.is_empty()).then(|| {
            head.set_metric(metrics);
            head
        })
    }
}

fn labelled(labels: Labels<'_>) -> Metric {
    let pair = |&(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.to_owned());
        pair.set_value(value.to_owned());
        pair
    };
    Metric::from_label(labels.iter().map(pair).collect())
}
