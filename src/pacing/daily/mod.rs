//! How many messages an agency may submit on one day.
//!
//! A day is for normal messages first: bulk ones take what is left besides all normal ones that wait for it. Both lanes' lines move
//! on side by side, and how fast depends on links and other agencies; so only this says beforehand on which day it is whose turn.
//! What is of a campaign has a time there, and stands in no line; but the days count whom they have room for.

mod campaigns;
mod line;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

use super::line::Came;
use crate::clock::{Now, UnixMillis};
use crate::journal::{Lane, Used};
use campaigns::Campaigns;
pub(super) use line::Day;
use line::{DayLine, holds};

const DAY: Duration = Duration::from_secs(24 * 3600);

const MILLISECOND: Duration = Duration::from_millis(1);

/// For less room than one in so many of a day, all of a campaign, which may be a million, is not dealt out anew.
const WORTH_A_REVIEW: u32 = 100;

/// At most `messages` from midnight to midnight of a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyQuota {
    pub messages: u32,
    pub timezone: TimeZone,
}

/// From when messages have places, and until when these are spread; on the steady clock.
pub(super) type Opening = Range<UnixMillis>;

/// One agency's quota, how much of it is used, and who stands in line for what is left.
#[derive(Debug)]
pub(super) struct Daily {
    quota: DailyQuota,
    /// Wall times of the day that is counted.
    day: Range<UnixMillis>,
    /// Whether that is one of another time zone.
    is_elsewhere: bool,
    used: u32,
    normal: DayLine,
    bulk: DayLine,
    campaigns: Campaigns,
    /// While places are dealt out anew: the last that got its own.
    judged: Option<Came>,
    /// Whether the journal does not know yet how much is used.
    changed: bool,
}

/// Which places are given, and of which day.
#[derive(Debug)]
pub(super) struct Slot {
    /// From when on, and until when they are spread.
    pub(super) opening: Opening,
    /// Whether they are dealt out anew.
    pub(super) anew: bool,
    /// When the message ends.
    pub(super) end: UnixMillis,
}

/// A place in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// When the message is called.
    pub(super) at: UnixMillis,
    /// Where that day has no room for it, as many being before it: the midnight before the one that has, and how many of its lane go
    /// before it on that day.
    pub(super) turn: Option<(UnixMillis, u32)>,
}

impl Daily {
    /// A quota of which the journal knows that so much was used.
    pub(super) fn new(quota: DailyQuota, used: Used) -> Self {
        let day = quota.day_of(used.day);
        let is_elsewhere = day.start != used.day;
        Self {
            day: match is_elsewhere {
                true => used.day..used.day.after(DAY),
                false => day,
            },
            is_elsewhere,
            used: used.messages,
            normal: DayLine::new(used.normal),
            bulk: DayLine::new(used.bulk),
            campaigns: Campaigns::new(used.campaigns, used.full),
            judged: None,
            changed: false,
            quota,
        }
    }

    /// Goes on counting the day that another one of the same agency counted.
    pub(super) fn go_on(&mut self, before: Self) {
        *self = Self {
            quota: self.quota.clone(),
            is_elsewhere: before.is_elsewhere || before.quota.timezone != self.quota.timezone,
            ..before
        };
    }

    /// Places are dealt out anew, until [`end_anew`](Self::end_anew). Who joins meanwhile comes after all that had one.
    pub(super) fn begin_anew(&mut self) {
        self.normal.begin_anew();
        self.bulk.begin_anew();
        self.campaigns.begin_anew();
        self.judged = None;
        self.changed = true;
    }

    /// It is the turn of one that came in then to have its place dealt out anew. Says whether it was before.
    pub(super) fn judge_anew(&mut self, came: Came) -> bool {
        let was_judged = self.judged >= Some(came);
        self.judged = self.judged.max(Some(came));
        was_judged
    }

    /// All that wait have their places.
    pub(super) fn end_anew(&mut self) {
        for line in [&mut self.normal, &mut self.bulk] {
            self.changed |= line.end_anew();
        }
        self.campaigns.end_anew();
        self.judged = None;
    }

    /// When the next day begins, if this one has nothing left for a lane; where places are dealt out `anew`, beside those that have
    /// one by now.
    pub(super) fn spent_until(
        &mut self,
        lane: Lane,
        anew: bool,
        wall: UnixMillis,
    ) -> Option<UnixMillis> {
        self.pass(wall);
        let taken = self.taken(lane, Day::Today, anew);
        (taken >= self.quota.messages).then_some(self.day.end)
    }

