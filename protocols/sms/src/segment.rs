//! Cutting a text into segments, and their octets.
//!
//! A text is encoded once; its segments are ranges over that buffer, so that taking one, and
//! writing it into a PDU, allocates nothing. The same text, encoding and style always give the
//! same segments: after a restart, segment 2 can be sent again without segment 1.
//! Source: 3GPP TS 23.040, 9.2.3.24.

use std::ops::Range;

use crate::style::{SeptetForm, Style};
use crate::udh::Concat;
use crate::{Encoding, gsm7, ucs2};

/// The octets of one short message on the air, its header included.
pub const USER_DATA_OCTETS: usize = 140;

/// The most segments of one text: their number is one octet of the header.
pub const MAX_SEGMENTS: usize = 255;

/// How the SMSC learns that segments belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Concatenation {
    /// A UDH with a reference of 8 bits before each text: 153 septets or 67 units a segment.
    #[default]
    Udh8,
    /// A UDH with a reference of 16 bits before each text: 152 septets or 66 units a segment.
    Udh16,
    /// TLVs `sar_msg_ref_num`, `sar_total_segments`, `sar_segment_seqnum`; the SMSC makes the
    /// UDH: 153 septets or 67 units a segment.
    Sar,
    /// TLV `message_payload`: the whole text in one PDU, and the SMSC cuts it.
    Payload,
}

impl Concatenation {
    /// The units in each segment of a longer text.
    pub(crate) fn capacity(self, encoding: Encoding) -> usize {
        let header_octets = match self {
            Self::Udh8 | Self::Sar | Self::Payload => 6,
            Self::Udh16 => 7,
        };
        encoding.capacity(USER_DATA_OCTETS - header_octets)
    }

    /// The units in the only segment of a text.
    pub(crate) fn capacity_alone(encoding: Encoding) -> usize {
        encoding.capacity(USER_DATA_OCTETS)
    }
}

/// Why a text cannot be cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// It needs UCS-2.
    #[error("U+{:04X} cannot be written in this encoding", u32::from(*.0))]
    Character(char),
    /// It must be shortened.
    #[error("the text takes {0} segments; at most {MAX_SEGMENTS} are possible")]
    TooMany(usize),
}

/// Cuts a text into segments. An empty text is one empty segment.
///
/// A segment never ends inside an escape or surrogate pair, so it may hold one unit less.
///
/// # Errors
/// See [`SegmentError`]. UCS-2 can write any character.
pub fn segments(
    text: &str,
    encoding: Encoding,
    style: impl Into<Style>,
) -> Result<Segments, SegmentError> {
    let style = style.into();
    let octets = encoded(text, encoding, style.septets)?;
    let mut inner_ends = inner_ends(&octets, encoding, style.concatenation);
    if inner_ends.len() >= MAX_SEGMENTS {
        return Err(SegmentError::TooMany(inner_ends.len() + 1));
    }
    let payload = style.concatenation == Concatenation::Payload && !inner_ends.is_empty();
    if payload {
        inner_ends.clear();
    }
    Ok(Segments {
        encoding,
        style,
        octets,
        inner_ends,
        payload,
    })
}

/// A text in segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    encoding: Encoding,
    style: Style,
    /// Unpacked septets, or UTF-16 in big-endian order.
    octets: Vec<u8>,
    /// Where the segments end, the last one excepted: nothing is allocated for a single one.
    inner_ends: Vec<usize>,
    payload: bool,
}

impl Segments {
    /// How the text is written.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The number of segments, each one PDU: 1 to 255.
    pub fn total(&self) -> u8 {
        u8::try_from(self.inner_ends.len() + 1).unwrap_or(u8::MAX)
    }

    /// Whether the text goes into the TLV `message_payload`, with `sm_length` 0. A text that
    /// fits into one short message never does.
    pub fn is_payload(&self) -> bool {
        self.payload
    }

    /// Whether each segment starts with a UDH: `esm_class` 0x40.
    pub fn has_udh(&self) -> bool {
        let in_header = matches!(
            self.style.concatenation,
            Concatenation::Udh8 | Concatenation::Udh16
        );
        in_header && self.total() > 1
    }

    /// The segment at an index from 0.
    pub fn get(&self, index: usize) -> Option<Segment<'_>> {
        let octets = self.octets.get(self.range(index)?)?;
        let number = u8::try_from(index + 1).ok()?;
        Some(Segment {
            segments: self,
            octets,
            number,
        })
    }

    /// The segments in their order.
    pub fn iter(&self) -> impl Iterator<Item = Segment<'_>> {
        (0..usize::from(self.total())).filter_map(|index| self.get(index))
    }

    fn range(&self, index: usize) -> Option<Range<usize>> {
        let start = match index.checked_sub(1) {
            None => 0,
            Some(before) => *self.inner_ends.get(before)?,
        };
        let end = self.inner_ends.get(index).copied();
        Some(start..end.unwrap_or(self.octets.len()))
    }
}

