//! What the holder of a token may do.

use std::fmt;
use std::str::FromStr;

use xabar_events::Agency;

/// Of staff; each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sees how the gateway does.
    Viewer,
    /// Also what became of messages.
    Support,
    /// Also gives orders.
    Operator,
    /// Everything, events of every agency included.
    Admin,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Support, Self::Operator, Self::Admin];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|role| role.name() == name);
        found.ok_or("should be viewer, support, operator or admin")
    }
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    Role(Role),
    /// Publishes as this agency, and reads of its own messages.
    Agency(Agency),
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => f.write_str(role.name()),
            Self::Agency(agency) => write!(f, "agency {}", agency.name()),
        }
    }
}

impl Grant {
    /// Whose messages and events alone these are about; `None`: everyone's.
    pub fn only(&self) -> Option<&Agency> {
        match self {
            Self::Role(_) => None,
            Self::Agency(agency) => Some(agency),
        }
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// How the gateway does.
    Look,
    /// What became of messages.
    ReadMessages,
    /// To pause, resume and set.
    Order,
    /// To hand in events.
    Publish,
    /// To have what is known of a subscriber told in full, or erased.
    PersonalData,
}

impl Right {
    /// The least role that has it.
    fn least(self) -> Role {
        match self {
            Self::Look => Role::Viewer,
            Self::ReadMessages => Role::Support,
            Self::Order => Role::Operator,
            Self::Publish | Self::PersonalData => Role::Admin,
        }
    }

    /// The roles that have it.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        let all = Role::ALL.into_iter();
        all.filter(move |role| *role >= self.least())
    }

    /// Whether agencies have it, too, for what is theirs.
    pub fn is_agencies(self) -> bool {
        matches!(self, Self::ReadMessages | Self::Publish)
    }

    pub fn is_of(self, grant: &Grant) -> bool {
        match grant {
            Grant::Role(role) => *role >= self.least(),
            Grant::Agency(_) => self.is_agencies(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_is_of_these() {
        let agency = Grant::Agency(Agency::from_name("kadastr").unwrap());
        for (right, roles, agencies) in [
            (Right::Look, "viewer support operator admin", false),
            (Right::ReadMessages, "support operator admin", true),
            (Right::Order, "operator admin", false),
            (Right::Publish, "admin", true),
            (Right::PersonalData, "admin", false),
        ] {
            let all = Role::ALL.into_iter();
            let of: Vec<&str> = all
                .filter(|role| right.is_of(&Grant::Role(*role)))
                .map(Role::name)
                .collect();
            assert_eq!(of.join(" "), roles);
            let told: Vec<&str> = right.roles().map(Role::name).collect();
            assert_eq!(told, of);
            assert_eq!(right.is_of(&agency), agencies);
        }
    }
}
