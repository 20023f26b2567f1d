//! `xabar demo`: the whole system in one process.
//!
//! Sample agencies ([`agencies`]) publish what the [`scenario`] says over HTTP to a gateway with a
//! journal of its own, which reaches simulated [`operators`] over SMPP. A [`caller`] dials a USSD code.
//! What happens anywhere is [`news`] to the [`state`], of which the [`stage`] shows a picture or plain
//! lines.

mod agencies;
mod caller;
mod cast;
mod folder;
mod log;
mod meter;
mod news;
mod operators;
mod plain;
mod rig;
mod scenario;
mod screen;
mod show;
mod stage;
mod state;
mod summary;
mod view;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Failure;

/// Shows the whole system at work, with nothing to install
///
/// Sample agencies publish events over HTTP; the gateway, with a real journal, sends them over
/// SMPP to three simulated operators; and the phones behind those show what arrives. Besides
/// everyday traffic there is a citizen who meets the subscriber's limit, an operator that takes
/// less than agreed, events that come twice, statuses overtaken by newer ones, and phones that dial
/// *555# and read on screens how their applications stand.
///
/// On a terminal it is a live picture, else a line for each thing that deserves a look.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar demo
  xabar demo --rate 200                      more traffic
  xabar demo --for 30s | tee demo.txt        as plain lines
  xabar demo --data demo                     keep the journal, and look into it afterwards:
  xabar trace --config demo/xabar.toml 48120061")]
pub struct Demo {
    /// Where the gateway's HTTP listens; with port 0 the system chooses one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8025")]
    listen: SocketAddr,

    /// Keeps journal and configuration in this folder; else they are gone at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Events a second, besides those that show something
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=300))]
    rate: u32,

    /// The same seed publishes the same events
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,

    /// Ends by itself after so long: 30s, 2m
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    length: Option<Duration>,

    /// Plain lines on a terminal too
    #[arg(long)]
    plain: bool,
}

impl Demo {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new();
        let runtime = runtime.map_err(|error| Failure::caused("cannot start", error))?;
        runtime.block_on(show::run(self))
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let wrong = "a time is written as 30s, 2m or 1m 30s";
    let time: jiff::SignedDuration = text.parse().map_err(|_| wrong.to_owned())?;
    Duration::try_from(time).map_err(|_| wrong.to_owned())
}
