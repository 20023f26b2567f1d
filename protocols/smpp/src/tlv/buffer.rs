//! Gathers the TLVs of a PDU that is about to be sent.

use super::{NetworkErrorCode, Tag, Tlvs};
use crate::EncodeError;
use crate::values::MessageState;

/// TLVs to be sent, in the order in which they were pushed.
///
/// Kept and cleared between PDUs it allocates only once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TlvBuffer {
    octets: Vec<u8>,
}

impl TlvBuffer {
    /// No TLVs yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The TLVs, to be put into a PDU.
    pub fn as_tlvs(&self) -> Tlvs<'_> {
        Tlvs::checked(&self.octets, self.octets.len())
    }

    /// Forgets all TLVs and keeps the memory.
    pub fn clear(&mut self) {
        self.octets.clear();
    }

    /// Adds a TLV with these octets.
    ///
    /// # Errors
    /// There are more than 65535.
    pub fn push(&mut self, tag: Tag, value: &[u8]) -> Result<&mut Self, EncodeError> {
        self.push_parts(tag, value, &[])
    }

    /// Adds a TLV with this text and a NUL.
    ///
    /// # Errors
    /// There are more than 65534 octets.
    pub fn push_c_octet_string(
        &mut self,
        tag: Tag,
        value: &[u8],
    ) -> Result<&mut Self, EncodeError> {
        self.push_parts(tag, value, &[0])
    }

    /// Adds a TLV of one octet.
    pub fn push_octet(&mut self, tag: Tag, value: u8) -> &mut Self {
        self.push_sized(tag, [value])
    }

    /// Adds a TLV that is an integer of two octets.
    pub fn push_two_octets(&mut self, tag: Tag, value: u16) -> &mut Self {
        self.push_sized(tag, value.to_be_bytes())
    }

    /// Adds a TLV that is an integer of four octets.
    pub fn push_four_octets(&mut self, tag: Tag, value: u32) -> &mut Self {
        self.push_sized(tag, value.to_be_bytes())
    }

    /// Adds a `message_state`.
    pub fn push_message_state(&mut self, state: MessageState) -> &mut Self {
        self.push_octet(Tag::MESSAGE_STATE, state.0)
    }

    /// Adds a `network_error_code`.
    pub fn push_network_error_code(&mut self, code: NetworkErrorCode) -> &mut Self {
        self.push_sized(Tag::NETWORK_ERROR_CODE, code.to_octets())
    }

    fn push_sized<const N: usize>(&mut self, tag: Tag, value: [u8; N]) -> &mut Self {
        let length = u16::try_from(N).expect("the integers above have at most four octets");
        self.header(tag, length);
        self.octets.extend_from_slice(&value);
        self
    }

    fn push_parts(&mut self, tag: Tag, value: &[u8], end: &[u8]) -> Result<&mut Self, EncodeError> {
        let len = value.len() + end.len();
        let Ok(length) = u16::try_from(len) else {
            let field = tag.name().unwrap_or("tlvs");
            return Err(EncodeError::TooLong {
                field,
                len,
                max: usize::from(u16::MAX),
            });
        };
        self.header(tag, length);
        self.octets.extend_from_slice(value);
        self.octets.extend_from_slice(end);
        Ok(self)
    }

    fn header(&mut self, tag: Tag, length: u16) {
        self.octets.extend_from_slice(&tag.0.to_be_bytes());
        self.octets.extend_from_slice(&length.to_be_bytes());
    }
}

impl std::fmt::Debug for TlvBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_tlvs().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_too_long_for_its_length_is_refused_whole() {
        let mut buffer = TlvBuffer::new();
        let longest = vec![b'a'; 65_535];
        buffer.push(Tag::MESSAGE_PAYLOAD, &longest).unwrap();
        let error = buffer
            .push_c_octet_string(Tag::MESSAGE_PAYLOAD, &longest)
            .unwrap_err();
        assert_eq!(error.field(), "message_payload");
        assert_eq!(buffer.as_tlvs().iter().count(), 1);
    }
}
