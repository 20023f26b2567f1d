//! Writes fields: each PDU tells its fields to a [`Sink`], one line a field.
//!
//! The octets of a PDU are one sink; its JSON is another.

use crate::octets::find_nul;
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
pub(crate) trait Sink {
    /// One octet.
    fn octet(&mut self, field: &'static str, value: u8) -> Result<(), EncodeError>;

    /// An integer of four octets.
    fn four_octets(&mut self, field: &'static str, value: u32) -> Result<(), EncodeError>;

    /// A C-octet string of at most `size` octets, its NUL among them.
    fn c_octet_string(
        &mut self,
        field: &'static str,
        size: usize,
        value: Octets<'_>,
    ) -> Result<(), EncodeError>;

    /// `sm_length` and `short_message`.
    fn short_message(&mut self, value: Octets<'_>) -> Result<(), EncodeError>;

    /// How many entries there are, then the entries.
    fn list<'a, T: Entry<'a>>(&mut self, list: List<'a, T>) -> Result<(), EncodeError>;

    /// The TLVs, and whatever came after them.
    fn tlvs(&mut self, tlvs: Tlvs<'_>) -> Result<(), EncodeError>;
}

/// Checks that fields fit their sizes, and counts their octets.
#[derive(Default)]
pub(crate) struct Measure {
    pub(crate) len_octets: usize,
}

impl Sink for Measure {
    #[inline]
    fn octet(&mut self, _: &'static str, _: u8) -> Result<(), EncodeError> {
        self.len_octets += 1;
        Ok(())
    }

    #[inline]
    fn four_octets(&mut self, _: &'static str, _: u32) -> Result<(), EncodeError> {
        self.len_octets += 4;
        Ok(())
    }

    #[inline]
    fn c_octet_string(
        &mut self,
        field: &'static str,
        size: usize,
        value: Octets<'_>,
    ) -> Result<(), EncodeError> {
        if value.len() >= size {
            return Err(EncodeError::TooLong {
                field,
                len: value.len(),
                max: size - 1,
            });
        }
        if find_nul(value.as_bytes()).is_some() {
            return Err(EncodeError::Nul { field });
        }
        self.len_octets += value.len() + 1;
        Ok(())
    }

    #[inline]
    fn short_message(&mut self, value: Octets<'_>) -> Result<(), EncodeError> {
        let max = usize::from(u8::MAX);
        if value.len() > max {
            return Err(EncodeError::TooLong {
                field: "short_message",
                len: value.len(),
                max,
            });
        }
        self.len_octets += 1 + value.len();
        Ok(())
    }

    #[inline]
    fn list<'a, T: Entry<'a>>(&mut self, list: List<'a, T>) -> Result<(), EncodeError> {
        self.len_octets += 1 + list.octets().len();
        Ok(())
    }

    #[inline]
    fn tlvs(&mut self, tlvs: Tlvs<'_>) -> Result<(), EncodeError> {
        self.len_octets += tlvs.octets().len();
        Ok(())
    }
}

/// Writes the octets of fields that [`Measure`] has seen into the room that it has counted.
pub(crate) struct Writer<'b> {
    room: &'b mut [u8],
}

impl<'b> Writer<'b> {
    pub(crate) fn new(room: &'b mut [u8]) -> Self {
        Self { room }
    }

    #[inline]
    fn put(&mut self, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        let room = std::mem::take(&mut self.room);
        let (place, rest) = room.split_at_mut_checked(octets.len()).expect(MEASURED);
        place.copy_from_slice(octets);
        self.room = rest;
    }

    #[inline]
    fn put_octet(&mut self, octet: u8) {
        let room = std::mem::take(&mut self.room);
        let (place, rest) = room.split_first_mut().expect(MEASURED);
        *place = octet;
        self.room = rest;
    }
}

const MEASURED: &str = "the room is as large as the same fields were measured to be";

impl Sink for Writer<'_> {
    #[inline]
    fn octet(&mut self, _: &'static str, value: u8) -> Result<(), EncodeError> {
        self.put_octet(value);
        Ok(())
    }

    #[inline]
    fn four_octets(&mut self, _: &'static str, value: u32) -> Result<(), EncodeError> {
        self.put(&value.to_be_bytes());
        Ok(())
    }

    #[inline]
    fn c_octet_string(
        &mut self,
        _: &'static str,
        _: usize,
        value: Octets<'_>,
    ) -> Result<(), EncodeError> {
        self.put(&value);
        self.put_octet(0);
        Ok(())
    }

    #[inline]
    fn short_message(&mut self, value: Octets<'_>) -> Result<(), EncodeError> {
        self.put_octet(u8::try_from(value.len()).expect(MEASURED));
        self.put(&value);
        Ok(())
    }

    #[inline]
    fn list<'a, T: Entry<'a>>(&mut self, list: List<'a, T>) -> Result<(), EncodeError> {
        self.put_octet(list.len());
        self.put(list.octets());
        Ok(())
    }

    #[inline]
    fn tlvs(&mut self, tlvs: Tlvs<'_>) -> Result<(), EncodeError> {
        self.put(tlvs.octets());
        Ok(())
    }
}
