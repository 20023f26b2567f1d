//! Which messages an operator could not take: each says of the operator only once what may be its phone's fault.

use rustc_hash::FxHashMap;

use crate::clock::UnixMillis;
use crate::journal::MessageId;

/// Of so many, and as many before them, it is remembered. Among more there are enough that are refused for the first time.
const MOST: usize = 4096;

/// What one more bad answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It is the message's first.
    First,
    /// There was one before.
    Again,
    /// There was one that still counts.
    Counted,
}

/// When each was counted last.
#[derive(Debug, Default)]
pub(super) struct Refused {
    lately: FxHashMap<MessageId, UnixMillis>,
    before: FxHashMap<MessageId, UnixMillis>,
}

impl Refused {
    pub(super) fn weigh(
        &mut self,
        time: UnixMillis,
        message: MessageId,
        counted_since: UnixMillis,
    ) -> Weight {
        let last = self.lately.get(&message).or(self.before.get(&message));
        let weight = match last {
            None => Weight::First,
            Some(last) if *last >= counted_since => return Weight::Counted,
            Some(_) => Weight::Again,
        };
        if self.lately.len() >= MOST {
            self.before = std::mem::take(&mut self.lately);
        }
        self.lately.insert(message, time);
        weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_latest_are_remembered() {
        let mut refused = Refused::default();
        let mut weigh = |message, time| {
            refused.weigh(UnixMillis(time), MessageId(message), UnixMillis(time - 10))
        };
        (0..20_000).for_each(|message| assert_eq!(weigh(message, 100), Weight::First));
        assert_eq!(weigh(16_000, 105), Weight::Counted);
        assert_eq!(weigh(16_000, 111), Weight::Again);
        assert_eq!(weigh(0, 111), Weight::First);
        let remembered = refused.lately.len() + refused.before.len();
        assert!(remembered <= 2 * MOST, "{remembered}");
    }
}