    /// When the next day begins, if this one has nothing left besides normal messages for one of a campaign: whoever has its time
    /// waits for no other bulk ones.
    pub(super) fn spent_by_normal(&mut self, anew: bool, wall: UnixMillis) -> Option<UnixMillis> {
        self.pass(wall);
        let taken = self
            .used
            .saturating_add(self.normal.on(Day::Today, anew).waiting);
        let is_spent = taken >= self.quota.messages;
        if is_spent {
            self.changed |= self.campaigns.turn_away(0..1);
        }
        is_spent.then_some(self.day.end)
    }

    /// Whether this day has as much room for more of a campaign as is worth it, though it had none for some that wait for another.
    pub(super) fn has_room_again(&mut self, wall: UnixMillis) -> bool {
        self.pass(wall);
        let taken = self.taken(Lane::Bulk, Day::Today, false);
        let taken = taken.saturating_add(self.in_line(Lane::Bulk, 0, false));
        let room = self.quota.messages.saturating_sub(taken);
        self.campaigns.were_turned_away() && room > self.quota.messages / WORTH_A_REVIEW
    }

    /// The midnight after this wall time that begins a day with room for one more of a campaign, besides all that wait by then, if
    /// the day of this time has none.
    pub(super) fn full_until(&mut self, wall: UnixMillis, anew: bool) -> Option<UnixMillis> {
        let day = self.days_until(wall);
        let (free, _) = self.first_with_room(day, |on| {
            let in_line = self.in_line(Lane::Bulk, on, anew);
            in_line.saturating_add(self.others(Lane::Bulk, on, anew))
        });
        self.changed |= self.campaigns.turn_away(day..free);
        (free > day).then(|| self.later(free))
    }

    /// One of a campaign has its time then, on the wall clock, and came in then.
    pub(super) fn join_campaign(&mut self, at: UnixMillis, came: Came, wall: UnixMillis) {
        self.pass(wall);
        let anew = self.judged >= Some(came);
        self.campaigns.join(self.days_until(at), anew);
        self.changed = true;
    }

    /// One of a campaign goes, or has no such time any more.
    pub(super) fn leave_campaign(&mut self, at: UnixMillis, came: Came, wall: UnixMillis) {
        self.pass(wall);
        let anew = self.judged >= Some(came);
        self.campaigns.leave(self.days_until(at), anew);
        self.changed = true;
    }

    /// How many days after the one that is counted a wall time is; of those before it that is none.
    fn days_until(&self, wall: UnixMillis) -> usize {
        if wall < self.day.end {
            return 0;
        }
        days_between(self.day.start, self.quota.day_of(wall).start)
    }

    /// The day for which those of a lane wait that have places to come: nobody joins before them. Where places are dealt out
    /// `anew`, those that have one by now.
    pub(super) fn line(&mut self, lane: Lane, anew: bool, now: &Now) -> Option<Day> {
        self.pass(now.wall);
        let line = self.line_of(lane);
        let mut days = [Day::Today, Day::Next].into_iter();
        days.find(|day| holds(line.on(*day, anew), now.steady))
    }

    /// Until when those of a lane wait that wait for today, on the steady clock.
    pub(super) fn last(&self, lane: Lane, anew: bool) -> UnixMillis {
        self.line_of(lane).on(Day::Today, anew).last
    }

    /// From when until when the day is that is counted, wall time. A clock that was set back may be before it.
    pub(super) fn today(&self) -> Range<UnixMillis> {
        self.day.clone()
    }

    /// Whether a day has room for one more of a lane, besides all that wait for it and go first.
    pub(super) fn has_room(&self, lane: Lane, day: Day, anew: bool) -> bool {
        let before = self.line_of(lane).on(day, anew).waiting;
        self.taken(lane, day, anew).saturating_add(before) < self.quota.messages
    }

    /// How much of a day none of a lane's line can have: what is used, and what normal messages wait for, and campaigns.
    fn taken(&self, lane: Lane, day: Day, anew: bool) -> u32 {
        let of_others = |day| self.others(lane, day as usize, anew);
        let today = self.used.saturating_add(of_others(Day::Today));
        match day {
            Day::Today => today,
            // Those find no room today.
            Day::Next => today
                .saturating_sub(self.quota.messages.max(self.used))
                .saturating_add(of_others(Day::Next)),
        }
    }

    /// Whether some wait for today.
    pub(super) fn is_awaited(&self) -> bool {
        let lines = [&self.normal, &self.bulk];
        lines
            .iter()
            .any(|line| line.on(Day::Today, false).waiting > 0)
    }

