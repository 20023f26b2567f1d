//! What the demo knows: [`News`] go in, and what a viewer would point at comes out.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use jiff::tz::TimeZone;
use xabar_events::{Msisdn, Notification, Outcome, Reason, State as Settled};

use super::caller;
use super::cast;
use super::meter::Meter;
use super::news::News;
use crate::clock::UnixMillis;
use crate::delivery::LinkState;
use crate::simulator::Text;

/// All that the view and the plain lines are made of.
#[derive(Debug)]
pub(super) struct State {
    pub(super) started: UnixMillis,
    pub(super) now: UnixMillis,
    pub(super) timezone: TimeZone,
    /// Where the gateway's HTTP listens.
    pub(super) http: String,
    pub(super) stopping: bool,
    pub(super) flow: Flow,
    pub(super) tally: Tally,
    pub(super) operators: Vec<Operator>,
    /// The last texts on the watched phones, newest first.
    pub(super) texts: VecDeque<Shown>,
    /// How many texts the watched phones got.
    pub(super) shown: u64,
    /// Messages that the subscriber's limit holds back, oldest first.
    pub(super) held: VecDeque<Held>,
    pub(super) duplicate: Option<Duplicate>,
    pub(super) overtaken: Option<Overtaken>,
    pub(super) log: VecDeque<String>,
    open: HashMap<Box<str>, Open>,
    watched: HashSet<Msisdn>,
}

/// How many messages pass each station.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub(super) published: Meter,
    pub(super) accepted: Meter,
    pub(super) submitted: Meter,
    pub(super) delivered: Meter,
}

/// What is told at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Answered as new.
    pub(super) new: u64,
    /// Answered as known.
    pub(super) duplicates: u64,
    /// Published without an answer.
    pub(super) unanswered: u64,
    /// By how they ended.
    pub(super) settled: BTreeMap<Settled, u64>,
}

/// An operator with its link.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) name: String,
    pub(super) sessions: usize,
    /// Per session.
    pub(super) window: usize,
    pub(super) tps: f64,
    pub(super) link: LinkState,
    pub(super) written: Meter,
}

/// A text on a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) msisdn: Msisdn,
    pub(super) operator: String,
    pub(super) from: String,
    /// In lines, if there are any.
    pub(super) text: String,
    pub(super) at: UnixMillis,
    /// Whether it is a screen of USSD rather than an SMS.
    pub(super) is_screen: bool,
}

/// A message that waits because its subscriber got enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    event: Box<str>,
    pub(super) msisdn: Msisdn,
    pub(super) application: Box<str>,
    pub(super) until: UnixMillis,
}

/// An event that came twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Duplicate {
    pub(super) agency: Box<str>,
    pub(super) application: Box<str>,
}

/// A status that was not sent since a newer one went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Overtaken {
    pub(super) agency: Box<str>,
    pub(super) application: Box<str>,
    pub(super) older: Box<str>,
    pub(super) newer: Box<str>,
}

/// A message on its way.
#[derive(Debug)]
struct Open {
    msisdn: Msisdn,
    agency: Box<str>,
    application: Box<str>,
    status: Box<str>,
    accepted: bool,
    submitted: bool,
}

/// Something that a viewer would point at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Noteworthy {
    Arrived(Shown),
    Held(Held),
    Duplicate(Duplicate),
    Overtaken(Overtaken),
    /// An operator refused since it came too fast, and its rate was cut to this.
    Throttled {
        operator: String,
        from: f64,
        to: f64,
    },
    /// An operator's rate is back at its TPS.
    Recovered {
        operator: String,
    },
    Unanswered(String),
}

/// Texts remembered for the phones.
const TEXTS: usize = 40;
/// Lines of the log remembered.
const LOG: usize = 20;

impl State {
    pub(super) fn new(
        started: UnixMillis,
        timezone: TimeZone,
        http: String,
        operators: Vec<Operator>,
    ) -> Self {
        Self {
            started,
            now: started,
            timezone,
            http,
            stopping: false,
            flow: Flow::default(),
            tally: Tally::default(),
            operators,
            texts: VecDeque::new(),
            shown: 0,
            held: VecDeque::new(),
            duplicate: None,
            overtaken: None,
            log: VecDeque::new(),
            open: HashMap::new(),
            watched: cast::watched().collect(),
        }
    }

    /// Time passes.
    pub(super) fn pass_to(&mut self, now: UnixMillis) {
        self.now = self.now.max(now);
        let Flow {
            published,
            accepted,
            submitted,
            delivered,
        } = &mut self.flow;
        let written = self
            .operators
            .iter_mut()
            .map(|operator| &mut operator.written);
        for meter in [published, accepted, submitted, delivered]
            .into_iter()
            .chain(written)
        {
            meter.pass_to(self.now);
        }
    }

    /// Takes in what happened; says what of it deserves a look.
    pub(super) fn note(&mut self, news: News) -> Option<Noteworthy> {
        match news {
            News::Published { events, again } => self.published(events, again),
            News::Answered { new, known } => return self.answered(new, &known),
            News::Unanswered { events, why } => {
                self.tally.unanswered += events;
                self.log(why.clone());
                return Some(Noteworthy::Unanswered(why));
            }
            News::Outcome(outcome) => return self.outcome(outcome),
            News::Arrived { operator, text } => return self.arrived(operator, text),
            News::Link { operator, state } => return self.link(operator, *state),
            News::Logged(line) => self.log(line),
        }
        None
    }

    /// Messages that are accepted and not settled.
    pub(super) fn open(&self) -> u64 {
        self.count(|open| open.accepted)
    }

