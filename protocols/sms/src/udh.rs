//! The header that may stand at the start of a segment's octets (UDH).
//!
//! `UDHL 1`, the octets that follow, then elements `IEI 1 · IEDL 1 · data`. It is there when
//! `esm_class` has the bit 0x40. Source: 3GPP TS 23.040, 9.2.3.24.
//! Reading is lenient and borrows: elements are parsed as they are asked for.

use crate::gsm7;

/// Where a segment stands in a longer text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The same in all segments of a text, otherwise arbitrary.
    pub reference: u16,
    /// The number of segments, from 1.
    pub total: u8,
    /// The number of this segment, from 1.
    pub number: u8,
}

impl Concat {
    /// Whether the numbers make sense: both from 1, and `number` at most `total`. If not, a
    /// receiver shall ignore the element (3GPP TS 23.040, 9.2.3.24.1).
    pub fn is_valid(self) -> bool {
        (1..=self.total).contains(&self.number)
    }
}

/// One element of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element<'a> {
    /// 0x00: a segment of a longer text, with a reference of 8 bits.
    Concat8(Concat),
    /// 0x08: a segment of a longer text, with a reference of 16 bits.
    Concat16(Concat),
    /// 0x04: application ports of 8 bits.
    Ports8 {
        /// Whom it is for.
        destination: u8,
        /// Who sent it.
        source: u8,
    },
    /// 0x05: application ports of 16 bits.
    Ports16 {
        /// Whom it is for.
        destination: u16,
        /// Who sent it.
        source: u16,
    },
    /// 0x24: the extension table of a language stands in for that of GSM 03.38.
    SingleShift(u8),
    /// 0x25: the alphabet of a language stands in for that of GSM 03.38.
    LockingShift(u8),
    /// Any other, or one of the above whose data make no sense.
    Other {
        /// Which element it is (IEI).
        id: u8,
        /// Its octets, at most 255.
        data: &'a [u8],
    },
}

impl<'a> Element<'a> {
    fn new(id: u8, data: &'a [u8]) -> Self {
        Self::known(id, data).unwrap_or(Self::Other { id, data })
    }

    fn known(id: u8, data: &'a [u8]) -> Option<Self> {
        Some(match (id, data) {
            (0x00, &[reference, total, number]) => {
                Self::Concat8(concat(u16::from(reference), total, number)?)
            }
            (0x08, &[high, low, total, number]) => {
                Self::Concat16(concat(u16::from_be_bytes([high, low]), total, number)?)
            }
            (0x04, &[destination, source]) => Self::Ports8 {
                destination,
                source,
            },
            (0x05, &[to_high, to_low, from_high, from_low]) => Self::Ports16 {
                destination: u16::from_be_bytes([to_high, to_low]),
                source: u16::from_be_bytes([from_high, from_low]),
            },
            (0x24, &[language]) => Self::SingleShift(language),
            (0x25, &[language]) => Self::LockingShift(language),
            _ => return None,
        })
    }

    fn write(self, octets: &mut Vec<u8>) {
        match self {
            Self::Concat8(Concat {
                reference,
                total,
                number,
            }) => {
                let [_, low] = reference.to_be_bytes();
                octets.extend([0x00, 3, low, total, number]);
            }
            Self::Concat16(Concat {
                reference,
                total,
                number,
            }) => {
                let [high, low] = reference.to_be_bytes();
                octets.extend([0x08, 4, high, low, total, number]);
            }
            Self::Ports8 {
                destination,
                source,
            } => octets.extend([0x04, 2, destination, source]),
            Self::Ports16 {
                destination,
                source,
            } => {
                octets.extend([0x05, 4]);
                octets.extend(destination.to_be_bytes());
                octets.extend(source.to_be_bytes());
            }
            Self::SingleShift(language) => octets.extend([0x24, 1, language]),
            Self::LockingShift(language) => octets.extend([0x25, 1, language]),
            Self::Other { id, data } => {
                let len = data.len().min(usize::from(u8::MAX));
                octets.extend([id, u8::try_from(len).unwrap_or(u8::MAX)]);
                octets.extend(data.iter().take(len));
            }
        }
    }
}

fn concat(reference: u16, total: u8, number: u8) -> Option<Concat> {
    let concat = Concat {
        reference,
        total,
        number,
    };
    concat.is_valid().then_some(concat)
}

/// The header of a received segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UserDataHeader<'a> {
    /// The octets after UDHL.
    octets: &'a [u8],
    len_octets: usize,
}

impl<'a> UserDataHeader<'a> {
    /// Parts the header from the text that follows it.
    ///
    /// Where the header would run past the end there is none and everything is text: such a
    /// message was marked by mistake, and what the person wrote can still be read.
    pub fn split(user_data: &'a [u8]) -> (Self, &'a [u8]) {
        Self::checked_split(user_data).unwrap_or((Self::default(), user_data))
    }

    fn checked_split(user_data: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (len, rest) = user_data.split_first()?;
        let (octets, text) = rest.split_at_checked(usize::from(*len))?;
        Some((
            Self {
                octets,
                len_octets: 1 + octets.len(),
            },
            text,
        ))
    }

    /// The octets of the header, UDHL included; 0 if there is none.
    pub fn len_octets(self) -> usize {
        self.len_octets
    }

    /// The bits between the header and packed septets after it.
    pub fn fill_bits(self) -> u8 {
        gsm7::fill_bits(self.len_octets)
    }

