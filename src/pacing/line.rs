//! Who stands in line for an agency's quota or a campaign, and where.
//!
//! A place is a time at which a message is called, and its message's `dealt` is that time until it is. Who waits for a morning is
//! counted beside those in line, and goes at a moment of its own as long as there is room for all that came before: else it stands in
//! line behind them.

use std::collections::BTreeSet;
use std::time::Duration;

use xabar_events::Reason;

use super::daily::{Day, Opening, Slot};
use super::gate::{Gate, Wait, has_counted};
use super::spread::Line;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, Progress};

impl Gate {
    /// How long a message waits for its agency's quota and its campaign at least, and for those before it in line.
    pub(super) fn line_wait(
        &mut self,
        line: Line,
        message: &Message,
        now: &Now,
    ) -> Option<UnixMillis> {
        let campaign = self.campaign(message);
        let turn = campaign.map(|it| it.wait(now.steady, line));
        let is_spread = turn.is_some();
        let mut until = turn.flatten();
        if !self.daily.is_empty()
            && let Some(daily) = self.daily.get_mut(&message.agency())
        {
            daily.pass(now.wall);
            let begins = daily.today().start;
            let spent = match line {
                // By a clock that was set back. Who is new goes, and counts on the day that is counted.
                Line::Late(_) | Line::Anew(_) if now.wall < begins => Some(begins),
                Line::Late(_) if is_spread => daily.spent_by_normal(false, now.wall),
                _ if is_spread => daily.full_until(now.wall, is_anew(line)),
                _ => daily.spent_until(message.lane, is_anew(line), now.wall),
            };
            let spent = spent.map(|end| now.steady_at(end));
            let others = match line {
                _ if is_spread => None,
                Line::Late(_) => None,
                Line::Joins | Line::Anew(_) => self.others_wait(message, line, now),
            };
            until = until.max(spent).max(others);
        }
        until
    }

    /// Until when a message waits that comes after all of its lane that wait for its agency's quota.
    fn others_wait(&mut self, message: &Message, line: Line, now: &Now) -> Option<UnixMillis> {
        let anew = is_anew(line);
        let daily = self.daily.get_mut(&message.agency())?;
        match daily.line(message.lane, anew, now) {
            Some(Day::Today) => return Some(daily.last(message.lane, anew)),
            Some(Day::Next) => return Some(now.steady_at(daily.today().end)),
            None => {}
        }
        // In the morning others may have been promised all the room that there is.
        if !daily.is_awaited() || daily.has_room(message.lane, Day::Today, anew) {
            return None;
        }
        let opening = self.opening(message, now.wall, now);
        (!opening.is_empty()).then_some(opening.end)
    }

    /// Puts a message off, which has this to wait for: gives it a time of its own where many wait for the same.
    pub(super) fn put_off_in(
        &mut self,
        line: Line,
        message: &mut Message,
        (until, reason): Wait,
        now: &Now,
    ) -> Wait {
        let stands_in_line = match reason {
            Reason::AgencyQuota => true,
            // The hours hold all of a campaign up, which goes at its pace when they end.
            Reason::QuietHours | Reason::BulkWindow => {
                !has_counted(message) && self.campaign(message).is_some()
            }
            _ => false,
        };
        if stands_in_line && let Some(until) = self.place(message, line, now) {
            return (until, Reason::AgencyQuota);
        }
        let open = self.open(message, now.wall_at(until), self.delay(message));
        let wait = (now.steady_at(open), reason);
        match reason {
            Reason::QuietHours | Reason::BulkWindow => self.join_morning(message, line, wait, now),
            _ => wait,
        }
    }

