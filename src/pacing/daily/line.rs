//! Those of a lane that a day's quota holds up, in their order: the places of today and of the next day, each the time at which
//! one is called, and how many have one that has not come.

use crate::clock::UnixMillis;
use crate::journal::{OnDay, Places};

/// A day as seen from the one that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pacing) enum Day {
    Today,
    Next,
}

/// Those of one lane.
#[derive(Debug, Default)]
pub(super) struct DayLine {
    places: Places,
    /// While places are dealt out anew: those of before, and of who joined since.
    before: Option<Places>,
}

impl DayLine {
    pub(super) fn new(places: Places) -> Self {
        Self {
            places,
            before: None,
        }
    }

    /// The places of all that wait. Who has got one anew is counted among those of before as well.
    pub(super) fn all(&self) -> Places {
        let before = self.before.unwrap_or_default();
        let both = |one: OnDay, other: OnDay| OnDay {
            last: one.last.max(other.last),
            waiting: one.waiting.max(other.waiting),
        };
        Places {
            today: both(self.places.today, before.today),
            next: both(self.places.next, before.next),
        }
    }

    /// Those of a day that a message comes after; where places are dealt out `anew`, those that have one by now.
    pub(super) fn on(&self, day: Day, anew: bool) -> OnDay {
        let places = if anew { self.places } else { self.all() };
        match day {
            Day::Today => places.today,
            Day::Next => places.next,
        }
    }

    /// One more waits for a day, at the `last` place if it is that.
    pub(super) fn join(&mut self, day: Day, anew: bool, last: Option<UnixMillis>) {
        let places = match &mut self.before {
            Some(before) if !anew => before,
            _ => &mut self.places,
        };
        let on = of(places, day);
        on.waiting = on.waiting.saturating_add(1);
        on.last = last.unwrap_or(on.last);
    }

    /// One that waited for a day is called, or waits no more; while places are dealt out anew, one that has its own `anew` by now.
    pub(super) fn leave(&mut self, day: Day, anew: bool) {
        let places = match &mut self.before {
            Some(before) if !anew => before,
            _ => &mut self.places,
        };
        let on = of(places, day);
        on.waiting = on.waiting.saturating_sub(1);
    }

    pub(super) fn begin_anew(&mut self) {
        self.before = Some(self.all());
        self.places = Places::default();
    }

    /// Says whether that had begun.
    pub(super) fn end_anew(&mut self) -> bool {
        self.before.take().is_some()
    }

    /// The next day begins.
    pub(super) fn pass(&mut self) {
        for places in self.before.iter_mut().chain([&mut self.places]) {
            (places.today, places.next) = (places.next, OnDay::default());
        }
    }
}

fn of(places: &mut Places, day: Day) -> &mut OnDay {
    match day {
        Day::Today => &mut places.today,
        Day::Next => &mut places.next,
    }
}

/// Whether some wait for a place that is to come: all others come after them.
pub(super) fn holds(on: OnDay, now: UnixMillis) -> bool {
    on.waiting > 0 && on.last > now
}
