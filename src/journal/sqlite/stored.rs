//! Values as octets: field after field, numbers in as few octets as they need.
//!
//! The order of the fields is part of the journal's format.

use std::sync::Arc;
use std::time::Duration;

use xabar_events::{Agency, EventKey, Language, Msisdn, Reason, State, TraceContext, Traceparent};

use super::corrupt;
use crate::clock::UnixMillis;
use crate::journal::{
    Attempt, Attempted, Choices, Content, Copies, Fruitless, Identity, JournalError, Lane, Limited,
    MessageId, OperatorId, Origin, Outgoing, Phase, Progress, Segment, SubscriberFacts, ThreadKey,
    ThreadOrder, Told, Undelivered,
};

/// A value that the journal keeps as octets.
pub(super) trait Stored: Sized {
    fn write(&self, out: &mut Vec<u8>);

    /// Reads it and moves on; `None` if the octets make no sense.
    fn read(octets: &mut &[u8]) -> Option<Self>;
}

/// A value on its own.
pub(super) fn to_octets(value: &impl Stored) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    value.write(&mut out);
    out
}

/// Reads a value that was written on its own.
pub(super) fn from_octets<T: Stored>(
    mut octets: &[u8],
    what: &'static str,
) -> Result<T, JournalError> {
    let value = T::read(&mut octets).filter(|_| octets.is_empty());
    value.ok_or(corrupt(what))
}

/// Implements [`Stored`] for a struct, field after field.
macro_rules! stored {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl Stored for $name {
            fn write(&self, out: &mut Vec<u8>) {
                $(self.$field.write(out);)+
            }

            fn read(octets: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: Stored::read(octets)?,)+ })
            }
        }
    };
}
pub(super) use stored;

stored!(Identity {
    id,
    key,
    application,
    trace
});
stored!(TraceContext { parent, state });
stored!(EventKey { agency, id });
stored!(Origin {
    identity,
    msisdn,
    thread,
    lane,
    time,
    accepted_at,
    not_before,
    expires,
    content
});
stored!(Content {
    service,
    status,
    language,
    params,
    legal,
    extensions
});
stored!(Attempted {
    operator,
    segments,
    attempts,
    repeats
});
stored!(Undelivered {
    operator,
    code,
    attempts
});
stored!(Copies {
    segment,
    others,
    failed
});
stored!(Fruitless {
    operator,
    attempt,
    at,
    status
});
stored!(Outgoing {
    number,
    identity,
    sequence,
    told
});
stored!(ThreadOrder { time, id });
stored!(SubscriberFacts { submitted });

/// Seven bits an octet, the lowest first; all but the last octet have the highest bit set.
impl Stored for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        let mut left = *self;
        while left >= 0x80 {
            out.push(left.to_le_bytes()[0] | 0x80);
            left >>= 7;
        }
        out.push(left.to_le_bytes()[0]);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let octet = u8::read(octets)?;
            value |= u64::from(octet & 0x7F) << shift;
            if octet < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

macro_rules! stored_as_u64 {
    ($($type:ty),+) => {$(
        impl Stored for $type {
            fn write(&self, out: &mut Vec<u8>) {
                u64::from(*self).write(out);
            }

            fn read(octets: &mut &[u8]) -> Option<Self> {
                u64::read(octets)?.try_into().ok()
            }
        }
    )+};
}
stored_as_u64!(u16, u32);

impl Stored for u8 {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        octets.split_off_first().copied()
    }
}

impl Stored for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        match u8::read(octets)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// The sign in the lowest bit, so that times just before 1970 are short too.
impl Stored for UnixMillis {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.0 << 1) ^ (self.0 >> 63)).cast_unsigned().write(out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let folded = u64::read(octets)?;
        let value = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
        Some(Self(value))
    }
}

impl Stored for Box<str> {
    fn write(&self, out: &mut Vec<u8>) {
        text(self, out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        read_text(octets).map(Into::into)
    }
}

fn text(text: &str, out: &mut Vec<u8>) {
    len(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

fn read_text<'a>(octets: &mut &'a [u8]) -> Option<&'a str> {
    let len = read_len(octets)?;
    std::str::from_utf8(octets.split_off(..len)?).ok()
}

pub(super) fn len(len: usize, out: &mut Vec<u8>) {
    u64::try_from(len).unwrap_or(u64::MAX).write(out);
}

pub(super) fn read_len(octets: &mut &[u8]) -> Option<usize> {
    usize::try_from(u64::read(octets)?).ok()
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        match bool::read(octets)? {
            true => T::read(octets).map(Some),
            false => Some(None),
        }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        len(self.len(), out);
        self.iter().for_each(|value| value.write(out));
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let len = read_len(octets)?;
        // Each takes an octet at least, so that no damaged length asks for memory.
        let mut values = Self::with_capacity(len.min(octets.len()));
        for _ in 0..len {
            values.push(T::read(octets)?);
        }
        Some(values)
    }
}

