//! `xabar text --template`: what citizens get for a status, and which values it takes.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Map, Value, json};
use xabar_events::Language;

use super::super::Failure;
use super::super::print::{BAD, Cell, FAINT, GOOD, HEADING, Table, WARN, styled};
use crate::compose::{Catalog, News, NoTemplate, Unfit};
use crate::journal::Content;

/// A text from a template instead of one that is given.
#[derive(Debug, clap::Args)]
pub(super) struct FromTemplate {
    /// Takes the text that citizens get for this status
    #[arg(long, value_name = "STATUS")]
    template: Option<String>,
    /// The service that the application asks for
    #[arg(long, requires = "template", default_value = "service")]
    service: String,
    /// The agency that tells it, which may have texts of its own
    #[arg(long, requires = "template", default_value = "agency")]
    agency: String,
    /// The values for the template, as `params` in an event
    #[arg(long, value_name = "JSON", value_parser = params, requires = "template")]
    params: Option<Params>,
    /// The number of the application
    #[arg(long, value_name = "NUMBER", default_value = "48120973")]
    application: String,
}

type Params = Vec<(Box<str>, Box<str>)>;

/// The values of an event, which are texts, numbers or true and false; null is as left out.
fn params(json: &str) -> Result<Params, String> {
    let object: Map<String, Value> = serde_json::from_str(json)
        .map_err(|error| format!("{error}; write an object such as {{\"office\": \"Nukus\"}}"))?;
    let param = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name.into(), text.into())),
        Value::Number(_) | Value::Bool(_) => Ok((name.into(), value.to_string().into())),
        _ => Err(format!(
            "{name:?} should be a text, a number, true or false"
        )),
    };
    let given = object.into_iter().filter(|(_, value)| !value.is_null());
    given.map(param).collect()
}

/// A text as its template makes it, and what became of each value.
pub(super) struct Preview {
    pub(super) text: String,
    pub(super) language: Language,
    /// Where the template stands in its file.
    key: String,
    /// The most segments.
    most: usize,
    /// All that is given would take more.
    is_shortened: bool,
    params: Vec<(String, Fate)>,
}

/// What became of a value.
enum Fate {
    Taken(String),
    /// Its last words are cut.
    Shortened(String),
    /// Its part of the text is left out.
    Unfit(Unfit),
    /// The event gives none, so its part is left out.
    NotGiven,
    /// The text has no place for it.
    NoPlace,
}

impl FromTemplate {
    /// `None` if no template is asked for.
    pub(super) fn preview(
        &self,
        catalog: &Catalog,
        language: Option<Language>,
    ) -> Result<Option<Preview>, Failure> {
        let Some(status) = &self.template else {
            return Ok(None);
        };
        let content = Content {
            service: self.service.as_str().into(),
            status: status.as_str().into(),
            language,
            params: self.params.clone().unwrap_or_default(),
            legal: false,
            extensions: Vec::new(),
        };
        let news = News {
            agency: &self.agency,
            application: &self.application,
            content: &content,
        };
        match Preview::of(catalog, news) {
            Ok(preview) => Ok(Some(preview)),
            Err(error) => {
                let task = format!("cannot write {status:?} ({})", known(catalog, status));
                Err(Failure::caused(task, error))
            }
        }
    }
}

/// The status that was probably meant, or all that have a text.
fn known(catalog: &Catalog, status: &str) -> String {
    let statuses: BTreeSet<&str> = catalog.templates().map(|listed| listed.status).collect();
    let distance = |known: &&str| strsim::damerau_levenshtein(status, known);
    match statuses.iter().min_by_key(|known| distance(known)) {
        Some(nearest) if distance(nearest) <= 1 + status.chars().count() / 4 => {
            format!("did you mean {nearest:?}?")
        }
        _ => format!(
            "known: {}",
            statuses.into_iter().collect::<Vec<_>>().join(", ")
        ),
    }
}