    /// The elements in their order; those before one that is cut short.
    pub fn elements(self) -> impl Iterator<Item = Element<'a>> {
        let mut rest = self.octets;
        std::iter::from_fn(move || {
            let (element, after) = element(rest)?;
            rest = after;
            Some(element)
        })
    }

    /// Where the segment stands in a longer text. Of repeated elements the last counts
    /// (3GPP TS 23.040, 9.2.3.24).
    pub fn concat(self) -> Option<Concat> {
        self.elements()
            .filter_map(|element| match element {
                Element::Concat8(concat) | Element::Concat16(concat) => Some(concat),
                _ => None,
            })
            .last()
    }
}

fn element(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (id, rest) = input.split_first()?;
    let (len, rest) = rest.split_first()?;
    let (data, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((Element::new(*id, data), rest))
}

/// The elements take more than the 255 octets that UDHL can tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a user data header has at most 255 octets, this one has {0}")]
pub struct HeaderTooLong(pub usize);

/// Appends a header with these elements.
///
/// # Errors
/// Appends nothing if they do not fit into 255 octets.
pub fn write(elements: &[Element<'_>], octets: &mut Vec<u8>) -> Result<(), HeaderTooLong> {
    let mut body = Vec::new();
    for element in elements {
        element.write(&mut body);
    }
    let len = u8::try_from(body.len()).map_err(|_| HeaderTooLong(body.len()))?;
    octets.push(len);
    octets.extend(body);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(elements: &[Element<'_>]) -> Vec<u8> {
        let mut octets = Vec::new();
        write(elements, &mut octets).unwrap();
        octets
    }

    fn read(user_data: &[u8]) -> Vec<Element<'_>> {
        UserDataHeader::split(user_data).0.elements().collect()
    }

    #[test]
    fn elements_are_laid_out_as_specified() {
        let concat = Concat {
            reference: 0xAB,
            total: 3,
            number: 2,
        };
        let wide = Concat {
            reference: 0xABCD,
            ..concat
        };
        let ports = Element::Ports16 {
            destination: 2948,
            source: 9200,
        };
        let table: [(Element<'_>, &[u8]); 7] = [
            (Element::Concat8(concat), &[5, 0x00, 3, 0xAB, 3, 2]),
            (Element::Concat16(wide), &[6, 0x08, 4, 0xAB, 0xCD, 3, 2]),
            (
                Element::Ports8 {
                    destination: 240,
                    source: 1,
                },
                &[4, 0x04, 2, 240, 1],
            ),
            (ports, &[6, 0x05, 4, 0x0B, 0x84, 0x23, 0xF0]),
            (Element::SingleShift(1), &[3, 0x24, 1, 1]),
            (Element::LockingShift(1), &[3, 0x25, 1, 1]),
            (
                Element::Other {
                    id: 0x70,
                    data: &[9, 8],
                },
                &[4, 0x70, 2, 9, 8],
            ),
        ];
        for (element, octets) in table {
            assert_eq!(written(&[element]), octets);
            assert_eq!(read(octets), [element]);
        }
    }

    #[test]
    fn the_text_follows_the_header() {
        let user_data = [5, 0x00, 3, 7, 2, 1, b'H', b'i'];
        let (header, text) = UserDataHeader::split(&user_data);
        assert_eq!(text, b"Hi");
        assert_eq!((header.len_octets(), header.fill_bits()), (6, 1));
        assert_eq!(
            header.concat(),
            Some(Concat {
                reference: 7,
                total: 2,
                number: 1
            })
        );
    }

    #[test]
    fn a_header_past_the_end_is_none() {
        let (header, text) = UserDataHeader::split(b"STOP");
        assert_eq!((header.len_octets(), text), (0, b"STOP".as_slice()));
        assert_eq!(
            UserDataHeader::split(&[]),
            (UserDataHeader::default(), [].as_slice())
        );
    }

    #[test]
    fn elements_before_a_broken_one_are_read() {
        let user_data = [6, 0x24, 1, 1, 0x00, 3, 7, b'x'];
        assert_eq!(read(&user_data), [Element::SingleShift(1)]);
        assert_eq!(UserDataHeader::split(&user_data).1, b"x");
    }

    #[test]
    fn senseless_numbers_are_no_concatenation() {
        for [total, number] in [[0, 0], [2, 0], [2, 3], [0, 1]] {
            let user_data = [5, 0x00, 3, 7, total, number];
            assert_eq!(UserDataHeader::split(&user_data).0.concat(), None);
        }
    }

    #[test]
    fn an_overlong_header_is_refused() {
        let other = Element::Other {
            id: 1,
            data: &[0; 200],
        };
        assert_eq!(
            write(&[other, other], &mut Vec::new()),
            Err(HeaderTooLong(404))
        );
    }

    proptest! {
        #[test]
        fn any_octets_are_read(user_data: Vec<u8>) {
            let (header, text) = UserDataHeader::split(&user_data);
            prop_assert_eq!(header.len_octets() + text.len(), user_data.len());
            header.concat();
        }

        #[test]
        fn what_is_read_writes_back(
            data in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..8)), 0..12)
        ) {
            let elements: Vec<_> = data.iter().map(|(id, data)| Element::new(*id, data)).collect();
            let octets = written(&elements);
            prop_assert_eq!(read(&octets), elements);
        }
    }
}
