//! The first 16 octets of every PDU (SMPP 5.0, 3.2.1).

use crate::{CommandId, Status};

/// The header of a PDU: four big-endian integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Octets of the whole PDU, these four included.
    pub command_length: u32,
    /// Which operation this is.
    pub command_id: CommandId,
    /// The outcome in a response, 0 in a request.
    pub status: Status,
    /// Pairs a request with its response.
    pub sequence_number: u32,
}

impl Header {
    /// Octets of a header, so the least that a PDU has.
    pub const LEN_OCTETS: usize = 16;

    /// Reads a header; every 16 octets are one.
    pub fn parse(octets: &[u8; Self::LEN_OCTETS]) -> Self {
        let [
            l0,
            l1,
            l2,
            l3,
            c0,
            c1,
            c2,
            c3,
            s0,
            s1,
            s2,
            s3,
            n0,
            n1,
            n2,
            n3,
        ] = *octets;
        Self {
            command_length: u32::from_be_bytes([l0, l1, l2, l3]),
            command_id: CommandId(u32::from_be_bytes([c0, c1, c2, c3])),
            status: Status(u32::from_be_bytes([s0, s1, s2, s3])),
            sequence_number: u32::from_be_bytes([n0, n1, n2, n3]),
        }
    }

    /// The octets of this header.
    pub fn to_octets(self) -> [u8; Self::LEN_OCTETS] {
        let mut octets = [0; Self::LEN_OCTETS];
        let words = [
            self.command_length,
            self.command_id.0,
            self.status.0,
            self.sequence_number,
        ];
        for (place, word) in octets.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_four_big_endian_integers() {
        let octets = [0, 0, 0, 16, 0x80, 0, 0, 4, 0, 0, 0, 0x58, 0, 0, 1, 2];
        let header = Header {
            command_length: 16,
            command_id: CommandId::SUBMIT_SM_RESP,
            status: Status::RTHROTTLED,
            sequence_number: 0x102,
        };
        assert_eq!(Header::parse(&octets), header);
        assert_eq!(header.to_octets(), octets);
    }
}
