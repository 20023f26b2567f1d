//! `xabar ctl drain`.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::time::interval;

use super::client::{Which, read};
use crate::commands::Failure;
use crate::commands::print::{self, GOOD, styled};
use crate::control::status::{Draining, Status};

/// Takes nothing more in, waits until what is under way has its answers and outcomes, and unbinds
///
/// The gateway stays up, with what waits in its journal: `xabar ctl resume` without more lets it go on, and SIGTERM ends it.
#[derive(Debug, clap::Args)]
pub(super) struct Drain {
    #[command(flatten)]
    which: Which,
    /// Gives the order, and does not wait
    #[arg(long)]
    no_wait: bool,
    /// Prints how far it is, or was at the end, as a JSON object
    #[arg(long)]
    json: bool,
}

/// How often to look.
const EVERY: Duration = Duration::from_millis(250);

/// The status is measured anew within so many looks.
const LOOKS_BEFORE: u32 = 20;

impl Drain {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.which.client()?;
        client.post("/v1/drain", &json!({})).await?;
        let bar = bar();
        let mut looks = interval(EVERY);
        let (mut most, mut seen) = (0, 0);
        let status = loop {
            looks.tick().await;
            let status: Status = read(&client.get("/v1/status").await?)?;
            let Some(drain) = status.drain else {
                // The first ones may have been measured before the order.
                seen += 1;
                if most > 0 || seen > LOOKS_BEFORE {
                    return Err(Failure::because("it takes in again: somebody resumed it"));
                }
                continue;
            };
            let left = left(&drain);
            most = most.max(left);
            bar.set_length(most);
            bar.set_position(most - left);
            bar.set_message(told(&drain));
            if drain.done || self.no_wait {
                break status;
            }
        };
        bar.finish_and_clear();
        if self.json {
            print::json(&json!({ "drain": status.drain, "backlog": status.backlog }))?;
            return Ok(());
        }
        let drain = status.drain.filter(|drain| !drain.done);
        let what = match drain {
            None => styled(GOOD, "drained").to_string(),
            Some(drain) => told(&drain),
        };
        writeln!(
            print::stdout(),
            "{what} · {} wait in the journal, until `xabar ctl resume` or the next start",
            status.backlog
        )?;
        Ok(())
    }
}

/// What is to end yet.
fn left(drain: &Draining) -> u64 {
    let links = drain.in_flight.saturating_add(drain.sessions);
    drain
        .outcomes
        .saturating_add(u64::try_from(links).unwrap_or(u64::MAX))
}

fn told(drain: &Draining) -> String {
    let Draining {
        in_flight,
        sessions,
        outcomes,
        ..
    } = drain;
    format!(
        "{in_flight} await an answer, {sessions} sessions are bound, {outcomes} outcomes are to be published"
    )
}

/// On terminals only, on standard error.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("draining {bar:30} {msg}");
    ProgressBar::new(0).with_style(style.expect("the template is well-formed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_end_yet_is_counted_and_told() {
        let drain = Draining {
            in_flight: 3,
            sessions: 2,
            outcomes: 40,
            done: false,
        };
        assert_eq!(left(&drain), 45);
        assert_eq!(
            told(&drain),
            "3 await an answer, 2 sessions are bound, 40 outcomes are to be published"
        );
    }
}
