//! `xabar ctl reload`.

use std::io::Write;

use serde_json::json;

use super::client::{Which, read};
use crate::commands::Failure;
use crate::commands::print::{self, GOOD, WARN, styled};
use crate::control::reload::Reloaded;

/// Reads the configuration, the texts and the menus again. What is wrong changes nothing
#[derive(Debug, clap::Args)]
pub(super) struct Reload {
    #[command(flatten)]
    which: Which,
    /// Prints what changed as a JSON object
    #[arg(long)]
    json: bool,
}

impl Reload {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let answer = self.which.client()?.post("/v1/reload", &json!({})).await?;
        if self.json {
            print::json(&answer)?;
            return Ok(());
        }
        let Reloaded {
            changed,
            at_restart,
            warnings,
        } = read(&answer)?;
        let mut out = print::stdout();
        let changed = match changed.is_empty() {
            true => "no key changed; texts and menus are read again".to_owned(),
            false => changed.join(", "),
        };
        writeln!(out, "{} · {changed}", styled(GOOD, "read again"))?;
        if !at_restart.is_empty() {
            let keys = at_restart.join(", ");
            writeln!(out, "{} · {keys}", styled(WARN, "at the next start"))?;
        }
        for warning in warnings {
            writeln!(out, "{} {warning}", styled(WARN, "warning:"))?;
        }
        Ok(())
    }
}
