//! Look-alike folding: characters outside GSM 03.38 written with letters inside it that read
//! the same, so that one typographic quote does not halve what fits into a segment.
//!
//! The rules are [`RULES`] and [`COMPOSED`]. Letters of other alphabets are left alone: that
//! would change the reading (see [`crate::latin`] for transliteration).

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::gsm7;

/// Characters that are written with the same replacement, and why it reads the same.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What it replaces: each of these characters, none of which is in GSM 03.38.
    pub from: &'static str,
    /// What it puts in their place, all in GSM 03.38; empty if they show nothing.
    pub to: &'static str,
    /// Why a reader takes the one for the other.
    pub reason: &'static str,
}

const fn rule(from: &'static str, to: &'static str, reason: &'static str) -> Rule {
    Rule { from, to, reason }
}

/// The rules for single characters.
pub const RULES: &[Rule] = &[
    rule(
        "\u{2BB}\u{2BC}\u{2018}\u{2019}\u{60}\u{B4}",
        "'",
        "the Uzbek o\u{2BB}, g\u{2BB} and tutuq belgisi, which people type in all these ways",
    ),
    rule(
        "\u{2B9}\u{2BD}\u{2C8}\u{201B}\u{2032}\u{FF07}",
        "'",
        "rarer forms of the apostrophe that some keyboards give",
    ),
    rule("‚‹›", "'", "single quotation marks"),
    rule("“”„‟«»″", "\"", "double quotation marks"),
    rule(
        "\u{2010}\u{2011}\u{2012}–—―\u{2212}\u{FE58}\u{FF0D}",
        "-",
        "hyphens, dashes and the minus sign",
    ),
    rule(
        "•‣◦▪●·∙",
        "-",
        "a bullet opens an item of a list, as a hyphen does",
    ),
    rule(
        "\t\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\
         \u{2009}\u{200A}\u{202F}\u{205F}\u{3000}",
        " ",
        "spaces of other widths, and those that do not break",
    ),
    rule(
        "\u{2028}\u{2029}\u{85}",
        "\n",
        "the line and paragraph separators",
    ),
    rule(
        "\u{AD}\u{200B}\u{200E}\u{202A}\u{202C}\u{2060}\u{FEFF}",
        "",
        "shows nothing: soft hyphen, zero width, left-to-right marks around pasted numbers",
    ),
    rule("…", "...", "the ellipsis is three dots"),
    rule("№", "N", "the numero sign, as typewriters had it"),
    rule("ﬀ", "ff", "ligature"),
    rule("ﬁ", "fi", "ligature"),
    rule("ﬂ", "fl", "ligature"),
    rule("ﬃ", "ffi", "ligature"),
    rule("ﬄ", "ffl", "ligature"),
    rule("ﬅﬆ", "st", "ligature"),
    rule("²", "2", "a unit such as m²"),
    rule("³", "3", "a unit such as m³"),
    rule("×", "x", "sizes such as 3×4"),
    rule("Α", "A", "Greek capital of the same shape"),
    rule("Β", "B", "Greek capital of the same shape"),
    rule("Ε", "E", "Greek capital of the same shape"),
    rule("Ζ", "Z", "Greek capital of the same shape"),
    rule("Η", "H", "Greek capital of the same shape"),
    rule("Ι", "I", "Greek capital of the same shape"),
    rule("Κ", "K", "Greek capital of the same shape"),
    rule("Μ", "M", "Greek capital of the same shape"),
    rule("Ν", "N", "Greek capital of the same shape"),
    rule("Ο", "O", "Greek capital of the same shape"),
    rule("Ρ", "P", "Greek capital of the same shape"),
    rule("Τ", "T", "Greek capital of the same shape"),
    rule("Υ", "Y", "Greek capital of the same shape"),
    rule("Χ", "X", "Greek capital of the same shape"),
    rule("\u{2126}", "Ω", "the ohm sign is the Greek letter"),
];

/// A letter, the mark that some systems put after it, and the one character that both make:
/// the same text in one unit less, and sometimes in GSM 03.38. The letters of Uzbek, Karakalpak
/// and Russian, and those of GSM 03.38.
#[rustfmt::skip]
pub const COMPOSED: &[(char, char, char)] = &[
    ('и', '\u{306}', 'й'), ('И', '\u{306}', 'Й'), ('у', '\u{306}', 'ў'), ('У', '\u{306}', 'Ў'),
    ('е', '\u{308}', 'ё'), ('Е', '\u{308}', 'Ё'),
    ('a', '\u{301}', 'á'), ('A', '\u{301}', 'Á'), ('g', '\u{301}', 'ǵ'), ('G', '\u{301}', 'Ǵ'),
    ('n', '\u{301}', 'ń'), ('N', '\u{301}', 'Ń'), ('o', '\u{301}', 'ó'), ('O', '\u{301}', 'Ó'),
    ('u', '\u{301}', 'ú'), ('U', '\u{301}', 'Ú'), ('I', '\u{301}', 'Í'),
    ('e', '\u{301}', 'é'), ('E', '\u{301}', 'É'), ('e', '\u{300}', 'è'), ('a', '\u{300}', 'à'),
    ('i', '\u{300}', 'ì'), ('o', '\u{300}', 'ò'), ('u', '\u{300}', 'ù'),
    ('a', '\u{308}', 'ä'), ('A', '\u{308}', 'Ä'), ('o', '\u{308}', 'ö'), ('O', '\u{308}', 'Ö'),
    ('u', '\u{308}', 'ü'), ('U', '\u{308}', 'Ü'), ('n', '\u{303}', 'ñ'), ('N', '\u{303}', 'Ñ'),
    ('a', '\u{30A}', 'å'), ('A', '\u{30A}', 'Å'), ('C', '\u{327}', 'Ç'),
];

/// The text with every rule applied; borrowed if none does.
///
/// What GSM 03.38 has is kept as it is, and folding twice is folding once.
pub fn fold(text: &str) -> Cow<'_, str> {
    if gsm7::len_septets(text).is_some() {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        if is_left_alone(character) {
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
    if folded == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(folded)
    }
}

/// What texts are mostly made of, told without a search: no rule is about letters of GSM 03.38 or
/// of Cyrillic.
fn is_left_alone(character: char) -> bool {
    ('\u{400}'..='\u{4FF}').contains(&character) || gsm7::code(character).is_some()
}

fn replacement(character: char) -> Option<&'static str> {
    static SORTED: LazyLock<Vec<(char, &'static str)>> = LazyLock::new(|| {
        let single = |rule: &Rule| {
            let to = rule.to;
            rule.from
                .chars()
                .map(move |from| (from, to))
                .collect::<Vec<_>>()
        };
        let mut sorted: Vec<_> = RULES.iter().flat_map(single).collect();
        sorted.sort_unstable();
        sorted
    });
    let found = SORTED
        .binary_search_by_key(&character, |(from, _)| *from)
        .ok()?;
    SORTED.get(found).map(|(_, to)| *to)
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
        let text = "«Kadastr» – “№\u{A0}5”…\u{2009}120\u{202F}m²\n• 3×4 ﬁle\u{FEFF}";
        assert_eq!(fold(text), "\"Kadastr\" - \"N 5\"... 120 m2\n- 3x4 file");
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

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "(?s)[a-zA-Zи’“– …\u{301}\u{306}\u{308}\u{200B}]{0,40}|.{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }
    }
}
