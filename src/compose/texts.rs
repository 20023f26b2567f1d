//! The texts of one language, as one file of `config/messages` has them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use xabar_events::{Agency, Language, Slug};
use xabar_sms::fold::fold;
use xabar_sms::{Cost, Encoding, LanguageRules, cheapest};

use super::budget::shorten;
use super::news::News;
use super::selection::{Entry, Messages, Selection, Templates, Wording};
use super::spelling::spelling;
use super::template::{Placeholder, Source, Template};
use super::value::{
    Forms, MAX_CHARACTERS, NumberForm, Unfit, application, clean, name as plain_name,
};
use crate::control::settings::reading::{Cell, Report, Table};
use crate::control::settings::values::{list, matching, parsed, whole};
use crate::control::settings::{Environment, Problem, document};
use crate::dialogue::{Keyword, TEMPLATES, folded};

/// What is said in one language, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub(super) rules: LanguageRules,
    forms: Forms,
    services: Names,
    statuses: Names,
    templates: Selection,
    /// The most segments of a text that does not say; `None`: as is usual.
    budget: Option<usize>,
    /// What citizens are answered, by the keys of [`TEMPLATES`].
    answers: BTreeMap<String, Template>,
    /// What citizens write.
    keywords: Vec<(Keyword, Vec<String>)>,
    /// What its readers read where it lacks a text; `None`: what is usual.
    pub(super) fallback: Option<Vec<Language>>,
}

type Names = BTreeMap<String, String>;

/// A template in a list of them.
#[derive(Clone)]
pub struct Listed<'a> {
    pub language: Language,
    /// The only agency that it is for; `None`: all that have none of their own.
    pub agency: Option<&'a str>,
    /// The only service that it is for; `None`: all that have none of their own.
    pub service: Option<&'a str>,
    pub status: &'a str,
    /// What it costs without the parts that may be left out, for an application number of eight
    /// digits and the service with the longest name.
    pub least: Cost,
    /// What it would cost with every value at its longest, in the letters of its language.
    pub most: Cost,
    /// The most segments that it or its language says it should take.
    pub budget: Option<usize>,
    texts: &'a Texts,
    wording: &'a Wording,
}

impl<'a> Listed<'a> {
    /// The parameters that it has a place for.
    pub fn params(&self) -> impl Iterator<Item = &'a str> {
        let places = self.wording.template.placeholders();
        places.filter_map(|place| match &place.source {
            Source::Param(name) => Some(name.as_str()),
            _ => None,
        })
    }

    pub(super) fn is(&self, wording: &Wording) -> bool {
        std::ptr::eq(self.wording, wording)
    }

    /// The most segments that it takes: it is shortened to them.
    pub fn limit(&self) -> usize {
        self.texts.most(self.wording)
    }

    /// Whether the news would take more segments than it may if all of it were said.
    pub fn is_shortened(&self, news: News<'_>) -> bool {
        let whole = self.texts.fill(self.wording, news);
        !self.texts.fits(&whole, self.wording)
    }

    /// The parameters that it does not take as the news gives them, and why.
    pub fn unfit(&self, news: News<'_>) -> Vec<(&'a str, Unfit)> {
        self.texts.unfit(self.wording, news)
    }

    /// Where it stands in the file, such as `messages.passport.ready`.
    pub fn key(&self) -> String {
        let table = match self.agency {
            Some(agency) => format!("agencies.{agency}"),
            None => "messages".to_owned(),
        };
        match self.service {
            Some(service) => format!("{table}.{service}.{}", self.status),
            None => format!("{table}.{}", self.status),
        }
    }
}

impl std::fmt::Debug for Listed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {:?}", self.language, self.key(), self.least)
    }
}

impl Texts {
    /// Reads the file of a language, or tells everything that is wrong in it.
    pub(super) fn read(text: &str, file: &Path, language: Language) -> Result<Self, Vec<Problem>> {
        let environment = Environment::default();
        let report = Report::new(file, &environment);
        let (node, errors) = document::parse(text);
        for error in errors {
            report.syntax_error(&error.origin, &error.message);
        }
        let texts = Cell {
            key: String::new(),
            node: &node,
            report: &report,
        }
        .table(|table| texts(table, language));
        match (texts, report.into_problems()) {
            (Some(texts), problems) if problems.is_empty() => Ok(texts),
            (_, problems) => Err(problems),
        }
    }

    /// The text for this news; `None` if nothing is said of its status.
    pub(super) fn find(&self, news: News<'_>) -> Option<&Wording> {
        let (service, status) = (&news.content.service, &news.content.status);
        self.templates.find(news.agency, service, status)
    }

