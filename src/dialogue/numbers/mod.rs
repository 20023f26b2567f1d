//! The numbers of a citizen's own applications, found in what they write.

#[cfg(test)]
mod laws;

use std::collections::BTreeSet;

use xabar_sms::latin::uzbek_latin;

use super::Wish;
use super::fold::{after_first_word, folded};
use super::keywords::{Asked, is_number, squashed};
use super::reply::{Known, Standing, notices};
use crate::compose::{application as shown, without_sign};

/// What a text asks for, if it holds the number of one of the subscriber's own applications, which may be anything, among
/// whatever words. What opts out or in does so all the same.
pub fn of_own_applications(asked: Asked, text: &str, known: &Known<'_>) -> Asked {
    let may_be = !matches!(asked.wish, Wish::Stop(_) | Wish::Start(_));
    if !may_be || !has_digits(text) {
        return asked;
    }
    let own = OwnNumbers::of(known);
    if let Some(number) = own.find(text) {
        return Asked {
            wish: Wish::Status(number.to_owned()),
            language: None,
        };
    }
    if matches!(&asked.wish, Wish::Status(number) if own.has(number)) {
        return asked;
    }
    if asked.wish == Wish::Applications
        && let Some(number) = own.find(after_first_word(text))
    {
        return Asked {
            wish: Wish::Status(number.to_owned()),
            ..asked
        };
    }
    let words = numbered_words(text);
    let numbers: Vec<&str> = words.iter().filter_map(NumberedWord::number).collect();
    let joined = numbers.join(" ");
    let mut candidates = words
        .iter()
        .flat_map(NumberedWord::candidates)
        .chain([joined.as_str()]);
    let wish = match (asked.wish, candidates.find_map(|number| own.find(number))) {
        (_, Some(own)) => Wish::Status(own.to_owned()),
        // Which number it is that nothing is known of has to be plain where there are words, too.
        (Wish::Status(number), None) if key(&joined).len() < key(&number).len() => match *numbers {
            [only] => Wish::Status(only.to_owned()),
            _ => Wish::Help,
        },
        (wish, None) => wish,
    };
    Asked { wish, ..asked }
}

/// The numbers of a subscriber's applications, as what was typed is compared with them.
struct OwnNumbers(BTreeSet<String>);

impl OwnNumbers {
    fn of(known: &Known<'_>) -> Self {
        let numbers: BTreeSet<&str> = notices(known).map(|it| &*it.application).collect();
        let written = numbers.iter().flat_map(|it| as_written(it));
        Self(written.map(|it| key(&it)).collect())
    }

    /// What of that which was typed is one of them: all of it, or what follows the sign of a number.
    fn find<'a>(&self, typed: &'a str) -> Option<&'a str> {
        let typed = bare(typed);
        if self.has(typed) {
            return Some(typed);
        }
        let compared = key(typed);
        let rest = |sign: &&str| {
            compared.strip_prefix(*sign)?;
            let mut letters = typed.char_indices().filter(|(_, it)| it.is_alphanumeric());
            let (at, _) = letters.nth(sign.chars().count())?;
            typed.get(at..)
        };
        let mut rests = NUMBER_SIGNS.iter().filter_map(rest);
        rests.find(|rest| self.has(rest))
    }

    /// Whether what was typed is one of them.
    fn has(&self, typed: &str) -> bool {
        let is_one = |typed: &str| {
            let typed = key(typed);
            !typed.is_empty() && self.0.contains(&typed)
        };
        is_one(typed) || is_one(&uzbek_latin(typed))
    }
}

/// What stands for `№`, which a keypad lacks: `N` in texts in Latin letters, too.
const NUMBER_SIGNS: [&str; 3] = ["N", "NO", "Nº"];

/// A word with digits.
struct NumberedWord<'a> {
    whole: &'a str,
    /// What stands before an ending that a hyphen joins to it, as our own texts have it: `48120973-sonli`; and whether that
    /// ending is long enough to be a word rather than a part of the number.
    stem: Option<(&'a str, bool)>,
}

