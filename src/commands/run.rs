//! `xabar run`: the daemon.

use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};

use super::{ConfigFile, Failure};
use crate::control::log;
use crate::control::reload::Reloading;
use crate::control::settings::{Environment, Settings};
use crate::gateway::{Gateway, GatewayError};

/// Runs the gateway until it is told to stop (SIGTERM or Ctrl-C)
///
/// A broker or an operator that is down is waited for. What a person has to mend, such as a
/// wrong setting, ends it with exit code 1 and says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar run --config config/xabar.toml
  XABAR_LOG=info,xabar::delivery=debug xabar run --config config/xabar.toml
  XABAR__OPERATOR__UCELL__TPS=50 xabar run --config config/xabar.toml")]
pub struct Run {
    #[command(flatten)]
    config: ConfigFile,
}

impl Run {
    pub(super) fn run(self) -> Result<(), Failure> {
        let settings = self.config.load()?;
        let environment = Environment::of_process();
        let log = log::start(&settings.log, &environment);
        let log = log.map_err(|error| Failure::caused("cannot start the log", error))?;
        let reloading = Reloading::new(self.config.config, environment, settings.clone(), log);
        let runtime = tokio::runtime::Runtime::new();
        let runtime = runtime.map_err(|error| Failure::caused("cannot start", error))?;
        runtime.block_on(serve(&settings, reloading))
    }
}

async fn serve(settings: &Settings, reloading: Reloading) -> Result<(), Failure> {
    let deaf = |error| Failure::caused("cannot listen to signals", error);
    let stop = stop_signal().map_err(deaf)?;
    // From now on it ends nothing.
    let hangups = signal(SignalKind::hangup()).map_err(deaf)?;
    let mut gateway = Gateway::start(settings, None).await.map_err(not_started)?;
    let (rules, wishes) = gateway.reload();
    if let Some(wishes) = wishes {
        tokio::spawn(reloading.run(rules, hangups, wishes));
    }
    let http = gateway.http().map(|address| address.to_string());
    info!(
        version = env!("CARGO_PKG_VERSION"),
        operators = settings.operators.len(),
        http,
        "started"
    );
    match gateway.run_until(stop).await {
        Ok(ended) => {
            info!(uncertain = ended.uncertain, "stopped");
            Ok(())
        }
        Err(cause) => {
            error!(%cause, "the gateway failed");
            Err(Failure::caused("the gateway failed", cause))
        }
    }
}

fn not_started(cause: GatewayError) -> Failure {
    Failure::caused("the gateway does not start", cause)
}

/// Ends when somebody wants the program to stop.
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
