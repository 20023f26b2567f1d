//! Reads the file of a language.

use std::collections::BTreeMap;
use std::path::Path;

use xabar_events::{Agency, Language, Slug};
use xabar_sms::fold::in_gsm7;

use super::{Names, Texts, Word};
use crate::compose::selection::{Messages, Selection, Templates, Wording};
use crate::compose::spelling::{spelling, usual};
use crate::compose::template::{Placeholder, Template};
use crate::compose::value::{DateForm, Forms, MAX_CHARACTERS, NumberForm, Zone, clean};
use crate::control::settings::Problem;
use crate::control::settings::reading::{Cell, Table, read_as_far};
use crate::control::settings::values::{
    language as a_language, list, matching, parsed, timezone, whole,
};
use crate::dialogue::{Keyword, TEMPLATES, folded};

impl Texts {
    /// Reads the file of a language as far as it can be read, and tells everything that is wrong in it.
    pub(in crate::compose) fn read(
        text: &str,
        file: &Path,
        language: Language,
    ) -> (Option<Self>, Vec<Problem>) {
        read_as_far(text, file, |root| {
            root.table(|table| texts(table, language))
        })
    }
}

/// What any text may cost.
const MOST_SEGMENTS: usize = 6;

/// `[budget]`: the most segments that a text should take.
fn budget(cell: &Cell<'_>) -> Option<usize> {
    cell.table(|table| table.optional("segments", whole(1..=MOST_SEGMENTS)))
}

fn texts(table: &mut Table<'_>, language: Language) -> Option<Texts> {
    let names = |cell: &Cell<'_>| cell.named(name);
    let spelling = |cell: &Cell<'_>| cell.table(|table| spelling(table, language));
    let (rules, dates) = table.or("spelling", (usual(language), DateForm::default()), spelling);
    let (numbers, zone, links) = table.or("values", Default::default(), |cell| cell.table(values));
    let templates = Selection {
        of_all: table.or("messages", Messages::default(), messages),
        of_agency: table.or("agencies", BTreeMap::new(), |cell| cell.named(of_agency)),
    };
    Some(Texts {
        rules,
        forms: Forms {
            dates,
            zone,
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
    for (key, values) in TEMPLATES {
        let template = table.optional(key, |cell: &Cell<'_>| answer(cell, values));
        answers.extend(template.map(|template| (key.to_owned(), template)));
    }
    Some(answers)
}

/// An answer, which has these values only: without another one it would be a broken text.
fn answer(cell: &Cell<'_>, values: &[&str]) -> Option<Template> {
    let template = template(cell)?;
    let mut places = template.placeholders().map(Placeholder::name);
    let Some(other) = places.find(|name| !values.contains(name)) else {
        drop(places);
        return Some(template);
    };
    let known: Vec<String> = values.iter().map(|name| format!("{{{name}}}")).collect();
    let right = match known.is_empty() {
        true => "leave it out: this answer has no values".to_owned(),
        false => format!("known here: {}", known.join(", ")),
    };
    cell.wrong(
        format!("has {{{other}}}, of which it is told nothing"),
        right,
    )
}

fn keywords(table: &mut Table<'_>) -> Option<Vec<(Keyword, Vec<Word>)>> {
    let mut keywords = Vec::new();
    for keyword in Keyword::ALL {
        let words = table.optional(keyword.as_str(), |cell| words(keyword, cell));
        keywords.extend(words.map(|words| (keyword, words)));
    }
    Some(keywords)
}

/// The words for one thing, those of them that are words. An empty list switches it off, but for what is every citizen's
/// right.
fn words(keyword: Keyword, cell: &Cell<'_>) -> Option<Vec<Word>> {
    let words = list(|cell| Some(word(cell)))(cell);
    let words = words.map(|words| (words.is_empty(), words.into_iter().flatten().collect()));
    let (is_empty, words) = words.unwrap_or_default();
    if is_empty && matches!(keyword, Keyword::Stop | Keyword::Start) {
        let right =
            "give at least one word, or leave the key out for those that come with the gateway";
        cell.wrong::<()>("is empty", right);
    }
    Some(words)
}

fn word(cell: &Cell<'_>) -> Option<Word> {
    let fits = |word: &str| {
        let folded = folded(word);
        (1..=30).contains(&folded.chars().count()) && folded.chars().all(char::is_alphabetic)
    };
    let text = matching("write one word of 1 to 30 letters", fits)(cell)?;
    let place = Some(cell.place());
    Some(Word { text, place })
}

/// How numbers are written, by which zone's hours, and where links may lead to.
fn values(table: &mut Table<'_>) -> Option<(NumberForm, Option<Zone>, Vec<String>)> {
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
    let zone = table.optional("timezone", |cell: &Cell<'_>| timezone(cell).map(Zone));
    Some((numbers, zone, table.or("links", Vec::new(), list(host))))
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
    if cell.is_table() && !cell.has("text") && !cell.has_number("segments") {
        slug(key, cell)?;
        return cell.named(wording).map(Message::OfService);
    }
    wording(key, cell).map(Message::OfAll)
}

/// A text, or a table of a text and the segments that it may take.
fn wording(status: &str, cell: &Cell<'_>) -> Option<Wording> {
    slug(status, cell)?;
    let place = cell.place();
    if !cell.is_table() {
        let template = template(cell)?;
        return Some(Wording {
            template,
            segments: None,
            place,
        });
    }
    cell.table(|table| {
        let segments = table.optional("segments", whole(1..=MOST_SEGMENTS));
        let template = table.required("text", "write the text in quotes", template)?;
        Some(Wording {
            template,
            segments,
            place: place.clone(),
        })
    })
}

fn template(cell: &Cell<'_>) -> Option<Template> {
    let text = matching("write the text in quotes", |_| true)(cell)?;
    // Once, instead of in every message: such as the ʻ of oʻ.
    match Template::parse(&in_gsm7(&text)) {
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
    let fits = |name: &str| {
        (1..=60).contains(&name.chars().count()) && clean(name, MAX_CHARACTERS).text == name
    };
    let name = matching("write a name of 1 to 60 characters in one line", fits)(cell)?;
    Some(in_gsm7(&name).into_owned())
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
