//! What part of its weight an operator has that shares numbers with others.
//!
//! In: how well it is, and the time. Out: a part from 0 to 1. It falls at once and comes back slowly, so that an
//! operator that recovers is not flooded.

use std::time::Duration;

use crate::clock::UnixMillis;

/// However long an operator was gone, it has its whole weight again after this.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// One that failed seems well as soon as it has little to do: it has its whole weight again after this at least.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// One that was only down may have been so for a moment.
const SHORTEST: Duration = Duration::from_secs(1);

/// So many bad answers are nothing unusual.
const USUAL: f64 = 0.05;

/// How well an operator is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Health {
    /// Since when it has been down or failing.
    pub gone_since: Option<UnixMillis>,
    /// Whether it failed, which is worse than to be down.
    pub failing: bool,
    /// What part of its answers was bad lately, from 0 to 1.
    pub bad: f64,
}

impl Health {
    /// The part of its weight that it can bear. It is left alone when half of its answers are bad.
    fn bears(self) -> f64 {
        if self.bad < USUAL {
            return 1.0;
        }
        (1.0 - 2.0 * self.bad).max(0.0)
    }
}

/// An operator's part of its weight, in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Nothing,
    Less,
    Whole,
}

/// What part of its weight an operator has now.
#[derive(Debug)]
pub struct Share {
    part: f64,
    /// How long the way from nothing to the whole takes.
    way: Duration,
    at: UnixMillis,
    standing: Standing,
}

impl Default for Share {
    fn default() -> Self {
        Self {
            part: 1.0,
            way: SHORTEST,
            at: UnixMillis(0),
            standing: Standing::default(),
        }
    }
}

impl Share {
    /// Lets time pass; says how the operator stands if that is news.
    pub fn pass(&mut self, time: UnixMillis, health: Health) -> Option<Standing> {
        let passed = time.since(self.at);
        self.at = time;
        match health.gone_since {
            Some(since) => self.lose_all(time.since(since), health.failing),
            None if health.bears() < self.part => {
                self.part = health.bears();
                self.way = LONGEST;
            }
            None => {
                let regained = passed.div_duration_f64(self.way);
                self.part = (self.part + regained).min(health.bears());
            }
        }
        let standing = self.standing();
        let before = std::mem::replace(&mut self.standing, standing);
        (before != standing).then_some(standing)
    }

    /// It comes back over as long as it was gone, and no sooner than it would have anyway.
    fn lose_all(&mut self, gone: Duration, failing: bool) {
        if self.part > 0.0 {
            self.way = self.way.mul_f64(1.0 - self.part);
            self.part = 0.0;
        }
        let least = if failing { AFTER_FAILURE } else { SHORTEST };
        self.way = self.way.max(gone).max(least).min(LONGEST);
    }

    /// The part of its weight, from 0 to 1.
    pub fn part(&self) -> f64 {
        self.part
    }

    /// How long the way from nothing to the whole takes.
    pub fn way(&self) -> Duration {
        self.way
    }

    fn standing(&self) -> Standing {
        if self.part >= 1.0 {
            Standing::Whole
        } else if self.part > 0.0 {
            Standing::Less
        } else {
            Standing::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_795_407_300_000);
    const WELL: Health = Health {
        gone_since: None,
        failing: false,
        bad: 0.0,
    };

    fn at(seconds: u64) -> UnixMillis {
        START.after(Duration::from_secs(seconds))
    }

    fn well() -> Share {
        let mut share = Share::default();
        assert_eq!(share.pass(at(0), WELL), Some(Standing::Whole));
        share
    }

    /// Lets an operator be like this, second by second; gives the percents that it had.
    #[expect(clippy::cast_possible_truncation, reason = "a percent fits")]
    fn live(share: &mut Share, seconds: std::ops::RangeInclusive<u64>, health: Health) -> Vec<u64> {
        let mut percents = Vec::new();
        for second in seconds {
            share.pass(at(second), health);
            percents.push((share.part() * 100.0).round() as u64);
        }
        percents
    }

    fn down(since: u64) -> Health {
        Health {
            gone_since: Some(at(since)),
            ..WELL
        }
    }

    #[test]
    fn one_that_was_down_comes_back_over_as_long_as_it_was_gone() {
        let mut share = well();
        assert_eq!(live(&mut share, 1..=20, down(0)), [0; 20]);
        let back = live(&mut share, 21..=40, WELL);
        assert_eq!(back[..4], [5, 10, 15, 20]);
        assert_eq!(back[17..], [90, 95, 100]);
    }

    #[test]
    fn after_a_night_it_has_all_again_in_five_minutes_and_after_a_moment_at_once() {
        let mut share = well();
        live(&mut share, 1..=30_000, down(0));
        let back = live(&mut share, 30_001..=30_300, WELL);
        assert_eq!([back[149], back[298], back[299]], [50, 100, 100]);
        live(&mut share, 30_301..=30_301, down(30_300));
        assert_eq!(live(&mut share, 30_302..=30_302, WELL), [100]);
    }

    #[test]
    fn one_that_failed_takes_a_minute_at_least() {
        let mut share = well();
        let failing = Health {
            failing: true,
            ..down(0)
        };
        live(&mut share, 1..=6, failing);
        let back = live(&mut share, 7..=66, WELL);
        assert_eq!([back[0], back[29], back[59]], [2, 50, 100]);
    }

    #[test]
    fn a_moment_on_the_way_back_does_not_shorten_it() {
        let mut share = well();
        live(&mut share, 1..=300, down(0));
        live(&mut share, 301..=360, WELL);
        assert_eq!(live(&mut share, 361..=361, down(360)), [0]);
        let back = live(&mut share, 362..=601, WELL);
        assert_eq!([back[119], back[239]], [50, 100]);
    }

    #[test]
    fn bad_answers_take_their_part_at_once_and_good_ones_give_it_back_slowly() {
        let mut share = well();
        let bad = |bad| Health { bad, ..WELL };
        assert_eq!(live(&mut share, 1..=1, bad(0.04)), [100]);
        assert_eq!(live(&mut share, 2..=3, bad(0.2)), [60, 60]);
        let back = live(&mut share, 4..=123, WELL);
        assert_eq!([back[59], back[119]], [80, 100]);
    }

    #[test]
    fn only_news_is_told() {
        let mut share = well();
        assert_eq!(share.pass(at(1), WELL), None);
        assert_eq!(share.pass(at(2), down(1)), Some(Standing::Nothing));
        assert_eq!(share.pass(at(31), down(1)), None);
        assert_eq!(share.pass(at(32), WELL), Some(Standing::Less));
        assert_eq!(share.pass(at(33), WELL), None);
        assert_eq!(share.pass(at(64), WELL), Some(Standing::Whole));
    }
}
