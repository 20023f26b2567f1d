//! Values as octets: field after field, numbers in as few octets as they need.
//!
//! The order of the fields is part of the journal's format.

mod progress;
mod values;

#[cfg(test)]
mod tests;

use xabar_events::{EventKey, TraceContext};

pub(super) use self::values::{len, read_len};
use super::corrupt;
use crate::journal::{
    Attempted, Choices, Content, Copies, Fruitless, Identity, JournalError, Origin, Outgoing,
    SubscriberFacts, ThreadOrder, Undelivered,
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
