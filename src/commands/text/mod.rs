//! `xabar text`: what a text costs, and how it would be sent.

mod report;

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use serde_json::{Map, Value};
use xabar_events::Language;

use super::{Failure, print};
use crate::compose::{Catalog, News};
use crate::journal::Content;
use report::Report;

/// Tells what a text costs, and how it would be sent
///
/// Shows its encoding, characters and segments, which characters force UCS-2 (70 characters in a
/// message instead of 160), and the cheapest spelling that reads the same, which is the one that
/// goes out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar text \"Arizangiz ko‘rib chiqildi\"
  xabar text --language kaa < text.txt
  xabar text --template approved --service passport --language ru
  xabar text --template ready --service passport --params '{\"office\": \"Yunusobod DXM\"}' --json")]
pub struct TextCost {
    /// The text; none: from standard input
    #[arg(conflicts_with = "template")]
    text: Option<String>,
    /// Whose rules of spelling hold: uz-Latn, uz-Cyrl, ru, kaa or en
    #[arg(long, short)]
    language: Option<Language>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    template: FromTemplate,
    /// The folder with the texts and the rules of spelling [default: those that are built in]
    #[arg(long, value_name = "FOLDER")]
    messages: Option<PathBuf>,
}

/// A text from a template instead of one that is given.
#[derive(Debug, clap::Args)]
struct FromTemplate {
    /// Takes the text that citizens get for this status
    #[arg(long, value_name = "STATUS", requires = "service")]
    template: Option<String>,
    /// The service that the application asks for
    #[arg(long, requires = "template")]
    service: Option<String>,
    /// The agency that tells it, which may have texts of its own
    #[arg(long, requires = "template")]
    agency: Option<String>,
    /// The values for the template, as `params` in an event
    #[arg(long, value_name = "JSON", value_parser = params, requires = "template")]
    params: Option<Params>,
    /// The number of the application
    #[arg(long, value_name = "NUMBER", default_value = "48120973")]
    application: String,
}

type Params = Vec<(Box<str>, Box<str>)>;

impl TextCost {
    pub(super) fn run(self) -> Result<(), Failure> {
        let catalog = match &self.messages {
            Some(folder) => Catalog::load(folder).map_err(Failure::Settings)?,
            None => Catalog::built_in(),
        };
        let (text, language) = self.text(&catalog)?;
        let report = Report::of(&text, language, &catalog);
        match self.json {
            true => print::json(&report.json())?,
            false => report.print(&mut print::stdout())?,
        }
        Ok(())
    }

    fn text(&self, catalog: &Catalog) -> Result<(String, Option<Language>), Failure> {
        if let (Some(status), Some(service)) = (&self.template.template, &self.template.service) {
            return self.written(catalog, status, service);
        }
        let text = self.text.clone().map_or_else(from_stdin, Ok)?;
        Ok((text, self.language))
    }

    fn written(
        &self,
        catalog: &Catalog,
        status: &str,
        service: &str,
    ) -> Result<(String, Option<Language>), Failure> {
        let content = Content {
            service: service.into(),
            status: status.into(),
            language: self.language,
            params: self.template.params.clone().unwrap_or_default(),
            legal: false,
            extensions: Vec::new(),
        };
        let news = News {
            agency: self.template.agency.as_deref().unwrap_or_default(),
            application: &self.template.application,
            content: &content,
        };
        let written = catalog.write(news, Language::UzLatn);
        let text =
            written.map_err(|error| Failure::caused(format!("cannot write {status:?}"), error))?;
        Ok((text.text, Some(text.language)))
    }
}

fn from_stdin() -> Result<String, Failure> {
    let mut input = io::stdin();
    if input.is_terminal() {
        return Err(Failure::Usage("give a text".to_owned()));
    }
    let mut text = String::new();
    let read = input.read_to_string(&mut text);
    read.map_err(|error| Failure::caused("cannot read standard input", error))?;
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    Ok(text)
}

/// The values of an event, which are texts, numbers or true and false.
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
    object.into_iter().map(param).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_are_those_of_an_event() {
        let read = params(r#"{"office": "Nukus", "amount": 12, "paid": true}"#).unwrap();
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
        assert!(params(r#"{"office": null}"#).is_err());
    }
}
