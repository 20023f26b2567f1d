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

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Half of its answers are bad, and it is left alone for a while.
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

    /// How long a response took on average; `None`: nothing was submitted.
    pub fn response_time(&self) -> Option<Duration> {
        let elapsed = self.occupancy.elapsed().as_secs_f64();
        // Those that still await theirs have waited half of their time, on average.
        let requested = self.pdus * elapsed - self.filled / 2.0;
        (requested >= 1.0).then(|| self.occupancy.in_flight.div_f64(requested))
    }

    /// What would lift a limit.
    pub fn advice(&self, limit: Limit) -> String {
        match limit {
            Limit::Paused => "sending is paused: `xabar ctl resume` lets it go on".to_owned(),
            Limit::LinkDown if self.failing => "half of its answers are bad, and it is tried by a few messages: ask the operator; messages wait, and move to a fallback where one is configured".to_owned(),
            Limit::LinkDown if self.receiving > 0 => format!(
                "none of {} on which messages go out is bound, and receipts come in: the log says why; messages wait, and move to a fallback where one is configured",
                counted(self.sessions, "session")
            ),
            Limit::LinkDown => format!(
                "none of {} is bound: the log says why; messages wait, and move to a fallback where one is configured",
                counted(self.sessions, "session")
            ),
            Limit::Throttled => self.advice_if_throttled(),
            Limit::OperatorTps => self.advice_on_rate(),
            Limit::Window => self.advice_on_window(),
            _ => "nothing waits for it".to_owned(),
        }
    }

    fn advice_if_throttled(&self) -> String {
        let took = format!("the operator asks for fewer and takes {:.0}/s", self.rate);
        match self.tps {
            Some(tps) => {
                let (number, key) = (tps.number(), tps.key());
                format!("{took} of the {number}/s configured: ask it why, or lower {key}")
            }
            None => format!("{took}: set tps to what it allows"),
        }
    }

    fn advice_on_rate(&self) -> String {
        let used = self.windows_used();
        let window = if NEAR * used > self.rate_used() {
            let gives = self.pdus / used;
            format!(", and with it window, which gives no more than {gives:.0}/s")
        } else {
            String::new()
        };
        match self.tps {
            Some(tps) => format!(
                "{:.0}/s of the {}/s allowed are used: raise {} if the operator allows more{window}",
                self.pdus,
                tps.number(),
                tps.key()
            ),
            None => format!("raise the tps of its binds if the operator allows more{window}"),
        }
    }

    fn advice_on_window(&self) -> String {
        let sessions = self.sessions_bound.max(1);
        let Some(response) = self.response_time() else {
            return format!(
                "window {} is full and nothing is answered: the operator stalls",
                self.window
            );
        };
        let millis = response.as_secs_f64() * 1000.0;
        let windows = match (&*self.windows, sessions) {
            ([], 1) => format!("window {} at {millis:.0} ms gives", self.window),
            ([], many) => format!(
                "window {} on each of {many} sessions at {millis:.0} ms gives",
                self.window
            ),
            (own, _) => {
                let own: Vec<String> = own.iter().map(ToString::to_string).collect();
                format!("windows {} at {millis:.0} ms give", own.join("+"))
            }
        };
        let gives = format!("{windows} {:.0}/s", self.pdus);
        // An order gives such a login no larger one.
        let by = match self.windows.is_empty() {
            true => "",
            false => ", in the file where an [[operator.bind]] has its own",
        };
        match self.tps {
            Some(tps) => {
                let of_all = f64::from(tps.number()) / (1.0 - self.kept);
                let narrowest = self.windows.iter().min().unwrap_or(&self.window);
                let needed = needed_window(of_all, response, sessions).max(narrowest + 1);
                let rate = match NEAR * self.rate_used() > self.windows_used() {
                    true => format!(", and with it {} if the operator allows more", tps.key()),
                    false => String::new(),
                };
                let number = tps.number();
                format!("{gives} of the {number}/s allowed: raise window to {needed}{by}{rate}")
            }
            None => format!("{gives}: raise window{by}, or sessions"),
        }
    }
}

