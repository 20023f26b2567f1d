use std::collections::HashSet;
use std::time::Duration;

use xabar_events::{RejectReason, UnixMillis};

use super::*;
use crate::control::access::Why;
use crate::control::status::{
    Bottleneck, Configured, LinkStanding, OperatorStatus, OutcomesStatus, QueueStatus,
    State as Standing,
};
use crate::delivery::LinkState;
use crate::durations::Durations;
use crate::intake::Way;
use crate::journal::OperatorId;

fn operator_status() -> OperatorStatus {
    OperatorStatus {
        name: "ucell".to_owned(),
        state: LinkStanding::PartlyBound,
        sessions: 1,
        receiving: 1,
        sessions_configured: 2,
        sessions_wanted: None,
        tps: Some(300),
        allowed: Some(150.5),
        rate: 5.0,
        window: 10,
        window_now: 8,
        windows: Vec::new(),
        in_flight: 3,
        response_ms: None,
        failing: true,
        resting: Vec::new(),
        set: BTreeMap::new(),
        limit: Limit::Throttled,
    }
}

fn metrics() -> Metrics {
    let mut link = LinkState {
        sessions_bound: 1,
        submitting: 1,
        written: 7,
        ..LinkState::default()
    };
    link.response_times.add(Duration::from_millis(3));
    link.response_times.add(Duration::from_secs(60));
    let operator = Configured {
        id: OperatorId(1),
        name: "ucell".to_owned(),
        logins: vec![(1, 2)],
        login_names: vec!["xabar at smsc:2775".into()],
        login_tps: None,
        kept: 0.0,
        windows: vec![(10, false)],
    };
    let load = Load {
        deciding: Duration::from_millis(1500),
        commits: {
            let mut commits = Durations::default();
            commits.add(Duration::from_micros(130));
            commits
        },
        tally: Tally::sample().into(),
        ..Load::default()
    };
    let status = Status {
        state: Standing::Running,
        rate: 5.0,
        backlog: 12,
        deferred: [("quiet-hours".to_owned(), 9)].into(),
        bottleneck: Bottleneck {
            limit: Limit::QuietHours,
            operator: None,
            advice: String::new(),
        },
        paused: Vec::new(),
        set: Default::default(),
        drain: None,
        lookup: None,
        queue: Some(QueueStatus {
            events: 77,
            at: UnixMillis(0),
        }),
        outcomes: OutcomesStatus {
            waiting: 66,
            held_by: Some("connection refused".to_owned()),
        },
        operators: vec![operator_status()],
    };
    let looked_up = lookup::Counts {
        unasked: 6,
        ..lookup::Counts::default()
    };
    let spans = traces::Counts::default();
    spans.add(traces::Fate::Dropped, 8);
    let refusals = Refusals::default();
    refusals.count(Way::Http, RejectReason::TooLarge);
    Metrics {
        operators: vec![Observed {
            operator,
            link: watch::channel(link).1,
        }],
        load: watch::channel(load).1,
        status: watch::channel(Some(status.into())).1,
        readiness: Readiness::awaiting([Part::Broker]),
        refusals,
        denials: {
            let denials = Denials::default();
            denials.count(Why::Role);
            denials
        },
        unrouted: watch::channel([("kadastr".into(), 4)].into()).1,
        looked_up: Some(watch::channel(looked_up).1),
        spans: Some(spans),
    }
}