    /// A message waits for some hours to end: in line, if others of its agency stand there for that day or have been promised all of
    /// it; else it is promised its own time.
    fn join_morning(&mut self, message: &mut Message, line: Line, wait: Wait, now: &Now) -> Wait {
        let anew = is_anew(line);
        if matches!(line, Line::Late(_)) || has_counted(message) {
            return wait;
        }
        let Some(daily) = self.daily.get_mut(&message.agency()) else {
            return wait;
        };
        let Some(day) = daily.day_at(now.wall_at(wait.0), now.wall) else {
            return wait;
        };
        let others = daily.line(message.lane, anew, now);
        if others.is_none() && daily.has_room(message.lane, day, anew) {
            self.promise(message, line, wait.0, now);
            return wait;
        }
        let place = self.place(message, line, now);
        place.map_or(wait, |until| (until, Reason::AgencyQuota))
    }

    /// A message has its own time on a day that has room for it.
    fn promise(&mut self, message: &mut Message, line: Line, at: UnixMillis, now: &Now) {
        let has_line = !has_counted(message) && self.campaign(message).is_none();
        if has_line
            && at < now.steady_at(message.expires)
            && let Some(daily) = self.daily.get_mut(&message.agency())
            && let Some(day) = daily.day_at(now.wall_at(at), now.wall)
        {
            daily.promise(message.lane, day, is_anew(line));
            message.progress.dealt = Some(at);
        }
    }

    /// Where a message stands in the order in which places are given.
    pub(super) fn came(&self, message: &Message) -> Came {
        came(message, self.ahead)
    }

    /// What a message that was put off waits for by the rules of now; `None`: it may go. One that stood in line gets the next
    /// place, whatever the hour: that lies in the hours in which it may go.
    pub(super) fn judge_anew(
        &mut self,
        message: &mut Message,
        submitted: &[UnixMillis],
        now: &Now,
    ) -> Option<Wait> {
        let came = self.came(message);
        if let Some(daily) = self.daily.get_mut(&message.agency())
            && daily.judge_anew(came)
            && message.progress.dealt.is_some()
        {
            // Judged once more it has left the time that it was dealt anew.
            self.move_day(message, Some(message.progress.due), None, now);
        }
        let had_place = stood_in_line(message);
        let before = Line::Anew(message.progress.dealt.take());
        let place = had_place.then(|| self.place(message, before, now));
        if let Some(place) = place.flatten() {
            let limited = self.limits.earliest(submitted, now.steady);
            if limited > place {
                let dealt = message.progress.dealt;
                self.leave_line(message, dealt, now);
                let limited = (limited, Reason::SubscriberLimit);
                let wait = self.put_off_in(line_of(message), message, limited, now);
                self.move_day(message, dealt, Some(wait.0), now);
                return Some(wait);
            }
            return (place > now.steady).then_some((place, Reason::AgencyQuota));
        }
        let Some(wait) = self.wait_in(before, message, submitted, now) else {
            let morning = self.moment_of_morning(message, now)?;
            self.leave_line(message, message.progress.dealt, now);
            self.promise(message, before, morning.0, now);
            return Some(morning);
        };
        // Its agency's quota has room for it, and something else has not.
        self.leave_line(message, message.progress.dealt, now);
        Some(self.put_off_in(before, message, wait, now))
    }

    /// A message that is due is not judged anew: it counts with the place that it has until it is called, or goes.
    pub(super) fn keep(&mut self, message: &Message, now: &Now) {
        let due = message.progress.due;
        let is_of_campaign = self.best(message).is_some();
        let came = self.came(message);
        let Some(daily) = self.daily.get_mut(&message.agency()) else {
            return;
        };
        let was_judged = daily.judge_anew(came);
        if was_judged || has_counted(message) {
            return;
        }
        if is_of_campaign {
            if message.progress.dealt.is_some() {
                self.move_day(message, None, Some(due), now);
            }
        } else if message.progress.dealt == Some(due)
            && let Some(day) = daily.day_at(now.wall_at(due), now.wall)
        {
            daily.promise(message.lane, day, true);
        }
    }

