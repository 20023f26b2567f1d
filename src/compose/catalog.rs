//! All texts in all languages.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use xabar_events::Language;
use xabar_sms::{LanguageRules, cheapest};

use super::fallback;
use super::news::News;
use super::selection::Wording;
use super::spelling;
use super::template::is_visible;
use super::texts::{Composed, Listed, LongestAnswer, Texts, Word};
use super::value::{Unfit, name as plain_name};
use crate::control::settings::files::{each_toml, problem};
use crate::control::settings::{Place, Problem, Settings};
use crate::dialogue::{Keyword, Keywords, folded};

/// The texts that citizens read, by language.
#[derive(Clone, Debug)]
pub struct Catalog {
    languages: BTreeMap<Language, Texts>,
}

/// What goes out.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// From [`Catalog::compose`] and [`Catalog::answer`] in the cheapest spelling that reads the same: hand it on as it
    /// is.
    pub text: String,
    /// The language that it is in: not always the one asked for.
    pub language: Language,
    /// Whether the event gives a value that the text has a place for and does not take.
    pub left_out: bool,
    /// How many of the last parts of its template, of those that may be left out, have no room in its segments.
    pub crowded_out: usize,
}

impl Text {
    fn new(composed: Composed, language: Language) -> Self {
        let Composed {
            text,
            left_out,
            crowded_out,
        } = composed;
        Self {
            text,
            language,
            left_out,
            crowded_out,
        }
    }
}

/// Nothing is said of this status, in any language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no language has a text for this status")]
pub struct NoTemplate;

impl Catalog {
    /// The texts that come with the gateway.
    pub fn built_in() -> Self {
        let read = |(language, text): &(Language, &str)| {
            let (texts, problems) = Texts::read(text, &file_name(*language), *language);
            let texts = texts.filter(|_| problems.is_empty());
            (*language, texts.expect("a test reads the built-in texts"))
        };
        Self {
            languages: BUILT_IN.iter().map(read).collect(),
        }
    }

