//! What was measured in the last seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::LookupStatus;
use super::bottleneck::{Business, Tps, Use};
use crate::delivery::{LinkState, Logins};
use crate::journal::OperatorId;
use crate::lookup::Counts;
use crate::pipeline::{Load, Pause, Scope};

/// Over how long rates and shares are taken.
pub(in crate::control) const SPAN: Duration = Duration::from_secs(5);

/// What everything had counted at one moment.
#[derive(Clone, Debug)]
pub(in crate::control) struct Sample {
    pub(in crate::control) at: Instant,
    pub(in crate::control) load: Load,
    /// In the order of the operators.
    pub(in crate::control) links: Vec<LinkState>,
    pub(in crate::control) looked_up: Option<Counts>,
}

/// The samples of the last [`SPAN`], the oldest first.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Sample>);

/// What does not change of an operator while it is observed.
#[derive(Clone, Debug)]
pub struct Configured {
    pub id: OperatorId,
    pub name: String,
    /// Of each login the sessions on which messages are submitted, and how many connections each is: a pair is two.
    pub logins: Vec<(usize, usize)>,
    /// What these are called.
    pub login_names: Vec<String>,
    /// Of all its logins together, if each has one: what holds while none is configured or set of the operator as a whole.
    pub login_tps: Option<u32>,
    /// What of its windows is left to urgent messages and answers, from 0 to 1.
    pub kept: f64,
    /// Of each login the window, and whether that is its own: then none that staff sets is larger.
    pub windows: Vec<(usize, bool)>,
}

impl Configured {
    /// Connections that should be bound, where each login has so many sessions at most.
    pub(super) fn sessions(&self, of_each: usize) -> usize {
        let of_login =
            |(sessions, connections): &(usize, usize)| of_each.min(*sessions) * connections;
        self.logins.iter().map(of_login).sum()
    }

    /// Those of them on which messages are submitted.
    fn submitting(&self) -> usize {
        self.logins.iter().map(|(sessions, _)| sessions).sum()
    }

    /// What these of its logins are called.
    pub(super) fn names(&self, of: Logins) -> Vec<String> {
        let names = self.login_names.iter().zip(0..);
        let names = names.filter(|(_, number)| of.contain([*number].into_iter().collect()));
        names.map(|(name, _)| name.clone()).collect()
    }

    /// The windows by login, if one has its own, while staff has set this one.
    pub(super) fn windows(&self, set: Option<usize>) -> Vec<usize> {
        if !self.windows.iter().any(|(_, is_own)| *is_own) {
            return Vec::new();
        }
        let window = |(configured, is_own): &(usize, bool)| match set {
            Some(set) if *is_own => set.min(*configured),
            Some(set) => set,
            None => *configured,
        };
        self.windows.iter().map(window).collect()
    }
}

impl Recent {
    pub(super) fn add(&mut self, sample: Sample) {
        let is_old = |oldest: &Sample| sample.at.saturating_duration_since(oldest.at) >= SPAN;
        // The last one that is old enough stays: it is what all others are compared with.
        while self.0.get(1).is_some_and(is_old) {
            self.0.pop_front();
        }
        self.0.push_back(sample);
    }

    /// The samples by which it is judged what holds a link, the oldest and the newest: those since its bounds, or what is paused, changed
    /// last, and for a moment after that those before it, which say what held it then. Where its sessions come and go
    /// faster than that, all since staff changed something.
    pub(super) fn settled(&self, index: usize) -> Option<(&Sample, &Sample)> {
        let newest = self.0.back()?;
        let mut since = (newest, newest);
        let mut before: Option<(&Sample, &Sample)> = None;
        for sample in self.0.iter().rev().skip(1) {
            let run = before.as_mut().unwrap_or(&mut since);
            if bounds(sample, index) == bounds(run.0, index) {
                run.0 = sample;
            } else if before.is_none() && span(since) < SETTLED {
                before = Some((sample, sample));
            } else {
                break;
            }
        }
        if span(since) >= SETTLED {
            return Some(since);
        }
        let before = before.filter(|run| submitting(run.1, index) > 0);
        let runs = [before, self.unsteady(index)];
        let judged = runs.into_iter().flatten().find(|run| span(*run) >= SETTLED);
        // By less nothing is said: windows that have just begun to fill have sent much and had no answer.
        Some(judged.unwrap_or((newest, newest)))
    }

    /// The samples since what staff sets of a link changed last, from the first of them with a session: those of one
    /// whose sessions come and go.
    fn unsteady(&self, index: usize) -> Option<(&Sample, &Sample)> {
        let newest = self.0.back()?;
        let set = |sample| bounds(sample, index).map(|bounds| bounds.set);
        let run = self.0.iter().rev().take_while(|it| set(it) == set(newest));
        let first = run.filter(|it| submitting(it, index) > 0).last()?;
        Some((first, newest))
    }

    /// The oldest and the newest sample.
    pub(super) fn ends(&self) -> Option<(&Sample, &Sample)> {
        self.0.front().zip(self.0.back())
    }
}

/// For so long after a change it is not judged by what was measured since.
const SETTLED: Duration = Duration::from_secs(2);

