//! Takes in what phones send: each message once, and long texts whole.

use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use xabar_events::Msisdn;
use xabar_sms::{Incomplete, Reassembly, Received};
use xxhash_rust::xxh3::Xxh3;

use super::Mo;
use super::seen::{MEMORY, Seen};
use crate::clock::Now;
use crate::journal::OperatorId;

/// A whole text from a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub operator: OperatorId,
    pub from: Msisdn,
    pub text: String,
    /// The same for the same message brought again.
    pub hash: u64,
}

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Whole(Written),
    /// Nothing to be done: it came before, others of its text are missing, or nobody can be answered.
    Noted,
    /// There is no room for it: it is to be brought again.
    Full,
}

/// A segment of a text under way.
type Segment = (OperatorId, Option<u16>, String);

/// Takes in messages from phones.
#[derive(Debug)]
pub struct Desk {
    seen: Seen,
    texts: Reassembly<Segment>,
    /// How many whole texts came from each subscriber since `counted_since`.
    counts: FxHashMap<Msisdn, u32>,
    counted_since: Option<Instant>,
}

/// How long the other segments of a text are waited for.
const SEGMENTS_WAIT: Duration = Duration::from_secs(5 * 60);

/// Segments held at once.
const MOST_SEGMENTS: usize = 5_000;

/// Texts of one subscriber that are read in ten minutes: beyond that it is no person.
const MOST_TEXTS: u32 = 60;

/// Subscribers counted at once; beyond that, counting begins anew.
const MOST_COUNTED: usize = 50_000;

impl Default for Desk {
    fn default() -> Self {
        Self {
            seen: Seen::default(),
            texts: Reassembly::new(SEGMENTS_WAIT, MOST_SEGMENTS),
            counts: FxHashMap::default(),
            counted_since: None,
        }
    }
}

impl Desk {
    /// Takes a message that came over this operator's link.
    pub fn take(&mut self, now: &Now, operator: OperatorId, mo: Mo) -> Heard {
        let hash = hash(operator, &mo);
        let Mo {
            from,
            to,
            reference,
            concat,
            text,
        } = mo;
        let segment = (operator, reference, text);
        let (reference, text) = match concat {
            None => (segment.1, segment.2),
            Some(concat) => {
                if !self.seen.note(hash, now.steady) {
                    return Heard::Noted;
                }
                match self.texts.receive(now.instant, &from, &to, concat, segment) {
                    Received::Waiting | Received::Duplicate(_) => return Heard::Noted,
                    Received::Full(_) => {
                        self.seen.forget(hash);
                        return Heard::Full;
                    }
                    Received::Invalid((_, reference, text)) => (reference, text),
                    Received::Complete(segments) => {
                        (Some(concat.reference), joined(segments.into_iter()))
                    }
                }
            }
        };
        self.whole(now, operator, &from, &to, reference, text)
    }

