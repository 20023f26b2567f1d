//! How what waits now goes out, while the traffic of the last hours comes again.

use std::collections::BTreeMap;
use std::time::Duration;

use xabar_events::EventKey;

use super::Stopped;
use super::answer::{Drain, DrainOf};
use super::course::{Coming, Run, Side};
use super::fate::Fate;
use super::traffic::{Traffic, event};
use crate::clock::UnixMillis;

/// No later future is looked at.
const HORIZON: Duration = Duration::from_secs(24 * 3600);

/// Replays it; and for how long the traffic came again, if it did not to the end.
pub(super) fn drain(
    side: &Side,
    traffic: &Traffic,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(Drain, Option<Duration>), Stopped> {
    let now = traffic.now;
    let waiting = traffic.waiting.iter().filter_map(|arrived| {
        let event = event(&arrived.origin, Duration::ZERO, None)?;
        Some((now.steady, event, arrived.operator))
    });
    let mut run = Run::start(side, traffic, now, traffic.waiting.len())?;
    let mut coming = waiting.chain(again_and_again(traffic)).peekable();
    let end = now.steady.after(HORIZON);
    // What does not drain would fill the memory.
    run.most_unfinished = traffic.most.saturating_mul(2);
    while run.open > 0 && run.replay.now().steady < end {
        run.step(&mut coming, end, go_on)?;
    }
    let passed = run.replay.now().steady.since(now.steady);
    let again = traffic.again_for().filter(|again| *again < passed);
    Ok((drained(run, side, traffic), again))
}

/// The traffic, after now, as often as it takes but for the bound on that: not what only waited when the hours began.
fn again_and_again(traffic: &Traffic) -> impl Iterator<Item = Coming> {
    let came_in = traffic.came_in();
    let rounds = if came_in.is_empty() { 0 } else { u32::MAX };
    let round = traffic.round;
    let window = traffic.now.steady.since(traffic.from).as_secs_f64();
    let stretched = round.as_secs_f64() / window.max(0.001);
    let all = (0..rounds).flat_map(move |number| {
        let begin = traffic.now.steady.after(round.saturating_mul(number));
        (0..).zip(came_in).map(move |it| (number, begin, it))
    });
    let all = all.take(traffic.most_again());
    all.filter_map(move |(number, begin, (place, (arrived, _))): Again<'_>| {
        let origin = &arrived.origin;
        let key = EventKey {
            agency: origin.key.agency.clone(),
            id: format!("again-{number}-{place}").parse().ok()?,
        };
        let into = origin.accepted_at.since(traffic.from).mul_f64(stretched);
        let at = begin.after(into);
        let later = at.since(origin.accepted_at);
        Some((at, event(origin, later, Some(key))?, arrived.operator))
    })
}

type Again<'a> = (u32, UnixMillis, (u64, &'a (super::traffic::Arrived, Fate)));

/// What became of those that wait now.
fn drained(mut run: Run, side: &Side, traffic: &Traffic) -> Drain {
    run.gauges.look_now(&run.replay);
    let now = traffic.now.wall;
    let times = traffic.times();
    let mut parts: BTreeMap<Option<u16>, Part> = BTreeMap::new();
    for (fate, arrived) in run.fates.iter().zip(&traffic.waiting) {
        let times = times.get(&arrived.operator).copied().unwrap_or(1.0);
        let part = parts.entry(arrived.operator.or(fate.operator)).or_default();
        part.add(times, fate.ended.map(|(_, at)| at.since(now)));
    }
    let all = parts.values().map(Part::drain_s);
    let drain_s = all.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other)));
    let operators = (0_u16..).zip(&side.links).zip(&run.gauges.gauges);
    let operators = operators.filter_map(|((place, link), gauge)| {
        let part = parts.get(&Some(place))?;
        Some(DrainOf {
            name: link.settings.name.clone(),
            messages: part.messages(),
            drain_s: part.drain_s(),
            rate: gauge.rate(),
            limit: gauge.limit(),
        })
    });
    let messages = traffic.due_in_all();
    Drain {
        messages,
        drain_s: drain_s.unwrap_or(Some(0.0)),
        left: run.open as u64,
        replayed_s: run.replay.now().wall.since(now).as_secs_f64(),
        estimated: messages > traffic.waiting.len() as u64,
        operators: operators.collect(),
    }
}

/// One operator's messages, of which those that were replayed stand for all.
#[derive(Default)]
struct Part {
    replayed: u32,
    messages: f64,
    /// When the first of them came to its end, and the last one.
    first: Option<Duration>,
    last: Duration,
    is_open: bool,
}

impl Part {
    /// One more that stands for so many and took so long, if it came to its end.
    fn add(&mut self, times: f64, took: Option<Duration>) {
        self.replayed += 1;
        self.messages += times;
        match took {
            None => self.is_open = true,
            Some(took) => {
                self.first = Some(self.first.map_or(took, |first| first.min(took)));
                self.last = self.last.max(took);
            }
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, of at least one"
    )]
    fn messages(&self) -> u64 {
        self.messages.round() as u64
    }

    /// What all wait for, such as the end of a night, is no longer for more of them; what goes after it is.
    fn drain_s(&self) -> Option<f64> {
        let first = self.first.unwrap_or_default();
        let times = self.messages / f64::from(self.replayed.max(1));
        let went = (self.last - first).mul_f64(times);
        (!self.is_open).then(|| (first + went).as_secs_f64())
    }
}
