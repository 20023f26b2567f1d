//! Finds what a value has no business to bring into a government's text: a link, an address, a
//! number to call.
//!
//! It reads the text in every spelling in which it may go out, as phones show it and as a wary citizen does: as it is,
//! with look-alikes of GSM 03.38, and in Latin letters, where `90ь123` is 90123. Brackets, quotes and blanks around a dot, letters of the other alphabet and an O for a zero hide nothing. What stands in a text by right, such as dates, hours and the
//! number of a passport, is none of it.

mod by_right;
mod call;
mod court;
mod cut;
mod disguise;
mod document;
mod grouped;
mod naming;
mod norm;
mod registered;
mod spelled;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use xabar_sms::fold::{TWINS, fold, is_apostrophe, replacement};
use xabar_sms::latin::{in_ascii, karakalpak_apostrophes, plain_letters, uzbek_latin};

use super::line::is_mark;
use super::top_level::{is_of_a_path, is_of_links, is_of_short_links, is_top_level};
use call::PHONE_DIGITS;
use disguise::PLAIN_DIGITS;
pub(super) use document::{begins_like_a_call, is_year};
use spelled::may_spell_a_dot;

/// A way to lead a citizen somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    Link,
    Address,
    Phone,
}

/// What a clean line would lead to, in any spelling in which it may go out; `None`: nowhere.
pub(crate) fn contact_in(line: &str) -> Option<Contact> {
    if is_harmless(line) {
        return None;
    }
    as_given(line).or_else(|| in_latin(line))
}

/// The same in the letters in which it is given.
pub(crate) fn contact_as_given(line: &str) -> Option<Contact> {
    (!is_harmless(line)).then(|| as_given(line))?
}

/// The same in the Latin letters of Uzbek and of Karakalpak. A screen shows what was told in another language by the
/// rules of its own, so no language is an exception.
pub(super) fn contact_in_latin(line: &str) -> Option<Contact> {
    (!is_harmless(line)).then(|| in_latin(line))?
}

fn as_given(line: &str) -> Option<Contact> {
    let plain = without_marks(line);
    let text = Skeleton::of(&plain);
    // Cyrillic letters may go out as the Latin ones of their shape, or may not, by what else is in the text.
    let with_twins = || {
        let folded = Skeleton(fold(&plain).chars().collect());
        (folded.0 != text.0).then(|| folded.leads_to())?
    };
    text.leads_to().or_else(with_twins)
}

fn in_latin(line: &str) -> Option<Contact> {
    if line.is_ascii() {
        return None;
    }
    let line = &without_no(line);
    let folded = fold(line);
    // Where all Cyrillic letters of a value are folded to Latin ones, those of its text may not be.
    let uzbek = match uzbek_latin(&folded) {
        Cow::Borrowed(_) => uzbek_latin(line),
        latin => latin,
    };
    let leads = |latin: Cow<'_, str>| match latin {
        Cow::Borrowed(_) => None,
        Cow::Owned(latin) => as_given(&latin),
    };
    // An accent that stood on a Cyrillic letter makes another one of a Latin one.
    let with_apostrophes = |text: &str| leads(karakalpak_apostrophes(&fold(text)));
    let both = with_apostrophes(&uzbek);
    // A look-alike of it is a letter, and would part a number.
    let with_signs = || line.contains('№').then(|| leads(uzbek_latin(line)))?;
    leads(uzbek)
        .or(both)
        .or_else(|| with_apostrophes(&folded))
        .or_else(with_signs)
}

/// As it goes out where letters with marks are dearer, or an operator carries none. A currency's sign parts no digits.
fn without_marks(line: &str) -> String {
    let line: String = line.chars().filter(|each| !is_mark(*each)).collect();
    let line = match plain_letters(&line) {
        Cow::Owned(plain) => plain,
        Cow::Borrowed(_) => line,
    };
    match in_ascii(&line, |each| !each.is_alphabetic()) {
        Cow::Owned(plain) => plain,
        Cow::Borrowed(_) => line,
    }
}