    /// What the citizen is told, in its cheapest spelling.
    pub(super) fn compose(&self, wording: &Wording, news: News<'_>) -> String {
        let whole = self.fill(wording, news);
        let spelled = cheapest(&whole, self.rules);
        if spelled.cost.segments > self.most(wording) {
            let short = self.shorten(wording, news);
            return cheapest(&short, self.rules).text.into_owned();
        }
        match spelled.text {
            Cow::Owned(cheaper) => cheaper,
            Cow::Borrowed(_) => whole,
        }
    }

    /// What the citizen is told, before its spelling is chosen.
    pub(super) fn write(&self, wording: &Wording, news: News<'_>) -> String {
        let whole = self.fill(wording, news);
        match self.fits(&whole, wording) {
            true => whole,
            false => self.shorten(wording, news),
        }
    }

    /// The parameters that have a place, but not with the values that they have, and why.
    pub(super) fn unfit<'a>(&self, wording: &'a Wording, news: News<'_>) -> Vec<(&'a str, Unfit)> {
        let places = wording.template.placeholders();
        let unfit = places.filter_map(|place| {
            let Source::Param(name) = &place.source else {
                return None;
            };
            let written = self.forms.write(place.form, param(news, name)?);
            Some((name.as_str(), written.err()?))
        });
        unfit.collect()
    }

    /// What a text would cost with values as long as they may be, if it were not shortened.
    fn longest(&self, language: Language, entry: Entry<'_>) -> Cost {
        let letter = match language {
            Language::UzLatn | Language::En => "o",
            Language::Kaa => "ó",
            Language::UzCyrl | Language::Ru => "н",
        };
        let text = entry.wording.template.fill(|place| match &place.source {
            Source::Application => Some("48120973".into()),
            Source::Service => Some(self.service_or_longest(entry)),
            Source::Status => Some(self.status(entry.status)),
            Source::Param(_) => Some(self.forms.longest(place.form, letter)),
        });
        cheapest(&text, self.rules).cost
    }

    fn service_or_longest<'a>(&'a self, entry: Entry<'a>) -> Cow<'a, str> {
        match entry.service {
            Some(service) => self.service(service),
            None => self.longest_service().into(),
        }
    }

    fn longest_service(&self) -> &str {
        let names = self.services.values();
        let longest = names.max_by_key(|name| name.chars().count());
        longest.map_or("service", String::as_str)
    }

    fn fill(&self, wording: &Wording, news: News<'_>) -> String {
        wording.template.fill(|place| self.value(place, news))
    }

    fn shorten(&self, wording: &Wording, news: News<'_>) -> String {
        let value = |place: &Placeholder| self.value(place, news);
        shorten(&wording.template, value, |text| self.fits(text, wording))
    }

    fn fits(&self, text: &str, wording: &Wording) -> bool {
        cheapest(text, self.rules).cost.segments <= self.most(wording)
    }

    /// The most segments of a text, if it or its language says so.
    fn budget(&self, wording: &Wording) -> Option<usize> {
        wording.segments.or(self.budget)
    }

    /// The most segments of a text.
    fn most(&self, wording: &Wording) -> usize {
        self.budget(wording).unwrap_or(USUAL_SEGMENTS)
    }

    /// A service as citizens know it; its name in events if it has no other.
    pub(super) fn service<'a>(&'a self, service: &'a str) -> Cow<'a, str> {
        known_as(&self.services, service)
    }

    /// A status in a word or two; its name in events if it has no other.
    pub(super) fn status<'a>(&'a self, status: &'a str) -> Cow<'a, str> {
        known_as(&self.statuses, status)
    }

    /// An answer to a citizen, before its spelling is chosen.
    pub(super) fn answer<'a>(
        &self,
        template: &str,
        value: impl Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Option<String> {
        let template = self.answers.get(template)?;
        Some(template.fill(|placeholder| value(placeholder.name())))
    }

    /// The words by which citizens ask for something.
    pub(super) fn keywords(&self) -> impl Iterator<Item = (Keyword, &str)> {
        self.keywords
            .iter()
            .flat_map(|(keyword, words)| words.iter().map(|word| (*keyword, word.as_str())))
    }

    /// Takes the answers, and the kinds of keywords, that it lacks from other texts.
    pub(super) fn complete(&mut self, other: &Self) {
        for (key, template) in &other.answers {
            let missing = self.answers.entry(key.clone());
            missing.or_insert_with(|| template.clone());
        }
        let known: Vec<Keyword> = self.keywords.iter().map(|(keyword, _)| *keyword).collect();
        let missing = other.keywords.iter();
        let missing = missing.filter(|(keyword, _)| !known.contains(keyword));
        self.keywords.extend(missing.cloned());
    }

    /// Every template, those for all agencies and all services first.
    pub(super) fn list(&self, language: Language) -> impl Iterator<Item = Listed<'_>> {
        self.templates.iter().map(move |entry| Listed {
            language,
            agency: entry.agency,
            service: entry.service,
            status: entry.status,
            least: self.least(entry),
            most: self.longest(language, entry),
            budget: self.budget(entry.wording),
            texts: self,
            wording: entry.wording,
        })
    }

    fn value<'a>(&'a self, place: &Placeholder, news: News<'a>) -> Option<Cow<'a, str>> {
        let content = news.content;
        match &place.source {
            Source::Application => Some(application(news.application)),
            Source::Service => Some(self.service(&content.service)),
            Source::Status => Some(self.status(&content.status)),
            Source::Param(name) => self.forms.write(place.form, param(news, name)?).ok(),
        }
    }

    fn least(&self, entry: Entry<'_>) -> Cost {
        let service = self.service_or_longest(entry);
        let text = entry.wording.template.fill(|place| match place.source {
            Source::Application => Some("48120973".into()),
            Source::Service => Some(service.clone()),
            Source::Status => Some(self.status(entry.status)),
            Source::Param(_) => None,
        });
        cheapest(&text, self.rules).cost
    }
}

