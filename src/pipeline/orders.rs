//! What staff orders while the gateway runs.

use std::fmt;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tracing::{error, info};
use xabar_events::{Msisdn, Reason};

use super::beat::Beat;
use super::cancelling::{Cancelled, Unwanted};
use super::core::Core;
use super::outage::Outage;
use crate::clock::{Now, UnixMillis};
use crate::delivery::receipt::last_digits;
use crate::delivery::{Setting, Tuning};
use crate::journal::{AgencyKey, Erased, JournalError, Lane, Message, MessageId, OperatorId};
use crate::pacing::{self, Limit, Rules};

/// An order, and where the answer goes.
#[derive(Debug)]
pub struct Ordered {
    pub order: Order,
    pub reply: oneshot::Sender<Result<Done, Refusal>>,
}

/// What an order came to.
#[derive(Clone, Debug)]
pub enum Done {
    /// What is paused from then on.
    Paused(Vec<Pause>),
    /// Other limits hold. If they look further back than what was remembered of subscribers, it is enough for this one only:
    /// what went out before that does not count.
    Limited { remembered: Option<Limit> },
    /// How far the withdrawal is, which has begun.
    Cancelling(watch::Receiver<Cancelled>),
    /// Of how many messages nothing is left by which the subscriber could be called.
    Erased(usize),
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Nothing that this covers is sent any more; it is taken in all the same.
    Pause(Scope),
    /// Every pause that lies within this ends.
    Resume(Scope),
    /// Sets something of an operator's link, or its weight, until a restart.
    Tune {
        operator: String,
        tuning: Tuning,
        weight: Setting<u32>,
    },
    /// Sets what any subscriber gets at most, of what waits as well.
    Limit(Vec<Limit>),
    /// Sets an agency's weight beside others in its lanes.
    Weigh { agency: String, weight: u32 },
    /// What waits of an agency is withdrawn.
    Cancel(Unwanted),
    /// What is known of a subscriber is dropped, but for opt-outs.
    Erase(Msisdn),
    /// Everything is paused, and every session unbinds, until everything is resumed.
    Drain,
}

/// What an order is about: all that agrees with what is named. Nothing named: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub operator: Option<String>,
    pub agency: Option<String>,
    pub lane: Option<Lane>,
}

/// A pause, and since when it lasts, wall time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub scope: Scope,
    pub since: UnixMillis,
}

/// Why an order is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such operator; known here: {}", .known.join(", "))]
    NoSuchOperator { known: Vec<String> },
    #[error("there are {MOST} pauses already: end some, or pause more at once")]
    TooManyPauses,
    #[error("the operator shares no numbers with another: it has no weight")]
    SharesNothing,
    #[error("of the operators that share its numbers, none would have a weight of 1 or more")]
    NobodyLeft,
    #[error(
        "{0} messages to this number wait, or await their receipts: try again when they are over"
    )]
    UnderWay(usize),
    #[error("the journal does not take it at present")]
    JournalDoesNotTake,
    #[error("as much is to be withdrawn already as can wait: try again when that is done")]
    TooManyToCancel,
}

impl From<JournalError> for Refusal {
    /// The next thing that the beat reads fails as well, and tells why.
    fn from(_: JournalError) -> Self {
        Self::JournalDoesNotTake
    }
}

/// Each is looked at for each message.
const MOST: usize = 100;

/// A pause as the pipeline keeps it.
#[derive(Debug)]
pub(super) struct Paused {
    pause: Pause,
    scope: pacing::Scope,
    /// On the steady clock.
    since: UnixMillis,
    /// Whether what is held by it was told.
    told: bool,
}

/// After so long agencies hear of a pause.
const LONG: Duration = Duration::from_secs(60);

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lane = self.lane.map(|lane| format!("lane {}", lane.name()));
        let parts = [
            self.operator
                .as_ref()
                .map(|name| format!("operator {name}")),
            self.agency.as_ref().map(|name| format!("agency {name}")),
            lane,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => f.write_str("all"),
            false => f.write_str(&parts.join(", ")),
        }
    }
}

