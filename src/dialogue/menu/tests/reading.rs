//! What is wrong in a menu is told with its place and what would be right.

use xabar_events::Language;
use xabar_sms::LanguageRules;

use super::Phone;
use crate::control::settings::Problem;
use crate::dialogue::menu::{Longest, Menus};
use crate::scratch::Folder;

pub(super) const BUILT_IN: &str = include_str!("../../../../config/ussd/main.toml");

pub(super) fn load(folder: &Folder) -> Result<Menus, Vec<Problem>> {
    Menus::load_or_built_in(Some(folder.as_path()), |_| LanguageRules::default())
}

/// What is said of a menu's text, without the folder.
fn told_of(text: &str) -> Vec<String> {
    let folder = Folder::with([("m.toml", text)]);
    let problems = load(&folder).err().unwrap_or_default();
    problems.iter().map(|it| folder.within(it)).collect()
}

/// A menu of one screen, with these lines after it.
fn small(lines: &str) -> String {
    format!("home = \"main\"\n[screens.main]\ntext = \"Main\"\n{lines}")
}

const CHOICE: &str = "[[screens.main.choices]]\npress = \"1\"\ntext = \"On\"\nto = \"on\"\n";
const ON: &str = "[screens.on]\ntext = \"On\"\nend = true\n";

#[test]
fn the_built_in_menu_and_a_small_one_are_good() {
    assert_eq!(told_of(BUILT_IN), [""; 0]);
    assert_eq!(told_of(&small(&format!("{CHOICE}{ON}"))), [""; 0]);
}

