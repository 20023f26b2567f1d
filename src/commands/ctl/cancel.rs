//! `xabar ctl cancel`.

use std::io::Write;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use xabar_events::UnixMillis;

use super::client::{Which, read};
use crate::commands::Failure;
use crate::commands::print::{self, GOOD, WARN, styled};

/// Withdraws what waits of an agency: it ends as `cancelled` by `staff`. What was tried before is not tried again
#[derive(Debug, clap::Args)]
pub(super) struct Cancel {
    #[command(flatten)]
    which: Which,
    /// Whose messages
    #[arg(long, value_name = "NAME")]
    agency: String,
    /// Only those of this service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only what was accepted before this time, such as 2026-11-29T12:00:00+05:00 (left out: before this order)
    #[arg(long, value_name = "TIME")]
    before: Option<UnixMillis>,
    /// Counts them, and withdraws nothing
    #[arg(long)]
    dry_run: bool,
    /// Prints the counts as a JSON object
    #[arg(long)]
    json: bool,
}

/// What the gateway answers.
#[derive(Deserialize)]
struct Answer {
    cancelled: u64,
    too_late: u64,
    done: bool,
}

/// The gateway answers after a minute though it has not gone through all.
const PATIENCE: Duration = Duration::from_secs(75);

impl Cancel {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = [
            ("agency", Some(json!(self.agency))),
            ("service", self.service.map(|it| json!(it))),
            ("before", self.before.map(|it| json!(it))),
            ("dry_run", Some(json!(self.dry_run))),
        ];
        let body = body.into_iter();
        let body = body.filter_map(|(key, value)| Some((key.to_owned(), value?)));
        let body = Value::Object(body.collect());
        let client = self.which.client()?.patient(PATIENCE);
        let answer = client.post("/v1/cancel", &body).await?;
        if self.json {
            print::json(&answer)?;
            return Ok(());
        }
        writeln!(print::stdout(), "{}", told(&read(&answer)?, self.dry_run))?;
        Ok(())
    }
}

fn told(answer: &Answer, dry_run: bool) -> String {
    let Answer {
        cancelled,
        too_late,
        done,
    } = answer;
    let what = match (dry_run, done) {
        (true, _) => styled(WARN, "would be cancelled"),
        (false, true) => styled(GOOD, "cancelled"),
        (false, false) => styled(WARN, "cancelled so far"),
    };
    let rest = match done {
        true => "",
        false => " · it goes on, and the gateway's log tells when it is through",
    };
    format!("{what} · {cancelled} · too late for {too_late}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_what_is_cancelled_and_whether_that_is_all() {
        let told = |cancelled, done, dry_run| {
            let answer = Answer {
                cancelled,
                too_late: 2,
                done,
            };
            let told = told(&answer, dry_run);
            anstream::adapter::strip_str(&told).to_string()
        };
        assert_eq!(told(7, true, false), "cancelled · 7 · too late for 2");
        assert_eq!(
            told(7, true, true),
            "would be cancelled · 7 · too late for 2"
        );
        let so_far = "cancelled so far · 7 · too late for 2 · it goes on, and the gateway's log tells when it is through";
        assert_eq!(told(7, false, false), so_far);
    }
}
