//! Laws that hold whatever is typed and whatever the journal answers.

use proptest::prelude::*;
use xabar_events::Language;

use super::{built_in, units};
use crate::dialogue::menu::{About, Application, Facts, Listed, Menus, Place, Question, Step};
use crate::journal::ThreadKey;

/// What somebody may type: mostly what leads somewhere.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[0-9]",
        2 => Just("00".to_owned()),
        2 => "[0-9A-Z/-]{3,12}",
        1 => any::<String>(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zʻ ,.]{0,300}", "[а-яў ,.]{0,200}", any::<String>()]
}

fn application() -> impl Strategy<Value = Application> {
    (text(), text(), text()).prop_map(|(number, service, status)| Application {
        number: number.into(),
        service: service.into(),
        status: status.into(),
    })
}

fn listed() -> impl Strategy<Value = Listed> {
    (any::<u64>(), application()).prop_map(|(thread, application)| Listed {
        thread: ThreadKey(thread),
        application,
    })
}

/// What the journal may answer, to the question or not.
fn facts() -> impl Strategy<Value = Facts> {
    prop_oneof![
        prop::collection::vec(listed(), 0..12).prop_map(Facts::Applications),
        prop::option::of(application()).prop_map(Facts::Status),
        prop::collection::vec(text(), 0..6).prop_map(Facts::Messages),
        Just(Facts::Done),
        Just(Facts::Refused),
    ]
}

fn language() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::ALL)
}

/// The facts of the kind that is asked for, as far as these are.
fn fitting(question: &Question, facts: &Facts) -> Facts {
    match (question, facts) {
        (Question::Applications, Facts::Applications(_))
        | (Question::Status(_), Facts::Status(_))
        | (Question::LastMessages, Facts::Messages(_)) => facts.clone(),
        (Question::Applications, _) => Facts::Applications(Vec::new()),
        (Question::Status(_), _) => Facts::Status(None),
        (Question::LastMessages, _) => Facts::Messages(vec!["a".repeat(500)]),
        _ => Facts::Done,
    }
}

/// Goes on until a phone shows something; the place, unless it is the end.
fn shown(menus: &Menus, mut step: Step, facts: &Facts, strictly: bool) -> (String, Option<Place>) {
    for _ in 0..50 {
        match step {
            Step::Show { text, place } => return (text, Some(place)),
            Step::End { text } => return (text, None),
            Step::Ask { place, question } => {
                let facts = match strictly {
                    true => fitting(&question, facts),
                    false => facts.clone(),
                };
                step = menus.told(place, facts);
            }
        }
    }
    panic!("it asks again and again");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_screen_fits_and_home_is_reached_or_it_ends(
        known in prop::option::of(language()),
        default in language(),
        bits in 0..4_u8,
        strictly in any::<bool>(),
        steps in prop::collection::vec((typed(), facts()), 1..20),
    ) {
        let menus = built_in();
        let stopped = bits & 1 != 0;
        let sms = bits & 2 != 0;
        let about = About { language: known, default, stopped, sms };
        let (mut text, mut place) = shown(&menus, menus.begin("*555#", &about), &Facts::Done, true);
        for (typed, facts) in &steps {
            let (units, capacity) = units(&text);
            prop_assert!(units <= capacity && !text.is_empty(), "{}", text);
            let Some(here) = place.take() else { break };
            let home = menus.answer(here.clone(), "00", &about);
            let at_home = shown(&menus, home, facts, strictly);
            let menu = &menus.menus[0];
            prop_assert_eq!(at_home.1.map(|place| place.screen), Some(menu.home));
            (text, place) = shown(&menus, menus.answer(here, typed, &about), facts, strictly);
        }
    }

    #[test]
    fn whatever_is_dialled_is_answered(dialled in any::<String>(), ahead in "[*#0-9]{0,200}") {
        let menus = built_in();
        let about = About {
            language: Some(Language::Kaa),
            default: Language::Ru,
            stopped: false,
            sms: true,
        };
        for dialled in [&dialled, &ahead] {
            let (text, _) = shown(&menus, menus.begin(dialled, &about), &Facts::Refused, false);
            let (units, capacity) = units(&text);
            prop_assert!(units <= capacity && !text.is_empty(), "{}", text);
        }
    }
}
