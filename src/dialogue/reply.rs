//! What is done about a citizen's request, and what is answered.
//!
//! A citizen is told of applications whose messages went, or are to go, to the very number that asks. Another's
//! application is answered like one that does not exist.

use std::collections::BTreeMap;
use std::fmt;

use xabar_events::{Language, State};
use xabar_sms::latin::uzbek_latin;

use super::keywords::{Asked, Named, is_number, squashed};
use super::{Wish, folded};
use crate::clock::UnixMillis;
use crate::compose::application as shown;
use crate::journal::{Choices, Message, ThreadKey};

/// What is known of who asks.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The messages to the subscriber, of agencies and our answers.
    pub messages: &'a [Message],
    pub choices: &'a Choices,
    /// The names of agencies that can be stopped, besides those that wrote.
    pub agencies: &'a [Box<str>],
    pub wall: UnixMillis,
}

/// An answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    Status(Standing),
    /// No such application, as far as the subscriber may know.
    Unknown(String),
    /// The last to change first; empty: there are none.
    Applications(Vec<Standing>),
    /// No messages any more, of this agency or of all.
    Stopped(Option<Box<str>>),
    Started(Option<Box<str>>),
    /// Nothing is started: no agency of the name that was written is known.
    NoAgency,
    Language(Language),
    Help,
}

/// How an application stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Standing {
    /// By which it is known, since two agencies may give the same number.
    pub thread: ThreadKey,
    pub application: Box<str>,
    pub service: Box<str>,
    pub status: Box<str>,
}

/// The templates of all answers, by their keys in `[answers]`, each with the values that it may have.
pub const TEMPLATES: [(&str, &[&str]); 11] = [
    ("status", &["application", "service", "status"]),
    ("unknown", &["application"]),
    ("applications", &["list", "more"]),
    ("no-applications", &[]),
    ("stopped", &[]),
    ("stopped-agency", &["agency"]),
    ("started", &[]),
    ("started-agency", &["agency"]),
    ("no-agency", &[]),
    ("language", &[]),
    ("help", &[]),
];

impl Reply {
    /// The key of its template.
    pub fn template(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Unknown(_) => "unknown",
            Self::Applications(list) if list.is_empty() => "no-applications",
            Self::Applications(_) => "applications",
            Self::Stopped(None) => "stopped",
            Self::Stopped(Some(_)) => "stopped-agency",
            Self::Started(None) => "started",
            Self::Started(Some(_)) => "started-agency",
            Self::NoAgency => "no-agency",
            Self::Language(_) => "language",
            Self::Help => "help",
        }
    }
}

/// Names no application.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(standing) => f.debug_tuple("Status").field(standing).finish(),
            Self::Unknown(_) => f.write_str("Unknown"),
            Self::Applications(all) => f.debug_tuple("Applications").field(all).finish(),
            Self::Stopped(agency) => f.debug_tuple("Stopped").field(agency).finish(),
            Self::Started(agency) => f.debug_tuple("Started").field(agency).finish(),
            Self::NoAgency => f.write_str("NoAgency"),
            Self::Language(language) => f.debug_tuple("Language").field(language).finish(),
            Self::Help => f.write_str("Help"),
        }
    }
}

/// Says which service and how it stands, not the number.
impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing")
            .field("service", &self.service)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// What a text asks for, if it holds the number of one of the subscriber's own applications, which may be anything, among
