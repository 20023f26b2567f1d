//! Cuts a stream of octets into PDUs, and writes PDUs to it.
//!
//! Whole PDUs that have arrived together are taken from the buffer together and share its memory,
//! so that the cost of taking them is paid once a read and not once a PDU.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::pdu::Pdu;
use crate::{DecodeError, EncodeError, Frame, Header};

/// The longest PDU taken by default, in octets: a `message_payload` of 65535 and room for the
/// fields and TLVs beside it.
pub const MAX_PDU: usize = 65_536 + 4_096;

/// Takes all whole PDUs from the front of a buffer; an incomplete one stays.
///
/// # Errors
/// [`DecodeError::Frame`] if the first PDU has a length that cannot be: the link must be closed.
/// A wrong length behind whole PDUs is found by the next call.
pub fn take_frames(buffer: &mut BytesMut, max_pdu: usize) -> Result<Frames, DecodeError> {
    let mut whole = 0;
    while let Some(rest) = buffer.get(whole..) {
        match frame_length(rest, max_pdu) {
            Ok(Some(length)) if length <= rest.len() => whole += length,
            Err(error) if whole == 0 => return Err(error),
            _ => break,
        }
    }
    if whole == 0 {
        return Ok(Frames::default());
    }
    Ok(Frames {
        octets: buffer.split_to(whole).freeze(),
    })
}

/// PDUs that arrived together.
///
/// One that is kept keeps the memory of all; copy what is to live for long.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    octets: Bytes,
}

impl Iterator for Frames {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let length = frame_length(&self.octets, usize::MAX).ok()??;
        let octets = if length == self.octets.len() {
            std::mem::take(&mut self.octets)
        } else {
            self.octets.split_to(length)
        };
        Frame::new(octets).ok()
    }
}

/// The length of the PDU that begins here, once its first four octets are there.
fn frame_length(octets: &[u8], max: usize) -> Result<Option<usize>, DecodeError> {
    let Some(length) = octets.first_chunk() else {
        return Ok(None);
    };
    let command_length = u32::from_be_bytes(*length);
    match usize::try_from(command_length) {
        Ok(length) if (Header::LEN_OCTETS..=max).contains(&length) => Ok(Some(length)),
        _ => Err(DecodeError::Frame {
            command_length,
            max,
        }),
    }
}

/// SMPP for [`tokio_util::codec::Framed`].
#[derive(Clone, Debug)]
pub struct SmppCodec {
    max_pdu: usize,
    taken: Frames,
}

impl SmppCodec {
    /// Takes PDUs of at most so many octets.
    pub fn new(max_pdu: usize) -> Self {
        Self {
            max_pdu,
            taken: Frames::default(),
        }
    }
}

/// With [`MAX_PDU`].
impl Default for SmppCodec {
    fn default() -> Self {
        Self::new(MAX_PDU)
    }
}

/// Why the stream cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The socket failed.
    #[error("the connection failed")]
    Io(#[from] io::Error),
    /// A PDU's length cannot be: answer `generic_nack`, then close.
    #[error("the stream cannot be cut into PDUs")]
    Decode(#[from] DecodeError),
    /// A PDU of ours cannot be written. The stream itself is sound.
    #[error("the PDU cannot be written")]
    Encode(#[from] EncodeError),
}

impl Decoder for SmppCodec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        if let Some(frame) = self.taken.next() {
            return Ok(Some(frame));
        }
        self.taken = take_frames(buffer, self.max_pdu)?;
        let frame = self.taken.next();
        if frame.is_none()
            && let Some(length) = frame_length(buffer, self.max_pdu)?
        {
            buffer.reserve(length - buffer.remaining());
        }
        Ok(frame)
    }
}

impl Encoder<Pdu<'_>> for SmppCodec {
    type Error = CodecError;

    fn encode(&mut self, pdu: Pdu<'_>, buffer: &mut BytesMut) -> Result<(), CodecError> {
        Ok(pdu.encode(buffer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::{Body, HeaderOnly};

    fn enquire_links(sequence_numbers: &[u32]) -> BytesMut {
        let mut octets = BytesMut::new();
        for &sequence_number in sequence_numbers {
            let body = Body::EnquireLink(HeaderOnly::default());
            Pdu::new(sequence_number, body).encode(&mut octets).unwrap();
        }
        octets
    }

    fn decoded(codec: &mut SmppCodec, buffer: &mut BytesMut) -> Vec<u32> {
        std::iter::from_fn(|| codec.decode(buffer).unwrap())
            .map(|frame| frame.header().sequence_number)
            .collect()
    }

    #[test]
    fn pdus_are_found_however_the_stream_is_cut() {
        let stream = enquire_links(&[1, 2, 3, 4, 5]);
        for step in 1..=stream.len() {
            let (mut codec, mut buffer) = (SmppCodec::default(), BytesMut::new());
            let mut found = Vec::new();
            for part in stream.chunks(step) {
                buffer.extend_from_slice(part);
                found.extend(decoded(&mut codec, &mut buffer));
            }
            assert_eq!(found, [1, 2, 3, 4, 5], "in steps of {step}");
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn whole_pdus_before_a_wrong_length_still_come() {
        let mut buffer = enquire_links(&[1, 2]);
        buffer.extend_from_slice(&[0, 0, 0, 15]);
        let mut codec = SmppCodec::default();
        let numbers: Vec<_> = (0..2)
            .map(|_| codec.decode(&mut buffer).unwrap().unwrap())
            .collect();
        assert_eq!(numbers.len(), 2);
        let error = codec.decode(&mut buffer).unwrap_err();
        assert!(matches!(
            error,
            CodecError::Decode(DecodeError::Frame {
                command_length: 15,
                max: MAX_PDU
            })
        ));
    }

    #[test]
    fn a_length_above_the_limit_is_refused_before_its_octets_come() {
        let mut buffer = BytesMut::from(&[0xFF, 0xFF, 0xFF, 0xFF][..]);
        assert!(SmppCodec::default().decode(&mut buffer).is_err());
        assert!(
            SmppCodec::new(16)
                .decode(&mut BytesMut::from(&[0, 0, 0, 17][..]))
                .is_err()
        );
    }
}
