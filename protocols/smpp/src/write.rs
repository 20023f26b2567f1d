//! Writes fields: each PDU tells its fields to a [`Sink`], one line a field.
//!
//! The octets of a PDU are one sink; its JSON is another.

use crate::octets::copy_finds_nul;
use crate::pdu::{Entry, List};
use crate::{Octets, Tlvs};

/// Why a PDU cannot be written. Nothing is cut off to make it fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A field is longer than its size allows.
    #[error("{field} has {len} octets; at most {max} fit")]
    TooLong {
        /// The field by the specification's name.
        field: &'static str,
        /// Octets of the value, a NUL not counted.
        len: usize,
        /// The most that fit, a NUL not counted.
        max: usize,
    },
    /// A C-octet string has a NUL inside, so it would end there.
    #[error("{field} has a NUL inside")]
    Nul {
        /// The field by the specification's name.
        field: &'static str,
    },
    /// A list has more entries than its count can say.
    #[error("{field} would be {count}; at most 255 fit")]
    TooMany {
        /// The field that counts, by the specification's name.
        field: &'static str,
        /// How many there are.
        count: usize,
    },
}

impl EncodeError {
    /// The field at fault, by the specification's name.
    pub fn field(&self) -> &'static str {
        match self {
            Self::TooLong { field, .. } | Self::Nul { field } | Self::TooMany { field, .. } => {
                field
            }
        }
    }
}

/// What takes the fields of a PDU, in the order of the specification.
pub(crate) trait Sink: Sized {
    /// One octet.
    fn octet(self, field: &'static str, value: u8) -> Self;

    /// An integer of four octets.
    fn four_octets(self, field: &'static str, value: u32) -> Self;

    /// A C-octet string of at most `size` octets, its NUL among them.
    fn c_octet_string(self, field: &'static str, size: usize, value: Octets<'_>) -> Self;

    /// `sm_length` and `short_message`.
    fn short_message(self, value: Octets<'_>) -> Self;

    /// How many entries there are, then the entries.
    fn list<'a, T: Entry<'a>>(self, list: List<'a, T>) -> Self;

    /// The TLVs, and whatever came after them.
    fn tlvs(self, tlvs: Tlvs<'_>) -> Self;
}

/// Counts the octets of fields. Whether they fit their sizes is for [`Writer`] to say.
#[derive(Default)]
pub(crate) struct Measure {
    pub(crate) len_octets: usize,
}

impl Measure {
    #[inline]
    fn and(self, len_octets: usize) -> Self {
        Self {
            len_octets: self.len_octets + len_octets,
        }
    }
}

impl Sink for Measure {
    #[inline]
    fn octet(self, _: &'static str, _: u8) -> Self {
        self.and(1)
    }

    #[inline]
    fn four_octets(self, _: &'static str, _: u32) -> Self {
        self.and(4)
    }

    #[inline]
    fn c_octet_string(self, _: &'static str, _: usize, value: Octets<'_>) -> Self {
        self.and(value.len() + 1)
    }

    #[inline]
    fn short_message(self, value: Octets<'_>) -> Self {
        self.and(1 + value.len())
    }

    #[inline]
    fn list<'a, T: Entry<'a>>(self, list: List<'a, T>) -> Self {
        self.and(1 + list.octets().len())
    }

    #[inline]
    fn tlvs(self, tlvs: Tlvs<'_>) -> Self {
        self.and(tlvs.octets().len())
    }
}

/// Writes fields into the room that [`Measure`] has counted, and remembers the first that does not
/// fit its size.
///
/// It is handed on by value and always inlined, so that it lives in registers from the first field
/// of a PDU to the last.
pub(crate) struct Writer<'b> {
    room: &'b mut [u8],
    fault: Option<EncodeError>,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(room: &'b mut [u8]) -> Self {
        Self { room, fault: None }
    }

    /// Whether all fields did fit. If not, what was written is of no use.
    pub(crate) fn finish(self) -> Result<(), EncodeError> {
        self.fault.map_or(Ok(()), Err)
    }

    #[inline(always)]
    fn put(self, octets: &[u8]) -> Self {
        let (place, room) = self
            .room
            .split_at_mut_checked(octets.len())
            .expect(MEASURED);
        place.copy_from_slice(octets);
        Self { room, ..self }
    }

    #[inline(always)]
    fn put_octet(self, octet: u8) -> Self {
        let (place, room) = self.room.split_first_mut().expect(MEASURED);
        *place = octet;
        Self { room, ..self }
    }

    #[cold]
    fn with_fault(self, fault: EncodeError) -> Self {
        Self {
            fault: self.fault.or(Some(fault)),
            ..self
        }
    }
}

const MEASURED: &str = "the room is as large as the same fields were measured to be";

impl Sink for Writer<'_> {
    #[inline(always)]
    fn octet(self, _: &'static str, value: u8) -> Self {
        self.put_octet(value)
    }

    #[inline(always)]
    fn four_octets(self, _: &'static str, value: u32) -> Self {
        self.put(&value.to_be_bytes())
    }

    #[inline(always)]
    fn c_octet_string(self, field: &'static str, size: usize, value: Octets<'_>) -> Self {
        let len = value.len();
        let (place, room) = self.room.split_at_mut_checked(len).expect(MEASURED);
        let has_nul = copy_finds_nul(&value, place);
        let next = Self { room, ..self }.put_octet(0);
        if len >= size {
            let max = size - 1;
            return next.with_fault(EncodeError::TooLong { field, len, max });
        }
        if has_nul {
            return next.with_fault(EncodeError::Nul { field });
        }
        next
    }

    #[inline(always)]
    fn short_message(self, value: Octets<'_>) -> Self {
        let (field, len) = ("short_message", value.len());
        let Ok(sm_length) = u8::try_from(len) else {
            let max = usize::from(u8::MAX);
            let next = self.put_octet(u8::MAX).put(&value);
            return next.with_fault(EncodeError::TooLong { field, len, max });
        };
        self.put_octet(sm_length).put(&value)
    }

    #[inline(always)]
    fn list<'a, T: Entry<'a>>(self, list: List<'a, T>) -> Self {
        self.put_octet(list.len()).put(list.octets())
    }

    #[inline(always)]
    fn tlvs(self, tlvs: Tlvs<'_>) -> Self {
        self.put(tlvs.octets())
    }
}