/// One segment of a text.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    segments: &'a Segments,
    octets: &'a [u8],
    number: u8,
}

impl<'a> Segment<'a> {
    /// Its number, from 1.
    pub fn number(self) -> u8 {
        self.number
    }

    /// Its text in the encoding: unpacked septets, or UTF-16 in big-endian order.
    pub fn octets(self) -> &'a [u8] {
        self.octets
    }

    /// Its text.
    pub fn text(self) -> String {
        match self.segments.encoding {
            Encoding::Gsm7 => gsm7::decode(self.octets),
            Encoding::Ucs2 => ucs2::decode(self.octets),
        }
    }

    /// Where it stands in the text; `None` for an only segment, which needs no reference.
    pub fn concat(self, reference: u16) -> Option<Concat> {
        let total = self.segments.total();
        (total > 1).then_some(Concat {
            reference,
            total,
            number: self.number,
        })
    }

    /// The values of the three SAR TLVs, under [`Concatenation::Sar`] if there are several
    /// segments.
    pub fn sar(self, reference: u16) -> Option<Concat> {
        let in_tlvs = self.segments.style.concatenation == Concatenation::Sar;
        self.concat(reference).filter(|_| in_tlvs)
    }

    /// The UDH before its text; empty if there is none. Of the reference, [`Concatenation::Udh8`]
    /// takes the low octet.
    pub fn header(self, reference: u16) -> Header {
        let total = self.segments.total();
        let [high, low] = reference.to_be_bytes();
        match self.segments.style.concatenation {
            _ if total == 1 => Header {
                octets: [0; 7],
                len: 0,
            },
            Concatenation::Udh8 => Header {
                octets: [0x05, 0x00, 0x03, low, total, self.number, 0],
                len: 6,
            },
            Concatenation::Udh16 => Header {
                octets: [0x06, 0x08, 0x04, high, low, total, self.number],
                len: 7,
            },
            Concatenation::Sar | Concatenation::Payload => Header {
                octets: [0; 7],
                len: 0,
            },
        }
    }

    /// Appends what goes into `short_message` or `message_payload`: the UDH, then the text.
    pub fn write_user_data(self, reference: u16, out: &mut Vec<u8>) {
        let header = self.header(reference);
        out.extend_from_slice(header.as_ref());
        match (self.segments.encoding, self.segments.style.septets) {
            (Encoding::Ucs2, _) | (Encoding::Gsm7, SeptetForm::Unpacked) => {
                out.extend_from_slice(self.octets);
            }
            (Encoding::Gsm7, SeptetForm::Packed) => {
                gsm7::pack(self.octets, gsm7::fill_bits(header.as_ref().len()), out);
            }
            (Encoding::Gsm7, SeptetForm::Latin1 | SeptetForm::Ascii) => {
                let letters = gsm7::decode(self.octets);
                out.extend(
                    letters
                        .chars()
                        .filter_map(|letter| u8::try_from(letter).ok()),
                );
            }
        }
    }
}

/// The UDH of a segment: 0, 6 or 7 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    octets: [u8; 7],
    len: usize,
}

