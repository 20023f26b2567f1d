//! Takes in what phones send: each message once, and long texts whole.

mod long;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use xabar_events::Msisdn;
use xabar_sms::{Concat, Incomplete, Reassembly, Received};
use xxhash_rust::xxh3::Xxh3;

use self::long::{LongText, LongTexts, Name};
use super::Mo;
use super::seen::{Last, Seen};
use super::tally::Tally;
use crate::clock::Now;
use crate::journal::OperatorId;

/// A text from a phone: whole, or the beginning of one that is acted on before the rest comes.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    pub operator: OperatorId,
    pub from: Msisdn,
    /// The number that was written to.
    pub to: String,
    pub text: String,
    /// What the SMSC gave it to know it again.
    pub reference: Option<u16>,
    /// Whether the phone's last text, in other words, had the same one, which then tells none from another.
    pub is_shared: bool,
    /// The same for the same message brought again.
    pub hash: u64,
}

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Whole(Written),
    /// Only what it chooses matters: the phone writes more than is answered.
    Aside(Written),
    /// Nothing to be done: it came before, others of its text are missing, or nobody can be answered.
    Noted,
    /// There is no room for it: it is to be brought again.
    Full,
}

/// A segment of a text under way.
struct Segment {
    operator: OperatorId,
    reference: Option<u16>,
    hash: u64,
    text: String,
}

/// Takes in messages from phones.
#[derive(Debug)]
pub struct Desk {
    seen: Seen,
    last: Last,
    texts: Reassembly<Segment>,
    long: LongTexts,
    /// How many whole texts came from each subscriber.
    counts: Tally<u32>,
}

/// How long the other segments of a text are waited for.
const SEGMENTS_WAIT: Duration = Duration::from_secs(5 * 60);

/// Segments held at once.
const MOST_SEGMENTS: usize = 5_000;

/// Of one phone.
const MOST_OF_A_PHONE: usize = 64;

/// Texts of one subscriber that are answered in ten minutes: beyond that it is no person.
const MOST_TEXTS: u32 = 60;

impl Default for Desk {
    fn default() -> Self {
        Self {
            seen: Seen::default(),
            last: Last::default(),
            texts: Reassembly::new(SEGMENTS_WAIT, MOST_SEGMENTS).of_a_source(MOST_OF_A_PHONE),
            long: LongTexts::default(),
            counts: Tally::default(),
        }
    }
}

impl Desk {
    /// Takes a message that came over this operator's link. A longer text whose first segment `cannot_wait` is heard
    /// by that alone: segments are acknowledged as they come, and wait for the others in memory only.
    pub fn take(
        &mut self,
        now: &Now,
        operator: OperatorId,
        mo: Mo,
        cannot_wait: impl FnOnce(&str) -> bool,
    ) -> Heard {
        let Mo {
            from,
            to,
            reference,
            concat,
            text,
            ..
        } = mo;
        let Some(concat) = concat.filter(|it| it.is_valid()) else {
            return self.whole(now, operator, &from, &to, (reference, None), text);
        };
        let hash = hash(operator, &from, &to, reference, Some(concat), &text);
        let name = Name::new(&from, &to, concat);
        if self.came_before(now, &name, concat.number, (hash, reference)) {
            return Heard::Noted;
        }
        let held = self.texts.received(&from, &to, concat);
        if concat.number == 1 && cannot_wait(&text) {
            let mut open: BTreeSet<u8> = (2..=concat.total).collect();
            let mut came = BTreeSet::from([(1, hash)]);
            // What came earlier than this segment is the rest of its text, unless it has a first one of its own.
            if let Some(held) = held.filter(|held| !held.contains_key(&1)) {
                open.retain(|number| !held.contains_key(number));
                came.extend(held.iter().map(|(number, it)| (*number, it.hash)));
                self.texts.withdraw(&from, &to, concat);
            }
            let place = (reference, Some(concat));
            let heard = self.whole(now, operator, &from, &to, place, text);
            self.note_long(now, name, came, open);
            return heard;
        }
        if let Some(other) = held.and_then(|held| held.get(&concat.number)) {
            // Its place is taken by another text's, which is waited for first.
            return match other.text == text {
                true => Heard::Noted,
                false => Heard::Full,
            };
        }
        let segment = Segment {
            operator,
            reference,
            hash,
            text,
        };
        match self.texts.receive(now.instant, &from, &to, concat, segment) {
            Received::Waiting | Received::Duplicate(_) => Heard::Noted,
            Received::Full(_) => Heard::Full,
            Received::Invalid(alone) => {
                let place = (alone.reference, None);
                self.whole(now, operator, &from, &to, place, alone.text)
            }
            Received::Complete(segments) => {
                let segments = (1..).zip(segments).collect();
                self.long_text(now, name, segments)
            }
        }
    }

