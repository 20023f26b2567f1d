//! `xabar check`: whether a configuration, its texts and its menus are good.

mod menus;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xabar_events::Language;

use super::print::{self, Cell, GOOD, HEADING, Table, WARN, styled};
use super::{ConfigFile, Failure};
use crate::compose::{Catalog, Listed};
use crate::control::check::{render, to_json};
use crate::control::settings::{Bind, Directions, Operator, Problem, Settings};
use crate::dialogue::menu::Menus;
use crate::numbers::{Files, Lists};

/// Checks a configuration, its texts and its USSD menus: every mistake at once
///
/// Each mistake comes with its file and line, and with what would be right. The exit code is 1 if
/// there is any; what only deserves a look is a warning. Where an operator has USSD, the menus are
/// shown as trees, with how full each screen is in the language that needs most.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar check --config config/xabar.toml
  xabar check --config config/xabar.toml --json | jq '.problems[]'")]
pub struct Check {
    #[command(flatten)]
    config: ConfigFile,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let found = self.look();
        match &found {
            Ok(good) if self.json => print::json(&self.json_of(&[], Some(good)))?,
            Ok(good) => good.print(&self.config.config, &mut print::stdout())?,
            Err(problems) if self.json => print::json(&self.json_of(problems, None))?,
            Err(problems) => {
                let text = render(&self.config.config, problems, true);
                print::stdout().write_all(text.as_bytes())?;
            }
        }
        found.map(|_| ()).map_err(|_| Failure::Told)
    }

    /// The texts are looked at even if the settings are wrong: whoever mends one file wants to
    /// know of the others.
    fn look(&self) -> Result<Good, Vec<Problem>> {
        match self.config.read() {
            Ok(settings) => {
                let (catalog, menus) = texts(&settings)?;
                let lists = Files::read(&settings)?.lists();
                Ok(Good {
                    settings,
                    catalog,
                    menus,
                    lists,
                })
            }
            Err(mut problems) => {
                let catalog = self.folder_beside("messages");
                let catalog = catalog.and_then(|folder| Catalog::load(&folder).err());
                problems.extend(catalog.unwrap_or_default());
                let menus = self.folder_beside("ussd");
                let menus = load_menus(menus.as_deref(), &Catalog::built_in());
                problems.extend(menus.err().unwrap_or_default());
                Err(problems)
            }
        }
    }

    /// Where texts or menus are unless the settings name another folder.
    fn folder_beside(&self, name: &str) -> Option<PathBuf> {
        let folder = self.config.config.parent()?.join(name);
        folder.is_dir().then_some(folder)
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
            let menus = menus::to_json(&good.menus, good.settings.subscriber.default_language);
            json.insert("menus".to_owned(), menus);
        }
        json
    }
}

/// What citizens read, or every mistake in it.
fn texts(settings: &Settings) -> Result<(Catalog, Menus), Vec<Problem>> {
    let catalog = Catalog::load_or_built_in(settings.messages.as_deref());
    let built_in = Catalog::built_in();
    let rules = catalog.as_ref().unwrap_or(&built_in);
    let menus = load_menus(settings.menus.as_deref(), rules);
    match (catalog, menus) {
        (Ok(catalog), Ok(menus)) => Ok((catalog, menus)),
        (catalog, menus) => {
            let problems = [catalog.err(), menus.err()];
            Err(problems.into_iter().flatten().flatten().collect())
        }
    }
}