impl AsRef<[u8]> for Header {
    fn as_ref(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

fn encoded(text: &str, encoding: Encoding, form: SeptetForm) -> Result<Vec<u8>, SegmentError> {
    let mut octets = Vec::new();
    match encoding {
        Encoding::Gsm7 => {
            if let Some(letter) = form.lacked(text) {
                return Err(SegmentError::Character(letter));
            }
            gsm7::encode(text, &mut octets)
                .map_err(|gsm7::NotInAlphabet(letter)| SegmentError::Character(letter))?;
        }
        Encoding::Ucs2 => ucs2::encode(text, &mut octets),
    }
    Ok(octets)
}

/// Where segments end, the last one excepted, as positions in the encoded text.
fn inner_ends(octets: &[u8], encoding: Encoding, concatenation: Concatenation) -> Vec<usize> {
    let unit_octets = match encoding {
        Encoding::Gsm7 => 1,
        Encoding::Ucs2 => 2,
    };
    let mut ends = Vec::new();
    if octets.len() <= Concatenation::capacity_alone(encoding) * unit_octets {
        return ends;
    }
    let most_octets = concatenation.capacity(encoding) * unit_octets;
    let mut end = most_octets;
    while end < octets.len() {
        if splits_pair(octets, end - unit_octets, encoding) {
            end -= unit_octets;
        }
        ends.push(end);
        end += most_octets;
    }
    ends
}

/// Whether the unit at a position opens a pair: ESC and its letter, or two surrogates.
fn splits_pair(octets: &[u8], position: usize, encoding: Encoding) -> bool {
    let first = octets.get(position);
    match encoding {
        Encoding::Gsm7 => first == Some(&gsm7::ESC),
        Encoding::Ucs2 => first.is_some_and(|octet| (0xD8..=0xDB).contains(octet)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gsm7::tests::gsm_text;
    use crate::udh::{Element, UserDataHeader};
    use crate::{Cost, count};
    use proptest::prelude::*;

    fn cut(text: &str, concatenation: Concatenation) -> Segments {
        segments(text, Encoding::of(text), concatenation).unwrap()
    }

    fn user_data(segment: Segment<'_>, reference: u16) -> Vec<u8> {
        let mut octets = Vec::new();
        segment.write_user_data(reference, &mut octets);
        octets
    }

    fn lens(segments: &Segments) -> Vec<usize> {
        segments
            .iter()
            .map(|segment| user_data(segment, 1).len())
            .collect()
    }

    #[test]
    fn an_empty_text_is_one_empty_segment() {
        let empty = cut("", Concatenation::Udh8);
        assert_eq!((empty.total(), lens(&empty)), (1, vec![0]));
    }

    #[test]
    fn a_single_segment_has_no_header() {
        let single = cut(&"a".repeat(160), Concatenation::Udh8);
        assert_eq!(lens(&single), [160]);
        assert!(!single.has_udh());
        assert_eq!(single.get(0).unwrap().concat(7), None);
        assert!(single.get(1).is_none());
    }

    #[test]
    fn segments_of_septets_hold_153_or_152() {
        let text = "a".repeat(310);
        assert_eq!(lens(&cut(&text, Concatenation::Udh8)), [159, 159, 10]);
        assert_eq!(lens(&cut(&text, Concatenation::Udh16)), [159, 159, 13]);
        assert_eq!(lens(&cut(&text, Concatenation::Sar)), [153, 153, 4]);
        assert_eq!(lens(&cut(&text, Concatenation::Payload)), [310]);
    }

    #[test]
    fn segments_of_ucs2_hold_67_or_66_units() {
        let text = "я".repeat(140);
        assert_eq!(lens(&cut(&text, Concatenation::Udh8)), [140, 140, 18]);
        assert_eq!(lens(&cut(&text, Concatenation::Udh16)), [139, 139, 23]);
        assert_eq!(lens(&cut(&text, Concatenation::Sar)), [134, 134, 12]);
    }

    #[test]
    fn a_pair_moves_to_the_next_segment() {
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(100));
        let texts: Vec<_> = cut(&text, Concatenation::Udh8)
            .iter()
            .map(Segment::text)
            .collect();
        assert_eq!(texts, ["a".repeat(152), format!("€{}", "b".repeat(100))]);
        let text = format!("{}😀{}", "я".repeat(66), "ю".repeat(60));
        let texts: Vec<_> = cut(&text, Concatenation::Udh8)
            .iter()
            .map(Segment::text)
            .collect();
        assert_eq!(texts, ["я".repeat(66), format!("😀{}", "ю".repeat(60))]);
    }

    #[test]
    fn headers_carry_reference_total_and_number() {
        let text = "a".repeat(200);
        let narrow = cut(&text, Concatenation::Udh8);
        let second = narrow.get(1).unwrap();
        assert_eq!(second.header(0x1234).as_ref(), [5, 0, 3, 0x34, 2, 2]);
        let wide = cut(&text, Concatenation::Udh16);
        let second = wide.get(1).unwrap();
        assert_eq!(second.header(0x1234).as_ref(), [6, 8, 4, 0x12, 0x34, 2, 2]);
        let sar = cut(&text, Concatenation::Sar);
        let values = Concat {
            reference: 0x1234,
            total: 2,
            number: 2,
        };
        assert_eq!(sar.get(1).unwrap().sar(0x1234), Some(values));
        assert_eq!(sar.get(1).unwrap().header(0x1234).as_ref(), [0_u8; 0]);
        assert!(narrow.has_udh() && !sar.has_udh());
    }

    #[test]
    fn only_a_long_text_goes_into_the_payload() {
        assert!(!cut("short", Concatenation::Payload).is_payload());
        assert!(cut(&"a".repeat(161), Concatenation::Payload).is_payload());
    }

    #[test]
    fn more_than_255_segments_are_refused() {
        let most = "a".repeat(255 * 153);
        assert_eq!(cut(&most, Concatenation::Udh8).total(), 255);
        for concatenation in [
            Concatenation::Udh8,
            Concatenation::Sar,
            Concatenation::Payload,
        ] {
            let error = segments(&format!("{most}a"), Encoding::Gsm7, concatenation);
            assert_eq!(error, Err(SegmentError::TooMany(256)));
        }
    }

    #[test]
    fn what_an_encoding_lacks_is_refused() {
        let error = segments("xатo", Encoding::Gsm7, Concatenation::Udh8);
        assert_eq!(error, Err(SegmentError::Character('а')));
    }

    #[test]
    fn packed_segments_fit_140_octets() {
        let style = Style {
            septets: SeptetForm::Packed,
            ..Style::default()
        };
        let packed = segments(&"a".repeat(306), Encoding::Gsm7, style).unwrap();
        assert_eq!(lens(&packed), [140, 140]);
        let octets = user_data(packed.get(0).unwrap(), 1);
        let (header, text) = UserDataHeader::split(&octets);
        assert_eq!(
            gsm7::unpack(text, header.fill_bits(), Some(153)),
            [b'a'; 153]
        );
    }

    #[test]
    fn latin1_keeps_the_septet_limits_and_refuses_what_it_lacks() {
        let style = Style {
            septets: SeptetForm::Latin1,
            ..Style::default()
        };
        let latin1 = |text: &str| segments(text, Encoding::Gsm7, style);
        let text = latin1("@{é").unwrap();
        assert_eq!(user_data(text.get(0).unwrap(), 1), [b'@', b'{', 0xE9]);
        assert_eq!(latin1(&"{".repeat(81)).unwrap().total(), 2);
        assert_eq!(latin1("5 €"), Err(SegmentError::Character('€')));
        // Where a letter is a septet of its own, and where it is none.
        assert_eq!(latin1("á"), Err(SegmentError::Character('á')));
    }

    fn concatenation() -> impl Strategy<Value = Concatenation> {
        proptest::sample::select(vec![
            Concatenation::Udh8,
            Concatenation::Udh16,
            Concatenation::Sar,
            Concatenation::Payload,
        ])
    }

    fn text() -> impl Strategy<Value = String> {
        let pairs = proptest::string::string_regex("[a€яю😀]{0,500}").unwrap();
        prop_oneof![gsm_text(700), pairs, any::<String>()]
    }

    proptest! {
        #[test]
        fn segments_join_to_the_text(text in text(), concatenation in concatenation()) {
            let joined: String = cut(&text, concatenation).iter().map(Segment::text).collect();
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn no_segment_exceeds_a_short_message(text in text(), concatenation in concatenation()) {
            let segments = cut(&text, concatenation);
            let several = segments.total() > 1;
            for segment in segments.iter().filter(|_| !segments.is_payload()) {
                let units = segment.octets().len() / if segments.encoding() == Encoding::Ucs2 { 2 } else { 1 };
                let limit = match (segments.encoding(), several, concatenation) {
                    (Encoding::Gsm7, false, _) => 160,
                    (Encoding::Gsm7, true, Concatenation::Udh16) => 152,
                    (Encoding::Gsm7, true, _) => 153,
                    (Encoding::Ucs2, false, _) => 70,
                    (Encoding::Ucs2, true, Concatenation::Udh16) => 66,
                    (Encoding::Ucs2, true, _) => 67,
                };
                prop_assert!(units <= limit);
            }
        }

        #[test]
        fn no_segment_splits_a_pair(text in text(), concatenation in concatenation()) {
            let segments = cut(&text, concatenation);
            for segment in segments.iter() {
                match segments.encoding() {
                    Encoding::Gsm7 => prop_assert_ne!(segment.octets().last(), Some(&gsm7::ESC)),
                    Encoding::Ucs2 => {
                        let units: Vec<u16> = segment.octets().as_chunks().0.iter().map(|&unit| u16::from_be_bytes(unit)).collect();
                        prop_assert!(String::from_utf16(&units).is_ok());
                    }
                }
            }
        }

        #[test]
        fn counting_agrees_with_cutting(text in text(), concatenation in concatenation()) {
            let segments = cut(&text, concatenation);
            let cost = Cost::of(&text, segments.encoding(), concatenation).unwrap();
            prop_assert_eq!(cost.characters, text.chars().count());
            prop_assert_eq!(count(&text).encoding, segments.encoding());
            if !segments.is_payload() {
                prop_assert_eq!(cost.segments, usize::from(segments.total()));
            }
        }

        #[test]
        fn headers_read_back(text in text(), reference: u16) {
            let segments = cut(&text, Concatenation::Udh16);
            for segment in segments.iter().filter(|_| segments.has_udh()) {
                let octets = user_data(segment, reference);
                let (header, text) = UserDataHeader::split(&octets);
                let concat = segment.concat(reference).unwrap();
                prop_assert_eq!(header.elements().collect::<Vec<_>>(), [Element::Concat16(concat)]);
                prop_assert_eq!(text, segment.octets());
            }
        }
    }
}
