//! Why requests are refused, counted for metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Serialize, Serializer};

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// Nothing was shown.
    NoToken,
    /// What was shown is no token, or no operator's secret.
    WrongToken,
    /// Too much that is wrong came from there.
    TooOften,
    /// The token is not for that.
    Role,
    /// The event is of another agency.
    Source,
    /// The certificate is missing or no good.
    Certificate,
    /// There are as many connections from there as there may be.
    Connections,
}

impl Why {
    pub const ALL: [Self; 7] = [
        Self::NoToken,
        Self::WrongToken,
        Self::TooOften,
        Self::Role,
        Self::Source,
        Self::Certificate,
        Self::Connections,
    ];

    /// As metrics and the audit log name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoToken => "no-token",
            Self::WrongToken => "wrong-token",
            Self::TooOften => "too-often",
            Self::Role => "role",
            Self::Source => "source",
            Self::Certificate => "certificate",
            Self::Connections => "connections",
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// Counts of refused requests since the start.
#[derive(Clone, Debug, Default)]
pub struct Denials(Arc<[AtomicU64; Why::ALL.len()]>);

impl Denials {
    pub fn count(&self, why: Why) {
        if let Some((_, count)) = self.counts().find(|(its, _)| *its == why) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Every reason, with how many there were.
    pub fn read(&self) -> impl Iterator<Item = (Why, u64)> {
        self.counts()
            .map(|(why, count)| (why, count.load(Ordering::Relaxed)))
    }

    fn counts(&self) -> impl Iterator<Item = (Why, &AtomicU64)> {
        Why::ALL.into_iter().zip(&*self.0)
    }
}
