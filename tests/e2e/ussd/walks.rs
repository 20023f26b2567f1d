//! Every screen of the menu that comes with the gateway, in every language, over SMPP and over HTTP: as
//! `src/dialogue/menu/golden.txt` keeps it.

use std::time::Duration;

use futures_util::future::join_all;
use xabar_events::{Agency, EventKey, Language, Notification, Priority};

use crate::support::events::samples;
use crate::support::kept::{Dialogue, Kept, Told};
use crate::support::phone::{self, Phone};
use crate::support::screen::Screen;
use crate::support::world::World;

/// For all messages to come to their end.
const LONG: Duration = Duration::from_secs(60);

/// Numbers of applications that one phone may ask for.
const MOST_NUMBERS: u32 = 20;

/// One way of making a phone.
type Way = fn(&World, &str) -> Phone;

/// Who dials again begins anew.
const ANEW: &str = "resume = \"0s\"";

/// A gateway whose phones know nothing but this language, and all walks of it.
async fn walk_all(language: Language) {
    let world = phone::world(ANEW, language).await;
    // No journal refuses everything.
    let cannot_be = ["nothing can be told or done", NO_SMS];
    let can_be = |it: &Dialogue| !cannot_be.iter().any(|words| it.has(words));
    assert!(walk_in(world, language, can_be).await >= 10);
}

/// Of an operator without a number.
const NO_SMS: &str = "no SMS can be sent";

/// These walks of a language, each by a phone of its own on each way, all at once; gives how many there are.
async fn walk_in(
    mut world: World,
    language: Language,
    can_be: impl Fn(&Dialogue) -> bool,
) -> usize {
    let Kept { told, dialogues } = Kept::read();
    let of_language = dialogues.iter().filter(|it| it.language == language);
    let can_be: Vec<&Dialogue> = of_language.filter(|it| can_be(it)).collect();
    let gateway = world.ready().await;
    let ways: [Way; 2] = [Phone::over_smpp, Phone::over_http];
    let walks = ways
        .iter()
        .flat_map(|way| can_be.iter().map(move |it| (way, *it)));
    let walks: Vec<(&Way, &Dialogue, String)> = walks
        .zip(0..)
        .map(|((way, dialogue), number)| (way, dialogue, format!("9989310{number:05}")))
        .collect();
    let written_to = walks
        .iter()
        .filter(|(_, it, _)| !it.has("nothing was sent"));
    let numbers = written_to.map(|(_, _, number)| number.as_str());
    world.publish(news(language, &told, numbers)).await;
    world.until_all_ended(LONG).await;
    let walks = walks.into_iter().map(|(way, dialogue, number)| {
        let phone = way(&world, &number);
        walk(dialogue, phone)
    });
    let walks = join_all(walks).await;
    gateway.kill();
    let gateway = world.ready().await;
    let amid = walks.into_iter().flatten();
    join_all(amid.map(|(dialogue, phone)| go_on(dialogue, phone))).await;
    gateway.stop_within(world.config.shutdown).await;
    can_be.len()
}

/// What phones of these numbers are told of, the last to change last.
fn news<'a>(
    language: Language,
    told: &[Told],
    numbers: impl Iterator<Item = &'a str>,
) -> Vec<Notification> {
    let to_each = numbers.flat_map(|number| told.iter().rev().map(move |told| (number, told)));
    let to_each: Vec<_> = to_each.collect();
    let events = samples(7, to_each.len()).into_iter().zip(to_each);
    let event = |(sample, (number, told)): (Notification, (&str, &Told))| Notification {
        key: EventKey {
            agency: Agency::from_name("kadastr").unwrap(),
            id: sample.key.id,
        },
        application: told.application.parse().unwrap(),
        service: told.service.parse().unwrap(),
        status: told.status.parse().unwrap(),
        msisdn: number.parse().unwrap(),
        language: Some(language),
        priority: Priority::Normal,
        params: [("office", "Yunusobod DXM")].into_iter().collect(),
        expires: None,
        legal: false,
        ..sample
    };
    events.map(event).collect()
}

/// The dialogue as it is kept, by a phone of the same circumstances; given back if it goes on after a restart.
async fn walk(dialogue: &Dialogue, mut phone: Phone) -> Option<(&Dialogue, Phone)> {
    prepare(dialogue, &mut phone).await;
    let first = phone.dial().await;
    check(dialogue, &phone, 0, &first);
    if dialogue.has("the gateway was restarted") {
        return Some((dialogue, phone));
    }
    go_on(dialogue, phone).await;
    None
}

/// All of it behind the first screen.
async fn go_on(dialogue: &Dialogue, mut phone: Phone) {
    for (at, typed) in (1..).zip(&dialogue.typed) {
        let shown = phone.types(typed).await;
        check(dialogue, &phone, at, &shown);
    }
}

fn check(dialogue: &Dialogue, phone: &Phone, at: usize, shown: &Screen) {
    let Dialogue { language, name, .. } = dialogue;
    let way = phone.way();
    let kept = dialogue.screens.get(at);
    assert_eq!(
        Some(shown),
        kept,
        "{language}: {name}, screen {at} over {way}"
    );
}

/// What a phone did before.
async fn prepare(dialogue: &Dialogue, phone: &mut Phone) {
    if dialogue.has("nothing was sent") && !dialogue.has("no language is known") {
        phone.dial().await;
        let names = ["O'zbekcha", "Ўзбекча", "Русский", "Qaraqalpaq", "English"];
        let mut names = Language::ALL.iter().zip(names);
        let own = names.find(|(language, _)| **language == dialogue.language);
        phone.chooses(own.unwrap().1).await;
    }
    if dialogue.has("messages are stopped") {
        phone.dial().await;
        phone.types("5").await;
        assert!(phone.types("1").await.ends);
    }
    if dialogue.has("no number is looked for") {
        phone.dial().await;
        for number in 0..MOST_NUMBERS {
            phone.types("2").await;
            phone.types(&format!("900{number:02}")).await;
            phone.types("00").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_shown_as_kept_in_uzbek_with_latin_letters() {
    walk_all(Language::UzLatn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_shown_as_kept_in_uzbek_with_cyrillic_letters() {
    walk_all(Language::UzCyrl).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_shown_as_kept_in_russian() {
    walk_all(Language::Ru).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_shown_as_kept_in_karakalpak() {
    walk_all(Language::Kaa).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_shown_as_kept_in_english() {
    walk_all(Language::En).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sms_is_offered_where_the_operator_has_no_number() {
    for language in Language::ALL {
        let keys = format!("[operator.ussd]\n{ANEW}\n");
        let world = phone::world_of(keys, *language).await;
        let walks = walk_in(world, *language, |it| it.has(NO_SMS)).await;
        assert_eq!(walks, 1, "{language}");
    }
}