#[test]
fn each_mistake_is_told_with_its_line_and_what_would_be_right() {
    let table = [
        (
            small(&CHOICE.replace("\"on\"", "\"om\"")) + ON,
            "m.toml:7:6: `screens.main.choices[0].to` is \"om\"; did you mean `on`?",
        ),
        (
            small(&format!("{CHOICE}{CHOICE}{ON}")),
            "m.toml:9:9: `screens.main.choices[1].press` is \"1\", as `screens.main.choices[0].press` is; \
             choose other digits for one of them",
        ),
        (
            small(&format!("{}{ON}", CHOICE.replace("\"1\"", "\"00\""))),
            "m.toml:5:9: `screens.main.choices[0].press` is \"00\", as `words.home.press` is; \
             choose other digits for one of them",
        ),
        (
            small(&format!("{CHOICE}{ON}pages = 3\n")),
            "m.toml:8:1: `screens.on` has more than one page, and ends the dialogue with the first; \
             leave out `pages`, or `end` and give it a choice",
        ),
        (
            small(&format!(
                "{CHOICE}{ON}[screens.lost]\ntext = \"Lost\"\nend = true\n"
            )),
            "m.toml:11:1: `screens.lost` is never reached; \
             let a choice lead to it that somebody is offered, or take it out",
        ),
        (
            small(""),
            "m.toml:2:1: `screens.main` is a dead end for who is language-unknown, not-stopped, no-sms; \
             give it a choice without `when`, or `end = true`",
        ),
        (
            small(&format!("{CHOICE}when = \"stopped\"\n{ON}")),
            "m.toml:2:1: `screens.main` is a dead end for who is language-unknown, not-stopped, no-sms; \
             give it a choice without `when`, or `end = true`",
        ),
        (
            format!("first = [{{ when = \"stopped\", to = \"stopped\" }}]\n{}", small(""))
                + &choice("main", 1, "on", "when = \"not-stopped\"\n")
                + "[screens.stopped]\ntext = \"Stopped\"\n"
                + &choice("stopped", 1, "main", "")
                + ON,
            "m.toml:3:1: `screens.main` is a dead end for who is language-unknown, stopped, no-sms; \
             give it a choice without `when`, or `end = true`",
        ),
        (
            small(&format!(
                "{CHOICE}{}",
                ON.replace("text = \"On\"", "ru = \"Да\"")
            )),
            "m.toml:8:1: `screens.on.uz-Latn` is missing; write it in this language, too, or once for all as `text`",
        ),
        (
            small(&format!("{CHOICE}{}", ON.replace("text = \"On\"\n", ""))),
            "m.toml:8:1: `screens.on.text` is missing; write it in uz-Latn, uz-Cyrl, ru, kaa, en, or once as `text`",
        ),
        (
            small(&format!(
                "{CHOICE}{}",
                ON.replace("\"On\"", &format!("\"{}\"", "я".repeat(81)))
            )),
            "m.toml:9:8: `screens.on.text` makes a screen of 81 units in uz-Latn (ucs2), and a phone shows 80; \
             make its text or its choices shorter by 1",
        ),
        (
            small(CHOICE)
                + &format!("[screens.on]\nshow = \"messages\"\ntext = \"{}\"\n", "я".repeat(90))
                + "none.text = \"None\"\n",
            "m.toml:10:8: `screens.on.text` makes a screen of 100 units in uz-Latn (ucs2), and a phone shows 80; \
             make its text or its choices shorter by 20, or allow `pages = 2`",
        ),
        (
            small(&format!("{CHOICE}{ON}"))
                .replace("\"Main\"", &format!("\"{}\"", "a".repeat(180))),
            "m.toml:3:8: `screens.main.text` makes a screen of 186 units in uz-Cyrl (ucs2), and a phone shows 80; \
             make its text or its choices shorter by 106, or allow `pages = 3`",
        ),
        (
            number(&"я".repeat(90)),
            "m.toml:13:14: `screens.on.input.wrong.text` makes a screen of 100 units in uz-Latn (ucs2), and a phone shows 80; \
             make its text or its choices shorter by 20, or allow `pages = 2`",
        ),
        (
            small(&format!("{CHOICE}{}", ON.replace("\"On\"", "\"{status}\""))),
            "m.toml:9:8: `screens.on.text` has {status}; write it without braces: this text has no values",
        ),
        (
            small(&format!(
                "{CHOICE}{ON}[[screens.on.choices]]\npress = \"1\"\ntext = \"x\"\nto = \"main\"\n"
            )),
            "m.toml:8:1: `screens.on` ends the dialogue, and has choices, an input or facts as well; \
             leave out `end` or the others",
        ),
        (
            small(&format!("{CHOICE}do = \"languge\"\n{ON}")),
            "m.toml:8:6: `screens.main.choices[0].do` is \"languge\"; choose from \"language\", \"stop\", \"start\" and \"sms\"",
        ),
        (
            format!("word = 1\n{}", small(&format!("{CHOICE}{ON}"))),
            "m.toml:1:1: `word` is not a key; did you mean `words`?",
        ),
        (
            small(&format!("{CHOICE}agency = \"kadastr\"\n{ON}")),
            "m.toml:8:1: `screens.main.choices[0].agency` is not a key; \
             known here: press, text, uz-Latn, uz-Cyrl, ru, kaa, en, when, do, to",
        ),
        (
            small(&format!(
                "{CHOICE}[screens.on]\nshow = \"status\"\ntext = \"{{status}}\"\nnone.text = \"None\"\n"
            )),
            "m.toml:7:6: `screens.main.choices[0].to` leads to a screen that shows an application, and none was named \
             yet; let a list or an input lead there",
        ),
        (
            "home = \"main\"\n[screens.main]\nshow = \"status\"\ntext = \"{status}\"\nnone.text = \"{application}\"\n"
                .to_owned(),
            "m.toml:2:1: `screens.main` shows an application where a dialogue begins, and none was named yet; \
             let a list or an input lead there",
        ),
        (
            small(&format!("{CHOICE}{}", ON.replace("\"On\"", "\"\\u200B\""))),
            "m.toml:9:8: `screens.on.text` says nothing that a phone shows; write a text of 1 to 1000 characters",
        ),
        (
            small("input = { least = 2, wrong.text = \"No.\", to = \"on\" }\n") + ON,
            "m.toml:2:1: `screens.main` takes \"00\", which is `words.home.press`; give an `input.least` above 2",
        ),
        (
            small(&format!("{CHOICE}{}", ON.replace("\"On\"", "\"a\\tb\""))),
            "m.toml:9:8: `screens.on.text` has the control character U+0009; \
             write it without: only a new line has its place in a text",
        ),
        (
            "home = \"main\"\n".to_owned(),
            "m.toml:1:8: `home` is \"main\"; write a screen of this name: [screens.main]",
        ),
        (
            format!("dialled = []\n{}", small(&format!("{CHOICE}{ON}"))),
            "m.toml:1:11: `dialled` is empty; give at least one code, or leave it out: then all lead here",
        ),
        (
            small(CHOICE) + "[screens.on]\nshow = \"applications\"\npick = \"main\"\ntext = \"Which?\"\nnone.text = \"None\"\n",
            "m.toml:8:1: `screens.on` leads home with the application that is picked or typed, and none is shown \
             there; name a screen with `show = \"status\"`",
        ),
        (
            small(&format!("{CHOICE}{ON}")).replace("\"main\"", "\"mian\""),
            "m.toml:1:8: `home` is \"mian\"; did you mean `main`?",
        ),
        (
            small(&format!(
                "{CHOICE}{ON}[words.next]\npress = \"9\"\ntext = \"{}\"\n",
                "m".repeat(40)
            )),
            "m.toml:13:8: `words.next.text` leaves 16 units of a page, with back and home, in uz-Latn; \
             make the three shorter, so that at least 40 are left",
        ),
    ];
    for (text, expected) in table {
        let told = told_of(&text);
        assert!(
            told.iter().any(|line| line == expected),
            "{expected}\n{told:#?}\n{text}"
        );
    }
}

