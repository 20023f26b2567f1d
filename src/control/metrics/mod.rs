//! `/metrics`: what is counted, for Prometheus. No number of a phone is in it, and of names only those of operators
//! and agencies, the latter bounded.
//!
//! In: what links, pipeline, intake and outcomes count anyway. Out: text in Prometheus' exposition format 0.0.4. What
//! is counted begins anew with each start, as Prometheus expects it.

mod family;
mod operators;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;
use prometheus::{TEXT_FORMAT, TextEncoder};
use tokio::sync::watch;

use super::access::Denials;
use super::readiness::{Part, Readiness};
use super::status::{Limit, Observed, State, Status};
use crate::intake::Refusals;
use crate::lookup;
use crate::pipeline::{Load, Tally};
use crate::traces;
use family::Family;
use operators::Links;

/// The content type of a page.
pub const CONTENT_TYPE: &str = TEXT_FORMAT;

/// Where metrics come from.
#[derive(Clone)]
pub struct Metrics {
    pub operators: Vec<Observed>,
    pub load: watch::Receiver<Load>,
    pub status: watch::Receiver<Option<Arc<Status>>>,
    pub readiness: Readiness,
    pub refusals: Refusals,
    /// HTTP requests that were refused.
    pub denials: Denials,
    /// Outcomes that no queue took, by agency.
    pub unrouted: watch::Receiver<BTreeMap<Box<str>, u64>>,
    /// What came of the numbers that were to be looked up, where they are.
    pub looked_up: Option<watch::Receiver<lookup::Counts>>,
    /// What became of spans, where messages are traced.
    pub spans: Option<traces::Counts>,
}

impl Metrics {
    /// All of them, as they are now.
    pub fn page(&self) -> String {
        let load = self.load.borrow().clone();
        let status = self.status.borrow().clone();
        let links = Links::of(&self.operators);
        let families = self
            .gateway(&load)
            .into_iter()
            .chain(messages(&load.tally))
            .chain(status.iter().flat_map(|status| standing(status)))
            .chain(links.counted(&load))
            .chain(status.iter().flat_map(|status| links.standing(status)));
        let mut families: Vec<MetricFamily> = families.filter_map(Family::finish).collect();
        families.extend(ProcessCollector::for_self().collect());
        // It fails on families without a name or metrics, of which there are none.
        TextEncoder::new()
            .encode_to_string(&families)
            .unwrap_or_default()
    }

    fn gateway(&self, load: &Load) -> Vec<Family> {
        let missing = self.readiness.reasons();
        let mut ready = Family::gauge(
            "xabar_ready",
            "Whether this part stands in no way of traffic: 1, or 0.",
        );
        for part in [Part::Journal, Part::Broker, Part::Intake] {
            let stands = !missing.contains_key(&part);
            ready.add(&[("part", &part.to_string())], yes(stands));
        }
        let mut refused = Family::counter(
            "xabar_rejected_events_total",
            "Events that were refused, by the way they came and the reason.",
        );
        for (way, reason, count) in self.refusals.read() {
            refused.add(
                &[("way", way.name()), ("reason", reason.as_str())],
                number(count),
            );
        }
        let mut denied = Family::counter(
            "xabar_http_refused_total",
            "HTTP requests of those who may not, by why.",
        );
        for (why, count) in self.denials.read() {
            denied.add(&[("why", why.name())], number(count));
        }
        let mut unrouted = Family::counter(
            "xabar_unrouted_outcomes_total",
            "Outcomes that no queue took: they are lost to their agency.",
        );
        for (agency, count) in &*self.unrouted.borrow() {
            unrouted.add(&[("agency", agency)], number(*count));
        }
        let mut looked_up = Family::counter(
            "xabar_lookup_numbers_total",
            "Numbers that were to be looked up, by what came of it; all but those remembered and answered went by prefix.",
        );
        if let Some(counts) = &self.looked_up {
            for (came, count) in counts.borrow().each() {
                looked_up.add(&[("came", came)], number(count));
            }
        }
        let mut spans = Family::counter(
            "xabar_trace_spans_total",
            "Spans of traced messages, by what became of them.",
        );
        for (fate, count) in self.spans.iter().flat_map(traces::Counts::read) {
            spans.add(&[("fate", fate.name())], number(count));
        }
        let mut pipeline = Family::counter(
            "xabar_pipeline_seconds_total",
            "What the pipeline's thread spent its time with.",
        );
        for (doing, time) in [
            ("waiting", load.gathering),
            ("deciding", load.deciding),
            ("committing", load.committing),
        ] {
            pipeline.add(&[("doing", doing)], time.as_secs_f64());
        }
        let mut commits = Family::histogram(
            "xabar_journal_commit_seconds",
            "What the journal took to make the changes of a beat durable, the disk with it.",
        );
        commits.add_times(&[], &load.commits);
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        let build = Family::gauge("xabar_build_info", "The version that runs.");
        vec![
            build.with(&version, 1.0),
            ready,
            refused,
            denied,
            unrouted,
            looked_up,
            spans,
            pipeline,
            commits,
        ]
    }
}