impl<T: Stored> Stored for Arc<T> {
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        T::read(octets).map(Self::new)
    }
}

impl<T: Stored> Stored for Box<T> {
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        T::read(octets).map(Self::new)
    }
}

/// Half of what its text would take.
impl Stored for Traceparent {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_octets());
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let (own, rest) = octets.split_first_chunk()?;
        *octets = rest;
        Self::from_octets(*own)
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        Some((A::read(octets)?, B::read(octets)?))
    }
}

impl Stored for xabar_events::EventId {
    fn write(&self, out: &mut Vec<u8>) {
        text(self.as_str(), out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        read_text(octets)?.parse().ok()
    }
}

impl Stored for Agency {
    fn write(&self, out: &mut Vec<u8>) {
        text(self.source(), out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        Self::from_source(read_text(octets)?).ok()
    }
}

impl Stored for Msisdn {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_u64().write(out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        Self::from_u64(u64::read(octets)?)
    }
}

macro_rules! stored_as_number {
    ($($type:ident),+) => {$(
        impl Stored for $type {
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }

            fn read(octets: &mut &[u8]) -> Option<Self> {
                Stored::read(octets).map(Self)
            }
        }
    )+};
}
stored_as_number!(MessageId, OperatorId);

/// Whether a campaign dealt a time out is told of by a bit of the octet of the phase.
impl Stored for Progress {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.phase as u8 + u8::from(self.dealt.is_some()) * DEALT);
        self.operator.write(out);
        self.due.write(out);
        self.attempt.write(out);
        self.history.write(out);
        if let Some(dealt) = self.dealt {
            dealt.write(out);
        }
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let marked = u8::read(octets)?;
        Some(Self {
            phase: phase(marked & !DEALT)?,
            operator: Stored::read(octets)?,
            due: Stored::read(octets)?,
            attempt: Stored::read(octets)?,
            history: Stored::read(octets)?,
            dealt: match marked & DEALT {
                0 => None,
                _ => Some(Stored::read(octets)?),
            },
        })
    }
}

const DEALT: u8 = 128;

/// Whether a limit is named is told of by a bit of the octet that says whether there is a reason.
impl Stored for Told {
    fn write(&self, out: &mut Vec<u8>) {
        self.state.write(out);
        let limited = u8::from(self.limit.is_some()) * HAS_LIMIT;
        out.push(u8::from(self.reason.is_some()) + limited);
        if let Some(reason) = &self.reason {
            reason.write(out);
        }
        self.at.write(out);
        self.until.write(out);
        self.code.write(out);
        self.by.write(out);
        self.attempted.write(out);
        if let Some(limit) = &self.limit {
            limit.write(out);
        }
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let state = Stored::read(octets)?;
        let marks = u8::read(octets).filter(|marks| marks & !(HAS_REASON + HAS_LIMIT) == 0)?;
        Some(Self {
            state,
            reason: match marks & HAS_REASON {
                0 => None,
                _ => Some(Stored::read(octets)?),
            },
            at: Stored::read(octets)?,
            until: Stored::read(octets)?,
            code: Stored::read(octets)?,
            by: Stored::read(octets)?,
            attempted: Stored::read(octets)?,
            limit: match marks & HAS_LIMIT {
                0 => None,
                _ => Some(Stored::read(octets)?),
            },
        })
    }
}

const HAS_REASON: u8 = 1;
const HAS_LIMIT: u8 = 2;

/// The time in milliseconds.
impl Stored for Limited {
    fn write(&self, out: &mut Vec<u8>) {
        self.messages.write(out);
        u64::try_from(self.per.as_millis())
            .unwrap_or(u64::MAX)
            .write(out);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        Some(Self {
            messages: Stored::read(octets)?,
            per: Duration::from_millis(Stored::read(octets)?),
        })
    }
}

