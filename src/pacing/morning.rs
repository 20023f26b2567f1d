//! When what waits for a morning goes, or for the hours of bulk: bit by bit, also where the gateway was down then, or the night is over by other rules.

use std::time::Duration;

use xabar_events::Reason;

use super::gate::{Gate, Wait};
use super::quiet_hours::delay;
use crate::clock::{Now, UnixMillis};
use crate::journal::{Lane, Message};

/// What would have gone meanwhile may as well go at once.
const SHORT: Duration = Duration::from_secs(60);

/// From when until when nothing had its turn, on the steady clock, since the gateway was down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Down {
    since: UnixMillis,
    until: UnixMillis,
    /// Whether some of a morning fell into it, or of an opening of the hours of bulk: its messages go over a release from the start on.
    over_a_morning: bool,
    over_an_opening: bool,
}

impl Gate {
    /// The gateway was down since then, and starts now; says whether some of a morning fell into that, or of the opening of the
    /// hours of bulk.
    pub(super) fn was_down(&mut self, since: UnixMillis, now: &Now) -> bool {
        let until = now.steady;
        if until.since(since) <= SHORT {
            return false;
        }
        let earliest = now.wall_at(since).before(self.release);
        let is_over = |end: Option<UnixMillis>| end.is_some_and(|end| end <= now.wall);
        let down = Down {
            since,
            until,
            over_a_morning: is_over(self.quiet_hours.next_end(earliest)),
            over_an_opening: is_over(self.bulk.next_end(earliest)),
        };
        self.down = Some(down);
        down.over_a_morning || down.over_an_opening
    }

    /// Until when, on the wall clock, the messages of a lane go of a morning over which the gateway was down, or of an opening.
    pub(super) fn late_release(&self, lane: Lane, now: &Now) -> Option<UnixMillis> {
        let down = self.down?;
        let is_late = down.over_a_morning || (lane == Lane::Bulk && down.over_an_opening);
        let end = now.wall_at(down.until).after(self.release);
        (is_late && end > now.wall).then_some(end)
    }

    /// When a message goes that was put off into a morning, or the opening of the hours of bulk, though it might go now: no herd goes since a rule is another, or the
    /// clock, or the gateway was down. That is its moment if it is morning, and else one as long from now, if it was to go later
    /// than that.
    pub(super) fn moment_of_morning(&self, message: &Message, now: &Now) -> Option<Wait> {
        if message.lane == Lane::Urgent {
            return None;
        }
        let down = self.down.filter(|it| it.had_turn(message));
        let (moment, reason) = match down {
            Some(down) => self.moment_after_start(message, down, now)?,
            None => self.moment_left(message, now)?,
        };
        (moment > now.wall).then(|| (now.steady_at(moment), reason))
    }

    fn moment_left(&self, message: &Message, now: &Now) -> Option<(UnixMillis, Reason)> {
        let reason = told(message);
        let due = now.wall_at(message.progress.due);
        let delay = delay(message.msisdn, self.last_release);
        let own = self.own_moment(message, now.wall);
        let own = own.filter(|(moment, _)| *moment > now.wall);
        let is_told = own.is_some() && reason == own.map(|(_, reason)| reason);
        // That after a start is told to nobody where it is soon.
        let start = self.down.map(|down| now.wall_at(down.until));
        let is_of_bulk = reason == Some(Reason::BulkWindow) && self.bulk.next_end(due).is_some();
        let is_late = start.is_some_and(|start| {
            let last = self.morning(message, start, delay);
            due == last || (is_of_bulk && start < due && due < last)
        });
        let moment = own.map(|(moment, _)| moment);
        let moment = moment.or(is_late.then_some(due));
        let is_so = reason == Some(Reason::QuietHours) || is_told || Some(due) == moment;
        let moment = moment.unwrap_or_else(|| self.morning(message, now.wall, delay).min(due));
        let hours = own.map_or(Reason::QuietHours, |(_, reason)| reason);
        is_so.then(|| (moment, reason.unwrap_or(hours)))
    }

    /// When a message goes that a morning would have let go while the gateway was down: as long after the start as it would have
    /// gone after the end of the night, or after the gateway's. So what goes beside it has at most the same pace.
    fn moment_after_start(
        &self,
        message: &Message,
        down: Down,
        now: &Now,
    ) -> Option<(UnixMillis, Reason)> {
        let reason = told(message).filter(|it| *it != Reason::Scheduled);
        let due = now.wall_at(message.progress.due);
        let delay = delay(message.msisdn, self.last_release);
        let is_of_night = self.quiet_hours.end_then(due).is_some();
        let is_of_closed = message.lane == Lane::Bulk && self.bulk.end_then(due).is_some();
        let own = self.own_moment(message, due);
        let own = own.filter(|(moment, hours)| *moment == due || reason == Some(*hours));
        let was_held = is_of_night || is_of_closed;
        if !was_held && own.is_none() && reason != Some(Reason::QuietHours) {
            return None;
        }
        let after = match was_held {
            true => delay,
            false => delay.min(message.progress.due.since(down.since)),
        };
        let moment = self.morning(message, now.wall_at(down.until), after);
        let hours = match own {
            Some((_, hours)) => hours,
            None if is_of_closed => Reason::BulkWindow,
            None => Reason::QuietHours,
        };
        Some((moment, reason.unwrap_or(hours)))
    }

    /// A message's moment of the morning, or of the opening of the hours of bulk, if it is that then: the later of both.
    fn own_moment(&self, message: &Message, at: UnixMillis) -> Option<(UnixMillis, Reason)> {
        let moment = |end, release| self.morning(message, end, delay(message.msisdn, release));
        let morning = self.quiet_hours.end_then(at.before(self.last_release));
        let morning = morning.map(|end| (moment(end, self.last_release), Reason::QuietHours));
        if message.lane != Lane::Bulk {
            return morning;
        }
        let opening = self.bulk.end_then(at.before(self.release));
        let opening = opening.map(|end| (moment(end, self.release), Reason::BulkWindow));
        let moments = morning.into_iter().chain(opening);
        moments.max_by_key(|(moment, _)| *moment)
    }

    /// When a message goes that waits for the end of some hours: so long after it, but not beyond its
    /// own end, and not into hours that hold it back, or it could miss those in which it may go every day.
    pub(super) fn morning(
        &self,
        message: &Message,
        end: UnixMillis,
        delay: Duration,
    ) -> UnixMillis {
        let spread = end.after(delay);
        let held = self.quiet_hours.end_then(spread).is_some()
            || (message.lane == Lane::Bulk && self.bulk.end_then(spread).is_some());
        if held || spread >= message.expires {
            end
        } else {
            spread
        }
    }
}

impl Down {
    /// Whether a message's turn came meanwhile.
    fn had_turn(&self, message: &Message) -> bool {
        let due = message.progress.due;
        self.since < due && due <= self.until
    }
}

fn told(message: &Message) -> Option<Reason> {
    message.progress.history.last().and_then(|told| told.reason)
}
