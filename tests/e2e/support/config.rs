//! A configuration written for one test, with names, ports and a folder of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use xabar_events::Language;

use super::broker::{Broker, free_port};

/// What a gateway under test goes by. The waits are short, so that tests are.
#[derive(Clone, Debug)]
pub struct Config {
    pub broker: String,
    pub exchange: String,
    pub queue: String,
    pub rejected: String,
    pub outcomes: String,
    pub http: u16,
    /// `host:port` of the SMSC; several with commas between them.
    pub smsc: String,
    pub password: String,
    pub sessions: usize,
    pub window: usize,
    pub tps: Option<usize>,
    /// After how long a silence the SMSC is asked whether it is there; `None`: the default.
    pub enquire_link: Option<Duration>,
    /// At most so many messages to one subscriber in so many seconds.
    pub limits: Vec<(usize, u64)>,
    /// How long a response may take, and then how long an uncertain submission waits.
    pub response: Duration,
    pub uncertain: Duration,
    /// How long a receipt is waited for; `None`: the default.
    pub receipt: Option<Duration>,
    pub shutdown: Duration,
    /// What who chose no language is written to in; `None`: the default.
    pub default_language: Option<Language>,
    pub log: String,
    /// The path of the journal, relative to the folder.
    pub journal: String,
    /// More keys and tables of the operator.
    pub more: String,
}

impl Config {
    /// For a gateway between this broker and an SMSC at `smsc`.
    pub fn new(broker: &Broker, smsc: String) -> Self {
        let name = |what| broker.name(what);
        Self {
            broker: broker.url(),
            exchange: name("events"),
            queue: name("queue"),
            rejected: name("rejected"),
            outcomes: name("outcomes"),
            http: free_port(),
            smsc,
            password: PASSWORD.into(),
            sessions: 2,
            window: 50,
            tps: None,
            enquire_link: None,
            limits: Vec::new(),
            response: Duration::from_secs(1),
            uncertain: Duration::from_secs(1),
            receipt: None,
            shutdown: Duration::from_secs(10),
            default_language: None,
            log: "info".into(),
            journal: "data/xabar.db".into(),
            more: String::new(),
        }
    }

    pub fn to_toml(&self) -> String {
        let Self {
            broker,
            exchange,
            queue,
            rejected,
            outcomes,
            http,
            smsc,
            password,
            sessions,
            window,
            log,
            journal,
            ..
        } = self;
        let [response, uncertain, shutdown] =
            [self.response, self.uncertain, self.shutdown].map(|time| time.as_millis());
        let limits = self
            .limits
            .iter()
            .map(|(messages, per)| format!("{{ messages = {messages}, per = \"{per}s\" }}"));
        let receipt = self
            .receipt
            .map(|time| format!("receipt = \"{}ms\"", time.as_millis()));
        let receipt = receipt.unwrap_or_default();
        let language = self
            .default_language
            .map(|language| format!("default_language = \"{language}\""));
        let language = language.unwrap_or_default();
        let addresses: Vec<String> = smsc.split(',').map(|it| format!("{it:?}")).collect();
        let addresses = addresses.join(", ");
        let limits: Vec<String> = limits.collect();
        let limits = limits.join(", ");
        let mut toml = format!(
            r#"
[intake.amqp]
url = "{broker}"
exchange = "{exchange}"
queue = "{queue}"
dead_letter_exchange = "{rejected}"

[outcomes.amqp]
exchange = "{outcomes}"

[timing]
response = "{response}ms"
uncertain = "{uncertain}ms"
shutdown = "{shutdown}ms"
{receipt}

[http]
listen = "127.0.0.1:{http}"

[journal]
url = "sqlite:{journal}"

[subscriber]
limits = [{limits}]
{language}

[log]
level = "{log}"

[[operator]]
name = "ucell"
prefixes = ["998"]
address = [{addresses}]
system_id = "xabar"
password = "{password}"
sender = "MyGov"
sessions = {sessions}
window = {window}
"#
        );
        if let Some(tps) = self.tps {
            writeln!(toml, "tps = {tps}").expect("a String takes it");
        }
        if let Some(silence) = self.enquire_link {
            let silence = silence.as_millis();
            writeln!(toml, "enquire_link = \"{silence}ms\"").expect("a String takes it");
        }
        toml + &self.more
    }
}

/// All that the gateway can log; other people's code at info, as it would when operations look into something.
pub const EVERYTHING: &str = "info,xabar=trace,xabar_smpp=trace,xabar_events=trace,lapin=trace";

/// What the gateway binds with; the privacy test looks for it in every log line.
pub const PASSWORD: &str = "geheim7";

/// A folder with a configuration in which a gateway runs. It goes away with the test.
pub struct Home {
    folder: PathBuf,
}

impl Home {
    pub fn new(config: &Config) -> Self {
        static HOMES: AtomicU32 = AtomicU32::new(0);
        let number = HOMES.fetch_add(1, Ordering::Relaxed);
        let name = format!("xabar-home-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let home = Self { folder };
        home.configure(&config.to_toml());
        home
    }

    pub fn configure(&self, toml: &str) {
        std::fs::write(self.path("xabar.toml"), toml).expect("the folder is ours");
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    /// `xabar COMMAND --config … ARGUMENTS`, in this folder and with nothing from the environment.
    pub fn xabar(&self, command: &str, arguments: &[&str]) -> Command {
        let mut xabar = Command::new(env!("CARGO_BIN_EXE_xabar"));
        xabar
            .args(command.split(' '))
            .arg("--config")
            .arg(self.path("xabar.toml"))
            .args(arguments)
            .current_dir(&self.folder);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("XABAR") {
                xabar.env_remove(name);
            }
        }
        xabar
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
