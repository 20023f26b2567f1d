//! Operators' links fail in every way they know, and each message still ends as it should.

use std::time::Duration;

use crate::support::broker::{self, free_port};
use crate::support::config::{Config, PASSWORD};
use crate::support::events::{samples, stories};
use crate::support::soon;
use crate::support::world::{Tally, World, smsc_settings};
use tokio::time::sleep;
use xabar::simulator::{
    Account, Behaviour, Faults, Figures, IdForm, ReceiptForm, Receipts, Settings, Simulator,
};
use xabar_events::{Notification, State};

const LONG: Duration = Duration::from_secs(60);

/// Publishes events to a gateway whose SMSC behaves so, and holds the promises.
async fn carry(behaviour: Behaviour, events: Vec<Notification>) -> (World, Tally) {
    carry_with(behaviour, events, |_| ()).await
}

/// The same with another configuration.
async fn carry_with(
    behaviour: Behaviour,
    events: Vec<Notification>,
    change: impl FnOnce(&mut Config),
) -> (World, Tally) {
    let mut world = World::new(broker::shared(), behaviour, |config| {
        config.tps = Some(500);
        change(config);
    })
    .await;
    let gateway = world.ready().await;
    world.publish_in_turn(events).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert!(tally.successors > 0, "{tally:?}");
    (world, tally)
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_again_and_again_lose_nothing() {
    let behaviour = Behaviour {
        latency: "20ms+20ms".parse().unwrap(),
        faults: Faults {
            disconnect_every: Some(60),
            ..Faults::default()
        },
        ..Behaviour::default()
    };
    let (world, tally) = carry_with(behaviour, stories(7, 300, 300), |config| {
        config.window = 10;
    })
    .await;
    let figures = world.smsc.handle().figures().await.unwrap();
    let cuts = usize::try_from(figures.disconnects).unwrap();
    assert!(cuts >= 3, "{figures:?}");
    assert!(tally.repeated <= cuts * world.config.window, "{tally:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_not_bound_any_more_is_bound_anew_and_its_messages_go_out() {
    let behaviour = Behaviour {
        errors: "0x04=2%".parse().unwrap(),
        ..Behaviour::default()
    };
    let (world, tally) = carry(behaviour, stories(7, 150, 120)).await;
    let figures = world.smsc.handle().figures().await.unwrap();
    assert!(figures.binds > 2, "{figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_whole_window_is_never_answered_is_given_up() {
    let behaviour = Behaviour {
        unanswered: "30%".parse().unwrap(),
        ..Behaviour::default()
    };
    let mut world = World::new(broker::shared(), behaviour, |config| {
        config.sessions = 1;
        config.window = 2;
        config.tps = Some(500);
    })
    .await;
    let gateway = world.ready().await;
    world.publish_in_turn(stories(7, 10, 8)).await;
    world.until_all_ended(LONG).await;
    let log = gateway.stop_within(world.config.shutdown).await;
    assert!(!log.containing("session given up").is_empty());
    let tally = world.check().await;
    let figures = world.smsc.handle().figures().await.unwrap();
    assert!(tally.successors > 0, "{tally:?}");
    assert!(tally.repeated as u64 <= figures.unanswered, "{tally:?}");
}

/// An SMSC that leaves some messages without an answer, and sends these receipts.
fn leaves_unanswered(receipts: Receipts) -> Behaviour {
    Behaviour {
        unanswered: "5%".parse().unwrap(),
        receipts,
        ..Behaviour::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_answered_is_repeated_once_its_grace_is_over_and_told() {
    let behaviour = leaves_unanswered(Receipts {
        // Without a date, too, nothing tells which submission it was.
        form: ReceiptForm::Tlv,
        no_reference: true,
        ..Receipts::default()
    });
    let (world, tally) = carry(behaviour, stories(7, 200, 150)).await;
    let figures = world.smsc.handle().figures().await.unwrap();
    assert!(figures.unanswered > 5, "{figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    assert!(tally.repeated > 0, "{tally:?}");
    assert!(tally.repeated as u64 <= figures.unanswered, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_answered_is_not_repeated_where_receipts_return_our_references() {
    let behaviour = leaves_unanswered(Receipts::default());
    let (world, tally) = carry(behaviour, stories(7, 200, 150)).await;
    let figures = world.smsc.handle().figures().await.unwrap();
    assert!(figures.unanswered > 5, "{figures:?}");
    assert!(tally.accepted > tally.texts, "of several segments, too");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_before_their_responses_twice_and_out_of_order_settle_each_message_once() {
    let behaviour = Behaviour {
        latency: "5ms+10ms".parse().unwrap(),
        disorder: "20%".parse().unwrap(),
        receipts: Receipts {
            first: "30%".parse().unwrap(),
            twice: "30%".parse().unwrap(),
            disorder: "20%".parse().unwrap(),
            undelivered: "10%".parse().unwrap(),
            intermediate: "20%".parse().unwrap(),
            ..Receipts::default()
        },
        ..Behaviour::default()
    };
    let (_, tally) = carry(behaviour, stories(7, 250, 200)).await;
    assert!(tally.ended(State::Failed) > 10, "{tally:?}");
    assert!(tally.ended(State::Delivered) > 200, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_find_their_messages_however_the_operator_writes_ids() {
    let forms = [
        (IdForm::Hex, ReceiptForm::Text, 0),
        (IdForm::Decimal, ReceiptForm::Tlv, 20),
        (IdForm::HexThenDecimal, ReceiptForm::Text, 0),
        (IdForm::HexThenDecimal, ReceiptForm::Both, 16),
    ];
    for (ids, form, id_width) in forms {
        let behaviour = Behaviour {
            receipts: Receipts {
                ids,
                form,
                id_width,
                ..Receipts::default()
            },
            ..Behaviour::default()
        };
        let events = stories(7, 50, 40);
        let published = events.len();
        let (_, tally) = carry(behaviour, events).await;
        assert_eq!(tally.arrived(), published, "{ids:?} {form:?}");
        assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_down_at_the_start_is_waited_for() {
    let port = free_port();
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.smsc = format!("127.0.0.1:{port}");
        config.tps = Some(500);
    })
    .await;
    let gateway = world.ready().await;
    let events = stories(7, 60, 50);
    let published = events.len();
    world.publish(events).await;
    gateway.until_told("cannot be reached", 2).await;
    let late = Settings {
        listen: format!("127.0.0.1:{port}").parse().unwrap(),
        ..smsc_settings()
    };
    world.smsc = Simulator::start(late).await.unwrap();
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.arrived(), published, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_outage_left_uncertain_is_not_the_first_thing_that_the_next_session_brings() {
    const GRACE: Duration = Duration::from_secs(3);
    let mute = Behaviour {
        unanswered: "100%".parse().unwrap(),
        receipts: Receipts {
            lost: "100%".parse().unwrap(),
            ..Receipts::default()
        },
        ..Behaviour::default()
    };
    let mut world = World::new(broker::shared(), mute, |config| {
        // Its window has room all the time, so that the link asks for more.
        (config.sessions, config.window) = (1, 50);
        (config.response, config.uncertain) = (LONG, GRACE);
    })
    .await;
    let gateway = world.ready().await;
    let handle = world.smsc.handle();
    world.publish(samples(7, 1)).await;
    let until = async |what: &str, is_so: &dyn Fn(&Figures) -> bool| {
        let waiting = async {
            while !is_so(&handle.figures().await.unwrap()) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        soon(what, waiting).await;
    };
    until("a submission", &|figures| figures.unanswered > 0).await;
    handle.refuse_binds(true).await.unwrap();
    handle.disconnect_all().await.unwrap();
    handle.set_behaviour(Behaviour::default()).await.unwrap();
    // Its grace is over before anything is bound.
    sleep(GRACE + Duration::from_secs(1)).await;
    let binds = handle.figures().await.unwrap().binds;
    let before = world.tape().await.times().len();
    handle.refuse_binds(false).await.unwrap();
    until("another session", &|figures| figures.binds > binds).await;
    let bound = world.smsc.started().elapsed();
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let again = world.tape().await.times()[before];
    assert!(again > bound + GRACE / 2, "{again:?}, bound {bound:?}");
    let tally = world.check().await;
    assert_eq!(tally.ended(State::Delivered), 1, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_too_many_is_not_taken_for_a_wrong_password() {
    let behaviour = Behaviour {
        sessions: 1,
        ..Behaviour::default()
    };
    let mut world = World::new(broker::shared(), behaviour, |config| {
        config.tps = Some(500);
    })
    .await;
    let gateway = world.ready().await;
    let refused = gateway.until_told("lower sessions", 1).await;
    for word in ["WARN", "bind refused", "ucell", "ESME_RBINDFAIL", "bound=1"] {
        assert!(refused[0].contains(word), "{}", refused[0]);
    }
    let events = stories(7, 10, 8);
    let published = events.len();
    world.publish_in_turn(events).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.arrived(), published, "{tally:?}");
    assert!(tally.successors > 0, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_of_which_the_smsc_takes_one_does_not_read_like_sessions_too_many() {
    let behaviour = Behaviour {
        sessions: 1,
        ..Behaviour::default()
    };
    let world = World::new(broker::shared(), behaviour, |config| {
        config.more = "[[operator.bind]]\nbind = \"transmitter-receiver\"\nsessions = 1\n".into();
    })
    .await;
    let gateway = world.ready().await;
    // The first refusal may be read before it is known that the other bind was taken.
    let refused = gateway
        .until_told("while the same login is bound the other way", 1)
        .await;
    for word in [
        "ERROR",
        "bind refused",
        "bind=",
        "ESME_RBINDFAIL",
        "bound=1",
    ] {
        assert!(refused[0].contains(word), "{}", refused[0]);
    }
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_a_clear_error_and_the_gateway_goes_on() {
    let settings = Settings {
        accounts: vec![Account {
            system_id: "xabar".into(),
            password: "another".into(),
        }],
        ..smsc_settings()
    };
    let mut world = World::with_smsc(broker::shared(), settings, |_| ()).await;
    let mut gateway = world.ready().await;
    let refused = gateway.until_told("bind refused", 2).await;
    for word in [
        "ERROR",
        "ucell",
        "check this operator's system_id and password",
    ] {
        assert!(refused[0].contains(word), "{}", refused[0]);
    }
    world.publish(samples(7, 10)).await;
    sleep(Duration::from_secs(1)).await;
    assert!(gateway.lives());
    let log = gateway.stop_within(world.config.shutdown).await;
    for line in log.lines() {
        assert!(
            !line.contains(PASSWORD) && !line.contains("another"),
            "{line}"
        );
    }
    let books = world.books();
    assert_eq!(books.iter().map(|book| book.waiting).sum::<u64>(), 10);
}
