//! Fields that repeat: the destinations of a `submit_multi`, and those that were refused.

use std::fmt;
use std::marker::PhantomData;

use bytes::BytesMut;

use crate::EncodeError;
use crate::read::{Parsed, octet};
use crate::write::{Sink, Writer};

/// One entry of a [`List`]. Implemented by this crate only.
#[expect(
    private_interfaces,
    private_bounds,
    reason = "how entries are read is not for callers"
)]
pub trait Entry<'a>: Sized {
    #[doc(hidden)]
    fn read(input: &'a [u8]) -> Parsed<'a, Self>;
    #[doc(hidden)]
    fn write(&self, sink: &mut impl Sink) -> Result<(), EncodeError>;
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
pub(crate) fn list<'a, T: Entry<'a>>(
    count_field: &'static str,
) -> impl Fn(&'a [u8]) -> Parsed<'a, List<'a, T>> {
    move |input| {
        let (first, count) = octet(count_field)(input)?;
        let mut rest = first;
        for _ in 0..count {
            (rest, _) = T::read(rest)?;
        }
        let octets = first.get(..first.len() - rest.len()).unwrap_or_default();
        Ok((
            rest,
            List {
                count,
                octets,
                entries: PhantomData,
            },
        ))
    }
}

/// Gathers the entries of a PDU that is about to be sent.
#[derive(Clone, Debug, Default)]
pub struct ListBuffer {
    count: u8,
    octets: BytesMut,
}

impl ListBuffer {
    /// No entries yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// A field does not fit its size, or there are 255 already.
    pub fn push<'a, T: Entry<'a>>(&mut self, entry: &T) -> Result<&mut Self, EncodeError> {
        let too_long = EncodeError::TooLong {
            field: "list",
            len: 256,
            max: 255,
        };
        let count = self.count.checked_add(1).ok_or(too_long)?;
        let start = self.octets.len();
        let written = entry.write(&mut Writer {
            out: &mut self.octets,
        });
        if written.is_err() {
            self.octets.truncate(start);
        }
        written.map(|()| self.count = count)?;
        Ok(self)
    }

    /// The entries, to be put into a PDU. All must be of the one kind.
    pub fn as_list<'a, T: Entry<'a>>(&'a self) -> List<'a, T> {
        List {
            count: self.count,
            octets: &self.octets,
            entries: PhantomData,
        }
    }
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