/// whatever words. What opts out or in does so all the same.
pub fn of_own_applications(asked: Asked, text: &str, known: &Known<'_>) -> Asked {
    let may_be = !matches!(asked.wish, Wish::Stop(_) | Wish::Start(_));
    if !may_be || !text.contains(|each: char| each.is_ascii_digit()) {
        return asked;
    }
    let words = folded(text);
    let is_own = |number: &str| {
        notices(known)
            .any(|message| !number.is_empty() && is_number_of(number, &message.application))
    };
    if matches!(&asked.wish, Wish::Status(number) if is_own(number)) {
        return asked;
    }
    let whole = squashed(&words);
    if is_own(&whole) {
        return Asked {
            wish: Wish::Status(whole),
            language: None,
        };
    }
    let (_, rest) = words.split_once(' ').unwrap_or_default();
    let rest = squashed(rest);
    if asked.wish == Wish::Applications && is_own(&rest) {
        return Asked {
            wish: Wish::Status(rest),
            ..asked
        };
    }
    if matches!(asked.wish, Wish::Language(_)) {
        return asked;
    }
    let numbers = numbers(text);
    let joined = numbers.concat();
    let mut candidates = numbers.iter().chain([&joined]);
    let wish = match (asked.wish, candidates.find(|number| is_own(number))) {
        (_, Some(own)) => Wish::Status(own.clone()),
        // Which number it is that nothing is known of has to be plain where there are words, too.
        (Wish::Status(number), None) if joined.len() < number.len() => match &*numbers {
            [only] => Wish::Status(only.clone()),
            _ => Wish::Help,
        },
        (wish, None) => wish,
    };
    Asked { wish, ..asked }
}

/// The first words of a text that are numbers by themselves, folded. Nobody writes more of them, and each is compared with
/// all that the subscriber was told.
fn numbers(text: &str) -> Vec<String> {
    let words = text.split(|each: char| each.is_whitespace() || ":;,?!=".contains(each));
    let words = words.map(|word| squashed(&folded(word)));
    words.filter(|word| is_number(word)).take(10).collect()
}

/// What the subscriber chooses, if that changes anything, and the answer.
pub fn respond(wish: Wish, known: &Known<'_>) -> (Option<Choices>, Reply) {
    let mut choices = known.choices.clone();
    let reply = match wish {
        Wish::Status(application) => {
            let mut standings = standings(known).into_iter();
            let asked = |standing: &Standing| is_number_of(&application, &standing.application);
            let found = standings.find(asked);
            found.map_or(Reply::Unknown(application), Reply::Status)
        }
        Wish::Applications => Reply::Applications(standings(known)),
        Wish::Stop(named) => {
            // Who names none that we know of means all: better too quiet than not.
            let agency = named.and_then(|named| agency(&named, known));
            choices.stop(agency.as_deref());
            Reply::Stopped(agency)
        }
        Wish::Start(None) => {
            choices.start(None);
            Reply::Started(None)
        }
        Wish::Start(Some(named)) => match agency(&named, known) {
            None if named.of_all => {
                choices.start(None);
                Reply::Started(None)
            }
            // It may be meant for one only, of which we know by another name.
            None => Reply::NoAgency,
            agency => {
                choices.start(agency.as_deref());
                Reply::Started(agency)
            }
        },
        Wish::Language(language) => {
            choices.language = Some(language);
            Reply::Language(language)
        }
        Wish::Help => Reply::Help,
    };
    let changed = choices != *known.choices;
    (changed.then_some(choices), reply)
}

/// How the application stands of which this is the thread, if it is one of the subscriber's.
pub fn standing_of(thread: ThreadKey, known: &Known<'_>) -> Option<Standing> {
    let mut standings = standings(known).into_iter();
    standings.find(|standing| standing.thread == thread)
}

/// The agency that was named, if we know of it; of several, the one with the longest name.
fn agency(named: &Named, known: &Known<'_>) -> Option<Box<str>> {
    let wrote = notices(known).map(|message| message.key.agency.name());
    // What was chosen outlives the messages of who was chosen.
    let agencies = known.agencies.iter().map(|name| &**name).chain(wrote);
    let agencies = agencies.chain(known.choices.apart());
    let named = agencies.filter_map(|agency| Some((named.begins_with(agency)?, agency)));
    let (_, agency) = named.max_by_key(|(letters, _)| *letters)?;
    Some(agency.into())
}

