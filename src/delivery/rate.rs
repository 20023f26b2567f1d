//! How fast one operator is written to.
//!
//! A GCRA whose burst is at most 10 ms' worth and whose rate is 97% of the TPS, so that no sliding second,
//! not even one stretched a little by the network, holds more than TPS. What the TPS is at the moment, up
//! to the configured one, is found by trying: [`Adaptation`].

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::adaptation::{Adaptation, Taken};
use super::background::Background;
use super::doubt::Doubt;

/// How far below the TPS the link runs.
const AIM: f64 = 0.97;

/// The longest burst.
const BURST: Duration = Duration::from_millis(10);

/// Throttled answers to what was written before a cut belong to the same overload, and are known by
/// their number; where some are never answered, by time.
const SAME_OVERLOAD: Duration = Duration::from_secs(10);

/// The whole link pauses after a cut, the longer the deeper it is, so that the operator's count of
/// the last second falls below its limit.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// Who takes nothing for so long at the slowest rate that it is spared may count what it refuses: then it gets less.
const LONG: Duration = Duration::from_secs(10);

/// So many messages that an operator throttles again and again within two seconds it may mean for themselves, however few
/// others there are.
const A_FEW: f64 = 3.0;

const SECOND: Duration = Duration::from_secs(1);

/// Paces PDUs on all sessions of one operator.
#[derive(Debug)]
pub(super) struct Rate {
    adaptation: Adaptation,
    theoretical_arrival: Instant,
    /// So many PDUs may make up for times in which none of the logins could take one, as long as no second holds more
    /// than the TPS; and when the last ones were written.
    lead: f64,
    last: VecDeque<Instant>,
    last_cut: Instant,
    /// Answers still to come to what was written before the last cut.
    overdue: usize,
    /// Since when the operator throttles and nothing that was written after a cut was taken.
    overload: Option<Instant>,
    last_climb: Instant,
    written: Count,
    accepted: Count,
    throttled: Count,
    since_cut: SinceCut,
    /// What is throttled again and again.
    stubborn: Count,
    background: Background,
    doubt: Option<Doubt>,
}

impl Rate {
    /// The first second counts as spent: an earlier life of the gateway may have used it.
    pub(super) fn new(tps: Option<u32>, now: Instant) -> Self {
        let tps = tps.map(f64::from);
        Self {
            adaptation: Adaptation::new(tps),
            theoretical_arrival: tps.map_or(now, |tps| now + SECOND + spare(tps)),
            lead: 1.0,
            last: VecDeque::new(),
            last_cut: now,
            overdue: 0,
            overload: None,
            last_climb: now,
            written: Count::new(now),
            accepted: Count::new(now),
            throttled: Count::new(now),
            since_cut: SinceCut::new(now),
            stubborn: Count::new(now),
            background: Background::default(),
            doubt: None,
        }
    }

    /// The same over so many logins that have limits of their own.
    pub(super) fn over_logins(self, logins: u32) -> Self {
        let lead = f64::from(logins) + 1.0;
        let ahead = self
            .current()
            .map(|current| interval(current).mul_f64(lead - 1.0));
        Self {
            lead,
            theoretical_arrival: self.theoretical_arrival + ahead.unwrap_or_default(),
            ..self
        }
    }

    /// The TPS that it is held to, if any.
    pub(super) fn tps(&self) -> Option<u32> {
        let ceiling = self.adaptation.ceiling();
        ceiling.and_then(|tps| u32::try_from(tps).ok())
    }

    /// Staff sets another TPS. Of a lower one the last second may have used more, so the next counts as spent.
    pub(super) fn tune(&mut self, tps: Option<u32>, now: Instant) {
        let before = self.current();
        self.doubt = None;
        self.adaptation.tune(tps.map(f64::from));
        let Some(current) = self.current() else {
            return;
        };
        if before.is_none_or(|before| current < before) {
            let ahead = interval(current).mul_f64(self.lead - 1.0);
            let spent = now + SECOND + spare(current).max(ahead);
            self.theoretical_arrival = self.theoretical_arrival.max(spent);
        }
        while self.last.len() > self.most() {
            self.last.pop_front();
        }
    }

    /// When the next PDU may be written; not later than `now` if it may be now.
    pub(super) fn ready_at(&self, now: Instant) -> Instant {
        let Some(current) = self.current() else {
            return now;
        };
        let spare = spare(current).max(interval(current).mul_f64(self.lead - 1.0));
        let regular = self.theoretical_arrival.checked_sub(spare).unwrap_or(now);
        match self.last.front() {
            Some(first) if self.last.len() >= self.most() => {
                regular.max(*first + SECOND.div_f64(AIM))
            }
            _ => regular,
        }
    }

