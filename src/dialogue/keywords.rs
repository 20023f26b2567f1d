//! What a citizen's words ask for.

use std::fmt;

use rustc_hash::FxHashMap;
use xabar_events::Language;
use xabar_sms::latin::uzbek_latin;

use super::fold::{after_first_word, folded};

/// What a word is for; `[keywords]` in the file of each language lists the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keyword {
    /// How one's applications stand.
    Status,
    /// No messages any more.
    Stop,
    /// The same, if it stands alone or before an agency's name: sentences begin with it, too.
    StopAlone,
    /// Messages again.
    Start,
    /// What can be written.
    Help,
    /// Before or after the name of a language.
    Language,
    /// The name of the language itself.
    Name,
    /// After a word for stop or start: of every agency.
    Everything,
    /// Beside the name of a language; means nothing.
    Polite,
}

impl Keyword {
    pub const ALL: [Self; 9] = [
        Self::Status,
        Self::Stop,
        Self::StopAlone,
        Self::Start,
        Self::Help,
        Self::Language,
        Self::Name,
        Self::Everything,
        Self::Polite,
    ];

    /// Its key in `[keywords]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Stop => "stop",
            Self::StopAlone => "stop-alone",
            Self::Start => "start",
            Self::Help => "help",
            Self::Language => "language",
            Self::Name => "name",
            Self::Everything => "all",
            Self::Polite => "polite",
        }
    }
}

/// The words of all languages.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    /// By the folded word; the language if only one has the word.
    words: FxHashMap<String, (Keyword, Option<Language>)>,
}

/// A request, and the language in which it was made, if that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub wish: Wish,
    pub language: Option<Language>,
}

/// What a citizen wants. Numbers of applications are as they were typed.
#[derive(Clone, PartialEq, Eq)]
pub enum Wish {
    /// How this application stands.
    Status(String),
    /// How all of one's applications stand.
    Applications,
    /// No messages any more, of the agency if it is one.
    Stop(Option<Named>),
    /// No messages any more of the agency, if it is one; else it is a sentence, and no wish.
    StopIfNamed(Named),
    /// Messages again, of the agency if it is one.
    Start(Option<Named>),
    Language(Language),
    Help,
}

impl Wish {
    /// Whether words follow that may be an agency's name.
    pub fn names_an_agency(&self) -> bool {
        matches!(self, Self::Stop(Some(named)) if !named.of_all)
    }

    /// Whether it is a choice that is kept, or may be one.
    pub fn is_choice(&self) -> bool {
        match self {
            Self::Stop(_) | Self::StopIfNamed(_) | Self::Start(_) | Self::Language(_) => true,
            Self::Status(_) | Self::Applications | Self::Help => false,
        }
    }
}

/// Tells how much was written, not what.
impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(number) => f.debug_tuple("Status").field(&number.len()).finish(),
            Self::Applications => f.write_str("Applications"),
            Self::Stop(named) => f.debug_tuple("Stop").field(named).finish(),
            Self::StopIfNamed(named) => f.debug_tuple("StopIfNamed").field(named).finish(),
            Self::Start(named) => f.debug_tuple("Start").field(named).finish(),
            Self::Language(language) => f.debug_tuple("Language").field(language).finish(),
            Self::Help => f.write_str("Help"),
        }
    }
}

/// What a citizen wrote after a keyword, folded.
#[derive(Clone, PartialEq, Eq)]
pub struct Named {
    as_written: String,
    in_latin: String,
    /// Whether its first word means every agency.
    pub(super) of_all: bool,
}

/// Tells how long it is.
impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Named")
            .field(&self.as_written.len())
            .finish()
    }
}

impl Named {
    fn read(text: &str, of_all: bool) -> Option<Self> {
        let rest = |text: &str| {
            let words = folded(text);
            let rest = words.split_once(' ').map(|(_, rest)| rest.to_owned());
            rest.unwrap_or_default()
        };
        let as_written = rest(text);
        (!as_written.is_empty()).then(|| Self {
            as_written,
            in_latin: rest(&uzbek_latin(text)),
            of_all,
        })
    }

    /// How many letters at its beginning are an agency's name, in whichever alphabet, as whole words. What follows a name
    /// means nothing: `please`.
    pub(super) fn begins_with(&self, agency: &str) -> Option<usize> {
        let agency = squashed(&folded(agency));
        let begins = |words: &str| {
            let mut rest = Some(agency.as_str());
            words.split(' ').any(|word| {
                rest = rest.and_then(|rest| rest.strip_prefix(word));
                rest == Some("")
            })
        };
        (begins(&self.as_written) || begins(&self.in_latin)).then_some(agency.len())
    }
}

/// No application has a longer number.
const MOST_CHARACTERS: usize = 64;