    /// The texts that a configuration names, or else those that come with the gateway. Languages whose files name no zone
    /// live by that of the quiet hours.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn of(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let folder = settings.messages.as_deref();
        let mut catalog = folder.map_or_else(|| Ok(Self::built_in()), Self::load)?;
        if let Some(quiet) = &settings.subscriber.quiet_hours {
            for texts in catalog.languages.values_mut() {
                texts.reckon_into(&quiet.hours.timezone);
            }
        }
        Ok(catalog)
    }

    /// Reads a folder with one file a language, such as `ru.toml`.
    ///
    /// # Errors
    /// Everything that is wrong, in all of its files.
    pub fn load(folder: &Path) -> Result<Self, Vec<Problem>> {
        let right = "put a file for each language into it, such as uz-Latn.toml";
        let (files, mut problems) = each_toml(folder, "has no texts", right, |file, text| {
            let read = |language| {
                let (texts, problems) = Texts::read(text, file, language);
                (texts.map(|texts| (language, texts)), problems)
            };
            Ok(language(file).map_or_else(|problem| (None, vec![problem]), read))
        });
        let mut languages = BTreeMap::new();
        for (texts, found) in files {
            languages.extend(texts);
            problems.extend(found);
        }
        // What is wrong with a file does not keep its words from being compared with those of others: all is told at once.
        let catalog = Self { languages }.completed();
        problems.extend(catalog.ambiguous(folder));
        if problems.is_empty() {
            Ok(catalog)
        } else {
            Err(problems)
        }
    }

    /// With the answers and keywords that come with the gateway where a file has none.
    fn completed(mut self) -> Self {
        for (language, built_in) in Self::built_in().languages {
            if let Some(texts) = self.languages.get_mut(&language) {
                texts.complete(&built_in);
            }
        }
        self
    }

    /// Words that would ask for two things, each with the place that has it already.
    fn ambiguous(&self, folder: &Path) -> Vec<Problem> {
        let mut known = Keywords::default();
        let mut problems = Vec::new();
        for (language, keyword, word) in self.words() {
            if known.add(language, keyword, &word.text) {
                continue;
            }
            let same = |other: &(_, _, &Word)| folded(&other.2.text) == folded(&word.text);
            let Some((of, other, first)) = self.words().find(same) else {
                continue;
            };
            // What comes with the gateway nobody can mend: then it is the word before it.
            let (here, there) = match &word.place {
                Some(_) => ((language, keyword, word), (of, other, first)),
                None => ((of, other, first), (language, keyword, word)),
            };
            problems.push(means_two_things(folder, here, there));
        }
        problems
    }

    fn words(&self) -> impl Iterator<Item = (Language, Keyword, &Word)> {
        self.languages.iter().flat_map(|(language, texts)| {
            let keywords = texts.keywords();
            keywords.map(|(keyword, word)| (*language, keyword, word))
        })
    }

    /// The words by which citizens ask for something.
    pub fn keywords(&self) -> impl Iterator<Item = (Language, Keyword, &str)> {
        let words = self.words();
        words.map(|(language, keyword, word)| (language, keyword, word.text.as_str()))
    }

    /// The language in which somebody is answered who reads this one best.
    pub fn answering(&self, asked: Language, default: Language) -> Language {
        let mut chain = fallback::chain(asked, self.instead_of(asked), default);
        let known = chain.find(|language| self.languages.contains_key(language));
        known.unwrap_or(asked)
    }

    /// An answer to a citizen by its key in `[answers]`, spelled as it goes out, and without the last of its parts where
    /// it would take more segments than it may.
    pub fn answer<'a>(
        &self,
        language: Language,
        template: &str,
        value: impl Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Option<Text> {
        let texts = self.languages.get(&language)?;
        let (text, crowded_out) = texts.answer(template, value)?;
        Some(Text {
            text: cheapest(&text, texts.rules).text.into_owned(),
            language,
            left_out: false,
            crowded_out,
        })
    }

    /// Every answer, at its longest.
    pub fn answers(&self) -> impl Iterator<Item = LongestAnswer<'_>> {
        let languages = self.languages.iter();
        languages.flat_map(|(language, texts)| texts.longest_answers(*language))
    }

    /// What a citizen is told, in the language of the content or else in `default`; where that
    /// lacks a text, in the next best one. It is spelled as it goes out, and shortened where it
    /// would take more segments than it may.
    pub fn compose(&self, news: News<'_>, default: Language) -> Result<Text, NoTemplate> {
        let language = news.content.language.unwrap_or(default);
        self.compose_in(language, news, default)
    }

    /// The same in this language, whatever the content says.
    pub fn compose_in(
        &self,
        language: Language,
        news: News<'_>,
        default: Language,
    ) -> Result<Text, NoTemplate> {
        let (language, texts, wording) = self.find_in(language, news, default)?;
        let composed = texts.compose(wording, news);
        match is_visible(&composed.text) {
            true => Ok(Text::new(composed, language)),
            false => Err(NoTemplate),
        }
    }

    /// The same as the template spells it, whatever that costs.
    pub fn write(&self, news: News<'_>, default: Language) -> Result<Text, NoTemplate> {
        let (language, texts, wording) = self.find(news, default)?;
        Ok(Text::new(texts.write(wording, news), language))
    }

    /// The template that this news is written with.
    pub fn template_of(&self, news: News<'_>, default: Language) -> Result<Listed<'_>, NoTemplate> {
        let (language, texts, wording) = self.find(news, default)?;
        let listed = texts.list(language).find(|listed| listed.is(wording));
        listed.ok_or(NoTemplate)
    }

    /// The parameters that a text of this news lacks though the news gives them, and why.
    pub fn left_out(&self, text: &Text, news: News<'_>) -> Vec<(&str, Unfit)> {
        let texts = self.languages.get(&text.language);
        let Some((texts, wording)) = texts.and_then(|texts| Some((texts, texts.find(news)?)))
        else {
            return Vec::new();
        };
        let mut left_out = texts.unfit(wording, news);
        let crowded_out = texts.crowded_out(wording, news, text.crowded_out);
        left_out.extend(crowded_out.into_iter().map(|name| (name, Unfit::NoRoom)));
        left_out
    }

    fn find(
        &self,
        news: News<'_>,
        default: Language,
    ) -> Result<(Language, &Texts, &Wording), NoTemplate> {
        let language = news.content.language.unwrap_or(default);
        self.find_in(language, news, default)
    }

    fn find_in(
        &self,
        asked: Language,
        news: News<'_>,
        default: Language,
    ) -> Result<(Language, &Texts, &Wording), NoTemplate> {
        let find = |language| {
            let texts = self.languages.get(&language)?;
            Some((language, texts, texts.find(news)?))
        };
        fallback::chain(asked, self.instead_of(asked), default)
            .find_map(find)
            .ok_or(NoTemplate)
    }

    /// What readers of a language read where it lacks a text, as its file says.
    fn instead_of(&self, language: Language) -> &[Language] {
        let texts = self.languages.get(&language);
        let own = texts.and_then(|texts| texts.fallback.as_deref());
        own.unwrap_or_else(|| fallback::usual(language))
    }

    /// What a language allows to make a text cheaper.
    pub fn rules(&self, language: Language) -> LanguageRules {
        let texts = self.languages.get(&language);
        texts.map_or_else(LanguageRules::default, |texts| texts.rules)
    }

    /// All that the file of a language may allow.
    pub fn allowable_rules(language: Language) -> LanguageRules {
        spelling::allowable(language)
    }

    /// A service as citizens know it; its name in events if the language has no other.
    pub fn service_name<'a>(&'a self, language: Language, service: &'a str) -> Cow<'a, str> {
        let texts = self.languages.get(&language);
        texts.map_or_else(|| plain_name(service), |texts| texts.service(service))
    }

    /// A status in a word or two; its name in events if the language has no other.
    pub fn status_name<'a>(&'a self, language: Language, status: &'a str) -> Cow<'a, str> {
        let texts = self.languages.get(&language);
        texts.map_or_else(|| plain_name(status), |texts| texts.status(status))
    }

    /// The services that any language has a name for, as events call them.
    pub fn services(&self) -> BTreeSet<&str> {
        let texts = self.languages.values();
        texts.flat_map(Texts::services).collect()
    }

    /// The statuses that any language has a name for, as events call them.
    pub fn statuses(&self) -> BTreeSet<&str> {
        let texts = self.languages.values();
        texts.flat_map(Texts::statuses).collect()
    }

    /// The languages that have a file, be there texts in it or not.
    pub fn languages(&self) -> impl Iterator<Item = Language> {
        self.languages.keys().copied()
    }

    /// Every template.
    pub fn templates(&self) -> impl Iterator<Item = Listed<'_>> {
        let languages = self.languages.iter();
        languages.flat_map(|(language, texts)| texts.list(*language))
    }
}

