//! Where orders are given: noted first, then carried out, one at a time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::timeout;
use xabar_events::UnixMillis;

use super::problem::ProblemDocument;
use crate::clock::{instant, wall};
use crate::control::access::Caller;
use crate::control::audit::{Audit, Entry, Failed, Way};
use crate::control::status::{Paused, Status};
use crate::pipeline::{Order, Ordered, Pause, Refusal, Scope};

/// The way of orders to the pipeline, past the audit log.
#[derive(Clone)]
pub struct Desk {
    orders: mpsc::Sender<Ordered>,
    audit: Audit,
    status: watch::Receiver<Option<Arc<Status>>>,
    held: Arc<Mutex<Held>>,
}

/// What orders came to so far. They are given here alone, and a restart ends them all.
#[derive(Default)]
struct Held {
    paused: Vec<Paused>,
    /// What was set last, by operator, and when.
    set: BTreeMap<String, (Instant, Map<String, Value>)>,
}

/// An order as it was given.
pub(super) struct Given {
    pub(super) who: Caller,
    pub(super) address: IpAddr,
    pub(super) order: Order,
    /// What is to be set.
    pub(super) values: Map<String, Value>,
}

/// For an order's turn, and then for its answer: a beat takes milliseconds, unless the journal does not take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The status is measured anew more often than that.
const FRESH: Duration = Duration::from_secs(1);

impl Desk {
    pub fn new(
        orders: mpsc::Sender<Ordered>,
        audit: Audit,
        status: watch::Receiver<Option<Arc<Status>>>,
    ) -> Self {
        Self {
            orders,
            audit,
            status,
            held: Arc::default(),
        }
    }

    /// Gives an order; what is paused from then on. It comes to its end even if nobody waits for that any more.
    pub(super) async fn give(&self, given: Given) -> Result<Vec<Pause>, ProblemDocument> {
        let desk = self.clone();
        let done = tokio::spawn(async move { desk.done(given).await }).await;
        done.unwrap_or_else(|_| Err(not_now()))
    }

    async fn done(&self, given: Given) -> Result<Vec<Pause>, ProblemDocument> {
        let turn = timeout(PATIENCE, self.held.lock()).await;
        let mut held = turn.map_err(|_| not_now())?;
        self.note(&given, &held).await?;
        let result = self.carry_out(given.order.clone()).await;
        match &result {
            Ok(paused) => held.keep(&given, paused),
            Err(problem) => self.note_failure(&given, problem.detail().to_owned()).await,
        }
        result
    }

    /// Writes what is ordered; without that, nothing is done.
    async fn note(&self, given: &Given, held: &Held) -> Result<(), ProblemDocument> {
        let (order, of) = named(&given.order);
        let from = match &given.order {
            Order::Tune { operator, .. } => self.before(operator, &given.values, held),
            Order::Pause(_) | Order::Resume(_) => json!({ "paused": held.paused }),
        };
        let to = match &given.order {
            Order::Tune { .. } => Value::Object(given.values.clone()),
            Order::Pause(_) => json!({ "pause": of }),
            Order::Resume(_) => json!({ "resume": of }),
        };
        self.write(given.who.clone(), given.address, (order, of), (from, to))
            .await
    }

    /// Writes that the configuration is to be read again; what changed then is in the log.
    pub(super) async fn note_reload(
        &self,
        who: Caller,
        address: IpAddr,
    ) -> Result<(), ProblemDocument> {
        let nothing = (Value::Null, Value::Null);
        self.write(who, address, ("reload", json!({})), nothing)
            .await
    }