fn span((oldest, newest): (&Sample, &Sample)) -> Duration {
    newest.at.saturating_duration_since(oldest.at)
}

/// What was to hold a link.
#[derive(PartialEq)]
struct Bounds<'a> {
    set: Set<'a>,
    submitting: usize,
}

/// What of it is configured or set, and all that is paused.
#[derive(PartialEq)]
struct Set<'a> {
    tps: Option<u32>,
    window: usize,
    paused: &'a [Pause],
}

fn bounds(sample: &Sample, index: usize) -> Option<Bounds<'_>> {
    let link = sample.links.get(index)?;
    let set = Set {
        tps: link.tps,
        window: link.most_window,
        paused: &sample.load.paused,
    };
    Some(Bounds {
        set,
        submitting: link.submitting,
    })
}

/// On how many sessions of a link messages were submitted.
fn submitting(sample: &Sample, index: usize) -> usize {
    sample.links.get(index).map_or(0, |link| link.submitting)
}

/// How the pipeline spent its time between two samples.
pub(super) fn business(oldest: &Sample, newest: &Sample) -> Business {
    let load = newest.load.since(&oldest.load);
    let elapsed = load.elapsed();
    Business {
        deciding: part(load.deciding, elapsed),
        committing: part(load.committing, elapsed),
    }
}

/// Messages a second between two samples.
pub(super) fn rate(oldest: &Sample, newest: &Sample) -> f64 {
    let elapsed = newest.at.saturating_duration_since(oldest.at);
    a_second(newest.load.since(&oldest.load).sent, elapsed)
}

/// What came of the numbers that were to be looked up between two samples.
pub(super) fn looked_up(oldest: &Sample, newest: &Sample) -> Option<LookupStatus> {
    let (before, now) = (oldest.looked_up?, newest.looked_up?);
    Some(now.since(&before).into())
}

