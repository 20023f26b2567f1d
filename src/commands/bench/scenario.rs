//! One setting, and a run of floor and gateway in it.

use std::time::Duration;

use indicatif::ProgressBar;

use super::check::{Aftermath, accept};
use super::course::{Cost, Course};
use super::events::{Load, text_of};
use super::floor::{Plan, Way};
use super::folder::Folder;
use super::preload::Preloaded;
use super::stage::Stage;
use super::{Failure, events, floor, gateway, harvest, progress, publishing};
use crate::clock::{Clock, UnixMillis};
use crate::compose::Catalog;
use crate::simulator::{self, PhoneMemory, Simulator};

/// What floor and gateway run under.
#[derive(Clone, Copy)]
pub(super) struct Scenario<'a> {
    pub(super) url: &'a str,
    /// The broker's process, if it is ours.
    pub(super) broker: Option<u32>,
    pub(super) folder: &'a Folder,
    pub(super) load: Load,
    pub(super) batch: u32,
    pub(super) sessions: u16,
    pub(super) window: u16,
}

/// A run of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) floor: Cost,
    pub(super) gateway: Cost,
    /// Events a second that the publisher filled the queues with.
    pub(super) published: f64,
}

/// `1 agency, batches of up to 100`
pub(super) fn name(agencies: u32, batch: u32) -> String {
    let agencies = match agencies {
        1 => "1 agency".to_owned(),
        many => format!("{many} agencies"),
    };
    match batch {
        1 => format!("{agencies}, outcomes one by one"),
        batch => format!("{agencies}, batches of up to {batch}"),
    }
}

/// Runs the floor, then the gateway.
pub(super) async fn run(
    setup: &Scenario<'_>,
    preloaded: Option<&Preloaded>,
) -> Result<Pair, Failure> {
    let (floor, first) = run_floor(setup).await?;
    let (gateway, second) = run_gateway(setup, preloaded).await?;
    let filling = (first + second).as_secs_f64();
    Ok(Pair {
        floor,
        gateway,
        published: 2.0 * setup.load.messages as f64 / filling.max(f64::MIN_POSITIVE),
    })
}

async fn run_floor(setup: &Scenario<'_>) -> Result<(Cost, Duration), Failure> {
    let ready = Ready::make(setup, "floor").await?;
    let names = &ready.stage.names;
    let way = Way {
        url: setup.url.to_owned(),
        queue: names.queue.to_string(),
        outcomes: names.outcomes.to_string(),
        agencies: events::agencies(setup.load.agencies)
            .iter()
            .map(|agency| agency.name().to_owned())
            .collect(),
        batch: setup.batch as usize,
    };
    let plan = setup.plan(&ready.simulator, Some(way));
    let mut child = floor::start(&plan)?;
    let handle = ready.simulator.handle();
    let course = ready.course(setup, &mut child, &handle);
    let cost = course.follow(false).await?;
    let filling = ready.filling;
    let faults = ready.aftermath(false).await?;
    accept("floor", &faults.faults_of_floor(setup.load.messages))?;
    Ok((cost, filling))
}

async fn run_gateway(
    setup: &Scenario<'_>,
    preloaded: Option<&Preloaded>,
) -> Result<(Cost, Duration), Failure> {
    let folder = setup.folder.fresh("gateway")?;
    if let Some(preloaded) = preloaded {
        preloaded.copy_to(&folder)?;
    }
    let ready = Ready::make(setup, "gateway").await?;
    let address = ready.simulator.address();
    let mut child = gateway::start(setup, &ready.stage.names, address, None, &folder)?;
    let handle = ready.simulator.handle();
    let course = ready.course(setup, &mut child, &handle);
    let cost = course.follow(true).await?;
    let filling = ready.filling;
    let faults = ready.aftermath(true).await?;
    accept("gateway", &faults.faults_of_gateway(setup.load.messages))?;
    Ok((cost, filling))
}

impl Scenario<'_> {
    /// What the floor is to do.
    pub(super) fn plan(&self, simulator: &Simulator, way: Option<Way>) -> Plan {
        Plan {
            broker: way,
            smsc: simulator.address(),
            sessions: self.sessions,
            window: self.window,
            messages: self.load.messages,
            text: self.typical_text(),
        }
    }

    /// A text as long as the gateway's are on average.
    fn typical_text(&self) -> String {
        const LOOKED_AT: usize = 500;
        let catalog = Catalog::built_in();
        let events = self.load.events(UnixMillis::default()).take(LOOKED_AT);
        let texts: Vec<String> = events
            .filter_map(|event| text_of(&catalog, &event))
            .collect();
        let octets: usize = texts.iter().map(String::len).sum();
        "x".repeat(octets / texts.len().max(1))
    }

    /// The same simulated operator for all.
    pub(super) fn simulator_settings(&self) -> simulator::Settings {
        simulator::Settings {
            seed: Some(self.load.seed),
            tape: usize::try_from(self.load.messages * 2).unwrap_or(usize::MAX),
            phones: PhoneMemory {
                phones: 0,
                texts: 0,
            },
            ..simulator::Settings::default()
        }
    }

    pub(super) async fn simulator(&self) -> Result<Simulator, Failure> {
        let simulator = Simulator::start(self.simulator_settings()).await;
        simulator.map_err(|error| Failure::caused("cannot start the simulated operator", error))
    }
}

/// A full queue and an operator that waits.
struct Ready {
    stage: Stage,
    simulator: Simulator,
    filling: Duration,
    progress: ProgressBar,
}

impl Ready {
    async fn make(setup: &Scenario<'_>, who: &str) -> Result<Self, Failure> {
        let stage = Stage::open(setup.url).await?;
        let messages = setup.load.messages;
        let progress = progress::bar(format!("filling the queue for the {who}"), messages);
        let now = Clock::starting_after(UnixMillis::default()).now().wall;
        let filling = publishing::fill(&stage, setup.load, now, &progress).await?;
        progress.finish_and_clear();
        let what = name(setup.load.agencies, setup.batch);
        let progress = progress::bar(format!("{who}, {what}"), messages);
        Ok(Self {
            stage,
            simulator: setup.simulator().await?,
            filling,
            progress,
        })
    }

    fn course<'a>(
        &'a self,
        setup: &Scenario<'_>,
        child: &'a mut super::process::Watched,
        handle: &'a simulator::Handle,
    ) -> Course<'a> {
        Course {
            child,
            simulator: handle,
            stage: Some(&self.stage),
            broker: setup.broker,
            messages: setup.load.messages,
            progress: &self.progress,
        }
    }

    /// Looks at what the run left, and clears it away.
    async fn aftermath(self, of_gateway: bool) -> Result<Aftermath, Failure> {
        let Self {
            stage,
            simulator,
            progress,
            ..
        } = self;
        progress.finish_and_clear();
        harvest::aftermath(stage, simulator, of_gateway).await
    }
}
