//! One step of a dialogue, from either side.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What the phone's side says.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// A code was dialled, such as `*555#`.
    Begin {
        /// As it was dialled.
        dialled: String,
    },
    /// This was typed, in answer to a screen.
    Answer(String),
    /// The dialogue is over: the citizen left, or the network ended it, or its time was up there; most dialects have one
    /// mark for all of them. Nothing can be shown any more.
    Ended,
    /// What was pushed to the phone is on its screen. Nothing more can be shown.
    Noticed,
}

/// What we show.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// At most one [`Screen`](crate::Screen) of text.
    pub text: String,
    /// What answer is wanted; `None`: the dialogue ends with this.
    pub wants: Option<Wanted>,
}

/// What a screen is to be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One of its choices.
    Choice,
    /// Digits.
    Number,
    /// A line of text.
    Line,
}

/// How a dialogue is told from others of the same phone. It says nothing without the phone's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionKey {
    /// The operator says nothing: a phone is in one dialogue at a time.
    Unnamed,
    /// A number of the operator's.
    Number(u16),
    /// The hash of a name, see [`named`](Self::named).
    Name(u64),
}

impl SessionKey {
    /// The key of a session that has a name, which may be of any length.
    pub fn named(name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self::Name(hasher.finish())
    }
}

impl Shown {
    /// A screen that offers choices.
    pub fn asking(text: impl Into<String>) -> Self {
        Self::asking_for(Wanted::Choice, text)
    }

    /// A screen that wants this answer.
    pub fn asking_for(wanted: Wanted, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            wants: Some(wanted),
        }
    }

    /// The last screen of a dialogue.
    pub fn last(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            wants: None,
        }
    }

    /// Whether the dialogue goes on.
    pub fn goes_on(&self) -> bool {
        self.wants.is_some()
    }
}

/// Tells how much was dialled or typed, not what.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { dialled } => f.debug_tuple("Begin").field(&dialled.len()).finish(),
            Self::Answer(typed) => f.debug_tuple("Answer").field(&typed.len()).finish(),
            Self::Ended => f.write_str("Ended"),
            Self::Noticed => f.write_str("Noticed"),
        }
    }
}

/// Tells how long the text is, not what it says.
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown")
            .field("len", &self.text.len())
            .field("wants", &self.wants)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_what_was_typed_nor_what_is_shown_is_told() {
        let dialled = "*555*2*48120973#".into();
        let told = format!(
            "{:?} {:?} {:?}",
            Said::Begin { dialled },
            Said::Answer("48120973".into()),
            Shown::asking("Ariza 48120973")
        );
        assert!(!told.contains("4812"), "{told}");
    }

    #[test]
    fn a_name_always_has_the_same_key() {
        let key = SessionKey::named("ATUid_1");
        assert_eq!(key, SessionKey::named("ATUid_1"));
        assert_ne!(key, SessionKey::named("ATUid_2"));
    }
}
