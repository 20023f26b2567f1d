//! Which operator carries a message, over two operators' sockets.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::broker;
use crate::support::config::PASSWORD;
use crate::support::events::samples;
use crate::support::gateway::ctl;
use crate::support::world::{World, recorded, smsc_settings};
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use xabar::simulator::{Behaviour, Faults, Receipts, Share, Simulator};
use xabar_events::{Notification, State};

const LONG: Duration = Duration::from_secs(60);

/// A world whose configuration has a second operator, and these lines at its end. The first one carries all numbers
/// of the country.
async fn with_another(second: &str, lines: &str) -> (World, Simulator) {
    beside_another(Behaviour::default(), second, lines).await
}

/// The same where the first operator behaves so.
async fn beside_another(first: Behaviour, second: &str, lines: &str) -> (World, Simulator) {
    let world = World::new(broker::shared(), first, |_| {}).await;
    let other = Simulator::start(smsc_settings()).await.unwrap();
    let address = other.address();
    let toml = world.config.to_toml()
        + &format!(
            r#"
{lines}
[[operator]]
name = "beeline"
address = "{address}"
system_id = "xabar"
password = "{PASSWORD}"
sender = "MyGov"
{second}
"#
        );
    world.home.configure(&toml);
    (world, other)
}

/// Gives the first operator these keys, too.
fn add_to_the_first(world: &World, keys: &str) {
    let toml = std::fs::read_to_string(world.home.path("xabar.toml")).unwrap();
    let name = "name = \"ucell\"\n";
    let toml = toml.replace(name, &format!("{name}{keys}\n"));
    world.home.configure(&toml);
}

