//! Karakalpak Latin in the spelling before 2016.
//!
//! The letters of 2016 (á ǵ ń ó ú, ı with its capital Í) were a' g' n' o' u' from 1995 on, and ı was
//! i' from 2009 on. Sources: liquisearch.com and rendszam.guru on Karakalpak, which agree on the
//! letters; the law itself was not seen. What is written in Cyrillic stays so: sources disagree on
//! е at the start of a word, and on ц and щ.

use std::borrow::Cow;

use super::uzbek::is_vowel;

/// Writes the letters that Karakalpak Latin got in 2016 as before: a', g', n', o', u', i'.
///
/// None of the new ones is in GSM 03.38, so this saves more than half of the segments.
pub fn karakalpak_apostrophes(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|letter| with_apostrophe(letter).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len());
    for letter in text.chars() {
        match with_apostrophe(letter) {
            Some(plain) => spelled.extend([plain, '\'']),
            None => spelled.push(letter),
        }
    }
    Cow::Owned(spelled)
}

fn with_apostrophe(letter: char) -> Option<char> {
    Some(match letter {
        'á' => 'a',
        'Á' => 'A',
        'ǵ' => 'g',
        'Ǵ' => 'G',
        'ń' => 'n',
        'Ń' => 'N',
        'ó' => 'o',
        'Ó' => 'O',
        'ú' => 'u',
        'Ú' => 'U',
        'ı' => 'i',
        'Í' => 'I',
        // What becomes of Í where a program knows its small letter by Unicode alone.
        'í' => 'i',
        _ => return None,
    })
}

/// Whether a text has Cyrillic letters that Uzbek lacks or reads otherwise: ә ң ө ү ы, and ў beside a vowel, which is w.
pub(crate) fn is_karakalpak_cyrillic(text: &str) -> bool {
    let mut before = ' ';
    let mut letters = text.chars().flat_map(char::to_lowercase).peekable();
    while let Some(letter) = letters.next() {
        let after = letters.peek().copied().unwrap_or(' ');
        let is_w = letter == 'ў' && (is_vowel(before) || is_vowel(after));
        if is_w || matches!(letter, 'ә' | 'ң' | 'ө' | 'ү' | 'ы') {
            return true;
        }
        before = letter;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Encoding;
    use proptest::prelude::*;

    #[test]
    fn karakalpak_letters_get_apostrophes() {
        let text = "Ǵárezsizlik kúni, jańa ómir, ILIM hám ıqlas, Íssı, Kítap kítap";
        let spelled = "G'a'rezsizlik ku'ni, jan'a o'mir, ILIM ha'm i'qlas, I'ssi', Ki'tap ki'tap";
        assert_eq!(karakalpak_apostrophes(text), spelled);
        assert!(matches!(karakalpak_apostrophes("Arza"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_spelling_before_2016_is_in_gsm_03_38() {
        let letters = "áÁǵǴńŃóÓúÚıÍí";
        assert!(
            letters
                .chars()
                .all(|letter| with_apostrophe(letter).is_some())
        );
        assert_eq!(
            Encoding::of(&karakalpak_apostrophes(letters)),
            Encoding::Gsm7
        );
    }

    proptest! {
        /// A reader who knows the letters finds each of them: none is lost, and none is changed but
        /// for those of 2016.
        #[test]
        fn an_apostrophe_is_all_that_is_added(text in "[a-zA-ZáÁǵǴńŃóÓúÚıÍí .,]{0,60}") {
            let plain = |letter| with_apostrophe(letter).unwrap_or(letter);
            let spelled = karakalpak_apostrophes(&text).replace('\'', "");
            prop_assert_eq!(spelled, text.chars().map(plain).collect::<String>());
        }
    }
}
