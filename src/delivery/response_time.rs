//! How long an operator takes to answer, measured on one submission at a time.

use std::time::{Duration, Instant};

use super::Token;
use crate::durations::Durations;

/// Beyond this many times the shortest response time, responses queue at the other end.
const QUEUED: u32 = 2;

/// Jitter that means nothing.
const JITTER: Duration = Duration::from_millis(20);

/// Response times that are too long: so many times the shortest, but not below a second, and
/// not beyond a quarter of the time after which a submission is uncertain.
const TOO_LONG: u32 = 8;
const SHORTEST_TOO_LONG: Duration = Duration::from_secs(1);
const SHARE_OF_TIMEOUT: u32 = 4;

/// How much of a new measurement goes into the average.
const WEIGHT: u32 = 8;

/// How fast the shortest follows the average, so that a faster past is forgotten.
const AGEING: u32 = 256;

/// The response times of one operator.
#[derive(Debug)]
pub(super) struct ResponseTime {
    /// After which a submission is uncertain.
    timeout: Duration,
    probe: Option<Probe>,
    last: Duration,
    smoothed: Duration,
    shortest: Duration,
    /// The average of those that had nothing of ours before them: where times vary, or one login's SMSC is slower than
    /// another's, most take far longer than the shortest though nothing queues.
    alone: Duration,
    all: Durations,
}

/// The submission that is measured.
#[derive(Debug)]
struct Probe {
    token: Token,
    since: Instant,
    /// Answers still to come to what was written before it. Where more come it was passed over, and says nothing
    /// of how fast the others are.
    ahead: usize,
    is_alone: bool,
}

impl ResponseTime {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            probe: None,
            last: Duration::ZERO,
            smoothed: Duration::ZERO,
            shortest: Duration::MAX,
            alone: Duration::ZERO,
            all: Durations::default(),
        }
    }

    /// A submission is being written, while so many await an answer.
    pub(super) fn written(&mut self, token: Token, in_flight: usize, now: Instant) {
        self.probe.get_or_insert(Probe {
            token,
            since: now,
            ahead: in_flight,
            is_alone: in_flight == 0,
        });
    }

    /// A submission is answered.
    pub(super) fn answered(&mut self, token: Token, now: Instant) {
        let Some(probe) = &mut self.probe else {
            return;
        };
        if probe.token == token {
            let took = now.saturating_duration_since(probe.since);
            let is_alone = probe.is_alone;
            self.measured(took, is_alone);
            self.probe = None;
        } else {
            match probe.ahead.checked_sub(1) {
                Some(ahead) => probe.ahead = ahead,
                None => self.probe = None,
            }
        }
    }

    /// A session is gone, perhaps with the one that is measured.
    pub(super) fn measure_anew(&mut self) {
        self.probe = None;
    }

    fn measured(&mut self, took: Duration, is_alone: bool) {
        self.last = took;
        self.all.add(took);
        self.smoothed = match self.shortest {
            Duration::MAX => took,
            _ => average(self.smoothed, took),
        };
        if is_alone {
            self.alone = match self.alone {
                Duration::ZERO => took,
                alone => average(alone, took),
            };
        }
        // What it stalled alone says nothing any more once it is quick with others.
        self.alone = self.alone.min(self.smoothed * QUEUED);
        let aged = self
            .shortest
            .saturating_add(self.smoothed.saturating_sub(self.shortest) / AGEING);
        self.shortest = aged.min(took);
    }

    /// All that were measured.
    pub(super) fn all(&self) -> Durations {
        self.all
    }

    /// How long the last one took, or the next has taken already, if that is longer.
    pub(super) fn current(&self, now: Instant) -> Duration {
        let waited = self
            .probe
            .as_ref()
            .map(|probe| now.saturating_duration_since(probe.since));
        self.last.max(waited.unwrap_or_default())
    }

    /// How long one takes, if any was measured: as long as those of late, or as the next has taken already.
    pub(super) fn known(&self, now: Instant) -> Option<Duration> {
        let is_known = self.shortest != Duration::MAX;
        let waited = self
            .probe
            .as_ref()
            .map(|probe| now.saturating_duration_since(probe.since));
        is_known.then(|| self.smoothed.max(waited.unwrap_or_default()))
    }

    /// Whether more would only queue at the other end.
    pub(super) fn is_inflated(&self) -> bool {
        let unqueued = self.shortest.max(self.alone);
        self.smoothed > unqueued.saturating_mul(QUEUED).saturating_add(JITTER)
    }

    /// How long responses may take before so much queues there that submissions may become uncertain.
    pub(super) fn longest(&self) -> Duration {
        self.shortest
            .saturating_mul(TOO_LONG)
            .max(SHORTEST_TOO_LONG)
            .min(self.timeout / SHARE_OF_TIMEOUT)
            .max(self.shortest_known() * QUEUED)
    }

    fn shortest_known(&self) -> Duration {
        match self.shortest {
            Duration::MAX => Duration::ZERO,
            shortest => shortest,
        }
    }
}

