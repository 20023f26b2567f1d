//! Optional parameters: tag, length, value (SMPP 5.0, 4.8).

mod buffer;
mod tag;

pub use buffer::TlvBuffer;
pub use tag::Tag;

use crate::Octets;
use crate::values::{InterfaceVersion, MessageState};

/// The TLVs of one PDU, read as one walks over them.
///
/// Order, repetitions and unknown tags are kept. Each length was checked when the PDU was decoded.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Tlvs<'a> {
    octets: &'a [u8],
    /// How many of the octets are whole TLVs. Others may follow that are none: a stray NUL, or
    /// the body of an error response that makes no sense. They are kept and never looked at.
    readable: usize,
}

/// One optional parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// What it tells.
    pub tag: Tag,
    /// Its value, of 0 to 65535 octets.
    pub value: Octets<'a>,
}

/// A TLV has another length than its tag allows. The rest of the PDU is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TLV {tag} has {len} octets; {expected} would be right")]
pub struct TlvError {
    /// Which TLV.
    pub tag: Tag,
    /// Octets of its value.
    pub len: usize,
    /// How many there should be.
    pub expected: usize,
}

/// A TLV's value if it is there, or what is wrong with it.
pub type Typed<T> = Result<Option<T>, TlvError>;

/// Why a network refused a message (SMPP 5.0, 4.8.4.42).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkErrorCode {
    /// 3 is GSM; see the specification for the others.
    pub network_type: u8,
    /// The network's code.
    pub code: u16,
}

impl<'a> Tlvs<'a> {
    /// No TLVs.
    pub const EMPTY: Self = Self {
        octets: &[],
        readable: 0,
    };

    /// Octets of which so many were found to be whole TLVs.
    pub(crate) fn checked(octets: &'a [u8], readable: usize) -> Self {
        Self { octets, readable }
    }

    /// Octets that are kept though they are no TLVs.
    pub(crate) fn unreadable(octets: &'a [u8]) -> Self {
        Self {
            octets,
            readable: 0,
        }
    }

    /// All octets, as they are on the wire.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// Octets at the end that are no TLVs: a stray NUL, or an error response's unreadable body.
    pub fn unread(&self) -> Octets<'a> {
        Octets(self.octets.get(self.readable..).unwrap_or_default())
    }

    /// Whether there is no TLV.
    pub fn is_empty(&self) -> bool {
        self.readable == 0
    }

    /// Every TLV in the order of the PDU.
    pub fn iter(&self) -> Iter<'a> {
        Iter {
            rest: self.octets.get(..self.readable).unwrap_or_default(),
        }
    }

    /// The value of the first TLV with this tag.
    pub fn get(&self, tag: Tag) -> Option<Octets<'a>> {
        self.iter().find(|tlv| tlv.tag == tag).map(|tlv| tlv.value)
    }

    /// The values of all TLVs with this tag, for the few that may repeat.
    pub fn get_all(&self, tag: Tag) -> impl Iterator<Item = Octets<'a>> + use<'a> {
        self.iter()
            .filter(move |tlv| tlv.tag == tag)
            .map(|tlv| tlv.value)
    }

    /// The value of a TLV of one octet.
    ///
    /// # Errors
    /// It has another length.
    pub fn octet(&self, tag: Tag) -> Typed<u8> {
        Ok(self.sized(tag)?.map(u8::from_be_bytes))
    }

    /// The value of a TLV that is an integer of two octets.
    ///
    /// # Errors
    /// It has another length.
    pub fn two_octets(&self, tag: Tag) -> Typed<u16> {
        Ok(self.sized(tag)?.map(u16::from_be_bytes))
    }

    /// The value of a TLV that is an integer of four octets.
    ///
    /// # Errors
    /// It has another length.
    pub fn four_octets(&self, tag: Tag) -> Typed<u32> {
        Ok(self.sized(tag)?.map(u32::from_be_bytes))
    }

    /// The value of a TLV that is a C-octet string, without its NUL, which may be missing.
    pub fn c_octet_string(&self, tag: Tag) -> Option<Octets<'a>> {
        self.get(tag).map(Octets::without_nuls)
    }

    fn sized<const N: usize>(&self, tag: Tag) -> Typed<[u8; N]> {
        let Some(value) = self.get(tag) else {
            return Ok(None);
        };
        match value.as_bytes().try_into() {
            Ok(octets) => Ok(Some(octets)),
            Err(_) => Err(TlvError {
                tag,
                len: value.len(),
                expected: N,
            }),
        }
    }
}

