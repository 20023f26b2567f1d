//! Which limit holds the gateway, and what would lift it.
//!
//! It is read off how time was spent lately, all of it measured on the way of the messages anyway:
//!
//! - *pressure*: the part of the time in which messages that were due waited for an operator's link. Below half of it the
//!   link holds nothing up for long.
//! - *occupancy*: under pressure, what stood in the way of the next submission for most of the time: no session, a
//!   full window, or the rate as far as something was ready to go.
//! - *use*: how much of the places of the windows awaited responses on average, and how much of the rate was used. Near both
//!   limits each is in the way for a part of the time, and while the pipeline brings the next message none is: then the limit is what
//!   is more used up, since raising the other one would bring nothing.
//! - Little's law: what awaits a response on average, by what is requested a second, is the response time *T*. So
//!   `sessions × window / T` is the most that windows let through, and `tps × T / sessions` is the window that the TPS
//!   needs, and more by what is left to urgent messages of it.
//! - *business*: the part of the time in which the pipeline, which is one thread, decides or waits for the journal.

mod advice;

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::recent::SPAN;
use crate::delivery::Occupancy;

/// What throughput is held by.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Nothing waits.
    Idle,
    /// The broker cannot be reached.
    Broker,
    /// The journal takes most of the time.
    Journal,
    SubscriberLimits,
    QuietHours,
    OperatorTps,
    /// As much awaits a response as may.
    Window,
    /// The operator takes less than it is configured to.
    Throttled,
    /// No session with the operator is up, or it answers badly.
    LinkDown,
    Paused,
    /// Deciding takes most of the time.
    Cpu,
}

impl Limit {
    pub const ALL: [Self; 11] = [
        Self::Idle,
        Self::Broker,
        Self::Journal,
        Self::SubscriberLimits,
        Self::QuietHours,
        Self::OperatorTps,
        Self::Window,
        Self::Throttled,
        Self::LinkDown,
        Self::Paused,
        Self::Cpu,
    ];

    /// As contracts name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Broker => "broker",
            Self::Journal => "journal",
            Self::SubscriberLimits => "subscriber-limits",
            Self::QuietHours => "quiet-hours",
            Self::OperatorTps => "operator-tps",
            Self::Window => "window",
            Self::Throttled => "throttled",
            Self::LinkDown => "link-down",
            Self::Paused => "paused",
            Self::Cpu => "cpu",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How one operator's link was used lately.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    pub paused: bool,
    /// Half of its answers are bad, or it throttles all, and it is left alone for a while.
    pub failing: bool,
    /// Those on which messages are submitted, as configured, and bound ones.
    pub sessions: usize,
    pub sessions_bound: usize,
    /// Those on which receipts and texts come in that are bound.
    pub receiving: usize,
    /// As configured or set.
    pub tps: Option<Tps>,
    /// What it is held to now.
    pub rate_now: Option<f64>,
    /// As configured, and as it is now; per session.
    pub window: usize,
    pub window_now: usize,
    /// By login, if one has a window of its own.
    pub windows: Vec<usize>,
    /// Submissions a second, and with them screens and questions.
    pub rate: f64,
    pub pdus: f64,
    /// How many more awaited a response at the end than at the beginning.
    pub filled: f64,
    /// What of its windows is left to urgent messages and answers, from 0 to 1.
    pub kept: f64,
    pub occupancy: Occupancy,
    /// How long those took on average that were answered, if any was.
    pub answered_in: Option<Duration>,
    /// The part of the time, from 0 to 1, in which messages waited for it.
    pub pressure: f64,
}

/// The PDUs a second that an operator may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tps {
    /// All its logins together.
    OfAll(u32),
    /// Each login as many as its own `tps`, which makes so many.
    OfLogins(u32),
}

impl Tps {
    fn number(self) -> u32 {
        match self {
            Self::OfAll(tps) | Self::OfLogins(tps) => tps,
        }
    }

    /// What staff turns.
    fn key(self) -> &'static str {
        match self {
            Self::OfAll(_) => "tps",
            Self::OfLogins(_) => "the tps of its [[operator.bind]]",
        }
    }
}

/// How the pipeline spent its time, in parts from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Business {
    pub deciding: f64,
    pub committing: f64,
}