/// How the subscriber's applications stand, the last to change first.
fn standings(known: &Known<'_>) -> Vec<Standing> {
    let mut latest: BTreeMap<(&str, &str), &Message> = BTreeMap::new();
    for message in notices(known) {
        let application = (message.key.agency.name(), &*message.application);
        let entry = latest.entry(application).or_insert(message);
        if entry.order() < message.order() {
            *entry = message;
        }
    }
    let mut latest: Vec<&Message> = latest.into_values().collect();
    latest.sort_by_key(|message| std::cmp::Reverse(message.order()));
    let standing = |message: &Message| Standing {
        thread: message.thread,
        application: message.application.clone(),
        service: message.content.service.clone(),
        status: message.content.status.clone(),
    };
    latest.into_iter().map(standing).collect()
}

/// Messages of agencies whose news is true and no secret any more.
fn notices<'a>(known: &Known<'a>) -> impl Iterator<Item = &'a Message> {
    let wall = known.wall;
    known.messages.iter().filter(move |message| {
        let last = message.progress.history.last().map(|told| told.state);
        let told_later = message.not_before.is_some_and(|at| at > wall);
        !message.is_answer() && last != Some(State::Cancelled) && !told_later
    })
}

/// Whether what was typed, folded and without spaces, is an application's number: as the agency writes it, or as a text
/// shows it, which may be in Latin letters.
fn is_number_of(typed: &str, application: &str) -> bool {
    let key = |number: &str| squashed(&folded(number));
    let shown = key(&uzbek_latin(&shown(application)));
    typed == key(application) || typed == shown || key(&uzbek_latin(typed)) == shown
}

#[cfg(test)]
mod tests {
    use xabar_events::Agency;

    use super::*;
    use crate::dialogue::Keywords;
    use crate::journal::sample;

    fn built_in() -> Keywords {
        Keywords::new(crate::compose::Catalog::built_in().keywords())
    }

    fn message(number: u64, application: &str, status: &str) -> Message {
        let mut message = sample::waiting(number);
        message.identity_mut().application = application.into();
        let origin = message.origin_mut();
        origin.thread = thread(application);
        origin.content.status = status.into();
        origin.time = UnixMillis(i64::try_from(number).unwrap());
        message
    }

    fn thread(application: &str) -> ThreadKey {
        ThreadKey(application.bytes().map(u64::from).sum())
    }

