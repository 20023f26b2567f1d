//! The simulated operators: who they are, how their SMSCs behave, and the configuration that
//! the gateway gets.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use xabar_events::sample::SERVICES;

use super::state::Operator;
use crate::simulator::{
    Behaviour, Delay, PhoneMemory, Receipts, Settings as SimulatorSettings, Share, Simulator,
};

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    name: &'static str,
    prefixes: &'static [&'static str],
    sessions: u16,
    /// Per session.
    window: u16,
    /// What the gateway is told.
    tps: u32,
    /// What the SMSC takes, if that is less.
    cap: Option<usize>,
    latency: Delay,
    /// How long a message takes to its phone.
    transit: Delay,
    undelivered: f64,
}

/// The operators for so many events a second. The third takes less than its contract says.
pub(super) fn profiles(rate: u32) -> [Profile; 3] {
    let ucell = Profile {
        name: "ucell",
        prefixes: &["99893", "99894", "99850"],
        sessions: 2,
        window: 16,
        tps: rate.max(5) * 4,
        cap: None,
        latency: millis(15, 20),
        transit: millis(250, 600),
        undelivered: 0.0,
    };
    let others = Profile {
        name: "others",
        prefixes: &[
            "99890", "99891", "99895", "99899", "99877", "99897", "99888",
        ],
        latency: millis(25, 40),
        transit: millis(400, 900),
        undelivered: 0.01,
        ..ucell
    };
    let tps = rate.max(5) * 2;
    let regional = Profile {
        name: "regional",
        prefixes: &["99898", "99833", "99820"],
        sessions: 1,
        window: 32,
        tps,
        cap: usize::try_from(tps * 2 / 5).ok(),
        transit: millis(600, 1_200),
        ..ucell
    };
    [ucell, others, regional]
}

const fn millis(fixed: u64, jitter: u64) -> Delay {
    Delay {
        fixed: Duration::from_millis(fixed),
        jitter: Duration::from_millis(jitter),
    }
}

impl Profile {
    /// Its name, and how it is shown.
    pub(super) fn shown(&self) -> Operator {
        Operator::new(
            self.name,
            self.sessions.into(),
            self.window.into(),
            self.tps,
        )
    }

    /// Listens on a port that the system chooses.
    pub(super) async fn start(&self, seed: u64) -> io::Result<Simulator> {
        let behaviour = Behaviour {
            latency: self.latency,
            tps: self.cap,
            receipts: Receipts {
                delay: self.transit,
                undelivered: Share::try_from(self.undelivered).unwrap_or_default(),
                ..Receipts::default()
            },
            ..Behaviour::default()
        };
        Simulator::start(SimulatorSettings {
            behaviour,
            seed: Some(seed),
            phones: PhoneMemory {
                phones: 100,
                texts: 5,
            },
            ..SimulatorSettings::default()
        })
        .await
    }
}

/// What the gateway runs by: `config/xabar.toml` without RabbitMQ, with a limit that is soon met.
pub(super) fn configuration(
    listen: SocketAddr,
    journal: &Path,
    operators: &[(Profile, SocketAddr)],
) -> String {
    let journal = json!(format!("sqlite:{}", journal.display()));
    let operators: String = operators
        .iter()
        .map(|(profile, address)| table(profile, *address))
        .collect();
    let mut agencies: Vec<_> = SERVICES.iter().map(|service| service.agency).collect();
    agencies.dedup();
    // Some of what they publish is.
    let legal = |name| format!("\n[[agency]]\nname = \"{name}\"\nlegal = true\n");
    let agencies: String = agencies.into_iter().map(legal).collect();
    format!(
        r#"# What `xabar demo` ran by.
[timing]
shutdown = "1500ms"

[http]
listen = "{listen}"
insecure = true # It shows samples only.

[journal]
url = {journal}

[subscriber]
limits = [ {{ messages = 3, per = "2m" }} ]
{operators}{agencies}"#
    )
}

fn table(profile: &Profile, address: SocketAddr) -> String {
    format!(
        r#"
[[operator]]
name = "{}"
prefixes = {}
address = "{address}"
system_id = "xabar"
password = "demo"
sender = "MyGov"
number = "555"
sessions = {}
window = {}
tps = {}

[operator.ussd]
"#,
        profile.name,
        json!(profile.prefixes),
        profile.sessions,
        profile.window,
        profile.tps
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::settings::{Environment, Settings};

    #[test]
    fn the_configuration_is_one_that_the_gateway_takes() {
        let address = SocketAddr::from(([127, 0, 0, 1], 2775));
        let operators = profiles(30).map(|profile| (profile, address));
        let journal = Path::new("/tmp/a \"b\"/xabar.db");
        let text = configuration(address, journal, &operators);
        let settings = Settings::read(&text, Path::new("demo.toml"), &Environment::default());
        let settings = settings.unwrap();
        assert_eq!(
            settings.journal.url,
            crate::journal::Location::Sqlite(journal.into())
        );
        assert_eq!(settings.operators.len(), 3);
        assert!(settings.intake.amqp.is_none());
    }
}
