//! The gateway gets on with SMSCs that this project did not write.
//!
//! Each is a small program in `tests/peers`, on an SMPP library of other people's: what it says it saw was read
//! from the octets by their code.

use std::time::Duration;

use crate::support::broker;
use crate::support::config::{Config, PASSWORD};
use crate::support::events::{approved, samples};
use crate::support::foreign::{Foreign, Library};
use crate::support::gateway::Gateway;
use crate::support::screen::choice;
use crate::support::world::{World, text_of};
use serde_json::{Value, json};
use xabar::compose::Catalog;
use xabar::simulator::Behaviour;
use xabar_events::{Language, Notification, State};

const LONG: Duration = Duration::from_secs(60);
/// Where citizens write to.
const NUMBER: &str = "555";

/// Makes a test of each promise with each library.
macro_rules! hold_with_each_library {
    ($($promise:ident,)+) => {
        mod net_smpp {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                super::$promise(super::Library::NetSmpp).await;
            })+
        }

        mod node_smpp {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                super::$promise(super::Library::NodeSmpp).await;
            })+
        }
    };
}

hold_with_each_library!(
    texts_of_every_kind_arrive_whole_once_and_are_delivered,
    each_end_answers_what_the_other_asks,
    a_citizen_is_answered_in_either_alphabet,
    an_unbind_is_obeyed_and_the_session_bound_again,
    a_wrong_password_is_told,
);

async fn texts_of_every_kind_arrive_whole_once_and_are_delivered(library: Library) {
    let (mut world, smsc, gateway) = meet(library, |_| ()).await;
    let kinds = [
        (Language::En, "received", "", 0, 1),
        // Letters that ASCII has elsewhere, and some that take two septets.
        (Language::En, "documents-needed", "{A} [B] £5_$~€, ", 0, 2),
        (Language::Ru, "received", "", 8, 1),
        (Language::Ru, "documents-needed", "копия паспорта, ", 8, 3),
    ];
    let mut events = samples(7, kinds.len());
    for (event, (language, status, document, ..)) in events.iter_mut().zip(kinds) {
        say(event, language, status, &document.repeat(15));
    }
    let catalog = Catalog::built_in();
    let expected = events.iter().zip(kinds).map(|(event, (.., coding, segments))| {
        json!({
            "saw": "text", "from": "MyGov", "to": event.msisdn.digits(), "text": text_of(&catalog, event),
            "data_coding": coding, "segments": segments,
        })
    });
    let mut expected: Vec<Value> = expected.collect();

    world.publish(events.clone()).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    // Each session took its leave.
    smsc.until_seen("closed", world.config.sessions).await;
    assert_eq!(smsc.seen("unbind").len(), world.config.sessions);

    for event in &events {
        let story = world.told_of(event);
        let last = story.values().last().unwrap();
        assert_eq!(
            (last.state, last.repeats),
            (State::Delivered, 0),
            "{story:?}"
        );
    }
    let mut texts = smsc.seen("text");
    let by_phone = |text: &Value| text["to"].to_string();
    texts.sort_by_key(by_phone);
    expected.sort_by_key(by_phone);
    assert_eq!(texts, expected);
    let receipts = smsc.seen("receipt answered");
    let segments: u64 = kinds.iter().map(|(.., segments)| segments).sum();
    assert_eq!(receipts.len() as u64, segments);
    assert!(
        receipts.iter().all(|receipt| receipt["status"] == 0),
        "{receipts:?}"
    );
}

async fn each_end_answers_what_the_other_asks(library: Library) {
    let ask = |config: &mut Config| config.enquire_link = Some(Duration::from_secs(1));
    let (world, mut smsc, gateway) = meet(library, ask).await;
    smsc.order("enquire_link");
    let answers = smsc
        .until_seen("enquire_link_resp", world.config.sessions)
        .await;
    assert!(
        answers.iter().all(|answer| answer["status"] == 0),
        "{answers:?}"
    );
    // The next one is due only where the last was answered, and no session was lost over it.
    smsc.until_seen("enquire_link", 3 * world.config.sessions)
        .await;
    assert_eq!(smsc.seen("bound").len(), world.config.sessions);
    gateway.stop_within(world.config.shutdown).await;
}

async fn a_citizen_is_answered_in_either_alphabet(library: Library) {
    let (mut world, mut smsc, gateway) = meet(library, |_| ()).await;
    let phone = "998931112233";
    let events = samples(7, 1).into_iter().map(|it| approved(it, phone));
    world.publish(events.collect()).await;
    world.until_all_ended(LONG).await;
    let mut texts = smsc.until_seen("text", 1).await.len();
    // The first in letters of GSM 03.38, the second in UCS-2; so are the answers.
    for (written, answer, coding) in [
        ("48120973", "Application 48120973 (passport): approved.", 0),
        ("ЯЗЫК ru", "Теперь мы пишем вам по-русски.", 8),
    ] {
        smsc.order(&format!("message {phone} {NUMBER} {written}"));
        texts += 1;
        let seen = smsc.until_seen("text", texts).await;
        let expected = json!({
            "saw": "text", "from": NUMBER, "to": phone, "text": answer,
            "data_coding": coding, "segments": 1,
        });
        assert_eq!(seen.last(), Some(&expected));
    }
    let answers = smsc.until_seen("message answered", 2).await;
    assert!(
        answers.iter().all(|answer| answer["status"] == 0),
        "{answers:?}"
    );
    gateway.stop_within(world.config.shutdown).await;
}

