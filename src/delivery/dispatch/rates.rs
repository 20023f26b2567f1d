//! The rates that hold an operator's sessions: one of all together, and one of each login that has its own.

use std::time::Instant;

use super::super::rate::Rate;

#[derive(Debug)]
pub(super) struct Rates {
    /// Of all sessions together.
    whole: Rate,
    /// Of the sessions of one login, by its number; empty where no login has one.
    logins: Vec<Option<Rate>>,
}

impl Rates {
    pub(super) fn new(tps: Option<u32>, logins: &[Option<u32>], now: Instant) -> Self {
        let own = |tps: &Option<u32>| tps.map(|tps| Rate::new(Some(tps), now));
        let logins = match logins.iter().any(Option::is_some) {
            true => logins.iter().map(own).collect(),
            false => Vec::new(),
        };
        let whole = Rate::new(tps, now);
        Self {
            whole: match u32::try_from(logins.len()) {
                Ok(many @ 1..) => whole.over_logins(many),
                _ => whole,
            },
            logins,
        }
    }

    /// Of all sessions together.
    pub(super) fn whole(&self) -> &Rate {
        &self.whole
    }

    pub(super) fn whole_mut(&mut self) -> &mut Rate {
        &mut self.whole
    }

    /// PDUs a second at the moment, of all sessions together, if they are limited.
    pub(super) fn current(&self) -> Option<f64> {
        let each = self.logins.iter().map(|own| own.as_ref()?.current());
        let all_logins = || each.sum::<Option<f64>>().filter(|_| !self.are_one());
        match (self.whole.current(), all_logins()) {
            (Some(whole), Some(logins)) => Some(whole.min(logins)),
            (whole, logins) => whole.or(logins),
        }
    }

    /// Whether no login has a rate of its own.
    pub(super) fn are_one(&self) -> bool {
        self.logins.is_empty()
    }

    /// What the logins have of their own, by their numbers; nothing where none has.
    pub(super) fn logins(&self) -> impl Iterator<Item = (usize, Option<&Rate>)> {
        self.logins.iter().map(Option::as_ref).enumerate()
    }

    /// Of a login, if it has its own.
    pub(super) fn of(&self, login: usize) -> Option<&Rate> {
        self.logins.get(login)?.as_ref()
    }

    /// The one that is cut when an operator throttles a login: its own, or that of all.
    pub(super) fn throttled_mut(&mut self, login: usize) -> &mut Rate {
        let own = self.logins.get_mut(login).and_then(Option::as_mut);
        own.unwrap_or(&mut self.whole)
    }

    /// When a login's own lets something be written; not later than `now` if it does now.
    pub(super) fn ready_at(&self, login: usize, now: Instant) -> Instant {
        self.of(login).map_or(now, |rate| rate.ready_at(now))
    }

    /// Tells all that hold the sessions of a login.
    pub(super) fn each(&mut self, login: usize, note: impl Fn(&mut Rate)) {
        note(&mut self.whole);
        if let Some(own) = self.logins.get_mut(login).and_then(Option::as_mut) {
            note(own);
        }
    }

    /// Wins back some of what was cut, see [`Rate::climb`].
    pub(super) fn climb(&mut self, signs: bool, now: Instant) {
        self.whole.climb(signs, now);
        for own in self.logins.iter_mut().flatten() {
            own.climb(signs, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[test]
    fn what_a_link_is_held_to_is_the_least_of_its_own_rate_and_those_of_all_its_logins() {
        let now = instant();
        let current = |tps, logins: &[Option<u32>]| Rates::new(tps, logins, now).current();
        let all = current(Some(100), &[None]).unwrap();
        assert!(current(Some(100), &[Some(10), Some(20)]).unwrap() < all / 3.0);
        assert_eq!(
            current(Some(100), &[Some(10), None]),
            Some(all),
            "one may have all of it"
        );
        assert!(current(None, &[Some(10), Some(20)]).is_some());
        assert_eq!(current(None, &[Some(10), None]), None);
    }
}
