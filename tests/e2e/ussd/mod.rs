//! USSD dialogues, from a phone behind a real socket, or a form over HTTP, to the screen; and all that may go wrong.

mod dial;
mod dialects;
mod ends;
mod menus;
mod pushes;
mod walks;

use std::time::Duration;

use tokio::time::timeout;
use xabar::simulator::{Behaviour, PhoneMemory, Settings, Share, Ussd};

use crate::support::broker;
use crate::support::config::EVERYTHING;
use crate::support::events::{approved, samples};
use crate::support::gateway::Gateway;
use crate::support::phone::Phone;
use crate::support::screen::choice;
use crate::support::world::{World, smsc_settings};

const LONG: Duration = Duration::from_secs(60);

/// Of the operator of the tests.
const PHONE: &str = "998931112233";

async fn world(ussd: &str, behaviour: Behaviour) -> World {
    let settings = Settings {
        behaviour,
        phones: PhoneMemory::default(),
        ..smsc_settings()
    };
    World::with_smsc(broker::shared(), settings, |config| {
        config.log = EVERYTHING.into();
        config.more = format!("number = \"555\"\n[operator.ussd]\n{ussd}");
    })
    .await
}

/// The phone behind the operator's SMSC.
fn phone_of(world: &World) -> Phone {
    Phone::over_smpp(world, PHONE)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_dials_reads_a_status_has_it_sent_and_stops_messages() {
    let mut world = world("", Behaviour::default()).await;
    let mut phone = phone_of(&world);
    let mut gateway = world.ready().await;
    let mut events = samples(7, 2)
        .into_iter()
        .map(|event| approved(event, PHONE));
    world.publish(events.by_ref().take(1).collect()).await;
    let sms = phone.sms().await;
    assert_eq!(sms.from, "MyGov");

    // The language is that of the message.
    let menu = phone.dial().await.text;
    assert!(menu.contains("Your applications"), "{menu}");
    let list = phone.chooses("My applications").await.text;
    assert!(list.contains("48120973"), "{list}");
    let status = phone.chooses("48120973").await.text;
    assert!(
        status.contains("48120973") && status.contains("approved"),
        "{status}"
    );
    assert!(phone.chooses("SMS").await.ends);
    let sent = phone.sms().await;
    assert_eq!((sent.from.as_str(), sent.text), ("555", sms.text));

    phone.dial().await;
    phone.chooses("By number").await;
    let none = phone.types("48120974").await;
    assert!(none.text.contains("no application 48120974"), "{none:?}");
    phone.hangs_up().await;
    let again = phone.dial().await;
    assert_eq!(again, none, "where it was");
    phone.types("00").await;
    phone.chooses("Stop").await;
    assert!(phone.chooses("Yes").await.ends);
    // The opt-out was durable before that was shown.
    let log = gateway.kill();
    assert_eq!(log.containing(PHONE), Vec::<String>::new());
    assert_eq!(log.containing("48120973"), Vec::<String>::new());

    gateway = world.ready().await;
    world.publish(events.collect()).await;
    world.until_all_ended(LONG).await;
    phone.dial().await;
    phone.turns_to("Get SMS again").await;
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_is_chosen_first_where_none_is_known_and_kept() {
    let world = world("", Behaviour::default()).await;
    let mut phone = phone_of(&world);
    let gateway = world.ready().await;
    phone.dial().await;
    phone.types("8").await;
    let menu = phone.chooses("Русский").await.text;
    assert!(menu.contains("Мои заявления"), "{menu}");
    gateway.kill();

    // A restart forgets dialogues, but no choice.
    let gateway = world.ready().await;
    let over = phone.types("1").await;
    assert!(over.ends && over.text.contains("наберите код"), "{over:?}");
    let menu = phone.dial().await.text;
    assert!(menu.contains("Мои заявления"), "{menu}");
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_or_a_refused_screen_leaves_the_dialogue_where_it_was() {
    let silent = Behaviour {
        unanswered: Share::ALWAYS,
        ..Behaviour::default()
    };
    let world = world("", silent).await;
    let mut phone = phone_of(&world);
    let gateway = world.ready().await;
    phone.dial().await;
    phone.chooses("English").await;
    let by_number = phone.turns_to("By number").await;
    let refusing = Behaviour {
        errors: "0x08=1".parse().unwrap(),
        ..Behaviour::default()
    };
    let smsc = world.smsc.handle();
    smsc.set_behaviour(refusing).await.unwrap();
    smsc.answer(PHONE, &by_number).await.unwrap();
    gateway.until_told("USSD screens were not shown", 1).await;
    smsc.set_behaviour(Behaviour::default()).await.unwrap();
    let number = phone.dial().await.text;
    assert!(number.contains("Type the number"), "{number}");
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_dialogues_at_once_are_all_answered() {
    let world = world("", Behaviour::default()).await;
    let gateway = world.ready().await;
    let handle = world.smsc.handle();
    let mut texts = handle.listen();
    let phones = 500;
    for number in 0..phones {
        let phone = format!("99893200{number:04}");
        handle.dial(&phone, "*555#").await.unwrap();
    }
    let mut steps = std::collections::HashMap::new();
    let mut over = 0;
    let words = ["English", "Stop", "Yes"];
    while over < phones {
        let text = timeout(LONG, texts.recv())
            .await
            .expect("a screen")
            .unwrap();
        let step: &mut usize = steps.entry(text.to.clone()).or_default();
        let Some(words) = words.get(*step) else {
            assert_eq!(text.ussd, Some(Ussd::End), "{}", text.text);
            over += 1;
            continue;
        };
        assert_eq!(text.ussd, Some(Ussd::Ask), "{}", text.text);
        let typed = choice(&text.text, words);
        *step += usize::from(typed.is_some());
        let typed = typed.as_deref().unwrap_or("9");
        handle.answer(&text.to, typed).await.unwrap();
    }
    assert_eq!(steps.len(), phones);
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_dial_at_once_are_shown_a_screen_by_an_smsc_that_throttles() {
    let capped = Behaviour {
        tps: Some(150),
        ..Behaviour::default()
    };
    let world = world("", capped).await;
    let gateway = world.ready().await;
    let handle = world.smsc.handle();
    let mut texts = handle.listen();
    let phones = 500;
    for number in 0..phones {
        let phone = format!("99893300{number:04}");
        handle.dial(&phone, "*555#").await.unwrap();
    }
    let mut shown = std::collections::HashSet::new();
    while shown.len() < phones {
        let text = timeout(LONG, texts.recv())
            .await
            .expect("a screen")
            .unwrap();
        assert_eq!(text.ussd, Some(Ussd::Ask), "{}", text.text);
        shown.insert(text.to);
    }
    assert!(handle.figures().await.unwrap().throttled > 0);
    gateway.stop_within(world.config.shutdown).await;
}

/// A form, and what is answered.
async fn post(gateway: &Gateway, session: &str, text: &str, query: &str) -> (u16, String) {
    let form = format!(
        "sessionId={session}&serviceCode=*555%23&phoneNumber=%2B{PHONE}&networkCode=43405&text={text}"
    );
    let headers = "content-type: application/x-www-form-urlencoded\r\n";
    gateway
        .post(&format!("/v1/ussd/ucell{query}"), headers, &form)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_over_http_is_answered_by_con_or_end() {
    let world = world("secret = \"geheim\"", Behaviour::default()).await;
    let mut gateway = world.ready().await;
    let (status, _) = post(&gateway, "a", "", "").await;
    assert_eq!(status, 401);
    let secret = "?secret=geheim";
    let (status, mut shown) = post(&gateway, "a", "", secret).await;
    assert_eq!(status, 200);
    assert!(shown.starts_with("CON "), "{shown}");
    let mut text = String::new();
    for words in ["English", "Stop", "Yes"] {
        loop {
            let typed = choice(&shown, words);
            let is_chosen = typed.is_some();
            let separator = if text.is_empty() { "" } else { "*" };
            text = format!("{text}{separator}{}", typed.as_deref().unwrap_or("9"));
            let (status, next) = post(&gateway, "a", &text, secret).await;
            assert_eq!(status, 200);
            let again = post(&gateway, "a", &text, secret).await.1;
            assert_eq!(again, next, "once more");
            shown = next;
            if is_chosen {
                break;
            }
        }
    }
    assert!(shown.starts_with("END You get no more SMS"), "{shown}");
    assert_eq!(gateway.kill().containing(PHONE), Vec::<String>::new());

    gateway = world.ready().await;
    let (status, over) = post(&gateway, "a", &format!("{text}*1"), secret).await;
    assert_eq!(status, 200);
    assert!(over.starts_with("END ") && over.contains("dial"), "{over}");
    gateway.stop_within(world.config.shutdown).await;
}
