//! `xabar text`: what a text costs, and how it would be sent.

use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use xabar_events::Language;
use xabar_sms::{Candidate, LanguageRules, candidates, cheapest, forced_by};

use super::Failure;
use super::print::{self, Cell, FAINT, GOOD, HEADING, Table, WARN, styled};
use crate::compose::{Catalog, News};
use crate::journal::Content;

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
        let rules =
            language.map_or_else(LanguageRules::default, |language| catalog.rules(language));
        let report = Report {
            candidates: candidates(&text, rules),
            sent: cheapest(&text, rules),
            language,
            text: &text,
        };
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

/// All that is told of a text.
struct Report<'a> {
    text: &'a str,
    language: Option<Language>,
    sent: Candidate<'a>,
    candidates: Vec<Candidate<'a>>,
}

impl Report<'_> {
    fn json(&self) -> Value {
        let cost = xabar_sms::count(self.text);
        let forced_by: Vec<String> = forced_by(self.text).into_iter().map(String::from).collect();
        json!({
            "text": self.text,
            "encoding": cost.encoding.as_str(),
            "characters": cost.characters,
            "segments": cost.segments,
            "forced_by": forced_by,
            "sent": spelling(&self.sent),
            "candidates": self.candidates.iter().map(spelling).collect::<Vec<_>>(),
            "language": self.language,
        })
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        self.costs().print(out)?;
        let forced_by = forced_by(self.text);
        if !forced_by.is_empty() {
            writeln!(out)?;
            writeln!(
                out,
                "{}",
                styled(HEADING, "Not in GSM 03.38, so they force UCS-2:")
            )?;
            for row in forced_by.chunks(CHARACTERS_A_ROW) {
                let row: Vec<String> = row.iter().map(|character| with_code(*character)).collect();
                writeln!(out, "  {}", row.join("   "))?;
            }
        }
        writeln!(out)?;
        let heading = format!(
            "Goes out {}, in {}:",
            self.sent.how,
            segments(self.sent.cost.segments)
        );
        writeln!(out, "{}", styled(HEADING, heading))?;
        writeln!(out, "  {}", self.sent.text.replace('\n', "\n  "))
    }

    fn costs(&self) -> Table {
        let mut table = Table::default();
        let head = ["spelling", "encoding", "characters", "segments"];
        table.row(head.map(|name| Cell::new(name).style(HEADING)));
        for candidate in &self.candidates {
            let (cost, sent) = (candidate.cost, candidate.how == self.sent.how);
            let segments = Cell::number(cost.segments);
            table.row([
                Cell::new(candidate.how.as_str()),
                Cell::new(cost.encoding.as_str()),
                Cell::number(cost.characters),
                segments.style(if cost.segments > 1 { WARN } else { GOOD }),
                Cell::new(if sent { "← sent" } else { "" }).style(GOOD),
            ]);
        }
        table
    }
}

fn spelling(candidate: &Candidate<'_>) -> Value {
    json!({
        "how": candidate.how.as_str(),
        "text": candidate.text,
        "encoding": candidate.cost.encoding.as_str(),
        "characters": candidate.cost.characters,
        "segments": candidate.cost.segments,
    })
}

fn segments(number: usize) -> String {
    match number {
        1 => "1 segment".to_owned(),
        many => format!("{many} segments"),
    }
}

const CHARACTERS_A_ROW: usize = 6;

/// A character with its code point. A blank would not be seen, a mark would sit on its
/// neighbour, and some control characters move the cursor.
fn with_code(character: char) -> String {
    let plain = character.is_alphanumeric() || "‘’“”«»„–—…№ʻʼ•€".contains(character);
    let shown = if plain { character } else { '·' };
    let code = styled(FAINT, format_args!("U+{:04X}", u32::from(character)));
    format!("{shown} {code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_of(text: &str) -> Value {
        let rules = LanguageRules::default();
        let (candidates, sent) = (candidates(text, rules), cheapest(text, rules));
        let language = None;
        Report {
            text,
            language,
            sent,
            candidates,
        }
        .json()
    }

    #[test]
    fn json_has_the_names_that_scripts_rely_on() {
        let text = format!("ko‘p{}", " so'z".repeat(20));
        let json = json_of(&text);
        let plain = text.replace('‘', "'");
        let expected = json!({
            "text": text, "encoding": "ucs2", "characters": 104, "segments": 2, "forced_by": ["‘"],
            "sent": {"how": "folded", "text": plain, "encoding": "gsm7", "characters": 104, "segments": 1},
            "candidates": [
                {"how": "as-is", "text": text, "encoding": "ucs2", "characters": 104, "segments": 2},
                {"how": "folded", "text": plain, "encoding": "gsm7", "characters": 104, "segments": 1},
            ],
            "language": null,
        });
        assert_eq!(json, expected);
    }

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
