//! Which encoding a text needs, and what an encoding can hold.

use std::collections::HashSet;
use std::fmt;

use crate::{gsm7, ucs2};

/// How a text is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 03.38: septets, 160 in a message.
    Gsm7,
    /// UCS-2: 16-bit units, 70 in a message.
    Ucs2,
}

impl Encoding {
    /// The encoding that a text needs: GSM unless a character forces UCS-2.
    pub fn of(text: &str) -> Self {
        let fits = text
            .chars()
            .all(|character| gsm7::code(character).is_some());
        if fits { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// Its name in JSON, logs and configuration: `gsm7` or `ucs2`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }

    /// The units (septets, or 16-bit units) of a character; `None` if the encoding lacks it.
    pub fn width(self, character: char) -> Option<usize> {
        match self {
            Self::Gsm7 => gsm7::width(character),
            Self::Ucs2 => Some(ucs2::width(character)),
        }
    }

    /// The units (septets, or 16-bit units) of a text; `None` if the encoding lacks a character.
    pub fn len_units(self, text: &str) -> Option<usize> {
        match self {
            Self::Gsm7 => gsm7::len_septets(text),
            Self::Ucs2 => Some(ucs2::len_units(text)),
        }
    }

    /// The units that so many octets on the air hold: 140 hold 160 septets or 70 UCS-2 units.
    pub fn capacity(self, octets: usize) -> usize {
        match self {
            Self::Gsm7 => octets * 8 / 7,
            Self::Ucs2 => octets / 2,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The characters that force a text into UCS-2, each once, in order of appearance.
pub fn forced_by(text: &str) -> Vec<char> {
    let mut seen = HashSet::new();
    text.chars()
        .filter(|character| gsm7::code(*character).is_none())
        .filter(|character| seen.insert(*character))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_forces_the_whole_text() {
        assert_eq!(
            Encoding::of("Arizangiz tasdiqlandi: 5 {ok} €"),
            Encoding::Gsm7
        );
        assert_eq!(Encoding::of("Arizangiz ko‘rildi"), Encoding::Ucs2);
        assert_eq!(Encoding::of(""), Encoding::Gsm7);
    }

    #[test]
    fn forcing_characters_come_once_in_order_of_appearance() {
        assert_eq!(forced_by("bo‘ldi – to‘lov №5 – ok"), ['‘', '–', '№']);
        assert_eq!(forced_by("ўзбек"), ['ў', 'з', 'б', 'е', 'к']);
        assert_eq!(forced_by("plain"), []);
    }

    #[test]
    fn capacities_are_those_of_the_specification() {
        let capacities = |octets: usize| {
            let in_units = |encoding: Encoding| encoding.capacity(octets);
            (in_units(Encoding::Gsm7), in_units(Encoding::Ucs2))
        };
        assert_eq!(capacities(140), (160, 70));
        assert_eq!(capacities(140 - 6), (153, 67));
        assert_eq!(capacities(140 - 7), (152, 66));
    }
}