/// How a link was used between two samples; nothing if it is in neither.
#[expect(clippy::cast_precision_loss, reason = "windows are far below 2^53")]
pub(in crate::control) fn used(
    oldest: &Sample,
    newest: &Sample,
    (index, operator): (usize, &Configured),
) -> Option<Use> {
    let (before, now) = (oldest.links.get(index)?, newest.links.get(index)?);
    let elapsed = newest.at.saturating_duration_since(oldest.at);
    let pressed = newest.load.since(&oldest.load).pressed;
    let is_paused = |pause: &Pause| {
        let Scope {
            operator: paused,
            agency,
            lane,
        } = &pause.scope;
        let is_its = paused.as_ref().is_none_or(|name| *name == operator.name);
        is_its && agency.is_none() && lane.is_none()
    };
    let written = now.written.saturating_sub(before.written);
    let tps = match (now.tps, operator.login_tps) {
        (Some(whole), Some(logins)) if whole <= logins => Some(Tps::OfAll(whole)),
        (_, Some(logins)) => Some(Tps::OfLogins(logins)),
        (whole, None) => whole.map(Tps::OfAll),
    };
    Some(Use {
        paused: newest.load.paused.iter().any(is_paused),
        failing: newest.load.failing.contains(&operator.id),
        sessions: operator.submitting(),
        sessions_bound: now.submitting,
        receiving: now.receiving,
        tps,
        rate_now: now.rate,
        window: now.most_window,
        windows: operator.windows(now.set_window),
        window_now: now.window,
        rate: a_second(written, elapsed),
        pdus: a_second(now.pdus.saturating_sub(before.pdus), elapsed),
        filled: now.in_flight as f64 - before.in_flight as f64,
        kept: operator.kept,
        occupancy: now.occupancy.since(&before.occupancy),
        answered_in: now.response_times.since(&before.response_times).mean(),
        pressure: part(
            pressed.get(&operator.id).copied().unwrap_or_default(),
            elapsed,
        ),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn a_second(count: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() {
        return 0.0;
    }
    count as f64 / elapsed.as_secs_f64()
}

fn part(of: Duration, whole: Duration) -> f64 {
    if whole.is_zero() {
        return 0.0;
    }
    (of.as_secs_f64() / whole.as_secs_f64()).min(1.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::clock::{UnixMillis, instant};
    use crate::delivery::Occupancy;

    fn sample(start: Instant, seconds: u64) -> Sample {
        let time = Duration::from_secs(seconds);
        Sample {
            at: start + time,
            load: Load {
                gathering: time / 4,
                deciding: time / 2,
                committing: time / 4,
                pressed: BTreeMap::from([(OperatorId(1), time)]),
                sent: seconds * 70,
                ..Load::default()
            },
            links: vec![LinkState {
                sessions_bound: 1,
                written: seconds * 100,
                occupancy: Occupancy {
                    rate: time,
                    ..Occupancy::default()
                },
                ..LinkState::default()
            }],
            looked_up: Some(Counts {
                answered: seconds * 20,
                unasked: seconds * 10,
                ..Counts::default()
            }),
        }
    }

    #[test]
    fn rates_and_shares_are_those_of_the_last_five_seconds() {
        let start = instant();
        let mut recent = Recent::default();
        assert!(recent.ends().is_none());
        for seconds in 0..=60 {
            recent.add(sample(start, seconds));
        }
        let (oldest, newest) = recent.ends().unwrap();
        assert_eq!(newest.at - oldest.at, SPAN);
        let operator = Configured {
            id: OperatorId(1),
            name: "ucell".to_owned(),
            logins: vec![(1, 1), (2, 2)],
            login_names: Vec::new(),
            login_tps: None,
            kept: 0.0,
            windows: vec![(5, true), (10, false)],
        };
        assert_eq!(operator.windows(None), [5, 10]);
        assert_eq!(
            [1, 2, 9].map(|of_each| operator.sessions(of_each)),
            [3, 5, 5]
        );
        assert_eq!(operator.submitting(), 3);
        assert_eq!(operator.windows(Some(20)), [5, 20]);
        assert_eq!(operator.windows(Some(3)), [3, 3]);
        let without = Configured {
            windows: vec![(10, false), (10, false)],
            ..operator.clone()
        };
        assert!(without.windows(Some(20)).is_empty(), "of none its own");
        let used = used(oldest, newest, (0, &operator)).unwrap();
        assert!((used.rate - 100.0).abs() < 1e-9 && (used.pressure - 1.0).abs() < 1e-9);
        assert_eq!(used.occupancy.elapsed(), SPAN);
        assert!((rate(oldest, newest) - 70.0).abs() < 1e-9);
        let lookup = looked_up(oldest, newest).unwrap();
        assert_eq!((lookup.numbers, lookup.missed), (150, 50));
        let business = business(oldest, newest);
        assert!((business.deciding - 0.5).abs() < 1e-9);
        assert!((business.committing - 0.25).abs() < 1e-9);
    }

    #[test]
    fn sessions_that_come_and_go_are_judged_by_all_that_was_measured_over_them() {
        let start = instant();
        let mut recent = Recent::default();
        let mut judged = Vec::new();
        // The first after a second; from then on another number of them every second.
        for quarter in 0..60 {
            let mut sample = sample(start, 0);
            sample.at = start + Duration::from_millis(250 * quarter);
            sample.links[0].submitting = [0, 4, 2, 3][usize::try_from(quarter).unwrap() / 4 % 4];
            recent.add(sample);
            let (oldest, newest) = recent.settled(0).unwrap();
            let since = |at: Instant| at.duration_since(start).as_millis() / 250;
            judged.push((since(oldest.at), since(newest.at)));
        }
        for (quarter, expected) in [
            (11, (11, 11)),
            (12, (4, 12)),
            (24, (4, 24)),
            (33, (13, 33)),
            // That without a session counts, but not at the beginning.
            (37, (20, 37)),
        ] {
            assert_eq!(judged[quarter], expected, "{quarter}");
        }
    }

    #[test]
    fn of_the_tps_of_all_and_that_of_the_logins_the_smaller_holds() {
        let start = instant();
        for (whole, logins, expected) in [
            (None, None, None),
            (Some(60), None, Some(Tps::OfAll(60))),
            (None, Some(50), Some(Tps::OfLogins(50))),
            (Some(60), Some(50), Some(Tps::OfLogins(50))),
            (Some(40), Some(50), Some(Tps::OfAll(40))),
        ] {
            let mut newest = sample(start, 5);
            newest.links[0].tps = whole;
            let operator = Configured {
                id: OperatorId(1),
                name: "ucell".to_owned(),
                logins: vec![(1, 1)],
                login_names: Vec::new(),
                login_tps: logins,
                kept: 0.0,
                windows: vec![(10, false)],
            };
            let used = used(&sample(start, 0), &newest, (0, &operator)).unwrap();
            assert_eq!(used.tps, expected);
        }
    }

    #[test]
    fn after_a_change_it_is_measured_anew() {
        let start = instant();
        let mut recent = Recent::default();
        // Wider after 20 s, and paused after 40.
        let mut judged = Vec::new();
        for quarter in 0..200 {
            let at = start + Duration::from_millis(250 * quarter);
            let mut sample = sample(start, 0);
            sample.at = at;
            sample.links[0].submitting = 1;
            sample.links[0].most_window = if quarter < 80 { 10 } else { 54 };
            if quarter >= 160 {
                sample.load.paused = vec![Pause {
                    scope: Scope::default(),
                    since: UnixMillis(0),
                }];
            }
            recent.add(sample);
            let (oldest, newest) = recent.settled(0).unwrap();
            let since = |at: Instant| at.duration_since(start).as_millis() / 250;
            judged.push((since(oldest.at), since(newest.at)));
        }
        for (quarter, expected) in [
            // At first there is nothing to go by.
            (2, (2, 2)),
            (8, (0, 8)),
            (79, (59, 79)),
            // What held it before, until there is something to go by.
            (80, (60, 79)),
            (83, (63, 79)),
            (88, (80, 88)),
            (90, (80, 90)),
            (120, (100, 120)),
            (160, (140, 159)),
            (168, (160, 168)),
        ] {
            assert_eq!(judged[quarter], expected, "{quarter}");
        }
    }
}
