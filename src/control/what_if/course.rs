//! One run through the pipeline in virtual time, and what is told of it.

use std::cmp::Reverse;
use std::time::Duration;

use rustc_hash::FxHashMap;
use xabar_events::{Event, State};

use super::Stopped;
use super::answer::{Course, Group, OperatorCourse};
use super::drain::drain;
use super::fate::{Fate, Waited, count};
use super::gauge::{Gauge, Gauges};
use super::traffic::{Arrived, Traffic, event, withdrawal};
use crate::clock::{Now, UnixMillis};
use crate::compose::Catalog;
use crate::control::status::Configured;
use crate::delivery::model::{Link, Smsc};
use crate::delivery::{OperatorSettings, Tuning};
use crate::intake::Carriers;
use crate::journal::{Lane, OperatorId};
use crate::pacing::Rules;
use crate::pipeline::Settings;
use crate::pipeline::replay::{Past, Replay};

/// A gateway as it is, or as it would be.
#[derive(Debug)]
pub struct Side {
    pub rules: Settings,
    pub catalog: Catalog,
    /// In the order of the rules.
    pub links: Vec<LinkSide>,
}

/// An operator's link as it is, or would be.
#[derive(Debug)]
pub struct LinkSide {
    /// With the id that the journal has for it.
    pub configured: Configured,
    pub settings: OperatorSettings,
    pub tuning: Tuning,
    pub smsc: Smsc,
}

/// So many agencies are told of.
const MOST_AGENCIES: usize = 20;

/// So many events are taken in with one beat.
const EVENTS_A_BEAT: usize = 2000;

/// How long a link is there before the first message comes: of its rate the first second counts as spent.
const START: Duration = Duration::from_secs(2);

impl Side {
    /// The place of an operator of the journal's.
    pub(super) fn place(&self, id: OperatorId) -> Option<u16> {
        let mut links = self.links.iter();
        let place = links.position(|link| link.configured.id == id)?;
        u16::try_from(place).ok()
    }

    /// How far the longest limit of subscribers looks back, if there is one.
    pub(super) fn longest_limit(&self) -> Option<Duration> {
        let limits = self.rules.rules.limits.iter();
        limits.map(|limit| limit.per + self.rules.rules.lag).max()
    }

    pub(super) fn replay<'a>(
        &self,
        (traffic, waiting): (&Traffic, impl Iterator<Item = &'a Arrived>),
        put_off_by: &Rules,
        from: Now,
    ) -> Result<Replay, Stopped> {
        let link = |id, name: &str| {
            let mut links = self.links.iter();
            let link = links.find(|link| link.settings.name == name)?;
            Link::new(id, (&link.settings, link.tuning), link.smsc, from.instant).ok()
        };
        let is_now = from.steady >= traffic.now.steady;
        let waiting = (1..).zip(waiting);
        let is_other = !self.rules.rules.affected(put_off_by).is_nobody();
        let past = Past {
            subscribers: traffic.subscribers(is_now),
            used: traffic.used(is_now),
            waiting: waiting
                .filter_map(|(number, arrived)| arrived.waiting(number))
                .collect(),
            put_off_by: is_other.then(|| put_off_by.clone()),
        };
        let (rules, catalog) = (self.rules.clone(), self.catalog.clone());
        Ok(Replay::start(rules, catalog, past, from, link)?)
    }
}

