//! What holds for repeats (R2): each is told, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use xabar_events::{Outcome, State};

use super::{Attempt, Fate, Known, Laws};
use crate::clock::UnixMillis;
use crate::journal::MessageId;

/// The submissions that count by themselves, and those of them that what is told of may count besides.
#[derive(Default)]
struct Copies {
    /// Of each segment of the text as it is cut now.
    of_segments: BTreeMap<u8, u16>,
    of_how_many: usize,
    /// Whether any of it went in another cut, or to the screen: then each segment may be a repeat of that.
    otherwise: bool,
}

impl Copies {
    fn add(&mut self, attempt: &Attempt, counts: impl Fn(u8, Fate) -> bool) {
        if attempt.of_how_many != self.of_how_many {
            self.otherwise |= !self.of_segments.is_empty();
            self.of_segments.clear();
            self.of_how_many = attempt.of_how_many;
        }
        for (segment, fate) in &attempt.segments {
            if counts(*segment, *fate) {
                *self.of_segments.entry(*segment).or_default() += 1;
            }
        }
    }

    /// How many there are in this cut besides the first of each.
    fn repeats(&self) -> u16 {
        let first = u16::from(!self.otherwise);
        self.of_segments.values().map(|copies| copies - first).sum()
    }
}

/// Counts the repeats among all submissions that count.
fn repeats(known: &Known, counts: impl Fn(&Attempt, u8, Fate) -> bool) -> u16 {
    let (mut copies, mut before) = (Copies::default(), 0);
    for attempt in &known.attempts {
        if attempt.of_how_many != copies.of_how_many {
            before += copies.repeats();
        }
        copies.add(attempt, |segment, fate| counts(attempt, segment, fate));
    }
    before + copies.repeats()
}

impl Laws {
    /// Each submission of a segment that may have reached its phone is a repeat if another one may have, and nothing else is.
    pub(super) fn check_repeats(&self, id: MessageId, outcome: &Outcome<'_>) {
        if !(outcome.state.is_terminal() || outcome.state == State::Submitted) {
            return;
        }
        let known = &self.messages[&id];
        // An earlier attempt may be taken after all in the beat that tells of this one.
        let least = repeats(known, |attempt, segment, fate| {
            !fate.is_nothing() && !self.taken_now.contains(&(id, attempt.octet, segment))
        });
        // What was refused or given back since had no answer when it was repeated, or its receipt says more than the refusal.
        let most = repeats(known, |attempt, segment, fate| {
            !fate.is_nothing()
                || attempt.doubtful.contains(&segment)
                || self.receipted.contains(&(id, attempt.octet, segment))
                || self.arrived.contains(&(id, attempt.octet, segment))
        });
        let told = u16::try_from(outcome.repeats).unwrap();
        assert!(
            (least..=most).contains(&told),
            "{told} repeats of {least} to {most}: {outcome:?} {:?}",
            known.attempts
        );
    }
}

impl Attempt {
    /// It is followed by another one, whoever is in doubt about it.
    pub(super) fn is_repeated(&mut self) {
        let segments = self.segments.iter();
        let unanswered = segments.filter(|(_, fate)| matches!(fate, Fate::Unanswered(_)));
        let doubtful: BTreeSet<u8> = unanswered.map(|(segment, _)| *segment).collect();
        self.doubtful.extend(doubtful);
    }

    /// An answer comes now that nobody may wait for any more.
    pub(super) fn is_late(&mut self, segment: u8, grace_over: impl Fn(UnixMillis) -> bool) {
        if let Some(Fate::Unanswered(since)) = self.segments.get(&segment)
            && grace_over(*since)
        {
            self.doubtful.insert(segment);
        }
    }
}
