//! An agency's trace goes on through the gateway: into spans for a collector, and into the outcomes.

use std::time::Duration;

use crate::support::amqp::text;
use crate::support::broker::{self, free_port};
use crate::support::collector::{Collector, KEY, Manner, attribute, wholes};
use crate::support::config::EVERYTHING;
use crate::support::events::{body, samples, structured};
use crate::support::world::World;
use lapin::BasicProperties;
use lapin::types::FieldTable;
use xabar::simulator::{Behaviour, Receipts};
use xabar_events::{Notification, Trace};

const LONG: Duration = Duration::from_secs(60);

fn parent(number: usize) -> String {
    format!("00-0af7651916cd43dd8448eb211c803{number:03x}-b7ad6b7169203{number:03x}-01")
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|it| format!("{it:02x}")).collect()
}

/// Events that say nothing of a trace.
fn untraced(count: usize) -> Vec<Notification> {
    let mut events = samples(7, count);
    events
        .iter_mut()
        .for_each(|event| event.trace = Trace::None);
    events
}

/// Events of agencies that trace them.
fn traced(count: usize) -> Vec<Notification> {
    let mut events = untraced(count);
    for (number, event) in events.iter_mut().enumerate() {
        event.trace = Trace::read(Some(&parent(number)), None);
    }
    events
}

