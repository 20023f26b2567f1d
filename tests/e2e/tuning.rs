//! Staff sets how messages are paced while the gateway runs.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use xabar::simulator::Behaviour;
use xabar_events::{Notification, Priority};

use crate::limits::twice_to_each;
use crate::steering::once;
use crate::support::broker;
use crate::support::events::samples;
use crate::support::gateway::{Gateway, ctl};
use crate::support::world::World;

const LONG: Duration = Duration::from_secs(60);

/// What an order is told to have done.
fn set(gateway: &Gateway, words: &[&str]) -> String {
    let (code, told, why) = ctl(gateway.http(), &[&["set"], words].concat());
    assert_eq!(code, Some(0), "{why}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_staff_sets_hold_what_comes_and_let_go_what_waits() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |_| ()).await;
    let gateway = world.ready().await;
    let told = set(&gateway, &["limits=1/1h"]);
    let (told, warned) = told.split_once('\n').unwrap();
    assert_eq!(told, "limits 1/1h, until the gateway stops");
    assert!(warned.contains("warning: there was no limit"), "{warned}");
    world.publish(twice_to_each(20)).await;
    world.until_ended(20, LONG).await;
    let status = once(&gateway, |it| it["deferred"]["subscriber-limit"] == 20).await;
    assert_eq!(status["bottleneck"]["limit"], "subscriber-limits");
    let limits = json!([{ "messages": 1, "per": "1h" }]);
    let shown = json!({ "limits": { "to": limits, "kept": null } });
    assert_eq!(status["set"], shown);
    let (_, held) = gateway.get("/v1/messages?state=deferred").await.unwrap();
    let held: Value = serde_json::from_str(&held).unwrap();
    let told = held[0]["states"].as_array().unwrap().last().unwrap();
    assert_eq!(told["limit"], json!({ "messages": 1, "seconds": 3600 }));
    let (_, told, _) = ctl(gateway.http(), &["status"]);
    assert!(told.contains("set · limits 1/1h, until"), "{told}");

    let (code, _, why) = ctl(gateway.http(), &["set", "limits=0/1h"]);
    assert!(code == Some(1) && why.contains("from 1 to 100"), "{why}");
    assert_eq!(set(&gateway, &["limits=default"]), "limits as configured\n");
    world.until_all_ended(LONG).await;
    let audit = std::fs::read_to_string(world.home.path("data/audit.jsonl")).unwrap();
    let lines = audit.lines().map(|it| serde_json::from_str(it).unwrap());
    let orders: Vec<Value> = lines.filter(|it: &Value| it["order"] == "set").collect();
    let told: Vec<_> = orders.iter().map(|it| (&it["from"], &it["to"])).collect();
    let (none, some) = (json!({ "limits": [] }), json!({ "limits": limits }));
    let default = json!({ "limits": "default" });
    assert_eq!(told, [(&none, &some), (&some, &default)]);
    gateway.stop_within(world.config.shutdown).await;
    world.check().await;
}

/// How many messages each of these agencies had submitted since the start.
async fn submitted(gateway: &Gateway, agencies: &[String; 2]) -> [f64; 2] {
    let (_, page) = gateway.get("/metrics").await.unwrap();
    agencies.each_ref().map(|agency| {
        let series = format!(r#"xabar_messages_total{{agency="{agency}",state="submitted"}} "#);
        let mut counts = page.lines().filter_map(|line| line.strip_prefix(&*series));
        counts.next().map_or(0.0, |count| count.parse().unwrap())
    })
}

/// The part of the first in what both have submitted, once that is so much more than before.
async fn part_of_first(gateway: &Gateway, agencies: &[String; 2], more: f64) -> f64 {
    let before = submitted(gateway, agencies).await;
    for _ in 0..600 {
        let now = submitted(gateway, agencies).await;
        let [first, second] = [now[0] - before[0], now[1] - before[1]];
        if first + second >= more {
            return first / (first + second);
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("not so many within 30 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agencys_weight_that_staff_sets_holds_for_what_waits_and_after_a_restart_if_it_is_kept()
{
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.tps = Some(60);
    })
    .await;
    let gateway = world.ready().await;
    let mut events: Vec<Notification> = samples(7, 600);
    let mut agencies: Vec<_> = events.iter().map(|it| it.key.agency.clone()).collect();
    agencies.sort_by_key(|it| it.name().to_owned());
    agencies.dedup();
    for (place, event) in events.iter_mut().enumerate() {
        event.priority = Priority::Normal;
        event.key.agency = agencies[place % 2].clone();
    }
    let names = [0, 1].map(|place| agencies[place].name().to_owned());
    let told = set(&gateway, &["--agency", &names[0], "weight=9", "--keep"]);
    assert_eq!(told, format!("{}: weight 9, kept\n", names[0]));
    assert_eq!(ctl(gateway.http(), &["pause"]).0, Some(0));
    world.publish(events).await;
    once(&gateway, |status| status["backlog"] == 600).await;
    gateway.stop_within(world.config.shutdown).await;

    let gateway = world.ready().await;
    let part = part_of_first(&gateway, &names, 100.0).await;
    assert!(part > 0.8, "{part}");
    let told = set(&gateway, &["--agency", &names[0], "weight=default"]);
    assert_eq!(told, format!("{}: weight as configured\n", names[0]));
    let part = part_of_first(&gateway, &names, 200.0).await;
    assert!((0.35..0.65).contains(&part), "{part}");
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    world.check().await;
}