/// Whether an SMSC has taken a text for the subscriber of an event.
async fn has_taken(smsc: &Simulator, event: &Notification) -> bool {
    let tape = smsc.handle().tape().await.unwrap();
    tape.of(&event.msisdn.digits()).next().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn ported_numbers_are_read_again_while_messages_go_out_and_a_wrong_list_changes_nothing() {
    let (mut world, beeline) =
        with_another("prefixes = [\"7\"]", "[routing]\nported = \"ported.csv\"").await;
    let list = world.home.path("ported.csv");
    std::fs::write(&list, "msisdn,operator\n").unwrap();
    let gateway = world.ready().await;
    let mut events = samples(7, 3);
    for event in &mut events[1..] {
        event.msisdn = "998901234567".parse().unwrap();
    }
    events[0].msisdn = events[1].msisdn;

    world.publish(vec![events[0].clone()]).await;
    world.until_all_ended(LONG).await;
    assert!(has_taken(&world.smsc, &events[0]).await);
    assert!(!has_taken(&beeline, &events[0]).await);

    std::fs::write(&list, "998901234567,beeline\n").unwrap();
    gateway.until_told("list of numbers read again", 1).await;
    world.publish(vec![events[1].clone()]).await;
    world.until_all_ended(LONG).await;
    assert!(has_taken(&beeline, &events[1]).await);

    std::fs::write(&list, "998901234567,ucell\n998901234568,nobody\n").unwrap();
    let told = gateway.until_told("nothing changed", 1).await;
    assert!(told[0].contains("ported.csv:2:1: goes to"), "{told:?}");
    world.publish(vec![events[2].clone()]).await;
    world.until_all_ended(LONG).await;
    let texts = beeline.handle().tape().await.unwrap();
    let texts = texts.entries().iter().filter(|entry| entry.begins_text());
    assert_eq!(texts.count(), 2);
    gateway.stop_within(world.config.shutdown).await;
    let audit = std::fs::read_to_string(world.home.path("data/audit.jsonl")).unwrap();
    let by = |line: &&str| line.contains(r#""read":"ported","by":"change""#);
    let noted: Vec<&str> = audit.lines().filter(by).collect();
    let [_, failed] = noted[..] else {
        panic!("{audit}")
    };
    assert!(failed.contains("ported.csv:2:1: goes to"), "{failed}");
    world.check_beside([recorded(&beeline).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_go_by_prefix_while_the_lookup_is_gone_and_as_it_says_once_it_answers() {
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = service.local_addr().unwrap();
    drop(service);
    let lookup = format!(
        "[routing.lookup]\nurl = \"http://{address}/{{msisdn}}\"\noperators = {{ 43404 = \"beeline\" }}"
    );
    let (mut world, beeline) = with_another("prefixes = [\"7\"]", &lookup).await;
    let gateway = world.ready().await;
    let events = samples(7, 100);
    world.publish(events[..30].to_vec()).await;
    world.until_all_ended(LONG).await;
    for event in &events[..30] {
        assert!(has_taken(&world.smsc, event).await);
    }
    gateway.until_told("the lookup does not answer", 1).await;

    let service = TcpListener::bind(address).await.unwrap();
    let answers = Router::new().route("/{number}", get(|| async { r#"{"operator":43404}"# }));
    tokio::spawn(async move { axum::serve(service, answers).await });
    let mut left = events[30..].iter();
    let mut looked_up = false;
    while let Some(event) = left.next().filter(|_| !looked_up) {
        world.publish(vec![event.clone()]).await;
        world.until_all_ended(LONG).await;
        looked_up = has_taken(&beeline, event).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(looked_up, "it is asked again");
    // A few answers are needed until it is trusted again.
    world.publish(left.cloned().collect()).await;
    gateway.until_told("the lookup answers again", 1).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    world.check_beside([recorded(&beeline).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_an_operator_that_is_down_move_to_its_fallback_and_come_back_with_it() {
    let (mut world, beeline) = with_another("prefixes = []", "").await;
    add_to_the_first(
        &world,
        "fallback = \"beeline\"\nwhen_down = \"move\"\nmove_after = \"1s\"",
    );
    let smsc = world.smsc.handle();
    smsc.refuse_binds(true).await.unwrap();
    let gateway = world.ready().await;
    let events = samples(7, 240);
    world.publish(events[..40].to_vec()).await;
    world.until_all_ended(LONG).await;
    for event in &events[..40] {
        assert!(has_taken(&beeline, event).await);
    }
    smsc.refuse_binds(false).await.unwrap();
    let mut came_back = false;
    for event in &events[40..] {
        world.publish(vec![event.clone()]).await;
        world.until_all_ended(LONG).await;
        came_back |= has_taken(&world.smsc, event).await;
        if came_back {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(came_back, "it gets its messages again");
    gateway.stop_within(world.config.shutdown).await;
    world.check_beside([recorded(&beeline).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_an_operator_that_binds_and_takes_nothing_move_to_its_fallback() {
    let unbound = Behaviour {
        errors: "0x04=100%".parse().unwrap(),
        ..Behaviour::default()
    };
    let (mut world, beeline) = beside_another(unbound, "prefixes = []", "").await;
    add_to_the_first(
        &world,
        "fallback = \"beeline\"\nwhen_down = \"move\"\nmove_after = \"1s\"",
    );
    let gateway = world.ready().await;
    let events = samples(7, 100);
    world.publish(events.clone()).await;
    world.until_all_ended(LONG).await;
    let taken = async |smsc: &Simulator| {
        let tape = smsc.handle().tape().await.unwrap();
        let taken = tape.entries().iter().filter(|entry| entry.is_accepted());
        taken.filter(|entry| entry.begins_text()).count()
    };
    assert_eq!((taken(&world.smsc).await, taken(&beeline).await), (0, 100));
    assert!(!gateway.log().containing("left alone").is_empty());
    gateway.stop_within(world.config.shutdown).await;
    world.check_beside([recorded(&beeline).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_an_operator_that_drops_every_session_move_to_its_fallback_and_go_home_with_it()
{
    let dropping = Behaviour {
        faults: Faults {
            disconnect_after: Some(Duration::ZERO),
            ..Faults::default()
        },
        ..Behaviour::default()
    };
    // So slow that it would take longer than the test.
    let slow = "prefixes = []\ntps = 1";
    let (mut world, beeline) = beside_another(dropping, slow, "").await;
    add_to_the_first(
        &world,
        "fallback = \"beeline\"\nwhen_down = \"move\"\nmove_after = \"3s\"",
    );
    let gateway = world.ready().await;
    let events = samples(7, 200);
    world.publish(events.clone()).await;
    world.until_ended(3, LONG).await;
    gateway
        .until_told("its messages go to other operators", 1)
        .await;
    let smsc = world.smsc.handle();
    smsc.set_behaviour(Behaviour::default()).await.unwrap();
    world.until_all_ended(LONG).await;
    let [home, others] = taken_by([&world.smsc, &beeline], &events).await;
    assert!(others >= 3 && home >= 100, "{home} {others}");
    gateway.stop_within(world.config.shutdown).await;
    world.check_beside([recorded(&beeline).await]).await;
}

/// An SMSC that takes connections and says nothing on them, as long as it is kept.
async fn mute() -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let held = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    (address, held)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_an_operator_that_never_answers_a_bind_move_to_its_fallback() {
    let (mut world, beeline) = with_another("prefixes = []", "").await;
    let (address, held) = mute().await;
    let path = world.home.path("xabar.toml");
    let toml = std::fs::read_to_string(path).unwrap();
    let toml = toml.replacen(&world.config.smsc, &address.to_string(), 1);
    world.home.configure(&toml);
    add_to_the_first(
        &world,
        "fallback = \"beeline\"\nwhen_down = \"move\"\nmove_after = \"1s\"",
    );
    let gateway = world.ready().await;
    let events = samples(7, 100);
    world.publish(events.clone()).await;
    world.until_all_ended(LONG).await;
    assert_eq!(
        taken_by([&world.smsc, &beeline], &events).await,
        [0, events.len()]
    );
    gateway.until_told("not bound in time", 1).await;
    held.abort();
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check_beside([recorded(&beeline).await]).await;
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_an_operator_that_binds_and_answers_no_submission_move_to_its_fallback() {
    let mute = Behaviour {
        unanswered: Share::ALWAYS,
        receipts: Receipts {
            lost: Share::ALWAYS,
            ..Receipts::default()
        },
        ..Behaviour::default()
    };
    let (mut world, beeline) = beside_another(mute, "prefixes = []", "").await;
    add_to_the_first(
        &world,
        "fallback = \"beeline\"\nwhen_down = \"move\"\nmove_after = \"1s\"",
    );
    let gateway = world.ready().await;
    let events = samples(7, 300);
    world.publish(events.clone()).await;
    // All but what it has, or may have.
    let held = world.config.sessions * world.config.window;
    world.until_ended(events.len() - held, LONG).await;
    gateway.until_told("left alone", 1).await;
    let [_, others] = taken_by([&world.smsc, &beeline], &events).await;
    assert!(others >= events.len() - held, "{others}");
    let smsc = world.smsc.handle();
    smsc.set_behaviour(Behaviour::default()).await.unwrap();
    world.until_all_ended(2 * LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check_beside([recorded(&beeline).await]).await;
    assert_eq!(tally.ended(State::Delivered), events.len(), "{tally:?}");
}

/// How many of these events' texts each of two SMSCs has taken.
async fn taken_by(smscs: [&Simulator; 2], events: &[Notification]) -> [usize; 2] {
    let mut counts = [0, 0];
    for (smsc, count) in smscs.into_iter().zip(&mut counts) {
        let tape = smsc.handle().tape().await.unwrap();
        let taken = |event: &&Notification| tape.of(&event.msisdn.digits()).next().is_some();
        *count = events.iter().filter(taken).count();
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weight_that_staff_keeps_decides_who_carries_after_a_restart_too() {
    let (mut world, beeline) = with_another("prefixes = [\"998\"]", "").await;
    let gateway = world.ready().await;
    let set = ["set", "ucell", "weight=0", "--keep"];
    let (_, told, why) = ctl(gateway.http(), &set);
    assert_eq!((&*told, &*why), ("ucell: weight 0, kept\n", ""));
    let (_, _, why) = ctl(gateway.http(), &["set", "beeline", "weight=0"]);
    assert!(why.contains("none would have a weight"), "{why}");
    gateway.stop_within(world.config.shutdown).await;

    let gateway = world.ready().await;
    gateway.until_told("it has its whole weight", 2).await;
    world.publish(samples(7, 20)).await;
    world.until_all_ended(LONG).await;
    let submits = world.smsc.handle().figures().await.unwrap().submits;
    assert_eq!(submits, 0);
    gateway.stop_within(world.config.shutdown).await;
    world.check_beside([recorded(&beeline).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_share_the_numbers_and_each_subscriber_hears_from_one() {
    let (mut world, beeline) = with_another("prefixes = [\"998\"]", "").await;
    let gateway = world.ready().await;
    gateway.until_told("it has its whole weight", 2).await;
    let events = samples(7, 200);
    world.publish(events.clone()).await;
    world.until_all_ended(LONG).await;
    for event in &events {
        let [one, other] = taken_by([&world.smsc, &beeline], std::slice::from_ref(event)).await;
        assert_eq!(one + other, 1);
    }
    let counts = taken_by([&world.smsc, &beeline], &events).await;
    assert!(counts.iter().all(|count| *count >= 60), "{counts:?}");
    gateway.stop_within(world.config.shutdown).await;
    world.check_beside([recorded(&beeline).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_was_down_gets_its_part_of_the_numbers_back_bit_by_bit() {
    let (mut world, beeline) = with_another("prefixes = [\"998\"]", "").await;
    let smsc = world.smsc.handle();
    smsc.refuse_binds(true).await.unwrap();
    let gateway = world.ready().await;
    // Until one is bound, both have their whole weight.
    gateway.until_told("it has its whole weight", 1).await;
    let events = samples(7, 4000);
    let (missed, mut events) = events.split_at(100);
    world.publish(missed.to_vec()).await;
    world.until_all_ended(LONG).await;
    assert_eq!(taken_by([&world.smsc, &beeline], missed).await, [0, 100]);

    // As long as it was down, so long it takes to come back.
    tokio::time::sleep(Duration::from_secs(10)).await;
    smsc.refuse_binds(false).await.unwrap();
    gateway.until_told("it has a part of its weight", 1).await;
    while gateway.log().containing("it has its whole weight").len() < 2 {
        let (some, rest) = events.split_at(20);
        world.publish(some.to_vec()).await;
        world.until_all_ended(LONG).await;
        events = rest;
    }
    let (last, _) = events.split_at(100);
    world.publish(last.to_vec()).await;
    world.until_all_ended(LONG).await;
    let counts = taken_by([&world.smsc, &beeline], last).await;
    assert!(counts.iter().all(|count| *count >= 25), "{counts:?}");
    gateway.stop_within(world.config.shutdown).await;
    world.check_beside([recorded(&beeline).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_operator_did_not_deliver_another_delivers_and_each_repeat_is_told() {
    let mut behaviour = Behaviour::default();
    behaviour.receipts.undelivered = Share::ALWAYS;
    let (mut world, beeline) = beside_another(
        behaviour,
        "prefixes = []",
        "[retry]\nafter_undelivered = \"elsewhere\"",
    )
    .await;
    add_to_the_first(&world, "fallback = \"beeline\"");
    let gateway = world.ready().await;
    let events = samples(7, 40);
    world.publish(events.clone()).await;
    world.until_all_ended(LONG).await;
    let smscs = [&world.smsc, &beeline];
    assert_eq!(taken_by(smscs, &events).await, [40, 40]);
    for event in &events {
        let told = world.told_of(event);
        let states: Vec<State> = told.values().map(|told| told.state).collect();
        let last = told.values().last().unwrap();
        assert_eq!(states.last(), Some(&State::Delivered), "{told:?}");
        assert_eq!(states.iter().filter(|it| it.is_terminal()).count(), 1);
        assert!(last.attempts == 2 && last.repeats >= 1, "{told:?}");
    }
    gateway.stop_within(world.config.shutdown).await;
}
