//! The gateway under test: the program itself, with a configuration written for the run.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Failure;
use super::events::Load;
use super::process::Watched;
use super::scenario::Scenario;
use super::stage::Names;
use crate::control::settings::subscriber::MOST_MESSAGES;
use crate::simulator::Handle;

/// Starts `xabar run` with its configuration in `folder`, and its journal there. It listens where it is told to
/// for whoever asks what it counts.
pub(super) fn start(
    setup: &Scenario<'_>,
    names: &Names,
    smsc: SocketAddr,
    http: Option<SocketAddr>,
    folder: &Path,
) -> Result<Watched, Failure> {
    let mut configuration = configuration(setup, names, smsc, folder);
    if let Some(http) = http {
        configuration += &format!("\n[http]\nlisten = \"{http}\"\n");
    }
    start_by(&configuration, folder)
}

/// Starts `xabar run` by this configuration, and keeps it in `folder`.
pub(super) fn start_by(configuration: &str, folder: &Path) -> Result<Watched, Failure> {
    let path = folder.join("xabar.toml");
    std::fs::write(&path, configuration)
        .map_err(|error| Failure::caused(format!("cannot write {}", path.display()), error))?;
    let mut command = Command::new(program()?);
    command.arg("run").arg("--config").arg(&path);
    command.current_dir(folder);
    Watched::start(command, "gateway")
}

/// For the gateway's sessions to be there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the gateway has bound.
pub(super) async fn until_bound(handle: &Handle, child: &mut Watched) -> Result<(), Failure> {
    let bound = async {
        while handle.figures().await?.sessions == 0 {
            child.ensure_runs()?;
            sleep(Duration::from_millis(20)).await;
        }
        Ok::<_, Failure>(())
    };
    match timeout(PATIENCE, bound).await {
        Ok(bound) => bound,
        Err(_) => Err(child.failure("did not bind")),
    }
}

/// This very program.
pub(super) fn program() -> Result<std::path::PathBuf, Failure> {
    std::env::current_exe().map_err(|error| Failure::caused("cannot find this program", error))
}

/// A subscriber's limits are by so much above what they get in a run: they may have got one before.
const MARGIN: u64 = 2;

/// The limits that hold nobody back have to be ones that the gateway takes.
pub(super) fn ensure_limits_suffice(load: &Load) -> Result<(), Failure> {
    let most = u64::from(MOST_MESSAGES) - MARGIN;
    let Load {
        messages,
        subscribers,
        ..
    } = load;
    match load.messages_each() {
        each if each <= most => Ok(()),
        each => Err(Failure::Usage(format!(
            "--subscribers {subscribers} is too few for --messages {messages}: each would get {each}, which no limit of a \
             subscriber lets through; give --subscribers {} or more",
            messages.div_ceil(most)
        ))),
    }
}

/// Everything on that is on by default, and limits that nothing of this run reaches.
fn configuration(setup: &Scenario<'_>, names: &Names, smsc: SocketAddr, folder: &Path) -> String {
    let Scenario {
        batch,
        sessions,
        window,
        ..
    } = setup;
    let unreached = setup.load.messages_each() + MARGIN;
    let (short, long) = (unreached.max(3), unreached.max(10));
    let url = quoted(setup.url);
    let journal = journal_url(folder);
    let [exchange, queue, rejected, outcomes] = [
        &names.exchange,
        &names.queue,
        &names.rejected,
        &names.outcomes,
    ];
    format!(
        r#"
[intake.amqp]
url = {url}
exchange = "{exchange}"
queue = "{queue}"
dead_letter_exchange = "{rejected}"

[outcomes.amqp]
exchange = "{outcomes}"
batch = {batch}

[timing]
shutdown = "30m"

[journal]
url = {journal}

[subscriber]
limits = [ {{ messages = {short}, per = "10m" }}, {{ messages = {long}, per = "24h" }} ]

[log]
level = "warn"

[[operator]]
name = "bench"
prefixes = ["998"]
address = "{smsc}"
system_id = "xabar"
password = "secret"
sender = "MyGov"
sessions = {sessions}
window = {window}
"#
    )
}

pub(super) fn journal(folder: &Path) -> std::path::PathBuf {
    folder.join("journal").join("xabar.db")
}

/// Its address, as TOML writes a text.
pub(super) fn journal_url(folder: &Path) -> String {
    quoted(&format!("sqlite:{}", journal(folder).display()))
}

/// A text as JSON writes it is one as TOML reads it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
