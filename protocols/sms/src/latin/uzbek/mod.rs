//! Uzbek Cyrillic in Latin letters.
//!
//! The table is that of the law of 1995, and the context rules those of the orthography that goes
//! with it (Cabinet of Ministers, resolution 339 of 24 August 1995): ye, ts and s, the tutuq
//! belgisi, s'h, sentabr and oktabr. Where a law writes a word in a way of its own, so do we
//! (Budjet kodeksi). Compared with Unicode CLDR `uz_Cyrl-uz_Latn`, the UNGEGN report on Uzbek of
//! 2003, interscript's BGN/PCGN map and tahrirchi/fitrat; CLDR writes ts in all places.

use std::borrow::Cow;

use crate::fold::is_apostrophe;

/// Writes Uzbek Cyrillic in Latin letters; what is not Uzbek Cyrillic stays as it is. Borrowed if
/// nothing is.
///
/// oʻ and gʻ have U+02BB, the tutuq belgisi is U+02BC; [`crate::fold`] makes both `'`.
pub fn uzbek_latin(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_cyrillic) {
        return Cow::Borrowed(text);
    }
    let letters: Vec<char> = text.chars().collect();
    let mut latin = String::with_capacity(text.len());
    for (position, letter) in letters.iter().enumerate() {
        let place = Place {
            letters: &letters,
            position,
        };
        match spelling(*letter, place) {
            Some(spelling) => push_cased(&mut latin, spelling, *letter, place),
            None => latin.push(*letter),
        }
    }
    Cow::Owned(latin)
}

/// A letter among its neighbours.
#[derive(Clone, Copy)]
struct Place<'a> {
    letters: &'a [char],
    position: usize,
}

impl Place<'_> {
    fn before(self, distance: usize) -> Option<char> {
        let position = self.position.checked_sub(distance)?;
        self.letters.get(position).copied()
    }

    fn after(self, distance: usize) -> Option<char> {
        self.letters.get(self.position + distance).copied()
    }

    /// Whether the letters before this one are these, in small letters.
    fn follows(self, word: &str) -> bool {
        let distances = (1..=word.chars().count()).rev();
        word.chars()
            .zip(distances)
            .all(|(letter, distance)| self.before(distance).map(small) == Some(letter))
    }

    /// Whether the letters after this one are these, in small letters.
    fn precedes(self, word: &str) -> bool {
        word.chars()
            .zip(1..)
            .all(|(letter, distance)| self.after(distance).map(small) == Some(letter))
    }

    /// Whether a syllable opens here: at the start of a word, after a vowel, after Ъ or Ь.
    fn opens_syllable(self) -> bool {
        self.before(1).is_none_or(|letter| {
            let separates = is_vowel(letter) || matches!(small(letter), 'ъ' | 'ь');
            // Some write an apostrophe for Ъ in Cyrillic, too.
            separates || is_apostrophe(letter) || !letter.is_alphabetic()
        })
    }

    fn follows_vowel(self) -> bool {
        self.before(1).is_some_and(is_vowel)
    }

    /// Whether it is the е of е-имзо, which is said as in English.
    fn is_electronic(self) -> bool {
        self.after(1) == Some('-') && !self.before(1).is_some_and(char::is_alphabetic)
    }

    /// Whether a capital here stands among capitals, in a word or in an abbreviation with its
    /// ending (ФҲДЁга), rather than at the start of a word.
    fn is_among_capitals(self) -> bool {
        let is_capital = |letter: Option<char>| letter.is_some_and(char::is_uppercase);
        is_capital(self.before(1)) || is_capital(self.after(1))
    }
}

/// How a letter is written, in small letters; `None` if it is not Uzbek Cyrillic.
fn spelling(letter: char, place: Place<'_>) -> Option<&'static str> {
    if !is_cyrillic(letter) {
        return None;
    }
    Some(match small(letter) {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' if place.is_electronic() => "e",
        'е' if place.opens_syllable() => "ye",
        'е' => "e",
        'ё' => "yo",
        'ж' => "j",
        'з' => "z",
        'и' => "i",
        'й' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        // Isʼhoq: without the mark it would read as sh.
        'с' if place.precedes("ҳ") => "s\u{2BC}",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "x",
        'ц' if place.follows_vowel() => "ts",
        'ц' => "s",
        'ч' => "ch",
        'ш' | 'щ' => "sh",
        'ъ' if is_silent_hard_sign(place) => "",
        'ъ' => "\u{2BC}",
        'ы' => "i",
        // Ilyich, medalyon; before е the y comes from е itself.
        'ь' if place.precedes("и") || place.precedes("о") => "y",
        'ь' => "",
        'э' => "e",
        // And budjet, as the code of laws has it.
        'ю' if place.follows("б") && place.precedes("джет") => "u",
        'ю' => "yu",
        // Words of their own: sentabr, oktabr.
        'я' if (place.follows("сент") || place.follows("окт")) && place.precedes("бр") => {
            "a"
        }
        'я' => "ya",
        'ў' => "o\u{2BB}",
        'қ' => "q",
        'ғ' => "g\u{2BB}",
        'ҳ' => "h",
        _ => return None,
    })
}

/// Whether Ъ is not written: before е (obyekt), after ў (moʻjiza), and between a consonant and
/// ё, ю, я (adyutant), but not in maʼyus.
fn is_silent_hard_sign(place: Place<'_>) -> bool {
    let before_iotated = ["ё", "ю", "я"].iter().any(|letter| place.precedes(letter));
    place.precedes("е") || place.follows("ў") || (before_iotated && !place.follows_vowel())
}

fn push_cased(latin: &mut String, spelling: &str, letter: char, place: Place<'_>) {
    if !letter.is_uppercase() {
        latin.push_str(spelling);
    } else if place.is_among_capitals() {
        latin.extend(spelling.chars().flat_map(char::to_uppercase));
    } else {
        let mut rest = spelling.chars();
        latin.extend(rest.next().into_iter().flat_map(char::to_uppercase));
        latin.push_str(rest.as_str());
    }
}

fn is_cyrillic(letter: char) -> bool {
    ('\u{400}'..='\u{4FF}').contains(&letter)
}

/// The small letter, the usual ones without a look into Unicode's tables.
fn small(letter: char) -> char {
    match letter {
        'а'..='я' | 'ў' | 'қ' | 'ғ' | 'ҳ' => letter,
        _ if letter.is_ascii() => letter.to_ascii_lowercase(),
        _ => letter.to_lowercase().next().unwrap_or(letter),
    }
}

pub(super) fn is_vowel(letter: char) -> bool {
    matches!(
        small(letter),
        'а' | 'е' | 'ё' | 'и' | 'о' | 'у' | 'ы' | 'э' | 'ю' | 'я' | 'ў'
    )
}

#[cfg(test)]
mod tests;
