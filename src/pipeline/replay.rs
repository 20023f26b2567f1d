//! The pipeline in virtual time, on a journal in memory and with links whose SMSCs are models: what staff asks for before
//! something is changed.
//!
//! In: the rules, events, and until when. Out: what agencies would be told, and how links and pipeline did. It reads no clock and
//! acknowledges nothing; whoever drives it says how far time may go.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use xabar_events::{Event, Msisdn, State};

use super::core::{Core, Inputs};
use super::load::Load;
use super::settings::Settings;
use crate::clock::{Now, UnixMillis};
use crate::compose::Catalog;
use crate::delivery::model::Link;
use crate::delivery::{LinkState, Report};
use crate::intake::{Batch, Carriers};
use crate::journal::model::Model;
use crate::journal::{
    AgencyKey, Changes, Journal, JournalError, Message, OperatorId, Outgoing, SubscriberFacts,
    ThreadFacts, ThreadKey, Used,
};
use crate::pacing::Rules;

/// A gateway that nobody hears of.
#[derive(Debug)]
pub struct Replay {
    core: Core,
    links: BTreeMap<OperatorId, Link>,
    started: Now,
    now: Now,
    /// When the pipeline wants its next beat though nothing comes in.
    due: Instant,
    forget_at: UnixMillis,
}

/// What there was before it begins.
#[derive(Debug, Default)]
pub struct Past {
    /// When messages were submitted to these subscribers, oldest first.
    pub subscribers: Vec<(Msisdn, SubscriberFacts)>,
    /// How much agencies have used of their daily quotas.
    pub used: Vec<(AgencyKey, Used)>,
    /// What waits, numbered from 1 on, each until when it was put off; by the ids that operators have here.
    pub waiting: Vec<Message>,
    /// The rules by which it was put off, where these are others: then it is judged anew, as at a reload.
    pub put_off_by: Option<Rules>,
}

/// The shortest time that passes between two beats: a real one has its commit to wait for, too.
const SHORTEST: Duration = Duration::from_micros(250);

/// How often settled messages are forgotten, and how soon after their end: nobody asks for them.
const FORGET: Duration = Duration::from_secs(1);

impl Replay {
    /// Begins with no more than that past. `link` makes an operator's link.
    ///
    /// # Errors
    /// What `link` fails with, as of a journal.
    pub fn start(
        settings: Settings,
        catalog: Catalog,
        past: Past,
        now: Now,
        mut link: impl FnMut(OperatorId, &str) -> Option<Link>,
    ) -> Result<Self, JournalError> {
        let mut journal = Model::default();
        journal.commit(&mut Changes {
            at: now.steady,
            threads: threads(&past.waiting),
            accepted: past.waiting,
            subscribers: past.subscribers,
            used: past.used,
            ..Changes::default()
        })?;
        let mut settings = as_replayed(settings);
        let rules = past.put_off_by.map(|before| {
            let sharing = settings.rules.sharing.clone();
            std::mem::replace(&mut settings.rules, Rules { sharing, ..before })
        });
        let mut core = Core::start(Box::new(journal), settings, catalog, &now)?;
        if let Some(rules) = rules {
            core.pace_by(rules, &now)?;
        }
        let operators = core.operators();
        let links = operators.filter_map(|(id, name)| Some((id, link(id, name)?)));
        Ok(Self {
            links: links.collect(),
            due: now.instant,
            core,
            started: now,
            now,
            forget_at: now.steady.after(FORGET),
        })
    }

    pub fn now(&self) -> Now {
        self.now
    }

    /// Its operators by the ids that it has for them.
    pub fn operators(&self) -> impl Iterator<Item = (OperatorId, &str)> {
        self.core.operators()
    }

    /// How each operator's link does.
    pub fn links(&self) -> impl Iterator<Item = (OperatorId, LinkState)> {
        self.links.iter().map(|(id, link)| (*id, link.state()))
    }

    /// What the pipeline counted.
    pub fn load(&self) -> Load {
        self.core.load()
    }

    /// All that happens at this moment, with the events that come in; what agencies are told of it, in order.
    ///
    /// # Errors
    /// As of any journal.
    pub fn beat(
        &mut self,
        events: Vec<Event>,
        carriers: Carriers,
    ) -> Result<Vec<Outgoing>, JournalError> {
        let now = self.now;
        let links = self.links.values_mut();
        let reports: Vec<Report> = links.filter_map(|link| link.look(now.instant)).collect();
        let mut told = Vec::new();
        if !reports.is_empty() || !events.is_empty() || self.due <= now.instant {
            let batches = match events.is_empty() {
                true => Vec::new(),
                // Nobody waits for the verdicts.
                false => vec![Batch {
                    events,
                    octets: 0,
                    carriers,
                    read: now.instant,
                    reply: oneshot::channel().0,
                }],
            };
            let inputs = Inputs {
                batches,
                reports,
                ..Inputs::default()
            };
            let (mut changes, effects) = self.core.decide(now, inputs)?;
            self.due = self.core.deadline(&now);
            told = std::mem::take(&mut changes.outgoing);
            self.core.commit(&mut changes)?;
            for (operator, directive) in effects.directives {
                if let Some(link) = self.links.get_mut(&operator) {
                    link.take(directive, now.instant);
                }
            }
        }
        if now.steady >= self.forget_at {
            while self.core.forget(&now)? {}
            self.forget_at = now.steady.after(FORGET);
        }
        Ok(told)
    }

    /// Lets time pass until something is due, but not beyond that moment.
    pub fn pass(&mut self, until: UnixMillis) {
        let now = self.now;
        let links = self.links.values().map(|link| link.deadline(now.instant));
        let due = links.chain([self.due]).min();
        let until = self.started.instant + until.since(self.started.steady);
        let next = due.unwrap_or(until).min(until).max(now.instant + SHORTEST);
        let passed = next.saturating_duration_since(self.started.instant);
        self.now = Now {
            instant: next,
            steady: self.started.steady.after(passed),
            wall: self.started.wall.after(passed),
        };
    }
}

/// What is known of the threads of what waits.
fn threads(waiting: &[Message]) -> Vec<(ThreadKey, ThreadFacts)> {
    let mut threads: BTreeMap<ThreadKey, ThreadFacts> = BTreeMap::new();
    for message in waiting {
        threads.entry(message.thread).or_default().waiting += 1;
    }
    threads.into_iter().collect()
}

/// The same rules without what only costs time and memory here: no receipts are awaited, nothing is pushed to screens or
/// traced, and what is over is forgotten.
fn as_replayed(mut settings: Settings) -> Settings {
    for operator in &mut settings.operators {
        (operator.receipts, operator.query) = (false, false);
        (operator.ussd, operator.push) = (None, None);
    }
    settings.traced = None;
    settings.told = State::ALL.iter().copied().collect();
    (settings.duplicates, settings.retention) = (FORGET, FORGET);
    settings
}
