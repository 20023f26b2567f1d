//! One operator is reached in several ways, and its messages go out all the same.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::broker::{self, free_port};
use crate::support::events::samples;
use crate::support::world::{World, recorded, smsc_settings};
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::sleep;
use xabar::simulator::{Behaviour, Simulator};
use xabar_events::State;
use xabar_smpp::pdu::{Body, Outbind, Pdu};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn when_the_preferred_smsc_goes_the_second_takes_over_and_nothing_is_lost() {
    let second = Simulator::start(smsc_settings()).await.unwrap();
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.smsc = format!("{},{}", config.smsc, second.address());
    })
    .await;
    let gateway = world.ready().await;
    let events = samples(7, 400);
    let (before, after) = events.split_at(200);
    world.publish(before.to_vec()).await;
    world.until_all_ended(LONG).await;
    assert_eq!(second.handle().figures().await.unwrap().binds, 0);

    world.until_acknowledged().await;
    let first = std::mem::replace(&mut world.smsc, second);
    let by_the_first = recorded(&first).await;
    first.stop().await.unwrap();
    world.publish(after.to_vec()).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    for event in &events {
        let told = world.told_of(event);
        let (_, last) = told.last_key_value().unwrap();
        assert_eq!((last.state, last.repeats), (State::Delivered, 0));
    }
    let taken = world.smsc.handle().figures().await.unwrap();
    assert!(taken.accepted >= 200, "{taken:?}");
    assert_eq!(taken.sessions, 0, "{taken:?}");
    let tally = world.check_beside([by_the_first]).await;
    assert_eq!(tally.texts, 400, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_logins_one_of_them_in_pairs_share_the_work_within_the_tps() {
    let mut settings = smsc_settings();
    let mut second = settings.accounts[0].clone();
    second.system_id = "xabar-2".into();
    settings.accounts.push(second);
    settings.behaviour.latency = "20ms+20ms".parse().unwrap();
    let mut world = World::with_smsc(broker::shared(), settings, |config| {
        config.tps = Some(300);
        config.more = r#"
[[operator.bind]]
bind = "transmitter-receiver"
tps = 200

[[operator.bind]]
system_id = "xabar-2"
tps = 250
"#
        .into();
    })
    .await;
    let gateway = world.ready().await;
    world.publish(samples(7, 600)).await;
    world.until_all_ended(LONG).await;
    let figures = world.smsc.handle().figures().await.unwrap();
    assert_eq!(figures.sessions, 6, "two pairs, and two that go both ways");
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.ended(State::Delivered), 600, "{tally:?}");
    assert_eq!(tally.repeated, 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_the_login_that_is_throttled() {
    let mut settings = smsc_settings();
    settings.behaviour.tps = Some(40);
    let mut world = World::with_smsc(broker::shared(), settings, |config| {
        config.more = "[[operator.bind]]\ntps = 200\n".into();
    })
    .await;
    let gateway = world.ready().await;
    world.publish(samples(7, 100)).await;
    world.until_all_ended(LONG).await;
    let log = gateway.stop_within(world.config.shutdown).await;
    let lowered = log.containing("rate lowered");
    assert!(!lowered.is_empty());
    let named = lowered.iter().all(|line| line.contains("xabar at "));
    assert!(named, "{lowered:?}");
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_unbind_though_an_http_client_stalls() {
    let world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.shutdown = Duration::from_secs(1);
    })
    .await;
    let gateway = world.ready().await;
    let mut stalled = TcpStream::connect(("127.0.0.1", world.config.http))
        .await
        .unwrap();
    let half = b"POST /v1/events HTTP/1.1
host: xabar
content-length: 100

{";
    stalled.write_all(half).await.unwrap();
    gateway.get("/healthz").await.unwrap();
    let log = gateway.stop_within(LONG).await;
    assert_eq!(log.containing("what=\"the operators' sessions\""), [""; 0]);
    assert_eq!(log.containing("what=\"HTTP\"").len(), 1, "it is cut off");
    drop(stalled);
}

/// Connects to us as the SMSC of this address, introduces itself, and goes on as that.
async fn come_in(listen: String, smsc: SocketAddr) {
    let mut to_us = loop {
        match TcpStream::connect(&listen).await {
            Ok(stream) => break stream,
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    };
    let outbind = Body::Outbind(Outbind {
        system_id: "smsc".into(),
        password: "theirs".into(),
        ..Outbind::default()
    });
    let outbind = Pdu::new(1, outbind).to_frame().unwrap();
    to_us.write_all(outbind.octets()).await.unwrap();
    let mut onwards = TcpStream::connect(smsc).await.unwrap();
    drop(copy_bidirectional(&mut to_us, &mut onwards).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_an_smsc_that_connects_to_us_tell_what_became_of_its_messages() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.sessions = 1;
    })
    .await;
    let listen = format!("127.0.0.1:{}", free_port());
    let toml = world.config.to_toml();
    let address = toml
        .lines()
        .find(|line| line.starts_with("address = "))
        .unwrap();
    let outbind =
        format!(r#"outbind = {{ listen = "{listen}", system_id = "smsc", password = "theirs" }}"#);
    world.home.configure(&toml.replace(address, &outbind));
    let smsc = tokio::spawn(come_in(listen, world.smsc.address()));
    let gateway = world.ready().await;
    world.publish(samples(7, 50)).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    smsc.await.unwrap();
    let tally = world.check().await;
    assert_eq!(tally.arrived(), 50, "{tally:?}");
}