/// A menu in which an application's number is typed, and this said of a wrong one.
fn number(wrong: &str) -> String {
    let on = ON.replace("end = true\n", "");
    let input =
        format!("[screens.on.input]\nleast = 3\nto = \"status\"\nwrong.text = \"{wrong}\"\n");
    let status = "[screens.status]\nshow = \"status\"\ntext = \"{status}\"\nnone.text = \"None\"\n";
    small(&format!("{CHOICE}{on}{input}{status}"))
}

#[test]
fn what_is_said_of_a_wrong_number_is_blamed_for_its_own_length_alone() {
    assert_eq!(told_of(&number("No.")), [""; 0]);
    let told = told_of(&number(&"я".repeat(90)));
    assert!(!told.is_empty());
    for line in told {
        assert!(line.contains("`screens.on.input.wrong.text`"), "{line}");
    }
}

#[test]
fn a_line_fits_in_the_encoding_that_its_screen_takes() {
    let line = |letters: &str, screen: &str| {
        let choice = CHOICE.replace("\"On\"", &format!("\"{letters}\""));
        let menu = small(&format!("{choice}{ON}"));
        told_of(&menu.replace("text = \"Main\"\n", screen))
    };
    let plain = "text = \"Main\"\n";
    let foreign = "text = \"Ариза\"\npages = 3\n";
    let facts = "show = \"messages\"\ntext = \"Main\"\nnone.text = \"None\"\npages = 3\n";
    let long = "a".repeat(100);
    assert_eq!(line(&long, plain), [""; 0]);
    for (letters, screen) in [(&*long, facts), (&long, foreign), (&"a".repeat(180), plain)] {
        let told = line(letters, screen);
        assert!(
            told.iter().any(|it| it.contains("makes a line of")),
            "{told:?}"
        );
    }
}

#[test]
fn every_dead_end_is_told_once() {
    let menu = format!(
        "first = [{{ when = \"stopped\", to = \"stopped\" }}]\n{}[screens.stopped]\ntext = \"Stopped\"\n",
        small("")
    );
    let told = told_of(&menu);
    let dead_ends: Vec<_> = told
        .iter()
        .filter(|it| it.contains("is a dead end"))
        .collect();
    assert_eq!(dead_ends.len(), 2, "{told:?}");
}

#[test]
fn a_mistake_in_a_choice_is_told_alone() {
    for (wrong, right) in [("to = \"on\"", "to = \"no\""), ("press", "pres")] {
        let told = told_of(&small(&format!("{}{ON}", CHOICE.replace(wrong, right))));
        assert!(!told.is_empty());
        for line in told {
            assert!(line.contains("`screens.main.choices[0]"), "{line}");
        }
    }
}

#[test]
fn a_text_may_have_as_many_characters_as_is_said() {
    let menu = |characters: usize| {
        let text = format!("\"{}\"", "я".repeat(characters));
        let long = small(&format!("{CHOICE}{ON}")).replace("\"Main\"", &text);
        told_of(&long.replace("[screens.main]", "[screens.main]\npages = 9"))
    };
    let limit = "write a text of 1 to 1000 characters";
    assert!(!menu(1000).iter().any(|line| line.contains(limit)));
    assert!(menu(1001).iter().any(|line| line.contains(limit)));
}

#[test]
fn what_an_editor_keeps_beside_a_menu_is_not_read() {
    let good = small(&format!("{CHOICE}{ON}"));
    let folder = Folder::with([
        ("m.toml", &*good),
        (".#m.toml", "x"),
        ("m.toml~", "x"),
        (".m.toml", &*good),
    ]);
    assert!(load(&folder).is_ok());
}