impl<'a> NumberedWord<'a> {
    fn read(word: &'a str) -> Self {
        let stem = word.rsplit_once(is_hyphen).and_then(|(stem, ending)| {
            let letters = key(ending).chars().count();
            let is_ending = letters > 0 && !has_digits(ending);
            is_ending.then(|| (bare(stem), letters >= LETTERS_OF_A_WORD))
        });
        Self {
            whole: bare(word),
            stem,
        }
    }

    /// What of it may be the number of an application, likeliest first.
    fn candidates(&self) -> impl Iterator<Item = &'a str> {
        let stem = self.stem.map(|(stem, _)| stem);
        [self.whole].into_iter().chain(stem)
    }

    /// The number that it is by itself, whosever.
    fn number(&self) -> Option<&'a str> {
        let stem = self.stem.filter(|(_, is_word)| *is_word);
        let number = stem.map_or(self.whole, |(stem, _)| stem);
        Some(number).filter(|number| is_number(&key(number)))
    }
}

/// `son` of `48120973-son` is one.
const LETTERS_OF_A_WORD: usize = 3;

/// Words of a text that are looked at for numbers. Nobody writes more of them.
const MOST_NUMBERED: usize = 10;

fn numbered_words(text: &str) -> Vec<NumberedWord<'_>> {
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

/// Those of the applications whose number was typed: with the signs in it, or else, where no number is that, without any.
pub(super) fn of_number(typed: &str, all: Vec<Standing>) -> Vec<Standing> {
    let is_exact = |it: &Standing| is_number_of(typed, &it.application, with_signs);
    let by_signs = all.iter().any(is_exact);
    let is_asked = |it: &Standing| match by_signs {
        true => is_exact(it),
        false => is_number_of(typed, &it.application, key),
    };
    all.into_iter().filter(is_asked).collect()
}

/// An application's number as the agency writes it, and as a text may show it: behind the `№` of a text, which takes the place of
/// its own; with `N` where that sign is dear; and each of these in Latin letters.
fn as_written(application: &str) -> Vec<String> {
    let with_n = application.replace('№', "N");
    let written = [application, without_sign(application), &with_n];
    let forms = written.into_iter().flat_map(|number| {
        let shown = shown(number);
        // Behind the N that a text has for its own №, Е begins no word: №ЕЦ-5 goes out as NETS-5.
        let behind = format!("N{shown}");
        let behind = uzbek_latin(&behind).chars().skip(1).collect();
        [number.to_owned(), uzbek_latin(&shown).into_owned(), behind]
    });
    forms.collect()
}

/// Whether what was typed is an application's number, in the form that is compared: as the agency writes it, or as a text
/// shows it, which may be in Latin letters.
fn is_number_of(typed: &str, application: &str, form: fn(&str) -> String) -> bool {
    let typed = [form(typed), form(&uzbek_latin(typed))];
    let mut written = as_written(application).into_iter();
    written.any(|number| typed.contains(&form(&number)))
}

/// Without the signs around it.
fn bare(number: &str) -> &str {
    number.trim_matches(|each: char| !each.is_alphanumeric())
}

/// A number in capitals, without blanks; one hyphen is as good as another.
fn with_signs(number: &str) -> String {
    let characters = bare(number).chars().filter(|each| !each.is_whitespace());
    let characters = characters.map(|each| if is_hyphen(each) { '-' } else { each });
    characters.flat_map(char::to_uppercase).collect()
}

/// A number as it is compared.
fn key(number: &str) -> String {
    squashed(&folded(number))
}

#[cfg(test)]
mod tests {
    use xabar_events::Language;

    use super::super::reply::tests::{built_in, known, message, reply, status};
    use super::*;
    use crate::dialogue::reply::{Reply, respond};
    use crate::journal::Choices;