    fn reply(wish: Wish, messages: &[Message]) -> Reply {
        let known = Known {
            messages,
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        respond(wish, &known).1
    }

    fn status(application: &str, status: &str) -> Standing {
        Standing {
            thread: thread(application),
            application: application.into(),
            service: "land-registration".into(),
            status: status.into(),
        }
    }

    #[test]
    fn an_application_stands_as_its_latest_status_says() {
        let messages = [
            message(2, "KAD-1", "approved"),
            message(1, "KAD-1", "received"),
            message(3, "7", "ready"),
        ];
        let asked = Wish::Status("KAD1".into());
        let latest = Reply::Status(status("KAD-1", "approved"));
        assert_eq!(reply(asked, &messages), latest);
        let all = vec![status("7", "ready"), status("KAD-1", "approved")];
        assert_eq!(
            reply(Wish::Applications, &messages),
            Reply::Applications(all)
        );
        let unknown = Wish::Status("8".into());
        assert_eq!(reply(unknown, &messages), Reply::Unknown("8".into()));
    }

    #[test]
    fn of_two_agencies_that_give_the_same_number_each_application_is_found() {
        let mut other = message(2, "77", "approved");
        other.identity_mut().key.agency = Agency::from_name("soliq").unwrap();
        other.origin_mut().thread = ThreadKey(1);
        let messages = [other, message(1, "77", "received")];
        let known = Known {
            messages: &messages,
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        let status = |thread| standing_of(thread, &known).map(|standing| standing.status);
        assert_eq!(status(ThreadKey(1)).as_deref(), Some("approved"));
        assert_eq!(status(thread("77")).as_deref(), Some("received"));
        assert_eq!(status(ThreadKey(2)), None);
    }

    #[test]
    fn an_application_is_found_by_its_number_as_a_text_shows_it() {
        let keywords = built_in();
        for (number, typed) in [
            ("КАД-113", "KAD-113"),
            ("КАД-113", "кад 113"),
            ("KAD-113", "КАД-113"),
            ("Ж-77", "J-77"),
            ("ЎЗ-5", "O'Z-5"),
            ("O\u{2BB}Z-5", "O'Z-5"),
            ("АВ-12", "AB-12"),
            ("АВ-12", "AV-12"),
            ("AB-12", "АВ-12"),
            ("４８１２", "4812"),
        ] {
            let messages = [message(1, number, "ready")];
            let known = Known {
                messages: &messages,
                choices: &Choices::default(),
                agencies: &[],
                wall: UnixMillis(1_000),
            };
            let asked = of_own_applications(keywords.read(typed), typed, &known);
            let (_, reply) = respond(asked.wish, &known);
            assert_eq!(
                reply,
                Reply::Status(status(number, "ready")),
                "{number} {typed}"
            );
        }
        let other = Wish::Status("KAD114".into());
        let messages = [message(1, "КАД-113", "ready")];
        assert_eq!(reply(other, &messages), Reply::Unknown("KAD114".into()));
    }

    #[test]
    fn ones_own_application_is_found_whatever_its_number_is_like() {
        let messages = [
            message(1, "UZ-2026-A", "approved"),
            message(2, "KADASTR-12", "ready"),
            message(3, "STOP-7", "ready"),
        ];
        let known = Known {
            messages: &messages,
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        let keywords = built_in();
        for (text, number) in [
            ("uz 2026 a", Some("UZ2026A")),
            ("Kadastr-12", Some("KADASTR12")),
            ("STATUS kadastr 12", Some("KADASTR12")),
            ("status kadastr 13", None),
            ("stop 7", None),
        ] {
            let asked = of_own_applications(keywords.read(text), text, &known);
            let expected = number.map(|number| Wish::Status(number.to_owned()));
            let found = Some(asked.wish).filter(|wish| matches!(wish, Wish::Status(_)));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_number_among_words_is_found_if_it_is_ones_own_and_told_without_them_if_not() {
        let messages = [
            message(1, "48120973", "approved"),
            message(2, "2026-00113", "ready"),
        ];
        let known = Known {
            messages: &messages,
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        let keywords = built_in();
        let found = |number: &str| Wish::Status(number.into());
        for (text, wish) in [
            ("48120973 holat", found("48120973")),
            ("48120973\nstatus?", found("48120973")),
            ("ariza 48120973 holati", found("48120973")),
            ("status of my application: 48120973", found("48120973")),
            ("ariza raqami 2026-00113", found("202600113")),
            ("№48120973 holati qanday?", found("48120973")),
            ("No 4812 0973!", found("48120973")),
            ("48120974, 48120973?", found("48120973")),
            ("48120974 holat", found("48120974")),
            ("48120974, 48120975 holat", Wish::Help),
            ("status:48120974", found("48120974")),
            ("status-48120974", found("48120974")),
            ("status 4812 0974", found("48120974")),
            ("RU-26 1204418", found("RU261204418")),
            ("№48120974 holati qanday?", Wish::Help),
            ("status please 48120974", found("48120974")),
        ] {
            let asked = of_own_applications(keywords.read(text), text, &known);
            assert_eq!(asked.wish, wish, "{text}");
        }
    }

    #[test]
    fn what_was_withdrawn_or_is_to_be_told_later_is_not_told() {
        let mut withdrawn = message(1, "1", "approved");
        withdrawn
            .progress
            .history
            .push(sample::told(State::Cancelled));
        let mut later = message(2, "2", "approved");
        later.origin_mut().not_before = Some(UnixMillis(1_001));
        let none = Reply::Applications(Vec::new());
        assert_eq!(reply(Wish::Applications, &[withdrawn, later]), none);
    }

    #[test]
    fn an_agency_that_wrote_is_stopped_alone_and_an_unknown_word_stops_all_and_starts_none() {
        let messages = [message(1, "1", "approved")];
        let agencies = ["soliq".into()];
        let known = Known {
            messages: &messages,
            choices: &Choices::default(),
            agencies: &agencies,
            wall: UnixMillis(1_000),
        };
        let keywords = built_in();
        let wish = |text: &str| keywords.read(text).wish;
        for (text, agency) in [("stop Kadastr", "kadastr"), ("СТОП Солиқ", "soliq")] {
            let (choices, reply) = respond(wish(text), &known);
            assert_eq!(reply, Reply::Stopped(Some(agency.into())));
            let choices = choices.unwrap();
            assert!(!choices.hears(agency) && choices.hears("adliya"));
        }
        let (choices, reply) = respond(wish("stop please"), &known);
        assert_eq!(reply, Reply::Stopped(None));
        let choices = choices.unwrap();
        assert!(!choices.hears("adliya"));
        let known = Known {
            choices: &choices,
            ..known
        };
        assert_eq!(
            respond(wish("start kadaster"), &known),
            (None, Reply::NoAgency)
        );
        let (choices, reply) = respond(wish("START ALL"), &known);
        assert_eq!(reply, Reply::Started(None));
        assert!(choices.unwrap().hears("adliya"));
        let (choices, reply) = respond(wish("start kadastr"), &known);
        assert_eq!(reply, Reply::Started(Some("kadastr".into())));
        let choices = choices.unwrap();
        assert!(choices.hears("kadastr") && !choices.hears("adliya"));
    }

    #[test]
    fn an_agency_that_was_chosen_is_known_when_its_messages_are_forgotten() {
        let mut choices = Choices::default();
        choices.stop(Some("kadastr"));
        let known = Known {
            messages: &[],
            choices: &choices,
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        let keywords = built_in();
        let (changed, reply) = respond(keywords.read("STOP KADASTR").wish, &known);
        assert_eq!(changed, None);
        assert_eq!(reply, Reply::Stopped(Some("kadastr".into())));
        let (changed, reply) = respond(keywords.read("START KADASTR").wish, &known);
        assert_eq!(changed, Some(Choices::default()));
        assert_eq!(reply, Reply::Started(Some("kadastr".into())));
    }

    #[test]
    fn words_after_an_agencys_name_mean_nothing() {
        let agencies = ["soliq", "soliq-qomitasi"].map(Into::into);
        let known = Known {
            messages: &[],
            choices: &Choices::default(),
            agencies: &agencies,
            wall: UnixMillis(1_000),
        };
        let keywords = built_in();
        for (text, agency) in [
            ("stop soliq please", "soliq"),
            ("stop soliq qo'mitasi iltimos", "soliq-qomitasi"),
        ] {
            let (_, reply) = respond(keywords.read(text).wish, &known);
            assert_eq!(reply, Reply::Stopped(Some(agency.into())), "{text}");
        }
        let (_, reply) = respond(keywords.read("start soliq iltimos").wish, &known);
        assert_eq!(reply, Reply::Started(Some("soliq".into())));
        let (_, reply) = respond(keywords.read("START ALL please").wish, &known);
        assert_eq!(reply, Reply::Started(None));
    }

    #[test]
    fn a_choice_that_changes_nothing_is_confirmed_all_the_same() {
        let known = Known {
            messages: &[],
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        assert_eq!(
            respond(Wish::Start(None), &known),
            (None, Reply::Started(None))
        );
    }

    #[test]
    fn every_answer_has_a_template() {
        let agency = Some(Agency::from_name("kadastr").unwrap().name().into());
        let all = [
            Reply::Status(status("1", "ready")),
            Reply::Unknown("1".into()),
            Reply::Applications(vec![status("1", "ready")]),
            Reply::Applications(Vec::new()),
            Reply::Stopped(None),
            Reply::Stopped(agency.clone()),
            Reply::Started(None),
            Reply::Started(agency),
            Reply::NoAgency,
            Reply::Language(Language::Ru),
            Reply::Help,
        ];
        assert_eq!(
            all.map(|reply| reply.template()),
            TEMPLATES.map(|(key, _)| key)
        );
    }
}
