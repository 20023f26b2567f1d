//! `xabar bench`: what the gateway costs beside what the broker and the socket cost alone.
//!
//! Each run fills a queue and then lets one child process empty it into a simulated operator: once
//! the *floor*, which only carries octets, once the gateway. Publisher and simulator are in this
//! process, so a child's CPU time is its own. A run that lost or repeated anything has no figures.

mod check;
mod commits;
mod course;
mod disk;
mod events;
mod floor;
mod folder;
mod gateway;
mod harvest;
mod keeper;
mod last_words;
mod latency;
mod limits;
mod preload;
mod process;
mod progress;
mod publishing;
mod report;
mod scenario;
mod stage;
mod statistics;
mod ussd;

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::Failure;
use super::run::stop_signal;
use crate::private_broker::PrivateBroker;
use events::Load;
use folder::Folder;
use preload::{Preload, Preloaded};
use report::{Report, Row};
use scenario::Scenario;

/// Measures the gateway beside the floor: what the broker and the socket cost alone
///
/// Floor and gateway empty the same queue into the same simulated operator in turn, each in a
/// process of its own. The floor is a bare program without parsing, journal or rules; it publishes
/// as many outcomes. Machines differ, so the ratios and the CPU time a message are what compares.
/// Every text fits one segment. The first tenth of each run is its warm-up and does not count.
///
/// Starts a private RabbitMQ unless --url names one, where it makes queues of its own and deletes
/// them. Everything goes over 127.0.0.1.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  xabar bench                                    one run of each, at 1 and at 100 agencies
  xabar bench --runs 5 --json                    medians of five runs, one JSON object
  xabar bench --batch 1 --agencies 1             each outcome an AMQP message of its own
  xabar bench --preload 1000000 --data /var/tmp  a journal that already holds a million, on that disk
  xabar bench --waiting 1000000                  the same with a million that wait
  xabar bench --limits                           only what publisher and simulator can do
  xabar bench ussd                               dialogues; `bench ussd --help` tells more

A message is counted as done by thirds: taken from the queue, submitted, its receipt answered."
)]
pub struct Bench {
    #[command(subcommand)]
    part: Option<Part>,
    /// Events a run
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1000..=50_000_000))]
    messages: u64,
    /// Runs of each; figures are medians, with the least and the most beside them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// How many agencies publish, one after the other; the more, the smaller the batches
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 100], value_parser = clap::value_parser!(u32).range(1..=10_000))]
    agencies: Vec<u32>,
    /// The most outcomes in one AMQP message; 1 for each its own
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [100], value_parser = clap::value_parser!(u32).range(1..=1000))]
    batch: Vec<u32>,
    /// SMPP sessions
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    sessions: u16,
    /// submit_sm that may await a response, per session
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    window: u16,
    /// How many people the messages go to [default: as many as messages]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    subscribers: Option<u64>,
    /// Settled messages that the gateway's journal holds before
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    preload: u64,
    /// Messages that it holds besides, waiting for the next half day
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    waiting: u64,
    /// Subscribers that got a message before; the journal then holds at least a tenth as many settled
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    known_subscribers: u64,
    /// Events a second while the time from publish to submit is measured
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    latency_rate: u32,
    /// For how long that is measured; 0 leaves it out
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(..=3600))]
    latency_seconds: u32,
    /// Measures only what publisher and simulator can do by themselves, once, without a journal
    #[arg(long, conflicts_with_all = ["runs", "preload", "waiting", "known_subscribers"])]
    limits: bool,
    /// What chance begins with
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    seed: u64,
    /// A RabbitMQ that runs already, in place of a private one
    #[arg(long, value_name = "AMQP-URL")]
    url: Option<String>,
    /// Where the gateway's journal goes: the disk matters [default: the temporary folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What is not a run of floor and gateway.
#[derive(Debug, clap::Subcommand)]
enum Part {
    /// The bare program; takes its plan from standard input
    #[command(hide = true)]
    Floor,
    Ussd(ussd::Ussd),
}

