//! `xabar bench ussd`: how fast dialogues go, and what open ones take.
//!
//! Phones behind a simulated operator dial the menu that comes with the gateway, over one SMPP session. The gateway is
//! a process of its own, without a broker, once for dialogues from end to end and once for those that stay open. A run
//! in which any screen was not as it should be has no figures.

mod check;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::sleep;

use super::Failure;
use super::folder::Folder;
use super::process::{self, Watched};
use super::{gateway, progress};
use crate::simulator::crowd::{self, Begins, Calls, Fared};
use crate::simulator::{self, PhoneMemory, Simulator};
use check::{excess, expected, faults};
use report::{Dialogues, Opened, Report};

/// Measures USSD dialogues: how many a second, how long a step takes, what open ones take of memory
///
/// Phones behind a simulated operator dial the gateway's own menu over one SMPP session: each
/// chooses a language, which the journal keeps, asks how its applications stand, goes back, and hangs
/// up. Then others dial and stay, and the gateway's memory is compared with what it was before; at
/// last each of them answers, to see that none was forgotten. Where they take more than is promised, the
/// exit code is 1.
///
/// It needs no RabbitMQ. Everything goes over 127.0.0.1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar bench ussd
  xabar bench ussd --at-once 1000 --json
  xabar bench ussd --open 100000                 as many as are ever kept")]
pub(super) struct Ussd {
    /// Dialogues from the dialled code to the end
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    dialogues: u32,
    /// So many of them are under way at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    at_once: u16,
    /// Dialogues that stay open
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    open: u32,
    /// Where the gateway's journal goes: the disk matters [default: the temporary folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What is dialled.
const CODE: &str = "*555#";

/// The fifth language, applications, back.
const ANSWERS: [&str; 3] = ["5", "1", "0"];

/// Screens of one dialogue: that of the code, and one for each answer.
const STEPS: u64 = 1 + ANSWERS.len() as u64;

/// The first phone of those whose dialogues are measured, of those that stay, and of those that dial before.
const MEASURED: u64 = 998_930_000_000;
const STAYING: u64 = 998_940_000_000;
const BEFORE: u64 = 998_950_000_000;

/// Dialogues before anything is measured: connections are made, and what is made once is there.
const WARM_UP: u32 = 200;

/// For any screen to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// After that the allocator has given back what it does not need.
const SETTLED: Duration = Duration::from_secs(2);

impl Ussd {
    pub(super) async fn measure(&self) -> Result<Report, Failure> {
        process::ensure_counted()?;
        let folder = Folder::make(self.data.as_deref())?;
        Ok(Report {
            dialogues: self.measure_dialogues(&folder).await?,
            opened: self.measure_open(&folder).await?,
        })
    }

    pub(super) fn print(&self, report: &Report) -> Result<(), Failure> {
        report.print(self.json)?;
        match excess(&report.opened) {
            Some(why) => Err(Failure::because(why)),
            None => Ok(()),
        }
    }

    async fn measure_dialogues(&self, folder: &Folder) -> Result<Dialogues, Failure> {
        let mut rig = Rig::start(folder, "dialogues").await?;
        let before = rig.gateway.look()?.cpu;
        let fared = rig
            .play("dialogues", self.whole(MEASURED, self.dialogues))
            .await?;
        let cpu = rig.gateway.look()?.cpu.saturating_sub(before);
        rig.end()?;
        Ok(Dialogues {
            at_once: self.at_once,
            fared,
            cpu,
        })
    }

    async fn measure_open(&self, folder: &Folder) -> Result<Opened, Failure> {
        let mut rig = Rig::start(folder, "open").await?;
        rig.play("warm-up", self.whole(BEFORE, WARM_UP)).await?;
        sleep(SETTLED).await;
        let before_kib = rig.gateway.rss_kib()?;
        rig.play(
            "opening dialogues",
            self.staying(Begins::Dials(CODE.into())),
        )
        .await?;
        sleep(SETTLED).await;
        let after_kib = rig.gateway.rss_kib()?;
        // Whoever was forgotten would be told so, with a last screen.
        let [language, ..] = ANSWERS;
        rig.play(
            "open dialogues",
            self.staying(Begins::Answers(language.into())),
        )
        .await?;
        rig.gateway.look()?;
        let peak_kib = rig.gateway.peak_rss_kib();
        rig.end()?;
        Ok(Opened {
            dialogues: self.open,
            before_kib,
            after_kib,
            peak_kib,
        })
    }

    /// Dialogues from end to end.
    fn whole(&self, first: u64, phones: u32) -> Calls {
        Calls {
            first,
            phones,
            begins: Begins::Dials(CODE.into()),
            answers: ANSWERS.map(str::to_owned).into(),
            at_once: self.at_once.into(),
            hangs_up: true,
        }
    }

    /// One step of those that stay.
    fn staying(&self, begins: Begins) -> Calls {
        Calls {
            first: STAYING,
            phones: self.open,
            begins,
            answers: Vec::new(),
            at_once: self.at_once.into(),
            hangs_up: false,
        }
    }
}

/// A gateway in a process of its own, and an operator with phones.
struct Rig {
    gateway: Watched,
    operator: Simulator,
}

impl Rig {
    async fn start(folder: &Folder, name: &str) -> Result<Self, Failure> {
        let settings = simulator::Settings {
            // Texts are read, and not kept.
            phones: PhoneMemory {
                phones: 1,
                texts: 1,
            },
            ..simulator::Settings::default()
        };
        let operator = Simulator::start(settings).await;
        let operator = operator
            .map_err(|error| Failure::caused("cannot start the simulated operator", error))?;
        let folder = folder.fresh(name)?;
        let configuration = configuration(operator.address(), &folder);
        let mut gateway = gateway::start_by(&configuration, &folder)?;
        gateway::until_bound(&operator.handle(), &mut gateway).await?;
        Ok(Self { gateway, operator })
    }

    /// Has phones make these calls, all of which have to go as they should.
    async fn play(&mut self, what: &str, calls: Calls) -> Result<Fared, Failure> {
        let bar = progress::bar(what.to_owned(), calls.phones.into());
        let expected = expected(&calls);
        let handle = self.operator.handle();
        let fared = crowd::play(&handle, calls, PATIENCE, |over| bar.set_position(over)).await?;
        bar.finish_and_clear();
        self.gateway.ensure_runs()?;
        match faults(&fared, &expected).as_slice() {
            [] => Ok(fared),
            faults => Err(self.gateway.failure(&format!(
                "did not lead all dialogues ({what}), so it has no figures: {}",
                faults.join("; ")
            ))),
        }
    }

    fn end(mut self) -> Result<(), Failure> {
        self.gateway.terminate()?;
        self.gateway.ended_well()
    }
}

/// Nobody takes so long as to be forgotten, and who hung up is forgotten at once.
fn configuration(operator: std::net::SocketAddr, folder: &std::path::Path) -> String {
    let journal = gateway::journal_url(folder);
    format!(
        r#"
[journal]
url = {journal}

[log]
level = "warn"

[[operator]]
name = "bench"
prefixes = ["998"]
address = "{operator}"
system_id = "xabar"
password = "secret"
sender = "MyGov"
number = "555"
sessions = 1
window = 1000

[operator.ussd]
answer = "10m"
resume = "0s"
"#
    )
}