    /// Gives a message that its agency's quota or its campaign holds up the next place in line, in the hours in which it may
    /// go, and says until when that has it wait; `None`: neither holds it up. What is of a campaign has its place there, on a day
    /// that has some of the quota left.
    fn place(&mut self, message: &mut Message, line: Line, now: &Now) -> Option<UnixMillis> {
        if self.campaign(message).is_some() {
            return self.deal(message, line, now);
        }
        let anew = is_anew(line);
        let daily = self.daily.get_mut(&message.agency())?;
        let spent = daily.spent_until(message.lane, anew, now.wall);
        let others = match line {
            Line::Joins | Line::Anew(_) => daily.line(message.lane, anew, now),
            Line::Late(_) => None,
        };
        let today = daily.today();
        // Behind those that have places today, though it may have to be put off again there.
        let from = match (others, spent) {
            (Some(Day::Today), _) | (None, None) => now.wall.max(today.start),
            (Some(Day::Next), _) | (None, Some(_)) => today.end,
        };
        let mut opening = self.opening(message, from, now);
        if opening.is_empty() && others.is_none() && spent.is_none() {
            let daily = self.daily.get_mut(&message.agency())?;
            if anew && !daily.has_room(message.lane, Day::Today, anew) {
                // Those before it take all that is left of the day.
                opening = self.opening(message, today.end, now);
            } else {
                if anew {
                    self.promise(message, line, UnixMillis(now.steady.0 + 1), now);
                }
                return None;
            }
        }
        let end = now.steady_at(message.expires);
        let slot = Slot {
            opening: opening.clone(),
            anew,
            end,
        };
        let (quiet_hours, bulk) = (&self.quiet_hours, &self.bulk);
        let is_open = |at: UnixMillis| {
            let wall = now.wall_at(at);
            let is_bulk_closed = message.lane == Lane::Bulk && bulk.end_then(wall).is_some();
            !is_bulk_closed && quiet_hours.end_then(wall).is_none()
        };
        let daily = self.daily.get_mut(&message.agency())?;
        let place = daily.place(message.lane, slot, now, is_open);
        let share = daily.share(&opening);
        message.progress.dealt = place.map(|it| it.at);
        let Some(place) = place else {
            return Some(end);
        };
        let turn = place.turn.map(|(midnight, before)| {
            let opening = self.opening(message, midnight, now);
            opening.start.after(share.saturating_mul(before))
        });
        Some(turn.map_or(place.at, |turn| turn.max(place.at)))
    }

    /// From when on a message may go that may from this wall time on, and until when those that wait for that are spread.
    fn opening(&self, message: &Message, from: UnixMillis, now: &Now) -> Opening {
        let opens = self.open(message, from, Duration::ZERO);
        let earlier = from.before(self.release);
        let opened = self.open(message, earlier, Duration::ZERO);
        let end = if opens > from {
            opens.after(self.release)
        } else if opened > earlier {
            opened.after(self.release).max(opens)
        } else {
            opens
        };
        // What a morning would have let go while the gateway was down goes from its start on.
        let end = end.max(self.late_release(message.lane, now).unwrap_or(end));
        now.steady_at(opens)..now.steady_at(end)
    }

    /// The agencies of which some wait for another day though this one has room, and they may go now.
    pub(super) fn with_room(&mut self, now: &Now) -> BTreeSet<AgencyKey> {
        let is_night = self.quiet_hours.end(now.wall).is_some();
        let is_bulk_closed = self.bulk.end(now.wall).is_some();
        let closed = [
            (Lane::Normal, is_night),
            (Lane::Bulk, is_night || is_bulk_closed),
        ];
        let mut agencies = BTreeSet::new();
        for (agency, daily) in &mut self.daily {
            let mut open = closed.iter().filter(|(_, is_closed)| !is_closed);
            // Whether those of a lane that wait for today will go is not sure, so they are not counted here.
            let has_room = open.any(|(lane, _)| {
                let is_for_line = daily.spent_until(*lane, false, now.wall).is_none()
                    && daily.line(*lane, false, now) == Some(Day::Next);
                is_for_line || (*lane == Lane::Bulk && daily.has_room_again(now.wall))
            });
            if has_room {
                agencies.insert(*agency);
            }
        }
        agencies
    }

