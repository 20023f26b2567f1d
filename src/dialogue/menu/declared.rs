//! A menu as its file declares it.

use std::path::PathBuf;

use xabar_events::Language;

use super::About;
use super::wording::{Spot, Wording};
use crate::control::settings::Place;

/// One of the screens of a menu, by its place among them.
pub(super) type ScreenId = u8;

/// A menu.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Menu {
    pub(super) file: PathBuf,
    /// The codes that lead to it; none: all that lead to no other menu.
    pub(super) dialled: Vec<Dialled>,
    /// Where a dialogue begins if a condition holds; otherwise it begins at home.
    pub(super) first: Vec<(Condition, ScreenId)>,
    pub(super) home: ScreenId,
    /// So many wrong answers to one screen end a dialogue.
    pub(super) tries: u8,
    pub(super) words: Words,
    pub(super) screens: Vec<Screen>,
}

/// A code that leads to a menu, and where that is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dialled {
    pub(super) code: Code,
    pub(super) key: String,
    pub(super) place: Place,
}

/// What is dialled: the numbers between its stars, so 555 and 7 of `*555*7#`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Code(Vec<Box<str>>);

/// What every screen may say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    /// Leads to the next page.
    pub(super) next: Line,
    /// Leads to the page or the screen before.
    pub(super) back: Line,
    /// Leads to the first screen.
    pub(super) home: Line,
    /// Before a screen that is shown again after an answer that leads nowhere.
    pub(super) wrong: Wording,
    /// What was asked for cannot be done now, or nothing can be.
    pub(super) refused: Wording,
    /// The end after too many wrong answers.
    pub(super) ended: Wording,
    /// The end for who does not answer in time, or answers a dialogue that is not known any more.
    pub(super) forgotten: Wording,
}

/// A line that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// What is to be typed.
    pub(super) press: Box<str>,
    pub(super) spot: Spot,
    pub(super) label: Wording,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Screen {
    pub(super) name: Box<str>,
    pub(super) spot: Spot,
    /// The most pages that it may take; what is told of facts may take any number.
    pub(super) most_pages: usize,
    pub(super) text: Wording,
    pub(super) body: Body,
    pub(super) choices: Vec<Choice>,
    /// Whether the dialogue ends with it.
    pub(super) ends: bool,
}

/// What a screen does beside offering choices.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Nothing,
    /// It takes an application's number.
    Input(Input),
    /// It lists the subscriber's applications; who picks one is led to `pick`.
    Applications {
        pick: ScreenId,
        none: Wording,
    },
    /// It tells how the application stands that was picked or typed.
    Status {
        none: Wording,
    },
    /// It tells the last messages.
    Messages {
        none: Wording,
    },
}

/// The number of an application that is to be typed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Input {
    /// Characters.
    pub(super) least: usize,
    pub(super) most: usize,
    /// Whether there may be digits only.
    pub(super) digits: bool,
    /// Instead of the screen's text after a wrong one.
    pub(super) wrong: Wording,
    pub(super) to: ScreenId,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) line: Line,
    pub(super) when: Option<Condition>,
    pub(super) act: Option<Act>,
    pub(super) link: Spot,
    pub(super) to: ScreenId,
}

/// What is done before a choice leads on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Language(Language),
    /// No messages any more, of this agency or of all.
    Stop(Option<Box<str>>),
    Start(Option<Box<str>>),
    /// An SMS with the whole text about the application that is shown, or else with all applications.
    Sms,
}

/// What is known of a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flags {
    pub(super) language_known: bool,
    pub(super) stopped: bool,
    pub(super) sms: bool,
}

/// What has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    flag: Flag,
    holds: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    LanguageKnown,
    Stopped,
    Sms,
}

impl Condition {
    /// All conditions by their names.
    pub(super) const NAMED: [(&str, Self); 6] = [
        ("language-known", Self::new(Flag::LanguageKnown, true)),
        ("language-unknown", Self::new(Flag::LanguageKnown, false)),
        ("stopped", Self::new(Flag::Stopped, true)),
        ("not-stopped", Self::new(Flag::Stopped, false)),
        ("sms", Self::new(Flag::Sms, true)),
        ("no-sms", Self::new(Flag::Sms, false)),
    ];

    const fn new(flag: Flag, holds: bool) -> Self {
        Self { flag, holds }
    }