    /// The next text whose other segments did not come in time, as far as it came; call until `None`.
    pub fn give_up(&mut self, now: &Now) -> Option<Written> {
        while let Some(Incomplete { key, received }) = self.texts.give_up(now.instant) {
            let operator = received.first().map(|(_, (operator, ..))| *operator);
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
            if let Heard::Whole(written) = heard {
                return Some(written);
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
        let mo = Mo {
            from: from.to_owned(),
            to: to.to_owned(),
            reference,
            concat: None,
            text,
        };
        let hash = hash(operator, &mo);
        if !self.seen.note(hash, now.steady) || !self.count(now, msisdn) {
            return Heard::Noted;
        }
        Heard::Whole(Written {
            operator,
            from: msisdn,
            text: mo.text,
            hash,
        })
    }

    /// Counts a text of a subscriber; says whether it is to be read.
    fn count(&mut self, now: &Now, msisdn: Msisdn) -> bool {
        let since = *self.counted_since.get_or_insert(now.instant);
        if now.instant.saturating_duration_since(since) >= MEMORY
            || self.counts.len() >= MOST_COUNTED
        {
            self.counts.clear();
            self.counted_since = Some(now.instant);
        }
        let count = self.counts.entry(msisdn).or_default();
        *count = count.saturating_add(1);
        *count <= MOST_TEXTS
    }
}

fn joined(segments: impl Iterator<Item = Segment>) -> String {
    segments.map(|(_, _, text)| text).collect()
}

fn hash(operator: OperatorId, mo: &Mo) -> u64 {
    let mut hash = Xxh3::with_seed(operator.0.into());
    let place = mo.concat.map(|it| (it.reference, it.total, it.number));
    for part in [
        mo.from.as_bytes(),
        mo.to.as_bytes(),
        format!("{:?} {place:?}", mo.reference).as_bytes(),
        mo.text.as_bytes(),
    ] {
        hash.update(&part.len().to_le_bytes());
        hash.update(part);
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use xabar_sms::Concat;

    use super::*;
    use crate::clock::{UnixMillis, instant};

    const UCELL: OperatorId = OperatorId(1);

    fn now() -> Now {
        Now {
            instant: instant(),
            steady: UnixMillis(1_000_000),
            wall: UnixMillis(1_000_000),
        }
    }

    fn after(now: &Now, wait: Duration) -> Now {
        Now {
            instant: now.instant + wait,
            steady: now.steady.after(wait),
            wall: now.wall.after(wait),
        }
    }

    fn mo(text: &str) -> Mo {
        Mo {
            from: "998931234567".into(),
            to: "555".into(),
            reference: None,
            concat: None,
            text: text.into(),
        }
    }

    fn segment(number: u8, text: &str) -> Mo {
        Mo {
            concat: Some(Concat {
                reference: 7,
                total: 2,
                number,
            }),
            ..mo(text)
        }
    }

    fn text(heard: Heard) -> Option<String> {
        match heard {
            Heard::Whole(written) => Some(written.text),
            _ => None,
        }
    }

    #[test]
    fn a_message_that_comes_twice_is_heard_once() {
        let (mut desk, now) = (Desk::default(), now());
        assert_eq!(text(desk.take(&now, UCELL, mo("a"))).as_deref(), Some("a"));
        assert_eq!(desk.take(&now, UCELL, mo("a")), Heard::Noted);
        let marked = Mo {
            reference: Some(3),
            ..mo("a")
        };
        assert!(text(desk.take(&now, UCELL, marked)).is_some());
        let later = after(&now, MEMORY);
        assert!(text(desk.take(&later, UCELL, mo("a"))).is_some());
    }

    #[test]
    fn a_long_text_is_heard_whole_and_once() {
        let (mut desk, now) = (Desk::default(), now());
        assert_eq!(desk.take(&now, UCELL, segment(2, "b")), Heard::Noted);
        let whole = desk.take(&now, UCELL, segment(1, "a"));
        assert_eq!(text(whole).as_deref(), Some("ab"));
        assert_eq!(desk.take(&now, UCELL, segment(1, "a")), Heard::Noted);
        assert_eq!(desk.texts.held_segments(), 0);
    }

    #[test]
    fn what_came_of_a_text_is_heard_when_the_rest_does_not_come() {
        let (mut desk, now) = (Desk::default(), now());
        desk.take(&now, UCELL, segment(1, "STOP"));
        assert_eq!(desk.give_up(&now), None);
        let later = after(&now, SEGMENTS_WAIT);
        assert_eq!(desk.give_up(&later).unwrap().text, "STOP");
        assert_eq!(desk.give_up(&later), None);
    }

    #[test]
    fn names_and_short_numbers_are_nobody_to_be_answered() {
        let (mut desk, now) = (Desk::default(), now());
        for from in ["Bank", "1024", ""] {
            let mo = Mo {
                from: from.into(),
                ..mo("a")
            };
            assert_eq!(desk.take(&now, UCELL, mo), Heard::Noted);
        }
    }

    #[test]
    fn more_texts_than_a_person_writes_are_not_read() {
        let (mut desk, now) = (Desk::default(), now());
        let read = (0..2 * MOST_TEXTS)
            .filter(|n| text(desk.take(&now, UCELL, mo(&n.to_string()))).is_some())
            .count();
        assert_eq!(read, MOST_TEXTS as usize);
        let later = after(&now, MEMORY);
        assert!(text(desk.take(&later, UCELL, mo("later"))).is_some());
    }
}
