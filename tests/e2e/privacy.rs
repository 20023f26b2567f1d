//! Whatever the gateway logs, nobody can be called by it, and no message be read.

use std::collections::HashSet;
use std::time::Duration;

use crate::support::amqp::text;
use crate::support::broker;
use crate::support::config::{EVERYTHING, PASSWORD};
use crate::support::events::{body, samples, structured};
use crate::support::world::{World, text_of};
use lapin::BasicProperties;
use lapin::types::FieldTable;
use xabar::compose::Catalog;
use xabar::simulator::{Behaviour, Faults, Receipts};

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_at_any_level_has_a_number_a_text_or_a_password() {
    let behaviour = Behaviour {
        unanswered: "2%".parse().unwrap(),
        errors: "ESME_RSYSERR=2%,ESME_RINVDSTADR=2%,ESME_RINVSRCADR=1%"
            .parse()
            .unwrap(),
        receipts: Receipts {
            undelivered: "5%".parse().unwrap(),
            intermediate: "10%".parse().unwrap(),
            ..Receipts::default()
        },
        faults: Faults {
            disconnect_every: Some(150),
            ..Faults::default()
        },
        ..Behaviour::default()
    };
    let mut world = World::new(broker::shared(), behaviour, |config| {
        config.log = EVERYTHING.into();
        config.limits = vec![(1, 2)];
    })
    .await;
    let mut gateway = world.ready().await;
    let events = samples(7, 400);
    world.publish(events.clone()).await;
    publish_what_is_refused(&world).await;
    write_from_a_phone(&world, "998971234567", "Maxfiy savol").await;
    for path in [
        "/v1/messages?msisdn=998971234567",
        "/v1/nothing/998971234567",
    ] {
        gateway.get(path).await.unwrap();
    }
    world.until_ended(300, Duration::from_secs(30)).await;
    let mut lines = gateway.kill().lines();
    gateway = world.ready().await;
    world.until_all_ended(Duration::from_secs(60)).await;
    lines.extend(gateway.stop_within(Duration::from_secs(10)).await.lines());

    let secrets = secrets(&events);
    assert!(lines.len() > 20, "{lines:#?}");
    for line in &lines {
        for run in runs_of_digits(line) {
            assert!(!secrets.contains(&run), "a number: {line}");
        }
        for quiet in ["Maxfiy", "geheim", PASSWORD] {
            assert!(!line.contains(quiet), "{quiet}: {line}");
        }
        for word in [
            "arizangiz",
            "Tabriklaymiz",
            "Заявлени",
            "аризангиз",
            "Yunusobod",
            "Samarqand",
        ] {
            assert!(!line.contains(word), "a text: {line}");
        }
    }
    let catalog = Catalog::built_in();
    for event in &events {
        let text = text_of(&catalog, event);
        assert!(lines.iter().all(|line| !line.contains(&text)));
    }
}

/// Events of every kind of refusal, each with a number and a text inside.
async fn publish_what_is_refused(world: &World) {
    let whole = body(&samples(9, 1)[0]);
    let mut headers = FieldTable::default();
    headers.insert("cloudEvents:id".into(), text("Maxfiy 998971234567"));
    let wrong = |value: &str| {
        let mut event: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        event["data"]["msisdn"] = value.into();
        event["data"]["params"] = serde_json::json!({"office": "Maxfiy"});
        event.to_string().into_bytes()
    };
    let plain = BasicProperties::default().with_content_type("Maxfiy/998971234567".into());
    world
        .publish_raw(&structured(), whole[..whole.len() / 2].to_vec())
        .await;
    world
        .publish_raw(&structured(), wrong("998971234567 Maxfiy"))
        .await;
    world
        .publish_raw(&structured(), b"\"Maxfiy 998971234567\"".to_vec())
        .await;
    world
        .publish_raw(&plain, b"Maxfiy 998971234567".to_vec())
        .await;
    let binary = BasicProperties::default().with_headers(headers);
    world
        .publish_raw(&binary, b"{\"msisdn\":\"998971234567\"}".to_vec())
        .await;
}

async fn write_from_a_phone(world: &World, from: &str, message: &str) {
    for _ in 0..100 {
        if world
            .smsc
            .handle()
            .send_mo(from, "555", message)
            .await
            .is_ok()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the gateway has no session");
}

/// The numbers of all subscribers, with and without the country's code.
fn secrets(events: &[xabar_events::Notification]) -> HashSet<String> {
    let numbers = events.iter().map(|event| event.msisdn.digits());
    let numbers = numbers.chain(["998971234567".to_owned()]);
    numbers
        .flat_map(|number| [number.strip_prefix("998").unwrap().to_owned(), number])
        .collect()
}

fn runs_of_digits(line: &str) -> impl Iterator<Item = String> {
    let runs = line.split(|letter: char| !letter.is_ascii_digit());
    runs.filter(|run| run.len() >= 9).map(str::to_owned)
}
