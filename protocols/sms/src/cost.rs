//! What a text costs, without making its segments.

use crate::segment::Concatenation;
use crate::{Encoding, gsm7, ucs2};

/// What a text costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cost {
    /// How it is written.
    pub encoding: Encoding,
    /// Its length in Unicode characters.
    pub characters: usize,
    /// The number of segments, which is what operators charge for.
    pub segments: usize,
}

/// What a text costs in the encoding that it needs, with references of 8 bits. Allocates nothing.
pub fn count(text: &str) -> Cost {
    Cost::gsm7(text, Concatenation::default())
        .unwrap_or_else(|| Cost::ucs2(text, Concatenation::default()))
}

impl Cost {
    /// What a text costs in this encoding; `None` if the encoding lacks one of its characters.
    /// Under [`Concatenation::Payload`], the segments are those that the SMSC will make.
    pub fn of(text: &str, encoding: Encoding, concatenation: Concatenation) -> Option<Self> {
        match encoding {
            Encoding::Gsm7 => Self::gsm7(text, concatenation),
            Encoding::Ucs2 => Some(Self::ucs2(text, concatenation)),
        }
    }

    fn gsm7(text: &str, concatenation: Concatenation) -> Option<Self> {
        let mut tally = Tally::new(Encoding::Gsm7, concatenation);
        for character in text.chars() {
            tally.add(gsm7::width(character)?);
        }
        Some(tally.cost())
    }

    fn ucs2(text: &str, concatenation: Concatenation) -> Self {
        let mut tally = Tally::new(Encoding::Ucs2, concatenation);
        for character in text.chars() {
            tally.add(ucs2::width(character));
        }
        tally.cost()
    }
}

/// Fills segments with characters, which are never split.
struct Tally {
    encoding: Encoding,
    /// The most units in one segment of several.
    most: usize,
    /// The most units in the only segment.
    most_alone: usize,
    characters: usize,
    units: usize,
    segments: usize,
    in_last: usize,
}

impl Tally {
    fn new(encoding: Encoding, concatenation: Concatenation) -> Self {
        Self {
            encoding,
            most: concatenation.capacity(encoding),
            most_alone: Concatenation::capacity_alone(encoding),
            characters: 0,
            units: 0,
            segments: 1,
            in_last: 0,
        }
    }

    fn add(&mut self, width: usize) {
        self.characters += 1;
        self.units += width;
        self.in_last += width;
        if self.in_last > self.most {
            self.segments += 1;
            self.in_last = width;
        }
    }

    fn cost(self) -> Cost {
        let fits_alone = self.units <= self.most_alone;
        Cost {
            encoding: self.encoding,
            characters: self.characters,
            segments: if fits_alone { 1 } else { self.segments },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gsm7(characters: usize, segments: usize) -> Cost {
        Cost {
            encoding: Encoding::Gsm7,
            characters,
            segments,
        }
    }

    fn ucs2(characters: usize, segments: usize) -> Cost {
        Cost {
            encoding: Encoding::Ucs2,
            characters,
            segments,
        }
    }

    #[test]
    fn costs_step_at_the_limits() {
        let table = [
            (String::new(), gsm7(0, 1)),
            ("a".repeat(160), gsm7(160, 1)),
            ("a".repeat(161), gsm7(161, 2)),
            ("a".repeat(306), gsm7(306, 2)),
            ("a".repeat(307), gsm7(307, 3)),
            ("€".repeat(80), gsm7(80, 1)),
            // 76 pairs are 152 septets: the 153rd stays empty rather than split a pair.
            ("€".repeat(152), gsm7(152, 2)),
            ("€".repeat(153), gsm7(153, 3)),
            ("я".repeat(70), ucs2(70, 1)),
            ("я".repeat(71), ucs2(71, 2)),
            ("я".repeat(134), ucs2(134, 2)),
            ("я".repeat(135), ucs2(135, 3)),
            ("😀".repeat(35), ucs2(35, 1)),
            ("😀".repeat(66), ucs2(66, 2)),
            ("😀".repeat(67), ucs2(67, 3)),
        ];
        for (text, cost) in table {
            assert_eq!(count(&text), cost, "{text}");
        }
    }

    #[test]
    fn wide_references_cost_a_septet_more() {
        let text = "a".repeat(306);
        let cost = |concatenation| Cost::of(&text, Encoding::Gsm7, concatenation);
        assert_eq!(cost(Concatenation::Udh8), Some(gsm7(306, 2)));
        assert_eq!(cost(Concatenation::Udh16), Some(gsm7(306, 3)));
        assert_eq!(Cost::of("я", Encoding::Gsm7, Concatenation::Udh8), None);
    }
}
