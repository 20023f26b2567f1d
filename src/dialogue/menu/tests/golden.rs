//! Every screen of the menu that comes with the gateway, in every language, kept in a file.
//!
//! `XABAR_GOLDEN=write cargo test -p xabar dialogue::menu` writes it; read the difference before you commit.
//! `tests/e2e/ussd/walks.rs` reads the file, and has phones see the same over SMPP and over HTTP.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use xabar_events::Language;
use xabar_sms::Encoding;

use super::{APPLICATIONS, Journal, Phone, units};

/// A dialogue: what is known of the phone, and what is typed after the code.
struct Walk {
    name: &'static str,
    journal: Journal,
    language_known: bool,
    stopped: bool,
    /// Whether it can be sent an SMS.
    sms: bool,
    /// Whether the gateway forgets it before the first answer.
    restarted: bool,
    typed: &'static [&'static str],
}

const fn walk(name: &'static str, typed: &'static [&'static str]) -> Walk {
    Walk {
        name,
        journal: Journal::Much,
        language_known: true,
        stopped: false,
        sms: true,
        restarted: false,
        typed,
    }
}

const WALKS: [Walk; 15] = [
    walk("my applications", &["1", "9", "1", "1"]),
    walk("by number", &["2", "abc", "48120973", "00"]),
    walk("somebody else's", &["2", "48120974", "0", "0"]),
    walk("last messages", &["3", "9", "9", "0", "00"]),
    walk("another language", &["4", "0"]),
    walk("no messages any more", &["5", "7", "1"]),
    walk("wrong answers", &["8", "what?", ""]),
    Walk {
        journal: Journal::Nothing,
        language_known: false,
        ..walk("the first time", &["8"])
    },
    Walk {
        stopped: true,
        ..walk("messages again", &["6"])
    },
    Walk {
        journal: Journal::Nothing,
        ..walk("no applications", &["1", "1"])
    },
    Walk {
        journal: Journal::Nothing,
        ..walk("no messages", &["3", "0"])
    },
    Walk {
        journal: Journal::RefusesNumbers,
        ..walk("too many numbers", &["2", "48120973", "0", "00"])
    },
    Walk {
        sms: false,
        ..walk("a status without an SMS", &["1", "1", "1", "00"])
    },
    Walk {
        restarted: true,
        ..walk("an answer to what is forgotten", &["1"])
    },
    Walk {
        journal: Journal::Refuses,
        ..walk("what cannot be told or done", &["1", "0", "5", "1"])
    },
];

impl Walk {
    /// What is not as with other phones.
    fn circumstances(&self) -> String {
        let of_journal = match self.journal {
            Journal::Much => None,
            Journal::Nothing => Some("nothing was sent"),
            Journal::RefusesNumbers => Some("no number is looked for"),
            Journal::Refuses => Some("nothing can be told or done"),
        };
        let no_language = Some("no language is known").filter(|_| !self.language_known);
        let stopped = Some("messages are stopped").filter(|_| self.stopped);
        let no_sms = Some("no SMS can be sent").filter(|_| !self.sms);
        let restarted = Some("the gateway was restarted").filter(|_| self.restarted);
        let all = [of_journal, no_language, stopped, no_sms, restarted];
        let all: Vec<&str> = all.into_iter().flatten().collect();
        match all.is_empty() {
            true => String::new(),
            false => format!(" ({})", all.join(", ")),
        }
    }
}

/// What one phone shows on a walk, and the screens that it came to.
fn walked(golden: &mut String, language: Language, walk: &Walk) -> BTreeSet<Box<str>> {
    let mut phone = Phone::new(language);
    phone.journal = walk.journal;
    phone.about.language = walk.language_known.then_some(language);
    phone.about.stopped = walk.stopped;
    phone.about.sms = walk.sms;
    let mut seen = BTreeSet::new();
    let circumstances = walk.circumstances();
    writeln!(golden, "\n## {language}: {}{circumstances}", walk.name).unwrap();
    let mut text = phone.dial("*555#");
    let mut typed = walk.typed.iter();
    loop {
        let (units, capacity) = units(&text);
        assert!(units <= capacity, "{text}");
        let ends = if phone.place.is_none() {
            ", the end"
        } else {
            ""
        };
        let encoding = Encoding::of(&text);
        writeln!(golden, "--- {units} of {capacity} {encoding}{ends}\n{text}").unwrap();
        let Some(place) = &phone.place else { break };
        let menu = &phone.menus.menus[usize::from(place.menu)];
        seen.insert(menu.screen(place.screen).unwrap().name.clone());
        let Some(next) = typed.next() else { break };
        writeln!(golden, "> {next}").unwrap();
        text = match walk.restarted {
            true => phone.is_forgotten(),
            false => phone.type_in(next),
        };
    }
    assert_eq!(typed.next(), None, "{language} {} ends early", walk.name);
    seen
}

fn golden() -> String {
    let mut golden = String::from(
        "# The built-in menu as phones show it, dialogue by dialogue.\n\
         # Made by: XABAR_GOLDEN=write cargo test -p xabar dialogue::menu\n\
         \n# What a phone was told of, the last to change first: application, service, status.\n",
    );
    for (application, service, status) in APPLICATIONS {
        writeln!(golden, "= {application} {service} {status}").unwrap();
    }
    for language in Language::ALL {
        for walk in &WALKS {
            walked(&mut golden, *language, walk);
        }
    }
    golden
}

#[test]
fn every_screen_reads_as_kept_in_every_language() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dialogue/menu/golden.txt");
    let golden = golden();
    if std::env::var_os("XABAR_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&file, &golden).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    for (at, (now, kept)) in golden.lines().zip(kept.lines()).enumerate() {
        assert_eq!(now, kept, "{}:{}", file.display(), at + 1);
    }
    assert_eq!(golden.lines().count(), kept.lines().count());
}

#[test]
fn the_kept_dialogues_come_to_every_screen_that_does_not_end_them() {
    let menus = super::built_in();
    let going_on = menus.menus[0].screens.iter().filter(|screen| !screen.ends);
    let all: BTreeSet<Box<str>> = going_on.map(|screen| screen.name.clone()).collect();
    for language in Language::ALL {
        let walked = |walk| walked(&mut String::new(), *language, walk);
        let seen: BTreeSet<Box<str>> = WALKS.iter().flat_map(walked).collect();
        assert_eq!(seen, all, "{language}");
    }
}