/// A choice of a screen.
fn choice(of: &str, press: u8, to: &str, more: &str) -> String {
    format!("[[screens.{of}.choices]]\npress = \"{press}\"\ntext = \"x\"\nto = \"{to}\"\n{more}")
}

#[test]
fn a_screen_behind_conditions_that_never_hold_together_is_never_reached() {
    let told = |first: &str, second: &str| {
        let middle = "[screens.middle]\ntext = \"Middle\"\n";
        let on = choice("main", 1, "middle", first) + middle + &choice("middle", 1, "on", second);
        let away = choice("main", 2, "main", "");
        let told = told_of(&(small("") + &away + &on + ON));
        told.iter()
            .filter(|it| it.contains("never reached"))
            .count()
    };
    let (stopped, not_stopped) = ("when = \"stopped\"\n", "when = \"not-stopped\"\n");
    assert_eq!(told(stopped, stopped), 0);
    assert_eq!(told(stopped, not_stopped), 1);
    assert_eq!(told(stopped, "when = \"no-sms\"\n"), 0);
    // What is done on the way counts.
    assert_eq!(told("when = \"stopped\"\ndo = \"start\"\n", not_stopped), 0);
    assert_eq!(
        told("when = \"not-stopped\"\ndo = \"stop\"\n", not_stopped),
        1
    );
    let one = "agency = \"kadastr\"\n";
    assert_eq!(
        told(
            &format!("when = \"stopped\"\ndo = \"start\"\n{one}"),
            not_stopped
        ),
        1,
        "of one agency alone"
    );
}

#[test]
fn what_is_done_on_a_screen_may_open_a_way_on_the_one_before() {
    let not_stopped = "when = \"not-stopped\"\n";
    let screen = |name: &str| format!("[screens.{name}]\ntext = \"x\"\n");
    let menu = small("")
        + &choice("main", 1, "a", not_stopped)
        + &choice("main", 2, "main", "")
        + &screen("a")
        + &choice("a", 1, "b", "do = \"stop\"\n")
        + &choice("a", 2, "on", "when = \"stopped\"\n")
        + &screen("b")
        + ON;
    assert_eq!(told_of(&menu), [""; 0]);
}

#[test]
fn a_status_that_a_long_name_pushes_off_its_first_page_deserves_a_look() {
    let late = BUILT_IN.replace(
        "Ариза №{application}: {status}.\\n({service})",
        "{application}-рақамли аризангиз ({service}): {status}.",
    );
    assert_ne!(late, BUILT_IN);
    let folder = Folder::with([("m.toml", &*late)]);
    let menus = load(&folder).unwrap();
    let of = |service: &'static str, status: &'static str| {
        Longest::of(|language| match language {
            Language::UzCyrl => {
                let services = vec!["почта".into(), service.into()];
                (services, vec!["тайёр".into(), status.into()])
            }
            _ => (vec!["pochta".into()], vec!["tayyor".into()]),
        })
    };
    assert_eq!(menus.late_statuses(&of("суд", "рад")), []);
    let told = menus.late_statuses(&of("ер участкасини рўйхатга олиш", "қабул бекор қилинди"));
    let told: Vec<String> = told.iter().map(|it| folder.within(it)).collect();
    let line = late
        .lines()
        .position(|line| line.contains("рақамли аризангиз ({"));
    let line = line.unwrap() + 1;
    let expected = format!(
        "m.toml:{line}:11: `screens.status.uz-Cyrl` does not say \"қабул бекор қилинди\" on its first page in uz-Cyrl, \
         where the service is \"ер участкасини рўйхатга олиш\"; \
         write {{status}} before {{service}}, or fewer words before it"
    );
    assert_eq!(told, [expected]);
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let good = small(&format!("{CHOICE}{ON}"));
    let folder = Folder::with([
        ("a.toml", &*good.replace("\"Main\"", "7")),
        ("b.toml", &good.replace("press", "pres")),
        ("c.toml", "home ="),
    ]);
    let problems = load(&folder).unwrap_err();
    let files = problems.iter().map(|problem| problem.place.to_string());
    let files: Vec<String> = files.collect();
    for file in ["a.toml", "b.toml", "c.toml"] {
        assert!(files.iter().any(|place| place.contains(file)), "{files:?}");
    }
}