/// Replays the traffic, and then how what waits now goes out, which was put off by these rules; and for how long the traffic came
/// again then, if not to the end.
pub(super) fn course(
    side: &Side,
    put_off_by: &Rules,
    traffic: &Traffic,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(Course, Option<Duration>), Stopped> {
    let (fates, gauges) = past(side, put_off_by, traffic, go_on)?;
    let mut course = course_of(side, traffic, &fates);
    for (operator, gauge) in course.operators.iter_mut().zip(&gauges) {
        operator.rate = gauge.rate();
        operator.busiest = Some(gauge.busiest);
        operator.limit = Some(gauge.limit());
        operator.advice = gauge.advice();
    }
    let (drain, again) = drain(side, put_off_by, traffic, go_on)?;
    course.drain = Some(drain);
    Ok((course, again))
}

/// An event that comes in then, and who carries its number where that was looked up.
pub(super) type Coming = (UnixMillis, Event, Option<u16>);

fn past(
    side: &Side,
    put_off_by: &Rules,
    traffic: &Traffic,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(Vec<Fate>, Vec<Gauge>), Stopped> {
    let now = traffic.now;
    let begin = traffic.begin().before(START);
    let from = Now {
        instant: now.instant,
        steady: begin,
        wall: now.wall_at(begin),
    };
    let messages = traffic.came_in().iter().filter_map(|(arrived, _)| {
        Some((
            arrived.origin.accepted_at,
            event(&arrived.origin, Duration::ZERO, None)?,
            arrived.operator,
        ))
    });
    let withdrawn = traffic.withdrawn.iter();
    let withdrawn = withdrawn.map(|(at, key)| (*at, withdrawal(key), None));
    let replay = side.replay((traffic, traffic.waited()), put_off_by, from)?;
    let mut run = Run::start(side, replay, traffic.messages.len(), traffic.waited());
    let mut coming = merged(messages, withdrawn).peekable();
    while run.replay.now().steady < now.steady {
        run.step(&mut coming, now.steady, go_on)?;
    }
    run.gauges.look_now(&run.replay);
    Ok((run.fates, run.gauges.gauges))
}

/// Two rows that are each in the order of time, as one.
fn merged(
    one: impl Iterator<Item = Coming>,
    other: impl Iterator<Item = Coming>,
) -> impl Iterator<Item = Coming> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some((first, ..)), Some((second, ..))) if second < first => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

/// A replay under way.
pub(super) struct Run {
    pub(super) replay: Replay,
    looked_up: bool,
    /// Of the first messages, in the order in which they come in.
    pub(super) fates: Vec<Fate>,
    /// How many of them have not come to their end.
    pub(super) open: usize,
    /// How many have not of all that came in.
    unfinished: usize,
    /// While so many have not, no more come in.
    pub(super) most_unfinished: usize,
    pub(super) gauges: Gauges,
}

impl Run {
    /// One that tells the fates of the first so many messages, of which these wait when it begins.
    pub(super) fn start<'a>(
        side: &Side,
        replay: Replay,
        messages: usize,
        waiting: impl Iterator<Item = &'a Arrived>,
    ) -> Self {
        let mut fates = vec![Fate::default(); messages];
        let mut unfinished = 0;
        for (fate, arrived) in fates.iter_mut().zip(waiting) {
            unfinished += 1;
            let history = arrived.stands.iter().flat_map(|stands| &stands.history);
            for told in history.filter(|told| told.state == State::Deferred) {
                fate.tell(told, place_of);
            }
        }
        Self {
            replay,
            looked_up: side.rules.looked_up,
            fates,
            open: messages,
            unfinished,
            most_unfinished: usize::MAX,
            gauges: Gauges::of(side),
        }
    }

    /// One moment, and on to the next one that matters, no later than `end`.
    pub(super) fn step(
        &mut self,
        coming: &mut std::iter::Peekable<impl Iterator<Item = Coming>>,
        end: UnixMillis,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<(), Stopped> {
        if !go_on() {
            return Err(Stopped::Unwanted);
        }
        let now = self.replay.now();
        let (mut events, mut carriers) = (Vec::new(), Carriers::default());
        while events.len() < EVENTS_A_BEAT
            && self.unfinished < self.most_unfinished
            && let Some((_, event, operator)) = coming.next_if(|(at, ..)| *at <= now.steady)
        {
            if let Event::StatusChanged(status) = &event {
                self.unfinished += 1;
                if let Some(operator) = operator.filter(|_| self.looked_up) {
                    carriers.insert(status.msisdn, id(operator));
                }
            }
            events.push(event);
        }
        for outgoing in self.replay.beat(events, carriers)? {
            let is_over = outgoing.told.state.is_terminal();
            self.unfinished = self.unfinished.saturating_sub(usize::from(is_over));
            let place = usize::try_from(outgoing.identity.id.0).unwrap_or(0);
            let fate = place.checked_sub(1).and_then(|at| self.fates.get_mut(at));
            if let Some(fate) = fate {
                let was_open = fate.ended.is_none();
                fate.tell(&outgoing.told, place_of);
                self.open -= usize::from(was_open && fate.ended.is_some());
            }
        }
        let sample_at = self.gauges.look(&self.replay);
        let next = match self.unfinished < self.most_unfinished {
            true => coming.peek().map_or(end, |(at, ..)| *at),
            false => end,
        };
        self.replay.pass(next.min(end).min(sample_at));
        Ok(())
    }
}

/// The id that a replay has for the operator in a place: they are numbered in their order.
pub(super) fn id(place: u16) -> OperatorId {
    OperatorId(place.saturating_add(1))
}

fn place_of(id: OperatorId) -> Option<u16> {
    id.0.checked_sub(1)
}

/// What is told of what became of all messages.
pub(super) fn course_of(side: &Side, traffic: &Traffic, fates: &[Fate]) -> Course {
    let mut all = Waited::default();
    let mut operators: Vec<Waited> = side.links.iter().map(|_| Waited::default()).collect();
    let mut lanes = Lane::ALL.map(|lane| (lane, Waited::default()));
    let mut agencies: FxHashMap<&str, Waited> = FxHashMap::default();
    for ((arrived, _), fate) in traffic.messages.iter().zip(fates) {
        let Arrived {
            origin, operator, ..
        } = arrived;
        let Some(millis) = fate.waited(traffic.since(origin), traffic.now.wall) else {
            continue;
        };
        all.add(millis);
        let operator = fate.operator.or(*operator).map(usize::from);
        if let Some(waited) = operator.and_then(|place| operators.get_mut(place)) {
            waited.add(millis);
        }
        if let Some((_, waited)) = lanes.iter_mut().find(|(lane, _)| *lane == origin.lane) {
            waited.add(millis);
        }
        agencies
            .entry(origin.key.agency.name())
            .or_default()
            .add(millis);
    }
    let mut agencies: Vec<_> = agencies.into_iter().collect();
    agencies.sort_by_key(|(name, waited)| (Reverse(waited.len()), *name));
    agencies.truncate(MOST_AGENCIES);
    let group = |(name, waited): (&str, Waited)| {
        let waits = waited.told()?;
        let name = name.to_owned();
        Some(Group { name, waits })
    };
    let lanes = lanes.into_iter();
    let operators = side.links.iter().zip(operators);
    let ended = fates.iter().filter_map(|fate| fate.ended);
    Course {
        operators: operators
            .map(|(link, waited)| OperatorCourse {
                name: link.settings.name.clone(),
                rate: None,
                busiest: None,
                limit: None,
                advice: None,
                waits: waited.told(),
            })
            .collect(),
        waits: all.told(),
        lanes: lanes
            .filter_map(|(lane, waited)| group((lane.name(), waited)))
            .collect(),
        agencies: agencies.into_iter().filter_map(group).collect(),
        ended: count(ended.map(|(state, _): (State, _)| state)),
        left: fates.iter().filter(|fate| fate.ended.is_none()).count() as u64,
        deferred: count(fates.iter().flat_map(Fate::reasons)),
        drain: None,
    }
}
