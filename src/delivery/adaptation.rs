//! How fast an operator lets itself be written to, found by trying.
//!
//! The rate falls at once when the operator throttles, to a little below what it really took. It comes
//! back on a cubic curve (as TCP's window does, RFC 9438): quickly at first, then it lingers where the operator
//! throttled, and if nothing happens there it tries ever higher rates, up to the configured one. So most of the time is
//! spent just below the limit, and little is throttled.
//!
//! What it took is its limit only if more was to be sent. Else, where no TPS is configured, the rate falls by half at most,
//! and doubles every second until it is throttled again.
//!
//! Where nothing at all is taken that tells nothing of what it takes: the rate falls on, but the way back leads to where it
//! was throttled first. So it does where all is taken, and each answer says that the operator is congested.

/// How much of the rate at which it throttled is left by the mildest cut, and by the harshest.
const MILD: f64 = 0.9;
const HARSH: f64 = 0.5;

/// Seconds in use after a cut for which the operator may still throttle for the rate before, and then for which the rate
/// is so far below the limit that it has no reason to.
const SETTLED_AFTER: f64 = 2.0;
const CLOSE_AFTER: f64 = 5.0;

/// Seconds in use until the rate is again what it was when the operator throttled.
const BACK_AFTER: f64 = 12.0;

/// No cut goes below this, PDUs a second.
const LEAST: f64 = 1.0;

/// What is left of the fastest rate, unless the operator throttles even that.
const SPARED: f64 = 0.1;

/// Where less of the rate is used than this, it is not the reason to throttle.
const IDLE: f64 = 0.1;

/// Where nothing is configured the rate ends here: faster than any operator.
const FASTEST: f64 = 1e6;

/// The rate of one operator, PDUs a second.
#[derive(Clone, Debug)]
pub(super) struct Adaptation {
    /// The TPS, configured or set; `None` for as fast as the window allows.
    ceiling: Option<f64>,
    current: Option<f64>,
    /// The TPS, or else the fastest that it ever took or was cut from.
    fastest: f64,
    /// What the last cut found, until the rate is back at the ceiling.
    found: Option<Found>,
    /// About what the operator takes, where the ceiling is lower than that.
    set_aside: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    /// About what the operator takes.
    limit: f64,
    /// The rate after the cut.
    low: f64,
    /// Seconds in use since the cut.
    age: f64,
    /// Whether that was as much as the operator takes, as far as that is known.
    is_measured: bool,
}

/// What went on in about a second, when the operator throttled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) written: f64,
    pub(super) accepted: f64,
    /// Whether the rate was all that held back more.
    pub(super) is_measure: bool,
}

impl Adaptation {
    pub(super) fn new(ceiling: Option<f64>) -> Self {
        Self {
            ceiling,
            current: ceiling,
            fastest: ceiling.unwrap_or_default(),
            found: None,
            set_aside: None,
        }
    }

    /// The rate at the moment; `None` for as fast as the window allows.
    pub(super) fn current(&self) -> Option<f64> {
        self.current
    }

