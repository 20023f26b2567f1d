//! Where orders are given: noted first, then carried out, one at a time.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use xabar_events::{Msisdn, UnixMillis};

use super::problem::ProblemDocument;
use crate::clock::wall;
use crate::control::access::Caller;
use crate::control::audit::{Audit, Entry, Failed, Way};
use crate::control::readiness::{Part, Readiness};
use crate::control::standing::{Key, Standing};
use crate::pipeline::{Cancelled, Done, Order, Ordered, Pause, Refusal, Scope, Unwanted};

/// The way of orders to the pipeline, past the audit log.
#[derive(Clone)]
pub struct Desk {
    orders: mpsc::Sender<Ordered>,
    audit: Audit,
    standing: Standing,
    readiness: Readiness,
}

/// An order as it was given.
pub(super) struct Given {
    pub(super) who: Caller,
    pub(super) address: IpAddr,
    pub(super) order: Order,
    /// What is to be set.
    pub(super) values: Map<String, Value>,
    /// Whether it is to outlive a restart.
    pub(super) keep: bool,
}

/// For an order's turn, and then for its answer: a beat takes milliseconds, unless the journal does not take.
const PATIENCE: Duration = Duration::from_secs(5);

/// For all of an agency's messages to be gone through; after that the log tells.
const LONG_PATIENCE: Duration = Duration::from_secs(60);

impl Desk {
    pub fn new(
        orders: mpsc::Sender<Ordered>,
        audit: Audit,
        standing: Standing,
        readiness: Readiness,
    ) -> Self {
        Self {
            orders,
            audit,
            standing,
            readiness,
        }
    }

    /// What orders came to so far.
    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Gives an order. It comes to its end even if nobody waits for that any more.
    pub(super) async fn give(&self, given: Given) -> Result<Done, ProblemDocument> {
        self.give_by(move |_| given).await
    }

    /// The same of an order that goes by what stands when it has its turn.
    pub(super) async fn give_by(
        &self,
        given: impl FnOnce(&Standing) -> Given + Send + 'static,
    ) -> Result<Done, ProblemDocument> {
        let desk = self.clone();
        let done = tokio::spawn(async move { desk.done(given).await }).await;
        done.unwrap_or_else(|_| Err(not_now()))
    }

    /// Orders that something is withdrawn; how far that is after a while.
    pub(super) async fn cancel(&self, given: Given) -> Result<Cancelled, ProblemDocument> {
        let Done::Cancelling(mut cancelled) = self.give(given).await? else {
            return Err(not_now());
        };
        let done = timeout(LONG_PATIENCE, cancelled.wait_for(|it| it.done)).await;
        // That the gateway stops, it says elsewhere.
        drop(done);
        let cancelled = *cancelled.borrow();
        Ok(cancelled)
    }

    async fn done(&self, given: impl FnOnce(&Standing) -> Given) -> Result<Done, ProblemDocument> {
        let turn = timeout(PATIENCE, self.standing.turn()).await;
        let _turn = turn.map_err(|_| not_now())?;
        let given = given(&self.standing);
        self.note(&given).await?;
        let result = match self.carry_out(given.order.clone()).await {
            Ok(Done::Paused(paused)) => {
                // One that is refused changes nothing here, either.
                match &given.order {
                    Order::Drain => self
                        .readiness
                        .not_ready(Part::Intake, "the gateway is drained: staff ordered it"),
                    Order::Resume(scope) if *scope == Scope::default() => {
                        self.readiness.ready(Part::Intake);
                    }
                    _ => {}
                }
                let stands = self.stands(&given, paused.clone()).await;
                stands.map(|()| Done::Paused(paused))
            }
            Ok(done @ Done::Limited { .. }) => {
                let stands = self.stands(&given, Vec::new()).await;
                stands.map(|()| done)
            }
            other => other,
        };
        if let Err(problem) = &result {
            self.note_failure(&given, problem.detail().to_owned()).await;
        }
        result
    }

    /// Notes what stands from now on, and keeps what is to be kept.
    async fn stands(&self, given: &Given, paused: Vec<Pause>) -> Result<(), ProblemDocument> {
        let (standing, order, keep) = (self.standing.clone(), given.order.clone(), given.keep);
        let values = given.values.clone();
        let noted = tokio::task::spawn_blocking(move || match order {
            Order::Pause(scope) => standing.note_paused(&paused, keep.then_some(&scope)),
            Order::Resume(_) | Order::Drain => standing.note_paused(&paused, None),
            Order::Tune { operator, .. } => standing.note_set(&operator, &values, keep),
            Order::Limit(_) => standing.note_limits(wanted(&values, "limits"), keep),
            Order::Weigh { agency, .. } => {
                standing.note_weight(&agency, wanted(&values, "weight"), keep)
            }
            Order::Cancel(_) | Order::Erase(_) => Ok(()),
        });
        let noted = noted.await.map_err(|_| not_now())?;
        noted.map_err(|error| {
            let file = self.standing.file().display();
            tracing::error!(%error, %file, "what is to outlive a restart cannot be written");
            let why = "it is carried out, but what a restart begins with cannot be written and is as before";
            ProblemDocument::new(StatusCode::SERVICE_UNAVAILABLE, why)
        })
    }