/// What became of messages.
fn messages(tally: &Tally) -> Vec<Family> {
    let mut by_agency = Family::counter(
        "xabar_messages_total",
        "Messages that entered this state, by agency; those of more than 200 agencies count as other's.",
    );
    let mut agencies: Vec<_> = tally.agencies().collect();
    agencies.sort_by_key(|published| &published.agency);
    for published in agencies {
        for (state, count) in &published.states {
            let labels = [("agency", &*published.agency), ("state", state.as_str())];
            by_agency.add(&labels, number(*count));
        }
    }
    let duplicates = Family::counter(
        "xabar_duplicate_events_total",
        "Events that were in the journal before, and made no message.",
    );
    let mut to_submit = Family::histogram(
        "xabar_publish_to_submit_seconds",
        "From the time of the event until the operator took the whole message, by lane.",
    );
    for (lane, times) in tally.to_submit() {
        to_submit.add_times(&[("lane", lane.name())], times);
    }
    let duplicates = duplicates.with(&[], number(tally.duplicates));
    let malformed = Family::counter(
        "xabar_malformed_traceparents_total",
        "Events whose traceparent is none: they were taken without it.",
    );
    let malformed = malformed.with(&[], number(tally.malformed_traces));
    vec![by_agency, duplicates, malformed, to_submit]
}

/// How the gateway does at the moment.
fn standing(status: &Status) -> Vec<Family> {
    let backlog = Family::gauge(
        "xabar_backlog_messages",
        "Messages that wait to be submitted.",
    );
    let mut deferred = Family::gauge(
        "xabar_deferred_messages",
        "Those of the backlog that were deferred, by the reason that was told last.",
    );
    for (reason, count) in &status.deferred {
        deferred.add(&[("reason", reason)], number(*count));
    }
    let mut bottleneck = Family::gauge(
        "xabar_bottleneck",
        "What limits the gateway at the moment: 1 for the limit, 0 for the others.",
    );
    for limit in Limit::ALL {
        let is_it = yes(limit == status.bottleneck.limit);
        bottleneck.add(&[("limit", limit.name())], is_it);
    }
    let mut queued = Family::gauge(
        "xabar_broker_queue_events",
        "Events that wait in the broker's queue, asked every few seconds while events are taken in.",
    );
    // What was known last is no news while nothing is taken in.
    if let Some(queue) = status.queue.filter(|_| status.state == State::Running) {
        queued.add(&[], number(queue.events));
    }
    let outcomes = Family::gauge(
        "xabar_outcomes_waiting",
        "Outcomes that are to be published, or not confirmed yet.",
    );
    let publishable = Family::gauge(
        "xabar_outcomes_publishable",
        "Whether outcomes can be published: 1, or 0.",
    );
    let goes = yes(status.outcomes.held_by.is_none());
    let paused = Family::gauge("xabar_pauses", "Pauses of sending that staff ordered.");
    vec![
        queued,
        backlog.with(&[], number(status.backlog)),
        deferred,
        bottleneck,
        outcomes.with(&[], number(status.outcomes.waiting)),
        publishable.with(&[], goes),
        paused.with(&[], number(status.paused.len() as u64)),
    ]
}

fn yes(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}
