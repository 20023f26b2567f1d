//! Takes in what phones send: each message once, and long texts whole.

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use xabar_events::Msisdn;
use xabar_sms::{Concat, Incomplete, Reassembly, Received};
use xxhash_rust::xxh3::Xxh3;

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
    pub text: String,
    /// By which the SMSC or the phone tells it from others with the same words.
    pub reference: Option<u16>,
    /// The same for the same message brought again.
    pub hash: u64,
}

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Whole(Written),
    /// Only what it chooses matters: it repeats the phone's last text, as far as can be told, or the phone
    /// writes more than is answered.
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
    text: String,
}

/// Takes in messages from phones.
#[derive(Debug)]
pub struct Desk {
    seen: Seen,
    last: Last,
    texts: Reassembly<Segment>,
    /// Long texts that were acted on before they were whole; what else comes of them is of no use.
    ahead: Seen,
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
            ahead: Seen::default(),
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
        let Some(concat) = concat else {
            return self.whole(now, operator, &from, &to, reference, text);
        };
        let hash = hash(operator, &from, &to, reference, Some(concat), &text);
        let long = long(&from, &to, concat.reference, concat.total);
        if self.seen.has(hash, now.steady) || self.ahead.has(long, now.steady) {
            return Heard::Noted;
        }
        if concat.number == 1 && cannot_wait(&text) {
            self.seen.note(hash, now.steady);
            self.ahead.note(long, now.steady);
            let reference = Some(concat.reference);
            return self.whole(now, operator, &from, &to, reference, text);
        }
        let segment = Segment {
            operator,
            reference,
            text,
        };
        let texts = &mut self.texts;
        let received = texts.receive(now.instant, &from, &to, concat, segment);
        if !matches!(received, Received::Full(_)) {
            self.seen.note(hash, now.steady);
        }
        match received {
            Received::Waiting | Received::Duplicate(_) => Heard::Noted,
            Received::Full(_) => Heard::Full,
            Received::Invalid(alone) => {
                self.whole(now, operator, &from, &to, alone.reference, alone.text)
            }
            Received::Complete(segments) => {
                let reference = Some(concat.reference);
                let text = joined(segments.into_iter());
                self.whole(now, operator, &from, &to, reference, text)
            }
        }
    }

    /// The next text whose other segments did not come in time, as far as it came; call until `None`.
    pub fn give_up(&mut self, now: &Now) -> Option<Heard> {
        while let Some(Incomplete { key, received }) = self.texts.give_up(now.instant) {
            let long = long(&key.source, &key.destination, key.reference, key.total);
            if self.ahead.has(long, now.steady) {
                continue;
            }
            let operator = received.first().map(|(_, segment)| segment.operator);
            let text = joined(received.into_iter().map(|(_, segment)| segment));
            let reference = Some(key.reference);
            let heard = self.whole(
                now,
                operator.unwrap_or_default(),
                &key.source,
                &key.destination,
                reference,
                text,
            );
            if heard != Heard::Noted {
                return Some(heard);
            }
        }
        None
    }

    fn whole(
        &mut self,
        now: &Now,
        operator: OperatorId,
        from: &str,
        to: &str,
        reference: Option<u16>,
        text: String,
    ) -> Heard {
        // Names and short numbers are of services, not of people.
        let Ok(msisdn) = from.parse::<Msisdn>() else {
            return Heard::Noted;
        };
        let hash = hash(operator, from, to, reference, None, &text);
        let last = self.last.note(msisdn, (hash, reference), now.steady);
        let another = last.is_none_or(|(last, _)| last != hash);
        // Some SMSCs give the same one to all texts, which tells none of them from others.
        let is_shared = another && last.is_some_and(|(_, of_last)| of_last == reference);
        let came_before = reference.is_some() && !self.seen.note(hash, now.steady);
        // Without a reference, the same words may be a new text: STOP, START, STOP.
        if came_before && !is_shared {
            return Heard::Noted;
        }
        let reference = reference.filter(|_| !is_shared);
        let written = Written {
            operator,
            from: msisdn,
            text,
            reference,
            hash,
        };
        let repeated = reference.is_none() && !another;
        if repeated || !self.count(now, msisdn) {
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

fn joined(segments: impl Iterator<Item = Segment>) -> String {
    segments.map(|segment| segment.text).collect()
}

/// Which long text a segment is of.
fn long(from: &str, to: &str, reference: u16, total: u8) -> u64 {
    let mut hash = Xxh3::new();
    for part in [from, to] {
        hash.update(&part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(&reference.to_le_bytes());
    hash.update(&[total]);
    hash.digest()
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