    /// Which day a time is of that is to come; `None`: it is of one before.
    pub(super) fn day_at(&mut self, at: UnixMillis, now: UnixMillis) -> Option<Day> {
        self.pass(now);
        match at {
            at if at >= self.day.end => Some(Day::Next),
            at => (at >= self.day.start).then_some(Day::Today),
        }
    }

    /// One more waits for a day that has room for it, and goes at a time of its own.
    pub(super) fn promise(&mut self, lane: Lane, day: Day, anew: bool) {
        self.line_mut(lane).join(day, anew, None);
        self.changed = true;
    }

    /// One that was called, and came in then, waits for a day once more.
    pub(super) fn wait_again(&mut self, lane: Lane, day: Day, came: Came) {
        let anew = self.judged >= Some(came);
        self.promise(lane, day, anew);
    }

    /// One that had a place, and came in then, is called, or waits no more.
    pub(super) fn leave(&mut self, lane: Lane, place: UnixMillis, came: Came, now: &Now) {
        if let Some(day) = self.day_at(now.wall_at(place), now.wall) {
            let anew = self.judged >= Some(came);
            self.line_mut(lane).leave(day, anew);
            self.changed = true;
        }
    }

    /// Gives the next place in a lane's line, where those that come first go first; what finds no room on that day is put off
    /// again. So no day keeps room for what is withdrawn or overtaken meanwhile. As many as have room are spread over the
    /// opening, the others follow at once, after all that were promised a time in it. One that ends before gets none, unless there
    /// is room for it besides all before it: it goes first then, and takes nothing from them.
    pub(super) fn place(
        &mut self,
        lane: Lane,
        slot: Slot,
        now: &Now,
        is_open: impl Fn(UnixMillis) -> bool,
    ) -> Option<Place> {
        let Slot { opening, anew, end } = slot;
        let opens = opening.start.max(UnixMillis(now.steady.0 + 1));
        let day = self.day_at(now.wall_at(opens), now.wall)?;
        let has_room = self.has_room(lane, day, anew);
        let share = self.share(&opening);
        let last = self.line_of(lane).on(day, anew).last;
        let mut at = if last < opens {
            opens
        } else {
            let share = if last < opening.end {
                share
            } else {
                Duration::ZERO
            };
            // One after another, also where nothing is spread.
            last.after(share + MILLISECOND)
        };
        if !has_room {
            at = at.max(opening.end);
        }
        if !is_open(at) {
            at = last.max(opens);
        }
        let turn = self.turn(lane, day, anew);
        if at < end {
            self.line_mut(lane).join(day, anew, Some(at));
        } else if has_room && opens < end {
            at = opens;
            self.line_mut(lane).join(day, anew, None);
        } else {
            return None;
        }
        self.changed = true;
        Some(Place { at, turn })
    }

    /// On which day it is the turn of one more, if that is a later one, and how many of its lane go before it there.
    fn turn(&self, lane: Lane, day: Day, anew: bool) -> Option<(UnixMillis, u32)> {
        if self.has_room(lane, day, anew) {
            return None;
        }
        let from = day as usize;
        // Those of today's line come behind one that is put off to the next day already.
        let own = |on| match on < from {
            true => 0,
            false => self.in_line(lane, on, anew),
        };
        let (days, before) = self.first_with_room(from, |on| {
            own(on).saturating_add(self.others(lane, on, anew))
        });
        let own = own(0).saturating_add(own(1));
        Some((self.later(days), own.min(before)))
    }

    /// The first day from this one on, in days after the one that is counted, that has room for one more besides all that wait for
    /// it and are before that one, and how many of these go on it. What finds no room on a day goes on the next.
    fn first_with_room(&self, from: usize, waiting: impl Fn(usize) -> u32) -> (usize, u32) {
        let messages = self.quota.messages.max(1);
        let today = self.quota.messages.saturating_sub(self.used);
        let known = self.campaigns.days().max(2);
        let mut before = 0_u32;
        for day in 0..known {
            before = before.saturating_add(waiting(day));
            let room = if day == 0 { today } else { messages };
            if day >= from && before < room {
                return (day, before);
            }
            before = before.saturating_sub(room);
        }
        let full = usize::try_from(before / messages).unwrap_or(usize::MAX);
        match from.saturating_sub(known) {
            later if later > full => (from, 0),
            _ => (known.saturating_add(full), before % messages),
        }
    }

    /// How many wait for a day in a lane's line.
    fn in_line(&self, lane: Lane, day: usize, anew: bool) -> u32 {
        let line = self.line_of(lane);
        match day {
            0 => line.on(Day::Today, anew).waiting,
            1 => line.on(Day::Next, anew).waiting,
            _ => 0,
        }
    }