    pub(super) fn holds(self, flags: Flags) -> bool {
        let is = match self.flag {
            Flag::LanguageKnown => flags.language_known,
            Flag::Stopped => flags.stopped,
            Flag::Sms => flags.sms,
        };
        is == self.holds
    }

    pub(super) fn name(self) -> &'static str {
        let mut named = Self::NAMED.into_iter();
        let found = named.find(|(_, condition)| *condition == self);
        found.map_or("", |(name, _)| name)
    }
}

impl Flags {
    pub(super) fn of(about: &About) -> Self {
        Self {
            language_known: about.language.is_some(),
            stopped: about.stopped,
            sms: about.sms,
        }
    }

    /// What is known once this was done.
    pub(super) fn after(self, act: Option<&Act>) -> Self {
        match act {
            Some(Act::Language(_)) => Self {
                language_known: true,
                ..self
            },
            Some(Act::Stop(None)) => Self {
                stopped: true,
                ..self
            },
            Some(Act::Start(None)) => Self {
                stopped: false,
                ..self
            },
            Some(Act::Stop(_) | Act::Start(_) | Act::Sms) | None => self,
        }
    }

    /// All that may be known of somebody.
    pub(super) fn each() -> impl Iterator<Item = Self> {
        (0..8_u8).map(|bits| Self {
            language_known: bits & 1 != 0,
            stopped: bits & 2 != 0,
            sms: bits & 4 != 0,
        })
    }
}

/// The conditions that hold, by their names.
impl std::fmt::Display for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let holding = Condition::NAMED
            .iter()
            .filter(|(_, when)| when.holds(*self));
        let names: Vec<&str> = holding.map(|(name, _)| *name).collect();
        f.write_str(&names.join(", "))
    }
}

impl Code {
    /// Reads `*555*7#`; `None` if there is nothing in it.
    pub(super) fn read(dialled: &str) -> Option<Self> {
        let parts = dialled.trim().trim_end_matches('#').split('*');
        let parts: Vec<Box<str>> = parts
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Into::into)
            .collect();
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Reads a code as it is declared: numbers only.
    pub(super) fn declared(text: &str) -> Option<Self> {
        let digits = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
        let framed = text.starts_with('*') && text.ends_with('#');
        Self::read(text).filter(|code| framed && code.0.iter().all(|part| digits(part)))
    }

    /// What was dialled beyond this code; `None` if it does not begin with it.
    pub(super) fn beyond<'a>(&self, dialled: &'a Self) -> Option<&'a [Box<str>]> {
        dialled.0.strip_prefix(self.0.as_slice())
    }

    /// The numbers in it.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "*{}#", self.0.join("*"))
    }
}

impl Menu {
    /// Where a dialogue begins.
    pub(super) fn beginning(&self, flags: Flags) -> ScreenId {
        let mut first = self.first.iter().filter(|(when, _)| when.holds(flags));
        first.next().map_or(self.home, |(_, screen)| *screen)
    }

    pub(super) fn screen(&self, id: ScreenId) -> Option<&Screen> {
        self.screens.get(usize::from(id))
    }
}

impl Body {
    /// The screen that it leads to by itself.
    pub(super) fn leads_to(&self) -> Option<ScreenId> {
        match self {
            Self::Input(input) => Some(input.to),
            Self::Applications { pick, .. } => Some(*pick),
            Self::Nothing | Self::Status { .. } | Self::Messages { .. } => None,
        }
    }
}

impl Screen {
    /// The choices that a subscriber has, by their places; `bare`: only those that do nothing but lead on.
    pub(super) fn offered(
        &self,
        flags: Flags,
        bare: bool,
    ) -> impl Iterator<Item = (usize, &Choice)> {
        let choices = self.choices.iter().enumerate();
        choices.filter(move |(_, choice)| {
            choice.when.is_none_or(|when| when.holds(flags)) && !(bare && choice.act.is_some())
        })
    }

    /// The screens that it leads to, other than home and the one before.
    pub(super) fn leads_to(&self) -> impl Iterator<Item = ScreenId> {
        let choices = self.choices.iter().map(|choice| choice.to);
        self.body.leads_to().into_iter().chain(choices)
    }

    /// Where choices lead a subscriber of whom this is known, and what is known of them there.
    pub(super) fn ways(&self, flags: Flags) -> impl Iterator<Item = (ScreenId, Flags)> {
        let offered = self.offered(flags, false);
        offered.map(move |(_, choice)| (choice.to, flags.after(choice.act.as_ref())))
    }
}