    /// A message is called: its place, if it had one, has come.
    pub(super) fn call(&mut self, message: &mut Message, now: &Now) {
        let due = message.progress.due;
        if message.progress.dealt == Some(due) && self.best(message).is_none() {
            self.leave_line(message, Some(due), now);
            // Called again it has none to leave.
            message.progress.dealt = Some(due.before(Duration::from_millis(1)));
        }
    }

    /// A message waits again whose first submission was not written: its place in its agency's line is due anew, and its campaign's
    /// time is this one. It had its turn, so it comes before all that stand there.
    pub(super) fn wait_again(&mut self, message: &mut Message, now: &Now) {
        if !self.has_line(message) {
            return;
        }
        if self.best(message).is_some() {
            message.progress.dealt.get_or_insert(now.steady);
            self.move_day(message, None, Some(now.steady), now);
            return;
        }
        let due = message.progress.due;
        message.progress.dealt = Some(due);
        let came = self.came(message);
        if let Some(daily) = self.daily.get_mut(&message.agency())
            && let Some(day) = daily.day_at(now.wall_at(due), now.wall)
        {
            daily.wait_again(message.lane, day, came);
        }
    }

    /// A message that waited ends: the time that it was given is another's.
    pub(super) fn give_up(&mut self, message: &mut Message, now: &Now) {
        let Some(dealt) = message.progress.dealt else {
            return;
        };
        if let Some(place) = self.best(message)
            && let Some(spreading) = self.spreads.get_mut(place)
        {
            if !has_counted(message) {
                spreading.give_back(dealt, now.steady);
            }
            self.move_day(message, Some(message.progress.due), None, now);
            message.progress.dealt = None;
        } else if dealt == message.progress.due {
            self.leave_line(message, Some(dealt), now);
            message.progress.dealt = None;
        }
    }

    /// A message is due then instead, for another operator: its place in its agency's line goes with it. What is of a campaign moves
    /// once its time has come, or keeps it: its day is the same.
    pub(super) fn move_to(&mut self, message: &mut Message, due: UnixMillis, now: &Now) {
        let before = std::mem::replace(&mut message.progress.due, due);
        if message.progress.dealt != Some(before) || self.best(message).is_some() {
            return;
        }
        let daily = self.daily.get_mut(&message.agency());
        let day = daily.and_then(|it| it.day_at(now.wall_at(before), now.wall));
        message.progress.dealt = match day {
            Some(_) => Some(due),
            // That day is over, and counts no more.
            None => Some(due.before(Duration::from_millis(1))),
        };
    }

    /// Whether a message may go in the turn of an older one of its thread: its own time has come, or it takes that of the other,
    /// in the same line.
    pub(super) fn may_take_turn(&self, message: &Message, turn: &Message, now: &Now) -> bool {
        let Progress {
            due,
            dealt: Some(dealt),
            history,
            ..
        } = &message.progress
        else {
            return true;
        };
        let told = history.last().and_then(|told| told.reason);
        let is_to_come =
            *dealt > now.steady || (told == Some(Reason::AgencyQuota) && *due > now.steady);
        let in_same_line = self.has_line(turn)
            && message.lane == turn.lane
            && self.best(message) == self.best(turn);
        !is_to_come || in_same_line
    }

    /// As what a message goes in that turn: of one campaign as the older one, since its own time may be far from those that are late.
    pub(super) fn line_instead(&self, message: &Message, turn: &Message) -> Line {
        let campaign = self.best(message);
        match campaign.is_some() && campaign == self.best(turn) {
            true => line_of(turn),
            false => line_of(message),
        }
    }

    /// A place for its agency's quota is nobody's any more.
    fn leave_line(&mut self, message: &Message, place: Option<UnixMillis>, now: &Now) {
        let came = self.came(message);
        if let Some(place) = place
            && !has_counted(message)
            && self.best(message).is_none()
            && let Some(daily) = self.daily.get_mut(&message.agency())
        {
            daily.leave(message.lane, place, came, now);
        }
    }

