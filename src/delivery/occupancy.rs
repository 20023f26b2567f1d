//! How a link spends its time: what says which limit holds it.

use std::time::{Duration, Instant};

/// What stands in the way of the next submission that is not urgent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// No session is bound.
    #[default]
    Unbound,
    /// As many requests await a response as the windows allow.
    Window,
    /// The rate lets out no more.
    Rate,
    None,
}

/// For how long in all each of them stood in the way, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Occupancy {
    pub unbound: Duration,
    pub window: Duration,
    pub rate: Duration,
    pub free: Duration,
    /// What awaited a response, each for as long as it did.
    pub in_flight: Duration,
    /// Places that windows had for submissions that are not urgent, taken or free, each for as long as it was there.
    pub places: Duration,
}

impl Occupancy {
    /// All the time that was looked at.
    pub fn elapsed(&self) -> Duration {
        self.unbound + self.window + self.rate + self.free
    }

    /// What came to it since it was `earlier`.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            unbound: self.unbound.saturating_sub(earlier.unbound),
            window: self.window.saturating_sub(earlier.window),
            rate: self.rate.saturating_sub(earlier.rate),
            free: self.free.saturating_sub(earlier.free),
            in_flight: self.in_flight.saturating_sub(earlier.in_flight),
            places: self.places.saturating_sub(earlier.places),
        }
    }
}

/// Keeps the account.
#[derive(Debug)]
pub(super) struct Meter {
    occupancy: Occupancy,
    since: Instant,
    obstacle: Obstacle,
    in_flight: usize,
    places: usize,
}

impl Meter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            occupancy: Occupancy::default(),
            since: now,
            obstacle: Obstacle::default(),
            in_flight: 0,
            places: 0,
        }
    }

    /// From now on this stands in the way, while so many requests await a response in so many places.
    pub(super) fn note(
        &mut self,
        obstacle: Obstacle,
        (in_flight, places): (usize, usize),
        now: Instant,
    ) {
        let passed = now.saturating_duration_since(self.since);
        let account = &mut self.occupancy;
        let place = match self.obstacle {
            Obstacle::Unbound => &mut account.unbound,
            Obstacle::Window => &mut account.window,
            Obstacle::Rate => &mut account.rate,
            Obstacle::None => &mut account.free,
        };
        *place += passed;
        let add = |to: &mut Duration, count: usize| {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            *to = to.saturating_add(passed.saturating_mul(count));
        };
        add(&mut account.in_flight, self.in_flight);
        add(&mut account.places, self.places);
        (self.since, self.obstacle) = (now, obstacle);
        (self.in_flight, self.places) = (in_flight, places);
    }

    pub(super) fn occupancy(&self) -> Occupancy {
        self.occupancy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[test]
    fn time_is_put_down_to_what_stood_in_the_way_and_in_flight_is_weighed_by_it() {
        let start = instant();
        let at = |millis| start + Duration::from_millis(millis);
        let mut meter = Meter::new(start);
        meter.note(Obstacle::None, (0, 10), at(100));
        meter.note(Obstacle::Window, (10, 10), at(150));
        let earlier = meter.occupancy();
        meter.note(Obstacle::Rate, (4, 20), at(350));
        meter.note(Obstacle::Rate, (0, 20), at(400));
        let all = meter.occupancy();
        let millis = |all: Occupancy| {
            let Occupancy {
                unbound,
                window,
                rate,
                free,
                in_flight,
                places,
            } = all;
            [unbound, free, window, rate, in_flight, places].map(|time| time.as_millis())
        };
        assert_eq!(
            millis(all),
            [100, 50, 200, 50, 10 * 200 + 4 * 50, 10 * 250 + 20 * 50]
        );
        assert_eq!(
            millis(all.since(&earlier)),
            [0, 0, 200, 50, 2200, 10 * 200 + 20 * 50]
        );
        assert_eq!(all.elapsed(), Duration::from_millis(400));
    }
}