/// Events as they come over AMQP, with a trace where each way has one; the last one's is none.
fn in_every_way(events: &[Notification]) -> Vec<(BasicProperties, Vec<u8>)> {
    let with = |properties: BasicProperties, pairs: &[(&str, &str)]| {
        let mut headers = FieldTable::default();
        for (name, value) in pairs {
            headers.insert((*name).into(), text(value));
        }
        properties.with_headers(headers)
    };
    let [own, binary, brought, none] = events else {
        panic!("a way for each of four")
    };
    let mut own = own.clone();
    own.trace = Trace::read(Some(&parent(0)), Some("rojo=1"));
    let (time, mut data) = (binary.time.to_string(), Vec::new());
    binary.write_data(&mut data);
    let (traced, json) = (parent(1), BasicProperties::default());
    let attributes = [
        ("cloudEvents:specversion", "1.0"),
        ("cloudEvents:id", binary.key.id.as_str()),
        ("cloudEvents:source", binary.key.agency.source()),
        ("cloudEvents:type", xabar_events::STATUS_CHANGED),
        ("cloudEvents:time", &time),
        ("cloudEvents:subject", binary.application.as_str()),
        ("cloudEvents:traceparent", &traced),
    ];
    let json = json.with_content_type("application/json".into());
    let mut nonsense: serde_json::Value = serde_json::from_slice(&body(none)).unwrap();
    nonsense["traceparent"] = "00-nonsense".into();
    vec![
        (structured(), body(&own)),
        (with(json, &attributes), data),
        (
            with(structured(), &[("traceparent", &parent(2))]),
            body(brought),
        ),
        (structured(), nonsense.to_string().into_bytes()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agencys_trace_goes_on_in_spans_and_outcomes_whichever_way_it_came() {
    let collector = Collector::start(free_port(), Manner::Takes).await;
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.more = Collector::table(collector.port(), "");
        config.log = EVERYTHING.into();
    })
    .await;
    let gateway = world.ready().await;
    let events = untraced(4);
    for (properties, body) in in_every_way(&events) {
        world.publish_raw(&properties, body).await;
    }
    world.expect(events.clone());
    world.until_all_ended(LONG).await;
    let spans = collector.until_told(3).await;
    let (_, metrics) = gateway.get("/metrics").await.unwrap();
    assert!(
        metrics.contains("xabar_malformed_traceparents_total 1\n"),
        "{metrics}"
    );
    let log = gateway.stop_within(world.config.shutdown).await;
    world.check().await;

    for (number, event) in events[..3].iter().enumerate() {
        let whole = wholes(&spans)
            .find(|span| attribute(span, "xabar.event") == Some(event.key.id.as_str()))
            .expect("it is told");
        let (trace, message) = (hex(&whole.trace_id), hex(&whole.span_id));
        let before = hex(&whole.parent_span_id);
        assert_eq!(format!("00-{trace}-{before}-01"), parent(number));
        let parts: Vec<&str> = spans
            .iter()
            .filter(|span| span.parent_span_id == whole.span_id)
            .map(|span| &*span.name)
            .collect();
        assert_eq!(parts, ["intake", "wait", "submit", "receipt"]);
        for told in world.told_of(event).values() {
            let expected = format!("00-{trace}-{message}-01");
            assert_eq!(told.traceparent.as_ref(), Some(&expected), "{told:?}");
        }
    }
    assert_eq!(wholes(&spans).count(), 3, "the last one has no trace");
    for told in world.told_of(&events[3]).values() {
        assert_eq!(told.traceparent, None);
    }
    assert_eq!(log.containing(KEY.1), [""; 0], "a secret");
    for event in &events {
        let (number, shown) = (event.msisdn.digits(), format!("{spans:?}"));
        assert!(!shown.contains(&number), "a number");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_outlives_a_kill() {
    let collector = Collector::start(free_port(), Manner::Takes).await;
    let behaviour = Behaviour {
        receipts: Receipts {
            delay: "3s".parse().unwrap(),
            ..Receipts::default()
        },
        ..Behaviour::default()
    };
    let mut world = World::new(broker::shared(), behaviour, |config| {
        config.more = Collector::table(collector.port(), "");
    })
    .await;
    let gateway = world.ready().await;
    let events = traced(2);
    world.publish(events.clone()).await;
    let told = |event| world.told_of(event).len();
    let submitted = async {
        while events.iter().any(|event| told(event) < 2) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    crate::support::soon("two submissions", submitted).await;
    gateway.kill();
    let gateway = world.ready().await;
    world.until_all_ended(LONG).await;
    let spans = collector.until_told(2).await;
    gateway.stop_within(world.config.shutdown).await;

    for (number, event) in events.iter().enumerate() {
        let whole = wholes(&spans)
            .find(|span| attribute(span, "xabar.event") == Some(event.key.id.as_str()))
            .expect("it is told");
        let (trace, before) = (hex(&whole.trace_id), hex(&whole.parent_span_id));
        assert_eq!(format!("00-{trace}-{before}-01"), parent(number));
        let receipt = spans
            .iter()
            .find(|span| span.name == "receipt" && span.parent_span_id == whole.span_id)
            .expect("what was begun before is told");
        assert!(whole.start_time_unix_nano <= receipt.start_time_unix_nano);
        let message = hex(&whole.span_id);
        let stories = world.told_of(event);
        let handed_on = stories.values().map(|told| told.traceparent.clone());
        let expected = format!("00-{trace}-{message}-01");
        assert!(handed_on.flatten().all(|it| it == expected), "{stories:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_down_or_silent_holds_nothing_up_and_is_told_of_once() {
    let port = free_port();
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.more = Collector::table(port, "");
    })
    .await;
    let gateway = world.ready().await;
    let mut events = traced(60);
    let silent = events.split_off(30);
    world.publish(events).await;
    world.until_all_ended(LONG).await;
    gateway.until_told("takes no traces", 1).await;

    // It comes up, but only listens at first.
    let collector = Collector::start(port, Manner::Hangs).await;
    collector.until_asked(2).await;
    world.publish(silent).await;
    world.until_all_ended(LONG).await;
    collector.behaves(Manner::Takes);
    collector.until_told(60).await;
    gateway.until_told("takes traces again", 1).await;

    collector.behaves(Manner::Refuses);
    let last = traced(61).split_off(60);
    world.publish(last).await;
    gateway.until_told("refuses traces", 1).await;
    let (_, metrics) = gateway.get("/metrics").await.unwrap();
    assert!(
        metrics.contains("xabar_trace_spans_total{fate=\"dropped\"} 0\n"),
        "{metrics}"
    );
    world.until_all_ended(LONG).await;
    // With a collector that says nothing it ends in time, too.
    collector.behaves(Manner::Hangs);
    let log = gateway.stop_within(world.config.shutdown).await;
    assert_eq!(log.containing("takes no traces").len(), 1);
    world.check().await;
}