impl Keywords {
    /// Of two meanings of one word the first holds.
    pub fn new<'a>(words: impl IntoIterator<Item = (Language, Keyword, &'a str)>) -> Self {
        let mut keywords = Self::default();
        for (language, keyword, word) in words {
            keywords.add(language, keyword, word);
        }
        keywords
    }

    /// Whether a word means only this, as far as is known.
    pub fn add(&mut self, language: Language, keyword: Keyword, word: &str) -> bool {
        let entry = self.words.entry(folded(word));
        let (known, of) = entry.or_insert((keyword, Some(language)));
        if *known != keyword {
            return false;
        }
        let same = *of == Some(language);
        if !same && keyword != Keyword::Name {
            *of = None;
        }
        same || keyword != Keyword::Name
    }

    /// Whether a text, or the beginning of one, opts out.
    pub fn is_stop(&self, text: &str) -> bool {
        let words = folded(text);
        let first = words.split(' ').next().unwrap_or_default();
        matches!(self.words.get(first), Some((Keyword::Stop, _)))
    }

    /// What a text asks for; what is not understood asks for help.
    pub fn read(&self, text: &str) -> Asked {
        let words = folded(text);
        let (first, rest) = words.split_once(' ').unwrap_or((&words, ""));
        let Some((keyword, language)) = self.words.get(first).copied() else {
            return Asked {
                wish: number(text).map_or(Wish::Help, Wish::Status),
                language: None,
            };
        };
        if let Some(named) = self.named(&words) {
            return Asked {
                wish: Wish::Language(named),
                language,
            };
        }
        let of_all = |words: &str| matches!(self.words.get(words), Some((Keyword::Everything, _)));
        let of_all_first = || of_all(rest.split(' ').next().unwrap_or_default());
        let agency = || Named::read(text, of_all_first()).filter(|_| !of_all(rest));
        let wish = match keyword {
            Keyword::Status => {
                number(after_first_word(text)).map_or(Wish::Applications, Wish::Status)
            }
            Keyword::Stop => Wish::Stop(agency()),
            Keyword::StopAlone => match agency() {
                Some(named) if !named.of_all => Wish::StopIfNamed(named),
                of_all => Wish::Stop(of_all),
            },
            Keyword::Start => Wish::Start(agency()),
            Keyword::Language => Wish::Help,
            Keyword::Name | Keyword::Polite | Keyword::Help | Keyword::Everything => {
                // Some numbers begin like words: UZ-2026-113.
                number(text).map_or(Wish::Help, Wish::Status)
            }
        };
        Asked { wish, language }
    }

    /// The language of which these words are the name, and no others but such as stand beside one: `TIL UZ`, `RUS TILI`.
    fn named(&self, words: &str) -> Option<Language> {
        let meanings = words.split(' ').map(|word| self.words.get(word).copied());
        let beside = |meaning: &Option<(Keyword, _)>| {
            matches!(meaning, Some((Keyword::Language | Keyword::Polite, _)))
        };
        let mut others = meanings.filter(|meaning| !beside(meaning));
        match (others.next(), others.next()) {
            (Some(Some((Keyword::Name, language))), None) => language,
            _ => None,
        }
    }
}

/// A text that may be the number of an application, without the signs around it.
fn number(text: &str) -> Option<String> {
    let compared = squashed(&folded(text));
    let typed = text.trim_matches(|each: char| !each.is_alphanumeric());
    let is_short = typed.chars().count() <= MOST_CHARACTERS;
    is_number(&compared).then(|| match is_short {
        true => typed.to_owned(),
        false => compared,
    })
}

/// Words as they are compared where blanks do not matter.
pub(super) fn squashed(words: &str) -> String {
    words.replace(' ', "")
}

