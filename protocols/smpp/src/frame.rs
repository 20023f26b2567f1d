//! One whole PDU as it came: the form in which PDUs are kept and handed on.

use bytes::Bytes;

use crate::{DecodeError, Header};

/// The octets of one PDU, of the length that its header says.
///
/// A clone shares the octets. Reading a frame copies nothing: a decoded PDU is a view of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    octets: Bytes,
}

impl Frame {
    /// Takes the octets of one PDU.
    ///
    /// # Errors
    /// [`DecodeError::Frame`] if there are fewer than 16, or other than `command_length` says.
    pub fn new(octets: Bytes) -> Result<Self, DecodeError> {
        let command_length = match octets.first_chunk() {
            Some(header) => Header::parse(header).command_length,
            None => u32::try_from(octets.len()).unwrap_or(u32::MAX),
        };
        let matches = usize::try_from(command_length).is_ok_and(|length| length == octets.len());
        if octets.len() < Header::LEN_OCTETS || !matches {
            return Err(DecodeError::Frame {
                command_length,
                max: octets.len(),
            });
        }
        Ok(Self { octets })
    }

    /// The header of this PDU.
    pub fn header(&self) -> Header {
        let header = self.octets.first_chunk();
        Header::parse(header.expect("a frame has at least the octets of a header"))
    }

    /// All octets, the header included.
    pub fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// The octets after the header.
    pub fn body(&self) -> &[u8] {
        self.octets.get(Header::LEN_OCTETS..).unwrap_or_default()
    }
}

/// Shows the header only: a body may hold a text, a number or a password.
impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Frame").field(&self.header()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_length_that_it_says() {
        let octets = [0, 0, 0, 16, 0x80, 0, 0, 4, 0, 0, 0, 0x58, 0, 0, 0, 2];
        let frame = Frame::new(Bytes::copy_from_slice(&octets)).unwrap();
        assert_eq!(frame.header().sequence_number, 2);
        assert_eq!(frame.body(), b"");
        for wrong in [&octets[..15], &[&octets[..], &[0]].concat()] {
            let error = Frame::new(Bytes::copy_from_slice(wrong)).unwrap_err();
            assert!(matches!(error, DecodeError::Frame { .. }));
        }
    }
}
