//! What answers lead to.

use xabar_events::Language;
use xabar_sms::{Encoding, LanguageRules};
use xabar_ussd::Wanted;

use super::reading::{BUILT_IN, load};
use super::{Journal, Phone, built_in, units};
use crate::dialogue::menu::layout::{Content, lay};
use crate::dialogue::menu::{About, Facts, Picked, Question, Sms, Step, Which};
use crate::journal::ThreadKey;
use crate::scratch::Folder;

fn at_main() -> (Phone, String) {
    let mut phone = Phone::new(Language::En);
    let main = phone.dial("*555#");
    (phone, main)
}

fn type_all(phone: &mut Phone, typed: &[&str]) -> String {
    let shown = typed.iter().map(|typed| phone.type_in(typed));
    shown.last().unwrap()
}

#[test]
fn a_language_is_asked_for_only_where_none_is_known_and_holds_from_then_on() {
    let (mut phone, main) = at_main();
    assert!(main.starts_with("Your applications\n1. "), "{main}");
    phone.about.language = None;
    let asked = phone.dial("*555#");
    assert!(asked.starts_with("Til/Язык\n"), "{asked}");
    assert!(
        !asked.contains("0. "),
        "there is nothing to go back to: {asked}"
    );
    let main = phone.type_in("3");
    assert_eq!(phone.done, [Question::Language(Language::Ru)]);
    assert!(main.starts_with("Заявления\n"), "{main}");
    assert_eq!(phone.place.unwrap().language(), Language::Ru);
}

#[test]
fn an_application_is_picked_from_the_list_and_its_text_sent_as_an_sms() {
    let (mut phone, _) = at_main();
    let list = phone.type_in("1");
    assert!(list.contains("1. 48120973 approved\n"), "{list}");
    let status = phone.type_in("1");
    assert!(status.starts_with("Application 48120973: approved.\n(land registration)"));
    let end = phone.type_in("1");
    assert_eq!(
        (end.as_str(), phone.place),
        ("The SMS is on its way.", None)
    );
    let picked = Picked {
        thread: ThreadKey(1),
        number: "48120973".into(),
    };
    let sms = Question::Sms(Sms::Status(Which::Picked(picked)));
    assert_eq!(phone.done.last(), Some(&sms));
}

#[test]
fn digits_of_a_list_begin_anew_on_each_page_and_mean_what_stands_there() {
    let mut phone = Phone::new(Language::Ru);
    phone.dial("*555#");
    phone.type_in("1");
    let second = phone.type_in("9");
    let number = second
        .strip_prefix("1. ")
        .and_then(|line| line.split_once(' '));
    let (number, _) = number.unwrap();
    assert_ne!(number, "48120973", "{second}");
    let status = phone.type_in("1");
    assert!(
        status.starts_with(&format!("Заявление {number}: ")),
        "{status}"
    );
    assert_eq!(phone.type_in("0"), second, "the page that it was picked on");
    let first = phone.type_in("0");
    assert!(first.contains("1. 48120973"), "{first}");
    phone.type_in("9");
    phone.type_in("00");
    let list = phone.type_in("1");
    assert_eq!(list, first, "a list begins at its beginning");
}

#[test]
fn a_step_back_from_a_page_leads_to_the_one_before() {
    let (mut phone, _) = at_main();
    let first = phone.type_in("3");
    let second = phone.type_in("9");
    let third = phone.type_in("9");
    assert_eq!(phone.type_in("0"), second);
    assert_eq!(phone.type_in("9"), third);
    assert_eq!(type_all(&mut phone, &["0", "0"]), first);
}

#[test]
fn a_screen_wants_a_choice_or_what_is_typed_as_a_number() {
    let digits = BUILT_IN.replace("least = 3 ", "digits = true\nleast = 3 ");
    assert_ne!(digits, BUILT_IN);
    let folder = Folder::with([("m.toml", &*digits)]);
    for (menus, wanted) in [
        (built_in(), Wanted::Line),
        (load(&folder).unwrap(), Wanted::Number),
    ] {
        let mut phone = Phone::with(menus, Language::En);
        phone.dial("*555#");
        let wants = |phone: &Phone| phone.menus.wanted(phone.place.as_ref().unwrap());
        assert_eq!(wants(&phone), Wanted::Choice);
        phone.type_in("2");
        assert_eq!(wants(&phone), wanted);
        phone.type_in("!");
        assert_eq!(wants(&phone), wanted, "once more");
    }
}

