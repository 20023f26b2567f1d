//! The configuration: one TOML file, overridden by the environment, checked as a whole.
//!
//! In: the text of `config/xabar.toml` and the environment. Out: [`Settings`] that nothing later
//! has to check again, or every [`Problem`] at once. The structs mirror the tables one to one;
//! what each key does stands in the file itself.

pub(crate) mod agency;
mod amqp;
mod audit;
mod bind;
mod bulk;
mod changes;
mod dialogue;
pub(crate) mod document;
mod environment;
mod errors;
mod fallback;
pub(crate) mod files;
mod hours;
mod http;
mod journal;
mod lanes;
mod log;
mod logins;
mod lookup;
mod messages;
mod numbers;
mod operator;
mod outbind;
mod private;
mod problem;
pub(crate) mod reading;
mod retry;
mod routing;
mod secret;
mod sender;
mod service;
pub(crate) mod subscriber;
mod timing;
mod tls;
mod traces;
mod urgent;
mod ussd;
pub(crate) mod values;
mod weight;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use agency::{Agency, DailyQuota, MOST_AGENCY_WEIGHT, USUAL_WEIGHT};
pub use amqp::{IntakeAmqp, IntakeSettings, OutcomeSettings, OutcomesAmqp};
pub use audit::AuditSettings;
pub use bind::{Bind, Directions, MOST_SESSIONS, MOST_TPS, MOST_WINDOW, Reach};
pub use bulk::{Bulk, Spread};
pub use changes::{Changes, Written};
pub use dialogue::DialogueSettings;
pub use environment::Environment;
pub use errors::Errors;
pub use hours::Hours;
pub use http::{Http, HttpTls};
pub use journal::JournalSettings;
pub use lanes::LaneShares;
pub use log::{LogFormat, LogSettings, filter};
pub use lookup::LookupSettings;
pub use numbers::NumberSettings;
pub use operator::{InterfaceVersion, Operator};
pub use outbind::Outbind;
pub use problem::{Place, Problem};
pub use routing::RoutingSettings;
pub use secret::{Secret, SecretUrl};
pub use sender::Sender;
pub use service::NamedService;
pub use subscriber::{Limit, QuietHours, RELEASE, Subscriber};
pub use timing::Timing;
pub use traces::TracesSettings;
pub use urgent::{Entitled, Urgent};
pub use ussd::{PushSettings, UssdSettings};
pub use weight::MOST_WEIGHT;

use document::Node;
use reading::{Cell, Report, Table};

use crate::delivery::retry::Policy;

/// All that can be configured.
#[derive(Clone, Debug)]
pub struct Settings {
    pub intake: IntakeSettings,
    pub outcomes: OutcomeSettings,
    pub timing: Timing,
    pub retry: Policy,
    /// `None`: no HTTP.
    pub http: Option<Http>,
    pub journal: JournalSettings,
    pub audit: AuditSettings,
    pub subscriber: Subscriber,
    pub dialogue: DialogueSettings,
    pub lanes: LaneShares,
    pub urgent: Urgent,
    pub bulk: Bulk,
    pub agencies: Vec<Agency>,
    pub operators: Vec<Operator>,
    pub senders: Vec<Sender>,
    pub routing: RoutingSettings,
    pub numbers: NumberSettings,
    /// The folder of the texts; `None`: those that are built in.
    pub messages: Option<PathBuf>,
    /// The folder of the USSD menus; `None`: the one that is built in.
    pub menus: Option<PathBuf>,
    pub log: LogSettings,
    /// `None`: no message is traced.
    pub traces: Option<TracesSettings>,
    /// What works, but perhaps not as it was meant.
    pub warnings: Vec<Problem>,
    /// The services that it names, known or not.
    pub services: Vec<NamedService>,
    /// As it was written, to see what a later version changes.
    pub written: Written,
}

/// A configuration as far as it can be read, for whoever looks for mistakes in the files that it names as well.
pub struct Draft {
    /// `None`: nothing can be made of it.
    pub settings: Option<Settings>,
    /// What every operator is called that stands there, good or not; `None`: the file is no TOML, so some may be missing.
    pub operators: Option<Vec<String>>,
    pub problems: Vec<Problem>,
}

