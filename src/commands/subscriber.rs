//! `xabar subscriber`: what is known of one citizen, shown or erased.

use std::io::Write;

use serde_json::{Value, json};
use xabar_events::Msisdn;

use super::print::{self, GOOD, styled};
use super::{ConfigFile, Failure};
use crate::clock::wall;
use crate::control::audit::{self, Audit};
use crate::control::known::{Known, known};
use crate::control::settings::Settings;
use crate::delivery::receipt::last_digits;
use crate::journal::{self, JournalError};

/// Shows or erases what is known of one subscriber, as the law on personal data asks
///
/// Each is a line in the audit log, with the number masked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar subscriber export --config config/xabar.toml +998901234567 > known.json
  systemctl stop xabar && xabar subscriber erase --config config/xabar.toml +998901234567; systemctl start xabar

A relative path in `journal.url` counts from the working directory, so give the commands in the gateway's.")]
pub struct SubscriberCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Export(Export),
    Erase(Erase),
}

/// Prints all that the journal knows of a subscriber as one JSON object, beside a running gateway or without one
#[derive(Debug, clap::Args)]
struct Export {
    #[command(flatten)]
    config: ConfigFile,
    /// The subscriber's number
    msisdn: Msisdn,
}

/// Erases a subscriber's number and what was said to it; the gateway has to be stopped
///
/// What was chosen by STOP holds on: without it there would be messages again. Refused while a message to this number waits,
/// or awaits its receipt.
#[derive(Debug, clap::Args)]
struct Erase {
    #[command(flatten)]
    config: ConfigFile,
    /// The subscriber's number
    msisdn: Msisdn,
    /// Prints a JSON object
    #[arg(long)]
    json: bool,
}

impl SubscriberCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.what {
            What::Export(export) => export.run(),
            What::Erase(erase) => erase.run(),
        }
    }
}

impl Export {
    fn run(self) -> Result<(), Failure> {
        let settings = self.config.load()?;
        let known = self
            .known(&settings)
            .map_err(|cause| Failure::caused("cannot read the journal", cause))?;
        note(&settings, "subscriber export", self.msisdn, Value::Null)?;
        print::json(&known)?;
        Ok(())
    }

    fn known(&self, settings: &Settings) -> Result<Known, JournalError> {
        let mut reader = journal::open_reader(&settings.journal.url)?;
        known(&mut *reader, self.msisdn)
    }
}

impl Erase {
    fn run(self) -> Result<(), Failure> {
        let settings = self.config.load()?;
        let failed = |cause| Failure::caused("nothing is erased", cause);
        let mut journal = journal::open_existing(&settings.journal.url).map_err(failed)?;
        note(&settings, "subscriber erase", self.msisdn, json!("erased"))?;
        let erased = journal
            .erase(self.msisdn, last_digits(self.msisdn))
            .inspect_err(|error| note_failure(&settings, &error.to_string()))
            .map_err(failed)?;
        if erased.under_way > 0 {
            let why = format!(
                "nothing is erased: {} messages to this number wait, or await their receipts; try again when they are over",
                erased.under_way
            );
            note_failure(&settings, &why);
            return Err(Failure::because(why));
        }
        let told = || json!({ "messages": erased.messages });
        Ok(print::for_scripts_or_people(self.json, told, |out| {
            let told = format!("erased from {} messages", erased.messages);
            writeln!(out, "{}", styled(GOOD, told))
        })?)
    }
}

/// Notes in the audit log what was asked for.
fn note(settings: &Settings, order: &str, msisdn: Msisdn, to: Value) -> Result<(), Failure> {
    let (who, sudo) = audit::user();
    let audit = Audit::new(settings.audit.file.clone());
    let noted = audit.order(&audit::Entry {
        at: wall().into(),
        who: &who,
        way: audit::Way::Command { sudo },
        order,
        of: json!({ "subscriber": msisdn.to_string() }),
        from: Value::Null,
        to,
    });
    noted.map_err(|cause| Failure::caused("the audit log cannot be written", cause))
}

/// Notes that nothing came of it.
fn note_failure(settings: &Settings, failed: &str) {
    let (who, _) = audit::user();
    let written = Audit::new(settings.audit.file.clone()).failed(&audit::Failed {
        at: wall().into(),
        who: &who,
        order: "subscriber erase",
        failed,
    });
    if let Err(error) = written {
        tracing::error!(%error, "the audit log cannot be written");
    }
}