#[test]
fn every_count_is_under_its_name_and_labels() {
    let page = metrics().page();
    let lines: HashSet<&str> = page.lines().collect();
    for line in [
        "# TYPE xabar_messages_total counter",
        r#"xabar_messages_total{agency="kadastr",state="accepted"} 1"#,
        r#"xabar_operator_messages_total{operator="ucell",state="accepted",reason=""} 1"#,
        "xabar_duplicate_events_total 2",
        "xabar_malformed_traceparents_total 1",
        r#"xabar_rejected_events_total{way="http",reason="too-large"} 1"#,
        r#"xabar_http_refused_total{why="role"} 1"#,
        r#"xabar_http_refused_total{why="no-token"} 0"#,
        r#"xabar_unrouted_outcomes_total{agency="kadastr"} 4"#,
        r#"xabar_lookup_numbers_total{came="unasked"} 6"#,
        r#"xabar_lookup_numbers_total{came="left-alone"} 0"#,
        r#"xabar_trace_spans_total{fate="dropped"} 8"#,
        r#"xabar_trace_spans_total{fate="exported"} 0"#,
        r#"xabar_ready{part="broker"} 0"#,
        r#"xabar_ready{part="journal"} 1"#,
        "xabar_backlog_messages 12",
        "xabar_broker_queue_events 77",
        "xabar_outcomes_waiting 66",
        "xabar_outcomes_publishable 0",
        r#"xabar_deferred_messages{reason="quiet-hours"} 9"#,
        r#"xabar_bottleneck{limit="quiet-hours"} 1"#,
        r#"xabar_bottleneck{limit="idle"} 0"#,
        r#"xabar_pipeline_seconds_total{doing="deciding"} 1.5"#,
        r#"xabar_journal_commit_seconds_bucket{le="0.000125"} 0"#,
        r#"xabar_journal_commit_seconds_bucket{le="0.00025"} 1"#,
        "xabar_journal_commit_seconds_count 1",
        r#"xabar_operator_submissions_total{operator="ucell"} 7"#,
        r#"xabar_operator_sessions{operator="ucell"} 1"#,
        r#"xabar_operator_bound{operator="ucell",direction="out"} 1"#,
        r#"xabar_operator_bound{operator="ucell",direction="in"} 0"#,
        r#"xabar_operator_window{operator="ucell"} 8"#,
        r#"xabar_operator_tps{operator="ucell"} 150.5"#,
        r#"xabar_operator_paused{operator="ucell"} 0"#,
        r#"xabar_operator_failing{operator="ucell"} 1"#,
        r#"xabar_operator_limit{operator="ucell",limit="throttled"} 1"#,
    ] {
        assert!(lines.contains(line), "{line}\n{page}");
    }
    let is_of_process = |line: &&str| line.starts_with("process_resident_memory_bytes ");
    assert!(lines.iter().any(is_of_process), "{page}");
}

#[test]
fn buckets_hold_all_that_was_no_longer() {
    let page = metrics().page();
    let of_responses = |line: &&str| line.starts_with("xabar_response_seconds");
    let lines: HashSet<&str> = page.lines().filter(of_responses).collect();
    for (le, count) in [
        ("0.002", 0),
        ("0.004", 1),
        ("32.768", 1),
        ("65.536", 2),
        ("+Inf", 2),
    ] {
        let line =
            format!(r#"xabar_response_seconds_bucket{{operator="ucell",le="{le}"}} {count}"#);
        assert!(lines.contains(&*line), "{line}\n{page}");
    }
    assert!(lines.contains(r#"xabar_response_seconds_sum{operator="ucell"} 60.003"#));
    assert!(lines.contains(r#"xabar_response_seconds_count{operator="ucell"} 2"#));
}

#[test]
fn before_anything_was_measured_there_is_a_page_too() {
    let unmeasured = Metrics {
        status: watch::channel(None).1,
        load: watch::channel(Load::default()).1,
        ..metrics()
    };
    let page = unmeasured.page();
    assert!(page.contains(r#"xabar_operator_submissions_total{operator="ucell"} 7"#));
    assert!(!page.contains("xabar_backlog_messages"), "{page}");
}

/// Names of metrics that a text asks for.
fn asked(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("xabar_") || word.starts_with("process_"))
}

#[test]
fn rules_dashboard_and_document_ask_for_what_there_is() {
    let page = metrics().page();
    let names = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names: HashSet<&str> = names.filter_map(|line| line.split(' ').next()).collect();
    let document = include_str!("../../../docs/metrics.md");
    for text in [
        include_str!("../../../config/prometheus/xabar.rules.yml"),
        include_str!("../../../config/grafana/xabar.json"),
        document,
    ] {
        for name in asked(text) {
            let name = name.strip_suffix("_bucket").unwrap_or(name);
            assert!(names.contains(name), "{name}");
        }
    }
    let told: HashSet<&str> = asked(document).collect();
    for name in names.iter().filter(|name| name.starts_with("xabar_")) {
        assert!(told.contains(name), "docs/metrics.md does not tell {name}");
    }
}