#[test]
fn after_a_wrong_answer_the_page_stays_and_so_does_what_is_on_the_others() {
    for language in Language::ALL {
        for list in ["1", "3"] {
            let mut phone = Phone::new(*language);
            phone.dial("*555#");
            let mut pages = vec![phone.type_in(list)];
            while phone.place.as_ref().unwrap().more {
                pages.push(phone.type_in("9"));
            }
            let is_plain_latin = *language == Language::En && list == "1";
            assert_ne!(pages.len() == 1, !is_plain_latin, "{language}: {pages:?}");
            while pages.len() > 1 {
                pages.pop();
                phone.type_in("0");
                let wrong = phone.type_in("77");
                let (units, capacity) = units(&wrong);
                assert!(units <= capacity, "{language}: {wrong}");
                let notice = wrong.lines().next().unwrap();
                let page = pages.last().unwrap();
                assert!(!page.contains(notice), "{language}: {wrong}");
                let first = page.lines().find(|line| line.starts_with("1. "));
                assert!(
                    first.is_none_or(|first| wrong.contains(first)),
                    "{language}: {wrong}\nof\n{page}"
                );
                assert!(wrong.contains("9. "), "{language}: {wrong}");
                phone.type_in("9");
                assert_eq!(&phone.type_in("0"), page, "{language}");
            }
        }
    }
}

#[test]
fn a_notice_that_a_page_has_no_room_for_stands_alone_before_it() {
    let mut menu = "home = \"main\"\n[screens.main]\ntext = \"Main\"\npages = 4\n".to_owned();
    for press in 1..=6 {
        menu += &format!(
            "[[screens.main.choices]]\npress = \"{press}\"\ntext = \"Ариза ҳолати бўйича\"\n\
             do = \"stop\"\nto = \"over\"\n"
        );
    }
    menu += "[screens.over]\ntext = \"Over\"\nend = true\n";
    let folder = Folder::with([("main.toml", menu.as_str())]);
    let menus = load(&folder).unwrap();
    let mut phone = Phone::with(menus, Language::UzCyrl);
    phone.journal = Journal::Refuses;
    let mut page = phone.dial("*555#");
    for _ in 0..2 {
        let refused = phone.type_in("1");
        assert_eq!(
            refused,
            "Ҳозир бўлмади. Кейинроқ уриниб кўринг.\n9. Кейинги"
        );
        assert_eq!(phone.type_in("9"), page);
        page = phone.type_in("9");
    }
}

#[test]
fn a_choice_is_taken_on_every_page_of_its_screen_and_an_application_only_on_its_own() {
    let mut phone = Phone::new(Language::UzCyrl);
    phone.dial("*555#");
    let status = type_all(&mut phone, &["2", "48120973"]);
    assert!(!status.contains("SMS"), "it is on the next page: {status}");
    phone.type_in("1");
    assert!(matches!(phone.done.last(), Some(Question::Sms(_))));

    phone.dial("*555#");
    phone.done.clear();
    let list = phone.type_in("1");
    assert!(!list.contains("6. "), "{list}");
    phone.type_in("6");
    assert_eq!(phone.done, [Question::Applications, Question::Applications]);
}

#[test]
fn home_leads_home_from_everywhere() {
    let (mut phone, main) = at_main();
    for way in [
        &["1", "1"][..],
        &["2", "60311544"],
        &["3", "9"],
        &["4"],
        &["5"],
        &[],
    ] {
        if !way.is_empty() {
            type_all(&mut phone, way);
        }
        assert_eq!(phone.type_in("00"), main, "{way:?}");
    }
}

#[test]
fn a_number_is_taken_with_the_signs_of_an_sms() {
    for (typed, number) in [
        ("№48120001", "48120001"),
        ("#48120001", "48120001"),
        ("KAD_123", "KAD123"),
        ("A(12)", "A12"),
        ("kad-2026/113", "kad-2026/113"),
    ] {
        let (mut phone, _) = at_main();
        type_all(&mut phone, &["2", typed]);
        let asked = Question::Status(Which::Typed(number.into()));
        assert_eq!(phone.done.last(), Some(&asked), "{typed}");
    }
}

#[test]
fn digits_are_read_as_phones_may_send_them() {
    for typed in ["2", " 2 ", "2#", "2."] {
        let (mut phone, _) = at_main();
        let number = phone.type_in(typed);
        assert!(number.starts_with("Type the number"), "{typed}: {number}");
    }
}

