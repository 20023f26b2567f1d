//! Ten thousand events become messages, and every agency hears what became of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::broker;
use crate::support::events::{body, samples, stories, structured};
use crate::support::world::World;
use lapin::BasicProperties;
use lapin::types::AMQPValue;
use serde_json::{Value, json};
use xabar::simulator::{Behaviour, Receipts};
use xabar_events::State;

/// An SMSC that takes its time, throttles above 1,500 a second and fails now and then.
fn slow() -> Behaviour {
    Behaviour {
        latency: "20ms+30ms".parse().unwrap(),
        tps: Some(700),
        errors: "ESME_RSYSERR=0.2%,ESME_RINVDSTADR=0.2%".parse().unwrap(),
        receipts: Receipts {
            delay: "50ms+500ms".parse().unwrap(),
            undelivered: "1%".parse().unwrap(),
            disorder: "10%".parse().unwrap(),
            ..Receipts::default()
        },
        ..Behaviour::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_reach_their_phones_and_their_agencies_hear_of_it() {
    let mut world = World::new(broker::shared(), slow(), |config| {
        (config.tps, config.window) = (Some(1800), 100);
        config.limits = vec![(3, 2), (20, 60)];
    })
    .await;
    let gateway = world.ready().await;
    let mut events = samples(7, 9_000);
    events.extend(stories(8, 400, 200).into_iter().map(apart).take(1_000));
    assert_eq!(events.len(), 10_000);
    let early = events[..500].to_vec();
    world.publish(events.clone()).await;
    world.repeat(&early).await;
    let refused = publish_what_is_no_event(&world).await;
    world.until_all_ended(Duration::from_secs(90)).await;
    // Known still, though long settled.
    world.repeat(&events[4_000..4_500]).await;
    until_dead_lettered(&world, refused).await;

    let trace = world
        .home
        .xabar("trace", &["--json", events[0].key.id.as_str()])
        .output()
        .unwrap();
    assert_eq!(trace.status.code(), Some(0), "{trace:?}");
    let told: Value = serde_json::from_slice(&trace.stdout).unwrap();
    let story = world.told_of(&events[0]);
    let states = |story: &Value| {
        let states = story["states"].as_array().unwrap().iter();
        states
            .map(|state| state["state"].clone())
            .collect::<Vec<_>>()
    };
    let expected: Vec<Value> = story.values().map(|told| json!(told.state)).collect();
    assert_eq!(told.as_array().unwrap().len(), 1);
    assert_eq!(states(&told[0]), expected);
    assert!(
        !told.to_string().contains(&events[0].msisdn.digits()),
        "{told}"
    );

    let balance = world
        .home
        .xabar("report balance", &["--json"])
        .output()
        .unwrap();
    assert_eq!(balance.status.code(), Some(0), "{balance:?}");
    let balance: Value = serde_json::from_slice(&balance.stdout).unwrap();
    assert_eq!(balance["balanced"], json!(true), "{balance}");
    let accepted = balance["agencies"].as_array().unwrap().iter();
    let accepted = accepted.map(|agency| agency["accepted"].as_u64().unwrap());
    assert_eq!(accepted.sum::<u64>(), 10_000, "{balance}");

    gateway.stop_within(Duration::from_secs(10)).await;
    let tally = world.check().await;
    let ended = |state| tally.ended(state);
    assert_eq!(ended(State::Unknown), 0, "{tally:?}");
    assert!(ended(State::Delivered) >= 9_000, "{tally:?}");
    assert!((1..=400).contains(&ended(State::Failed)), "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
    the_first_citizen_is_erased(&world, &events[0]);
    let figures = world.smsc.handle().figures().await.unwrap();
    assert!(
        figures.throttled > 0,
        "the SMSC had to throttle: {figures:?}"
    );
}

fn the_first_citizen_is_erased(world: &World, event: &xabar_events::Notification) {
    let digits = event.msisdn.digits();
    let order = |order: &str| {
        let output = world.home.xabar(order, &[&digits]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let known = |event: &xabar_events::Notification| {
        let known: Value = serde_json::from_str(&order("subscriber export")).unwrap();
        let messages = known["messages"].as_array().unwrap().clone();
        let ids = messages.iter().map(|it| it["event"]["id"].clone());
        ids.filter(|id| *id == json!(event.key.id.as_str())).count()
    };
    assert_eq!(known(event), 1);
    order("subscriber erase");
    assert_eq!(known(event), 0);
    let audit = std::fs::read_to_string(world.home.path("data/audit.jsonl")).unwrap();
    let orders = audit.lines().filter(|line| line.contains("subscriber"));
    assert_eq!(orders.count(), 3, "{audit}");
    assert!(!audit.contains(&digits), "{audit}");
}

/// The same event as of another year's application, so that two rows of samples do not meet.
fn apart(mut event: xabar_events::Notification) -> xabar_events::Notification {
    let application = format!("2025-{}", event.application.as_str());
    event.application = application.parse().ok().unwrap();
    event
}

/// One of each kind that is refused; how many by reason.
async fn publish_what_is_no_event(world: &World) -> BTreeMap<&'static str, usize> {
    let event: Value = serde_json::from_slice(&body(&samples(9, 1)[0])).unwrap();
    let with = |field: &str, value: Value| {
        let mut event = event.clone();
        *event.pointer_mut(field).unwrap() = value;
        event.to_string().into_bytes()
    };
    let mut without = event.clone();
    without["data"].as_object_mut().unwrap().remove("msisdn");
    let plain = BasicProperties::default().with_content_type("text/plain".into());
    let refused: [(&str, BasicProperties, Vec<u8>); 7] = [
        ("malformed", structured(), b"{\"specversion\":".to_vec()),
        ("unsupported-content-type", plain, b"Salom".to_vec()),
        ("missing-field", structured(), without.to_string().into()),
        (
            "invalid-field",
            structured(),
            with("/data/msisdn", json!("12")),
        ),
        (
            "unknown-type",
            structured(),
            with("/type", json!("uz.egov.other.v1")),
        ),
        (
            "invalid-source",
            structured(),
            with("/source", json!("/nobody")),
        ),
        (
            "too-large",
            structured(),
            with("/data/params", json!({"a": "b".repeat(70_000)})),
        ),
    ];
    for (_, properties, body) in &refused {
        world.publish_raw(properties, body.clone()).await;
    }
    refused.map(|(reason, ..)| (reason, 1)).into()
}

async fn until_dead_lettered(world: &World, mut expected: BTreeMap<&'static str, usize>) {
    let peer = world.peer().await;
    let count = u32::try_from(expected.len()).unwrap();
    peer.until_ready(&world.config.rejected, count).await;
    while !expected.is_empty() {
        let letter = peer.take(&world.config.rejected).await.delivery;
        let headers = letter.properties.headers().clone().unwrap();
        let header = |name: &str| match headers.inner().get(name) {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            other => panic!("{name}: {other:?}"),
        };
        let reason = header("x-xabar-reason");
        assert!(expected.remove(reason.as_str()).is_some(), "{reason}");
        assert!(!header("x-xabar-detail").is_empty());
        assert_eq!(letter.routing_key.as_str(), "application.status.kadastr");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_in_the_middle_ends_it_cleanly_and_the_rest_goes_out_after_the_next_start() {
    let mut world = World::new(broker::shared(), slow(), |config| {
        config.tps = Some(300);
    })
    .await;
    let gateway = world.ready().await;
    world.publish(samples(7, 1_500)).await;
    world.until_ended(300, Duration::from_secs(30)).await;
    let log = gateway.stop_within(world.config.shutdown).await;
    let last = log.lines().pop().unwrap();
    assert!(
        last.contains("stopped") && last.contains("uncertain=0"),
        "{last}"
    );
    assert!(world.ended() < 1_200, "it stopped in the middle");
    let figures = world.smsc.handle().figures().await.unwrap();
    assert_eq!((figures.sessions, figures.faults), (0, 0), "{figures:?}");

    let gateway = world.ready().await;
    world.until_all_ended(Duration::from_secs(60)).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gateway_on_the_same_journal_is_told_who_holds_it() {
    let world = World::new(broker::shared(), Behaviour::default(), |_| ()).await;
    let mut first = world.ready().await;
    let second = world.home.xabar("run", &[]).output().unwrap();
    let told = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{told}");
    let holder = format!("is in use by process {} on ", first.id());
    assert!(told.contains(&holder), "{told}");
    assert!(first.lives());
    first.stop_within(Duration::from_secs(10)).await;
}
