//! How fast one operator is written to.
//!
//! A GCRA whose burst is at most 10 ms' worth and whose rate is 97% of the configured TPS, so that no
//! sliding second, not even one stretched a little by the network, holds more than TPS. When
//! the operator throttles, the rate falls at once and climbs back by itself.

use std::time::{Duration, Instant};

/// How far below the configured TPS the link runs.
const AIM: f64 = 0.97;

/// The longest burst.
const BURST: Duration = Duration::from_millis(10);

/// How much of the rate is left after the operator throttled.
const CUT: f64 = 0.5;

/// How long after a cut further throttled answers belong to the same overload: they are answers to
/// what was in flight when the rate was cut.
const SAME_OVERLOAD: Duration = Duration::from_secs(1);

/// What is won back each second without throttling, as a share of the configured TPS, or of the
/// rate at which it throttled where none is configured.
const CLIMB: f64 = 0.05;

const SECOND: Duration = Duration::from_secs(1);

/// Paces PDUs on all sessions of one operator.
#[derive(Debug)]
pub(super) struct Rate {
    /// The configured TPS; `None` for as fast as the window allows.
    tps: Option<f64>,
    /// What it is at the moment.
    current: Option<f64>,
    /// What the last cut was made from.
    throttled_at: f64,
    theoretical_arrival: Instant,
    last_cut: Option<Instant>,
    last_climb: Instant,
    /// PDUs in the second that began at `counting_since`, and in the one before.
    counted: (u32, u32),
    counting_since: Instant,
}

impl Rate {
    /// The first second counts as spent: an earlier life of the gateway may have used it.
    pub(super) fn new(tps: Option<u32>, now: Instant) -> Self {
        let tps = tps.map(f64::from);
        Self {
            tps,
            current: tps,
            throttled_at: 0.0,
            theoretical_arrival: tps.map_or(now, |tps| now + SECOND + spare(tps)),
            last_cut: None,
            last_climb: now,
            counted: (0, 0),
            counting_since: now,
        }
    }

    /// When the next PDU may be written; not later than `now` if it may be now.
    pub(super) fn ready_at(&self, now: Instant) -> Instant {
        let Some(current) = self.current else {
            return now;
        };
        self.theoretical_arrival
            .checked_sub(spare(current))
            .unwrap_or(now)
    }

    /// Notes that a PDU is being written.
    pub(super) fn spend(&mut self, now: Instant) {
        self.count(now);
        if let Some(current) = self.current {
            self.theoretical_arrival = self.theoretical_arrival.max(now) + interval(current);
        }
    }

    /// Notes that the operator throttled; says whether the rate was cut.
    pub(super) fn throttled(&mut self, now: Instant) -> bool {
        if self.last_cut.is_some_and(|cut| now < cut + SAME_OVERLOAD) {
            return false;
        }
        let from = self
            .current
            .unwrap_or_else(|| f64::from(self.counted.0.max(self.counted.1)));
        self.throttled_at = from;
        self.current = Some((from * CUT).max(1.0));
        self.last_cut = Some(now);
        self.last_climb = now;
        // The whole link pauses: what is in flight would be throttled just the same.
        self.theoretical_arrival = self.theoretical_arrival.max(now + SAME_OVERLOAD / 2);
        true
    }

    /// Wins back some of the rate as time passes.
    pub(super) fn climb(&mut self, now: Instant) {
        let (Some(current), Some(_)) = (self.current, self.last_cut) else {
            return;
        };
        let seconds = now.saturating_duration_since(self.last_climb).as_secs();
        if seconds == 0 {
            return;
        }
        self.last_climb = now;
        let step = (self.tps.unwrap_or(self.throttled_at) * CLIMB).max(1.0);
        let climbed = current + step * Duration::from_secs(seconds).as_secs_f64();
        match self.tps {
            Some(tps) if climbed >= tps => self.recover(Some(tps)),
            None if climbed >= 4.0 * self.throttled_at => self.recover(None),
            _ => self.current = Some(climbed),
        }
    }

