//! What is done about a citizen's request, and what is answered.
//!
//! A citizen is told of applications whose messages went, or are to go, to the very number that asks. Another's
//! application is answered like one that does not exist.

use std::collections::BTreeMap;
use std::fmt;

use xabar_events::{Language, State};

use super::Wish;
use super::keywords::Named;
use super::numbers::of_number;
use crate::clock::UnixMillis;
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
    /// The several applications of a number, of which nobody knows which is meant: the last to change first.
    Several(Vec<Standing>),
    /// No such application, as far as the subscriber may know.
    /// The number is as it was typed.
    Unknown(String),
    /// The last to change first; empty: there are none.
    Applications(Vec<Standing>),
    /// No messages any more, of this agency or of all.
    Stopped(Option<Box<str>>),
    Started(Option<Box<str>>),
    /// Nothing is started: no agency of the name that was written is known.
    NoAgency,
    /// Nothing is started: no more agencies can be chosen apart.
    TooMany,
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
pub const TEMPLATES: [(&str, &[&str]); 12] = [
    ("status", &["application", "service", "status"]),
    ("unknown", &["application"]),
    ("applications", &["list", "more"]),
    ("no-applications", &[]),
    ("stopped", &[]),
    ("stopped-agency", &["agency"]),
    ("started", &[]),
    ("started-agency", &["agency"]),
    ("no-agency", &[]),
    ("too-many", &[]),
    ("language", &[]),
    ("help", &[]),
];

impl Reply {
    /// Whether it might be another if older messages were known.
    pub fn may_lack_messages(&self) -> bool {
        matches!(
            self,
            Self::Unknown(_) | Self::Applications(_) | Self::NoAgency | Self::Help
        )
    }

    /// Whether it answers a choice that is kept.
    pub fn is_to_a_choice(&self) -> bool {
        match self {
            Self::Stopped(_)
            | Self::Started(_)
            | Self::NoAgency
            | Self::TooMany
            | Self::Language(_) => true,
            Self::Status(_)
            | Self::Several(_)
            | Self::Unknown(_)
            | Self::Applications(_)
            | Self::Help => false,
        }
    }

