//! How the links of a replay do: their rates under pressure and what holds them, as `xabar ctl status` would see it.

use std::time::Duration;

use super::course::{Side, id};
use crate::clock::UnixMillis;
use crate::control::status::bottleneck::Use;
use crate::control::status::{Configured, Limit, SPAN, Sample, used};
use crate::pipeline::replay::Replay;

/// How the links did, all the time.
pub(super) struct Gauges {
    operators: Vec<Configured>,
    pub(super) gauges: Vec<Gauge>,
    last: Option<Sample>,
    look_at: UnixMillis,
    /// The same of the rates, which are looked at more often.
    rated: Option<Sample>,
    rate_at: UnixMillis,
}

/// Over how long a link is under pressure or not, as far as its rate under pressure goes: over longer, what went without waiting would
/// count with what waited.
const RATED: Duration = Duration::from_millis(100);

/// How one did.
#[derive(Default)]
pub(super) struct Gauge {
    pressed: Duration,
    /// Those sent under pressure.
    pdus: f64,
    /// A second, in the busiest span.
    pub(super) busiest: f64,
    /// For how long each limit held it.
    limits: Vec<(Limit, Duration)>,
    /// How it did when its main limit was seen last.
    seen: Vec<(Limit, Use)>,
}

impl Gauges {
    pub(super) fn of(side: &Side) -> Self {
        let operators = (0_u16..).zip(&side.links);
        let operators = operators.map(|(place, link)| Configured {
            id: id(place),
            ..link.configured.clone()
        });
        Self {
            operators: operators.collect(),
            gauges: side.links.iter().map(|_| Gauge::default()).collect(),
            last: None,
            look_at: UnixMillis(0),
            rated: None,
            rate_at: UnixMillis(0),
        }
    }

    /// Looks if it is time to; when it is next.
    pub(super) fn look(&mut self, replay: &Replay) -> UnixMillis {
        let now = replay.now().steady;
        if now >= self.look_at {
            self.look_now(replay);
        } else if now >= self.rate_at {
            self.rate(sample(replay), now);
        }
        self.look_at
    }

    /// Looks whether or not it is time to.
    pub(super) fn look_now(&mut self, replay: &Replay) {
        let now = replay.now().steady;
        self.look_at = now.after(SPAN);
        let sample = sample(replay);
        if let Some(before) = self.last.replace(sample.clone()) {
            self.each(&before, &sample, Gauge::add);
        }
        self.rate(sample, now);
    }

    fn rate(&mut self, sample: Sample, now: UnixMillis) {
        self.rate_at = now.after(RATED);
        if let Some(before) = &self.rated.replace(sample.clone()) {
            self.each(before, &sample, Gauge::rate_by);
        }
    }

    /// How each link was used between two samples, and for how long.
    fn each(&mut self, before: &Sample, now: &Sample, take: fn(&mut Gauge, Use, Duration)) {
        let passed = now.at.saturating_duration_since(before.at);
        let operators = self.operators.iter().enumerate();
        for (operator, gauge) in operators.zip(&mut self.gauges) {
            if let Some(used) = used(before, now, operator) {
                take(gauge, used, passed);
            }
        }
    }
}

fn sample(replay: &Replay) -> Sample {
    Sample {
        at: replay.now().instant,
        load: replay.load(),
        links: replay.links().map(|(_, state)| state).collect(),
        looked_up: None,
    }
}

impl Gauge {
    fn rate_by(&mut self, used: Use, passed: Duration) {
        if used.is_pressed() {
            let pressed = passed.mul_f64(used.pressure);
            self.pressed += pressed;
            self.pdus += used.rate * pressed.as_secs_f64();
        }
    }

    fn add(&mut self, used: Use, passed: Duration) {
        self.busiest = self.busiest.max(used.rate);
        let Some(limit) = used.limit() else {
            return;
        };
        match self.limits.iter_mut().find(|(it, _)| *it == limit) {
            Some((_, time)) => *time += passed,
            None => self.limits.push((limit, passed)),
        }
        self.seen.retain(|(it, _)| *it != limit);
        self.seen.push((limit, used));
    }

    /// Under pressure.
    pub(super) fn rate(&self) -> Option<f64> {
        let pressed = self.pressed.as_secs_f64();
        (pressed > 0.0).then(|| self.pdus / pressed)
    }

    pub(super) fn limit(&self) -> Limit {
        let longest = self.limits.iter().max_by_key(|(_, time)| *time);
        longest.map_or(Limit::Idle, |(limit, _)| *limit)
    }

    pub(super) fn advice(&self) -> Option<String> {
        let limit = self.limit();
        let seen = self.seen.iter().find(|(it, _)| *it == limit)?;
        Some(seen.1.advice(limit))
    }
}