/// Of the npm package only: Net::SMPP knows no TLVs of USSD.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_ussd_dialogues_at_once_go_to_their_last_screen() {
    let ussd = |config: &mut Config| config.more += "[operator.ussd]\n";
    let (world, mut smsc, gateway) = meet(Library::NodeSmpp, ussd).await;
    let phones = 500;
    smsc.order(&format!("dial-many 998932000000 {phones} *555#"));
    let mut seen = 0;
    for words in ["English", "Stop", "Yes"] {
        let mut to_choose = phones;
        while to_choose > 0 {
            let screens = smsc.until_seen("screen", seen + to_choose).await;
            let screens = screens[seen..].to_vec();
            seen += screens.len();
            to_choose = 0;
            for screen in screens {
                assert_eq!(
                    (&screen["op"], &screen["over"]),
                    (&json!(2), &json!(0)),
                    "{screen}"
                );
                let (to, text) = (
                    screen["to"].as_str().unwrap(),
                    screen["text"].as_str().unwrap(),
                );
                let typed = choice(text, words);
                to_choose += usize::from(typed.is_none());
                smsc.order(&format!("type {to} {}", typed.as_deref().unwrap_or("9")));
            }
        }
    }
    let screens = smsc.until_seen("screen", seen + phones).await;
    for screen in &screens[seen..] {
        assert_eq!(
            (&screen["op"], &screen["over"]),
            (&json!(17), &json!(1)),
            "{screen}"
        );
        assert_eq!(screen["from"], "555");
    }
    assert!(screens.iter().all(|screen| screen["is_own"] == true));
    let seen = screens.len();
    let answers = smsc.until_seen("step answered", seen).await;
    assert!(answers.iter().all(|answer| answer["status"] == 0));

    // Of a phone that hung up, nothing is shown; who dials again is where they were.
    smsc.order("dial 998932000000 *555#");
    smsc.order("type 998932000000 1");
    smsc.until_seen("screen", seen + 2).await;
    smsc.order("abort 998932000000");
    smsc.order("type 998932000000 1");
    let without = smsc.until_seen("no dialogue", 1).await;
    assert_eq!(without[0]["phone"], "998932000000");
    smsc.order("dial 998932000000 *555#");
    let screens = smsc.until_seen("screen", seen + 3).await;
    let [.., within, again] = &screens[..] else {
        panic!("{screens:?}")
    };
    assert_eq!(within["text"], again["text"]);
    gateway.stop_within(world.config.shutdown).await;
}

async fn an_unbind_is_obeyed_and_the_session_bound_again(library: Library) {
    let (mut world, mut smsc, gateway) = meet(library, |_| ()).await;
    let sessions = world.config.sessions;
    smsc.order("unbind");
    let answers = smsc.until_seen("unbind_resp", sessions).await;
    assert!(
        answers.iter().all(|answer| answer["status"] == 0),
        "{answers:?}"
    );
    smsc.until_seen("closed", sessions).await;
    smsc.until_seen("bound", 2 * sessions).await;

    let events = samples(7, 10);
    world.publish(events.clone()).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    for event in &events {
        let story = world.told_of(event);
        assert_eq!(
            story.values().last().unwrap().state,
            State::Delivered,
            "{story:?}"
        );
    }
}

async fn a_wrong_password_is_told(library: Library) {
    let smsc = Foreign::start(library, "xabar", "another").await;
    let world = world(&smsc, |_| ()).await;
    let mut gateway = world.ready().await;
    let told = gateway.until_told("bind refused", 1).await;
    for word in [
        "ERROR",
        "check this operator's system_id and password",
        "ESME_RINVPASWD",
    ] {
        assert!(told[0].contains(word), "{}", told[0]);
    }
    smsc.until_seen("closed", 1).await;
    assert!(gateway.lives());
    assert_eq!(smsc.seen("bound"), [Value::Null; 0]);
    gateway.stop_within(world.config.shutdown).await;
}

/// A gateway whose sessions are all bound to a foreign SMSC.
async fn meet(library: Library, change: impl FnOnce(&mut Config)) -> (World, Foreign, Gateway) {
    let smsc = Foreign::start(library, "xabar", PASSWORD).await;
    let world = world(&smsc, change).await;
    let gateway = world.ready().await;
    smsc.until_seen("bound", world.config.sessions).await;
    (world, smsc, gateway)
}

/// A world whose operator is not its simulator.
async fn world(smsc: &Foreign, change: impl FnOnce(&mut Config)) -> World {
    World::new(broker::shared(), Behaviour::default(), |config| {
        config.smsc = smsc.address();
        config.more = format!("number = \"{NUMBER}\"\n");
        // Nothing may be repeated because the machine is busy.
        config.response = Duration::from_secs(20);
        change(config);
    })
    .await
}

/// Has an event tell of this status, in this language; its text is as long as that of its documents.
fn say(event: &mut Notification, language: Language, status: &str, documents: &str) {
    event.service = "land-registration".parse().unwrap();
    event.status = status.parse().unwrap();
    event.language = Some(language);
    event.params = [("documents", documents), ("office", documents)]
        .into_iter()
        .collect();
}
