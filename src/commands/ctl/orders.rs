//! `xabar ctl pause` and `resume`.

use std::io::Write;

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Which, read};
use crate::commands::Failure;
use crate::commands::print::{self, GOOD, WARN, styled};
use crate::control::status::Paused;

/// Stops sending: everything, or what agrees with all that is named. Events are taken in all the same
#[derive(Debug, clap::Args)]
pub(super) struct Pause {
    #[command(flatten)]
    order: Order,
    /// Also after a restart, until `resume`
    #[arg(long)]
    keep: bool,
}

/// Goes on sending: ends every pause that lies within what is named
#[derive(Debug, clap::Args)]
pub(super) struct Resume {
    #[command(flatten)]
    order: Order,
}

#[derive(Debug, clap::Args)]
struct Order {
    #[command(flatten)]
    which: Which,
    /// What goes over this operator
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// What this agency sends
    #[arg(long, value_name = "NAME")]
    agency: Option<String>,
    /// What is of this priority, or answers to citizens
    #[arg(long, value_name = "LANE", value_parser = ["answers", "urgent", "normal", "bulk"])]
    lane: Option<String>,
    /// Prints what is paused now as a JSON object
    #[arg(long)]
    json: bool,
}

impl Pause {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.order.give("/v1/pause", self.keep).await
    }
}

impl Resume {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.order.give("/v1/resume", false).await
    }
}

/// How long an order stands that is not kept.
pub(super) const UNTIL_IT_STOPS: &str = "until the gateway stops";

/// What the gateway answers.
#[derive(Deserialize)]
struct Answer {
    paused: Vec<Paused>,
    note: Option<String>,
}

impl Order {
    async fn give(self, path: &str, keep: bool) -> Result<(), Failure> {
        let named = [
            ("operator", &self.operator),
            ("agency", &self.agency),
            ("lane", &self.lane),
        ];
        let named = named.into_iter().filter_map(|(key, name)| {
            let name = name.as_ref()?;
            Some((key.to_owned(), json!(name)))
        });
        let keep = keep.then(|| ("keep".to_owned(), json!(true)));
        let body = Value::Object(named.chain(keep).collect());
        let answer = self.which.client()?.post(path, &body).await?;
        if self.json {
            print::json(&answer)?;
            return Ok(());
        }
        let Answer { paused, note } = read(&answer)?;
        let mut out = print::stdout();
        for paused in &paused {
            writeln!(out, "{}", told(paused))?;
        }
        if paused.is_empty() {
            writeln!(out, "{}", styled(GOOD, "nothing is paused"))?;
        }
        if let Some(note) = note {
            writeln!(out, "{} · {note}", styled(WARN, "note"))?;
        }
        Ok(())
    }
}

/// A pause as people read it.
pub(super) fn told(paused: &Paused) -> String {
    let parts = [
        ("operator", &paused.operator),
        ("agency", &paused.agency),
        ("lane", &paused.lane),
    ];
    let parts = parts.into_iter().filter_map(|(what, name)| {
        let name = name.as_ref()?;
        Some(format!("{what} {name}"))
    });
    let parts: Vec<String> = parts.collect();
    let what = match parts.is_empty() {
        true => "everything".to_owned(),
        false => parts.join(", "),
    };
    format!(
        "{} · {what} · since {} · {}",
        styled(WARN, "paused"),
        paused.since,
        match paused.kept {
            true => "kept",
            false => UNTIL_IT_STOPS,
        }
    )
}
