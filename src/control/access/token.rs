//! One token: what is shown, and the hash that is kept of it.

use std::fmt;

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// What its owner shows. It is printed once, when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What begins every token, so that people and programs that look for secrets know one.
const PREFIX: &str = "xbr_";

impl Token {
    /// A new one, of 256 bits of chance.
    ///
    /// # Errors
    /// If this machine has no chance to give.
    pub fn new() -> Result<Self, ring::error::Unspecified> {
        let mut chance = [0; 32];
        SystemRandom::new().fill(&mut chance)?;
        Ok(Self(format!("{PREFIX}{}", hex(&chance))))
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(token)")
    }
}

/// What is kept of a token. With so much chance in it, one round of SHA-256 does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    pub(super) fn of(shown: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, shown).as_ref());
        Self(hash)
    }

    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (octet, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            *octet = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }

    pub(super) fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// How long this takes says nothing of either.
    pub(super) fn is(&self, other: &Self) -> bool {
        is_same(&self.0, &other.0)
    }
}

/// Whether these are the same octets; how long that takes says nothing but their lengths.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differ = one.iter().zip(other).fold(0, |all, (a, b)| all | a ^ b);
    std::hint::black_box(differ) == 0 && one.len() == other.len()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_sha_256_and_is_read_as_it_is_written() {
        // FIPS 180-2, B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of(b"abc").to_hex(), abc);
        assert!(Hash::from_hex(abc).unwrap().is(&Hash::of(b"abc")));
        for wrong in [
            "",
            "ba78",
            &abc.replace('b', "x"),
            &abc.replacen("ba", "+a", 1),
        ] {
            assert!(Hash::from_hex(wrong).is_none_or(|hash| !hash.is(&Hash::of(b"abc"))));
        }
    }

    #[test]
    fn no_two_tokens_are_alike_and_none_is_shown_unasked() {
        let (one, other) = (Token::new().unwrap(), Token::new().unwrap());
        assert_ne!(one.text(), other.text());
        assert_eq!(one.text().len(), 68);
        assert!(one.text().starts_with("xbr_"));
        assert_eq!(format!("{one:?}"), "(token)");
    }
}
