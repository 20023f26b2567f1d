//! Puts the rooms together, starts them in order and stops them in order.

mod doubts;
mod fitting;
mod reload;
mod stopping;
mod taking_in;
mod what_if;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use tokio_util::sync::CancellationToken;
use tracing::warn;
use xabar_events::Outcome;

pub use self::doubts::doubts;
pub use self::reload::Rules;
use crate::broker::BrokerState;
use crate::clock::Clock;
use crate::compose::Catalog;
use crate::control::access::{Access, Denials};
use crate::control::audit::Audit;
use crate::control::http::{self, Api, Archive, Desk, WhatIf};
use crate::control::metrics::Metrics;
use crate::control::readiness::{Part, Readiness};
use crate::control::reload::{Wish, warn_of};
use crate::control::settings::{Problem, Settings};
use crate::control::standing::Standing;
use crate::control::status::{self, Observed, Sources, Status};
use crate::delivery;
use crate::intake::amqp::Source;
use crate::intake::http::HttpIntake;
use crate::intake::{Batch, Refusals};
use crate::journal::{self, JournalError, OperatorId};
use crate::lookup::{self, Lookup};
use crate::numbers::Numbers;
use crate::outcome::{self, Feed, Shown, Wording};
use crate::pipeline::{self, Channels, Core, Load};
use crate::traces;

/// Batches that wait at the door; behind them, intake reads no more.
const DOOR: usize = 16;

/// Reports that wait for the pipeline; behind them, the operators' sockets are read no more.
const REPORTS: usize = 256;

/// Steps of USSD dialogues over HTTP that wait for the pipeline; behind them, aggregators wait.
const POSTED: usize = 256;

/// Orders of staff that wait for the pipeline.
const ORDERS: usize = 16;

/// Commits whose outcomes wait for the outcome room; behind them, it reads the outbox itself.
const OUTGOING: usize = 6;

/// A running gateway.
pub struct Gateway {
    readiness: Readiness,
    rules: Rules,
    wishes: Option<mpsc::Receiver<Wish>>,
    http: Option<SocketAddr>,
    shutdown: Duration,
    /// In the order in which they stop.
    intake: CancellationToken,
    intake_tasks: Vec<JoinHandle<()>>,
    http_task: Option<JoinHandle<()>>,
    stopping: CancellationToken,
    operators: CancellationToken,
    operator_tasks: Vec<JoinHandle<()>>,
    links: Vec<Observed>,
    pipeline: CancellationToken,
    ended: oneshot::Receiver<Result<Core, JournalError>>,
    outcome: CancellationToken,
    outcome_task: JoinHandle<()>,
    outcome_state: watch::Sender<BrokerState>,
    traces_task: Option<JoinHandle<()>>,
}

/// How a gateway ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Messages with an attempt that has no answer, those that wait to be repeated among them.
    pub uncertain: u64,
}