/// What is seldom there is told of by a bit of the octet that says whether the message was withdrawn.
impl Stored for Attempt {
    fn write(&self, out: &mut Vec<u8>) {
        self.attempts.write(out);
        self.repeats.write(out);
        self.uncounted.write(out);
        self.uncertain.write(out);
        let has_ids = !self.smsc_ids.is_empty();
        let undelivered = u8::from(self.undelivered.is_some()) * UNDELIVERED;
        let copies = u8::from(!self.copies.is_empty()) * HAS_COPIES;
        let withdrawn = u8::from(self.withdrawn) * WITHDRAWN;
        let pushed = u8::from(self.pushed) * PUSHED;
        let in_ucs2 = u8::from(self.in_ucs2) * IN_UCS2;
        let in_a_row = (self.throttled, self.unbound) != (0, 0);
        let ids_and_row = u8::from(has_ids) * HAS_IDS + u8::from(in_a_row) * IN_A_ROW;
        let fruitless = u8::from(!self.fruitless.is_empty()) * FRUITLESS;
        out.push(withdrawn + ids_and_row + undelivered + copies + pushed + in_ucs2 + fruitless);
        self.at.write(out);
        self.reference.write(out);
        self.text.write(out);
        self.segments.write(out);
        if let Some(undelivered) = &self.undelivered {
            undelivered.write(out);
        }
        if has_ids {
            self.smsc_ids.write(out);
        }
        if !self.copies.is_empty() {
            self.copies.write(out);
        }
        if in_a_row {
            self.throttled.write(out);
            self.unbound.write(out);
        }
        if !self.fruitless.is_empty() {
            self.fruitless.write(out);
        }
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let [attempts, repeats, uncounted] =
            [u16::read(octets)?, u16::read(octets)?, u16::read(octets)?];
        let uncertain = bool::read(octets)?;
        let marks = u8::read(octets)?;
        let mut attempt = Self {
            attempts,
            repeats,
            uncounted,
            uncertain,
            withdrawn: marks & WITHDRAWN != 0,
            pushed: marks & PUSHED != 0,
            in_ucs2: marks & IN_UCS2 != 0,
            at: Stored::read(octets)?,
            reference: Stored::read(octets)?,
            text: Stored::read(octets)?,
            segments: Stored::read(octets)?,
            undelivered: match marks & UNDELIVERED {
                0 => None,
                _ => Some(Stored::read(octets)?),
            },
            smsc_ids: match marks & HAS_IDS {
                0 => Vec::new(),
                _ => Stored::read(octets)?,
            },
            copies: match marks & HAS_COPIES {
                0 => Vec::new(),
                _ => Stored::read(octets)?,
            },
            ..Self::default()
        };
        if marks & IN_A_ROW != 0 {
            (attempt.throttled, attempt.unbound) = (u16::read(octets)?, u16::read(octets)?);
        }
        if marks & FRUITLESS != 0 {
            attempt.fruitless = Stored::read(octets)?;
        }
        Some(attempt)
    }
}

const WITHDRAWN: u8 = 1;
const HAS_IDS: u8 = 2;
const UNDELIVERED: u8 = 4;
const HAS_COPIES: u8 = 8;
const PUSHED: u8 = 16;
const IN_UCS2: u8 = 32;
const IN_A_ROW: u8 = 64;
const FRUITLESS: u8 = 128;

/// A hash is as long as it is.
impl Stored for ThreadKey {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_le_bytes());
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let (hash, rest) = octets.split_first_chunk()?;
        *octets = rest;
        Some(Self(u64::from_le_bytes(*hash)))
    }
}

macro_rules! stored_as_code {
    ($($type:ident),+) => {$(
        impl Stored for $type {
            fn write(&self, out: &mut Vec<u8>) {
                out.push(self.code());
            }

            fn read(octets: &mut &[u8]) -> Option<Self> {
                Self::from_code(u8::read(octets)?)
            }
        }
    )+};
}
stored_as_code!(State, Reason, Language, Lane);

impl Stored for Choices {
    fn write(&self, out: &mut Vec<u8>) {
        let (stopped, except) = self.parts();
        self.language.write(out);
        stopped.write(out);
        len(except.len(), out);
        except.iter().for_each(|agency| agency.write(out));
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let (language, stopped) = (Stored::read(octets)?, Stored::read(octets)?);
        let except: Vec<Box<str>> = Stored::read(octets)?;
        Some(Self::new(language, stopped, except))
    }
}

/// The codes that schema.sql names, in its indexes too.
fn phase(code: u8) -> Option<Phase> {
    Some(match code {
        0 => Phase::Waiting,
        1 => Phase::InFlight,
        2 => Phase::Submitted,
        3 => Phase::Settled,
        _ => return None,
    })
}

