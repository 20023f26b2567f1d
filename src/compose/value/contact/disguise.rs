//! Reads letters as the digits that they are put for.
//!
//! `90-I23-4S-67` is a number to call, and `12S` is a house: a letter is a digit in a word of digits
//! and such letters, and after the last digit of it only if the number goes on.

use super::{Skeleton, is_of_a_series, signs, word};

/// With fewer digits in a line nobody reads its letters as some.
pub(super) const PLAIN_DIGITS: usize = 4;

impl Skeleton {
    /// The same with digits for such letters; `None` if there are none.
    pub(super) fn undisguised(&self) -> Option<Self> {
        let plain = self.0.iter().filter(|each| each.is_ascii_digit());
        if plain.count() < PLAIN_DIGITS {
            return None;
        }
        let mut read: Vec<char> = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_slice();
        while let [first, others @ ..] = rest {
            let word = word(rest);
            if word.is_empty() {
                read.push(*first);
                rest = others;
                continue;
            }
            let after = rest.get(word.len()..).unwrap_or_default();
            let (number, letters) = word.split_at(len_of_number(&read, word, after));
            read.extend(number.iter().map(|each| digit(*each).unwrap_or(*each)));
            read.extend(letters);
            rest = after;
        }
        (read != self.0).then_some(Self(read))
    }
}

/// How many characters of the word are of a number.
fn len_of_number(before: &[char], word: &[char], after: &[char]) -> usize {
    let goes_on = || {
        let next = signs(after.iter());
        let next = after.get(next..).unwrap_or_default();
        next.first().is_some_and(char::is_ascii_digit) || is_number(self::word(next))
    };
    if is_number(word) {
        match word.iter().rposition(char::is_ascii_digit) {
            Some(last) if !goes_on() => last + 1,
            _ => word.len(),
        }
    } else if stands_for_digits(word) && ends_a_number(before) && goes_on() {
        word.len()
    } else {
        0
    }
}

fn ends_a_number(text: &[char]) -> bool {
    let skipped = signs(text.iter().rev());
    let last = text.iter().rev().nth(skipped);
    last.is_some_and(char::is_ascii_digit)
}

/// A word of digits and of letters like them, but neither the number of a passport nor 12B, a house.
fn is_number(word: &[char]) -> bool {
    let of_a_passport = matches!(word, [one, two, rest @ ..]
        if is_of_a_series(*one) && is_of_a_series(*two)
            && rest.len() == 7 && rest.iter().all(char::is_ascii_digit));
    let within = |each: Option<&char>| each.is_some_and(|each| digit_within(*each).is_some());
    word.iter().any(char::is_ascii_digit)
        && word
            .iter()
            .all(|each| each.is_ascii_digit() || digit(*each).is_some())
        && !within(word.first())
        && !within(word.last())
        && !of_a_passport
}

/// OO and l0 between the digits of a number; longer ones, and II, are words.
fn stands_for_digits(word: &[char]) -> bool {
    let digits = || word.iter().map(|each| digit(*each));
    word.len() <= 2
        && digits().all(|digit| matches!(digit, Some('0' | '1')))
        && digits().any(|digit| digit == Some('0'))
}

/// The digit that a letter of either alphabet is put for.
pub(super) fn digit(letter: char) -> Option<char> {
    Some(match letter {
        'o' | 'O' | 'о' | 'О' | 'ө' | 'Ө' | 'ó' | 'Ó' | 'ö' | 'Ö' | 'ø' | 'Ø' => '0',
        'l' | 'I' | 'i' | 'ı' | 'í' | 'Í' | 'і' | 'І' | 'ї' | 'Ї' | 'ӏ' | 'Ӏ' => '1',
        '²' => '2',
        'з' | 'З' | 'ӡ' | 'Ӡ' | 'Ʒ' | '³' => '3',
        's' | 'S' | 'ѕ' | 'Ѕ' => '5',
        _ => return digit_within(letter),
    })
}

/// The same of letters that houses and classes have, 12B and 7б, so that they are digits only between digits.
fn digit_within(letter: char) -> Option<char> {
    Some(match letter {
        'z' | 'Z' => '2',
        'б' => '6',
        'B' | 'В' => '8',
        _ => return None,
    })
}
