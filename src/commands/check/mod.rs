//! `xabar check`: whether a configuration, its texts and its menus are good.

mod lacking;
mod long;
mod menus;
mod rare;
mod summary;
mod warnings;

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use self::lacking::Lacking;
use self::rare::RareText;
use super::print::{self, GOOD, HEADING, WARN, styled};
use super::{ConfigFile, Failure};
use crate::compose::Catalog;
use crate::control::access::Tokens;
use crate::control::check::{render, render_warnings, to_json};
use crate::control::settings::{Draft, Problem, Settings};
use crate::dialogue::menu::Menus;
use crate::numbers::{Files, Lists};

/// Checks a configuration, and the texts, menus, lists and tokens that it names: every mistake at once
///
/// Each mistake comes with its file and line, and with what would be right. The exit code is 1 if
/// there is any; what only deserves a look is a warning. Where an operator has USSD, the menus are
/// shown as trees, with how full each screen is in the language that needs most.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar check --config config/xabar.toml
  xabar check --config config/xabar.toml --shortened
  xabar check --config config/xabar.toml --json | jq '.problems[]'")]
pub struct Check {
    #[command(flatten)]
    config: ConfigFile,
    /// Names the texts that are shortened for values in Cyrillic letters, or for the longest of numbers
    #[arg(long)]
    shortened: bool,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let found = self.look();
        match &found {
            Ok(good) if self.json => print::json(&self.json_of(&[], Some(good)))?,
            Ok(good) => {
                let out = &mut print::stdout();
                good.print(&self.config.config, out)?;
                if self.shortened {
                    good.print_rare(out)?;
                }
                good.print_warnings(out)?;
            }
            Err(problems) if self.json => print::json(&self.json_of(problems, None))?,
            Err(problems) => {
                let text = render(&self.config.config, problems, true);
                print::stdout().write_all(text.as_bytes())?;
            }
        }
        found.map(|_| ()).map_err(|_| Failure::Told)
    }

    /// Everything that the settings name is looked at even if something is wrong in them, or in another of these files:
    /// whoever mends one wants to know of the others.
    fn look(&self) -> Result<Good, Vec<Problem>> {
        let Draft {
            settings,
            operators,
            mut problems,
        } = self.config.draft();
        let Some(mut settings) = settings else {
            return Err(problems);
        };
        let mut take = |found: Vec<Problem>| problems.extend(found);
        let catalog = Catalog::of(&settings).map_err(&mut take).ok();
        let built_in = Catalog::built_in();
        let rules = catalog.as_ref().unwrap_or(&built_in);
        let menus = Menus::load_or_built_in(settings.menus.as_deref(), |it| rules.rules(it));
        let menus = menus.map_err(&mut take).ok();
        if operators.is_none() {
            settings.routing.ported = None;
        }
        let files = Files::read_for(&settings, operators.unwrap_or_default());
        let files = files.map_err(&mut take).ok();
        let tokens = settings.http.as_ref().and_then(|it| it.tokens.as_ref());
        if let Some(Err(found)) = tokens.map(|file| Tokens::read(file)) {
            take(found);
        }
        match (catalog, menus, files) {
            (Some(catalog), Some(menus), Some(files)) if problems.is_empty() => Ok(Good {
                settings,
                catalog,
                menus,
                lists: files.lists(),
            }),
            _ => Err(problems),
        }
    }

    fn json_of(&self, problems: &[Problem], good: Option<&Good>) -> Value {
        let mut json = to_json(&self.config.config, problems);
        if let (Value::Object(json), Some(good)) = (&mut json, good) {
            json.insert("warnings".to_owned(), json!(good.warnings()));
            json.insert("operators".to_owned(), json!(good.operators()));
            json.insert(
                "languages".to_owned(),
                json!(good.catalog.languages().collect::<Vec<_>>()),
            );
            json.insert("texts".to_owned(), json!(good.catalog.templates().count()));
            let rare: Vec<Value> = good.rare_texts().iter().map(RareText::json).collect();
            json.insert("shortened".to_owned(), json!(rare));
            let language = good.settings.subscriber.default_language;
            let longest = menus::longest(&good.catalog);
            let menus = menus::to_json(&good.menus, language, &longest);
            json.insert("menus".to_owned(), menus);
        }
        json
    }
}

/// A configuration without a mistake.
struct Good {
    settings: Settings,
    catalog: Catalog,
    menus: Menus,
    lists: Lists,
}

impl Good {
    fn print(&self, file: &Path, out: &mut impl Write) -> io::Result<()> {
        let title = format!("OK  {}", file.display());
        writeln!(out, "{}\n", styled(GOOD, title))?;
        self.summary().print(out)?;
        if !self.settings.operators.is_empty() {
            writeln!(out)?;
            summary::operators(&self.settings.operators).print(out)?;
        }
        if self.has_ussd() {
            let language = self.settings.subscriber.default_language;
            let longest = menus::longest(&self.catalog);
            menus::print(&self.menus, language, &longest, out)?;
        }
        Ok(())
    }

    /// No warning, and only for whoever asks: such letters and numbers are rare, and so texts would be shortened for them
    /// that are nearly half of all.
    fn print_rare(&self, out: &mut impl Write) -> io::Result<()> {
        let rare = self.rare_texts();
        if !rare.is_empty() {
            writeln!(out, "\n{}", styled(HEADING, "shortened for what is rare"))?;
            rare::table(&rare).print(out)?;
        }
        Ok(())
    }

    fn print_warnings(&self, out: &mut impl Write) -> io::Result<()> {
        let with_lines = render_warnings(&self.warnings_of_lines(), true);
        if !with_lines.is_empty() {
            writeln!(out, "\n{}", with_lines.trim_end())?;
        }
        let others = self.other_warnings();
        if !others.is_empty() {
            writeln!(out)?;
        }
        for warning in others {
            writeln!(out, "{} {warning}", styled(WARN, "warning:"))?;
        }
        let lacking = Lacking::all_in(&self.catalog);
        if !lacking.is_empty() {
            let what = "these are not in every language: readers get a more general text, or another language";
            writeln!(out, "\n{} {what}", styled(WARN, "warning:"))?;
            lacking::table(&lacking).print(out)?;
        }
        let long = self.long_texts();
        if !long.is_empty() {
            let what = "these take more segments than they should, or could: then values are cut";
            writeln!(out, "\n{} {what}", styled(WARN, "warning:"))?;
            long::table(&long).print(out)?;
        }
        Ok(())
    }

    fn has_ussd(&self) -> bool {
        let mut operators = self.settings.operators.iter();
        operators.any(|operator| operator.ussd.is_some())
    }

    fn operators(&self) -> Vec<&str> {
        let operators = self.settings.operators.iter();
        operators.map(|operator| operator.name.as_str()).collect()
    }
}
