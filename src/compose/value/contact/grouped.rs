//! Finds a number to call by its groups, be the letters in it such as houses have, too.
//!
//! `12б` and `67B` are houses and classes, and so no digits elsewhere. But `90 12З 4S б7` has the code of an operator, and
//! is parted as people part a number: what is so whole is one to call, whatever its letters are.

use super::disguise::digit;
use super::{Skeleton, is_of_a_word, word};

/// How people part a whole number of the country, with its code or without.
const GROUPS: [&[usize]; 16] = [
    &[9],
    &[2, 7],
    &[2, 3, 4],
    &[2, 3, 2, 2],
    &[2, 2, 3, 2],
    &[2, 2, 2, 3],
    &[12],
    &[3, 9],
    &[3, 2, 7],
    &[3, 2, 3, 4],
    &[3, 2, 3, 2, 2],
    &[3, 2, 2, 3, 2],
    &[3, 2, 2, 2, 3],
    &[5, 7],
    &[5, 3, 4],
    &[5, 3, 2, 2],
];

/// Where a mobile number of the country, or one of a town, begins.
pub(super) const CODES: [&str; 31] = [
    "20", "33", "50", "55", "61", "62", "65", "66", "67", "69", "70", "71", "72", "73", "74", "75",
    "76", "77", "78", "79", "87", "88", "90", "91", "92", "93", "94", "95", "97", "98", "99",
];

/// With fewer digits as they are nobody reads the others.
const LEAST_PLAIN: usize = 4;

impl Skeleton {
    /// Whether it has a whole number of the country with letters for some of its digits.
    pub(super) fn has_grouped_number(&self) -> bool {
        let plain = self.0.iter().filter(|each| each.is_ascii_digit());
        if plain.count() < LEAST_PLAIN {
            return false;
        }
        let mut words: Vec<&[char]> = Vec::new();
        let mut rest = self.0.as_slice();
        while let [first, others @ ..] = rest {
            let word = word(rest);
            let (length, ends) = match word.iter().all(|each| digit_or_like(*each).is_some()) {
                _ if word.is_empty() => (1, is_parting(*first)),
                true => (word.len(), false),
                false => (word.len(), true),
            };
            if ends {
                words.clear();
            } else if length > 1 || is_of_a_word(*first) {
                words.push(word);
                if ends_with_a_number(&words) {
                    return true;
                }
            }
            rest = rest.get(length..).unwrap_or(others);
        }
        false
    }
}

/// A list has these between its items.
fn is_parting(sign: char) -> bool {
    matches!(sign, ',' | ';' | '№')
}

fn ends_with_a_number(words: &[&[char]]) -> bool {
    GROUPS.iter().any(|groups| {
        let start = words.len().checked_sub(groups.len());
        let last = start.and_then(|start| words.get(start..));
        last.is_some_and(|last| {
            let lengths = last.iter().map(|word| word.len());
            lengths.eq(groups.iter().copied()) && is_number(last)
        })
    })
}

fn is_number(words: &[&[char]]) -> bool {
    let plain = |word: &[char]| word.iter().filter(|each| each.is_ascii_digit()).count();
    let is_plain = words.iter().all(|word| plain(word) == word.len());
    let enough = words.iter().map(|word| plain(word)).sum::<usize>() >= LEAST_PLAIN;
    let letters = words.iter().filter(|word| plain(word) == 0).count();
    let digits = words.iter().flat_map(|word| word.iter());
    let digits: String = digits.filter_map(|each| digit_or_like(*each)).collect();
    let national = match digits.len() {
        9 => Some(digits.as_str()),
        _ => digits.strip_prefix("998"),
    };
    // One with digits alone is told from dates and sums elsewhere.
    !is_plain
        && enough
        && letters <= 1
        && national.is_some_and(|it| CODES.iter().any(|code| it.starts_with(code)))
}

/// The digit that it is, or is put for.
fn digit_or_like(character: char) -> Option<char> {
    match character {
        '0'..='9' => Some(character),
        'Б' | 'b' => Some('6'),
        'ч' | 'Ч' => Some('4'),
        'э' | 'Э' => Some('3'),
        other => digit(other),
    }
}
