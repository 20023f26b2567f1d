//! The rules by which messages wait, and whose they change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{DailyQuota, Limit, Limits, QuietHours, Sharing, Spread};
use crate::journal::{AgencyKey, hash};

/// The rules for subscribers, and for whoever shares a link.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub limits: Vec<Limit>,
    /// Those that are configured, where staff set others: they may hold again, so subscribers are remembered for them, too.
    pub configured_limits: Vec<Limit>,
    /// How much later than decided a submission may be written.
    pub lag: Duration,
    /// Whether the limits hold urgent messages, too, which count in any case.
    pub urgent_limited: bool,
    pub quiet_hours: Option<QuietHours>,
    /// Over which time the messages that waited for the end of the quiet hours go out.
    pub release: Duration,
    /// The hours without bulk messages.
    pub no_bulk: Option<QuietHours>,
    pub daily: BTreeMap<AgencyKey, DailyQuota>,
    pub spreads: Vec<Spread>,
    pub sharing: Sharing,
}

impl Rules {
    /// Whose messages are put off by other rules than before.
    pub fn affected(&self, before: &Self) -> Affected {
        let of_all = |rules: &Self| {
            let Self {
                limits,
                lag,
                urgent_limited,
                quiet_hours,
                release,
                no_bulk,
                ..
            } = rules.clone();
            (limits, lag, urgent_limited, quiet_hours, release, no_bulk)
        };
        if of_all(self) != of_all(before) {
            return Affected::All;
        }
        let agencies = [self, before].into_iter().flat_map(|rules| {
            let spread = rules.spreads.iter().map(|it| it.agency);
            rules.daily.keys().copied().chain(spread)
        });
        let of = |rules: &Self, agency| {
            let spreads = rules.spreads.iter().filter(|it| it.agency == agency);
            let spreads: Vec<Spread> = spreads.cloned().collect();
            (rules.daily.get(&agency).cloned(), spreads)
        };
        let others = agencies.filter(|agency| of(self, *agency) != of(before, *agency));
        Affected::These(others.collect())
    }

    /// The limits that hold, and those that may again.
    pub(super) fn limits_to_remember(&self) -> Limits {
        let limits = self.limits.iter().chain(&self.configured_limits);
        let limits: Vec<Limit> = limits.copied().collect();
        Limits::with_lag(&limits, self.lag)
    }

    /// Tells apart the rules by which messages are put off; never 0.
    pub fn fingerprint(&self) -> i64 {
        let Self {
            limits,
            configured_limits: _,
            lag,
            urgent_limited,
            quiet_hours,
            release,
            no_bulk,
            daily,
            spreads,
            sharing: _,
        } = self;
        let limited = (limits, lag, urgent_limited);
        let all =
            format!("{limited:?} {quiet_hours:?} {release:?} {no_bulk:?} {daily:?} {spreads:?}");
        let hash = hash(0, &[all.as_bytes()]).max(1);
        i64::from_ne_bytes(hash.to_ne_bytes())
    }
}

/// Whose messages are put off by other rules, or at other times, than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affected {
    All,
    These(BTreeSet<AgencyKey>),
}

impl Affected {
    /// These, and those of another time.
    pub fn add(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::These(these), Self::These(others)) => these.extend(others),
            _ => *self = Self::All,
        }
    }

    pub fn covers(&self, agency: AgencyKey) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(&agency),
        }
    }

    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::These(these) if these.is_empty())
    }
}

impl Default for Affected {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}