#[test]
fn what_fits_no_screen_is_told_once_all_lead_where_they_should() {
    let long = ON.replace("\"On\"", &format!("\"{}\"", "a".repeat(183)));
    let lost = "[screens.lost]\ntext = \"Lost\"\nend = true\n";
    let told = told_of(&small(&format!("{CHOICE}{long}{lost}")));
    assert!(
        told.len() == 1 && told[0].contains("is never reached"),
        "{told:?}"
    );
    let told = told_of(&small(&format!("{CHOICE}{long}")));
    assert!(
        told.len() == 1 && told[0].contains("makes a screen of 183 units"),
        "{told:?}"
    );
}

#[test]
fn what_is_no_file_is_told_as_what_it_is() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("k.toml")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path("l.toml")).unwrap();
    let problems = load(&folder).unwrap_err();
    let told: Vec<String> = problems.iter().map(|it| folder.within(it)).collect();
    assert_eq!(
        told,
        [
            "k.toml: is a folder; put files into the folder that is named, and no folders that end in .toml",
            "l.toml: is a link to a file that is not there; take it out, or put the file there",
        ]
    );
}

#[test]
fn a_code_leads_to_one_menu_and_the_rest_to_the_one_without() {
    let folder = Folder::new();
    let menu = |name: &str| small(&format!("{CHOICE}{ON}")).replace("Main", name);
    let write = |file: &str, text: String| std::fs::write(folder.path(file), text).unwrap();
    write("a.toml", format!("dialled = [\"*555#\"]\n{}", menu("A")));
    write("b.toml", format!("dialled = [\"*555*7#\"]\n{}", menu("B")));
    write("c.toml", menu("C"));
    let menus = load(&folder).unwrap();
    for (dialled, name) in [
        ("*555#", "A"),
        ("555", "A"),
        ("*555*7#", "B"),
        ("*555*7*#", "B"),
        ("*777#", "C"),
        ("", "C"),
    ] {
        let mut phone = Phone::with(menus.clone(), Language::En);
        let shown = phone.dial(dialled);
        assert!(
            shown.starts_with(&format!("{name}\n")),
            "{dialled}: {shown}"
        );
    }
    write(
        "d.toml",
        format!("dialled = [\"*777#\", \"*555#\"]\n{}", menu("D")),
    );
    write("e.toml", menu("E"));
    let problems = load(&folder).unwrap_err();
    assert_eq!(
        problems[0].place.to_string(),
        folder.path("d.toml").display().to_string() + ":1:21"
    );
    let told: Vec<String> = problems.iter().map(Problem::sentence).collect();
    let file = |name: &str| folder.path(name).display().to_string();
    let right = "give each menu codes of its own";
    assert_eq!(
        told,
        [
            format!(
                "`dialled[1]` leads here from *555#, as {}:1:12 does; {right}",
                file("a.toml")
            ),
            format!(
                "`dialled` leads here from every other code, as {} does; {right}",
                file("c.toml")
            ),
        ]
    );
}

#[test]
fn a_code_of_none_of_several_menus_ends_the_dialogue_and_the_only_menu_is_that_of_all_codes() {
    let menu = small(&format!("{CHOICE}{ON}"));
    let folder = Folder::with([("a.toml", &*format!("dialled = [\"*555#\"]\n{menu}"))]);
    let goes_on = |dialled: &str| {
        let mut phone = Phone::with(load(&folder).unwrap(), Language::En);
        let shown = phone.dial(dialled);
        assert!(!shown.is_empty());
        phone.place.is_some()
    };
    assert!(goes_on("*556#"));
    let another = format!("dialled = [\"*557#\"]\n{menu}");
    std::fs::write(folder.path("b.toml"), another).unwrap();
    assert!(goes_on("*557#") && !goes_on("*556#"));
}

#[test]
fn more_menus_than_a_dialogue_can_tell_apart_are_refused() {
    let menu = |code: u32| {
        let screen = "[screens.main]\ntext = \"Main\"\nend = true\n";
        format!("dialled = [\"*{code}#\"]\nhome = \"main\"\n{screen}")
    };
    let folder = Folder::with([("0.toml", menu(1000).as_str())]);
    for code in 1001..1256 {
        std::fs::write(folder.path(&format!("{code}.toml")), menu(code)).unwrap();
    }
    assert!(load(&folder).is_ok(), "256 of them");
    std::fs::write(folder.path("256.toml"), menu(1256)).unwrap();
    let problems = load(&folder).unwrap_err();
    let told: Vec<String> = problems.iter().map(|it| folder.within(it)).collect();
    assert!(
        matches!(told.as_slice(), [one] if one.contains("has 257 menus; put at most 256 into it")),
        "{told:?}"
    );
}