/// The window that a TPS needs at this response time, over so many sessions.
fn needed_window(tps: f64, response: Duration, sessions: usize) -> usize {
    let sessions = u32::try_from(sessions).unwrap_or(u32::MAX);
    let window = tps * response.as_secs_f64() / f64::from(sessions);
    // What is measured has noise: a little less than a whole number is that number.
    let window = (window - 0.05).ceil().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number; `as` saturates"
    )]
    let window = window as usize;
    window
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

    pub fn advice(self, limit: Limit) -> String {
        let percent = |part: f64| (part * 100.0).round();
        match limit {
            Limit::Journal => format!(
                "the journal takes {}% of the time: it wants a faster disk, one that is its own",
                percent(self.committing)
            ),
            _ => format!(
                "deciding takes {}% of one core's time: it wants a faster one, and not to share it",
                percent(self.deciding)
            ),
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// A link under pressure whose window is full: 5 s of 55 a second at 180 ms.
    fn crowded() -> Use {
        Use {
            paused: false,
            failing: false,
            sessions: 1,
            receiving: 0,
            sessions_bound: 1,
            tps: Some(Tps::OfAll(300)),
            rate_now: Some(300.0),
            window: 10,
            window_now: 10,
            windows: Vec::new(),
            rate: 55.0,
            pdus: 55.0,
            filled: 0.0,
            kept: 0.0,
            occupancy: Occupancy {
                window: seconds(4.9),
                free: seconds(0.1),
                in_flight: seconds(49.5),
                places: seconds(50.0),
                ..Occupancy::default()
            },
            pressure: 1.0,
        }
    }

    #[test]
    fn a_full_window_is_told_with_the_one_that_the_tps_needs() {
        let used = crowded();
        assert_eq!(used.limit(), Some(Limit::Window));
        assert_eq!(
            used.advice(Limit::Window),
            "window 10 at 180 ms gives 55/s of the 300/s allowed: raise window to 54"
        );
        // Of those that were submitted in the first second of a link, ten have had no answer yet.
        let early = Use {
            pdus: 55.0,
            filled: 10.0,
            occupancy: Occupancy {
                window: seconds(1.0),
                in_flight: seconds(9.0),
                places: seconds(10.0),
                ..Occupancy::default()
            },
            ..crowded()
        };
        assert_eq!(early.response_time(), Some(seconds(0.18)));
        let both = Use {
            sessions: 2,
            sessions_bound: 2,
            rate: 110.0,
            pdus: 110.0,
            occupancy: Occupancy {
                in_flight: seconds(99.0),
                ..used.occupancy
            },
            ..used
        };
        assert_eq!(
            both.advice(Limit::Window),
            "window 10 on each of 2 sessions at 180 ms gives 110/s of the 300/s allowed: raise window to 27"
        );
    }

    #[test]
    fn a_window_that_a_login_has_of_its_own_is_said_to_be_raised_in_the_file() {
        let own = Use {
            windows: vec![10],
            ..crowded()
        };
        assert_eq!(
            own.advice(Limit::Window),
            "windows 10 at 180 ms give 55/s of the 300/s allowed: raise window to 54, in the file where an [[operator.bind]] has its own"
        );
        let both = Use {
            sessions: 2,
            sessions_bound: 2,
            window: 60,
            window_now: 60,
            windows: vec![10, 60],
            tps: None,
            ..crowded()
        };
        assert_eq!(
            both.advice(Limit::Window),
            "windows 10+60 at 180 ms give 55/s: raise window, in the file where an [[operator.bind]] has its own, or sessions"
        );
    }

    #[test]
    fn the_tps_of_logins_is_no_throttling_and_is_what_is_said_to_be_raised() {
        let paced = Use {
            occupancy: Occupancy {
                rate: seconds(5.0),
                ..Occupancy::default()
            },
            pdus: 46.0,
            tps: Some(Tps::OfLogins(50)),
            rate_now: Some(50.0),
            ..crowded()
        };
        assert_eq!(paced.limit(), Some(Limit::OperatorTps));
        assert_eq!(
            paced.advice(Limit::OperatorTps),
            "46/s of the 50/s allowed are used: raise the tps of its [[operator.bind]] if the operator allows more"
        );
    }

    #[test]
    fn screens_count_for_the_response_time_and_what_is_kept_for_the_window_that_is_needed() {
        let dialling = Use {
            rate: 10.0,
            ..crowded()
        };
        assert_eq!(
            dialling.response_time(),
            crowded().response_time(),
            "55 requests a second were answered"
        );
        let kept = Use {
            kept: 0.1,
            ..crowded()
        };
        let advice = kept.advice(Limit::Window);
        assert!(advice.ends_with("raise window to 60"), "{advice}");
    }

    #[test]
    fn limits_are_called_the_same_everywhere() {
        for limit in [Limit::Idle, Limit::OperatorTps, Limit::LinkDown] {
            assert_eq!(serde_json::to_value(limit).unwrap(), limit.name());
        }
    }

    #[test]
    fn without_pressure_no_link_is_a_limit() {
        let used = Use {
            pressure: 0.4,
            ..crowded()
        };
        assert_eq!(used.limit(), None);
    }

    #[test]
    fn an_operator_that_answers_badly_is_as_good_as_down_while_messages_wait_for_it() {
        let failing = Use {
            failing: true,
            occupancy: Occupancy {
                free: seconds(5.0),
                ..Occupancy::default()
            },
            ..crowded()
        };
        assert_eq!(failing.limit(), Some(Limit::LinkDown));
        assert!(
            failing
                .advice(Limit::LinkDown)
                .starts_with("half of its answers are bad")
        );
        let unused = Use {
            pressure: 0.0,
            ..failing
        };
        assert_eq!(unused.limit(), None);
    }

    #[test]
    fn of_a_pair_that_receives_and_does_not_submit_it_is_said_which_sessions_are_missing() {
        let deaf = Use {
            sessions: 2,
            sessions_bound: 0,
            ..crowded()
        };
        let advice = deaf.advice(Limit::LinkDown);
        assert!(
            advice.starts_with("none of 2 sessions is bound"),
            "{advice}"
        );
        let mute = Use {
            receiving: 2,
            ..deaf
        };
        let advice = mute.advice(Limit::LinkDown);
        let told = "none of 2 sessions on which messages go out is bound, and receipts come in";
        assert!(advice.starts_with(told), "{advice}");
    }

    #[test]
    fn what_stood_in_the_way_for_longest_is_the_limit() {
        let with = |occupancy| Use {
            occupancy,
            ..crowded()
        };
        let paced = Occupancy {
            rate: seconds(4.0),
            free: seconds(1.0),
            ..Occupancy::default()
        };
        assert_eq!(with(paced).limit(), Some(Limit::OperatorTps));
        let unbound = Occupancy {
            unbound: seconds(5.0),
            ..Occupancy::default()
        };
        assert_eq!(with(unbound).limit(), Some(Limit::LinkDown));
        let free = Occupancy {
            rate: seconds(1.0),
            free: seconds(4.0),
            ..Occupancy::default()
        };
        assert_eq!(with(free).limit(), None, "it is not the link");
    }

    /// Near both limits: a window of 54, of which 48 places are for what is not urgent, at 180 ms and 300 a second.
    fn near_both(in_flight: f64, pdus: f64, [window, rate, free]: [f64; 3]) -> Use {
        Use {
            rate: pdus,
            pdus,
            rate_now: Some(291.0),
            window: 54,
            window_now: 54,
            kept: 0.1,
            occupancy: Occupancy {
                window: seconds(window),
                rate: seconds(rate),
                free: seconds(free),
                in_flight: seconds(5.0 * in_flight),
                places: seconds(5.0 * 48.0),
                ..Occupancy::default()
            },
            ..crowded()
        }
    }

    #[test]
    fn near_both_limits_it_is_the_one_that_is_more_used_up() {
        // A machine that is busy brings the next message late: the rate is in the way for longer, and mostly nothing is.
        for times in [[1.5, 3.5, 0.0], [1.0, 0.5, 3.5]] {
            let late = near_both(45.0, 226.0, times);
            assert_eq!(late.limit(), Some(Limit::Window));
            assert_eq!(
                late.advice(Limit::Window),
                "window 54 at 199 ms gives 226/s of the 300/s allowed: raise window to 67"
            );
        }
        let paced = near_both(30.0, 290.0, [0.5, 2.0, 2.5]);
        assert_eq!(paced.limit(), Some(Limit::OperatorTps));
        let unused = near_both(30.0, 200.0, [1.0, 1.0, 3.0]);
        assert_eq!(unused.limit(), None, "neither is used up");
    }

    #[test]
    fn where_both_are_used_up_the_advice_names_both() {
        let paced = near_both(46.0, 288.0, [1.0, 3.0, 1.0]);
        assert_eq!(paced.limit(), Some(Limit::OperatorTps));
        assert_eq!(
            paced.advice(Limit::OperatorTps),
            "288/s of the 300/s allowed are used: raise tps if the operator allows more, and with it window, which gives no more than 301/s"
        );
        let full = near_both(47.5, 280.0, [3.0, 1.0, 1.0]);
        assert_eq!(full.limit(), Some(Limit::Window));
        let advice = full.advice(Limit::Window);
        assert!(
            advice.ends_with("raise window to 57, and with it tps if the operator allows more"),
            "{advice}"
        );
    }

    #[test]
    fn an_operator_that_takes_less_than_configured_throttles() {
        let paced = Use {
            occupancy: Occupancy {
                rate: seconds(5.0),
                ..Occupancy::default()
            },
            rate: 40.0,
            pdus: 40.0,
            rate_now: Some(42.0),
            ..crowded()
        };
        assert_eq!(paced.limit(), Some(Limit::Throttled));
        assert_eq!(
            paced.advice(Limit::Throttled),
            "the operator asks for fewer and takes 40/s of the 300/s configured: ask it why, or lower tps"
        );
        let unknown = Use {
            tps: None,
            ..paced.clone()
        };
        assert_eq!(unknown.limit(), Some(Limit::Throttled));
        let shrunk = Use {
            window_now: 4,
            ..crowded()
        };
        assert_eq!(shrunk.limit(), Some(Limit::Throttled));
    }

    #[test]
    fn what_is_paused_is_held_by_that_alone() {
        let paused = Use {
            paused: true,
            pressure: 0.0,
            ..crowded()
        };
        assert_eq!(paused.limit(), Some(Limit::Paused));
    }

    #[test]
    fn an_operator_that_answers_nothing_is_said_to_stall() {
        let stalled = Use {
            rate: 0.0,
            pdus: 0.0,
            ..crowded()
        };
        assert!(
            stalled
                .advice(Limit::Window)
                .ends_with("the operator stalls")
        );
    }

    #[test]
    fn a_busy_pipeline_is_held_by_what_takes_most_of_its_time() {
        let business = |deciding, committing| Business {
            deciding,
            committing,
        };
        assert_eq!(business(0.3, 0.5).limit(), None);
        assert_eq!(business(0.3, 0.65).limit(), Some(Limit::Journal));
        assert_eq!(business(0.8, 0.15).limit(), Some(Limit::Cpu));
    }
}