/// Shows no text: it is between the agency and the citizen.
impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let characters = self.text.chars().count();
        write!(f, "Text({}, {characters} characters)", self.language)
    }
}

const BUILT_IN: [(Language, &str); 5] = [
    (
        Language::UzLatn,
        include_str!("../../config/messages/uz-Latn.toml"),
    ),
    (
        Language::UzCyrl,
        include_str!("../../config/messages/uz-Cyrl.toml"),
    ),
    (Language::Ru, include_str!("../../config/messages/ru.toml")),
    (
        Language::Kaa,
        include_str!("../../config/messages/kaa.toml"),
    ),
    (Language::En, include_str!("../../config/messages/en.toml")),
];

fn file_name(language: Language) -> PathBuf {
    PathBuf::from(format!("{language}.toml"))
}

/// A word here that has another meaning there.
fn means_two_things(
    folder: &Path,
    (language, keyword, word): (Language, Keyword, &Word),
    (of, other, there): (Language, Keyword, &Word),
) -> Problem {
    let (key, text) = (other.as_str(), &there.text);
    let other = match &there.place {
        Some(place) => format!("`keywords.{key}` has \"{text}\" at {place}, too"),
        None => {
            format!("`keywords.{key}` that comes with the gateway for {of} has \"{text}\", too")
        }
    };
    let right = match &there.place {
        Some(_) => "keep it in one of the two".to_owned(),
        None => format!(
            "take another word, or write `keywords.{key}` without it into {}",
            file_name(of).display()
        ),
    };
    let file = || Place::File(folder.join(file_name(language)));
    Problem {
        place: word.place.clone().unwrap_or_else(file),
        key: format!("keywords.{}", keyword.as_str()),
        what: format!("has \"{}\", and {other}", word.text),
        right,
    }
}

fn language(file: &Path) -> Result<Language, Problem> {
    let name = file
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    name.parse::<Language>().map_err(|expected| {
        problem(
            file,
            "has a name that is no language".to_owned(),
            &format!("name it as {}, with .toml", expected.0),
        )
    })
}
