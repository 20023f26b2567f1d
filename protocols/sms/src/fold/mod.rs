//! Look-alike folding: characters outside GSM 03.38 written with letters inside it that read
//! the same, so that one typographic quote does not halve what fits into a segment.
//!
//! The rules are [`RULES`], [`COMPOSED`] and [`TWINS`]. Letters of other alphabets are left alone:
//! that would change the reading (see [`crate::latin`] for transliteration).

mod rules;

use std::borrow::Cow;
use std::sync::LazyLock;

pub use rules::{COMPOSED, RULES, Rule, TWINS};

use crate::gsm7;

/// The text with every rule applied; borrowed if none does.
///
/// What GSM 03.38 has is kept as it is, and folding twice is folding once.
pub fn fold(text: &str) -> Cow<'_, str> {
    if gsm7::len_septets(text).is_some() {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let before = || folded.chars().next_back().unwrap_or(' ');
        let after = || characters.clone().next().unwrap_or(' ');
        if is_left_alone(character) || is_power(character, before(), after()) {
            folded.push(character);
        } else if let Some(replacement) = replacement(character) {
            folded.push_str(replacement);
        } else if let Some(composed) = composed(&folded, character) {
            folded.pop();
            folded.push(composed);
        } else {
            folded.push(character);
        }
    }
    match with_twins(&folded) {
        Some(latin) => Cow::Owned(latin),
        None if folded == text => Cow::Borrowed(text),
        None => Cow::Owned(folded),
    }
}

/// The text folded, if that is all it needs to be in GSM 03.38; otherwise as it is.
pub fn in_gsm7(text: &str) -> Cow<'_, str> {
    match fold(text) {
        Cow::Owned(folded) if gsm7::len_septets(&folded).is_some() => Cow::Owned(folded),
        _ => Cow::Borrowed(text),
    }
}

/// What texts are mostly made of, told without a search: no rule is about letters of GSM 03.38 or
/// of Cyrillic.
fn is_left_alone(character: char) -> bool {
    ('\u{400}'..='\u{4FF}').contains(&character) || gsm7::code(character).is_some()
}

/// m² may be m2, but 10² is not 102, nor is ²12 212.
pub(crate) fn is_power(character: char, before: char, after: char) -> bool {
    let is_raised = |each: char| matches!(each, '²' | '³');
    let is_of_a_number = |each: char| each.is_ascii_digit() || is_raised(each);
    is_raised(character) && (is_of_a_number(before) || is_of_a_number(after))
}

pub(crate) fn is_cyrillic(character: char) -> bool {
    ('\u{400}'..='\u{4FF}').contains(&character)
}

/// The text with [`TWINS`] for its Cyrillic letters, if that is all it needs to be in GSM 03.38.
fn with_twins(text: &str) -> Option<String> {
    let is_in_gsm7 = |character: &char| gsm7::code(*character).is_some();
    let mut foreign = text.chars().filter(|character| !is_in_gsm7(character));
    let first = foreign.next()?;
    twin(first)?;
    let latin = |character: char| match is_in_gsm7(&character) {
        true => Some(character),
        false => twin(character),
    };
    text.chars().map(latin).collect()
}

fn twin(cyrillic: char) -> Option<char> {
    let entry = TWINS.iter().find(|entry| entry.0 == cyrillic)?;
    Some(entry.1)
}

/// Whether it is the apostrophe, or written with it by [`RULES`].
pub fn is_apostrophe(character: char) -> bool {
    character == '\'' || replacement(character) == Some("'")
}

/// What a character is written with by [`RULES`]; `None`: with itself.
pub fn replacement(character: char) -> Option<&'static str> {
    rule(character).map(|rule| rule.to)
}

/// The one of [`RULES`] for a character.
pub(crate) fn rule(character: char) -> Option<&'static Rule> {
    if is_left_alone(character) {
        return None;
    }
    static SORTED: LazyLock<Vec<(char, &'static Rule)>> = LazyLock::new(|| {
        let single = |rule: &'static Rule| rule.from.chars().map(move |from| (from, rule));
        let mut sorted: Vec<_> = RULES.iter().flat_map(single).collect();
        sorted.sort_unstable_by_key(|(from, _)| *from);
        sorted
    });
    let found = SORTED
        .binary_search_by_key(&character, |(from, _)| *from)
        .ok()?;
    SORTED.get(found).map(|(_, rule)| *rule)
}