fn load_menus(folder: Option<&Path>, catalog: &Catalog) -> Result<Menus, Vec<Problem>> {
    Menus::load_or_built_in(folder, |language| catalog.rules(language))
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
        writeln!(
            out,
            "{}",
            styled(GOOD, format_args!("OK  {}", file.display()))
        )?;
        writeln!(out)?;
        self.summary().print(out)?;
        if self.has_ussd() {
            let language = self.settings.subscriber.default_language;
            menus::print(&self.menus, language, out)?;
        }
        let warnings = self.warnings();
        if !warnings.is_empty() {
            writeln!(out)?;
        }
        for warning in warnings {
            writeln!(out, "{} {warning}", styled(WARN, "warning:"))?;
        }
        Ok(())
    }

    fn summary(&self) -> Table {
        let mut table = Table::default();
        let mut row = |name: &str, what: String| {
            table.row([Cell::new(name).style(HEADING), Cell::new(what)]);
        };
        let settings = &self.settings;
        if let Some(amqp) = &settings.intake.amqp {
            row(
                "events",
                format!("from {}, queue {}", amqp.exchange, amqp.queue),
            );
        }
        if let Some(http) = &settings.http {
            row("http", http.listen.to_string());
        }
        if let Some(amqp) = &settings.outcomes.amqp {
            row("outcomes", format!("to {}", amqp.exchange));
        }
        for operator in &settings.operators {
            let tps = operator
                .tps
                .map_or_else(String::new, |tps| format!(", {tps} TPS"));
            row(
                "operator",
                format!(
                    "{} for {} at {}{tps}",
                    operator.name,
                    operator.prefixes.join(" "),
                    reached(&operator.binds),
                ),
            );
        }
        let lists = &self.lists;
        for (name, file, numbers) in [
            ("ported", &settings.routing.ported, &lists.ported),
            ("blocked", &settings.numbers.blocked, &lists.blocked),
            (
                "reassigned",
                &settings.numbers.reassigned,
                &lists.reassigned,
            ),
        ] {
            if let Some(file) = file {
                row(
                    name,
                    format!("{} numbers in {}", numbers.len(), file.display()),
                );
            }
        }
        row("texts", self.texts());
        if self.has_ussd() {
            row("menus", self.menus());
        }
        table
    }

    fn has_ussd(&self) -> bool {
        let mut operators = self.settings.operators.iter();
        operators.any(|operator| operator.ussd.is_some())
    }

    fn menus(&self) -> String {
        let (menus, screens) = self.menus.counts();
        format!(
            "{menus} with {screens} screens: {}",
            source(self.settings.menus.as_deref())
        )
    }

    fn texts(&self) -> String {
        let languages: Vec<&str> = self.catalog.languages().map(Language::as_str).collect();
        let source = source(self.settings.messages.as_deref());
        let most = self.catalog.templates().map(|listed| listed.most.segments);
        format!(
            "{} in {}: {source}; at most {} segments each",
            self.catalog.templates().count(),
            languages.join(" "),
            most.max().unwrap_or(0),
        )
    }

    fn operators(&self) -> Vec<&str> {
        let names = self
            .settings
            .operators
            .iter()
            .map(|operator| operator.name.as_str());
        names.collect()
    }

    /// What works, but perhaps not as it was meant.
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.settings.operators.is_empty() {
            warnings.push(
                "there is no [[operator]]: every message would fail with no-route".to_owned(),
            );
        }
        let default = self.settings.subscriber.default_language;
        if !self.catalog.languages().any(|language| language == default) {
            warnings.push(format!("the default language, {default}, has no texts"));
        }
        warnings.extend(self.settings.warnings.iter().map(ToString::to_string));
        warnings.extend(self.shared_logins());
        warnings.extend(self.long_texts());
        warnings.extend(self.lacking_texts());
        warnings
    }

    /// An SMSC counts by login; the gateway paces by operator.
    fn shared_logins(&self) -> impl Iterator<Item = String> {
        let operators = &self.settings.operators;
        operators.iter().enumerate().filter_map(|(at, later)| {
            let mut earlier = operators.iter().take(at);
            let shared = |first: &Operator| shared_login(&first.binds, &later.binds);
            let (first, (address, system_id)) =
                earlier.find_map(|first| Some((first, shared(first)?)))?;
            Some(format!(
                "operators {} and {} bind to {} as {}: what one `tps` allows the SMSC counts for both; \
                 give each a login of its own, or make them one",
                first.name, later.name, address, system_id,
            ))
        })
    }

    /// The texts that take more segments than their budget, or could with long values. Where
    /// there is no budget, one segment should do before any value is put in.
    fn long_texts(&self) -> impl Iterator<Item = String> {
        let long = |listed: Listed<'_>| {
            let budget = listed.budget.unwrap_or(1);
            let (cost, when) = if listed.least.segments > budget {
                (listed.least, "before any value is put in")
            } else if listed.budget.is_some() && listed.most.segments > budget {
                (listed.most, "with every value at its longest")
            } else {
                return None;
            };
            let bound = listed.budget.map_or_else(String::new, |budget| {
                format!("; its `budget.segments` is {budget}")
            });
            Some(format!(
                "{}: `{}` takes {} segments {when} ({}, {} characters){bound}",
                listed.language,
                listed.key(),
                cost.segments,
                cost.encoding,
                cost.characters,
            ))
        };
        self.catalog.templates().filter_map(long)
    }

    /// The texts that some languages have and others lack.
    fn lacking_texts(&self) -> impl Iterator<Item = String> {
        let mut having: BTreeMap<String, BTreeSet<Language>> = BTreeMap::new();
        for listed in self
            .catalog
            .templates()
            .filter(|listed| listed.service.is_none() && listed.agency.is_none())
        {
            having
                .entry(listed.key())
                .or_default()
                .insert(listed.language);
        }
        let all: BTreeSet<Language> = self.catalog.languages().collect();
        having.into_iter().filter_map(move |(key, having)| {
            let lacking: Vec<&str> = all
                .difference(&having)
                .map(|language| language.as_str())
                .collect();
            let lacking = (!lacking.is_empty()).then(|| lacking.join(", "))?;
            Some(format!(
                "`{key}` is lacking in {lacking}: its readers get it in another language"
            ))
        })
    }
}

/// Where texts or menus come from.
fn source(folder: Option<&Path>) -> String {
    match folder {
        Some(folder) => folder.display().to_string(),
        None => "those that are built in".to_owned(),
    }
}

/// Where an operator is bound to, and how much fits there.
fn reached(binds: &[Bind]) -> String {
    let reached = binds.iter().map(|bind| {
        let pairs = match bind.directions {
            Directions::Transceiver => "",
            Directions::TransmitterReceiver => " pairs",
        };
        format!(
            "{}: {}{pairs} × {} in flight",
            bind.addresses.join(" or "),
            bind.sessions,
            bind.window
        )
    });
    reached.collect::<Vec<_>>().join("; ")
}

/// An address and a `system_id` that stand in both.
fn shared_login(some: &[Bind], others: &[Bind]) -> Option<(String, String)> {
    let logins = |binds: &[Bind]| -> Vec<(String, String)> {
        let logins = binds.iter().flat_map(|bind| {
            let login = |address: &String| (address.clone(), bind.system_id.clone());
            bind.addresses.iter().map(login)
        });
        logins.collect()
    };
    let some = logins(some);
    logins(others)
        .into_iter()
        .find(|login| some.contains(login))
}
