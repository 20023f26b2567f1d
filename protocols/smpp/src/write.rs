//! Writes fields: each PDU tells its fields to a [`Sink`], one line a field.
//!
//! The octets of a PDU are one sink; its JSON is another.

use bytes::BytesMut;

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
}

impl EncodeError {
    /// The field at fault, by the specification's name.
    pub fn field(&self) -> &'static str {
        match self {
            Self::TooLong { field, .. } | Self::Nul { field } => field,
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
    fn list<'a, T: Entry<'a>>(
        &mut self,
        count_field: &'static str,
        field: &'static str,
        list: List<'a, T>,
    ) -> Result<(), EncodeError>;

    /// The TLVs, and whatever came after them.
    fn tlvs(&mut self, tlvs: Tlvs<'_>) -> Result<(), EncodeError>;
}

/// Appends the octets of fields to a buffer.
pub(crate) struct Writer<'b> {
    pub(crate) out: &'b mut BytesMut,
}

impl Sink for Writer<'_> {
    #[inline]
    fn octet(&mut self, _: &'static str, value: u8) -> Result<(), EncodeError> {
        self.out.extend_from_slice(&[value]);
        Ok(())
    }

    #[inline]
    fn four_octets(&mut self, _: &'static str, value: u32) -> Result<(), EncodeError> {
        self.out.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }

    #[inline]
    fn c_octet_string(
        &mut self,
        field: &'static str,
        size: usize,
        value: Octets<'_>,
    ) -> Result<(), EncodeError> {
        check_c_octet_string(field, size, value)?;
        self.out.extend_from_slice(&value);
        self.out.extend_from_slice(&[0]);
        Ok(())
    }

    #[inline]
    fn short_message(&mut self, value: Octets<'_>) -> Result<(), EncodeError> {
        let max = usize::from(u8::MAX);
        let too_long = EncodeError::TooLong {
            field: "short_message",
            len: value.len(),
            max,
        };
        let sm_length = u8::try_from(value.len()).map_err(|_| too_long)?;
        self.out.extend_from_slice(&[sm_length]);
        self.out.extend_from_slice(&value);
        Ok(())
    }

    fn list<'a, T: Entry<'a>>(
        &mut self,
        _: &'static str,
        _: &'static str,
        list: List<'a, T>,
    ) -> Result<(), EncodeError> {
        self.out.extend_from_slice(&[list.len()]);
        self.out.extend_from_slice(list.octets());
        Ok(())
    }

    #[inline]
    fn tlvs(&mut self, tlvs: Tlvs<'_>) -> Result<(), EncodeError> {
        self.out.extend_from_slice(tlvs.octets());
        Ok(())
    }
}

#[inline]
pub(crate) fn check_c_octet_string(
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
    if value.contains(&0) {
        return Err(EncodeError::Nul { field });
    }
    Ok(())
}