    async fn write(
        &self,
        who: Caller,
        address: IpAddr,
        (order, of): (&'static str, Value),
        (from, to): (Value, Value),
    ) -> Result<(), ProblemDocument> {
        let audit = self.audit.clone();
        let written = tokio::task::spawn_blocking(move || {
            audit.order(&Entry {
                at: now(),
                who: &who.name,
                way: Way::Http { address },
                order,
                of,
                from,
                to,
            })
        });
        let written = written.await.map_err(|_| not_now())?;
        written.map_err(|error| {
            tracing::error!(%error, file = %self.audit.path().display(), "the audit log cannot be written: orders are refused");
            let why = "the audit log cannot be written, and no order is carried out unseen";
            ProblemDocument::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(5)
        })
    }

    async fn note_failure(&self, given: &Given, failed: String) {
        let (audit, who) = (self.audit.clone(), given.who.clone());
        let (order, _) = named(&given.order);
        let written = tokio::task::spawn_blocking(move || {
            audit.failed(&Failed {
                at: now(),
                who: &who.name,
                order,
                failed: &failed,
            })
        });
        if let Ok(Err(error)) = written.await {
            tracing::error!(%error, "the audit log cannot be written");
        }
    }

    /// What is set now of what is to be set: by an order before, or as configured.
    fn before(&self, operator: &str, values: &Map<String, Value>, held: &Held) -> Value {
        let status = self.status.borrow();
        let status = status.as_ref().and_then(|status| {
            let mut operators = status.operators.iter();
            operators.find(|it| it.name == operator)
        });
        // What was set just now the status does not show yet; later it is right, whatever a reload changed.
        let set = held.set.get(operator);
        let set = set.filter(|(at, _)| instant().duration_since(*at) < FRESH);
        let before = values.keys().map(|key| {
            let set = set.and_then(|(_, set)| set.get(key).cloned());
            let configured = || {
                let status = status?;
                Some(match key.as_str() {
                    "tps" => json!(status.tps),
                    _ => json!(status.window),
                })
            };
            let value = set.or_else(configured).unwrap_or(Value::Null);
            (key.clone(), value)
        });
        Value::Object(before.collect())
    }

    async fn carry_out(&self, order: Order) -> Result<Vec<Pause>, ProblemDocument> {
        let (reply, answer) = oneshot::channel();
        let ordered = async {
            // Where the pipeline is gone, so is the other end of the answer.
            drop(self.orders.send(Ordered { order, reply }).await);
            answer.await
        };
        match timeout(PATIENCE, ordered).await {
            Ok(Ok(Ok(paused))) => Ok(paused),
            Ok(Ok(Err(refusal))) => {
                let status = match refusal {
                    Refusal::NoSuchOperator { .. } => StatusCode::NOT_FOUND,
                    Refusal::TooManyPauses => StatusCode::CONFLICT,
                };
                Err(ProblemDocument::new(status, refusal.to_string()))
            }
            Ok(Err(_)) | Err(_) => Err(not_now()),
        }
    }
}

impl Held {
    fn keep(&mut self, given: &Given, paused: &[Pause]) {
        self.paused = paused.iter().map(Paused::from).collect();
        if let Order::Tune { operator, .. } = &given.order {
            let new = || (instant(), Map::new());
            let (at, set) = self.set.entry(operator.clone()).or_insert_with(new);
            *at = instant();
            set.extend(given.values.clone());
        }
    }
}

/// What an order is called, and what it is about.
fn named(order: &Order) -> (&'static str, Value) {
    match order {
        Order::Pause(scope) => ("pause", about(scope)),
        Order::Resume(scope) => ("resume", about(scope)),
        Order::Tune { operator, .. } => ("set", json!({ "operator": operator })),
    }
}

fn about(scope: &Scope) -> Value {
    let named = [
        ("operator", scope.operator.as_deref()),
        ("agency", scope.agency.as_deref()),
        ("lane", scope.lane.map(|lane| lane.name())),
    ];
    let named = named
        .into_iter()
        .filter_map(|(key, name)| Some((key.to_owned(), json!(name?))));
    Value::Object(named.collect())
}

fn not_now() -> ProblemDocument {
    let why =
        "the gateway does not take orders at the moment: it stops, or its journal does not take";
    ProblemDocument::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(5)
}

fn now() -> UnixMillis {
    wall().into()
}