/// What a text may cost that does not say: a Cyrillic one of two lines, or a Latin one of four.
const USUAL_SEGMENTS: usize = 2;
/// What any text may cost.
const MOST_SEGMENTS: usize = 6;

/// `[budget]`: the most segments that a text should take.
fn budget(cell: &Cell<'_>) -> Option<usize> {
    cell.table(|table| table.optional("segments", whole(1..=MOST_SEGMENTS)))
}

/// What a thing is known as, by its name in events.
fn known_as<'a>(names: &'a Names, name: &'a str) -> Cow<'a, str> {
    match names.get(name) {
        Some(known) => known.into(),
        None => plain_name(name),
    }
}

/// What the event gives under this name.
fn param<'a>(news: News<'a>, name: &str) -> Option<&'a str> {
    let params = news.content.params.iter();
    let found = params.into_iter().find(|(param, _)| **param == *name);
    found.map(|(_, value)| &**value)
}

fn texts(table: &mut Table<'_>, language: Language) -> Option<Texts> {
    let names = |cell: &Cell<'_>| cell.named(name);
    let spelling = |cell: &Cell<'_>| cell.table(|table| spelling(table, language));
    let (rules, dates) = table.or("spelling", Default::default(), spelling);
    let (numbers, links) = table.or("values", Default::default(), |cell| cell.table(values));
    let templates = Selection {
        of_all: table.or("messages", Messages::default(), messages),
        of_agency: table.or("agencies", BTreeMap::new(), |cell| cell.named(of_agency)),
    };
    Some(Texts {
        rules,
        forms: Forms {
            dates,
            numbers,
            links,
        },
        services: table.or("services", Names::new(), names),
        statuses: table.or("statuses", Names::new(), names),
        templates,
        budget: table.optional("budget", budget),
        answers: table.or("answers", BTreeMap::new(), |cell: &Cell<'_>| {
            cell.table(answers)
        }),
        keywords: table.or("keywords", Vec::new(), |cell: &Cell<'_>| {
            cell.table(keywords)
        }),
        fallback: table.optional("fallback", list(a_language)),
    })
}

