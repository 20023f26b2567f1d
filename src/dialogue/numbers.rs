//! The numbers of a citizen's own applications, found in what they write.

use std::collections::BTreeSet;

use xabar_sms::latin::uzbek_latin;

use super::keywords::{Asked, is_number, squashed};
use super::reply::{Known, notices};
use super::{Wish, folded};
use crate::compose::application as shown;

/// What a text asks for, if it holds the number of one of the subscriber's own applications, which may be anything, among
/// whatever words. What opts out or in does so all the same.
pub fn of_own_applications(asked: Asked, text: &str, known: &Known<'_>) -> Asked {
    let may_be = !matches!(asked.wish, Wish::Stop(_) | Wish::Start(_));
    if !may_be || !has_digits(text) {
        return asked;
    }
    let words = folded(text);
    let own = OwnNumbers::of(known);
    if matches!(&asked.wish, Wish::Status(number) if own.has(number)) {
        return asked;
    }
    let whole = squashed(&words);
    if let Some(number) = own.find(&whole) {
        return Asked {
            wish: Wish::Status(number.to_owned()),
            language: None,
        };
    }
    let (_, rest) = words.split_once(' ').unwrap_or_default();
    let rest = squashed(rest);
    if asked.wish == Wish::Applications
        && let Some(number) = own.find(&rest)
    {
        return Asked {
            wish: Wish::Status(number.to_owned()),
            ..asked
        };
    }
    if matches!(asked.wish, Wish::Language(_)) {
        return asked;
    }
    let words = numbered_words(text);
    let numbers: Vec<&String> = words.iter().filter_map(NumberedWord::number).collect();
    let joined: String = numbers.iter().map(|number| number.as_str()).collect();
    let mut candidates = words
        .iter()
        .flat_map(NumberedWord::candidates)
        .chain([&joined]);
    let wish = match (asked.wish, candidates.find_map(|number| own.find(number))) {
        (_, Some(own)) => Wish::Status(own.to_owned()),
        // Which number it is that nothing is known of has to be plain where there are words, too.
        (Wish::Status(number), None) if joined.len() < number.len() => match &*numbers {
            [only] => Wish::Status((*only).clone()),
            _ => Wish::Help,
        },
        (wish, None) => wish,
    };
    Asked { wish, ..asked }
}

/// The numbers of a subscriber's applications, as what was typed is compared with them.
struct OwnNumbers {
    written: BTreeSet<String>,
    /// As a text shows them, in Latin letters.
    shown: BTreeSet<String>,
}

impl OwnNumbers {
    fn of(known: &Known<'_>) -> Self {
        let numbers: BTreeSet<&str> = notices(known).map(|it| &*it.application).collect();
        Self {
            written: numbers.iter().copied().map(key).collect(),
            shown: numbers.into_iter().map(shown_key).collect(),
        }
    }

    /// What of that which was typed, folded and without spaces, is one of them: all of it, or what follows the sign of a number.
    fn find<'a>(&self, typed: &'a str) -> Option<&'a str> {
        let signs = NUMBER_SIGNS.iter();
        let rests = signs.filter_map(|sign| typed.strip_prefix(sign));
        [typed].into_iter().chain(rests).find(|it| self.has(it))
    }

    /// Whether what was typed, folded and without spaces, is one of them.
    fn has(&self, typed: &str) -> bool {
        !typed.is_empty()
            && (self.written.contains(typed)
                || self.shown.contains(typed)
                || self.shown.contains(&key(&uzbek_latin(typed))))
    }
}

/// What stands for `№`, which a keypad lacks: `N` in texts in Latin letters, too.
const NUMBER_SIGNS: [&str; 3] = ["N", "NO", "Nº"];

/// A word with digits, folded.
struct NumberedWord {
    whole: String,
    /// What stands before an ending that a hyphen joins to it, as our own texts have it: `48120973-sonli`; and whether that
    /// ending is long enough to be a word rather than a part of the number.
    stem: Option<(String, bool)>,
}

impl NumberedWord {
    fn read(word: &str) -> Self {
        let stem = word.rsplit_once(is_hyphen).and_then(|(stem, ending)| {
            let letters = key(ending).chars().count();
            let is_ending = letters > 0 && !has_digits(ending);
            is_ending.then(|| (key(stem), letters >= LETTERS_OF_A_WORD))
        });
        Self {
            whole: key(word),
            stem,
        }
    }

    /// What of it may be the number of an application, likeliest first.
    fn candidates(&self) -> impl Iterator<Item = &String> {
        let stem = self.stem.as_ref().map(|(stem, _)| stem);
        [&self.whole].into_iter().chain(stem)
    }

    /// The number that it is by itself, whosever.
    fn number(&self) -> Option<&String> {
        let stem = self.stem.as_ref().filter(|(_, is_word)| *is_word);
        let number = stem.map_or(&self.whole, |(stem, _)| stem);
        Some(number).filter(|number| is_number(number))
    }
}

/// `son` of `48120973-son` is one.
const LETTERS_OF_A_WORD: usize = 3;

/// Words of a text that are looked at for numbers. Nobody writes more of them.
const MOST_NUMBERED: usize = 10;

fn numbered_words(text: &str) -> Vec<NumberedWord> {
    let words = text.split(|each: char| each.is_whitespace() || ":;,?!=".contains(each));
    let words = words.filter(|word| has_digits(word)).take(MOST_NUMBERED);
    words.map(NumberedWord::read).collect()
}

fn has_digits(text: &str) -> bool {
    text.contains(|each: char| each.is_ascii_digit())
}

