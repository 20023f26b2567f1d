//! Fields that repeat: the destinations of a `submit_multi`, and those that were refused.

use std::fmt;
use std::marker::PhantomData;

use crate::EncodeError;
use crate::read::{Parsed, octet};
use crate::write::{Measure, Sink, Writer};

/// One entry of a [`List`]. Implemented by this crate only.
#[expect(
    private_interfaces,
    private_bounds,
    reason = "how entries are read is not for callers"
)]
pub trait Entry<'a>: Sized {
    /// The field that says how many there are.
    const COUNT_FIELD: &'static str;
    /// The field that repeats.
    const FIELD: &'static str;

    #[doc(hidden)]
    fn read(input: &'a [u8]) -> Parsed<'a, Self>;
    #[doc(hidden)]
    fn write<S: Sink>(&self, sink: S) -> S;
}

/// At most 255 entries, read as one walks over them.
pub struct List<'a, T> {
    count: u8,
    octets: &'a [u8],
    entries: PhantomData<T>,
}

impl<'a, T> List<'a, T> {
    /// How many entries there are.
    pub fn len(&self) -> u8 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn octets(&self) -> &'a [u8] {
        self.octets
    }
}

impl<'a, T: Entry<'a>> List<'a, T> {
    /// Writes entries into a buffer, to be put into a PDU; what the buffer held is lost.
    ///
    /// # Errors
    /// A field does not fit its size, or there are more than 255 entries.
    pub fn of(entries: &[T], buffer: &'a mut Vec<u8>) -> Result<Self, EncodeError> {
        let too_many = EncodeError::TooMany {
            field: T::COUNT_FIELD,
            count: entries.len(),
        };
        let count = u8::try_from(entries.len()).map_err(|_| too_many)?;
        let measure = Measure::default();
        let measure = entries
            .iter()
            .fold(measure, |sink, entry| entry.write(sink));
        buffer.clear();
        buffer.resize(measure.len_octets, 0);
        let writer = Writer::new(buffer);
        let writer = entries.iter().fold(writer, |sink, entry| entry.write(sink));
        writer.finish()?;
        Ok(Self {
            count,
            octets: buffer,
            entries: PhantomData,
        })
    }

    /// Every entry in the order of the PDU.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let mut rest = self.octets;
        (0..self.count).map_while(move |_| {
            let (next, entry) = T::read(rest).ok()?;
            rest = next;
            Some(entry)
        })
    }
}

/// A count of one octet, then so many entries.
pub(crate) fn list<'a, T: Entry<'a>>(input: &'a [u8]) -> Parsed<'a, List<'a, T>> {
    let (first, count) = octet(T::COUNT_FIELD)(input)?;
    let mut rest = first;
    for _ in 0..count {
        (rest, _) = T::read(rest)?;
    }
    let octets = first.get(..first.len() - rest.len()).unwrap_or_default();
    let list = List {
        count,
        octets,
        entries: PhantomData,
    };
    Ok((rest, list))
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self {
            count: 0,
            octets: &[],
            entries: PhantomData,
        }
    }
}

impl<T> PartialEq for List<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.octets) == (other.count, other.octets)
    }
}

impl<T> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} entries>", self.count)
    }
}