    /// How many PDUs a second may hold that follow one another faster than regularly.
    fn most(&self) -> usize {
        self.adaptation.ceiling().unwrap_or(usize::MAX)
    }

    /// Notes that a PDU is being written.
    pub(super) fn spend(&mut self, now: Instant) {
        self.written.add(now);
        if self.lead > 1.0 && self.adaptation.ceiling().is_some() {
            if self.last.len() >= self.most() {
                self.last.pop_front();
            }
            self.last.push_back(now);
        }
        if let Some(current) = self.current() {
            self.theoretical_arrival = self.theoretical_arrival.max(now) + interval(current);
        }
    }

    /// Notes that the operator took a PDU.
    pub(super) fn accepted(&mut self, now: Instant) {
        if !self.is_same_overload(now) {
            self.overload = None;
        }
        self.overdue = self.overdue.saturating_sub(1);
        self.accepted.add(now);
        self.since_cut.accepted.add(now);
        if self.adaptation.is_below_the_limit() {
            self.background.accepted();
        }
        self.take_back_cuts(now);
    }

    /// Takes back what was cut for what is known by now to be usual.
    fn take_back_cuts(&mut self, now: Instant) {
        if self.doubt.is_none() || self.adaptation.was_just_cut() {
            return;
        }
        if let Some(doubt) = self
            .doubt
            .take_if(|doubt| doubt.is_explained(&self.background))
        {
            self.adaptation = doubt.before();
        }
        self.doubt.take_if(|doubt| doubt.is_over(now));
    }

    /// Notes that the operator refused a PDU for its own sake.
    pub(super) fn refused(&mut self) {
        self.overdue = self.overdue.saturating_sub(1);
    }

    /// Notes that the operator throttled while so many other PDUs await an answer; says whether the rate was cut.
    pub(super) fn throttled(&mut self, in_flight: usize, now: Instant) -> bool {
        if self.is_same_overload(now) {
            self.overdue -= 1;
            return false;
        }
        // With long response times, what was written lately is what awaits an answer.
        let unanswered = u32::try_from(in_flight).unwrap_or(u32::MAX);
        let written = self.written.a_second(now).max(f64::from(unanswered) + 1.0);
        if self.adaptation.is_idle(written) {
            return false;
        }
        self.throttled.add(now);
        self.since_cut.throttled.add(now);
        let throttled = self.throttled.recently(now);
        let all = throttled + self.accepted.recently(now);
        let is_usual = self.background.explains(throttled, all)
            || self.adaptation.was_just_cut() && Background::may_explain(throttled, all)
            || self.adaptation.is_doubling() && self.since_cut.may_be_chance(now);
        if self.adaptation.is_below_the_limit() {
            self.background.throttled();
        }
        if is_usual {
            return false;
        }
        if self.overload.is_none() && Background::may_explain_by_chance(throttled, all) {
            let doubt = self
                .doubt
                .get_or_insert_with(|| Doubt::new(self.adaptation.clone(), now));
            doubt.note(throttled, all);
        } else {
            self.doubt = None;
        }
        let left = match self.overload {
            Some(since) => self.adaptation.cut_on(now >= since + LONG),
            None => {
                let taken = Taken {
                    written,
                    accepted: self.accepted.a_second(now) / AIM,
                    is_measure: self.was_all_used(now),
                };
                Some(self.adaptation.cut(taken))
            }
        };
        self.overload.get_or_insert(now);
        if let Some(left) = left {
            self.pause(left, in_flight, now);
        }
        left.is_some()
    }

    /// Whether the rate was what held back more for a whole second.
    fn was_all_used(&mut self, now: Instant) -> bool {
        self.written.turn(now);
        let written = f64::from(self.written.before);
        self.current()
            .is_some_and(|current| written >= current / 2.0)
    }

    /// Notes that the operator throttled a message that it throttled again and again before; says whether it means that
    /// message: it takes others meanwhile, and such messages are few beside them.
    pub(super) fn throttled_for_itself(&mut self, now: Instant) -> bool {
        self.stubborn.add(now);
        let stubborn = self.stubborn.recently(now);
        let accepted = self.accepted.recently(now);
        let are_few = stubborn <= A_FEW || Background::may_explain(stubborn, stubborn + accepted);
        let means_it = !self.is_overloaded() && accepted > 0.0 && are_few;
        if means_it {
            self.refused();
        }
        means_it
    }