    /// The rate at the moment, PDUs a second.
    pub(super) fn current(&self) -> Option<f64> {
        self.current
    }

    fn recover(&mut self, rate: Option<f64>) {
        self.current = rate;
        self.last_cut = None;
    }

    fn count(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.counting_since);
        if elapsed >= SECOND {
            self.counted = (
                0,
                if elapsed < 2 * SECOND {
                    self.counted.0
                } else {
                    0
                },
            );
            self.counting_since = now;
        }
        self.counted.0 += 1;
    }
}

fn interval(rate: f64) -> Duration {
    Duration::from_secs_f64(1.0 / (rate * AIM))
}

/// How far ahead of its regular time a PDU may be.
fn spare(rate: f64) -> Duration {
    interval(rate).mul_f64(burst(rate) - 1.0)
}

/// How many PDUs may follow one another without a pause.
fn burst(rate: f64) -> f64 {
    (rate * BURST.as_secs_f64()).floor().max(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(
        clippy::disallowed_methods,
        reason = "only where the simulation starts"
    )]
    fn t0() -> Instant {
        Instant::now()
    }

    /// Writes as fast as allowed, from time to time stalled; gives the times of writing.
    fn run(rate: &mut Rate, start: Instant, length: Duration, stalls: &[u64]) -> Vec<Duration> {
        let mut now = start;
        let mut written = Vec::new();
        let mut stalls = stalls.iter().cycle();
        while now < start + length {
            now = now.max(rate.ready_at(now));
            rate.spend(now);
            written.push(now - start);
            if written.len() % 50 == 0 {
                now += Duration::from_millis(*stalls.next().unwrap_or(&0));
            }
        }
        written
    }

    fn most_in_a_second(written: &[Duration]) -> usize {
        let mut first = 0;
        let mut most = 0;
        for (last, at) in written.iter().enumerate() {
            while *at >= written[first] + SECOND {
                first += 1;
            }
            most = most.max(last - first + 1);
        }
        most
    }

    proptest! {
        #[test]
        fn no_sliding_second_holds_more_than_tps(tps in 1u32..2000, stalls in prop::collection::vec(0u64..3000, 1..10)) {
            let start = t0();
            let written = run(&mut Rate::new(Some(tps), start), start, Duration::from_secs(20), &stalls);
            prop_assert!(most_in_a_second(&written) <= tps as usize);
            prop_assert!(written[0] >= SECOND);
        }
    }

    #[test]
    fn the_rate_reaches_nearly_the_configured_tps() {
        for tps in [5, 300, 2000] {
            let start = t0();
            let written = run(
                &mut Rate::new(Some(tps), start),
                start,
                Duration::from_secs(11),
                &[0],
            );
            assert!(
                written.len() >= (tps * 10 * 90 / 100) as usize,
                "{tps}: {}",
                written.len()
            );
        }
    }

    #[test]
    fn the_first_throttled_answer_halves_the_rate_and_the_rest_of_the_window_does_not() {
        let start = t0();
        let mut rate = Rate::new(Some(100), start);
        assert!(rate.throttled(start + SECOND));
        for _ in 0..50 {
            assert!(!rate.throttled(start + SECOND + Duration::from_millis(300)));
        }
        assert_eq!(rate.current(), Some(50.0));
    }

    #[test]
    fn the_rate_climbs_back_to_the_configured_one() {
        let start = t0();
        let mut rate = Rate::new(Some(100), start);
        rate.throttled(start);
        rate.climb(start + 4 * SECOND);
        assert_eq!(rate.current(), Some(70.0));
        rate.climb(start + 60 * SECOND);
        assert_eq!(rate.current(), Some(100.0));
    }

    #[test]
    fn an_operator_without_a_configured_tps_gets_one_when_it_throttles() {
        let start = t0();
        let mut rate = Rate::new(None, start);
        for i in 0..200 {
            rate.spend(start + i * Duration::from_millis(10));
        }
        rate.throttled(start + 2 * SECOND);
        assert_eq!(rate.current(), Some(50.0));
        assert!(rate.ready_at(start + 2 * SECOND) > start + 2 * SECOND);
    }
}
