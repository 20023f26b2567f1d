//! Staff see what limits the gateway, and steer it while it runs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use xabar::clock::instant;
use xabar::simulator::Behaviour;

use crate::support::broker::{self, free_port};
use crate::support::config::Config;
use crate::support::events::samples;
use crate::support::gateway::{Gateway, ctl};
use crate::support::world::World;

const LONG: Duration = Duration::from_secs(120);

async fn status(gateway: &Gateway) -> Value {
    let (code, body) = gateway.get("/v1/status").await.unwrap();
    match code {
        200 => serde_json::from_str(&body).unwrap(),
        503 => Value::Null,
        code => panic!("{code}: {body}"),
    }
}

/// The status as soon as this holds of it.
pub(crate) async fn once(gateway: &Gateway, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..300 {
        last = status(gateway).await;
        if holds(&last) {
            return last;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("not within 30 s: {last:#}");
}

/// The status as soon as this is what limits it.
async fn once_limited_by(gateway: &Gateway, limit: &str) -> Value {
    once(gateway, |status| status["bottleneck"]["limit"] == limit).await
}

/// The machine's clock: a busy one sleeps for longer than it is asked to.
#[expect(
    clippy::disallowed_methods,
    reason = "this test's own time is measured"
)]
fn now() -> Instant {
    Instant::now()
}

/// An SMSC that takes so long for a response.
fn slow(latency: &str) -> Behaviour {
    Behaviour {
        latency: latency.parse().unwrap(),
        ..Behaviour::default()
    }
}

/// A gateway for which many messages wait, and its status once this limits it.
async fn limited(
    limit: &str,
    behaviour: Behaviour,
    change: impl FnOnce(&mut Config),
) -> (World, Gateway, Value) {
    let mut world = World::new(broker::shared(), behaviour, |config| {
        config.sessions = 1;
        config.response = Duration::from_secs(10);
        change(config);
    })
    .await;
    let gateway = world.ready().await;
    world.publish(samples(7, 2000)).await;
    let status = once_limited_by(&gateway, limit).await;
    (world, gateway, status)
}