#[test]
fn what_is_no_number_is_asked_for_again_and_the_third_time_ends_it() {
    let (mut phone, _) = at_main();
    phone.type_in("2");
    for typed in ["ab", "help me"] {
        let again = phone.type_in(typed);
        assert!(
            again.starts_with("That is no number of an application."),
            "{again}"
        );
    }
    let end = phone.type_in(&"1".repeat(33));
    assert_eq!(
        (end.as_str(), phone.place),
        ("Too many wrong answers. Please dial the code again.", None)
    );
    assert_eq!(phone.done, []);
}

#[test]
fn a_right_answer_between_wrong_ones_begins_the_count_anew() {
    let (mut phone, _) = at_main();
    for typed in ["8", "8", "4", "8", "8", "0", "8", "8"] {
        phone.type_in(typed);
    }
    assert!(phone.place.is_some());
    phone.type_in("8");
    assert!(phone.place.is_none());
}

#[test]
fn somebody_elses_application_is_one_that_is_not_there_and_no_sms_tells_of_it() {
    let (mut phone, _) = at_main();
    let none = type_all(&mut phone, &["2", "48120974"]);
    assert!(
        none.starts_with("We know of no application 48120974"),
        "{none}"
    );
    assert!(!none.contains("SMS"), "{none}");
    phone.type_in("1");
    let sms = |question: &Question| matches!(question, Question::Sms(_));
    assert!(!phone.done.iter().any(sms), "not by typing it either");
}

#[test]
fn messages_are_stopped_and_started_and_the_menu_knows_which() {
    let (mut phone, main) = at_main();
    assert!(
        main.contains("5. Stop SMS") && !main.contains("again"),
        "{main}"
    );
    let end = type_all(&mut phone, &["5", "1"]);
    assert!(end.starts_with("You get no more SMS"), "{end}");
    assert_eq!(phone.done, [Question::OptOut(None)]);
    phone.about.stopped = true;
    assert!(phone.dial("*555#").contains("6. Get SMS again"));
    phone.type_in("6");
    assert_eq!(phone.done.last(), Some(&Question::OptIn(None)));
}

#[test]
fn what_is_dialled_again_undoes_nothing() {
    let menu = BUILT_IN.replace("# dialled =", "dialled =");
    let folder = Folder::with([("main.toml", menu.as_str())]);
    let mut phone = Phone::with(load(&folder).unwrap(), Language::En);
    for _ in 0..3 {
        phone.dial("*555*5*1#");
        phone.about.stopped = true;
    }
    assert_eq!(phone.done, [Question::OptOut(None)]);
    phone.done.clear();
    for _ in 0..3 {
        phone.dial("*555*6*1#");
        phone.about.stopped = false;
    }
    assert_eq!(phone.done, [Question::OptIn(None)]);
}

#[test]
fn no_sms_is_offered_where_none_can_be_sent() {
    let (mut phone, _) = at_main();
    phone.about.sms = false;
    phone.dial("*555#");
    let status = type_all(&mut phone, &["2", "60311544"]);
    assert!(!status.contains("SMS"), "{status}");
}

#[test]
fn what_is_refused_is_told_where_it_was_asked_for() {
    let (mut phone, _) = at_main();
    phone.journal = Journal::Refuses;
    let refused = type_all(&mut phone, &["5", "1"]);
    assert!(refused.starts_with("This cannot be done now."), "{refused}");
    assert!(refused.contains("1. Yes"), "{refused}");
    let refused = type_all(&mut phone, &["00", "1"]);
    assert_eq!(
        refused,
        "This cannot be done now. Please try again later.\n0. Back"
    );
}

#[test]
fn what_was_chosen_elsewhere_meanwhile_holds_from_the_next_screen_on() {
    let (mut phone, menu) = at_main();
    assert!(menu.contains("5. Stop SMS"), "{menu}");
    phone.about.stopped = true;
    let asked = phone.type_in("5");
    assert!(
        asked.starts_with("Stop all SMS"),
        "what the phone shows is what is chosen: {asked}"
    );
    let menu = phone.type_in("0");
    assert!(menu.contains("6. Get SMS again"), "{menu}");
    phone.about.stopped = false;
    phone.about.language = Some(Language::Ru);
    let menu = phone.dial_again();
    assert!(menu.starts_with("Заявления"), "{menu}");
    // Nothing was chosen, and nobody looks at the messages again: they are told in the language that they know.
    phone.about.language = None;
    let menu = phone.dial_again();
    assert!(menu.starts_with("Заявления"), "{menu}");
}