impl Preview {
    fn of(catalog: &Catalog, news: News<'_>) -> Result<Self, NoTemplate> {
        let template = catalog.template_of(news, Language::UzLatn)?;
        let text = catalog.write(news, Language::UzLatn)?;
        let left_out = catalog.left_out(&text, news);
        let cut = template.cut(news, &text.text);
        let given = &news.content.params;
        let places: BTreeSet<&str> = template.params().collect();
        let of_place = places.iter().map(|name| {
            let value = given.iter().find(|(other, _)| **other == **name);
            let why = left_out.iter().find(|(other, _)| other == name);
            let fate = match (value, why) {
                (None, _) => Fate::NotGiven,
                (_, Some((_, why))) => Fate::Unfit(*why),
                (Some((_, value)), None) if cut.contains(name) => {
                    Fate::Shortened(value.to_string())
                }
                (Some((_, value)), None) => Fate::Taken(value.to_string()),
            };
            ((*name).to_owned(), fate)
        });
        let others = given.iter().filter(|(name, _)| !places.contains(&**name));
        let others = others.map(|(name, _)| (name.to_string(), Fate::NoPlace));
        Ok(Self {
            language: text.language,
            text: text.text,
            key: template.key(),
            most: template.limit(),
            is_shortened: template.is_shortened(news),
            params: of_place.chain(others).collect(),
        })
    }

    /// Whether a value is left out that the event gives.
    pub(super) fn has_unfit(&self) -> bool {
        let mut fates = self.params.iter();
        fates.any(|(_, fate)| matches!(fate, Fate::Unfit(_)))
    }

    /// Whether of a value only the beginning is taken.
    fn has_cut(&self) -> bool {
        let mut fates = self.params.iter();
        fates.any(|(_, fate)| matches!(fate, Fate::Shortened(_)))
    }

    pub(super) fn json(&self) -> Value {
        let params = self.params.iter().map(|(name, fate)| {
            let (fate, why) = match fate {
                Fate::Taken(_) => ("taken", None),
                Fate::Shortened(_) => ("shortened", None),
                Fate::Unfit(why) => ("left-out", Some(why.to_string())),
                Fate::NotGiven => ("not-given", None),
                Fate::NoPlace => ("no-place", None),
            };
            json!({"name": name, "fate": fate, "why": why})
        });
        json!({
            "key": self.key,
            "most_segments": self.most,
            "shortened": self.is_shortened || self.has_cut(),
            "params": params.collect::<Vec<_>>(),
        })
    }

    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let (key, language) = (&self.key, self.language);
        writeln!(
            out,
            "{}",
            styled(HEADING, format_args!("{key}, {language}"))
        )?;
        let mut table = Table::default();
        for (name, fate) in &self.params {
            let (mark, style, what) = match fate {
                Fate::Taken(value) => ("taken", GOOD, value.clone()),
                Fate::Shortened(value) => ("shortened", WARN, value.clone()),
                Fate::Unfit(why) => ("left out", BAD, format!("{{{name}}} {why}")),
                Fate::NotGiven => ("not given", FAINT, "its part is left out".to_owned()),
                Fate::NoPlace => ("no place", WARN, "this text does not say it".to_owned()),
            };
            table.row([
                Cell::new(format!("  {name}")),
                Cell::new(mark).style(style),
                Cell::new(what),
            ]);
        }
        table.print(out)?;
        if self.is_shortened {
            let most = self.most;
            let told = format!("  shortened to {most} segments, the most that it may take");
            writeln!(out, "{}", styled(WARN, told))?;
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_are_those_of_an_event() {
        let read =
            params(r#"{"office": "Nukus", "amount": 12, "paid": true, "until": null}"#).unwrap();
        let expected = [("office", "Nukus"), ("amount", "12"), ("paid", "true")];
        let mut read: Vec<_> = read
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        read.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(read, expected);
        assert!(params("[1]").is_err());
    }
}