    /// The next text whose other segments did not come in time, as far as it came; call until `None`.
    pub fn give_up(&mut self, now: &Now) -> Option<Heard> {
        while let Some(Incomplete { key, received }) = self.texts.give_up(now.instant) {
            let name = Name {
                from: key.source,
                to: key.destination,
                reference: key.reference,
                total: key.total,
            };
            let heard = self.long_text(now, name, received);
            if heard != Heard::Noted {
                return Some(heard);
            }
        }
        None
    }

    /// Whether a segment of a text that was heard is brought again, or is of no use any more. If it is of another text
    /// of the same name, that begins.
    fn came_before(
        &mut self,
        now: &Now,
        name: &Name,
        number: u8,
        (hash, reference): (u64, Option<u16>),
    ) -> bool {
        let msisdn = name.from.parse::<Msisdn>().ok();
        let last = msisdn.and_then(|msisdn| self.last.of(msisdn));
        let Some(text) = self.long.of(name, now.steady) else {
            return false;
        };
        if text.came.contains(&(number, hash)) {
            let after_another = last.is_some_and(|(last, _)| Some(last) != text.heard);
            let is_shared = last.is_some_and(|(_, of_last)| of_last == reference);
            // As of a whole text: without a reference of its own, the same words may be a new one.
            if number != 1 || !after_another || (reference.is_some() && !is_shared) {
                return true;
            }
        } else if text.open.remove(&number) {
            text.came.insert((number, hash));
            return true;
        }
        self.long.forget(name);
        false
    }

    /// Hears a long text, or what came of it.
    fn long_text(&mut self, now: &Now, name: Name, segments: Vec<(u8, Segment)>) -> Heard {
        let came = segments.iter().map(|(number, it)| (*number, it.hash));
        let came = came.collect();
        let first = segments.first().map(|(_, first)| first);
        let operator = first.map(|first| first.operator).unwrap_or_default();
        let reference = first.and_then(|first| first.reference);
        let place = Concat {
            reference: name.reference,
            total: name.total,
            number: 1,
        };
        let text = segments.into_iter().map(|(_, it)| it.text).collect();
        let place = (reference, Some(place));
        let heard = self.whole(now, operator, &name.from, &name.to, place, text);
        self.note_long(now, name, came, BTreeSet::new());
        heard
    }

    fn note_long(&mut self, now: &Now, name: Name, came: BTreeSet<(u8, u64)>, open: BTreeSet<u8>) {
        let msisdn = name.from.parse::<Msisdn>().ok();
        let last = msisdn.and_then(|msisdn| self.last.of(msisdn));
        let text = LongText {
            heard: last.map(|(hash, _)| hash),
            came,
            open,
        };
        self.long.note(name, text, now.steady);
    }

    fn whole(
        &mut self,
        now: &Now,
        operator: OperatorId,
        from: &str,
        to: &str,
        (reference, place): (Option<u16>, Option<Concat>),
        text: String,
    ) -> Heard {
        // Names and short numbers are of services, not of people.
        let Ok(msisdn) = from.parse::<Msisdn>() else {
            return Heard::Noted;
        };
        let hash = hash(operator, from, to, reference, place, &text);
        let last = self.last.note(msisdn, (hash, reference), now.steady);
        let another = last.is_none_or(|(last, _)| last != hash);
        // Some SMSCs give the same one to all texts, which tells none of them from others.
        let is_shared = another && last.is_some_and(|(_, of_last)| of_last == reference);
        let came_before = reference.is_some() && !self.seen.note(hash, now.steady);
        // Without a reference, the same words may be a new text: STOP, START, STOP. Whether the last one was answered, and
        // nothing came in between, the journal tells.
        if came_before && !is_shared {
            return Heard::Noted;
        }
        let written = Written {
            operator,
            from: msisdn,
            to: to.to_owned(),
            text,
            reference,
            is_shared,
            hash,
        };
        if !self.count(now, msisdn) {
            return Heard::Aside(written);
        }
        Heard::Whole(written)
    }

    /// Counts a text of a subscriber; says whether it is to be answered.
    fn count(&mut self, now: &Now, msisdn: Msisdn) -> bool {
        let count = self.counts.of(msisdn, now.steady);
        *count = count.saturating_add(1);
        *count <= MOST_TEXTS
    }
}

/// The same for the same message, or segment, brought again.
fn hash(
    operator: OperatorId,
    from: &str,
    to: &str,
    reference: Option<u16>,
    place: Option<Concat>,
    text: &str,
) -> u64 {
    let mut hash = Xxh3::with_seed(operator.0.into());
    for part in [from, to, text] {
        hash.update(&part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    if let Some(reference) = reference {
        hash.update(b"reference");
        hash.update(&reference.to_le_bytes());
    }
    if let Some(place) = place {
        hash.update(b"place");
        hash.update(&place.reference.to_le_bytes());
        hash.update(&[place.total, place.number]);
    }
    hash.digest()
}

/// Tells how long the text is, not what it says.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written")
            .field("operator", &self.operator)
            .field("from", &self.from)
            .field("reference", &self.reference)
            .field("len", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Tells how long the text is, not what it says.
impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("operator", &self.operator)
            .field("reference", &self.reference)
            .field("len", &self.text.len())
            .finish()
    }
}