/// A limit, and what would lift it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bottleneck {
    pub limit: Limit,
    /// Whose link, if it is one's.
    pub operator: Option<String>,
    /// A sentence for the person who may turn something.
    pub advice: String,
}

/// From this part of the time on, messages wait for a link rather than pass it.
const PRESSED: f64 = 0.5;

/// From this part of the time on, the pipeline is the limit.
const BUSY: f64 = 0.9;

/// Below this part of what is configured, an operator takes less than that.
const LESS: f64 = 0.9;

/// From this part on something is used up, though the pipeline needs a moment to bring what takes a place that gets free.
const USED_UP: f64 = 0.85;

/// What differs by less is used as much: measures have noise.
const NOISE: f64 = 1.05;

/// Who raises one limit meets the other within this.
const NEAR: f64 = 1.1;

/// What is waited for longer than twice the usual time, and this, is late.
const LATE: Duration = Duration::from_millis(200);

impl Use {
    /// Whether messages wait for it most of the time.
    pub fn is_pressed(&self) -> bool {
        self.pressure >= PRESSED
    }

    /// What holds what is for it, as far as that is its link.
    pub fn limit(&self) -> Option<Limit> {
        if self.paused {
            return Some(Limit::Paused);
        }
        if !self.is_pressed() {
            return None;
        }
        if self.failing {
            return Some(Limit::LinkDown);
        }
        let of = &self.occupancy;
        let used = self.windows_used().max(self.rate_used()) / self.pressure;
        if of.unbound + of.window + of.rate <= of.free && used < USED_UP {
            return None;
        }
        Some(if of.unbound > of.window.max(of.rate) {
            Limit::LinkDown
        } else if self.is_window() {
            self.limit_of_window()
        } else {
            self.limit_of_rate()
        })
    }

    /// Whether it is held by its windows rather than by its rate.
    fn is_window(&self) -> bool {
        let Occupancy { window, rate, .. } = self.occupancy;
        let (windows_used, rate_used) = (self.windows_used(), self.rate_used());
        // What was never in the way holds nothing.
        if window.is_zero() != rate.is_zero() {
            rate.is_zero()
        } else if windows_used > NOISE * rate_used {
            true
        } else if rate_used > NOISE * windows_used {
            false
        } else {
            window > rate
        }
    }

    /// The part of its windows in which something awaited a response, on average.
    fn windows_used(&self) -> f64 {
        let Occupancy {
            in_flight, places, ..
        } = self.occupancy;
        match places.is_zero() {
            true => 0.0,
            false => in_flight.as_secs_f64() / places.as_secs_f64(),
        }
    }

    /// The part of its rate that was used.
    fn rate_used(&self) -> f64 {
        let rate = self.rate_now.filter(|rate| *rate > 0.0);
        rate.map_or(0.0, |rate| self.pdus / rate)
    }

    fn limit_of_rate(&self) -> Limit {
        let is_less = match (self.rate_now, self.tps) {
            (Some(now), Some(tps)) => now < LESS * f64::from(tps.number()),
            (Some(_), None) => true,
            (None, _) => false,
        };
        if is_less {
            Limit::Throttled
        } else {
            Limit::OperatorTps
        }
    }

    fn limit_of_window(&self) -> Limit {
        if self.window_now < self.window {
            Limit::Throttled
        } else {
            Limit::Window
        }
    }

    /// Whether what awaits a response has waited for far longer than those took that came: then it is not slow, and a wider
    /// window would bring no more.
    fn is_stalled(&self, response: Duration) -> bool {
        response > self.answered_in.map_or(SPAN, |it| 2 * it + LATE)
    }

    /// How long a response took on average; `None`: nothing was submitted.
    pub fn response_time(&self) -> Option<Duration> {
        let elapsed = self.occupancy.elapsed().as_secs_f64();
        // Those that still await theirs have waited half of their time, on average.
        let requested = self.pdus * elapsed - self.filled / 2.0;
        (requested >= 1.0).then(|| self.occupancy.in_flight.div_f64(requested))
    }
}

impl Business {
    /// What holds everything, if that is the gateway itself.
    pub fn limit(self) -> Option<Limit> {
        if self.deciding + self.committing < BUSY {
            None
        } else if self.committing >= self.deciding {
            Some(Limit::Journal)
        } else {
            Some(Limit::Cpu)
        }
    }
}