fn is_hyphen(each: char) -> bool {
    matches!(each, '-' | '\u{2010}'..='\u{2015}')
}

/// Whether what was typed, folded and without spaces, is an application's number: as the agency writes it, or as a text
/// shows it, which may be in Latin letters.
pub(super) fn is_number_of(typed: &str, application: &str) -> bool {
    let shown = shown_key(application);
    typed == key(application) || typed == shown || key(&uzbek_latin(typed)) == shown
}

/// A number as it is compared.
fn key(number: &str) -> String {
    squashed(&folded(number))
}

/// The same of a number as a text shows it.
fn shown_key(application: &str) -> String {
    key(&uzbek_latin(&shown(application)))
}

#[cfg(test)]
mod tests {
    use super::super::reply::tests::{built_in, message, reply, status};
    use super::*;
    use crate::clock::UnixMillis;
    use crate::dialogue::reply::{Reply, respond};
    use crate::journal::Choices;

    #[test]
    fn an_application_is_found_by_its_number_as_a_text_shows_it() {
        let keywords = built_in();
        for (number, typed) in [
            ("КАД-113", "KAD-113"),
            ("КАД-113", "кад 113"),
            ("KAD-113", "КАД-113"),
            ("Ж-77", "J-77"),
            ("ЎЗ-5", "O'Z-5"),
            ("O\u{2BB}Z-5", "O'Z-5"),
            ("АВ-12", "AB-12"),
            ("АВ-12", "AV-12"),
            ("AB-12", "АВ-12"),
            ("４８１２", "4812"),
        ] {
            let messages = [message(1, number, "ready")];
            let known = Known {
                messages: &messages,
                choices: &Choices::default(),
                agencies: &[],
                wall: UnixMillis(1_000),
            };
            let asked = of_own_applications(keywords.read(typed), typed, &known);
            let (_, reply) = respond(asked.wish, &known);
            assert_eq!(
                reply,
                Reply::Status(status(number, "ready")),
                "{number} {typed}"
            );
        }
        let other = Wish::Status("KAD114".into());
        let messages = [message(1, "КАД-113", "ready")];
        assert_eq!(reply(other, &messages), Reply::Unknown("KAD114".into()));
    }

    #[test]
    fn ones_own_application_is_found_whatever_its_number_is_like() {
        let messages = [
            message(1, "UZ-2026-A", "approved"),
            message(2, "KADASTR-12", "ready"),
            message(3, "STOP-7", "ready"),
        ];
        let known = Known {
            messages: &messages,
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        let keywords = built_in();
        for (text, number) in [
            ("uz 2026 a", Some("UZ2026A")),
            ("Kadastr-12", Some("KADASTR12")),
            ("STATUS kadastr 12", Some("KADASTR12")),
            ("status kadastr 13", None),
            ("stop 7", None),
        ] {
            let asked = of_own_applications(keywords.read(text), text, &known);
            let expected = number.map(|number| Wish::Status(number.to_owned()));
            let found = Some(asked.wish).filter(|wish| matches!(wish, Wish::Status(_)));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_number_among_words_is_found_if_it_is_ones_own_and_told_without_them_if_not() {
        let messages = [
            message(1, "48120973", "approved"),
            message(2, "2026-00113", "ready"),
            message(3, "KADASTR-12", "ready"),
            message(4, "REG-TASH-113", "ready"),
        ];
        let known = Known {
            messages: &messages,
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        let keywords = built_in();
        let found = |number: &str| Wish::Status(number.into());
        for (text, wish) in [
            ("48120973 holat", found("48120973")),
            ("48120973\nstatus?", found("48120973")),
            ("ariza 48120973 holati", found("48120973")),
            ("status of my application: 48120973", found("48120973")),
            ("ariza raqami 2026-00113", found("202600113")),
            ("№48120973 holati qanday?", found("48120973")),
            ("No 4812 0973!", found("48120973")),
            ("N48120973", found("48120973")),
            ("No48120973 holati qanday?", found("48120973")),
            ("status Nº48120973", found("48120973")),
            ("NKADASTR-12", found("KADASTR12")),
            ("N48120974", found("N48120974")),
            ("48120974, 48120973?", found("48120973")),
            ("48120974 holat", found("48120974")),
            ("48120974, 48120975 holat", Wish::Help),
            ("status:48120974", found("48120974")),
            ("status-48120974", found("48120974")),
            ("status 4812 0974", found("48120974")),
            ("RU-26 1204418", found("RU261204418")),
            ("№48120974 holati qanday?", Wish::Help),
            ("status please 48120974", found("48120974")),
            ("48120973-sonli", found("48120973")),
            ("48120973-sonli arizam qani?", found("48120973")),
            ("2026-00113-raqamli ariza", found("202600113")),
            ("48120973\u{2011}sanl\u{131}", found("48120973")),
            ("№48120973-рақамли", found("48120973")),
            ("4812 0973-сонли", found("48120973")),
            ("48120973-A", found("48120973")),
            ("48120974-sonli", found("48120974")),
            ("48120974-A", found("48120974A")),
            ("kadastr-12 please", found("KADASTR12")),
            ("is REG-TASH-113 ready?", found("REGTASH113")),
            ("KADASTR-12 holati qanday?", found("KADASTR12")),
            ("REG-TASH-113-raqamli arizam", found("REGTASH113")),
            ("is REG-TASH-114 ready?", Wish::Help),
        ] {
            let asked = of_own_applications(keywords.read(text), text, &known);
            assert_eq!(asked.wish, wish, "{text}");
        }
    }
}
