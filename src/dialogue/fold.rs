//! Words as they are compared: without case, accents and punctuation, Cyrillic letters that look like Latin
//! ones as these.
//!
//! Phones switch alphabets by themselves, so a citizen may well write `SТОР` in letters of both.

use xabar_sms::fold::{is_apostrophe, replacement};

/// The words of a text in capitals, with one space between them.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_uppercase) {
        if is_left_out(character) {
            continue;
        }
        let character = look_alike(character);
        if character.is_alphanumeric() {
            folded.push(character);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// What follows the first word of a text, as it is written.
pub(super) fn after_first_word(text: &str) -> &str {
    let from_word = text.trim_start_matches(|each: char| !each.is_alphanumeric());
    from_word.trim_start_matches(|each: char| each.is_alphanumeric() || is_left_out(each))
}

/// An apostrophe, which is part of a letter in Uzbek, as in `toʻxtat`, and often left out; an accent; and what shows
/// nothing.
fn is_left_out(character: char) -> bool {
    let shows_nothing = || replacement(character) == Some("");
    is_apostrophe(character) || matches!(character, '\u{300}'..='\u{36F}') || shows_nothing()
}

/// The Latin capital that a capital looks like: those of GSM 03.38 and of Latin Extended-A without what is above, below
/// or across them.
fn look_alike(letter: char) -> char {
    match letter {
        'А' | 'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => 'A',
        'В' => 'B',
        'С' | 'Ç' | 'Ć' | 'Ĉ' | 'Ċ' | 'Č' => 'C',
        'Ð' | 'Ď' | 'Đ' => 'D',
        'Е' | 'Ё' | 'È'..='Ë' | 'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' => 'E',
        'Ǵ' | 'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => 'G',
        'Н' | 'Ĥ' | 'Ħ' => 'H',
        'І' | 'Ì'..='Ï' | 'Ĩ' | 'Ī' | 'Ĭ' | 'Į' | 'İ' => 'I',
        'Ј' | 'Ĵ' => 'J',
        'К' | 'Қ' | 'Ķ' => 'K',
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ŀ' | 'Ł' => 'L',
        'М' => 'M',
        'Ñ' | 'Ń' | 'Ņ' | 'Ň' | 'Ŋ' => 'N',
        'О' | 'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ŏ' | 'Ő' => 'O',
        'Р' => 'P',
        'Ŕ' | 'Ŗ' | 'Ř' => 'R',
        'Ѕ' | 'Ś' | 'Ŝ' | 'Ş' | 'Š' => 'S',
        'Т' | 'Ţ' | 'Ť' | 'Ŧ' => 'T',
        'Ù'..='Ü' | 'Ũ' | 'Ū' | 'Ŭ' | 'Ů' | 'Ű' | 'Ų' => 'U',
        'Ŵ' => 'W',
        'Х' | 'Ҳ' => 'X',
        'У' | 'Ў' | 'Ý' | 'Ŷ' | 'Ÿ' => 'Y',
        'Ź' | 'Ż' | 'Ž' => 'Z',
        'Ғ' => 'Г',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use xabar_sms::fold::RULES;

    use super::*;

    #[test]
    fn apostrophes_of_any_keyboard_and_what_shows_nothing_do_not_matter() {
        let rules = RULES.iter().filter(|rule| matches!(rule.to, "'" | ""));
        for character in rules.flat_map(|rule| rule.from.chars()) {
            let word = format!("to{character}xtat");
            assert_eq!(folded(&word), "TOXTAT", "U+{:04X}", u32::from(character));
        }
        assert_eq!(folded("to\u{201B}xta\u{200B}t"), "TOXTAT");
    }

    #[test]
    fn a_letter_of_latin_extended_a_is_read_without_its_accent() {
        // Two letters in one, and one that looks like none.
        let others = ['Ĳ', 'ĳ', 'ĸ', 'Œ', 'œ'];
        for letter in ('\u{100}'..='\u{17F}').chain("èéùìòÇØøÅåÄÖÑÜäöñüà".chars())
        {
            let read = folded(&letter.to_string());
            let is_plain = read.bytes().all(|octet| octet.is_ascii_uppercase());
            assert_eq!(is_plain, !others.contains(&letter), "{letter} {read}");
        }
    }

    #[test]
    fn case_accents_punctuation_and_alphabet_do_not_matter() {
        for (one, other) in [
            ("stop", "STOP"),
            ("  Stop!!! ", "STOP"),
            ("SТОР", "STOP"),
            ("toʻxtat", "TO'XTAT"),
            ("to‘xtat", "toxtat"),
            ("тўхтат", "ТУХТАТ"),
            ("járdem", "JARDEM"),
            ("stòp ŚTÓP šţøp", "STOP STOP STOP"),
            ("hèlp", "HELP"),
            ("stàtus", "STATUS"),
            ("стоп.кадастр", "СТОП  Кадастр"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_eq!(folded("№ 4812-0973"), "4812 0973");
        assert_eq!(folded("?!"), "");
        assert_ne!(folded("СТОП"), folded("STOP"));
    }
}