fn average(of_before: Duration, took: Duration) -> Duration {
    (of_before * (WEIGHT - 1) + took) / WEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;
    use crate::delivery::sample::token;

    fn measured(times: impl IntoIterator<Item = u64>) -> ResponseTime {
        let start = instant();
        let mut response_time = ResponseTime::new(Duration::from_secs(30));
        for (id, millis) in (0..).zip(times) {
            response_time.written(token(id), 1, start);
            response_time.written(token(id + 1_000_000), 2, start);
            response_time.answered(token(id + 1_000_000), start);
            response_time.answered(token(id), start + Duration::from_millis(millis));
        }
        response_time
    }

    fn is_too_long(response_time: &ResponseTime) -> bool {
        response_time.current(instant()) > response_time.longest()
    }

    #[test]
    fn steady_times_are_neither_inflated_nor_too_long_however_long_they_are() {
        for millis in [1, 20, 500, 10_000] {
            let steady = measured([millis; 100]);
            assert!(!steady.is_inflated() && !is_too_long(&steady), "{millis}");
            assert_eq!(steady.smoothed.as_millis(), u128::from(millis));
        }
        assert!(!measured([]).is_inflated() && !is_too_long(&measured([])));
    }

    #[test]
    fn what_queues_at_the_other_end_is_seen() {
        let queued = measured([50, 50, 50].into_iter().chain([300; 30]));
        assert!(queued.is_inflated() && !is_too_long(&queued));
        let crowded = measured([50, 50, 50].into_iter().chain([3000; 30]));
        assert!(crowded.is_inflated() && is_too_long(&crowded));
    }

    #[test]
    fn times_that_vary_though_nothing_is_before_them_are_not_inflated() {
        let start = instant();
        let mut response_time = ResponseTime::new(Duration::from_secs(30));
        let mut measure = |id, before, millis| {
            response_time.written(token(id), before, start);
            response_time.answered(token(id), start + Duration::from_millis(millis));
            response_time.is_inflated()
        };
        // Two SMSCs take turns, of which one is ten times as fast.
        let alone = (0..100).filter(|id| measure(*id, 0, if id % 2 == 0 { 20 } else { 200 }));
        assert_eq!(alone.count(), 0);
        // With others they take longer; and what is alone is quick again.
        let crowded = (100..150).filter(|id| measure(*id, 9, 600));
        assert!(crowded.count() > 30);
        let alone = (200..250).map(|id| measure(id, 0, 110));
        assert_eq!(alone.last(), Some(false));
        // A stall of one alone is no measure of those with others for long.
        for (ids, before, millis) in [(300..310, 0, 9_000), (400..450, 9, 20)] {
            ids.for_each(|id| {
                measure(id, before, millis);
            });
        }
        let crowded = (500..550).map(|id| measure(id, 9, 600));
        assert_eq!(crowded.last(), Some(true));
    }

    #[test]
    fn an_operator_that_became_slower_for_good_is_seen_as_such_after_a_while() {
        let slower = measured([50; 10].into_iter().chain([300; 1000]));
        assert!(!slower.is_inflated());
    }

    #[test]
    fn a_submission_without_an_answer_tells_how_long_it_has_lasted() {
        let start = instant();
        let mut response_time = ResponseTime::new(Duration::from_secs(30));
        response_time.written(token(1), 0, start);
        let later = start + Duration::from_secs(8);
        assert_eq!(response_time.current(later).as_secs(), 8);
        assert!(response_time.current(later) > response_time.longest());
    }

    #[test]
    fn what_a_session_that_is_gone_did_not_answer_says_nothing() {
        let start = instant();
        let mut response_time = ResponseTime::new(Duration::from_secs(30));
        response_time.written(token(1), 0, start);
        response_time.measure_anew();
        let later = start + Duration::from_secs(8);
        assert_eq!(response_time.current(later), Duration::ZERO);
        response_time.written(token(2), 0, later);
        response_time.answered(token(2), later + Duration::from_millis(50));
        assert_eq!(response_time.smoothed.as_millis(), 50);
    }

    #[test]
    fn one_that_others_pass_is_no_measure() {
        let start = instant();
        let later = start + Duration::from_secs(8);
        let mut response_time = ResponseTime::new(Duration::from_secs(30));
        response_time.written(token(3), 2, start);
        for other in [1, 2] {
            response_time.answered(token(other), later);
            assert_eq!(response_time.current(later).as_secs(), 8);
        }
        response_time.answered(token(4), later);
        assert_eq!(response_time.current(later), Duration::ZERO);
    }
}