/// The Russian word for no, at the beginning of a sentence or before another word for the same: offices write so to Uzbek
/// readers, too. In Latin letters it would be the end of a name that citizens know; the other word reads like it, and is
/// none.
const NO: [(&str, &str); 2] = [(". Нет ", ". Не "), (" нет/", " не/")];

fn without_no(line: &str) -> String {
    let [(begins, begun), (parted, apart)] = NO;
    let line = line.replace(begins, begun);
    // Where all is in Cyrillic letters: "печати нет/не видна".
    match line.contains(|each: char| each.is_ascii_alphabetic()) {
        true => line,
        false => line.replace(parted, apart),
    }
}

/// Most values at first sight: few digits, and no sign that links, addresses and codes are made of, nor one that is
/// read as such.
fn is_harmless(line: &str) -> bool {
    let (mut digits, mut letters) = (0, 0);
    line.bytes().all(|octet| {
        // Of a letter that is not in ASCII only the first octet says which it is like. It may go out as two.
        let begins_a_letter = matches!(octet, 0xC3..=0xC5 | 0xCA..=0xCB | 0xD0..=0xD4);
        let goes_on = matches!(octet, 0x80..=0xBF);
        digits += usize::from(octet.is_ascii_digit());
        letters += usize::from(octet.is_ascii_alphabetic() || begins_a_letter || goes_on);
        match octet {
            b'.' | b'/' | b'\\' | b'@' | b'*' | b'#' => false,
            _ => octet.is_ascii() || begins_a_letter || goes_on,
        }
    }) && (digits < PLAIN_DIGITS || digits + letters < PHONE_DIGITS)
        && !line.contains("--")
        && !may_spell_a_dot(line)
        && (line.is_ascii() || !SILENT.iter().any(|it| line.contains(it)))
}

/// After a hyphen Latin spelling leaves these out, and two hyphens may then stand together.
const SILENT: [&str; 2] = ["-ь", "-Ь"];

/// Whether the number of an application would lead to a page; digits in it call nobody.
pub(super) fn has_link(number: &str) -> bool {
    let is_link = |number: &str| Skeleton(number.chars().collect()).has_link();
    // `№` may go out as a letter.
    is_link(number)
        || !number.is_ascii() && (is_link(&fold(number)) || is_link(&without_marks(number)))
}

/// What is read of a line: its characters without accents.
struct Skeleton(Vec<char>);

impl Skeleton {
    /// Of a text without accents, with look-alikes but for letters of other alphabets, and for signs that letters and digits
    /// are put for, such as `№`.
    fn of(text: &str) -> Self {
        let mut characters = Vec::with_capacity(text.len());
        for each in text.chars() {
            match replacement(each) {
                Some(alike) if each.is_alphabetic() || !alike.contains(char::is_alphanumeric) => {
                    characters.extend(alike.chars());
                }
                _ => characters.push(each),
            }
        }
        Self(characters)
    }

    fn leads_to(&self) -> Option<Contact> {
        if self.has_link() {
            return Some(Contact::Link);
        }
        if self.0.contains(&'@') {
            return Some(Contact::Address);
        }
        self.has_phone().then_some(Contact::Phone)
    }

    fn at(&self, index: usize) -> char {
        self.0.get(index).copied().unwrap_or(' ')
    }

    fn has_link(&self) -> bool {
        let is_spelled = || {
            self.with_spelled_dots()
                .is_some_and(|it| it.has_sign_of_a_link())
        };
        self.has_sign_of_a_link() || is_spelled()
    }

    fn has_sign_of_a_link(&self) -> bool {
        let starts = |index: usize, text: &str| {
            let rest = self.0.get(index..).unwrap_or_default();
            let same = |(left, right): (&char, char)| left.eq_ignore_ascii_case(&right);
            rest.len() >= text.len() && rest.iter().zip(text.chars()).all(same)
        };
        (0..self.0.len()).any(|index| match self.at(index) {
            ':' => starts(index, ":/") || starts(index, ":\\"),
            '\\' => starts(index, "\\\\"),
            'x' | 'X' => starts(index, "xn--"),
            '.' => self.is_dot_of_a_link(index),
            '/' => self.is_path_of_a_link(index),
            _ => false,
        })
    }

