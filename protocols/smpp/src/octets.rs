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
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let (eights, rest) = octets.as_chunks::<8>();
    let mut before = 0;
    for eight in eights {
        let word = u64::from_le_bytes(*eight);
        // The lowest bit left stands for the first NUL; those above it may be false.
        let nuls = word.wrapping_sub(ONES) & !word & HIGHS;
        if nuls != 0 {
            return Some(before + nuls.trailing_zeros() as usize / 8);
        }
        before += eight.len();
    }
    rest.iter()
        .position(|&octet| octet == 0)
        .map(|place| before + place)
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
        }
    }
}
