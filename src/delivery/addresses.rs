//! Which of an operator's addresses a session connects to, and when.
//!
//! The first address is preferred, the others stand in for it. One that cannot be bound at is followed by the
//! next at once; when none can, the session pauses and begins again with the first.
//!
//! Where the SMSC connects to us instead, it sets the pace. Longer and longer pauses would spare it nothing, and let it
//! wait: behind a stranger, or behind connections that it has given up by then.

use std::time::Duration;

use super::backoff::pause;

/// The attempts of one session.
#[derive(Debug)]
pub(super) struct Addresses {
    addresses: Vec<String>,
    /// The place of the one whose turn it is.
    at: usize,
    /// Pauses since a session was of use.
    failures: u32,
    /// Whether the address is ours, and the SMSC connects to it.
    ours: bool,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// No connection.
    Unconnected,
    /// No bind.
    Unbound,
    /// Bound, and over before anything was answered or came: as good as none.
    Useless,
    /// It was of use.
    Served,
    /// Given up in good order to go back to the preferred address, which can be reached.
    Returning,
}

impl Addresses {
    pub(super) fn new(addresses: Vec<String>) -> Self {
        Self {
            addresses,
            at: 0,
            failures: 0,
            ours: false,
        }
    }

    /// An address at which the SMSC connects to us.
    pub(super) fn ours(address: Vec<String>) -> Self {
        Self {
            ours: true,
            ..Self::new(address)
        }
    }

    /// The address to connect to, or to listen at.
    pub(super) fn current(&self) -> &str {
        self.addresses.get(self.at).map_or("", String::as_str)
    }

    /// Its place among them.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// The preferred address, if the current one stands in for it.
    pub(super) fn preferred(&self) -> Option<&str> {
        let first = self.addresses.first().map(String::as_str);
        first.filter(|_| self.at > 0)
    }

    /// Goes on to the next attempt; how long to wait before it.
    pub(super) fn ended(&mut self, how: Ended, random: u64) -> Duration {
        let last = self.at + 1 >= self.addresses.len();
        match how {
            Ended::Served | Ended::Returning => (self.at, self.failures) = (0, 0),
            _ if self.ours && how != Ended::Unconnected => self.failures = 0,
            Ended::Unconnected | Ended::Unbound | Ended::Useless if last => self.at = 0,
            Ended::Unconnected | Ended::Unbound | Ended::Useless => self.at += 1,
        }
        match how {
            Ended::Returning => return Duration::ZERO,
            Ended::Unconnected | Ended::Unbound if !last => return Duration::ZERO,
            _ => {}
        }
        let pause = pause(self.failures, random);
        if how != Ended::Served {
            self.failures = self.failures.saturating_add(1);
        }
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Duration = Duration::from_millis(250);

    fn addresses() -> Addresses {
        Addresses::new(vec!["a:1".into(), "b:1".into(), "c:1".into()])
    }

    #[test]
    fn one_that_cannot_be_bound_at_is_followed_by_the_next_and_all_by_a_pause() {
        let mut addresses = addresses();
        let mut tried = Vec::new();
        for _ in 0..7 {
            let at = addresses.current().to_owned();
            tried.push((at, addresses.ended(Ended::Unbound, 0)));
        }
        let expected = [
            ("a:1", Duration::ZERO),
            ("b:1", Duration::ZERO),
            ("c:1", LEAST),
            ("a:1", Duration::ZERO),
            ("b:1", Duration::ZERO),
            ("c:1", 2 * LEAST),
            ("a:1", Duration::ZERO),
        ];
        assert_eq!(tried, expected.map(|(at, pause)| (at.to_owned(), pause)));
    }

    #[test]
    fn after_a_session_that_was_of_use_it_begins_with_the_preferred_one() {
        let mut addresses = addresses();
        addresses.ended(Ended::Unbound, 0);
        assert_eq!(addresses.preferred(), Some("a:1"));
        assert_eq!(addresses.ended(Ended::Served, 0), LEAST);
        assert_eq!(addresses.current(), "a:1");
        assert_eq!(addresses.preferred(), None);
    }

    #[test]
    fn one_that_binds_and_is_of_no_use_is_left_but_not_in_haste() {
        let mut addresses = addresses();
        assert_eq!(addresses.ended(Ended::Useless, 0), LEAST);
        assert_eq!(addresses.current(), "b:1");
        assert_eq!(addresses.ended(Ended::Useless, 0), 2 * LEAST);
        assert_eq!(addresses.current(), "c:1");
        assert_eq!(addresses.ended(Ended::Served, 0), LEAST);
    }

    #[test]
    fn pauses_grow_while_nobody_can_connect_to_us_and_not_with_who_does() {
        let mut addresses = Addresses::ours(vec!["0.0.0.0:2776".into()]);
        let mut pauses = |how| [(); 3].map(|()| addresses.ended(how, 0));
        assert_eq!(pauses(Ended::Unconnected), [LEAST, 2 * LEAST, 4 * LEAST]);
        for how in [Ended::Unbound, Ended::Useless, Ended::Served] {
            assert_eq!(pauses(how), [LEAST; 3], "{how:?}");
        }
    }

    #[test]
    fn who_returns_does_not_wait() {
        let mut addresses = addresses();
        addresses.ended(Ended::Unbound, 0);
        assert_eq!(addresses.ended(Ended::Returning, 0), Duration::ZERO);
        assert_eq!(addresses.current(), "a:1");
    }
}
