//! `xabar token`: makes, lists and revokes the tokens that HTTP asks for.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xabar_events::Agency;

use super::print::{self, Cell, GOOD, HEADING, Table, styled};
use super::{ConfigFile, Failure};
use crate::clock::wall;
use crate::control::access::{Change, Entry, Grant, NotChanged, Role, Token, Tokens, change};
use crate::control::audit::{self, Audit};

/// Makes, lists and revokes the tokens that the gateway's HTTP asks for
///
/// They stand in the file that `tokens` under [http] names, hashed; a running gateway reads it again some seconds after it
/// has changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar token add --config config/xabar.toml anna --role operator
  xabar token add --config config/xabar.toml kadastr-portal --agency kadastr
  xabar token list --config config/xabar.toml
  xabar token revoke --config config/xabar.toml anna")]
pub struct TokenCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Add(Add),
    List(List),
    Revoke(Revoke),
}

/// Makes a token and prints it, this once
#[derive(Debug, clap::Args)]
struct Add {
    #[command(flatten)]
    config: ConfigFile,
    /// Whose it is: a person, a program or a place; letters, digits, `.`, `_` and `-`
    name: String,
    #[command(flatten)]
    grant: For,
    /// Prints a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct For {
    /// For staff: viewer (status and metrics), support (also messages), operator (also orders), admin (everything)
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// For an agency, which may publish its events and read of its messages
    #[arg(long, value_name = "NAME", value_parser = agency)]
    agency: Option<Agency>,
}

/// Lists tokens, by their names
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// Prints a JSON array
    #[arg(long)]
    json: bool,
}

/// Revokes a token
#[derive(Debug, clap::Args)]
struct Revoke {
    #[command(flatten)]
    config: ConfigFile,
    /// Its name
    name: String,
}

pub(super) fn agency(name: &str) -> Result<Agency, String> {
    Agency::from_name(name).map_err(|expected| expected.to_string())
}

impl TokenCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.what {
            What::Add(add) => add.run(),
            What::List(list) => list.run(),
            What::Revoke(revoke) => revoke.run(),
        }
    }
}

impl For {
    fn grant(self) -> Result<Grant, Failure> {
        let grant = self.role.map(Grant::Role);
        let grant = grant.or(self.agency.map(Grant::Agency));
        grant.ok_or_else(|| Failure::Usage("give --role or --agency".to_owned()))
    }
}

impl Add {
    fn run(self) -> Result<(), Failure> {
        let (path, audit) = files(&self.config)?;
        let audit = in_its_folder(audit)?;
        let grant = self.grant.grant()?;
        let token =
            Token::new().map_err(|_| Failure::because("this machine gives no random numbers"))?;
        let made = xabar_events::UnixMillis::from(wall()).to_string();
        let entry = Entry::new(&self.name, grant.clone(), &token, &made);
        let note = Note {
            order: "token add",
            name: &self.name,
            audit: &audit,
        };
        let to = json!({ "for": grant.to_string() });
        let noted = |_: &Tokens| note.write(Value::Null, to);
        change(&path, Change::Add(entry), noted).map_err(not_changed)?;
        if self.json {
            let token =
                json!({ "name": self.name, "for": grant.to_string(), "token": token.text() });
            return Ok(print::json(&token)?);
        }
        // The token alone goes to standard output, so that it can be written to a file.
        anstream::eprintln!("the token of {} ({grant}), shown this once:", self.name);
        Ok(writeln!(print::stdout(), "{}", token.text())?)
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let (path, _) = files(&self.config)?;
        let tokens = Tokens::read(&path).map_err(Failure::Settings)?;
        let json = || {
            let all = tokens
                .entries()
                .iter()
                .map(|it| json!({ "name": it.name, "for": it.grant.to_string(), "made": it.made }));
            all.collect::<Vec<_>>()
        };
        Ok(print::for_scripts_or_people(self.json, json, |out| {
            let mut table = Table::default();
            table.row(["name", "for", "made"].map(|head| Cell::new(head).style(HEADING)));
            for it in tokens.entries() {
                table.row([
                    Cell::new(&it.name),
                    Cell::new(it.grant.to_string()),
                    Cell::new(&it.made),
                ]);
            }
            table.print(out)
        })?)
    }
}

impl Revoke {
    fn run(self) -> Result<(), Failure> {
        let (path, audit) = files(&self.config)?;
        let audit = in_its_folder(audit)?;
        let note = Note {
            order: "token revoke",
            name: &self.name,
            audit: &audit,
        };
        let noted = |tokens: &Tokens| {
            let mut entries = tokens.entries().iter();
            let held = entries.find(|entry| entry.name == self.name);
            let held = held.map(|entry| json!({ "for": entry.grant.to_string() }));
            note.write(held.unwrap_or_default(), Value::Null)
        };
        change(&path, Change::Revoke(self.name.clone()), noted).map_err(not_changed)?;
        let told = format!("the token of {} is revoked", self.name);
        Ok(writeln!(print::stdout(), "{}", styled(GOOD, told))?)
    }
}

/// An order about a token, as the audit log has it.
struct Note<'a> {
    order: &'a str,
    name: &'a str,
    audit: &'a Audit,
}

impl Note<'_> {
    fn write(&self, from: Value, to: Value) -> io::Result<()> {
        let (who, sudo) = audit::user();
        self.audit.order(&audit::Entry {
            at: wall().into(),
            who: &who,
            way: audit::Way::Command { sudo },
            order: self.order,
            of: json!({ "token": self.name }),
            from,
            to,
        })
    }
}

/// The tokens, and where changes to them are noted.
fn files(config: &ConfigFile) -> Result<(PathBuf, Audit), Failure> {
    let settings = config.load()?;
    let audit = Audit::new(settings.audit.file);
    let tokens = settings.http.and_then(|http| http.tokens);
    let tokens = tokens.map(|tokens| (tokens, audit));
    tokens.ok_or_else(|| {
        Failure::because(
            "the configuration names no file of tokens: set `tokens` under [http], such as tokens = \"data/tokens.toml\"",
        )
    })
}

/// The audit log, unless there is no folder for it: then it would begin anew where nobody looks for it.
fn in_its_folder(audit: Audit) -> Result<Audit, Failure> {
    let file = std::path::absolute(audit.path())
        .map_err(|cause| Failure::caused("the audit log cannot be written", cause))?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    if folder.is_dir() {
        return Ok(audit);
    }
    Err(Failure::because(format!(
        "the tokens stay as they are: the audit log stands in {}, which is not there; a relative path in `journal.url` or \
         `audit.file` counts from the working directory, so give this command in the gateway's, or make that folder \
         before its first start",
        folder.display()
    )))
}

fn not_changed(why: NotChanged) -> Failure {
    match why {
        NotChanged::Broken(problems) => Failure::Settings(problems),
        why => Failure::caused("the tokens stay as they are", why),
    }
}
