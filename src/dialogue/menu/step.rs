//! What goes in and out of the menus at each step.

use std::fmt;

use xabar_events::Language;

use super::Place;
use crate::journal::ThreadKey;

/// What is known of a subscriber when a code is dialled, and at each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The language that they chose, or else, when a code is dialled, that of the last message to them.
    pub language: Option<Language>,
    /// Where nothing is known.
    pub default: Language,
    /// Whether they want no messages of any agency.
    pub stopped: bool,
    /// Whether they can be sent an SMS.
    pub sms: bool,
}

/// What is done next.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// A screen that wants an answer.
    Show { text: String, place: Place },
    /// The last screen.
    End { text: String },
    /// The journal is asked, or told, and [`Menus::told`](super::Menus::told) goes on.
    Ask { place: Place, question: Question },
}

/// What the menus want to know, or to be done. Choices are in the journal before they are answered with
/// [`Facts::Done`].
#[derive(Clone, PartialEq, Eq)]
pub enum Question {
    /// How the subscriber's applications stand: [`Facts::Applications`].
    Applications,
    /// How one of them stands: [`Facts::Status`].
    Status(Which),
    /// The texts of the last messages to the subscriber: [`Facts::Messages`].
    LastMessages,
    /// All messages and screens are to be in this language.
    Language(Language),
    /// No messages any more, of this agency or of all.
    OptOut(Option<Box<str>>),
    /// Messages again.
    OptIn(Option<Box<str>>),
    /// An SMS to the subscriber.
    Sms(Sms),
}

/// What an SMS that was asked for says.
#[derive(Clone, PartialEq, Eq)]
pub enum Sms {
    /// How all of the subscriber's applications stand.
    Applications,
    /// The whole text about this one.
    Status(Which),
}

/// Which application is asked about.
#[derive(Clone, PartialEq, Eq)]
pub enum Which {
    /// That of the number that was typed, whichever agency gave it.
    Typed(Box<str>),
    /// That which was picked from a list, where two agencies may have given the same number.
    Picked(Picked),
}

/// An application of a list.
#[derive(Clone, PartialEq, Eq)]
pub struct Picked {
    pub thread: ThreadKey,
    /// As the list shows it.
    pub number: Box<str>,
}

/// What the journal knows, or what became of a wish.
#[derive(Clone, PartialEq, Eq)]
pub enum Facts {
    /// The last to change first.
    Applications(Vec<Listed>),
    /// `None`: there is no such one, as far as the subscriber may know.
    Status(Option<Application>),
    /// The newest first.
    Messages(Vec<String>),
    /// It is done.
    Done,
    /// Not now: it was done too often, or cannot be done.
    Refused,
}

/// An application that can be picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub thread: ThreadKey,
    pub application: Application,
}

/// How an application stands, in the words of the dialogue's language.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Application {
    pub number: Box<str>,
    pub service: Box<str>,
    pub status: Box<str>,
}

impl Which {
    /// The number, as it was typed or is shown.
    pub fn number(&self) -> &str {
        match self {
            Self::Typed(number) | Self::Picked(Picked { number, .. }) => number,
        }
    }
}

/// Tells how long a text is, not what it says.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Show { text, place } => f
                .debug_struct("Show")
                .field("len", &text.len())
                .field("place", place)
                .finish(),
            Self::End { text } => f.debug_struct("End").field("len", &text.len()).finish(),
            Self::Ask { place, question } => f
                .debug_struct("Ask")
                .field("place", place)
                .field("question", question)
                .finish(),
        }
    }
}

/// Names no application.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applications => f.write_str("Applications"),
            Self::Status(_) => f.write_str("Status"),
            Self::LastMessages => f.write_str("LastMessages"),
            Self::Language(language) => f.debug_tuple("Language").field(language).finish(),
            Self::OptOut(agency) => f.debug_tuple("OptOut").field(agency).finish(),
            Self::OptIn(agency) => f.debug_tuple("OptIn").field(agency).finish(),
            Self::Sms(Sms::Applications) => f.write_str("Sms(Applications)"),
            Self::Sms(Sms::Status(_)) => f.write_str("Sms(Status)"),
        }
    }
}

/// Names no application and shows no text.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applications(all) => f.debug_tuple("Applications").field(&all.len()).finish(),
            Self::Status(found) => f.debug_tuple("Status").field(&found.is_some()).finish(),
            Self::Messages(all) => f.debug_tuple("Messages").field(&all.len()).finish(),
            Self::Done => f.write_str("Done"),
            Self::Refused => f.write_str("Refused"),
        }
    }
}

/// Says which service and how it stands, not the number.
impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("service", &self.service)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