    /// Whether the operator throttles, and has taken nothing since.
    pub(super) fn is_overloaded(&self) -> bool {
        self.overload.is_some()
    }

    /// Notes that the operator took a PDU but says that it is congested, while so many others await an answer; says
    /// whether the rate was cut.
    pub(super) fn congested(&mut self, in_flight: usize, now: Instant) -> bool {
        if self.is_same_overload(now) {
            return false;
        }
        let accepted = self.accepted.a_second(now) / AIM;
        let written = self.written.a_second(now) / AIM;
        let left = self.adaptation.ease(accepted, written);
        if let Some(left) = left {
            // Cut for more than what may be usual: it climbs back, and is not taken back.
            self.doubt = None;
            self.pause(left, in_flight, now);
        }
        left.is_some()
    }

    /// Whether an answer is to what was written before the last cut.
    fn is_same_overload(&self, now: Instant) -> bool {
        self.overdue > 0 && now < self.last_cut + SAME_OVERLOAD
    }

    fn pause(&mut self, left: f64, in_flight: usize, now: Instant) {
        (self.last_cut, self.last_climb) = (now, now);
        self.overdue = in_flight;
        self.since_cut = SinceCut::new(now);
        let pause = SHORTEST_PAUSE.max(SECOND.mul_f64(1.0 - left));
        self.theoretical_arrival = self.theoretical_arrival.max(now + pause);
    }

    /// Wins back some of the rate for each second in which at least half of it was used; less use says nothing of
    /// what the operator takes. None while there are `signs` that it would be too much, and none while nothing is taken.
    pub(super) fn climb(&mut self, signs: bool, now: Instant) {
        let elapsed = now.saturating_duration_since(self.last_climb);
        if elapsed < SECOND {
            return;
        }
        self.last_climb = now;
        self.adaptation.took(self.accepted.a_second(now) / AIM);
        let used = self.written.a_second(now);
        let in_use = self.current().is_some_and(|current| used >= current / 2.0);
        if in_use && !signs && !self.is_overloaded() {
            self.adaptation
                .climb(elapsed.min(2 * SECOND).as_secs_f64().floor());
        }
    }

    /// How many PDUs the operator took in the last whole second.
    pub(super) fn accepted_in_the_second_before(&mut self, now: Instant) -> f64 {
        self.accepted.turn(now);
        f64::from(self.accepted.before)
    }

    /// The rate at the moment, PDUs a second.
    pub(super) fn current(&self) -> Option<f64> {
        self.adaptation.current()
    }
}

/// Answers to what was written after the last cut.
#[derive(Debug)]
struct SinceCut {
    accepted: Count,
    throttled: Count,
}

impl SinceCut {
    fn new(now: Instant) -> Self {
        Self {
            accepted: Count::new(now),
            throttled: Count::new(now),
        }
    }

    /// Whether those that were throttled of late may be what it throttles whatever the rate.
    fn may_be_chance(&mut self, now: Instant) -> bool {
        let throttled = self.throttled.recently(now);
        let all = throttled + self.accepted.recently(now);
        Background::may_explain_by_chance(throttled, all)
    }
}

/// PDUs in the second that began at `since`, and in the one before.
#[derive(Debug)]
struct Count {
    since: Instant,
    now: u32,
    before: u32,
}