/// Why a gateway does not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the journal failed")]
    Journal(#[from] JournalError),
    #[error("the HTTP address {address} cannot be listened on; is another gateway running?")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<Problem>),
    #[error("operator {operator}: its bind cannot be written")]
    Bind {
        operator: String,
        source: xabar_smpp::EncodeError,
    },
    #[error("what is to outlive a restart, {}, cannot be used: mend it, or remove it to begin without it", file.display())]
    Kept {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error("{what} cannot be used with AMQP: {why}")]
    Amqp { what: &'static str, why: String },
    #[error("the pipeline ended without a word")]
    Lost,
}

impl Gateway {
    /// Starts all rooms. Outcomes go to `observer` if there is one, else where the settings say.
    ///
    /// # Errors
    /// If something a person has to mend stands in the way. A broker or SMSC that is down does not: it is waited for.
    pub async fn start(
        settings: &Settings,
        observer: Option<mpsc::Sender<Vec<Outcome<'static>>>>,
    ) -> Result<Self, GatewayError> {
        let readiness = Readiness::awaiting(fitting::parts(settings));
        let catalog = Catalog::of(settings).map_err(GatewayError::Settings)?;
        let menus = fitting::menus(settings, &catalog).map_err(GatewayError::Settings)?;
        warn_of(&settings.warnings, &doubts(settings, &catalog));
        // Before the HTTP address is asked for: of a second gateway on the same configuration, the
        // journal can tell who holds it.
        let mut journal = journal::open(&settings.journal.url)?;
        let listener = listen(settings).await?;
        let http_address = listener
            .as_ref()
            .and_then(|listener| listener.local_addr().ok());
        let before = journal.start()?;
        let clock = Clock::going_on(before.latest, before.ahead);
        let archive = journal.reader()?;
        let numbers = fitting::numbers(settings)?;
        let tokens = fitting::tokens(settings)?;
        let standing = fitting::standing(settings)?;
        let limiting = standing.limiting(settings);
        let core_rules = fitting::rules(&limiting, &standing, numbers.lists(), menus);
        let mut core = Core::start(journal, core_rules, catalog, &clock.now())?;
        core.pause_from_the_start(standing.pauses(), &clock.now());
        core.weigh_from_the_start(standing.weights());
        readiness.ready(Part::Journal);

        let (reports_in, reports) = mpsc::channel(REPORTS);
        let operators = CancellationToken::new();
        let started = start_operators((settings, &standing), &core, &reports_in, &operators)?;
        drop(reports_in);
        let stopping = CancellationToken::new();

        let (door, batches) = mpsc::channel::<Batch>(DOOR);
        let (posted_in, posted) = mpsc::channel(POSTED);
        let (orders_in, orders) = mpsc::channel(ORDERS);
        let (rules, rules_taken) = Rules::channel(settings, standing.clone());
        let (wishes_in, wishes) = mpsc::channel(1);
        let aggregators = fitting::aggregators(settings, core.operators(), posted_in);
        let audit = Audit::new(settings.audit.file.clone());
        let ported = numbers.ported.follow(stopping.clone(), audit.clone());
        let ported_now = ported.clone();
        let (batches, looked_up) = match fitting::lookup(settings, core.operators()) {
            Some(lookup) => {
                let (batches, counts) = look_up(lookup, batches, ported.clone());
                (batches, Some(counts))
            }
            None => (batches, None),
        };
        let (published_in, published) = mpsc::channel(OUTGOING);
        let (outgoing, fresh) = mpsc::channel(OUTGOING);
        let (last_outgoing, committed) = watch::channel(core.last_outgoing());
        let feed = Feed {
            fresh,
            committed,
            reader: core.reader()?,
            wording: Wording::new(core.operators(), fitting::traced(settings)),
        };
        let outcome = CancellationToken::new();
        let sink = fitting::sink(settings, observer)?;
        let shown = Shown::default();
        let outcome_state = shown.state.clone();
        let unrouted = shown.unrouted.subscribe();
        let outcome_task = tokio::spawn(outcome::run(
            sink,
            feed,
            published_in,
            shown,
            outcome.clone(),
        ));

        let traces = fitting::traces(settings, core.operators()).map(traces::start);
        let (traces, spans, traces_task) = match traces {
            Some((sink, counts, task)) => (Some(sink), Some(counts), Some(task)),
            None => (None, None, None),
        };
        let trouble = watch::Sender::new(None);
        let (load, load_seen) = watch::channel(Load::default());
        tokio::spawn(follow_journal(trouble.subscribe(), readiness.clone()));
        let pipeline = CancellationToken::new();
        let channels = Channels {
            batches,
            reports,
            posted,
            orders,
            rules: rules_taken,
            published,
            ported,
            blocked: numbers.blocked.follow(stopping.clone(), audit.clone()),
            reassigned: numbers.reassigned.follow(stopping.clone(), audit.clone()),
            operators: started.directives,
            outgoing,
            last_outgoing,
            traces,
            load,
            trouble,
            stopping: stopping.clone(),
            stop: pipeline.clone(),
        };
        let source = fitting::source(settings, rules.publishers())?;
        let source = source.map(|source| taking_in::noting(source, &audit));
        let status = observe(
            Sources {
                operators: started.links.clone(),
                load: load_seen.clone(),
                readiness: readiness.clone(),
                looked_up: looked_up.clone(),
                queued: source.as_ref().map(Source::queued),
                outcomes: outcome_state.subscribe(),
                reader: core.reader()?,
                standing: standing.clone(),
                settings: rules.settings(),
                clock: clock.clone(),
            },
            &stopping,
        );
        let known = what_if::Known {
            settings: rules.settings(),
            standing: standing.clone(),
            ported: ported_now,
            links: started.links.clone(),
            status: status.clone(),
            reader: core.reader()?,
        };
        let questions = what_if::start(known, clock.clone(), stopping.clone());
        let ended = start_pipeline(core, clock, channels);

        let (intake, refusals) = (CancellationToken::new(), Refusals::default());
        let intake_tasks = taking_in::start(source, (door.clone(), &refusals), &readiness, &intake);
        let http_task = listener.map(|listener| {
            let tokens = tokens.map(|tokens| tokens.follow(stopping.clone(), audit.clone()));
            let denials = Denials::default();
            if let Err(error) = audit.check() {
                warn!(%error, file = %audit.path().display(), "the audit log cannot be written: orders are refused");
            }
            let tls = settings.http.as_ref().and_then(|http| http.tls.clone());
            let tls =
                tls.map(|tls| tls.files.follow(tls.server, stopping.clone(), audit.clone()));
            let access = Access::new(tokens, denials.clone(), audit.clone());
            let api = Api {
                under_tls: tls.is_some(),
                access: access.clone(),
                desk: Desk::new(orders_in, audit, standing, readiness.clone()),
                intake: HttpIntake::new(door, refusals.clone()),
                archive: Archive::new(archive, fitting::traced(settings)),
                aggregators,
                readiness: readiness.clone(),
                metrics: Metrics {
                    operators: started.links.clone(),
                    load: load_seen,
                    status: status.clone(),
                    readiness: readiness.clone(),
                    refusals,
                    denials,
                    unrouted,
                    looked_up,
                    spans,
                },
                status,
                what_if: WhatIf::new(questions),
                wishes: wishes_in,
            };
            let router = http::router(api);
            tokio::spawn(http::serve(listener, router, access, tls, intake.clone()))
        });
        Ok(Self {
            readiness,
            rules,
            wishes: Some(wishes),
            http: http_address,
            shutdown: settings.timing.shutdown,
            intake,
            intake_tasks,
            http_task,
            stopping,
            operators,
            operator_tasks: started.tasks,
            links: started.links,
            pipeline,
            ended,
            outcome,
            outcome_task,
            outcome_state,
            traces_task,
        })
    }

    /// Whether it may receive traffic.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// What gives it new rules, and who wishes that over HTTP; these once only.
    pub fn reload(&mut self) -> (Rules, Option<mpsc::Receiver<Wish>>) {
        (self.rules.clone(), self.wishes.take())
    }

    /// Where its HTTP listens.
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where each operator's link shows how it does.
    pub fn links(&self) -> &[Observed] {
        &self.links
    }

    /// Runs until told to stop, then stops in order: nothing more is taken in, responses are waited for,
    /// sessions unbound, outcomes published.
    ///
    /// # Errors
    /// If the journal fails for good meanwhile.
    pub async fn run_until(
        mut self,
        stop: impl Future<Output = ()>,
    ) -> Result<Ended, GatewayError> {
        tokio::select! {
            ended = &mut self.ended => {
                self.intake.cancel();
                self.operators.cancel();
                return Err(ended.map_or(GatewayError::Lost, |ended| match ended {
                    Err(error) => GatewayError::Journal(error),
                    Ok(_) => GatewayError::Lost,
                }));
            }
            () = stop => {}
        }
        self.stop().await
    }
}

async fn listen(settings: &Settings) -> Result<Option<TcpListener>, GatewayError> {
    let Some(http) = &settings.http else {
        return Ok(None);
    };
    let listening = TcpListener::bind(http.listen).await;
    listening.map(Some).map_err(|source| GatewayError::Listen {
        address: http.listen,
        source,
    })
}

/// The operators' tasks, and the ends that others hold of them.
#[derive(Default)]
struct Operators {
    directives: HashMap<OperatorId, mpsc::Sender<delivery::Directive>>,
    links: Vec<Observed>,
    tasks: Vec<JoinHandle<()>>,
}

fn start_operators(
    (settings, standing): (&Settings, &Standing),
    core: &Core,
    reports: &mpsc::Sender<delivery::Report>,
    stop: &CancellationToken,
) -> Result<Operators, GatewayError> {
    let mut started = Operators::default();
    for (id, name) in core.operators() {
        let Some(operator) = settings
            .operators
            .iter()
            .find(|operator| operator.name == name)
        else {
            continue;
        };
        let configured = fitting::configured(id, operator, settings.lanes);
        let operator = fitting::operator_settings(operator, settings);
        let tuning = standing.tuning(&operator.name);
        let link = delivery::start(id, (&operator, tuning), reports.clone(), stop.clone());
        let link = link.map_err(|source| GatewayError::Bind {
            operator: operator.name.clone(),
            source,
        })?;
        started.directives.insert(id, link.directives);
        started.links.push(Observed {
            operator: configured,
            link: link.state,
        });
        started.tasks.push(link.task);
    }
    Ok(started)
}

/// Shows how the gateway does, until it stops.
fn observe(sources: Sources, stop: &CancellationToken) -> watch::Receiver<Option<Arc<Status>>> {
    let (shown, status) = watch::channel(None);
    tokio::spawn(status::observe(sources, shown, stop.clone()));
    status
}

/// Puts the lookup of numbers between intake and the pipeline; shows what came of them.
fn look_up(
    lookup: Lookup,
    batches: mpsc::Receiver<Batch>,
    ported: watch::Receiver<Arc<Numbers>>,
) -> (mpsc::Receiver<Batch>, watch::Receiver<lookup::Counts>) {
    let (door, looked_up) = mpsc::channel(DOOR);
    let (counts, counted) = watch::channel(lookup::Counts::default());
    // It ends once intake has, and what it has is through.
    tokio::spawn(lookup::run(lookup, batches, door, ported, counts));
    (looked_up, counted)
}

fn start_pipeline(
    core: Core,
    clock: Clock,
    channels: Channels,
) -> oneshot::Receiver<Result<Core, JournalError>> {
    let (ended_in, ended) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let pipeline = move || {
        // Nobody waits for it any more if the gateway was dropped.
        drop(ended_in.send(pipeline::run(core, &clock, channels, &runtime)));
    };
    tokio::task::spawn_blocking(pipeline);
    ended
}

/// Tells readiness whether the journal takes.
async fn follow_journal(mut trouble: watch::Receiver<Option<String>>, readiness: Readiness) {
    while trouble.changed().await.is_ok() {
        match &*trouble.borrow_and_update() {
            None => readiness.ready(Part::Journal),
            Some(why) => readiness.not_ready(Part::Journal, why.clone()),
        }
    }
}
