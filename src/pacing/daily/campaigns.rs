//! On which days an agency's campaigns have how many of their times: so much less room there is for others.

use std::ops::Range;

/// Those that have a time by then, and have not gone, by days from the one that is counted on; who missed theirs are of that one.
#[derive(Debug, Default)]
pub(super) struct Campaigns {
    days: Vec<u32>,
    /// While times are dealt out anew: those of before, and of who joined since.
    before: Option<Vec<u32>>,
    /// The days that had no room for some, whose times are later ones for that, or that have none.
    full: Vec<bool>,
}

/// Later days are counted as one. No campaign is so long, unless its agency says so itself.
const MOST_DAYS: usize = 400;

impl Campaigns {
    pub(super) fn new(days: Vec<u32>, full: Vec<bool>) -> Self {
        Self {
            days,
            before: None,
            full,
        }
    }

    /// Those of all days. Who has a time anew is counted among those of before as well.
    pub(super) fn all(&self) -> Vec<u32> {
        (0..self.days()).map(|day| self.on(day, false)).collect()
    }

    /// How many have times on a day; where these are dealt out `anew`, of those that have theirs by now.
    pub(super) fn on(&self, day: usize, anew: bool) -> u32 {
        let on = |days: &[u32]| days.get(day).copied().unwrap_or(0);
        let before = self.before.as_deref().filter(|_| !anew);
        on(&self.days).max(before.map_or(0, on))
    }

    /// From which day on there are none.
    pub(super) fn days(&self) -> usize {
        let before = self.before.as_ref().map_or(0, Vec::len);
        self.days.len().max(before)
    }

    pub(super) fn join(&mut self, day: usize, anew: bool) {
        let day = day.min(MOST_DAYS);
        let days = self.those(anew);
        if days.len() <= day {
            days.resize(day + 1, 0);
        }
        if let Some(on) = days.get_mut(day) {
            *on = on.saturating_add(1);
        }
    }

    pub(super) fn leave(&mut self, day: usize, anew: bool) {
        let days = self.those(anew);
        if let Some(on) = days.get_mut(day.min(MOST_DAYS)) {
            *on = on.saturating_sub(1);
        }
        while days.last() == Some(&0) {
            days.pop();
        }
    }

    fn those(&mut self, anew: bool) -> &mut Vec<u32> {
        match &mut self.before {
            Some(before) if !anew => before,
            _ => &mut self.days,
        }
    }

    /// These days have no room for one more. Says whether that is news of some.
    pub(super) fn turn_away(&mut self, days: Range<usize>) -> bool {
        let end = days.end.min(MOST_DAYS);
        if self.full.len() < end {
            self.full.resize(end, false);
        }
        let mut is_news = false;
        for is_full in self.full.iter_mut().take(end).skip(days.start) {
            is_news |= !std::mem::replace(is_full, true);
        }
        is_news
    }

    /// Which days had no room for some.
    pub(super) fn full(&self) -> Vec<bool> {
        self.full.clone()
    }

    /// Whether the day that is counted had no room for some since times were dealt out anew.
    pub(super) fn were_turned_away(&self) -> bool {
        self.full.first() == Some(&true)
    }

    pub(super) fn begin_anew(&mut self) {
        self.before = Some(self.all());
        self.days.clear();
        self.full.clear();
    }

    pub(super) fn end_anew(&mut self) {
        self.before = None;
    }

    /// So many days are over. What has not gone on them is before all others on the one that is counted then.
    pub(super) fn pass(&mut self, over: usize) {
        self.full.drain(..over.min(self.full.len()));
        for days in self.before.iter_mut().chain([&mut self.days]) {
            let late: u32 = days.drain(..over.min(days.len())).sum();
            match days.first_mut() {
                Some(first) => *first = first.saturating_add(late),
                None if late > 0 => days.push(late),
                None => {}
            }
        }
    }
}