impl Core {
    /// Begins with what staff paused before; what is of an operator that is not there is left out.
    pub fn pause_from_the_start(&mut self, pauses: Vec<Pause>, now: &Now) {
        for pause in pauses {
            let Ok(scope) = self.covered(&pause.scope) else {
                continue;
            };
            info!(scope = %pause.scope, "sending is paused as before the start");
            self.paused.push(Paused {
                pause,
                scope,
                since: now.steady,
                told: false,
            });
        }
        self.let_pass();
    }

    /// Does what staff ordered.
    pub(super) fn take_orders(&mut self, beat: &mut Beat, orders: Vec<Ordered>) {
        // What was not carried out in time was refused: who ordered it may not want it any more.
        let in_time = orders.into_iter().filter(|it| !it.reply.is_closed());
        for Ordered { order, reply } in in_time {
            drop(reply.send(self.carry_out(beat, order)));
        }
    }

    fn carry_out(&mut self, beat: &mut Beat, order: Order) -> Result<Done, Refusal> {
        match order {
            Order::Pause(scope) => self.pause(beat, scope)?,
            Order::Drain => {
                self.pause(beat, Scope::default())?;
                info!("every session is to unbind");
                self.rest(beat, true);
            }
            Order::Cancel(unwanted) => {
                return self.begin_to_cancel(unwanted).map(Done::Cancelling);
            }
            Order::Erase(msisdn) => return self.erase(msisdn).map(Done::Erased),
            Order::Tune {
                operator,
                tuning,
                weight,
            } => {
                let id = self.named(&operator)?;
                if weight != Setting::Keep {
                    self.weigh(id, weight)?;
                    info!(operator, %weight, "the operator's weight is set");
                }
                if tuning != Tuning::default() {
                    let Tuning {
                        tps,
                        window,
                        sessions,
                    } = &tuning;
                    info!(operator, %tps, %window, %sessions, "the operator's link is tuned");
                    beat.tune(id, tuning);
                }
            }
            Order::Limit(limits) => {
                info!(count = limits.len(), "the subscribers' limits are set");
                let rules = Rules {
                    limits,
                    ..self.settings.rules.clone()
                };
                let remembered = self.pacer.remembers_less(&rules);
                self.pace_by(rules, &beat.now)?;
                return Ok(Done::Limited { remembered });
            }
            Order::Weigh { agency, weight } => {
                info!(agency, weight, "the agency's weight is set");
                let mut rules = self.settings.rules.clone();
                let (weights, agency) = (&mut rules.sharing.weights, AgencyKey::of(&agency));
                // Those that are not there have this one.
                match weight {
                    1 => weights.remove(&agency),
                    weight => weights.insert(agency, weight),
                };
                self.pace_by(rules, &beat.now)?;
            }
            Order::Resume(scope) => {
                let covered = self.covered(&scope)?;
                if self.drained && scope == Scope::default() {
                    self.rest(beat, false);
                }
                let before = self.paused.len();
                self.paused
                    .retain(|paused| !covered.encloses(&paused.scope));
                if self.paused.len() < before {
                    info!(%scope, "sending goes on");
                    // What waits on is told why.
                    let operators = self.operators.values_mut();
                    operators.for_each(|operator| operator.down_told = false);
                }
            }
        }
        self.let_pass();
        Ok(Done::Paused(self.pauses().collect()))
    }

    /// Orders come first in a beat: the journal has all of the beats before, and what this one changes is read after it.
    fn erase(&mut self, msisdn: Msisdn) -> Result<usize, Refusal> {
        match self.journal.erase(msisdn, last_digits(msisdn)) {
            Ok(Erased {
                messages,
                under_way: 0,
            }) => {
                info!(messages, "a subscriber is erased");
                Ok(messages)
            }
            Ok(Erased { under_way, .. }) => Err(Refusal::UnderWay(under_way)),
            Err(error) => {
                error!(%error, "a subscriber cannot be erased");
                Err(Refusal::JournalDoesNotTake)
            }
        }
    }

