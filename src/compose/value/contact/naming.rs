//! What the words before digits say that they are: `Shartnoma raqami: 2026/11-45`, `Contract No. 2026/11-45`.

use super::{Skeleton, is_apostrophe};

/// The signs of a number, longest first. `№` goes out as `N`.
const SIGNS: [&str; 8] = ["№", "No.", "NO.", "no.", "No", "NO", "Nº", "N"];

/// What words for it begin with, in capitals. In Latin letters those of Russian are as a text may spell them.
const NUMBERS: [&str; 7] = ["RAQAM", "РАҚАМ", "NOMER", "НОМЕР", "NUMBER", "SANI", "САНЫ"];

/// What stands before digits.
pub(super) struct Naming {
    /// Whether they are behind a sign of a number.
    pub(super) has_sign: bool,
    /// Whether they are behind a word for it.
    has_number: bool,
    /// The last words before all that, in capitals and without apostrophes.
    words: [String; 2],
}

impl Skeleton {
    /// The text before these digits, without a sign of a number.
    pub(super) fn before_sign(&self, start: usize) -> &[char] {
        let before = self.0.get(..start).unwrap_or_default();
        let before = before.strip_suffix(&[' ']).unwrap_or(before);
        let (before, _) = without_sign(before);
        before.strip_suffix(&[' ']).unwrap_or(before)
    }

    /// What stands before the digits that begin here.
    pub(super) fn naming(&self, start: usize) -> Naming {
        let before = self.0.get(..start).unwrap_or_default();
        let (before, has_sign) = without_sign(without_colon(before));
        let before = without_colon(before);
        let (number, rest) = last_word(before);
        let has_number = is_word_for_it(&number);
        let (last, rest) = match has_number {
            true => last_word(without_colon(rest)),
            false => (number, rest),
        };
        let (first, _) = last_word(without_colon(rest));
        Naming {
            has_sign,
            has_number,
            words: [first, last],
        }
    }
}

impl Naming {
    /// Whether these words say that it is a number, whosever.
    pub(super) fn is_numbered(&self) -> bool {
        self.has_sign || self.has_number
    }

    /// Whether the last word is one of these.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.last())
    }

    /// The same, or the word before it: `ИНН организации 301234567` says whose it is.
    pub(super) fn is_or_whose(&self, names: &[&str]) -> bool {
        self.is(names) || names.contains(&self.before_last())
    }

    /// Whether the last word begins with one of these.
    pub(super) fn begins(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.last().starts_with(name))
    }

    pub(super) fn last(&self) -> &str {
        &self.words[1]
    }

    /// The word before that.
    pub(super) fn before_last(&self) -> &str {
        &self.words[0]
    }
}

/// Whether such a word, in capitals, or the letters of such a sign, say that it is a number.
pub(super) fn is_of_a_number(word: &str) -> bool {
    is_word_for_it(word) || matches!(word, "N" | "NO" | "Nº")
}

fn is_word_for_it(word: &str) -> bool {
    NUMBERS.iter().any(|name| word.starts_with(name))
}

/// The word that a text begins with, up to a digit; empty: it begins with none.
pub(super) fn letters(text: &[char]) -> &[char] {
    let is_word = text.first().is_some_and(|first| first.is_alphabetic());
    let letters = text.iter().take_while(of_a_word).count();
    text.get(..if is_word { letters } else { 0 })
        .unwrap_or_default()
}

/// The last word of a text, whatever signs but digits stand behind it, and what stands before it.
pub(super) fn letters_before(text: &[char]) -> (&[char], &[char]) {
    let signs = text.iter().rev().take_while(|each| !each.is_alphanumeric());
    let (text, _) = text.split_at(text.len() - signs.count());
    let letters = text.iter().rev().take_while(of_a_word).count();
    let (before, word) = text.split_at(text.len() - letters);
    (word, before)
}

/// Without apostrophes, which letters of Karakalpak have where they go out so: `sha'rtnama`.
pub(super) fn in_capitals(word: &[char]) -> String {
    let letters = word.iter().filter(|each| !is_apostrophe(**each));
    letters.flat_map(|each| each.to_uppercase()).collect()
}

/// Without one blank, a colon, and the blank or the bracket before that: `STIR (INN): `.
fn without_colon(text: &[char]) -> &[char] {
    let text = text.strip_suffix(&[' ']).unwrap_or(text);
    let text = text.strip_suffix(&[':']).unwrap_or(text);
    text.strip_suffix(&[' '])
        .or(text.strip_suffix(&[')']))
        .unwrap_or(text)
}

fn without_sign(text: &[char]) -> (&[char], bool) {
    let ends = |sign: &str| {
        let signs = sign.chars().rev();
        let same = signs
            .clone()
            .eq(text.iter().rev().take(signs.count()).copied());
        same.then(|| text.split_at(text.len() - sign.chars().count()).0)
    };
    let is_apart = |before: &&[char], sign: &str| {
        sign == "№" || before.last().is_none_or(|each| !each.is_alphanumeric())
    };
    let found = SIGNS
        .iter()
        .find_map(|sign| ends(sign).filter(|it| is_apart(it, sign)));
    found.map_or((text, false), |before| (before, true))
}

fn of_a_word(each: &&char) -> bool {
    each.is_alphabetic() || is_apostrophe(**each)
}

/// The last word of a text, in capitals, and what stands before it. The `h/r` of an account is one.
fn last_word(text: &[char]) -> (String, &[char]) {
    let letters = |text: &[char]| text.iter().rev().take_while(of_a_word).count();
    let mut start = text.len() - letters(text);
    if let Some((before, '/')) = text
        .get(..start)
        .and_then(|it| Some((it.split_last()?.1, *it.last()?)))
        && text.len() - start == 1
        && letters(before) == 1
    {
        start = before.len() - 1;
    }
    let (before, word) = text.split_at(start);
    (in_capitals(word), before)
}