impl Draft {
    /// Reads a configuration file.
    pub fn load(path: &Path, environment: &Environment) -> Self {
        match read_file(path) {
            Ok(text) => Self::read(&text, path, environment),
            // What stands beside it may be read all the same.
            Err(problem) => Self {
                operators: None,
                problems: vec![problem],
                ..Self::read("", path, environment)
            },
        }
    }

    fn read(text: &str, path: &Path, environment: &Environment) -> Self {
        let report = Report::new(path, environment);
        let root = tree(text, &report);
        let is_toml = report.is_toml();
        let mut operators = Vec::new();
        let settings = Cell {
            key: String::new(),
            node: &root,
            report: &report,
        }
        .table(|table| {
            let written = operator::written(table);
            let settings = settings(table, &written);
            operators = written.names;
            Some(settings)
        });
        let (warnings, services) = (report.take_warnings(), report.take_services());
        Self {
            settings: settings.map(|settings| Settings {
                warnings,
                services,
                written: Written::new(root),
                ..settings
            }),
            operators: is_toml.then_some(operators),
            problems: report.into_problems(),
        }
    }

    fn checked(self) -> Result<Settings, Vec<Problem>> {
        match (self.settings, self.problems) {
            (Some(settings), problems) if problems.is_empty() => Ok(settings),
            (_, problems) => Err(problems),
        }
    }
}

impl Settings {
    /// Reads and checks a configuration file.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, Vec<Problem>> {
        Draft::load(path, environment).checked()
    }

    /// Checks the text of a configuration file that stands, or would stand, at `path`.
    pub fn read(text: &str, path: &Path, environment: &Environment) -> Result<Self, Vec<Problem>> {
        Draft::read(text, path, environment).checked()
    }
}

fn settings(table: &mut Table<'_>, written: &operator::Written) -> Settings {
    let intake = amqp::intake(table);
    let http = http::http(table);
    let operators = operator::operators(table, http.as_ref());
    let subscriber = subscriber::subscriber(table);
    let journal = journal::journal(table);
    Settings {
        outcomes: amqp::outcomes(table, &intake),
        intake,
        timing: timing::timing(table),
        retry: retry::retry(table, &operators),
        http,
        audit: audit::audit(table, &journal),
        journal,
        dialogue: dialogue::dialogue(table),
        lanes: lanes::lanes(table),
        urgent: urgent::urgent(table),
        bulk: bulk::bulk(table, subscriber.quiet_hours.as_ref()),
        subscriber,
        agencies: agency::agencies(table),
        senders: sender::senders(table, written),
        routing: routing::routing(table, &written.names),
        numbers: numbers::numbers(table),
        operators,
        messages: messages::messages(table),
        menus: messages::menus(table),
        log: log::log(table),
        traces: table.optional("traces", traces::traces),
        warnings: Vec::new(),
        services: Vec::new(),
        written: Written::default(),
    }
}

/// The values of the file with those of the environment over them.
fn tree(text: &str, report: &Report<'_>) -> Node {
    let (mut root, errors) = document::parse(text);
    for error in errors {
        report.syntax_error(&error.origin, &error.message);
    }
    report
        .environment
        .override_in(&mut root, |variable, why| report.lost(variable, why));
    root
}

/// No configuration is that long; a device or a log given by mistake may be endless.
const MOST_OCTETS: u64 = 4 << 20;

fn read_file(path: &Path) -> Result<String, Problem> {
    use std::io::Read;
    let problem = |what: String, right: &str| Problem {
        place: Place::File(path.to_owned()),
        key: String::new(),
        what,
        right: right.to_owned(),
    };
    let unreadable = |error: std::io::Error| {
        problem(
            format!("cannot be read: {error}"),
            "name a file with --config",
        )
    };
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MOST_OCTETS + 1)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > MOST_OCTETS {
        return Err(problem(
            "is longer than 4 MiB".to_owned(),
            "name a configuration file with --config",
        ));
    }
    String::from_utf8(text).map_err(|_| problem("is not UTF-8 text".to_owned(), "save it as UTF-8"))
}
