//! What comes again and again, and is told seldom: how often each came, and what the first was.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::UnixMillis;

/// How long the same is not told again.
const QUIET: Duration = Duration::from_secs(60);

/// Kinds at a time; whoever is told of so many knows enough.
const MOST: usize = 100;

/// Counts by kind `K`, each with what the first one was, `F`.
#[derive(Debug)]
pub(super) struct Seldom<K, F = ()>(BTreeMap<K, Counted<F>>);

#[derive(Debug)]
struct Counted<F> {
    /// Since it was told last.
    count: u64,
    first: Option<F>,
    quiet_until: UnixMillis,
}

impl<K: Ord + Clone, F> Seldom<K, F> {
    pub(super) fn count(&mut self, kind: K, first: F) {
        if self.0.len() >= MOST && !self.0.contains_key(&kind) {
            return;
        }
        let counted = self.0.entry(kind).or_default();
        counted.count += 1;
        counted.first.get_or_insert(first);
    }

    /// Those that are to be told now: each with the first one since it was told last, and how many there were.
    pub(super) fn due(&mut self, now: UnixMillis) -> Vec<(K, F, u64)> {
        let mut due = Vec::new();
        self.0.retain(|kind, counted| {
            if now < counted.quiet_until {
                return true;
            }
            let Some(first) = counted.first.take() else {
                return false;
            };
            due.push((kind.clone(), first, std::mem::take(&mut counted.count)));
            counted.quiet_until = now.after(QUIET);
            true
        });
        due
    }
}

impl<K, F> Default for Seldom<K, F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<F> Default for Counted<F> {
    fn default() -> Self {
        Self {
            count: 0,
            first: None,
            quiet_until: UnixMillis(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_at_once_and_then_once_a_minute_with_how_often_it_came() {
        let mut seldom = Seldom::default();
        let at = |seconds| UnixMillis(1_000_000).after(Duration::from_secs(seconds));
        assert_eq!(seldom.due(at(0)), []);
        for number in 1..=3 {
            seldom.count("sender", number);
        }
        assert_eq!(seldom.due(at(0)), [("sender", 1, 3)]);
        seldom.count("sender", 4);
        seldom.count("account", 5);
        seldom.count("sender", 6);
        assert_eq!(seldom.due(at(59)), [("account", 5, 1)]);
        assert_eq!(seldom.due(at(60)), [("sender", 4, 2)]);
        // What has not come for a while is forgotten, and told at once when it comes again.
        assert_eq!(seldom.due(at(120)), []);
        seldom.count("sender", 7);
        assert_eq!(seldom.due(at(121)), [("sender", 7, 1)]);
    }

    #[test]
    fn there_are_never_more_than_so_many() {
        let mut seldom = Seldom::default();
        for kind in 0..2 * MOST {
            seldom.count(kind, ());
            seldom.count(0, ());
        }
        let due = seldom.due(UnixMillis(1));
        assert_eq!(due.len(), MOST);
        assert_eq!(due.first(), Some(&(0, (), 1 + 2 * MOST as u64)));
    }
}
