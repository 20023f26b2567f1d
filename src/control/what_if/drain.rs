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
use crate::pacing::Rules;

/// No later future is looked at.
const HORIZON: Duration = Duration::from_secs(24 * 3600);

/// Replays it; and for how long the traffic came again, if it did not to the end.
pub(super) fn drain(
    side: &Side,
    put_off_by: &Rules,
    traffic: &Traffic,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(Drain, Option<Duration>), Stopped> {
    let now = traffic.now;
    let waiting = || traffic.waiting.iter();
    let replay = side.replay((traffic, waiting()), put_off_by, now)?;
    let mut run = Run::start(side, replay, waiting().len(), waiting());
    let mut coming = again_and_again(traffic).peekable();
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
        let until = fate.until.map_or(Duration::ZERO, |at| at.since(now));
        let due = arrived.stands.as_ref().map(|stands| stands.due);
        let due = due.map_or(Duration::ZERO, |due| due.since(traffic.now.steady));
        part.add(
            times,
            until.max(due),
            fate.ended.map(|(_, at)| at.since(now)),
        );
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
    /// When the last of them came to its end, and until when one was put off.
    last: Duration,
    until: Duration,
    /// How long after its time the first of them came to its end, and the latest one.
    soonest: Option<Duration>,
    latest: Duration,
    is_open: bool,
}

impl Part {
    /// One more that stands for so many, was put off for so long, and took so long, if it came to its end.
    fn add(&mut self, times: f64, put_off: Duration, took: Option<Duration>) {
        self.replayed += 1;
        self.messages += times;
        match took {
            None => self.is_open = true,
            Some(took) => {
                let put_off = put_off.min(took);
                let late = took - put_off;
                self.last = self.last.max(took);
                self.until = self.until.max(put_off);
                self.soonest = Some(self.soonest.map_or(late, |soonest| soonest.min(late)));
                self.latest = self.latest.max(late);
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

    /// What they wait for, such as the end of a night and their moments after it, is no longer for more of them; how late they
    /// go is.
    fn drain_s(&self) -> Option<f64> {
        let times = self.messages / f64::from(self.replayed.max(1));
        let soonest = self.soonest.unwrap_or_default();
        let late = soonest + (self.latest - soonest).mul_f64(times);
        let last = match times > 1.0 {
            true => self.last.max(self.until + late),
            false => self.last,
        };
        (!self.is_open).then_some(last.as_secs_f64())
    }
}
