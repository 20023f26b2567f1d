//! The lanes in which messages wait for their operator's link.

use xabar_events::Priority;

/// The lanes of a link, the earliest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// To what citizens ask, and USSD.
    Answers,
    Urgent,
    Normal,
    Bulk,
}

impl Lane {
    pub const ALL: [Self; 4] = [Self::Answers, Self::Urgent, Self::Normal, Self::Bulk];

    /// Where an agency's message goes.
    pub const fn of(priority: Priority) -> Self {
        match priority {
            Priority::Urgent => Self::Urgent,
            Priority::Normal => Self::Normal,
            Priority::Bulk => Self::Bulk,
        }
    }

    /// As people and contracts name it; that of an agency's messages like their priority.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Urgent => Priority::Urgent.as_str(),
            Self::Normal => Priority::Normal.as_str(),
            Self::Bulk => Priority::Bulk.as_str(),
        }
    }

    /// The code in storage, of an agency's message that of its priority; it never changes.
    pub const fn code(self) -> u8 {
        match self {
            Self::Answers => 0,
            Self::Urgent => Priority::Urgent.code(),
            Self::Normal => Priority::Normal.code(),
            Self::Bulk => Priority::Bulk.code(),
        }
    }

    /// The lane with this storage code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.code() == code)
    }
}