    #[test]
    fn an_application_is_found_by_its_number_as_a_text_shows_it() {
        let keywords = built_in();
        for (number, typed) in [
            ("No 48120973", "48120973"),
            ("No 48120973", "№48120973"),
            ("No 31", "N31"),
            ("No.32", "№ 32"),
            ("N 33", "33"),
            ("KAD №113", "KAD N113"),
            ("Vx.№ 2026/77", "Vx N 2026/77"),
            ("12№34", "12N34"),
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
            ("ЕЦ-5", "NETS-5"),
            ("ЕЦ-5", "YETS-5"),
            ("Исх№7060", "No. ИсхN7060"),
            ("Вх №3", "Bx N3"),
        ] {
            let messages = [message(1, number, "ready")];
            let choices = Choices::default();
            let known = known(&messages, &choices);
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
            message(4, "AB 1234", "ready"),
            message(5, "HOLAT", "ready"),
        ];
        let choices = Choices::default();
        let known = known(&messages, &choices);
        let keywords = built_in();
        for (text, number) in [
            ("uz 2026 a", Some("uz 2026 a")),
            ("Kadastr-12", Some("Kadastr-12")),
            ("STATUS kadastr 12", Some("kadastr 12")),
            ("status kadastr 13", None),
            ("status AB 1234", Some("AB 1234")),
            ("holat", None),
            ("stop 7", None),
        ] {
            let asked = of_own_applications(keywords.read(text), text, &known);
            let expected = number.map(|number| Wish::Status(number.to_owned()));
            let found = Some(asked.wish).filter(|wish| matches!(wish, Wish::Status(_)));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn ones_own_number_shows_no_language_though_it_begins_as_the_name_of_one() {
        let messages = [
            message(1, "RU-26 113", "ready"),
            message(2, "AB 1234", "ready"),
        ];
        let choices = Choices::default();
        let known = known(&messages, &choices);
        let keywords = built_in();
        for (text, language) in [
            ("ru 26 113", None),
            ("RU-26 114", Some(Language::Ru)),
            ("halat AB 1234", Some(Language::Kaa)),
        ] {
            let asked = of_own_applications(keywords.read(text), text, &known);
            assert_eq!(asked.language, language, "{text}");
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
        let choices = Choices::default();
        let known = known(&messages, &choices);
        let keywords = built_in();
        let found = |number: &str| Wish::Status(number.into());
        for (text, wish) in [
            ("48120973 holat", found("48120973")),
            ("48120973\nstatus?", found("48120973")),
            ("ariza 48120973 holati", found("48120973")),
            ("status of my application: 48120973", found("48120973")),
            ("ariza raqami 2026-00113", found("2026-00113")),
            ("№48120973 holati qanday?", found("48120973")),
            ("No 4812 0973!", found("4812 0973")),
            ("N48120973", found("48120973")),
            ("No48120973 holati qanday?", found("48120973")),
            ("status Nº48120973", found("48120973")),
            ("NKADASTR-12", found("KADASTR-12")),
            ("N48120974", found("N48120974")),
            ("48120974, 48120973?", found("48120973")),
            ("48120974 holat", found("48120974")),
            ("48120974, 48120975 holat", Wish::Help),
            ("status:48120974", found("48120974")),
            ("status-48120974", found("48120974")),
            ("status 4812 0974", found("4812 0974")),
            ("RU-26 1204418", found("RU-26 1204418")),
            ("№48120974 holati qanday?", Wish::Help),
            ("status please 48120974", found("48120974")),
            ("48120973-sonli", found("48120973")),
            ("48120973-sonli arizam qani?", found("48120973")),
            ("2026-00113-raqamli ariza", found("2026-00113")),
            ("48120973\u{2011}sanl\u{131}", found("48120973")),
            ("№48120973-рақамли", found("48120973")),
            ("4812 0973-сонли", found("4812 0973")),
            ("48120973-A", found("48120973")),
            ("48120974-sonli", found("48120974")),
            ("48120974-A", found("48120974-A")),
            ("kadastr-12 please", found("kadastr-12")),
            ("is REG-TASH-113 ready?", found("REG-TASH-113")),
            ("KADASTR-12 holati qanday?", found("KADASTR-12")),
            ("КАДАСТР-12 қани?", found("КАДАСТР-12")),
            ("REG-TASH-113-raqamli arizam", found("REG-TASH-113")),
            ("is REG-TASH-114 ready?", Wish::Help),
        ] {
            let asked = of_own_applications(keywords.read(text), text, &known);
            assert_eq!(asked.wish, wish, "{text}");
        }
    }
}
