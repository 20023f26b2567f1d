//! Long texts that were heard, and which of their segments come again or are of no use any more.
//!
//! A phone's numbers for its long texts come again soon, with some after every text: a segment that is neither one
//! that came nor one that was to come is of another text.

use std::collections::BTreeSet;

use xabar_sms::Concat;

use crate::clock::UnixMillis;
use crate::dialogue::seen::Memory;

/// Long texts that are remembered; beyond that the oldest is forgotten.
pub(super) const MOST: usize = 10_000;

/// Which long text a segment is of, as far as its numbers tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) reference: u16,
    pub(super) total: u8,
}

impl Name {
    pub(super) fn new(from: &str, to: &str, concat: Concat) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            reference: concat.reference,
            total: concat.total,
        }
    }
}

/// A long text that was heard.
#[derive(Debug, Default)]
pub(super) struct LongText {
    /// The hash of what was heard; `None` if nobody was.
    pub(super) heard: Option<u64>,
    /// The segments that came: their numbers and hashes.
    pub(super) came: BTreeSet<(u8, u64)>,
    /// The numbers of those that have not come, of a text that was heard before it was whole.
    pub(super) open: BTreeSet<u8>,
}

/// The long texts that were heard in the last ten minutes.
#[derive(Debug)]
pub(super) struct LongTexts(Memory<Name, LongText>);

impl LongTexts {
    pub(super) fn note(&mut self, name: Name, text: LongText, now: UnixMillis) {
        self.0.note(name, text, now);
    }

    pub(super) fn of(&mut self, name: &Name, now: UnixMillis) -> Option<&mut LongText> {
        self.0.pass(now);
        self.0.get_mut(name)
    }

    pub(super) fn forget(&mut self, name: &Name) {
        self.0.forget(name);
    }
}

impl Default for LongTexts {
    fn default() -> Self {
        Self(Memory::of(MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::seen::MEMORY;

    #[test]
    fn memory_is_bounded_and_ends() {
        let (mut texts, start) = (LongTexts::default(), UnixMillis(1_000_000));
        let name = |number: usize| Name {
            from: number.to_string(),
            to: "555".into(),
            reference: 7,
            total: 2,
        };
        for number in 0..2 * MOST {
            texts.note(name(number), LongText::default(), start);
        }
        let (names, times) = texts.0.len();
        assert!(times <= MOST && names == times);
        let last = name(2 * MOST - 1);
        assert!(texts.of(&last, start.after(MEMORY / 2)).is_some());
        assert!(texts.of(&last, start.after(MEMORY)).is_none());
        assert_eq!(texts.0.len(), (0, 0));
    }
}
