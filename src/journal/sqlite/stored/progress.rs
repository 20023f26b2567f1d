//! How a message stands: its attempt, and what was told of it. What is seldom there takes a bit where it is not.

use std::time::Duration;

use super::Stored;
use crate::journal::{Attempt, Limited, Phase, Progress, Segment, Told};

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

pub(super) const DEALT: u8 = 128;

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

/// What is seldom there is told of by a bit of the octet that says whether the message was withdrawn, or by an octet of its own.
impl Stored for Attempt {
    fn write(&self, out: &mut Vec<u8>) {
        self.attempts.write(out);
        self.repeats.write(out);
        self.uncounted.write(out);
        out.push(u8::from(!self.unanswered.is_empty()) * UNANSWERED);
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
        if !self.unanswered.is_empty() {
            self.unanswered.write(out);
        }
    }

    fn read(octets: &mut &[u8]) -> Option<Self> {
        let [attempts, repeats, uncounted] =
            [u16::read(octets)?, u16::read(octets)?, u16::read(octets)?];
        let doubt = u8::read(octets).filter(|doubt| *doubt <= UNANSWERED)?;
        let marks = u8::read(octets)?;
        let mut attempt = Self {
            attempts,
            repeats,
            uncounted,
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
        match doubt {
            UNANSWERED => attempt.unanswered = Stored::read(octets)?,
            UNCERTAIN => attempt.unanswered = unanswered_of_a_whole(&attempt),
            _ => {}
        }
        Some(attempt)
    }
}

/// Older journals know of the last submission alone that some of it has no answer: it may be whatever is to be sent again, and
/// all of it each time.
fn unanswered_of_a_whole(attempt: &Attempt) -> Vec<u8> {
    let segments = u16::try_from(attempt.segments.len()).unwrap_or(u16::MAX);
    let times = 1 + attempt.repeats.div_ceil(segments.max(1));
    let times = u8::try_from(times).unwrap_or(u8::MAX);
    let of = |segment: &Segment| match segment {
        Segment::Waiting => times,
        _ => 0,
    };
    attempt.segments.iter().map(of).collect()
}

/// What an older journal says where some of it has no answer, and where how much of which segment has none is told.
const UNCERTAIN: u8 = 1;
const UNANSWERED: u8 = 2;

const WITHDRAWN: u8 = 1;
const HAS_IDS: u8 = 2;
const UNDELIVERED: u8 = 4;
const HAS_COPIES: u8 = 8;
const PUSHED: u8 = 16;
const IN_UCS2: u8 = 32;
const IN_A_ROW: u8 = 64;
const FRUITLESS: u8 = 128;

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
