//! `xabar report`: what the journal says of many messages together.

mod balance;
mod statement;

use super::Failure;

/// Reckons up what became of messages
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar report balance --config config/xabar.toml
  xabar report balance --config config/xabar.toml --day 2026-11-28 --agency kadastr
  xabar report balance --config config/xabar.toml --day 2026-11-28 --counted ucell.csv --json")]
pub struct ReportCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Balance(balance::BalanceOf),
}

impl ReportCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.what {
            What::Balance(balance) => balance.run(),
        }
    }
}