/// What was sent a second while this limited it.
async fn rate_under(limit: &str, behaviour: Behaviour, change: impl FnOnce(&mut Config)) -> f64 {
    let (world, gateway, _) = limited(limit, behaviour, change).await;
    sleep(Duration::from_secs(3)).await;
    let rate = status(&gateway).await["rate"].as_f64().unwrap();
    gateway.kill();
    drop(world);
    rate
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_window_is_named_and_the_window_advised_brings_the_rate() {
    let narrow = |config: &mut Config| (config.window, config.tps) = (5, Some(100));
    let (_world, gateway, status) = limited("window", slow("200ms"), narrow).await;
    let bottleneck = &status["bottleneck"];
    assert_eq!(bottleneck["operator"], "ucell");
    let advice = bottleneck["advice"].as_str().unwrap();
    let (_, window) = advice.rsplit_once("raise window to ").expect(advice);
    let window: usize = window.parse().expect(advice);
    assert!((15..=40).contains(&window), "{advice}");
    sleep(Duration::from_secs(3)).await;
    let before = self::status(&gateway).await["rate"].as_f64().unwrap();
    gateway.kill();

    let advised = |config: &mut Config| (config.window, config.tps) = (window, Some(100));
    let rate = rate_under("operator-tps", slow("200ms"), advised).await;
    assert!(rate > 2.0 * before, "{before} before, {rate} since");
}

#[tokio::test(flavor = "multi_thread")]
async fn tps_throttling_and_a_link_that_is_down_are_named() {
    let paced = |config: &mut Config| config.tps = Some(20);
    let (_world, gateway, status) = limited("operator-tps", slow("5ms"), paced).await;
    assert_eq!(status["operators"][0]["limit"], "operator-tps");
    assert_eq!(status["operators"][0]["state"], "bound");
    gateway.kill();

    let capped = Behaviour {
        tps: Some(20),
        ..slow("5ms")
    };
    let fast = |config: &mut Config| config.tps = Some(200);
    let (_world, gateway, status) = limited("throttled", capped, fast).await;
    let allowed = status["operators"][0]["allowed"].as_f64().unwrap();
    assert!(allowed < 180.0, "{status:#}");
    gateway.kill();

    let nowhere = |config: &mut Config| config.smsc = format!("127.0.0.1:{}", free_port());
    let (_world, gateway, status) = limited("link-down", slow("5ms"), nowhere).await;
    assert_eq!(status["operators"][0]["state"], "connecting");
    assert!(status["backlog"].as_u64() > Some(0), "{status:#}");
    gateway.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_waits_and_goes_on_without_loss() {
    let mut world = World::new(broker::shared(), slow("5ms"), |config| {
        config.tps = Some(200);
    })
    .await;
    let gateway = world.ready().await;
    once_limited_by(&gateway, "idle").await;
    let json = "content-type: application/json\r\n";
    // As any page could have a browser do it.
    for head in ["", "content-type: text/plain\r\n"] {
        assert_eq!(gateway.post("/v1/pause", head, "").await.0, 415);
    }
    let (code, body) = gateway.post("/v1/pause", json, "").await;
    assert_eq!(code, 200, "{body}");
    world.publish(samples(7, 300)).await;
    let status = once(&gateway, |status| status["backlog"] == 300).await;
    assert_eq!(status["bottleneck"]["limit"], "paused");
    assert_eq!(status["operators"][0]["state"], "paused");
    assert_eq!(status["paused"].as_array().unwrap().len(), 1);
    sleep(Duration::from_millis(300)).await;
    let submits = world.smsc.handle().figures().await.unwrap().submits;
    assert_eq!(submits, 0);

    let wrong = [
        (r#"{"operator":"ucel"}"#, 404),
        (r#"{"lane":"slow"}"#, 400),
        (r#"{"speed":1}"#, 400),
        (r#"{"agency":"Not One"}"#, 400),
    ];
    for (body, expected) in wrong {
        let (code, answer) = gateway.post("/v1/resume", json, body).await;
        assert_eq!(code, expected, "{body}: {answer}");
    }
    let (code, body) = gateway
        .post("/v1/resume", json, r#"{"operator":"ucell"}"#)
        .await;
    let still: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((code, still["paused"].as_array().unwrap().len()), (200, 1));
    let (code, body) = gateway.post("/v1/resume", json, "{}").await;
    assert_eq!(
        (code, serde_json::from_str::<Value>(&body).unwrap()),
        (200, json!({ "paused": [] }))
    );
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.repeated, 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_holds_at_once_and_loses_nothing() {
    let narrow = |config: &mut Config| (config.window, config.tps) = (2, Some(200));
    let (world, gateway, before) = limited("window", slow("200ms"), narrow).await;
    assert_eq!(before["operators"][0]["window"], 2);
    let set = |body: &'static str| {
        let head = "content-type: application/json\r\n";
        gateway.patch("/v1/operators/ucell", head, body)
    };
    assert_eq!(set(r#"{"window": 100}"#).await.0, 200);
    let wide = once_limited_by(&gateway, "operator-tps").await;
    assert_eq!(wide["operators"][0]["window"], 100);
    assert_eq!(set(r#"{"window": "default"}"#).await.0, 200);
    once(&gateway, |status| status["operators"][0]["window"] == 2).await;
    // What filled the wider window is answered, and no more comes.
    let is_narrow = |status: &Value| status["operators"][0]["in_flight"].as_u64() <= Some(2);
    once(&gateway, is_narrow).await;
    for _ in 0..10 {
        assert!(is_narrow(&status(&gateway).await));
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(set(r#"{"tps": 20, "window": 100}"#).await.0, 200);
    sleep(Duration::from_secs(2)).await;
    let (begin, before) = (now(), world.smsc.handle().figures().await.unwrap());
    sleep(Duration::from_secs(3)).await;
    let since = world.smsc.handle().figures().await.unwrap().submits - before.submits;
    let seconds = begin.elapsed().as_secs();
    assert!(
        (13 * seconds..=20 * (seconds + 1)).contains(&since),
        "{since} in {seconds} s at 20 a second"
    );
    for wrong in [
        r#"{"tps": 0}"#,
        r#"{"window": "wide"}"#,
        r#"{"speed": 1}"#,
        "{}",
        "1",
    ] {
        let (code, body) = set(wrong).await;
        assert_eq!(code, 400, "{wrong}: {body}");
    }
    let head = "content-type: application/json\r\n";
    let (code, body) = gateway
        .patch("/v1/operators/ucel", head, r#"{"tps": 5}"#)
        .await;
    assert_eq!(code, 404, "{body}");

    let all = r#"{"tps": "default", "window": 100}"#;
    assert_eq!(set(all).await.0, 200);
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.repeated, 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_steers_it_by_commands() {
    let world = World::new(broker::shared(), slow("5ms"), |_| ()).await;
    let gateway = world.ready().await;
    once_limited_by(&gateway, "idle").await;
    let http = gateway.http();
    let ctl = |arguments: &[&str]| ctl(http, arguments);
    let (code, told, _) = ctl(&["status"]);
    assert_eq!(code, Some(0));
    assert!(
        told.starts_with("running · ") && told.contains("ucell"),
        "{told}"
    );
    let (code, told, _) = ctl(&["set", "ucell", "tps=77", "window=5"]);
    assert_eq!(
        (code, &*told),
        (
            Some(0),
            "ucell: tps 77, until the gateway stops\nucell: window 5, until the gateway stops\n"
        )
    );
    once(&gateway, |status| status["operators"][0]["tps"] == 77).await;
    let (code, told, _) = ctl(&["pause", "--lane", "bulk"]);
    assert_eq!(code, Some(0));
    assert!(told.starts_with("paused · lane bulk · since "), "{told}");
    let (code, told, _) = ctl(&["resume"]);
    assert_eq!((code, &*told), (Some(0), "nothing is paused\n"));
    let (code, told, _) = ctl(&["operators", "--json"]);
    let operators: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &operators[0]["name"]), (Some(0), &json!("ucell")));
    let (code, _, why) = ctl(&["set", "ucell", "weight=2"]);
    assert_eq!(code, Some(1));
    assert!(why.contains("shares no numbers"), "{why}");
    let (code, _, why) = ctl(&["set", "ucel", "tps=1"]);
    assert_eq!(code, Some(1));
    assert!(why.contains("known here: ucell"), "{why}");
    gateway.stop_within(world.config.shutdown).await;
    let (code, _, why) = ctl(&["status"]);
    assert_eq!(code, Some(1));
    assert!(why.contains("no gateway answers at"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_outlives_a_restart_and_nothing_else_does() {
    let mut world = World::new(broker::shared(), slow("5ms"), |_| ()).await;
    let gateway = world.ready().await;
    once_limited_by(&gateway, "idle").await;
    let http = gateway.http();
    let (code, told, _) = ctl(http, &["set", "ucell", "tps=77", "--keep"]);
    assert_eq!((code, &*told), (Some(0), "ucell: tps 77, kept\n"));
    for order in [
        &["set", "ucell", "window=5"][..],
        &["pause", "--operator", "ucell", "--keep"],
        &["pause", "--lane", "bulk"],
    ] {
        assert_eq!(ctl(http, order).0, Some(0));
    }
    gateway.stop_within(world.config.shutdown).await;

    let gateway = world.ready().await;
    world.publish(samples(7, 20)).await;
    let status = once(&gateway, |status| status["backlog"] == 20).await;
    let paused = status["paused"].as_array().unwrap();
    assert_eq!((paused.len(), &paused[0]["kept"]), (1, &json!(true)));
    let ucell = &status["operators"][0];
    assert_eq!(
        (&ucell["state"], &ucell["tps"]),
        (&json!("paused"), &json!(77))
    );
    let set = json!({ "tps": { "to": 77, "kept": 77 } });
    assert_eq!(ucell["set"], set);
    let submits = world.smsc.handle().figures().await.unwrap().submits;
    assert_eq!(submits, 0);
    let http = gateway.http();
    let (_, told, _) = ctl(http, &["status"]);
    assert!(told.contains("set · ucell: tps 77, kept\n"), "{told}");
    assert_eq!(ctl(http, &["set", "ucell", "tps=default"]).0, Some(0));
    assert_eq!(ctl(http, &["resume"]).0, Some(0));
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;

    let gateway = world.ready().await;
    let status = once_limited_by(&gateway, "idle").await;
    assert_eq!(status["paused"], json!([]));
    assert_eq!(status["operators"][0].get("set"), None);
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_of_an_agency_is_cancelled_and_all_else_goes_out() {
    let mut world = World::new(broker::shared(), slow("5ms"), |_| ()).await;
    let gateway = world.ready().await;
    once_limited_by(&gateway, "idle").await;
    let http = gateway.http();
    assert_eq!(ctl(http, &["pause"]).0, Some(0));
    let events = samples(7, 300);
    let agency = events[0].key.agency.name().to_owned();
    let of_it = events.iter().filter(|it| it.key.agency.name() == agency);
    let of_it = of_it.count();
    world.publish(events).await;
    once(&gateway, |status| status["backlog"] == 300).await;
    let (code, told, _) = ctl(http, &["cancel", "--agency", &agency, "--dry-run"]);
    let counted = format!("would be cancelled · {of_it} · too late for 0\n");
    assert_eq!((code, told), (Some(0), counted));
    let before = ["--before", "2026-01-01T00:00:00Z", "--json"];
    let (_, told, _) = ctl(
        http,
        &[&["cancel", "--agency", &agency], &before[..]].concat(),
    );
    let none: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&none["cancelled"], &none["done"]),
        (&json!(0), &json!(true))
    );
    let (_, told, _) = ctl(http, &["cancel", "--agency", &agency]);
    assert_eq!(told, format!("cancelled · {of_it} · too late for 0\n"));
    let json = "content-type: application/json\r\n";
    for wrong in ["{}", r#"{"agency":"Not One"}"#, r#"{"agency":"a","by":1}"#] {
        let (code, body) = gateway.post("/v1/cancel", json, wrong).await;
        assert_eq!(code, 400, "{wrong}: {body}");
    }
    assert_eq!(ctl(http, &["resume"]).0, Some(0));
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(
        tally.ended(xabar_events::State::Cancelled),
        of_it,
        "{tally:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_drained_ends_what_is_under_way_and_waits_with_the_rest_until_it_is_resumed() {
    let mut world = World::new(broker::shared(), slow("300ms"), |config| {
        config.tps = Some(100);
    })
    .await;
    let gateway = world.ready().await;
    world.publish(samples(7, 200)).await;
    once(&gateway, |status| {
        status["operators"][0]["in_flight"].as_u64() > Some(0)
    })
    .await;
    let http = gateway.http();
    let (code, told, why) = ctl(http, &["drain", "--json"]);
    assert_eq!(code, Some(0), "{why}");
    let drained: Value = serde_json::from_str(&told).unwrap();
    let nothing = json!({ "in_flight": 0, "sessions": 0, "outcomes": 0, "done": true });
    assert_eq!(drained["drain"], nothing);
    let (code, body) = gateway.get("/readyz").await.unwrap();
    assert!(code == 503 && body.contains("drained"), "{body}");
    let status = status(&gateway).await;
    assert_eq!(
        (&status["state"], &status["bottleneck"]["limit"]),
        (&json!("draining"), &json!("paused"))
    );

    // It takes nothing in: what comes now waits in RabbitMQ. What waits here is counted once a second.
    sleep(Duration::from_secs(2)).await;
    let waiting = self::status(&gateway).await["backlog"].clone();
    let submits = world.smsc.handle().figures().await.unwrap().submits;
    world.publish(samples(8, 20)).await;
    sleep(Duration::from_secs(2)).await;
    let figures = world.smsc.handle().figures().await.unwrap();
    assert_eq!(figures.submits, submits);
    let backlog = self::status(&gateway).await["backlog"].clone();
    assert_eq!(backlog, waiting);
    assert_eq!(ctl(http, &["resume"]).0, Some(0));
    world.until_all_ended(LONG).await;
    assert_eq!(gateway.get("/readyz").await.unwrap().0, 200);
    assert_eq!(ctl(http, &["drain"]).0, Some(0));
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.repeated, 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_fewer_while_staff_wants_so_and_nothing_is_lost_with_them() {
    let mut world = World::new(broker::shared(), slow("100ms"), |config| {
        (config.sessions, config.tps) = (2, Some(100));
    })
    .await;
    let gateway = world.ready().await;
    let bound = |status: &Value, sessions: usize| {
        let ucell = &status["operators"][0];
        ucell["sessions"] == sessions && ucell["state"] == "bound"
    };
    once(&gateway, |status| bound(status, 2)).await;
    world.publish(samples(7, 300)).await;
    let http = gateway.http();
    let (code, told, _) = ctl(http, &["set", "ucell", "sessions=1"]);
    let one = "ucell: sessions 1, until the gateway stops\n";
    assert_eq!((code, &*told), (Some(0), one));
    once(&gateway, |status| bound(status, 1)).await;
    let (code, _, why) = ctl(http, &["set", "ucell", "sessions=3"]);
    assert_eq!(code, Some(1));
    assert!(why.contains("from 1 to 2"), "{why}");
    assert_eq!(ctl(http, &["set", "ucell", "sessions=default"]).0, Some(0));
    once(&gateway, |status| bound(status, 2)).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.repeated, 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_wider_window_is_said_to_bring_is_about_what_it_brings() {
    let narrow = |config: &mut Config| (config.window, config.tps) = (5, Some(100));
    let (world, gateway, _) = limited("window", slow("200ms"), narrow).await;
    let http = gateway.http();
    assert_eq!(ctl(http, &["pause", "--operator", "ucell"]).0, Some(0));
    once(&gateway, |status| status["operators"][0]["in_flight"] == 0).await;
    let (code, told, why) = ctl(
        http,
        &["what-if", "ucell.window=60", "--hours", "1", "--json"],
    );
    assert_eq!(code, Some(0), "{why}");
    let answer: Value = serde_json::from_str(&told).unwrap();
    let drain_s = |course: &str| answer[course]["drain"]["drain_s"].as_f64().unwrap();
    let limit = |course: &str| &answer[course]["drain"]["operators"][0]["limit"];
    assert_eq!(
        (limit("as_is"), limit("changed")),
        (&json!("window"), &json!("operator-tps"))
    );
    let promised = drain_s("changed");
    assert!(drain_s("as_is") > 2.5 * promised, "{answer:#}");
    assert_eq!(answer["messages"], 2000);

    let (code, told, why) = ctl(http, &["what-if", "ucell.window=60", "--hours", "1"]);
    assert!(
        code == Some(0) && told.contains("what waits is gone in"),
        "{told}{why}"
    );
    println!("{told}");
    let (code, _, why) = ctl(http, &["what-if", "ucel.tps=0"]);
    assert!(
        code == Some(1) && why.contains("`operators.ucel` is no operator"),
        "{why}"
    );

    assert_eq!(ctl(http, &["set", "ucell", "window=60"]).0, Some(0));
    let since = instant();
    assert_eq!(ctl(http, &["resume"]).0, Some(0));
    once(&gateway, |status| status["backlog"] == 0).await;
    let took = instant().saturating_duration_since(since).as_secs_f64();
    assert!(
        (0.6..2.5).contains(&(took / promised)),
        "{took} s instead of {promised}"
    );
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
}