    /// The key of its template.
    pub fn template(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Unknown(_) => "unknown",
            Self::Applications(list) if list.is_empty() => "no-applications",
            Self::Applications(_) | Self::Several(_) => "applications",
            Self::Stopped(None) => "stopped",
            Self::Stopped(Some(_)) => "stopped-agency",
            Self::Started(None) => "started",
            Self::Started(Some(_)) => "started-agency",
            Self::NoAgency => "no-agency",
            Self::TooMany => "too-many",
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
            Self::Several(all) => f.debug_tuple("Several").field(all).finish(),
            Self::Unknown(_) => f.write_str("Unknown"),
            Self::Applications(all) => f.debug_tuple("Applications").field(all).finish(),
            Self::Stopped(agency) => f.debug_tuple("Stopped").field(agency).finish(),
            Self::Started(agency) => f.debug_tuple("Started").field(agency).finish(),
            Self::NoAgency => f.write_str("NoAgency"),
            Self::TooMany => f.write_str("TooMany"),
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

/// What the subscriber chooses, if that changes anything, and the answer.
pub fn respond(wish: Wish, known: &Known<'_>) -> (Option<Choices>, Reply) {
    let mut choices = known.choices.clone();
    let reply = match wish {
        Wish::Status(number) => {
            let mut found = of_number(&number, standings(known));
            match found.len() {
                0 => Reply::Unknown(number),
                1 => Reply::Status(found.remove(0)),
                _ => Reply::Several(found),
            }
        }
        Wish::Applications => Reply::Applications(standings(known)),
        Wish::Stop(named) => {
            // Who names none that we know of means all: better too quiet than not.
            let agency = named.and_then(|named| agency(&named, known));
            stop(&mut choices, agency)
        }
        Wish::StopIfNamed(named) => match agency(&named, known) {
            None => Reply::Help,
            agency => stop(&mut choices, agency),
        },
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
            // Not of all, of whom most are not wanted.
            agency if !choices.start(agency.as_deref()) => Reply::TooMany,
            agency => Reply::Started(agency),
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

/// No messages any more, of this agency or of all.
fn stop(choices: &mut Choices, agency: Option<Box<str>>) -> Reply {
    let alone = choices.stop(agency.as_deref()).is_some();
    Reply::Stopped(agency.filter(|_| alone))
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
pub(super) fn notices<'a>(known: &Known<'a>) -> impl Iterator<Item = &'a Message> {
    let wall = known.wall;
    known.messages.iter().filter(move |message| {
        let last = message.progress.history.last().map(|told| told.state);
        let told_later = message.not_before.is_some_and(|at| at > wall);
        !message.is_answer() && last != Some(State::Cancelled) && !told_later
    })
}

#[cfg(test)]
pub(super) mod tests {
    use xabar_events::Agency;

    use super::*;
    use crate::dialogue::{Keywords, of_own_applications};
    use crate::journal::sample;

    pub(crate) fn built_in() -> Keywords {
        Keywords::new(crate::compose::Catalog::built_in().keywords())
    }

    pub(crate) fn message(number: u64, application: &str, status: &str) -> Message {
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

    pub(crate) fn reply(wish: Wish, messages: &[Message]) -> Reply {
        respond(wish, &known(messages, &Choices::default())).1
    }

    /// What is known to who asks for these.
    pub(crate) fn known<'a>(messages: &'a [Message], choices: &'a Choices) -> Known<'a> {
        Known {
            messages,
            choices,
            agencies: &[],
            wall: UnixMillis(1_000),
        }
    }

    pub(crate) fn status(application: &str, status: &str) -> Standing {
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
    fn a_number_is_first_that_with_its_signs_and_of_several_without_all_are_told() {
        let messages = [
            message(1, "12-345", "approved"),
            message(2, "1234-5", "rejected"),
        ];
        let (kadastr, soliq) = (status("12-345", "approved"), status("1234-5", "rejected"));
        let both = || Reply::Several(vec![soliq.clone(), kadastr.clone()]);
        for (typed, told) in [
            (" 12\u{2011}345", Reply::Status(kadastr.clone())),
            ("1234-5", Reply::Status(soliq.clone())),
            ("12345", both()),
            ("12/345", both()),
        ] {
            assert_eq!(
                reply(Wish::Status(typed.into()), &messages),
                told,
                "{typed}"
            );
        }
        let typed = "status of my 12-345?";
        let known = Known {
            messages: &messages,
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        let asked = of_own_applications(built_in().read(typed), typed, &known);
        assert_eq!(
            respond(asked.wish, &known).1,
            Reply::Status(kadastr.clone())
        );
    }

    #[test]
    fn of_numbers_that_a_text_shows_alike_all_are_told() {
        let messages = [
            message(1, "2045", "rejected"),
            message(2, "N 2045", "approved"),
        ];
        let alone = Reply::Status(status("N 2045", "approved"));
        let both = Reply::Several(vec![
            status("N 2045", "approved"),
            status("2045", "rejected"),
        ]);
        for (typed, told) in [("N 2045", alone), ("2045", both)] {
            assert_eq!(reply(Wish::Status(typed.into()), &messages), told);
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
    fn an_agency_that_cannot_be_chosen_apart_any_more_is_not_started_and_stopped_with_all() {
        let agencies = ["kadastr".into()];
        let answer = |choices: &Choices, text: &str| {
            let known = Known {
                messages: &[],
                choices,
                agencies: &agencies,
                wall: UnixMillis(1_000),
            };
            respond(built_in().read(text).wish, &known)
        };
        let mut choices = Choices::default();
        choices.stop(None);
        for number in 0.. {
            if !choices.start(Some(&format!("agency-{number}"))) {
                break;
            }
        }
        assert_eq!(answer(&choices, "START KADASTR"), (None, Reply::TooMany));
        choices.start(None);
        for number in 0.. {
            let before = choices.clone();
            if choices.stop(Some(&format!("agency-{number}"))).is_none() {
                choices = before;
                break;
            }
        }
        let (changed, reply) = answer(&choices, "STOP KADASTR");
        assert_eq!(reply, Reply::Stopped(None));
        assert!(changed.is_some_and(|choices| choices.hears_nobody()));
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
    fn a_sentence_that_begins_like_an_opt_out_is_none_unless_it_names_an_agency() {
        let agencies = ["kadastr".into()];
        let known = Known {
            messages: &[],
            choices: &Choices::default(),
            agencies: &agencies,
            wall: UnixMillis(1_000),
        };
        for (text, reply) in [
            ("End date of my permit?", Reply::Help),
            ("Quit asking, please", Reply::Help),
            ("end kadastr", Reply::Stopped(Some("kadastr".into()))),
            ("END", Reply::Stopped(None)),
        ] {
            let (choices, told) = respond(built_in().read(text).wish, &known);
            assert_eq!(choices.is_some(), reply != Reply::Help, "{text}");
            assert_eq!(told, reply, "{text}");
        }
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
            Reply::TooMany,
            Reply::Language(Language::Ru),
            Reply::Help,
        ];
        assert_eq!(
            all.map(|reply| reply.template()),
            TEMPLATES.map(|(key, _)| key)
        );
    }
}
