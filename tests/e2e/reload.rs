//! The configuration is read again while the gateway runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use xabar::simulator::Behaviour;
use xabar_events::{Notification, State};

use crate::support::broker;
use crate::support::events::samples;
use crate::support::gateway::{Gateway, ctl};
use crate::support::world::World;

const LONG: Duration = Duration::from_secs(60);

/// Messages to one phone, each of an application of its own.
fn to_one_phone(count: usize) -> Vec<Notification> {
    let mut events = samples(5, count);
    let msisdn = events[0].msisdn;
    for (number, event) in events.iter_mut().enumerate() {
        event.msisdn = msisdn;
        event.application = format!("{number}").parse().unwrap();
    }
    events
}

async fn until_tps(gateway: &Gateway, tps: Value) {
    for _ in 0..100 {
        let (_, body) = gateway.get("/v1/operators/ucell").await.unwrap();
        let operator: Value = serde_json::from_str(&body).unwrap();
        if operator["tps"] == tps {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("its TPS is not {tps} within 10 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_tps_and_windows_hold_once_the_file_is_read_again_and_the_rest_is_named() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.limits = vec![(1, 3600)];
        config.tps = Some(50);
    })
    .await;
    let gateway = world.ready().await;
    world.publish(to_one_phone(5)).await;
    world.until_ended(1, LONG).await;

    world.config.limits = vec![(5, 3600)];
    world.config.tps = Some(60);
    let toml = world.config.to_toml();
    world
        .home
        .configure(&toml.replace("shutdown = ", "duplicates = \"9d\"\nshutdown = "));
    let (code, told, why) = ctl(gateway.http(), &["reload"]);
    assert_eq!(code, Some(0), "{why}");
    let changed = "operator.ucell.tps, subscriber.limits, timing.duplicates";
    assert_eq!(told, format!("read again · {changed}\n"));
    world.until_all_ended(LONG).await;
    until_tps(&gateway, json!(60)).await;

    // What staff set stands until that very key changes.
    let (code, ..) = ctl(gateway.http(), &["set", "ucell", "tps=70"]);
    assert_eq!(code, Some(0));
    world
        .home
        .configure(&toml.replace("shutdown = \"", "shutdown = \"1"));
    gateway.signal("HUP");
    gateway
        .until_told(
            "what changed here takes effect at the next start at_restart=\"timing.shutdown\"",
            1,
        )
        .await;
    until_tps(&gateway, json!(70)).await;
    // A file that stands still for two seconds after a change is read by itself.
    world.home.configure(&toml.replace("tps = 60", "tps = 80"));
    until_tps(&gateway, json!(80)).await;
    gateway.stop_within(world.config.shutdown).await;

    // The audit log says of each what had it read, and what changed by it.
    let file = world.home.path("xabar.toml");
    let told = read_again(&world);
    let keys: Vec<&str> = changed.split(", ").collect();
    let changed = |by: Value, keys: &[&str], at_restart: &[&str]| {
        let mut line = json!({ "read": "configuration", "files": [file], "changed": keys, "at_restart": at_restart });
        line.as_object_mut()
            .unwrap()
            .append(by.clone().as_object_mut().unwrap());
        line
    };
    let expected = [
        changed(json!({ "by": "order", "who": "loopback" }), &keys, &[]),
        changed(
            json!({ "by": "signal" }),
            &["timing.duplicates"],
            &["timing.shutdown"],
        ),
        changed(json!({ "by": "change" }), &["operator.ucell.tps"], &[]),
    ];
    assert_eq!(told, expected);
}

/// What the audit log says of what was read again, but for the times.
fn read_again(world: &World) -> Vec<Value> {
    let audit = fs::read_to_string(world.home.path("data/audit.jsonl")).unwrap();
    let lines = audit
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let mut read: Vec<Value> = lines
        .filter(|line: &Value| line["read"].is_string())
        .collect();
    for line in &mut read {
        line.as_object_mut().unwrap().remove("at").unwrap();
    }
    read
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_changes_nothing_and_is_told_whole() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.tps = Some(50);
    })
    .await;
    let gateway = world.ready().await;
    let toml = world.config.to_toml();
    world
        .home
        .configure(&toml.replace("tps = 50", "tps = 0\nspeed = 1"));
    let (code, told, why) = ctl(gateway.http(), &["reload"]);
    assert_eq!((code, &*told), (Some(1), ""));
    for part in ["nothing changed", "operator[0].tps", "operator[0].speed"] {
        assert!(why.contains(part), "{why}");
    }
    world.publish(samples(6, 20)).await;
    world.until_all_ended(LONG).await;
    assert!(world.check().await.ended(State::Delivered) > 0);
    until_tps(&gateway, json!(50)).await;
    gateway.stop_within(world.config.shutdown).await;
    let failed = read_again(&world)[0]["failed"].to_string();
    assert!(
        failed.contains("operator[0].tps") && failed.contains("and 1 more"),
        "{failed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_language_that_loses_its_texts_is_told() {
    let world = World::new(broker::shared(), Behaviour::default(), |_| {}).await;
    let texts = world.home.path("messages");
    fs::create_dir(&texts).unwrap();
    for name in ["uz-Latn.toml", "ru.toml"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/messages");
        fs::copy(from.join(name), texts.join(name)).unwrap();
    }
    let gateway = world.ready().await;
    fs::remove_file(texts.join("uz-Latn.toml")).unwrap();
    let (_, told, why) = ctl(gateway.http(), &["reload"]);
    let warning = "the default language, uz-Latn, has no texts";
    assert!(told.contains(warning), "{told}{why}");
    gateway.until_told(warning, 1).await;
    gateway.stop_within(world.config.shutdown).await;
    let gone = world.home.path("messages/uz-Latn.toml");
    assert_eq!(read_again(&world)[0]["files"], json!([gone]));
}