    /// Writes what is ordered; without that, nothing is done.
    async fn note(&self, given: &Given) -> Result<(), ProblemDocument> {
        let (order, of) = named(&given.order);
        let from = match &given.order {
            Order::Tune { operator, .. } => self.before(operator, &given.values),
            Order::Pause(_) | Order::Resume(_) | Order::Drain => {
                json!({ "paused": self.standing.paused() })
            }
            Order::Limit(_) => json!({ "limits": self.standing.limits() }),
            Order::Weigh { agency, .. } => json!({ "weight": self.standing.weight(agency) }),
            Order::Cancel(_) | Order::Erase(_) => Value::Null,
        };
        let mut to = match &given.order {
            Order::Tune { .. } | Order::Limit(_) | Order::Weigh { .. } => {
                Value::Object(given.values.clone())
            }
            Order::Pause(_) => json!({ "pause": of }),
            Order::Resume(_) => json!({ "resume": of }),
            Order::Drain => json!("drained"),
            Order::Erase(_) => json!("erased"),
            Order::Cancel(unwanted) if unwanted.dry_run => json!({ "count": of }),
            Order::Cancel(_) => json!({ "cancel": of }),
        };
        if let Some(to) = to.as_object_mut().filter(|_| given.keep) {
            to.insert("keep".to_owned(), json!(true));
        }
        self.write(given.who.clone(), given.address, (order, of), (from, to))
            .await
    }

    /// Writes that the configuration is to be read again; what came of it has a line of its own.
    pub(super) async fn note_reload(
        &self,
        who: Caller,
        address: IpAddr,
    ) -> Result<(), ProblemDocument> {
        let nothing = (Value::Null, Value::Null);
        self.write(who, address, ("reload", json!({})), nothing)
            .await
    }

    /// Writes that somebody is to have what is known of a subscriber.
    pub(super) async fn note_export(
        &self,
        who: Caller,
        address: IpAddr,
        msisdn: Msisdn,
    ) -> Result<(), ProblemDocument> {
        // Shown so, the number is masked.
        let of = json!({ "subscriber": msisdn.to_string() });
        let nothing = (Value::Null, Value::Null);
        self.write(who, address, ("subscriber export", of), nothing)
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

    /// What holds now of what is to be set: as set by an order before, or as configured.
    fn before(&self, operator: &str, values: &Map<String, Value>) -> Value {
        let before = values.keys().filter_map(|name| {
            let now = self.standing.now(operator, Key::named(name)?);
            Some((name.clone(), json!(now)))
        });
        Value::Object(before.collect())
    }

    async fn carry_out(&self, order: Order) -> Result<Done, ProblemDocument> {
        let (reply, answer) = oneshot::channel();
        let ordered = async {
            // Where the pipeline is gone, so is the other end of the answer.
            drop(self.orders.send(Ordered { order, reply }).await);
            answer.await
        };
        match timeout(PATIENCE, ordered).await {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(Ok(Err(refusal))) => {
                let status = match refusal {
                    Refusal::NoSuchOperator { .. } => StatusCode::NOT_FOUND,
                    Refusal::TooManyPauses
                    | Refusal::TooManyToCancel
                    | Refusal::SharesNothing
                    | Refusal::NobodyLeft
                    | Refusal::UnderWay(_) => StatusCode::CONFLICT,
                    Refusal::JournalDoesNotTake => StatusCode::SERVICE_UNAVAILABLE,
                };
                Err(ProblemDocument::new(status, refusal.to_string()))
            }
            Ok(Err(_)) | Err(_) => Err(not_now()),
        }
    }
}

/// What an order is called, and what it is about.
fn named(order: &Order) -> (&'static str, Value) {
    match order {
        Order::Pause(scope) => ("pause", about(scope)),
        Order::Resume(scope) => ("resume", about(scope)),
        Order::Tune { operator, .. } => ("set", json!({ "operator": operator })),
        Order::Limit(_) => ("set", json!({})),
        Order::Weigh { agency, .. } => ("set", json!({ "agency": agency })),
        Order::Drain => ("drain", json!({})),
        // Shown so, the number is masked.
        Order::Erase(msisdn) => (
            "subscriber erase",
            json!({ "subscriber": msisdn.to_string() }),
        ),
        Order::Cancel(unwanted) => ("cancel", wanted_no_more(unwanted)),
    }
}

/// What is to be set; nothing if it is `default`.
fn wanted<T: DeserializeOwned>(values: &Map<String, Value>, key: &str) -> Option<T> {
    serde_json::from_value(values.get(key)?.clone()).ok()
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

fn wanted_no_more(unwanted: &Unwanted) -> Value {
    let before = unwanted.before.map(UnixMillis::from);
    let named = [
        ("agency", Some(json!(unwanted.agency))),
        ("service", unwanted.service.as_ref().map(|it| json!(it))),
        ("before", before.map(|it| json!(it))),
    ];
    let named = named.into_iter();
    let named = named.filter_map(|(key, name)| Some((key.to_owned(), name?)));
    Value::Object(named.collect())
}

pub(super) fn not_now() -> ProblemDocument {
    let why =
        "the gateway does not take orders at the moment: it stops, or its journal does not take";
    ProblemDocument::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(5)
}

fn now() -> UnixMillis {
    wall().into()
}
