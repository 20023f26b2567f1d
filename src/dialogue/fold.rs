//! Words as they are compared: without case, accents and punctuation, Cyrillic letters that look like Latin
//! ones as these.
//!
//! Phones switch alphabets by themselves, so a citizen may well write `SТОР` in letters of both.

/// The words of a text in capitals, with one space between them.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_uppercase) {
        if is_apostrophe(character) {
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

/// Part of a letter in Uzbek, as in `toʻxtat`, and often left out.
fn is_apostrophe(character: char) -> bool {
    matches!(
        character,
        '\'' | '`' | '´' | 'ʻ' | 'ʼ' | 'ʹ' | '‘' | '’' | '\u{300}'..='\u{36F}'
    )
}

/// The Latin capital that a capital looks like.
fn look_alike(letter: char) -> char {
    match letter {
        'А' | 'Á' | 'Ä' => 'A',
        'В' => 'B',
        'С' => 'C',
        'Е' | 'Ё' | 'É' => 'E',
        'Ǵ' | 'Ğ' => 'G',
        'Н' => 'H',
        'І' | 'Í' | 'İ' => 'I',
        'Ј' => 'J',
        'К' | 'Қ' => 'K',
        'М' => 'M',
        'Ń' | 'Ñ' => 'N',
        'О' | 'Ó' | 'Ö' => 'O',
        'Р' => 'P',
        'Ѕ' => 'S',
        'Т' => 'T',
        'Ú' | 'Ü' => 'U',
        'Х' | 'Ҳ' => 'X',
        'У' | 'Ў' => 'Y',
        'Ғ' => 'Г',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("стоп.кадастр", "СТОП  Кадастр"),
        ] {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_eq!(folded("№ 4812-0973"), "4812 0973");
        assert_eq!(folded("?!"), "");
        assert_ne!(folded("СТОП"), folded("STOP"));
    }
}