impl Stored for Segment {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        Some(match u8::read(octets)? {
            0 => Self::Waiting,
            1 => Self::Sent,
            2 => Self::Accepted,
            3 => Self::Delivered,
            4 => Self::Failed,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::sample;

    #[test]
    fn a_message_is_short() {
        let message = sample::waiting(1_000_000);
        assert_eq!(to_octets(&**message.origin()).len(), 91);
        assert_eq!(to_octets(&message.progress).len(), 20);
    }

    #[test]
    fn an_attempt_of_a_journal_that_did_not_know_of_undelivered_is_read() {
        // Two attempts, one repeated, none uncounted; certain; withdrawn or not; at 17, reference 5, no text.
        let octets = |marks: u8| [2, 1, 0, 0, marks, 34, 5, 0, 1, Segment::Waiting as u8];
        for withdrawn in [false, true] {
            let attempt = Attempt {
                attempts: 2,
                repeats: 1,
                withdrawn,
                at: UnixMillis(17),
                reference: 5,
                segments: vec![Segment::Waiting],
                ..Attempt::default()
            };
            let octets = octets(withdrawn.into());
            assert_eq!(
                from_octets::<Attempt>(&octets, "an attempt").unwrap(),
                attempt
            );
            assert_eq!(to_octets(&attempt), octets);
        }
        // What the mark says is not there.
        assert!(from_octets::<Attempt>(&octets(128), "an attempt").is_err());
    }

    #[test]
    fn an_attempt_that_came_to_nothing_is_short_and_a_state_takes_no_more_for_a_limit_that_it_has_not()
     {
        let mut attempt = Attempt::default();
        let before = to_octets(&attempt).len();
        attempt.was_fruitless(Fruitless {
            operator: OperatorId(1),
            attempt: 1,
            at: UnixMillis(1_795_000_000_000),
            status: Some(0x58),
        });
        assert_eq!(to_octets(&attempt).len(), before + 11);
        let told = sample::told(State::Deferred);
        // State, no reason, time, and what else there is not: as before there were limits.
        assert_eq!(to_octets(&told), [told.state.code(), 0, 8, 0, 0, 0, 0]);
        let limited = Told {
            reason: Some(Reason::SubscriberLimit),
            limit: Some(Box::new(Limited {
                messages: 5,
                per: Duration::from_secs(3600),
            })),
            ..told
        };
        let octets = to_octets(&limited);
        assert_eq!(from_octets::<Told>(&octets, "a state").unwrap(), limited);
    }

    #[test]
    fn the_progress_of_a_journal_that_did_not_know_of_dealt_times_is_read() {
        // Waits; of operator 1; due at 17; no attempt, its segments unknown; nothing told.
        let octets = |phase: u8| [phase, 1, 34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut progress = Progress {
            phase: Phase::Waiting,
            operator: OperatorId(1),
            due: UnixMillis(17),
            dealt: None,
            attempt: Attempt::default(),
            history: Vec::new(),
        };
        let read = from_octets::<Progress>(&octets(0), "a progress").unwrap();
        assert_eq!(read, progress);
        assert_eq!(to_octets(&progress), octets(0));
        progress.dealt = Some(UnixMillis(17));
        let mut with_time = octets(DEALT).to_vec();
        with_time.push(34);
        assert_eq!(to_octets(&progress), with_time);
        let read = from_octets::<Progress>(&with_time, "a progress").unwrap();
        assert_eq!(read, progress);
        assert!(from_octets::<Progress>(&octets(64), "a progress").is_err());
    }

    #[test]
    fn a_subscriber_is_short() {
        let submitted = |count| SubscriberFacts {
            submitted: vec![UnixMillis(1_795_000_000_000); count],
        };
        assert_eq!(to_octets(&submitted(1)).len(), 7);
        assert_eq!(to_octets(&submitted(10)).len(), 61);
    }

    proptest! {
        #[test]
        fn numbers_and_times_come_back(number: u64, time: i64) {
            prop_assert_eq!(from_octets::<u64>(&to_octets(&number), "a number").unwrap(), number);
            let time = UnixMillis(time);
            prop_assert_eq!(from_octets::<UnixMillis>(&to_octets(&time), "a time").unwrap(), time);
        }

        #[test]
        fn damage_is_an_error(octets in proptest::collection::vec(any::<u8>(), 0..200), at: usize, with: u8) {
            drop(from_octets::<Origin>(&octets, "an origin"));
            drop(from_octets::<Progress>(&octets, "a progress"));
            drop(from_octets::<Outgoing>(&octets, "an outcome"));
            let mut damaged = to_octets(&**sample::waiting(7).origin());
            let at = at % damaged.len();
            damaged[at] = with;
            drop(from_octets::<Origin>(&damaged, "an origin"));
            damaged.truncate(at);
            prop_assert!(from_octets::<Origin>(&damaged, "an origin").is_err());
        }
    }
}
