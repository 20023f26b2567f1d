//! The floor: what the broker and the socket alone cost.
//!
//! A bare program between the same queue and the same SMSC: it takes events through the same client
//! library and acknowledges them, writes ready-made `submit_sm`, answers receipts, and publishes as
//! many ready-made outcomes as the gateway would, in bursts and confirmed. It parses no event,
//! keeps nothing, decides nothing.

mod ready_made;
mod session;
mod taking;
mod telling;

use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::Failure;
use super::gateway::program;
use super::process::Watched;
use super::stage::failed;
use crate::broker::{self, Brokers};
use session::{Session, Undelivered};

/// What it is to do. It comes over standard input, since a URL holds a password.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    /// None: as many messages as it is to submit are simply there, and nobody is told.
    pub(super) broker: Option<Way>,
    pub(super) smsc: SocketAddr,
    pub(super) sessions: u16,
    pub(super) window: u16,
    pub(super) messages: u64,
    /// What every `submit_sm` says.
    pub(super) text: String,
}

/// Where events come from and outcomes go.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Way {
    pub(super) url: String,
    pub(super) queue: String,
    pub(super) outcomes: String,
    pub(super) agencies: Vec<String>,
    pub(super) batch: usize,
}

/// So many messages more entered each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    accepted: usize,
    submitted: usize,
    delivered: usize,
}

/// Words of progress that wait to be told; behind them, sockets are read no more.
const PROGRESS: usize = 64;
/// Chunks of messages that wait for a session; behind them, the queue is read no more.
const CHUNKS: usize = 4;

/// Starts it as a process of its own.
pub(super) fn start(plan: &Plan) -> Result<Watched, Failure> {
    let mut command = Command::new(program()?);
    command.args(["bench", "floor"]);
    let mut child = Watched::start(command, "floor")?;
    let plan = serde_json::to_vec(plan).expect("texts and numbers become JSON");
    let handed = child.stdin().map(|mut stdin| stdin.write_all(&plan));
    match handed {
        Some(Ok(())) => Ok(child),
        _ => Err(child.failure("did not take its plan")),
    }
}

/// Does what the plan on standard input says, and ends.
pub(super) async fn run() -> Result<(), Failure> {
    let plan = serde_json::from_reader(std::io::stdin().lock());
    let plan: Plan = plan.map_err(|error| Failure::caused("this is no plan", error))?;
    let (progress_in, progress) = mpsc::channel(PROGRESS);
    let undelivered = Undelivered::new(plan.messages);
    let (mut chunks_in, mut sessions) = (Vec::new(), Vec::new());
    for _ in 0..plan.sessions {
        let (chunks, coming) = mpsc::channel(CHUNKS);
        let session = Session::bind(&plan, coming, progress_in.clone(), undelivered.clone());
        let session = session.await.map_err(smpp)?;
        chunks_in.push(chunks);
        sessions.push(tokio::spawn(session.run()));
    }
    match &plan.broker {
        Some(way) => {
            let brokers = Brokers::parse([way.url.as_str()]);
            let brokers = brokers.map_err(|error| Failure::Usage(error.to_string()))?;
            // One for each direction, as the gateway has them.
            let connect = || async {
                let connected = broker::connect_once(&brokers, "bench floor").await;
                connected.map_err(Failure::because)
            };
            let (events, outcomes) = (connect().await?, connect().await?);
            let telling = telling::tell(&outcomes, way, progress);
            let taking = taking::take(&events, way, plan.messages, chunks_in, progress_in);
            tokio::try_join!(telling, taking)?;
            broker::close(events).await;
            broker::close(outcomes).await;
        }
        None => {
            drop((progress_in, progress));
            taking::invent(plan.messages, chunks_in).await;
        }
    }
    for session in sessions {
        let ended = session.await;
        let ended = ended.map_err(|error| Failure::caused("a session broke down", error))?;
        ended.map_err(smpp)?;
    }
    Ok(())
}

fn smpp(error: std::io::Error) -> Failure {
    Failure::caused("the SMSC", error)
}