/// The TLVs that a gateway looks at.
impl<'a> Tlvs<'a> {
    /// `receipted_message_id`: which message a receipt tells of.
    pub fn receipted_message_id(&self) -> Option<Octets<'a>> {
        self.c_octet_string(Tag::RECEIPTED_MESSAGE_ID)
    }

    /// `message_state`.
    ///
    /// # Errors
    /// It has not one octet.
    pub fn message_state(&self) -> Typed<MessageState> {
        Ok(self.octet(Tag::MESSAGE_STATE)?.map(MessageState))
    }

    /// `network_error_code`. One SMSC fills the three octets with three ASCII digits; these are
    /// read as a number, and the network counts as GSM.
    ///
    /// # Errors
    /// It has not three octets.
    pub fn network_error_code(&self) -> Typed<NetworkErrorCode> {
        let value = self.sized::<3>(Tag::NETWORK_ERROR_CODE)?;
        Ok(value.map(NetworkErrorCode::from_octets))
    }

    /// `message_payload`: the text, where `short_message` is empty.
    pub fn message_payload(&self) -> Option<Octets<'a>> {
        self.get(Tag::MESSAGE_PAYLOAD)
    }

    /// `user_message_reference`.
    ///
    /// # Errors
    /// It has not two octets.
    pub fn user_message_reference(&self) -> Typed<u16> {
        self.two_octets(Tag::USER_MESSAGE_REFERENCE)
    }

    /// `sc_interface_version`, in the response to a bind.
    ///
    /// # Errors
    /// It has not one octet.
    pub fn sc_interface_version(&self) -> Typed<InterfaceVersion> {
        Ok(self.octet(Tag::SC_INTERFACE_VERSION)?.map(InterfaceVersion))
    }

    /// `delivery_failure_reason`.
    ///
    /// # Errors
    /// It has not one octet.
    pub fn delivery_failure_reason(&self) -> Typed<u8> {
        self.octet(Tag::DELIVERY_FAILURE_REASON)
    }

    /// `congestion_state`, 0 (idle) to 100 (congested).
    ///
    /// # Errors
    /// It has not one octet.
    pub fn congestion_state(&self) -> Typed<u8> {
        self.octet(Tag::CONGESTION_STATE)
    }

    /// `ussd_service_op`.
    ///
    /// # Errors
    /// It has not one octet.
    pub fn ussd_service_op(&self) -> Typed<u8> {
        self.octet(Tag::USSD_SERVICE_OP)
    }

    /// The place of a segment in a longer text: `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`, if all
    /// three are there.
    pub fn sar(&self) -> Option<(u16, u8, u8)> {
        if self.is_empty() {
            return None;
        }
        let octet = |tag| self.octet(tag).ok().flatten();
        let reference = self.two_octets(Tag::SAR_MSG_REF_NUM).ok().flatten()?;
        let total = octet(Tag::SAR_TOTAL_SEGMENTS)?;
        Some((reference, total, octet(Tag::SAR_SEGMENT_SEQNUM)?))
    }

    /// `its_session_info`: the session's number, then 7 bits of sequence and the end bit.
    ///
    /// # Errors
    /// It has not two octets.
    pub fn its_session_info(&self) -> Typed<u16> {
        self.two_octets(Tag::ITS_SESSION_INFO)
    }
}

impl NetworkErrorCode {
    /// The value of the TLV.
    pub fn to_octets(self) -> [u8; 3] {
        let [high, low] = self.code.to_be_bytes();
        [self.network_type, high, low]
    }

    fn from_octets(octets: [u8; 3]) -> Self {
        if octets.iter().all(u8::is_ascii_digit) {
            let code = octets
                .iter()
                .fold(0, |code, digit| 10 * code + u16::from(digit - b'0'));
            return Self {
                network_type: 3,
                code,
            };
        }
        let [network_type, high, low] = octets;
        Self {
            network_type,
            code: u16::from_be_bytes([high, low]),
        }
    }
}

