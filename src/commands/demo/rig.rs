//! The operators and the gateway, started and connected.

use std::net::SocketAddr;

use tokio::sync::mpsc;
use xabar_events::Outcome;

use super::Demo;
use super::folder::Folder;
use super::operators::{configuration, profiles};
use super::state::Operator;
use crate::commands::Failure;
use crate::control::settings::{Environment, Settings};
use crate::gateway::{Gateway, GatewayError};
use crate::simulator::Simulator;

/// Everything but the agencies.
pub(super) struct Rig {
    pub(super) settings: Settings,
    pub(super) gateway: Gateway,
    /// Where its HTTP listens.
    pub(super) http: SocketAddr,
    pub(super) outcomes: mpsc::Receiver<Vec<Outcome<'static>>>,
    pub(super) operators: Vec<Operator>,
    /// In the order of the operators.
    pub(super) simulators: Vec<Simulator>,
}

/// Runs of outcomes that wait to be shown; behind them, outcomes wait in the journal.
const OUTCOMES: usize = 16;

impl Rig {
    pub(super) async fn start(demo: &Demo, folder: &Folder) -> Result<Self, Failure> {
        let mut simulators = Vec::new();
        let mut carried = Vec::new();
        for (profile, seed) in profiles(demo.rate).into_iter().zip(demo.seed..) {
            let simulator = profile.start(seed).await;
            let simulator = simulator
                .map_err(|error| Failure::caused("cannot start a simulated operator", error))?;
            carried.push((profile, simulator.address()));
            simulators.push(simulator);
        }
        let text = configuration(demo.listen, &folder.journal(), &carried);
        let path = folder.configuration();
        std::fs::write(&path, &text)
            .map_err(|error| Failure::caused(format!("cannot write {}", path.display()), error))?;
        // What is set for another gateway is not meant for this one.
        let settings = Settings::read(&text, &path, &Environment::default());
        let settings = settings.map_err(Failure::Settings)?;
        let (observer, outcomes) = mpsc::channel(OUTCOMES);
        let gateway = Gateway::start(&settings, Some(observer)).await;
        let gateway = gateway.map_err(not_started)?;
        Ok(Self {
            http: gateway.http().unwrap_or(demo.listen),
            settings,
            gateway,
            outcomes,
            operators: carried.iter().map(|(profile, _)| profile.shown()).collect(),
            simulators,
        })
    }
}

fn not_started(cause: GatewayError) -> Failure {
    match cause {
        GatewayError::Listen { address, source } => Failure::caused(
            format!(
                "cannot listen on {address}; stop what listens there, or choose another address \
                 with --listen, such as --listen 127.0.0.1:0 for any free port"
            ),
            source,
        ),
        cause => Failure::caused("the gateway does not start", cause),
    }
}