    fn pause(&mut self, beat: &Beat, scope: Scope) -> Result<(), Refusal> {
        let covered = self.covered(&scope)?;
        if self.paused.iter().any(|paused| paused.scope == covered) {
            return Ok(());
        }
        if self.paused.len() >= MOST {
            return Err(Refusal::TooManyPauses);
        }
        info!(%scope, "sending is paused");
        self.paused.push(Paused {
            pause: Pause {
                scope,
                since: beat.now.wall,
            },
            scope: covered,
            since: beat.now.steady,
            told: false,
        });
        Ok(())
    }

    /// Has every link unbind, or bind again.
    fn rest(&mut self, beat: &mut Beat, rest: bool) {
        self.drained = rest;
        for (id, operator) in &mut self.operators {
            // Who is to be bound again is down from now on, until that comes off.
            operator.outage = match !rest && operator.offer.submitting == 0 {
                true => Outage::from(beat.now.steady),
                false => Outage::default(),
            };
            beat.rest(*id, rest);
        }
    }

    /// Gives turns to what is not paused. What waits for an operator that is paused as a whole waits there, whatever else it
    /// is.
    fn let_pass(&mut self) {
        let scopes: Vec<_> = self.paused.iter().map(|paused| paused.scope).collect();
        for (id, operator) in &mut self.operators {
            let whole = pacing::Scope {
                operator: Some(*id),
                ..pacing::Scope::default()
            };
            operator.paused = scopes.contains(&whole);
            if operator.paused && std::mem::take(&mut operator.away) {
                self.away = self.away.saturating_sub(1);
            }
        }
        self.pacer.pause(scopes);
    }

    /// What is paused.
    pub(super) fn pauses(&self) -> impl Iterator<Item = Pause> {
        self.paused.iter().map(|paused| paused.pause.clone())
    }

    fn covered(&self, scope: &Scope) -> Result<pacing::Scope, Refusal> {
        let operator = scope.operator.as_deref().map(|name| self.named(name));
        Ok(pacing::Scope {
            operator: operator.transpose()?,
            agency: scope.agency.as_deref().map(AgencyKey::of),
            lane: scope.lane,
        })
    }

    pub(super) fn named(&self, name: &str) -> Result<OperatorId, Refusal> {
        let mut operators = self.operators();
        let found = operators.find(|(_, known)| *known == name);
        found
            .map(|(id, _)| id)
            .ok_or_else(|| Refusal::NoSuchOperator {
                known: self.operators().map(|(_, name)| name.to_owned()).collect(),
            })
    }

    /// Whether a message is held by a pause long enough to be told.
    pub(super) fn is_paused_long(&self, message: &Message, beat: &Beat) -> bool {
        let mut paused = self.paused.iter();
        paused.any(|it| it.is_long(beat) && it.scope.covers(message.queue()))
    }

    /// Tells of the messages held by a pause that has just lasted that long.
    pub(super) fn tell_of_pauses(&mut self, beat: &mut Beat) {
        let is_news = |it: &&mut Paused| it.is_long(beat) && !it.told;
        let news: Vec<pacing::Scope> = self
            .paused
            .iter_mut()
            .filter(is_news)
            .map(|it| {
                it.told = true;
                it.scope
            })
            .collect();
        if news.is_empty() {
            return;
        }
        let operators: Vec<OperatorId> = self.operators.keys().copied().collect();
        for operator in operators {
            let held = self.pacer.held_for(operator);
            let held: Vec<MessageId> = held
                .iter()
                .filter(|message| news.iter().any(|scope| scope.covers(message.queue())))
                .map(|message| message.id)
                .collect();
            for id in held {
                self.tell_held(beat, id, Reason::Paused, None);
            }
        }
    }
}

impl Paused {
    fn is_long(&self, beat: &Beat) -> bool {
        beat.now.steady.since(self.since) >= LONG
    }
}