impl Count {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            now: 0,
            before: 0,
        }
    }

    fn add(&mut self, now: Instant) {
        self.turn(now);
        self.now += 1;
    }

    /// The most in one of the last two seconds.
    fn a_second(&mut self, now: Instant) -> f64 {
        self.turn(now);
        f64::from(self.now.max(self.before))
    }

    /// In both seconds.
    fn recently(&mut self, now: Instant) -> f64 {
        self.turn(now);
        f64::from(self.now) + f64::from(self.before)
    }

    fn turn(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed >= SECOND {
            self.before = if elapsed < 2 * SECOND { self.now } else { 0 };
            (self.now, self.since) = (0, now);
        }
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
        fn no_sliding_second_holds_more_than_tps(tps in 1u32..2000, logins in 0u32..5, stalls in prop::collection::vec(0u64..3000, 1..10)) {
            let start = t0();
            let rate = Rate::new(Some(tps), start);
            let mut rate = if logins > 0 { rate.over_logins(logins) } else { rate };
            let written = run(&mut rate, start, Duration::from_secs(20), &stalls);
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
    fn one_overload_cuts_the_rate_once_and_the_link_pauses() {
        let start = t0();
        let mut rate = Rate::new(Some(100), start);
        let at = start + 2 * SECOND;
        assert!(rate.throttled(50, at));
        assert_eq!(rate.current(), Some(50.0));
        assert!(rate.ready_at(at) >= at + SECOND / 2);
        for _ in 0..50 {
            assert!(!rate.throttled(7, at + 5 * SECOND));
        }
        assert!(rate.throttled(20, at + 5 * SECOND), "written after the cut");
    }

    #[test]
    fn who_is_hardly_written_to_throttles_for_another_reason_than_the_rate() {
        let start = t0();
        for tps in [Some(100), Some(5), None] {
            let mut rate = Rate::new(tps, start);
            for second in 1..60 {
                let at = start + second * SECOND;
                rate.spend(at);
                assert!(!rate.throttled(0, at), "{tps:?}");
            }
            assert_eq!(rate.current(), tps.map(f64::from));
        }
        let mut rate = Rate::new(None, start);
        for pdu in 0..100 {
            rate.spend(start + SECOND * pdu / 100);
            rate.accepted(start + SECOND * pdu / 100);
        }
        rate.climb(false, start + SECOND);
        let quiet = start + 10 * SECOND;
        (0..5).for_each(|_| rate.spend(quiet));
        assert!(!rate.throttled(4, quiet), "it took a hundred before");
        assert!(rate.throttled(100, quiet), "all of them await an answer");
    }

    #[test]
    fn only_few_messages_beside_those_it_takes_can_an_operator_mean_for_themselves() {
        let start = t0();
        for (accepted, stubborn, means_them) in [
            (0, 1, false),
            (9, 3, true),
            (9, 4, false),
            (95, 5, true),
            (60, 40, false),
        ] {
            let mut rate = Rate::new(Some(100), start);
            (0..accepted).for_each(|_| rate.accepted(start));
            (1..stubborn).for_each(|_| _ = rate.throttled_for_itself(start));
            let last = rate.throttled_for_itself(start);
            assert_eq!(last, means_them, "{stubborn} beside {accepted}");
        }
    }

    #[test]
    fn answers_that_never_come_do_not_hide_the_next_overload() {
        let start = t0();
        let mut rate = Rate::new(Some(100), start);
        rate.throttled(50, start);
        assert!(rate.throttled(50, start + SAME_OVERLOAD));
    }

    /// Seconds, each with so many PDUs.
    fn seconds(rate: &mut Rate, from: Instant, seconds: u32, pdus: u32, signs: bool) -> Instant {
        for second in 0..seconds {
            for pdu in 0..pdus {
                let at = from + second * SECOND + SECOND * pdu / pdus;
                rate.spend(at);
                rate.accepted(at);
            }
            rate.climb(signs, from + (second + 1) * SECOND);
        }
        from + seconds * SECOND
    }

    #[test]
    fn the_rate_climbs_back_while_it_is_used_and_nothing_speaks_against_it() {
        let start = t0();
        let mut rate = Rate::new(Some(100), start);
        rate.throttled(10, start);
        let later = seconds(&mut rate, start, 100, 10, false);
        assert_eq!(rate.current(), Some(50.0), "hardly used");
        let later = seconds(&mut rate, later, 100, 50, true);
        assert_eq!(rate.current(), Some(50.0), "responses take longer");
        seconds(&mut rate, later, 40, 50, false);
        assert_eq!(rate.current(), Some(100.0));
    }

    #[test]
    fn what_is_cut_for_congestion_is_not_taken_back_with_what_was_in_doubt() {
        let mut rate = Rate::new(Some(300), t0());
        let now = seconds(&mut rate, t0(), 30, 290, true);
        assert!(
            rate.throttled(0, now) && rate.doubt.is_some(),
            "one in many"
        );
        let now = seconds(&mut rate, now, 10, 100, true);
        assert!(rate.congested(0, now) && rate.doubt.is_none());
    }

    #[test]
    fn an_operator_without_a_configured_tps_gets_one_when_it_throttles() {
        let start = t0();
        let mut rate = Rate::new(None, start);
        for i in 0..200 {
            rate.spend(start + i * Duration::from_millis(10));
            rate.accepted(start + i * Duration::from_millis(10));
        }
        rate.throttled(0, start + 2 * SECOND);
        let current = rate.current().expect("a rate");
        assert!((85.0..95.0).contains(&current), "{current}");
        assert!(rate.ready_at(start + 2 * SECOND) > start + 2 * SECOND);
    }
}