/// Whether it may be the number of an application: mostly digits.
pub(super) fn is_number(squashed: &str) -> bool {
    let digits = squashed.chars().filter(char::is_ascii_digit).count();
    let characters = squashed.chars().count();
    digits > 0 && 2 * digits >= characters && characters <= MOST_CHARACTERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Catalog;
    use Language::{En, Kaa, Ru, UzCyrl, UzLatn};

    fn wish(text: &str) -> Wish {
        let catalog = Catalog::built_in();
        Keywords::new(catalog.keywords()).read(text).wish
    }

    fn language(text: &str) -> Option<Language> {
        let catalog = Catalog::built_in();
        Keywords::new(catalog.keywords()).read(text).language
    }

    #[test]
    fn every_language_has_words_for_everything() {
        for (text, expected) in [
            ("48120973", Wish::Status("48120973".into())),
            ("№ 4812 0973", Wish::Status("4812 0973".into())),
            ("kad-2026/113", Wish::Status("kad-2026/113".into())),
            ("status 48120973", Wish::Status("48120973".into())),
            ("Status?", Wish::Applications),
            ("STATUS please", Wish::Applications),
            ("holat", Wish::Applications),
            ("ҳолат", Wish::Applications),
            ("статус", Wish::Applications),
            ("halat", Wish::Applications),
            ("stop", Wish::Stop(None)),
            ("toʻxtat", Wish::Stop(None)),
            ("тўхтат", Wish::Stop(None)),
            ("Стоп!", Wish::Stop(None)),
            ("end", Wish::Stop(None)),
            ("Quit.", Wish::Stop(None)),
            ("END all", Wish::Stop(None)),
            ("toqtat", Wish::Stop(None)),
            ("ТОҚТАТ", Wish::Stop(None)),
            ("TOKTAT", Wish::Stop(None)),
            ("start", Wish::Start(None)),
            ("boshla", Wish::Start(None)),
            ("бошла", Wish::Start(None)),
            ("старт", Wish::Start(None)),
            ("basla", Wish::Start(None)),
            ("баслаў ҳәммеси", Wish::Start(None)),
            ("ҲАЛАТ", Wish::Applications),
            ("Жәрдем", Wish::Help),
            ("ҚАРАҚАЛПАҚША", Wish::Language(Kaa)),
            ("START all!", Wish::Start(None)),
            ("start hammasi", Wish::Start(None)),
            ("СТАРТ ҲАММАСИ", Wish::Start(None)),
            ("старт всё", Wish::Start(None)),
            ("basla hámmesi", Wish::Start(None)),
            ("стоп все", Wish::Stop(None)),
            ("all", Wish::Help),
            ("til uz", Wish::Language(UzLatn)),
            ("тил ўзбек", Wish::Language(UzCyrl)),
            ("язык: русский", Wish::Language(Ru)),
            ("RU", Wish::Language(Ru)),
            ("qaraqalpaq", Wish::Language(Kaa)),
            ("lang en", Wish::Language(En)),
            ("lang xx", Wish::Help),
            ("til", Wish::Help),
            ("uz ru", Wish::Help),
            ("please", Wish::Help),
            ("uzbek", Wish::Language(UzLatn)),
            ("Uzbekcha", Wish::Language(UzLatn)),
            ("til uzbek", Wish::Language(UzLatn)),
            ("O'zbek tili", Wish::Language(UzLatn)),
            ("lotincha iltimos", Wish::Language(UzLatn)),
            ("KIRILL", Wish::Language(UzCyrl)),
            ("кириллча", Wish::Language(UzCyrl)),
            ("ўзбек тили", Wish::Language(UzCyrl)),
            ("узбекский язык", Wish::Language(UzCyrl)),
            ("ruscha", Wish::Language(Ru)),
            ("русча", Wish::Language(Ru)),
            ("RUS TILI", Wish::Language(Ru)),
            ("rus tilida", Wish::Language(Ru)),
            ("русский язык", Wish::Language(Ru)),
            ("русский, пожалуйста", Wish::Language(Ru)),
            ("lang: русский язык", Wish::Language(Ru)),
            ("inglizcha", Wish::Language(En)),
            ("Please, English!", Wish::Language(En)),
            ("qaraqalpaq tilinde", Wish::Language(Kaa)),
            ("yordam", Wish::Help),
            ("salom", Wish::Help),
            ("en route, be there at 5", Wish::Help),
            ("RU-26 1204418", Wish::Status("RU-26 1204418".into())),
            ("статус: №12-345!", Wish::Status("12-345".into())),
            ("", Wish::Help),
        ] {
            assert_eq!(wish(text), expected, "{text}");
        }
    }

    #[test]
    fn what_begins_with_a_word_for_it_opts_out() {
        let catalog = Catalog::built_in();
        let keywords = Keywords::new(catalog.keywords());
        for (text, stops) in [
            ("Stop! I do not", true),
            ("СТОП", true),
            ("TO'XTAT kadastr", true),
            ("please stop", false),
            ("END", false),
            ("start", false),
            ("", false),
        ] {
            assert_eq!(keywords.is_stop(text), stops, "{text}");
        }
    }

    #[test]
    fn a_word_of_one_language_shows_the_language() {
        assert_eq!(language("стоп"), None);
        assert_eq!(language("stop"), None);
        assert_eq!(language("помощь"), Some(Ru));
        assert_eq!(language("toqtat"), Some(Kaa));
        assert_eq!(language("жәрдем"), Some(Kaa));
    }

    #[test]
    fn an_agency_is_named_in_either_alphabet() {
        for (agency, text, means) in [
            ("kadastr", "stop Kadastr", true),
            ("soliq-qomitasi", "stop Soliq qo'mitasi", true),
            ("kadastr", "СТОП Кадастр", true),
            ("kadastr", "stop please", false),
            ("kadastr", "stop kadastr please", true),
            ("soliq-qomitasi", "СТОП Солиқ қўмитаси илтимос", true),
            ("soliq-qomitasi", "stop soliq", false),
            ("kadastr", "stop kadastrchi", false),
        ] {
            let Wish::Stop(Some(named)) = wish(text) else {
                panic!("{text} names nothing");
            };
            assert_eq!(named.begins_with(agency).is_some(), means, "{text}");
        }
    }
}