    /// Whether a name that the internet knows ends after this dot, or a path begins behind it, whatever signs stand around
    /// the dot.
    fn is_dot_of_a_link(&self, dot: usize) -> bool {
        let (before, after) = self.0.split_at(dot);
        let after = after.get(1..).unwrap_or_default();
        let (label, left) = before.split_at(before.len() - signs(before.iter().rev()));
        let (right, rest) = after.split_at(signs(after.iter()));
        let name = word(rest);
        if label.is_empty() || name.is_empty() || lists(left) || lists(right) {
            return false;
        }
        let (joined, rest) = (left.is_empty() && right.is_empty(), rest.get(name.len()..));
        let rest = rest.unwrap_or_default();
        let has_letter = name.iter().any(|each| each.is_alphabetic());
        let has_path = || {
            rest.iter()
                .take(signs(rest.iter()))
                .any(|each| *each == '/')
        };
        // "ko'ch. uy", "(2-ilova). Va" and "yo'q...va" end a word and begin one; "evil . uz" does not.
        let is_stop = || {
            (right.ends_with(&[' ']) && !left.ends_with(&[' ']))
                || [left, right].concat().contains(&'.')
                || (joined && opens_a_word(label, name))
        };
        (joined && has_letter && rest.first() == Some(&'/'))
            || self.is_host_of_digits(dot)
            || (has_letter && has_path() && (is_of_links(name) || has_query(rest)))
            || (is_top_level(name) && (is_well_known(name) || has_path() || !is_stop()))
    }

    /// `t me/a` and `evil uz/pay`: whether a name that people are sent to by a link, parted from a word before it, ends at
    /// this slash.
    fn is_path_of_a_link(&self, slash: usize) -> bool {
        let (before, path) = self.0.split_at(slash);
        let name = before.iter().rev().take_while(|each| is_of_a_word(**each));
        let (before, name) = before.split_at(before.len() - name.count());
        let (label, signs) = before.split_at(before.len() - signs(before.iter().rev()));
        let stands_behind_a_blank = || signs.contains(&' ') && !lists(signs);
        !label.is_empty()
            && !signs.is_empty()
            && (is_of_short_links(name)
                || (stands_behind_a_blank() && is_of_a_path(name) && !is_choice(name, path)))
    }

    /// 203.0.113.7, from its first dot.
    fn is_host_of_digits(&self, dot: usize) -> bool {
        let mut start = dot;
        while start > 0 && self.at(start - 1).is_ascii_digit() {
            start -= 1;
        }
        let tail = self.0.get(start..).unwrap_or_default();
        let host: String = tail
            .iter()
            .take_while(|each| each.is_ascii_digit() || **each == '.')
            .collect();
        let mut parts = host.trim_end_matches('.').split('.');
        let octets = parts.clone().count() == 4;
        octets && parts.all(|part| part.parse::<u8>().is_ok())
    }
}

/// Whether what stands before these signs, and what stands behind them, are parts of a list.
fn lists(signs: &[char]) -> bool {
    let mut pairs = signs.windows(2);
    pairs.any(|pair| matches!(pair, [',' | ';' | ':', ' ']))
}

/// How many signs stand before the next letter or digit.
fn signs<'a>(characters: impl Iterator<Item = &'a char>) -> usize {
    characters.take_while(|each| !is_of_a_word(**each)).count()
}

/// A letter or a digit, but no power: `evil.²uz` is `evil.uz` to a reader.
fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() && !matches!(character, '²' | '³')
}

