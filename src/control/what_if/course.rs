//! One run through the pipeline in virtual time, and what is told of it.

use std::cmp::Reverse;
use std::time::Duration;

use rustc_hash::FxHashMap;
use xabar_events::{Event, EventKey, State};

use super::Stopped;
use super::answer::{Course, Drain, DrainOf, Group, OperatorCourse};
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
use crate::pipeline::Settings;
use crate::pipeline::replay::Replay;

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

/// No later future is looked at.
const HORIZON: Duration = Duration::from_secs(24 * 3600);

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
        limits.map(|limit| limit.per).max()
    }

    fn start(&self, traffic: &Traffic, from: Now, until_now: bool) -> Result<Replay, Stopped> {
        let link = |id, name: &str| {
            let mut links = self.links.iter();
            let link = links.find(|link| link.settings.name == name)?;
            Link::new(id, (&link.settings, link.tuning), link.smsc, from.instant).ok()
        };
        let subscribers = traffic.subscribers(until_now);
        let (rules, catalog) = (self.rules.clone(), self.catalog.clone());
        Ok(Replay::start(rules, catalog, subscribers, from, link)?)
    }
}

/// Replays the traffic, and then how what waits now goes out.
pub(super) fn course(
    side: &Side,
    traffic: &Traffic,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Course, Stopped> {
    let (fates, gauges) = past(side, traffic, go_on)?;
    let mut course = course_of(side, traffic, &fates);
    for (operator, gauge) in course.operators.iter_mut().zip(&gauges) {
        operator.rate = gauge.rate();
        operator.busiest = Some(gauge.busiest);
        operator.limit = Some(gauge.limit());
        operator.advice = gauge.advice();
    }
    course.drain = Some(drain(side, traffic, go_on)?);
    Ok(course)
}

/// An event that comes in then, and who carries its number where that was looked up.
type Coming = (UnixMillis, Event, Option<u16>);

fn past(
    side: &Side,
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
    let messages = traffic.messages.iter().filter_map(|(arrived, _)| {
        Some((
            traffic.comes_in(arrived),
            event(&arrived.origin, Duration::ZERO, None)?,
            arrived.operator,
        ))
    });
    let withdrawn = traffic.withdrawn.iter();
    let withdrawn = withdrawn.map(|(at, key)| (*at, withdrawal(key), None));
    let mut run = Run {
        replay: side.start(traffic, from, false)?,
        looked_up: side.rules.looked_up,
        fates: vec![Fate::default(); traffic.messages.len()],
        open: traffic.messages.len(),
        admitted: 0,
        gauges: Gauges::of(side),
    };
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

fn drain(
    side: &Side,
    traffic: &Traffic,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Drain, Stopped> {
    let now = traffic.now;
    let waiting = traffic.waiting.iter().filter_map(|arrived| {
        let event = event(&arrived.origin, Duration::ZERO, None)?;
        Some((now.steady, event, arrived.operator))
    });
    let mut run = Run {
        replay: side.start(traffic, now, true)?,
        looked_up: side.rules.looked_up,
        fates: vec![Fate::default(); traffic.waiting.len()],
        open: traffic.waiting.len(),
        admitted: 0,
        gauges: Gauges::of(side),
    };
    let mut coming = waiting.chain(again_and_again(traffic)).peekable();
    let most = traffic.waiting.len().saturating_mul(2) + traffic.messages.len();
    let end = now.steady.after(HORIZON);
    while run.open > 0 && run.admitted <= most && run.replay.now().steady < end {
        run.step(&mut coming, end, go_on)?;
    }
    Ok(run.drained(side, traffic))
}

/// The traffic, after now, as often as it takes.
fn again_and_again(traffic: &Traffic) -> impl Iterator<Item = Coming> {
    let length = traffic
        .now
        .steady
        .since(traffic.from)
        .max(Duration::from_secs(1));
    let rounds = if traffic.messages.is_empty() {
        0
    } else {
        u32::MAX
    };
    (1..rounds).flat_map(move |round| {
        let later = length.saturating_mul(round);
        let messages = (0..).zip(&traffic.messages);
        messages.filter_map(move |(number, (arrived, _)): (u64, _)| {
            let origin = &arrived.origin;
            let key = EventKey {
                agency: origin.key.agency.clone(),
                id: format!("again-{round}-{number}").parse().ok()?,
            };
            let at = traffic.comes_in(arrived).after(later);
            Some((at, event(origin, later, Some(key))?, arrived.operator))
        })
    })
}

/// A replay under way.
struct Run {
    replay: Replay,
    looked_up: bool,
    /// Of the first messages, in the order in which they come in.
    fates: Vec<Fate>,
    /// How many of them have not come to their end.
    open: usize,
    admitted: usize,
    gauges: Gauges,
}

impl Run {
    /// One moment, and on to the next one that matters, no later than `end`.
    fn step(
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
            && let Some((_, event, operator)) = coming.next_if(|(at, ..)| *at <= now.steady)
        {
            if let Event::StatusChanged(status) = &event {
                self.admitted += 1;
                if let Some(operator) = operator.filter(|_| self.looked_up) {
                    carriers.insert(status.msisdn, id(operator));
                }
            }
            events.push(event);
        }
        for outgoing in self.replay.beat(events, carriers)? {
            let place = usize::try_from(outgoing.identity.id.0).unwrap_or(0);
            let fate = place.checked_sub(1).and_then(|at| self.fates.get_mut(at));
            if let Some(fate) = fate {
                let was_open = fate.ended.is_none();
                fate.tell(&outgoing.told, place_of);
                self.open -= usize::from(was_open && fate.ended.is_some());
            }
        }
        let sample_at = self.gauges.look(&self.replay);
        let next = coming.peek().map_or(end, |(at, ..)| *at);
        self.replay.pass(next.min(end).min(sample_at));
        Ok(())
    }

    /// What became of those that wait now.
    fn drained(mut self, side: &Side, traffic: &Traffic) -> Drain {
        self.gauges.look_now(&self.replay);
        let now = traffic.now.wall;
        let part = |of: Option<u16>| {
            let mine = self.fates.iter().zip(&traffic.waiting);
            let mine = mine.filter(move |(fate, arrived)| {
                of.is_none() || fate.operator.or(arrived.operator) == of
            });
            let (mut messages, mut last) = (0, Some(Duration::ZERO));
            for (fate, _) in mine {
                messages += 1;
                let took = fate.ended.map(|(_, at)| at.since(now));
                last = last.zip(took).map(|(one, other)| one.max(other));
            }
            (messages, last.map(|last| last.as_secs_f64()))
        };
        let (replayed, drain_s) = part(None);
        let estimated = traffic.due_in_all > replayed;
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let times = traffic.due_in_all as f64 / replayed.max(1) as f64;
        let operators = (0_u16..).zip(&side.links).zip(&self.gauges.gauges);
        let operators = operators.map(|((place, link), gauge)| {
            let (messages, drain_s) = part(Some(place));
            DrainOf {
                name: link.settings.name.clone(),
                messages,
                drain_s,
                rate: gauge.rate(),
                limit: gauge.limit(),
            }
        });
        let replayed_for = self.replay.now().wall.since(now);
        Drain {
            messages: traffic.due_in_all,
            drain_s: drain_s.map(|drain_s| drain_s * times.max(1.0)),
            left: self.open as u64,
            replayed_s: replayed_for.as_secs_f64(),
            estimated,
            operators: operators.filter(|it| it.messages > 0).collect(),
        }
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
        let Arrived { origin, operator } = arrived;
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