    /// The TPS, configured or set.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole positive number"
    )]
    pub(super) fn ceiling(&self) -> Option<usize> {
        self.ceiling.map(|ceiling| ceiling as usize)
    }

    /// Staff sets another TPS. What was found of the operator's limit holds on below it, also after one that was lower.
    pub(super) fn tune(&mut self, ceiling: Option<f64>) {
        self.ceiling = ceiling;
        // How fast it may be without one is to be found anew.
        self.fastest = ceiling.unwrap_or(self.found.and(self.current).unwrap_or_default());
        self.current = match (ceiling, self.found, self.current) {
            (None, Some(_), current) => current,
            (Some(ceiling), Some(_), Some(current)) if current < ceiling => Some(current),
            (Some(ceiling), Some(found), Some(current)) => {
                self.at_ceiling(found, found.limit.max(current));
                Some(ceiling)
            }
            _ => ceiling,
        };
        let is_higher = |limit: &mut f64| ceiling.is_none_or(|ceiling| *limit < ceiling);
        if self.found.is_none()
            && let Some(limit) = self.set_aside.take_if(is_higher)
        {
            self.cut_to(limit * MILD);
        }
    }

    /// The rate is at the ceiling: what was found says no more than that the operator takes about so much.
    fn at_ceiling(&mut self, found: Found, limit: f64) {
        self.found = None;
        if found.is_measured && self.ceiling.is_some_and(|ceiling| limit >= ceiling) {
            self.set_aside = Some(limit);
        }
    }

    /// Whether the rate is still so much lower than the one at which the operator throttled that it has less reason to.
    pub(super) fn was_just_cut(&self) -> bool {
        let is_lower = |found: Found| found.is_measured && found.age < CLOSE_AFTER;
        self.found.is_some_and(is_lower)
    }

    /// Whether the rate doubles every second, no limit being known.
    pub(super) fn is_doubling(&self) -> bool {
        self.found.is_some_and(|found| !found.is_measured)
    }

    /// The same, and the operator may have forgotten the rate before.
    pub(super) fn is_below_the_limit(&self) -> bool {
        let settled = self.found.is_some_and(|found| found.age >= SETTLED_AFTER);
        settled && self.was_just_cut()
    }

    /// The operator throttled. Gives the share of the rate that is left.
    ///
    /// What it took says most. But where little was to be sent it says little: so never less is left than half, and
    /// less than it is spared only if it throttles that, too.
    pub(super) fn cut(&mut self, taken: Taken) -> f64 {
        let from = self.cut_from(taken.accepted.max(taken.written));
        let least = Some(self.spared()).filter(|spared| *spared < from);
        let least = least.map_or(LEAST, |spared| spared.min(from * MILD).max(LEAST));
        let to = (taken.accepted * MILD)
            .clamp(from * HARSH, from * MILD)
            .max(least);
        let before = self.found;
        // What it took before the rate doubled, and not after, is near its limit.
        let is_near = before.is_some_and(|before| !before.is_measured && before.age >= 1.0);
        self.cut_to(to);
        if self.ceiling.is_none() && !taken.is_measure && !is_near {
            self.found = Some(Found {
                limit: before.map_or(from, |before| before.limit.max(to)),
                low: to,
                age: 0.0,
                is_measured: before.is_some_and(|before| before.is_measured),
            });
        }
        to / from
    }

    /// The operator took nothing since the last cut, perhaps for `long`. Gives the share of the rate that is left; `None`
    /// if it is as slow as it gets.
    pub(super) fn cut_on(&mut self, long: bool) -> Option<f64> {
        let from = self.cut_from(LEAST);
        let least = if long { LEAST } else { self.spared() };
        if from <= least {
            return None;
        }
        let to = (from * HARSH).max(least);
        self.current = Some(to);
        self.found = Some(Found {
            limit: self.found.map_or(from, |found| found.limit),
            low: to,
            age: 0.0,
            is_measured: self.found.is_none_or(|found| found.is_measured),
        });
        Some(to / from)
    }

    /// Whether so many in about a second are so few that the rate is no reason to throttle them.
    pub(super) fn is_idle(&self, written: f64) -> bool {
        written <= (self.current.unwrap_or(self.fastest) * IDLE).max(1.0)
    }

    fn spared(&self) -> f64 {
        (self.fastest * SPARED).max(LEAST)
    }

    /// The operator took so many in a second, whether or not more was to be sent.
    pub(super) fn took(&mut self, accepted: f64) {
        if self.ceiling.is_none() {
            self.fastest = self.fastest.max(accepted);
        }
    }

    /// The operator says that it is congested, though it takes what it gets: of `written` in about a second it has
    /// `accepted` so far. `None` if it is slow enough for that.
    ///
    /// It goes on saying so until it has recovered, however slow it is by then: that tells how much it is to be spared, and
    /// nothing of what it takes later. So until something is won back, the way back leads to where it said so first.
    pub(super) fn ease(&mut self, accepted: f64, written: f64) -> Option<f64> {
        let from = self.cut_from(accepted.max(written));
        let least = self.spared();
        if from <= least {
            return None;
        }
        let to = (accepted * MILD).clamp(from * HARSH, from * MILD);
        let same = self.found.filter(|found| found.age <= 0.0);
        let limit = same.map_or(from, |found| found.limit);
        self.cut_to(to.max(least));
        self.found = self.found.map(|found| Found { limit, ..found });
        self.current.map(|to| to / from)
    }

    fn cut_from(&mut self, accepted: f64) -> f64 {
        let from = self.current.unwrap_or(accepted).max(LEAST);
        self.fastest = self.fastest.max(from);
        from
    }

    fn cut_to(&mut self, to: f64) {
        self.current = Some(to);
        self.found = Some(Found {
            limit: to / MILD,
            low: to,
            age: 0.0,
            is_measured: true,
        });
    }

    /// Comes back a little, after so many seconds in which the rate was in use.
    pub(super) fn climb(&mut self, seconds: f64) {
        let Some(found) = &mut self.found else {
            return;
        };
        found.age += seconds;
        let way = found.age / BACK_AFTER - 1.0;
        // Up to the limit from wherever it fell to, beyond it as from the mildest cut.
        let steepness = if way < 0.0 {
            1.0 - found.low / found.limit
        } else {
            1.0 - MILD
        };
        let share = 1.0 + steepness * way.powi(3);
        let rate = match self.current {
            Some(current) if !found.is_measured => current * seconds.exp2(),
            _ => found.limit * share,
        };
        match self.ceiling {
            Some(ceiling) if rate >= ceiling => {
                self.current = Some(ceiling);
                let found = *found;
                self.at_ceiling(found, found.limit);
            }
            _ => self.current = Some(rate.min(FASTEST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The operator took so many in a second in which all of the rate was used.
    fn of(accepted: f64) -> Taken {
        Taken {
            written: accepted,
            accepted,
            is_measure: true,
        }
    }

    fn rates(adaptation: &mut Adaptation, seconds: u32) -> Vec<f64> {
        let climbed = (0..seconds).map(|_| {
            adaptation.climb(1.0);
            adaptation.current().unwrap_or(f64::INFINITY)
        });
        climbed.collect()
    }

    #[test]
    fn a_cut_goes_to_a_little_below_what_the_operator_took() {
        let mut adaptation = Adaptation::new(Some(200.0));
        adaptation.cut(of(150.0));
        assert_eq!(adaptation.current(), Some(135.0));
        adaptation.cut(of(135.0));
        assert_eq!(adaptation.current(), Some(135.0 * 0.9));
    }

    #[test]
    fn a_cut_leaves_at_least_half_and_one_a_second_and_takes_at_least_a_tenth() {
        let mut adaptation = Adaptation::new(Some(300.0));
        assert_eq!(adaptation.cut(of(1.0)), 0.5);
        assert_eq!(adaptation.cut(of(1000.0)), 0.9);
        for _ in 0..20 {
            adaptation.cut(of(0.0));
        }
        assert_eq!(adaptation.current(), Some(1.0));
    }

    #[test]
    fn no_cut_goes_past_a_tenth_of_the_fastest_rate_before_that_was_tried() {
        let mut adaptation = Adaptation::new(Some(100.0));
        let rates = [0; 6].map(|_| {
            adaptation.cut(of(2.0));
            adaptation.current().unwrap_or_default()
        });
        assert_eq!(rates, [50.0, 25.0, 12.5, 10.0, 5.0, 2.5]);
    }

    #[test]
    fn who_takes_nothing_is_left_a_tenth_and_in_the_end_one_a_second() {
        let mut adaptation = Adaptation::new(Some(100.0));
        adaptation.cut(of(100.0));
        while adaptation.cut_on(false).is_some() {}
        assert_eq!(adaptation.current(), Some(10.0));
        while adaptation.cut_on(true).is_some() {}
        assert_eq!(adaptation.current(), Some(1.0));
        let rates = rates(&mut adaptation, 12);
        assert!(rates.is_sorted() && rates[2] > 50.0, "{rates:?}");
        assert_eq!(rates[11], 100.0, "where it was throttled first");
    }

    #[test]
    fn who_is_congested_for_ever_is_left_a_tenth() {
        for (ceiling, fastest) in [(Some(300.0), 300.0), (None, 200.0)] {
            let mut adaptation = Adaptation::new(ceiling);
            let mut taken = 200.0;
            while let Some(left) = adaptation.ease(taken, taken) {
                assert!((0.5..1.0).contains(&left), "{left}");
                taken = adaptation.current().unwrap_or(taken);
            }
            let current = adaptation.current().expect("a rate");
            assert!((current - fastest / 10.0).abs() < 0.01, "{current}");
            // What it refuses it cannot take, whatever it says besides.
            adaptation.cut(of(5.0));
            assert!(adaptation.current() < Some(current));
            assert_eq!(adaptation.ease(5.0, 5.0), None);
        }
    }

    #[test]
    fn without_a_ceiling_who_is_congested_is_left_a_tenth_of_what_it_took_at_its_best() {
        let mut adaptation = Adaptation::new(None);
        for taken in [40.0, 200.0, 3.0] {
            adaptation.took(taken);
        }
        assert_eq!(adaptation.ease(3.0, 3.0), None, "slow enough");
        let mut taken = 50.0;
        while adaptation.ease(taken, taken).is_some() {
            taken = adaptation.current().unwrap_or(taken);
        }
        assert_eq!(adaptation.current(), Some(20.0));
    }

    #[test]
    fn after_a_congestion_the_way_back_leads_to_where_it_began() {
        let mut adaptation = Adaptation::new(Some(200.0));
        while adaptation.ease(200.0, 200.0).is_some() {}
        assert_eq!(adaptation.current(), Some(20.0));
        let back = rates(&mut adaptation, 7);
        assert!(back.is_sorted() && back[6] > 180.0, "{back:?}");
        // It says so again, now that some is won back: that is news of what it takes.
        while adaptation.ease(1.0, 1.0).is_some() {}
        let back = rates(&mut adaptation, 12);
        assert!(back[11] < 190.0, "{back:?}");
    }

    #[test]
    fn what_awaits_an_answer_when_it_first_says_that_it_is_congested_counts_as_taken() {
        let mut adaptation = Adaptation::new(None);
        assert_eq!(adaptation.ease(1.0, 200.0), Some(0.5));
        assert_eq!(adaptation.current(), Some(100.0));
    }

    #[test]
    fn the_way_back_lingers_at_the_limit_and_then_goes_beyond() {
        let mut adaptation = Adaptation::new(Some(1000.0));
        adaptation.cut(of(600.0));
        let limit = 600.0;
        let rates = rates(&mut adaptation, 80);
        assert!(rates.is_sorted());
        let near = |rate: &&f64| (**rate / limit - 1.0).abs() < 0.02;
        assert!(rates.iter().filter(near).count() >= 12, "{rates:?}");
        let back = rates.iter().position(|rate| *rate >= limit);
        assert_eq!(back, Some(11), "{rates:?}");
        assert_eq!(rates.last(), Some(&1000.0), "back at the ceiling");
    }

    #[test]
    fn a_limit_that_was_found_holds_again_after_a_ceiling_below_it() {
        for (lower, seconds) in [(20.0, 0), (20.0, 60), (95.0, 60)] {
            for ceiling in [Some(150.0), None] {
                let mut adaptation = Adaptation::new(Some(150.0));
                adaptation.cut(of(100.0));
                adaptation.tune(Some(lower));
                rates(&mut adaptation, seconds);
                assert!(adaptation.current() <= Some(lower));
                adaptation.tune(Some(lower + 1.0));
                rates(&mut adaptation, seconds);
                adaptation.tune(ceiling);
                let rates = rates(&mut adaptation, 12);
                assert!(rates[0] < 100.0 && rates[11] < 110.0, "{lower} {rates:?}");
            }
        }
    }

    #[test]
    fn a_limit_that_was_outgrown_below_a_ceiling_is_forgotten() {
        let mut adaptation = Adaptation::new(Some(120.0));
        adaptation.cut(of(100.0));
        rates(&mut adaptation, 60);
        assert_eq!(adaptation.current(), Some(120.0));
        adaptation.tune(Some(1000.0));
        assert_eq!(adaptation.current(), Some(1000.0));
    }

    #[test]
    fn without_a_ceiling_a_limit_is_found_and_outgrown() {
        let mut adaptation = Adaptation::new(None);
        assert_eq!(adaptation.current(), None);
        adaptation.cut(of(100.0));
        assert_eq!(adaptation.current(), Some(90.0));
        rates(&mut adaptation, 120);
        assert!(adaptation.current() > Some(5000.0), "{adaptation:?}");
        rates(&mut adaptation, 100_000);
        assert_eq!(adaptation.current(), Some(FASTEST));
    }

    #[test]
    fn a_cut_when_little_was_to_be_sent_says_nothing_of_the_limit_and_is_soon_made_good() {
        let mut adaptation = Adaptation::new(None);
        let left = adaptation.cut(Taken {
            written: 10.0,
            accepted: 0.0,
            is_measure: false,
        });
        assert_eq!(left, 0.5);
        let rates = rates(&mut adaptation, 6);
        assert_eq!(rates[5], 320.0, "{rates:?}");
    }

    #[test]
    fn a_limit_that_was_found_is_not_forgotten_because_little_is_to_be_sent() {
        let mut adaptation = Adaptation::new(None);
        adaptation.cut(of(100.0));
        adaptation.cut(Taken {
            is_measure: false,
            ..of(20.0)
        });
        let rates = rates(&mut adaptation, 12);
        assert!(rates[5] > 80.0 && rates[11] < 110.0, "{rates:?}");
    }
}