    /// Of them, those that an operator has.
    pub(super) fn with_operators(&self) -> u64 {
        self.count(|open| open.submitted)
    }

    /// Of them, those that are still to go.
    pub(super) fn waiting(&self) -> u64 {
        self.open() - self.with_operators()
    }

    /// Messages that wait for this subscriber.
    pub(super) fn waiting_for(&self, msisdn: Msisdn) -> u64 {
        self.count(|open| open.accepted && !open.submitted && open.msisdn == msisdn)
    }

    pub(super) fn settled(&self) -> u64 {
        self.tally.settled.values().sum()
    }

    fn log(&mut self, line: String) {
        self.log.push_front(line);
        self.log.truncate(LOG);
    }

    fn count(&self, wanted: impl Fn(&Open) -> bool) -> u64 {
        self.open.values().filter(|open| wanted(open)).count() as u64
    }

    fn published(&mut self, events: Vec<Notification>, again: bool) {
        self.flow.published.count(self.now, events.len() as u64);
        for event in events.into_iter().filter(|_| !again) {
            let open = Open {
                msisdn: event.msisdn,
                agency: event.key.agency.name().into(),
                application: event.application.as_str().into(),
                status: event.status.as_str().into(),
                accepted: false,
                submitted: false,
            };
            self.open.insert(event.key.id.as_str().into(), open);
        }
    }

    fn answered(&mut self, new: u64, known: &[Box<str>]) -> Option<Noteworthy> {
        self.tally.new += new;
        self.tally.duplicates += known.len() as u64;
        let open = self.open.get(known.last()?)?;
        let duplicate = Duplicate {
            agency: open.agency.clone(),
            application: open.application.clone(),
        };
        self.duplicate = Some(duplicate.clone());
        Some(Noteworthy::Duplicate(duplicate))
    }

    /// Outcomes of messages that an earlier run left behind count in the journal's books only.
    fn outcome(&mut self, outcome: Outcome<'static>) -> Option<Noteworthy> {
        let open = self.open.get_mut(&*outcome.event)?;
        self.held.retain(|held| *held.event != *outcome.event);
        match outcome.state {
            Settled::Accepted => {
                open.accepted = true;
                self.flow.accepted.count(self.now, 1);
                None
            }
            Settled::Submitted => {
                open.submitted = true;
                self.flow.submitted.count(self.now, 1);
                None
            }
            Settled::Deferred => self.deferred(&outcome),
            settled => self.settle(&outcome, settled),
        }
    }

    fn deferred(&mut self, outcome: &Outcome<'_>) -> Option<Noteworthy> {
        let open = self.open.get(&*outcome.event)?;
        if outcome.reason != Some(Reason::SubscriberLimit) {
            return None;
        }
        let held = Held {
            event: (*outcome.event).into(),
            msisdn: open.msisdn,
            application: open.application.clone(),
            until: outcome.until?.into(),
        };
        self.held.push_back(held.clone());
        Some(Noteworthy::Held(held))
    }

    fn settle(&mut self, outcome: &Outcome<'_>, settled: Settled) -> Option<Noteworthy> {
        let open = self.open.remove(&*outcome.event)?;
        *self.tally.settled.entry(settled).or_default() += 1;
        if settled == Settled::Delivered {
            self.flow.delivered.count(self.now, 1);
        }
        if settled != Settled::Superseded {
            return None;
        }
        let newer = self.open.get(outcome.by.as_deref()?)?;
        let overtaken = Overtaken {
            agency: open.agency,
            application: open.application,
            older: open.status,
            newer: newer.status.clone(),
        };
        self.overtaken = Some(overtaken.clone());
        Some(Noteworthy::Overtaken(overtaken))
    }

    fn arrived(&mut self, operator: String, text: Text) -> Option<Noteworthy> {
        let msisdn: Msisdn = text.to.parse().ok()?;
        if !self.watched.contains(&msisdn) {
            return None;
        }
        let is_screen = text.is_of_dialogue();
        let controls = |letter: char| letter.is_control() && letter != '\n';
        let shown = Shown {
            msisdn,
            operator,
            from: match is_screen {
                true => caller::CODE.to_owned(),
                false => text.from,
            },
            text: text.text.replace(controls, " "),
            at: text.at,
            is_screen,
        };
        self.shown += 1;
        self.texts.push_front(shown.clone());
        self.texts.truncate(TEXTS);
        Some(Noteworthy::Arrived(shown))
    }

    fn link(&mut self, operator: usize, state: LinkState) -> Option<Noteworthy> {
        let operator = self.operators.get_mut(operator)?;
        let before = std::mem::replace(&mut operator.link, state);
        let written = state.written.saturating_sub(before.written);
        operator.written.count(self.now, written);
        let rate = |link: LinkState| link.rate.unwrap_or(operator.tps);
        // Before the first reading nothing is known.
        let from = if before == LinkState::default() {
            operator.tps
        } else {
            rate(before)
        };
        let (name, to) = (operator.name.clone(), rate(state));
        if to < from {
            Some(Noteworthy::Throttled {
                operator: name,
                from,
                to,
            })
        } else {
            let recovered = from < operator.tps && to >= operator.tps;
            recovered.then_some(Noteworthy::Recovered { operator: name })
        }
    }
}

impl Operator {
    pub(super) fn new(name: &str, sessions: usize, window: usize, tps: u32) -> Self {
        Self {
            name: name.to_owned(),
            sessions,
            window,
            tps: tps.into(),
            link: LinkState::default(),
            written: Meter::default(),
        }
    }

    /// The rate it is held to.
    pub(super) fn pace(&self) -> f64 {
        self.link.rate.unwrap_or(self.tps)
    }
}
