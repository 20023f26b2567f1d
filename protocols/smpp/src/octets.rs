//! Strings of octets, as most fields of a PDU are.

use std::fmt;
use std::ops::Deref;

/// A borrowed string of octets: a C-octet string without its NUL, or an octet string.
///
/// `Debug` shows the length only, since it may be a number, a text or a password.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Octets<'a>(pub &'a [u8]);

impl<'a> Octets<'a> {
    /// No octets.
    pub const EMPTY: Self = Self(&[]);

    /// The octets, for as long as the PDU lives.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The octets as text, if they are UTF-8 (which ASCII is).
    pub fn as_str(self) -> Option<&'a str> {
        std::str::from_utf8(self.0).ok()
    }

    /// The same without the NULs at its end.
    pub fn without_nuls(self) -> Self {
        let end = self
            .0
            .iter()
            .rposition(|&octet| octet != 0)
            .map_or(0, |last| last + 1);
        Self(self.0.get(..end).unwrap_or_default())
    }
}

impl Deref for Octets<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0
    }
}

impl<'a> From<&'a [u8]> for Octets<'a> {
    fn from(octets: &'a [u8]) -> Self {
        Self(octets)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Octets<'a> {
    fn from(octets: &'a [u8; N]) -> Self {
        Self(octets)
    }
}

impl<'a> From<&'a str> for Octets<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl<'a> From<&'a Vec<u8>> for Octets<'a> {
    fn from(octets: &'a Vec<u8>) -> Self {
        Self(octets)
    }
}

impl PartialEq<str> for Octets<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Octets<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Debug for Octets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} octets>", self.0.len())
    }
}

/// Where the first NUL is.
///
/// Looks at eight octets at a time, since the strings are too short for a call of `memchr` to
/// pay: of 1 to 20 octets mostly.
#[inline]
pub(crate) fn find_nul(octets: &[u8]) -> Option<usize> {
    let (eights, rest) = octets.as_chunks::<8>();
    let mut before = 0;
    for eight in eights {
        // The lowest bit stands for the first NUL; those above it may be false.
        let nuls = nuls_in(*eight);
        if nuls != 0 {
            return Some(before + nuls.trailing_zeros() as usize / 8);
        }
        before += eight.len();
    }
    rest.iter()
        .position(|&octet| octet == 0)
        .map(|place| before + place)
}

/// Copies a string into a place as long as itself, and tells whether there is a NUL in it.
///
/// One of 4 to 16 octets goes as two words, its first and its last, which may overlap.
#[inline(always)]
pub(crate) fn copy_finds_nul(from: &[u8], to: &mut [u8]) -> bool {
    match from.len() {
        0 => false,
        4..8 => {
            let [[a, b, c, d], [e, f, g, h]] = copy_ends(from, to);
            nuls_in([a, b, c, d, e, f, g, h]) != 0
        }
        8..=16 => {
            let [first, last] = copy_ends(from, to);
            nuls_in(first) | nuls_in(last) != 0
        }
        _ => {
            to.copy_from_slice(from);
            find_nul(from).is_some()
        }
    }
}

/// Copies the first and the last `N` octets, and gives them.
#[inline(always)]
fn copy_ends<const N: usize>(from: &[u8], to: &mut [u8]) -> [[u8; N]; 2] {
    let first = *from.first_chunk().unwrap_or(&[0; N]);
    let last = *from.last_chunk().unwrap_or(&[0; N]);
    if let Some(place) = to.first_chunk_mut() {
        *place = first;
    }
    if let Some(place) = to.last_chunk_mut() {
        *place = last;
    }
    [first, last]
}

/// Not 0 if one of the octets is 0.
#[inline]
fn nuls_in(eight: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_le_bytes(eight);
    word.wrapping_sub(ONES) & !word & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_first_nul_is_found_wherever_it_is(
            octets in proptest::collection::vec(0u8..4, 0..40),
        ) {
            let expected = octets.iter().position(|&octet| octet == 0);
            proptest::prop_assert_eq!(find_nul(&octets), expected);
            let mut copy = vec![7; octets.len()];
            proptest::prop_assert_eq!(copy_finds_nul(&octets, &mut copy), expected.is_some());
            proptest::prop_assert_eq!(copy, octets);
        }
    }
}