fn composed(before: &str, mark: char) -> Option<char> {
    if !('\u{300}'..='\u{36F}').contains(&mark) {
        return None;
    }
    let letter = before.chars().next_back()?;
    let entry = COMPOSED
        .iter()
        .find(|entry| (entry.0, entry.1) == (letter, mark))?;
    Some(entry.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Encoding;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn rules_lead_from_outside_the_alphabet_into_it() {
        let mut seen = HashSet::new();
        for rule in RULES {
            assert!(gsm7::len_septets(rule.to).is_some(), "{rule:?}");
            for from in rule.from.chars() {
                assert!(!is_left_alone(from), "{rule:?}");
                assert!(seen.insert(from), "U+{:04X} twice", u32::from(from));
            }
        }
    }

    #[test]
    fn every_uzbek_apostrophe_becomes_the_same() {
        for apostrophe in [
            '\u{2BB}', '\u{2BC}', '\u{2018}', '\u{2019}', '`', '\u{B4}', '\'',
        ] {
            let text = format!("O{apostrophe}zbekiston, sa{apostrophe}y-harakat");
            assert_eq!(fold(&text), "O'zbekiston, sa'y-harakat");
        }
    }

    #[test]
    fn typography_becomes_typewriting() {
        let text = "«Kadastr» – “№\u{A0}5”…\u{2009}120\u{202F}m²\n• 3×4 ﬁle\u{FEFF}, ±2";
        let folded = "\"Kadastr\" - \"N 5\"... 120 m2\n- 3x4 file, +/-2";
        assert_eq!(fold(text), folded);
    }

    #[test]
    fn greek_capitals_become_latin_ones() {
        assert_eq!(fold("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"), "ABEZHIKMNOPTYX");
        assert_eq!(fold("ΔΦΓΛΩΠΨΣΘΞ"), "ΔΦΓΛΩΠΨΣΘΞ");
    }

    #[test]
    fn marks_join_their_letters() {
        assert_eq!(fold("Асрии\u{306} бу\u{306}лими"), "Асрий бўлими");
        assert_eq!(Encoding::of(&fold("cafe\u{301}")), Encoding::Gsm7);
        assert_eq!(fold("q\u{301}"), "q\u{301}");
    }

    #[test]
    fn letters_of_other_alphabets_are_left_alone() {
        for text in [
            "Аризангиз қабул қилинди",
            "Ваша заявка принята",
            "Úlken rahmet",
            "İyi",
        ] {
            assert!(matches!(fold(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn powers_stay_powers() {
        assert_eq!(fold("120 m², 5 m³, 10², 10³"), "120 m2, 5 m3, 10², 10³");
        for numbers in ["²12", "12²5", "10²³", "m²12"] {
            assert_eq!(fold(numbers), numbers);
        }
    }

    #[test]
    fn cyrillic_letters_of_latin_shape_hide_in_latin_texts() {
        // The series АВ and the с of the last word but one are Cyrillic.
        let text = "Seriya АВ 1234567, paсport tayyor";
        assert_eq!(fold(text), "Seriya AB 1234567, pacport tayyor");
    }

    #[test]
    fn what_is_read_as_cyrillic_stays_cyrillic() {
        for text in ["Seriya АВ: 1234567 рақамли", "Вера и Соня", "АВ 😀"] {
            assert!(matches!(fold(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn letters_and_digits_stay_as_they_are(
            text in "[a-zA-Z0-9йцнгшщздлфячиўқғҳ ʻʼ‘’`´“”«»–—…•\u{A0}\u{200B}]{0,60}"
        ) {
            let letters = |text: &str| text.replace(|character: char| !character.is_alphanumeric() || "ʻʼ".contains(character), "");
            prop_assert_eq!(letters(&fold(&text)), letters(&text));
        }

        #[test]
        fn typography_alone_never_forces_ucs_2(
            text in "[a-zA-Z0-9 .,ʻʼ‘’`´“”„«»‹›–—−…•№\u{A0}\u{202F}\u{200B}\u{2068}\u{2069}]{0,60}"
        ) {
            prop_assert_eq!(Encoding::of(&fold(&text)), Encoding::Gsm7);
        }

        #[test]
        fn folding_twice_is_folding_once(text in "(?s)[a-zA-Zи’“– …\u{301}\u{306}\u{308}\u{200B}]{0,40}|.{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }
    }
}