impl Bench {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new();
        let runtime = runtime.map_err(|error| Failure::caused("cannot start", error))?;
        match &self.part {
            Some(Part::Floor) => runtime.block_on(floor::run()),
            Some(Part::Ussd(ussd)) => {
                let report = runtime.block_on(unless_stopped(ussd.measure()))?;
                ussd.print(&report)
            }
            None => {
                let report = runtime.block_on(unless_stopped(self.measure()))?;
                report.print(self.json)
            }
        }
    }

    async fn measure(&self) -> Result<Report, Failure> {
        process::ensure_counted()?;
        if !self.limits {
            gateway::ensure_limits_suffice(&self.load(1))?;
        }
        let folder = Folder::make(self.data.as_deref())?;
        let broker = self.broker().await?;
        let mut report = self.report();
        let simulator = limits::simulator(&self.setup(&broker, &folder, 1, 1)).await?;
        report.limits.simulator = Some(simulator);
        if self.limits {
            let setup = self.setup(&broker, &folder, 1, 1);
            report.limits.publisher = Some(limits::publisher(&setup).await?);
            return Ok(report);
        }
        let preloaded = Preloaded::make(self.preload(), &folder).await?;
        for (agencies, batch) in self.scenarios() {
            let setup = self.setup(&broker, &folder, agencies, batch);
            let mut row = Row::new(agencies, batch);
            for _ in 0..self.runs {
                let pair = scenario::run(&setup, preloaded.as_ref()).await?;
                row.pairs.push(pair);
            }
            report.rows.push(row);
        }
        if self.latency_seconds > 0 {
            let (agencies, batch) = self.scenarios().next().unwrap_or((1, 1));
            let setup = self.setup(&broker, &folder, agencies, batch);
            let measured = latency::measure(
                &setup,
                preloaded.as_ref(),
                self.latency_rate,
                self.latency_seconds,
            );
            report.latency = Some(measured.await?);
        }
        Ok(report)
    }

    async fn broker(&self) -> Result<Broker, Failure> {
        if let Some(url) = &self.url {
            let (url, ours) = (url.clone(), None);
            return Ok(Broker { url, ours });
        }
        let bar = progress::waiting("starting a private RabbitMQ");
        let started = tokio::task::spawn_blocking(PrivateBroker::start).await;
        bar.finish_and_clear();
        let broker = started.map_err(|error| Failure::caused("cannot start RabbitMQ", error))?;
        let broker = broker.map_err(|error| {
            Failure::caused(
                "no RabbitMQ to measure with; --url names one that runs",
                error,
            )
        })?;
        let process = broker
            .process()
            .map_err(|error| Failure::caused("cannot tell which process the broker is", error))?;
        Ok(Broker {
            url: broker.url(),
            ours: Some((process, broker)),
        })
    }

    fn scenarios(&self) -> impl Iterator<Item = (u32, u32)> {
        let agencies = self.agencies.iter();
        agencies.flat_map(|agencies| self.batch.iter().map(|batch| (*agencies, *batch)))
    }

    fn setup<'a>(
        &self,
        broker: &'a Broker,
        folder: &'a Folder,
        agencies: u32,
        batch: u32,
    ) -> Scenario<'a> {
        Scenario {
            url: &broker.url,
            broker: broker.ours.as_ref().map(|(process, _)| *process),
            folder,
            load: self.load(agencies),
            batch,
            sessions: self.sessions,
            window: self.window,
        }
    }

    fn load(&self, agencies: u32) -> Load {
        Load {
            messages: self.messages,
            subscribers: self.subscribers.unwrap_or(self.messages),
            agencies,
            seed: self.seed,
        }
    }

    fn preload(&self) -> Preload {
        Preload {
            settled: self.preload.max(self.known_subscribers / 10),
            waiting: self.waiting,
            known: self.known_subscribers,
        }
    }

    fn report(&self) -> Report {
        Report {
            messages: self.messages,
            subscribers: self.subscribers.unwrap_or(self.messages),
            sessions: self.sessions,
            window: self.window,
            preload: self.preload(),
            runs: self.runs,
            rows: Vec::new(),
            latency: None,
            limits: report::Limits::default(),
        }
    }
}

/// The broker that is measured with.
struct Broker {
    url: String,
    /// With its process, if we started it.
    ours: Option<(u32, PrivateBroker)>,
}

/// What is measured, unless somebody wants it to stop: then what is dropped with it ends its processes and removes its
/// folders.
async fn unless_stopped<T>(
    measured: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let no_signals = |error| Failure::caused("cannot listen to signals", error);
    let stop = stop_signal().map_err(no_signals)?;
    // A terminal that is closed, or a connection that is lost, ends what it watched.
    let mut hangup = signal(SignalKind::hangup()).map_err(no_signals)?;
    let stopped = || Err(Failure::because("stopped before there were figures"));
    let measured = tokio::select! {
        measured = measured => measured,
        () = stop => stopped(),
        _ = hangup.recv() => stopped(),
    };
    stage::cleared().await;
    measured
}
