//! Whether what an operator refused vaguely is taken when it comes again.
//!
//! Where mostly so, the messages were not why, and the window was full: that shows also where an SMSC has room again before its
//! answer is read, so that more seems to be held than is. What stands on a blacklist is refused again.

use rustc_hash::FxHashSet;

use super::super::submission::Token;
use crate::journal::MessageId;

/// Fewer that came again say nothing.
const FEWEST: f64 = 8.0;

/// The share is that of about so many.
const MEMORY: f64 = 64.0;

/// At least this part of what comes again is taken if the window was why.
const HELPS: f64 = 0.25;

/// Of so many that may come again the older ones are forgotten.
const MOST: usize = 1000;

/// A segment, whichever the attempt.
type Key = (MessageId, u8);

#[derive(Debug, Default)]
pub(super) struct Retries {
    /// What was refused last time, the latest and those before.
    refused: [FxHashSet<Key>; 2],
    taken: f64,
    refused_again: f64,
}

impl Retries {
    /// Whether what comes again is taken, as far as is known.
    pub(super) fn help(&self) -> bool {
        let all = self.taken + self.refused_again;
        all < FEWEST || self.taken >= HELPS * all
    }

    /// Something was taken.
    pub(super) fn taken(&mut self, token: Token) {
        if self.remove(key(token)) {
            self.taken += 1.0;
            self.forget_some();
        }
    }

    /// Something was refused vaguely; whether others awaited a response then.
    pub(super) fn refused(&mut self, token: Token, beside_others: bool) {
        let key = key(token);
        if self.remove(key) {
            self.refused_again += 1.0;
            self.forget_some();
        }
        if !beside_others {
            return;
        }
        let [latest, before] = &mut self.refused;
        if latest.len() >= MOST / 2 {
            *before = std::mem::take(latest);
        }
        latest.insert(key);
    }

    fn remove(&mut self, key: Key) -> bool {
        let mut refused = self.refused.iter_mut();
        refused.any(|some| !some.is_empty() && some.remove(&key))
    }

    fn forget_some(&mut self) {
        if self.taken + self.refused_again > MEMORY {
            self.taken /= 2.0;
            self.refused_again /= 2.0;
        }
    }
}

fn key(token: Token) -> Key {
    (token.message, token.segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::sample::token;

    /// So many are refused, and come again: every so-many-th is taken then.
    fn tried_again(retries: &mut Retries, messages: std::ops::Range<u64>, one_in: u64) {
        for number in messages {
            retries.refused(token(number), true);
            let again = Token {
                attempt: 2,
                ..token(number)
            };
            match number.is_multiple_of(one_in) {
                true => retries.taken(again),
                false => retries.refused(again, false),
            }
        }
    }

    #[test]
    fn they_help_where_many_are_taken_that_come_again_as_of_late() {
        let mut retries = Retries::default();
        (0..100).for_each(|number| retries.taken(token(number)));
        tried_again(&mut retries, 1001..1008, 1000);
        assert!(retries.help(), "too few came again");
        tried_again(&mut retries, 1008..1009, 1000);
        assert!(!retries.help(), "a blacklist");
        tried_again(&mut retries, 0..100, 2);
        assert!(retries.help());
    }

    #[test]
    fn of_many_that_never_come_again_few_are_remembered() {
        let mut retries = Retries::default();
        for number in 0..10_000 {
            retries.refused(token(number), true);
        }
        assert!(retries.refused.iter().map(FxHashSet::len).sum::<usize>() <= MOST);
        (9_990..10_000).for_each(|number| retries.refused(token(number), false));
        assert!(!retries.help(), "the latest are");
    }
}