/// The word that a text begins with; an apostrophe within it, as in Ne'mat, belongs to it.
fn word(text: &[char]) -> &[char] {
    let goes_on = |(at, each): (usize, &char)| {
        let next = text.get(at + 1).is_some_and(|next| next.is_alphabetic());
        is_of_a_word(*each) || (at > 0 && next && is_apostrophe(*each))
    };
    let length = text
        .iter()
        .enumerate()
        .take_while(|entry| goes_on(*entry))
        .count();
    text.get(..length).unwrap_or_default()
}

/// Whether a passport's number may begin so: a Latin capital, or the Cyrillic one of its shape.
fn is_of_a_series(letter: char) -> bool {
    let is_twin = || TWINS.iter().any(|(cyrillic, _)| *cyrillic == letter);
    letter.is_uppercase() && (letter.is_ascii() || is_twin())
}

/// `ko.ch. Navoiy`, a street, and the item `5.me'yor`: too short before the full stop for the name of a page.
fn opens_a_word(before: &[char], name: &[char]) -> bool {
    let label = before
        .rsplit(|each| *each == ' ')
        .next()
        .unwrap_or_default();
    match label {
        ['k' | 'K', 'o'] => name.iter().collect::<String>().eq_ignore_ascii_case("ch"),
        label => label.len() <= 2 && label.iter().all(char::is_ascii_digit),
    }
}

/// `/pay?id=5`: no sentence has a question's sign and then a letter, or an equals sign, in what follows a slash.
fn has_query(rest: &[char]) -> bool {
    let path = rest.split(|each| *each == ' ').next().unwrap_or_default();
    let mut pairs = path.windows(2);
    path.first() == Some(&'/')
        && pairs.any(|pair| matches!(pair, ['?' | '=', value] if value.is_alphanumeric()))
}

/// The ends of names that citizens know best, and no sentence begins with.
fn is_well_known(name: &[char]) -> bool {
    let name: String = name.iter().flat_map(|each| each.to_lowercase()).collect();
    ["uz", "ru", "com", "net", "org", "уз", "ру", "рф"].contains(&name.as_str())
}

/// What stands behind a slash, in small letters, where a language or a word stands before it: uz/ru, net/gross.
const CHOICES: [&str; 21] = [
    "uz", "uzb", "ru", "rus", "en", "eng", "angl", "kaa", "qq", "kk", "kz", "kg", "tj", "lat",
    "kir", "уз", "узб", "ру", "рус", "англ", "gross",
];

/// Whether a slash stands between words rather than before a path: uz/ru, РФ/СНГ.
fn is_choice(name: &[char], path: &[char]) -> bool {
    let path = path.split(|each| *each == ' ').next().unwrap_or_default();
    let goes_on = path.get(1).copied().unwrap_or(' ');
    // In small letters it is a country to nobody.
    let is_country = name == ['Р', 'Ф'] && matches!(goes_on, 'А'..='я' | 'Ў' | 'Қ' | 'Ғ' | 'Ҳ');
    let words: String = path.iter().flat_map(|each| each.to_lowercase()).collect();
    let words = words.trim_end_matches(|each: char| !each.is_alphanumeric());
    let mut words = words.split('/').skip(1).peekable();
    is_country || (words.peek().is_some() && words.all(|word| CHOICES.contains(&word)))
}

/// The line with a blank after a full stop that joins two words: `A.Navoiy` is two words, and no
/// phone makes a link of it.
pub(super) fn parted(line: &str) -> Cow<'_, str> {
    let joined = |(before, stop, after): (char, char, char)| {
        stop == '.' && before.is_alphanumeric() && after.is_alphabetic()
    };
    let triples = || {
        let characters = line.chars();
        characters
            .clone()
            .zip(characters.clone().skip(1))
            .zip(characters.skip(2))
            .map(|((a, b), c)| (a, b, c))
    };
    if !line.contains('.') || !triples().any(joined) {
        return line.into();
    }
    let mut parted = String::with_capacity(line.len() + 8);
    let mut before = [' ', ' '];
    for character in line.chars() {
        if joined((before[0], before[1], character)) {
            parted.push(' ');
        }
        parted.push(character);
        before = [before[1], character];
    }
    parted.into()
}