#[test]
fn facts_of_another_kind_than_asked_for_are_no_answer() {
    let (phone, _) = at_main();
    let step = phone.menus.answer(phone.place.unwrap(), "1", &phone.about);
    let Step::Ask { place, .. } = step else {
        panic!("the list is not asked for");
    };
    let Step::Show { text, .. } = phone.menus.told(place, Facts::Done) else {
        panic!("nothing is shown");
    };
    assert!(text.starts_with("This cannot be done now."), "{text}");
}

#[test]
fn what_is_dialled_behind_a_code_is_typed_ahead() {
    let menu = BUILT_IN.replace("# dialled =", "dialled =");
    let folder = Folder::with([("main.toml", menu.as_str())]);
    let mut phone = Phone::with(load(&folder).unwrap(), Language::En);
    let status = phone.dial("*555*2*60311544#");
    assert!(
        status.starts_with("Application 60311544: payment due."),
        "{status}"
    );
    let wrong = phone.dial("*555*8*2*60311544#");
    assert!(
        wrong.starts_with("Wrong key."),
        "the rest is for nothing then: {wrong}"
    );
    phone.about.language = None;
    let language = phone.dial("*555*2*60311544#");
    assert!(language.starts_with("Til/"), "{language}");
    let wrong = phone.type_in("8");
    assert!(wrong.contains("Til/"), "{wrong}");
    let status = phone.type_in("3");
    assert!(
        status.starts_with("Заявление 60311544: "),
        "what was dialled is kept until then: {status}"
    );
    assert!(phone.type_in("00").starts_with("Заявления\n"), "once");
}

#[test]
fn what_a_newcomer_dials_ahead_is_kept_up_to_the_longest_number() {
    let menu = BUILT_IN.replace("# dialled =", "dialled =");
    let longer = menu.replace("most = 32", "most = 64");
    assert_ne!(longer, menu);
    let folder = Folder::with([("main.toml", longer.as_str())]);
    let mut phone = Phone::with(load(&folder).unwrap(), Language::En);
    let digits = |many| "7".repeat(many);
    for (ahead, kept, shown) in [
        (format!("2*{}", digits(64)), 66, "Заявления\n9. Далее"),
        // The rest is dropped from there on: what leads there is typed all the same.
        (format!("2*{}*1", digits(200)), 1, "Введите номер"),
        (["00"; 90].join("*"), 23, "Заявления\n1. "),
        ([digits(90).as_str(); 8].join("*"), 90, "Неверно."),
    ] {
        phone.about.language = None;
        phone.dial(&format!("*555*{ahead}#"));
        let place = phone.place.as_ref().unwrap();
        assert_eq!(place.ahead.len(), kept, "{ahead}");
        let text = phone.type_in("3");
        assert!(text.contains(shown), "{ahead}: {text}");
    }
}

#[test]
fn the_last_of_too_many_pages_says_as_much_as_it_holds() {
    let content = Content {
        text: "so much to read ".repeat(2_000),
        choices: vec!["1. On".into()],
        foot_later: "0. Back".into(),
        next: "9. More".into(),
        ..Content::default()
    };
    let pages = lay(&content, LanguageRules::default()).pages;
    assert_eq!(pages.len(), 50);
    let last = &pages[49].text;
    assert!(last.contains("so much to read"), "{last}");
    assert!(last.ends_with("\n0. Back") && !last.contains("9. More"));
    let (units, room) = units(last);
    assert!((room - 20..=room).contains(&units), "{units}");
}

#[test]
fn cyrillic_twins_do_not_keep_a_long_karakalpak_screen_in_ucs2() {
    let content = Content {
        text: "Siziń biometriyalıq pasportıńız АВ1234567 tayar, onı orayda alıń, hújjetińizdi umıtpań."
            .into(),
        ..Content::default()
    };
    let rules = LanguageRules {
        karakalpak_apostrophes: true,
        ..LanguageRules::default()
    };
    let laid = lay(&content, rules);
    assert_eq!((laid.encoding, laid.pages.len()), (Encoding::Gsm7, 1));
}

#[test]
fn a_place_in_other_menus_ends_in_a_clear_screen() {
    let (phone, _) = at_main();
    let mut place = phone.place.unwrap();
    place.screen = 99;
    let Step::End { text } = built_in().answer(place, "1", &phone.about) else {
        panic!("it goes on");
    };
    assert_eq!(text, "The time is up. Please dial the code again.");
}

#[test]
fn the_default_language_is_that_of_who_has_none() {
    let about = About {
        language: None,
        default: Language::Ru,
        stopped: false,
        sms: true,
    };
    let Step::Show { place, .. } = built_in().begin("", &about) else {
        panic!("nothing is shown");
    };
    assert_eq!(place.language(), Language::Ru);
}
