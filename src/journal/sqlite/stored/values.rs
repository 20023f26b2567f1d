//! Numbers, texts, codes, and what is made of several of one kind.

use std::sync::Arc;

use xabar_events::{Agency, Language, Msisdn, Reason, State, Traceparent};

use super::Stored;
use crate::clock::UnixMillis;
use crate::journal::{Lane, MessageId, OperatorId, ThreadKey};

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

pub(in crate::journal::sqlite) fn len(len: usize, out: &mut Vec<u8>) {
    u64::try_from(len).unwrap_or(u64::MAX).write(out);
}

pub(in crate::journal::sqlite) fn read_len(octets: &mut &[u8]) -> Option<usize> {
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
