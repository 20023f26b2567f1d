//! `xabar publish`: events into RabbitMQ, as an agency would publish them.

mod events;
mod sending;

use std::path::PathBuf;

use serde_json::json;

use super::print::{self, BAD, GOOD, styled};
use super::{ConfigFile, Failure};
use crate::broker::Brokers;
use crate::clock::{Clock, UnixMillis};
use crate::control::settings::{IntakeAmqp, SecretUrl};
use crate::intake::amqp::Source;
use events::{Known, Origin, Samples};
use sending::{How, Tally};

/// Publishes events to RabbitMQ, with publisher confirms
///
/// Goes to the exchange that the configuration takes events from, under the routing key
/// application.status.AGENCY, in the name of the login of its URL: where agencies have `broker_users`, that
/// has to be one of them. Exchange and queue are made as `xabar run` would make them, so
/// that nothing is lost if it does not run yet.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar publish --config config/xabar.toml --count 10000
  xabar publish --config config/xabar.toml --count 600 --rate 50 --agency kadastr
  xabar publish --config config/xabar.toml --count 100 --seed 7     the same events each time
  xabar publish --config config/xabar.toml events.ndjson            one CloudEvent a line
  my-export | xabar publish --config config/xabar.toml -")]
#[command(group = clap::ArgGroup::new("events").required(true).args(["file", "count"]))]
pub struct Publish {
    #[command(flatten)]
    config: ConfigFile,
    /// CloudEvents in JSON, one a line, published as they are; - for standard input
    #[arg(value_name = "FILE.ndjson")]
    file: Option<PathBuf>,
    /// Publishes so many sample events instead: real services, invented people
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// The same samples for the same seed; without one, every run has its own
    #[arg(long, conflicts_with = "file")]
    seed: Option<u64>,
    /// Samples of these agencies only; may be given more than once
    #[arg(long, value_name = "AGENCY", conflicts_with = "file", value_parser = events::known_agency)]
    agency: Vec<Known>,
    /// At most so many events a second
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Leaves out the property user-id, which names the login of the URL: for a broker that knows it by another name
    #[arg(long)]
    no_user_id: bool,
    /// Prints the summary as one JSON object
    #[arg(long)]
    json: bool,
}

impl Publish {
    pub(super) fn run(self) -> Result<(), Failure> {
        let settings = self.config.load()?;
        let Some(amqp) = settings.intake.amqp else {
            return Err(Failure::because(format!(
                "{} has no [intake.amqp], so there is nowhere to publish to",
                self.config.config.display()
            )));
        };
        let clock = Clock::starting_after(UnixMillis::default());
        let source = source(&amqp)?;
        let origin = self.origin(&clock)?;
        let runtime = tokio::runtime::Runtime::new();
        let runtime = runtime.map_err(|error| Failure::caused("cannot start", error))?;
        let how = How {
            rate: self.rate,
            names_user: !self.no_user_id,
        };
        let tally = runtime.block_on(sending::publish(&source, origin, how, &clock))?;
        self.tell(&tally)
    }

    fn origin(&self, clock: &Clock) -> Result<Origin, Failure> {
        match (self.count, &self.file) {
            (Some(count), _) => Ok(Origin::Samples(Samples {
                count,
                seed: self.seed,
                agencies: self.agency.clone(),
                now: clock.now().wall,
            })),
            (None, Some(file)) => Origin::open(file),
            (None, None) => Err(Failure::Usage("give --count or a file".to_owned())),
        }
    }

    fn tell(&self, tally: &Tally) -> Result<(), Failure> {
        if self.json {
            print::json(&json!({
                "published": tally.published,
                "confirmed": tally.confirmed,
                "nacked": tally.nacked,
                "unrouted": tally.unrouted,
                "invalid": tally.invalid,
                "seconds": tally.took.as_secs_f64(),
                "rate": tally.rate(),
            }))?;
        } else {
            tally.print()?;
        }
        if tally.is_complete() {
            Ok(())
        } else {
            Err(Failure::Told)
        }
    }
}

impl Tally {
    /// Confirmed events a second.
    fn rate(&self) -> u64 {
        let rate = u128::from(self.confirmed) * 1000 / self.took.as_millis().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }

    fn print(&self) -> Result<(), Failure> {
        use std::io::Write;
        let style = if self.is_complete() { GOOD } else { BAD };
        let confirmed = styled(
            style,
            format_args!("{} of {}", self.confirmed, self.published),
        );
        let (seconds, rate) = (self.took.as_secs_f64(), self.rate());
        let mut out = print::stdout();
        writeln!(
            out,
            "{confirmed} events confirmed in {seconds:.2} s, {rate} a second"
        )?;
        for (number, what) in [
            (
                self.nacked,
                "were refused by the broker: is the queue full, or short of disk?",
            ),
            (
                self.unrouted,
                "were dropped: no queue is bound to the exchange for their routing key",
            ),
            (
                self.invalid,
                "lines are no JSON object and were not published",
            ),
        ] {
            if number > 0 {
                writeln!(out, "{} {what}", styled(BAD, number))?;
            }
        }
        Ok(())
    }
}

fn source(amqp: &IntakeAmqp) -> Result<Source, Failure> {
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
        Failure::caused("cannot use [intake.amqp]", error)
    };
    let brokers = Brokers::parse(amqp.urls.iter().map(SecretUrl::expose));
    let brokers = brokers.map(|brokers| brokers.under_tls(amqp.tls.clone()));
    let source = Source::new(
        brokers.map_err(|error| wrong(error.into()))?,
        &amqp.exchange,
        &amqp.queue,
        &amqp.binding,
        amqp.prefetch,
        &amqp.dead_letter_exchange,
    );
    source.map_err(|error| wrong(error.into()))
}
