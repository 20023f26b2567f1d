//! The texts of one language, as one file of `config/messages` has them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use xabar_events::{Agency, Language, Slug};
use xabar_sms::{Cost, LanguageRules, cheapest};

use super::news::News;
use super::selection::{Entry, Messages, Selection, Templates};
use super::spelling::spelling;
use super::template::Template;
use super::value::{DateForm, MAX_CHARACTERS, clean};
use crate::control::settings::reading::{Cell, Report, Table};
use crate::control::settings::values::{list, matching, parsed, whole};
use crate::control::settings::{Environment, Problem, document};

/// What is said in one language, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub(super) rules: LanguageRules,
    dates: DateForm,
    /// The most segments that a text should take; `None`: any number will do.
    budget: Option<usize>,
    services: Names,
    statuses: Names,
    templates: Selection,
    /// What its readers read where it lacks a text; `None`: what is usual.
    pub(super) fallback: Option<Vec<Language>>,
}

type Names = BTreeMap<String, String>;

/// A template in a list of them.
#[derive(Clone, Debug)]
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
    /// What it costs with every value at its longest, in the letters of its language.
    pub most: Cost,
    /// The most segments that it should take, if its language has such a bound.
    pub budget: Option<usize>,
}

impl Listed<'_> {
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

    /// What the citizen is told, before its spelling is chosen; `None` if nothing is said of
    /// this status.
    pub(super) fn write(&self, news: News<'_>) -> Option<String> {
        let (service, status) = (&news.content.service, &news.content.status);
        let template = self.templates.find(news.agency, service, status)?;
        Some(template.fill(|name| self.value(name, news)))
    }

    /// A service as citizens know it; its name in events if it has no other.
    pub(super) fn service<'a>(&'a self, service: &'a str) -> &'a str {
        self.services.get(service).map_or(service, String::as_str)
    }

    /// A status in a word or two; its name in events if it has no other.
    pub(super) fn status<'a>(&'a self, status: &'a str) -> &'a str {
        self.statuses.get(status).map_or(status, String::as_str)
    }

    /// Every template, those for all agencies and all services first.
    pub(super) fn list(&self, language: Language) -> impl Iterator<Item = Listed<'_>> {
        let longest = longest_value(language);
        self.templates.iter().map(move |entry| Listed {
            language,
            agency: entry.agency,
            service: entry.service,
            status: entry.status,
            least: self.cost(entry, None),
            most: self.cost(entry, Some(&longest)),
            budget: self.budget,
        })
    }

    /// Names in events are clean as they came, and those of services and statuses as they were read.
    fn value<'a>(&'a self, name: &str, news: News<'a>) -> Option<Cow<'a, str>> {
        let content = news.content;
        match name {
            "application" => Some(clean(news.application)),
            "service" => Some(self.service(&content.service).into()),
            "status" => Some(self.status(&content.status).into()),
            _ => {
                let (_, value) = content.params.iter().find(|(param, _)| **param == *name)?;
                let value = clean(value);
                let date = self.dates.write(&value).map(Cow::Owned);
                date.or(Some(value)).filter(|value| !value.is_empty())
            }
        }
    }

    /// What a template costs, for an application number of eight digits and the service with the
    /// longest name, with `value` for each value that an event may leave out.
    fn cost(&self, entry: Entry<'_>, value: Option<&str>) -> Cost {
        let longest = || {
            self.services
                .values()
                .max_by_key(|name| name.chars().count())
        };
        let service = match entry.service {
            Some(service) => self.service(service),
            None => longest().map_or("service", String::as_str),
        };
        let text = entry.template.fill(|name| match name {
            "application" => Some("48120973".into()),
            "service" => Some(service.into()),
            "status" => Some(self.status(entry.status).into()),
            _ => value.map(Cow::Borrowed),
        });
        cheapest(&text, self.rules).cost
    }
}

/// A value as long as one may be, of a letter that is as dear as any that its readers write.
fn longest_value(language: Language) -> String {
    let letter = match language {
        Language::UzLatn | Language::En => 'o',
        Language::Kaa => 'ó',
        Language::UzCyrl | Language::Ru => 'н',
    };
    std::iter::repeat_n(letter, MAX_CHARACTERS).collect()
}

fn texts(table: &mut Table<'_>, language: Language) -> Option<Texts> {
    let names = |cell: &Cell<'_>| cell.named(name);
    let spelling = |cell: &Cell<'_>| cell.table(|table| spelling(table, language));
    let (rules, dates) = table.or("spelling", Default::default(), spelling);
    let templates = Selection {
        of_all: table.or("messages", Messages::default(), messages),
        of_agency: table.or("agencies", BTreeMap::new(), |cell| cell.named(of_agency)),
    };
    Some(Texts {
        rules,
        dates,
        budget: table.optional("budget", budget),
        services: table.or("services", Names::new(), names),
        statuses: table.or("statuses", Names::new(), names),
        templates,
        fallback: table.optional("fallback", list(a_language)),
    })
}

fn a_language(cell: &Cell<'_>) -> Option<Language> {
    let known: Vec<&str> = Language::ALL.iter().map(|known| known.as_str()).collect();
    let right = format!("choose from {}", known.join(", "));
    parsed(&right, |text| text.parse().ok())(cell)
}

/// `[budget]`: the most segments that a text should take.
fn budget(cell: &Cell<'_>) -> Option<usize> {
    cell.table(|table| table.optional("segments", whole(1..=20)))
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
            Message::OfAll(template) => drop(messages.of_all.insert(key, template)),
            Message::OfService(own) => drop(messages.of_service.insert(key, own)),
        }
    }
    Some(messages)
}

enum Message {
    OfAll(Template),
    OfService(Templates),
}

fn message(key: &str, cell: &Cell<'_>) -> Option<Message> {
    if cell.is_table() {
        slug(key, cell)?;
        return cell.named(template).map(Message::OfService);
    }
    template(key, cell).map(Message::OfAll)
}

fn template(status: &str, cell: &Cell<'_>) -> Option<Template> {
    slug(status, cell)?;
    let text = matching("write the text in quotes", |_| true)(cell)?;
    match Template::parse(&text) {
        Ok(template) => Some(template),
        Err(faults) => {
            for fault in faults {
                cell.wrong::<()>(fault.what, fault.right);
            }
            None
        }
    }
}

/// What a service or a status is called.
fn name(key: &str, cell: &Cell<'_>) -> Option<String> {
    slug(key, cell)?;
    let fits = |name: &str| (1..=60).contains(&name.chars().count()) && clean(name) == name;
    matching("write a name of 1 to 60 characters in one line", fits)(cell)
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
