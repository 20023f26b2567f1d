//! `xabar ctl`: talks to a running gateway.

mod cancel;
mod client;
mod drain;
mod orders;
mod reload;
mod set;
mod status;
mod what_if;

use super::Failure;

/// Shows and steers a running gateway
///
/// It is found by the HTTP address of its configuration, or by --url. Where it asks for a token, give one by --token-file
/// or in the variable XABAR_TOKEN.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar ctl status --config config/xabar.toml          how it does, and what limits it
  xabar ctl status --url http://127.0.0.1:8025 --watch the same, every second
  xabar ctl set --config config/xabar.toml ucell tps=200 window=54
  xabar ctl set --config config/xabar.toml ucell tps=default
  xabar ctl set --config config/xabar.toml --agency kadastr weight=3
  xabar ctl set --config config/xabar.toml limits=3/10m,10/24h
  xabar ctl what-if --config config/xabar.toml ucell.tps=600   what that would change, before it is set
  xabar ctl pause --config config/xabar.toml --operator ucell --lane bulk
  xabar ctl resume --config config/xabar.toml          ends every pause
  xabar ctl pause --url http://127.0.0.1:8025 --token-file ~/.xabar-token
  xabar ctl cancel --config config/xabar.toml --agency kadastr --service land-registration --dry-run
  xabar ctl drain --config config/xabar.toml           takes nothing more in, and ends what is under way
  xabar ctl reload --config config/xabar.toml          after a change of the file
  xabar ctl operators --config config/xabar.toml --json | jq '.[].rate'")]
pub struct Ctl {
    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, clap::Subcommand)]
enum Order {
    Status(status::Status),
    Operators(status::Operators),
    Pause(orders::Pause),
    Resume(orders::Resume),
    Set(set::Set),
    Cancel(cancel::Cancel),
    Drain(drain::Drain),
    Reload(reload::Reload),
    WhatIf(what_if::WhatIf),
}

impl Ctl {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| Failure::caused("cannot start", error))?;
        runtime.block_on(async {
            match self.order {
                Order::Status(status) => status.run().await,
                Order::Operators(operators) => operators.run().await,
                Order::Pause(pause) => pause.run().await,
                Order::Resume(resume) => resume.run().await,
                Order::Set(set) => set.run().await,
                Order::Cancel(cancel) => cancel.run().await,
                Order::Drain(drain) => drain.run().await,
                Order::Reload(reload) => reload.run().await,
                Order::WhatIf(question) => question.run().await,
            }
        })
    }
}
