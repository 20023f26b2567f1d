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
