//! What citizens write in by SMS, from a phone behind a real socket to the answer on its screen.

use std::time::Duration;

use crate::support::broker;
use crate::support::config::EVERYTHING;
use crate::support::events::{approved, samples};
use crate::support::world::{World, smsc_settings};
use tokio::time::sleep;
use xabar::simulator::{Behaviour, PhoneMemory, Settings, Text};
use xabar_events::{Agency, EventKey, Notification};

const LONG: Duration = Duration::from_secs(60);

/// Of the operator of the tests.
const PHONE: &str = "998931112233";
const NUMBER: &str = "555";

async fn world() -> World {
    world_with(Behaviour::default()).await
}

async fn world_with(behaviour: Behaviour) -> World {
    let settings = Settings {
        behaviour,
        phones: PhoneMemory::default(),
        ..smsc_settings()
    };
    World::with_smsc(broker::shared(), settings, |config| {
        config.log = EVERYTHING.into();
        config.more = format!("number = \"{NUMBER}\"\n");
    })
    .await
}

/// What the phone shows once it shows so many texts.
async fn screen(world: &World, texts: usize) -> Vec<Text> {
    for _ in 0..600 {
        let shown = world.smsc.handle().texts(PHONE).await.unwrap();
        if shown.len() >= texts {
            return shown;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("the phone does not show {texts} texts in time");
}

/// Sends a text, and gives the answer to it.
async fn ask(world: &World, text: &str) -> Text {
    let handle = world.smsc.handle();
    let before = handle.texts(PHONE).await.unwrap().len();
    handle.send_mo(PHONE, NUMBER, text).await.unwrap();
    screen(world, before + 1).await.remove(before)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_asks_chooses_a_language_and_opts_out_and_the_opt_out_outlives_a_kill() {
    let mut world = world().await;
    let mut gateway = world.ready().await;
    let mut events = samples(7, 3)
        .into_iter()
        .map(|event| approved(event, PHONE));
    world.publish(events.by_ref().take(1).collect()).await;
    screen(&world, 1).await;

    let answer = ask(&world, "48120973").await;
    assert_eq!(answer.from, NUMBER);
    assert_eq!(answer.text, "Application 48120973 (passport): approved.");
    let answer = ask(&world, "TIL ru").await;
    assert_eq!(answer.text, "Теперь мы пишем вам по-русски.");
    let answer = ask(&world, "Стоп").await;
    assert!(answer.text.contains("START"), "{}", answer.text);
    assert_eq!(gateway.kill().containing(PHONE), Vec::<String>::new());

    gateway = world.ready().await;
    world.publish(events.by_ref().take(1).collect()).await;
    world.until_all_ended(LONG).await;
    let answer = ask(&world, "СТАРТ").await;
    assert!(answer.text.contains("STOP"), "{}", answer.text);
    let shown = screen(&world, 5).await;
    assert_eq!(shown.len(), 5, "nothing came meanwhile");
    world.publish(events.collect()).await;
    let last = screen(&world, 6).await.remove(5);
    assert_eq!(last.from, "MyGov");
    assert!(last.text.contains("одобрен"), "{}", last.text);
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_several_segments_is_read_whole() {
    let mut world = world().await;
    let gateway = world.ready().await;
    let mut news = samples(7, 1);
    world.publish(vec![approved(news.remove(0), PHONE)]).await;
    screen(&world, 1).await;
    let words = "please, whoever reads this, ".repeat(8);
    let text = format!("{words}how is 48120973?");
    let phone = world.smsc.handle();
    assert_eq!(phone.send_mo(PHONE, NUMBER, &text).await, Ok(2));
    let answer = &screen(&world, 2).await[1].text;
    assert!(answer.contains("48120973"), "{answer}");
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_who_writes_in_the_words_of_a_receipt_is_answered() {
    let world = world().await;
    let gateway = world.ready().await;
    let answer = ask(&world, "id:38601fa stat:DELIVRD").await;
    assert_eq!(answer.from, NUMBER);
    gateway.stop_within(world.config.shutdown).await;
}

/// News of an application at each of two agencies.
fn of_two_agencies(events: Vec<Notification>) -> Vec<Notification> {
    let of = |(event, (agency, application)): (Notification, (&str, &str))| Notification {
        key: EventKey {
            agency: Agency::from_name(agency).unwrap(),
            ..event.key.clone()
        },
        application: application.parse().unwrap(),
        ..approved(event, PHONE)
    };
    let two = [("kadastr", "48120973"), ("soliq", "48120974")];
    events.into_iter().zip(two).map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_lists_applications_stops_one_agency_and_starts_them_all() {
    let mut world = world().await;
    let gateway = world.ready().await;
    let numbers = |texts: &[Text]| {
        let of = |number: &&str| texts.iter().any(|it| it.text.contains(*number));
        let both = ["48120973", "48120974"].into_iter();
        both.filter(of).collect::<Vec<_>>()
    };
    world.publish(of_two_agencies(samples(7, 2))).await;
    screen(&world, 2).await;

    let list = ask(&world, "STATUS").await.text;
    for application in ["48120973 approved", "48120974 approved"] {
        assert!(list.contains(application), "{list}");
    }
    let answer = ask(&world, "STOP KADASTR").await.text;
    assert!(answer.ends_with("send START KADASTR."), "{answer}");
    world.publish(of_two_agencies(samples(8, 2))).await;
    world.until_all_ended(LONG).await;
    assert_eq!(numbers(&screen(&world, 5).await[4..]), ["48120974"]);

    ask(&world, "STOP").await;
    let answer = ask(&world, "START ALL").await.text;
    assert!(answer.ends_with("send STOP."), "{answer}");
    world.publish(of_two_agencies(samples(9, 2))).await;
    let last = numbers(&screen(&world, 9).await[7..]);
    assert_eq!(last, ["48120973", "48120974"]);
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_in_ucs2_whose_segments_come_in_the_wrong_order_is_understood() {
    let mut behaviour = Behaviour::default();
    behaviour.dialect.segments_backwards = true;
    let mut world = world_with(behaviour).await;
    let gateway = world.ready().await;
    let mut news = samples(7, 1);
    world.publish(vec![approved(news.remove(0), PHONE)]).await;
    screen(&world, 1).await;
    let text = format!("Статус {}", "моих заявлений, пожалуйста; ".repeat(5));
    let phone = world.smsc.handle();
    assert_eq!(phone.send_mo(PHONE, NUMBER, &text).await, Ok(3));
    let answer = &screen(&world, 2).await[1].text;
    assert!(answer.contains("48120973"), "{answer}");
    gateway.stop_within(world.config.shutdown).await;
}