fn answers(table: &mut Table<'_>) -> Option<BTreeMap<String, Template>> {
    let mut answers = BTreeMap::new();
    for key in TEMPLATES {
        let template = table.optional(key, |cell: &Cell<'_>| template(cell));
        answers.extend(template.map(|template| (key.to_owned(), template)));
    }
    Some(answers)
}

fn keywords(table: &mut Table<'_>) -> Option<Vec<(Keyword, Vec<String>)>> {
    let mut keywords = Vec::new();
    for keyword in Keyword::ALL {
        let words = table.optional(keyword.as_str(), list(keyword_text));
        keywords.extend(words.map(|words| (keyword, words)));
    }
    Some(keywords)
}

fn keyword_text(cell: &Cell<'_>) -> Option<String> {
    let fits = |word: &str| {
        let folded = folded(word);
        (1..=30).contains(&folded.chars().count()) && folded.chars().all(char::is_alphabetic)
    };
    matching("write one word of 1 to 30 letters", fits)(cell)
}

fn a_language(cell: &Cell<'_>) -> Option<Language> {
    let known: Vec<&str> = Language::ALL.iter().map(|known| known.as_str()).collect();
    let right = format!("choose from {}", known.join(", "));
    parsed(&right, |text| text.parse().ok())(cell)
}

/// How numbers are written, and where links may lead to.
fn values(table: &mut Table<'_>) -> Option<(NumberForm, Vec<String>)> {
    let usual = NumberForm::default();
    let sign = matching("write at most 3 characters, such as \" \"", |sign| {
        sign.chars().count() <= 3
            && !sign.contains(|each: char| each.is_alphanumeric() || each.is_control())
    });
    let money = parsed(
        "write {amount} and the currency around it, such as \"{amount} so'm\"",
        |text| {
            let (before, after) = text.split_once("{amount}")?;
            let fits = text.chars().count() <= 30 && !text.contains(char::is_control);
            fits.then(|| (before.into(), after.into()))
        },
    );
    let host = matching("write a host in small letters, such as gov.uz", |host| {
        let plain = |octet: u8| {
            octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"-.".contains(&octet)
        };
        host.contains('.') && !host.starts_with('.') && host.bytes().all(plain)
    });
    let sign = |cell: &Cell<'_>| sign(cell).map(String::into_boxed_str);
    let numbers = NumberForm {
        thousands: table.or("thousands", usual.thousands, sign),
        decimal: table.or("decimal", usual.decimal, sign),
        money: table.or("money", usual.money, money),
    };
    Some((numbers, table.or("links", Vec::new(), list(host))))
}

/// The texts of one agency.
fn of_agency(name: &str, cell: &Cell<'_>) -> Option<Messages> {
    if let Err(expected) = Agency::from_name(name) {
        let right = format!("name it with {}", expected.0);
        return cell.wrong("has a name that no agency has", right);
    }
    messages(cell)
}

/// Texts and, where a value is a table, those of one service.
fn messages(cell: &Cell<'_>) -> Option<Messages> {
    let mut messages = Messages::default();
    for (key, found) in cell.named(message)? {
        match found {
            Message::OfAll(wording) => drop(messages.of_all.insert(key, wording)),
            Message::OfService(own) => drop(messages.of_service.insert(key, own)),
        }
    }
    Some(messages)
}

enum Message {
    OfAll(Wording),
    OfService(Templates),
}

fn message(key: &str, cell: &Cell<'_>) -> Option<Message> {
    if cell.is_table() && !cell.has("text") {
        slug(key, cell)?;
        return cell.named(wording).map(Message::OfService);
    }
    wording(key, cell).map(Message::OfAll)
}

/// A text, or a table of a text and the segments that it may take.
fn wording(status: &str, cell: &Cell<'_>) -> Option<Wording> {
    slug(status, cell)?;
    if !cell.is_table() {
        let template = template(cell)?;
        return Some(Wording {
            template,
            segments: None,
        });
    }
    cell.table(|table| {
        let segments = table.optional("segments", whole(1..=MOST_SEGMENTS));
        let template = table.required("text", "write the text in quotes", template)?;
        Some(Wording { template, segments })
    })
}

fn template(cell: &Cell<'_>) -> Option<Template> {
    let text = matching("write the text in quotes", |_| true)(cell)?;
    match Template::parse(&in_gsm7(text)) {
        Ok(template) => Some(template),
        Err(faults) => {
            for fault in faults {
                cell.wrong::<()>(fault.what, fault.right);
            }
            None
        }
    }
}

/// Words that are in GSM 03.38 but for look-alikes, such as the ʻ of oʻ, are spelled in it once
/// instead of in every message; others stay as they are.
fn in_gsm7(words: String) -> String {
    match fold(&words) {
        Cow::Owned(folded) if Encoding::of(&folded) == Encoding::Gsm7 => folded,
        _ => words,
    }
}

/// What a service or a status is called.
fn name(key: &str, cell: &Cell<'_>) -> Option<String> {
    slug(key, cell)?;
    let fits = |name: &str| {
        (1..=60).contains(&name.chars().count()) && clean(name, MAX_CHARACTERS) == name
    };
    matching("write a name of 1 to 60 characters in one line", fits)(cell).map(in_gsm7)
}

/// Events name services and statuses so; another name would never be looked up.
fn slug(key: &str, cell: &Cell<'_>) -> Option<()> {
    match key.parse::<Slug>() {
        Ok(_) => Some(()),
        Err(expected) => cell.wrong(
            "has a name that no event gives to a service or a status",
            format!("name it with {}", expected.0),
        ),
    }
}