    /// Gives a message a time of its campaign, on a day that has room for it, if there is one before its end, which it waits for
    /// else; `None`: it is of none. One whose time came and that normal messages took the day from goes on the next, before those
    /// that have theirs there.
    fn deal(&mut self, message: &mut Message, line: Line, now: &Now) -> Option<UnixMillis> {
        let (quiet_hours, bulk) = (&self.quiet_hours, &self.bulk);
        let hours = |mut wall| {
            // As in `open`.
            for _ in 0..2 {
                wall = quiet_hours.end_then(wall).unwrap_or(wall);
                wall = bulk.end_then(wall).unwrap_or(wall);
            }
            wall
        };
        let is_late = matches!(line, Line::Late(_));
        let end = now.steady_at(message.expires);
        let place = self.best(message)?;
        let spreading = self.spreads.get_mut(place)?;
        let mut daily = self.daily.get_mut(&message.agency());
        // A clock that was set back may be before the day that is counted.
        let from = daily.as_mut().map(|daily| {
            let spent = daily.spent_by_normal(is_anew(line), now.wall);
            spent.unwrap_or(daily.today().start)
        });
        let mut daily = daily.filter(|_| !is_late);
        let open = |steady| {
            let wall = now.wall_at(steady);
            let mut wall = hours(from.map_or(wall, |from| from.max(wall)));
            let mut full_until = |wall| daily.as_mut()?.full_until(wall, is_anew(line));
            while wall < message.expires
                && let Some(midnight) = full_until(wall)
            {
                wall = hours(midnight);
            }
            now.steady_at(wall)
        };
        let dealt = spreading.deal(now.steady, line, end, open);
        if let Some(at) = dealt {
            let before = message.progress.dealt.map(|_| message.progress.due);
            self.move_day(message, before.filter(|_| is_late), Some(at), now);
            if !is_late {
                message.progress.dealt = dealt;
            }
        }
        Some(dealt.unwrap_or(end))
    }

    /// One of a campaign waits until then, and not until then: the day of its time is another, or it has none any more.
    pub(super) fn move_day(
        &mut self,
        message: &Message,
        from: Option<UnixMillis>,
        to: Option<UnixMillis>,
        now: &Now,
    ) {
        if has_counted(message) || self.best(message).is_none() {
            return;
        }
        let came = self.came(message);
        if let Some(daily) = self.daily.get_mut(&message.agency()) {
            if let Some(from) = from {
                daily.leave_campaign(now.wall_at(from), came, now.wall);
            }
            if let Some(to) = to.map(|to| to.min(now.steady_at(message.expires))) {
                daily.join_campaign(now.wall_at(to), came, now.wall);
            }
        }
    }
}

/// The order in which messages get their places: those that are not bulk first, since bulk ones take what these leave of a day; then
/// as they came in, by since when each may go, as far as its agency is concerned, and its id.
pub(crate) type Came = (bool, UnixMillis, u64);

/// By the clocks as far apart as they were when all was judged last, by so many milliseconds: an order that goes with every small
/// change between them is none.
fn came(message: &Message, ahead: i64) -> Came {
    let may_go = message
        .not_before
        .map(|at| UnixMillis(at.0.saturating_sub(ahead)));
    let since = may_go.map_or(message.accepted_at, |it| it.max(message.accepted_at));
    (message.lane == Lane::Bulk, since, message.id.0)
}

fn is_anew(line: Line) -> bool {
    matches!(line, Line::Anew(_))
}

/// One that has a place, which may have come, does not wait for those that have later ones.
pub(super) fn line_of(message: &Message) -> Line {
    message.progress.dealt.map_or(Line::Joins, Line::Late)
}

/// Whether a message was put off by its agency's quota or campaign, and not by what holds all messages.
fn stood_in_line(message: &Message) -> bool {
    let told = message.progress.history.last().and_then(|it| it.reason);
    let has_place = message.progress.dealt.is_some();
    !has_counted(message)
        && match told {
            Some(Reason::AgencyQuota) => true,
            // It may have been promised a time in the morning.
            Some(Reason::QuietHours | Reason::BulkWindow) => false,
            _ => has_place,
        }
}