impl<'a> IntoIterator for Tlvs<'a> {
    type Item = Tlv<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl std::fmt::Debug for Tlvs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Walks over the TLVs of a PDU.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let [t0, t1, l0, l1, tail @ ..] = self.rest else {
            return None;
        };
        let length = u16::from_be_bytes([*l0, *l1]);
        let (value, rest) = tail.split_at_checked(usize::from(length))?;
        self.rest = rest;
        Some(Tlv {
            tag: Tag(u16::from_be_bytes([*t0, *t1])),
            value: Octets(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_length_is_that_tlvs_error_only() {
        let mut buffer = TlvBuffer::new();
        buffer.push(Tag::MESSAGE_STATE, b"\x02\x00").unwrap();
        buffer.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 7);
        let tlvs = buffer.as_tlvs();
        let error = TlvError {
            tag: Tag::MESSAGE_STATE,
            len: 2,
            expected: 1,
        };
        assert_eq!(tlvs.message_state(), Err(error));
        assert_eq!(tlvs.user_message_reference(), Ok(Some(7)));
        assert_eq!(tlvs.ussd_service_op(), Ok(None));
        assert_eq!(
            error.to_string(),
            "TLV message_state has 2 octets; 1 would be right"
        );
    }

    #[test]
    fn the_place_of_a_segment_is_known_only_where_all_three_tlvs_say_it() {
        let of = |tags: &[Tag]| {
            let mut buffer = TlvBuffer::new();
            for tag in tags {
                match *tag {
                    Tag::SAR_MSG_REF_NUM => buffer.push_two_octets(*tag, 0x0102),
                    Tag::SAR_TOTAL_SEGMENTS => buffer.push_octet(*tag, 3),
                    _ => buffer.push_octet(*tag, 2),
                };
            }
            buffer.as_tlvs().sar()
        };
        let all = [
            Tag::SAR_MSG_REF_NUM,
            Tag::SAR_TOTAL_SEGMENTS,
            Tag::SAR_SEGMENT_SEQNUM,
        ];
        assert_eq!(of(&all), Some((0x0102, 3, 2)));
        for without in all {
            let others = all.iter().copied().filter(|tag| *tag != without);
            assert_eq!(of(&others.collect::<Vec<_>>()), None, "{without:?}");
        }
        assert_eq!(of(&[]), None);
        let mut short = TlvBuffer::new();
        short.push_octet(Tag::SAR_MSG_REF_NUM, 1);
        short.push_octet(Tag::SAR_TOTAL_SEGMENTS, 3);
        short.push_octet(Tag::SAR_SEGMENT_SEQNUM, 2);
        assert_eq!(short.as_tlvs().sar(), None, "a reference of one octet");
    }

    #[test]
    fn a_receipted_message_id_is_read_with_and_without_its_nul() {
        for value in [&b"38601fa\0"[..], b"38601fa"] {
            let mut buffer = TlvBuffer::new();
            buffer.push(Tag::RECEIPTED_MESSAGE_ID, value).unwrap();
            assert_eq!(buffer.as_tlvs().receipted_message_id().unwrap(), "38601fa");
        }
    }

    #[test]
    fn a_network_error_code_may_come_as_digits() {
        let read = |value: &[u8]| {
            let mut buffer = TlvBuffer::new();
            buffer.push(Tag::NETWORK_ERROR_CODE, value).unwrap();
            buffer.as_tlvs().network_error_code().unwrap().unwrap()
        };
        assert_eq!(
            read(b"\x03\x01\x02"),
            NetworkErrorCode {
                network_type: 3,
                code: 0x102
            }
        );
        assert_eq!(
            read(b"027"),
            NetworkErrorCode {
                network_type: 3,
                code: 27
            }
        );
    }

    #[test]
    fn repeated_tlvs_are_all_found_in_order() {
        let mut buffer = TlvBuffer::new();
        for value in [b"\x01", b"\x02"] {
            buffer.push(Tag::CALLBACK_NUM_PRES_IND, value).unwrap();
        }
        let values: Vec<_> = buffer
            .as_tlvs()
            .get_all(Tag::CALLBACK_NUM_PRES_IND)
            .collect();
        assert_eq!(values, [Octets(b"\x01"), Octets(b"\x02")]);
    }
}
