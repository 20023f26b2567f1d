//! `xabar text`: what a text costs, and how it would be sent.

mod preview;
mod report;

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use serde_json::Value;
use xabar_events::Language;

use super::{Failure, print};
use crate::compose::Catalog;
use preview::{FromTemplate, Preview};
use report::Report;

/// Tells what a text costs, and how it would be sent
///
/// Shows its encoding, characters and segments, which characters force UCS-2 (70 characters in a
/// message instead of 160), and the cheapest spelling that reads the same, which is the one that
/// goes out. It counts for operators that carry all letters of GSM 03.38; where `alphabet` says
/// otherwise, a text with other letters may take more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar text \"Arizangiz ko‘rib chiqildi\"
  xabar text --language kaa < text.txt
  xabar text --template approved --language ru
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

impl TextCost {
    pub(super) fn run(self) -> Result<(), Failure> {
        let catalog = match &self.messages {
            Some(folder) => Catalog::load(folder).map_err(Failure::Settings)?,
            None => Catalog::built_in(),
        };
        let preview = self.template.preview(&catalog, self.language)?;
        let (text, language) = match &preview {
            Some(preview) => (preview.text.clone(), Some(preview.language)),
            None => (self.text.map_or_else(from_stdin, Ok)?, self.language),
        };
        let report = Report::of(&text, language, &catalog);
        match self.json {
            true => print::json(&with(preview.as_ref(), report.json()))?,
            false => {
                let out = &mut print::stdout();
                if let Some(preview) = &preview {
                    preview.print(out)?;
                }
                report.print(out)?;
            }
        }
        match preview.is_some_and(|preview| preview.has_unfit()) {
            true => Err(Failure::Told),
            false => Ok(()),
        }
    }
}

/// The report with what is told of its template, if it has one.
fn with(preview: Option<&Preview>, mut report: Value) -> Value {
    if let (Value::Object(report), Some(preview)) = (&mut report, preview) {
        report.insert("template".to_owned(), preview.json());
    }
    report
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
