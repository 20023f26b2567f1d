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
}

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
        }
    }

    /// Looks if it is time to; when it is next.
    pub(super) fn look(&mut self, replay: &Replay) -> UnixMillis {
        if replay.now().steady >= self.look_at {
            self.look_now(replay);
        }
        self.look_at
    }

    /// Looks whether or not it is time to.
    pub(super) fn look_now(&mut self, replay: &Replay) {
        let now = replay.now();
        self.look_at = now.steady.after(SPAN);
        let sample = Sample {
            at: now.instant,
            load: replay.load(),
            links: replay.links().map(|(_, state)| state).collect(),
            looked_up: None,
        };
        if let Some(before) = &self.last {
            let passed = now.instant.saturating_duration_since(before.at);
            let operators = self.operators.iter().enumerate();
            for ((index, operator), gauge) in operators.zip(&mut self.gauges) {
                if let Some(used) = used(before, &sample, (index, operator)) {
                    gauge.add(used, passed);
                }
            }
        }
        self.last = Some(sample);
    }
}

impl Gauge {
    fn add(&mut self, used: Use, passed: Duration) {
        self.busiest = self.busiest.max(used.rate);
        let Some(limit) = used.limit() else {
            return;
        };
        self.pressed += passed.mul_f64(used.pressure);
        self.pdus += used.rate * passed.as_secs_f64();
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