    /// How many wait for a day that go before a lane's line: normal messages, and those of campaigns.
    fn others(&self, lane: Lane, day: usize, anew: bool) -> u32 {
        match lane {
            Lane::Bulk => {
                let normal = self.in_line(Lane::Normal, day, anew);
                normal.saturating_add(self.campaigns.on(day, anew))
            }
            _ => 0,
        }
    }

    /// The midnight so many days after the one at which the day began that is counted.
    fn later(&self, days: usize) -> UnixMillis {
        let days = i64::try_from(days).unwrap_or(i64::MAX);
        self.quota.later(self.day.start, days)
    }

    /// How far apart as many as have room go in an opening.
    pub(super) fn share(&self, opening: &Opening) -> Duration {
        opening.end.since(opening.start) / self.quota.messages.max(1)
    }

    fn line_of(&self, lane: Lane) -> &DayLine {
        match lane {
            Lane::Bulk => &self.bulk,
            _ => &self.normal,
        }
    }

    fn line_mut(&mut self, lane: Lane) -> &mut DayLine {
        match lane {
            Lane::Bulk => &mut self.bulk,
            _ => &mut self.normal,
        }
    }

    /// Counts a message that is submitted.
    pub(super) fn count(&mut self, wall: UnixMillis) {
        self.pass(wall);
        self.used = self.used.saturating_add(1);
        self.changed = true;
    }

    /// Takes back a message that was counted at this wall time and did not go, if its day is still counted.
    pub(super) fn uncount(&mut self, counted: UnixMillis) {
        if self.day.contains(&counted) {
            self.used = self.used.saturating_sub(1);
            self.changed = true;
        }
    }

    /// What the journal is to know, if it does not.
    pub(super) fn change(&mut self) -> Option<Used> {
        std::mem::take(&mut self.changed).then(|| Used {
            day: self.day.start,
            messages: self.used,
            normal: self.normal.all(),
            bulk: self.bulk.all(),
            campaigns: self.campaigns.all(),
            full: self.campaigns.full(),
        })
    }

    /// Begins a new day when it is time to. A clock that is set back begins none again, unless it was wrong by more than
    /// a day: else the agency would have to wait for what never was. What was used on a day of another time zone counts for that of now.
    pub(super) fn pass(&mut self, wall: UnixMillis) {
        let is_ahead = wall.after(DAY) < self.day.start;
        if wall < self.day.end && !is_ahead {
            if self.is_elsewhere {
                (self.day, self.is_elsewhere) = (self.quota.day_of(wall), false);
                self.changed = true;
            }
            return;
        }
        let before = std::mem::replace(&mut self.day, self.quota.day_of(wall));
        (self.used, self.is_elsewhere) = (0, false);
        match is_ahead {
            true => self.campaigns = Campaigns::default(),
            false => self
                .campaigns
                .pass(days_between(before.start, self.day.start)),
        }
        for line in [&mut self.normal, &mut self.bulk] {
            match is_ahead {
                true => *line = DayLine::default(),
                false => line.pass(),
            }
        }
    }
}

/// How many days are between two midnights, of which some may be an hour longer or shorter than others.
fn days_between(one: UnixMillis, other: UnixMillis) -> usize {
    let days = other.since(one).saturating_add(DAY / 2).as_secs() / DAY.as_secs();
    usize::try_from(days).unwrap_or(usize::MAX)
}

impl DailyQuota {
    /// From the midnight before a wall time to the one after it.
    pub fn day_of(&self, wall: UnixMillis) -> Range<UnixMillis> {
        let day = Timestamp::from_millisecond(wall.0).ok().and_then(|at| {
            let date = self.timezone.to_datetime(at).date();
            let next = date.checked_add(1.day()).ok()?;
            Some(self.midnight(date)?..self.midnight(next)?)
        });
        // Beyond every calendar.
        day.unwrap_or(wall..UnixMillis::NEVER)
    }

    /// The midnight so many days after another one.
    fn later(&self, midnight: UnixMillis, days: i64) -> UnixMillis {
        let later = Timestamp::from_millisecond(midnight.0).ok().and_then(|at| {
            let date = self.timezone.to_datetime(at).date();
            self.midnight(date.checked_add(Span::new().try_days(days).ok()?).ok()?)
        });
        later.unwrap_or(UnixMillis::NEVER)
    }

    fn midnight(&self, date: Date) -> Option<UnixMillis> {
        let midnight = date.to_datetime(Time::midnight());
        let at = self.timezone.to_ambiguous_timestamp(midnight);
        Some(UnixMillis(at.compatible().ok()?.as_millisecond()))
    }
}
