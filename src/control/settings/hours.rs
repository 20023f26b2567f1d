//! Times of the day, in a time zone: quiet hours, and the hours of bulk messages.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::reading::{Cell, Table};
use super::values::{parsed, timezone};
use crate::pacing::is_within;

/// From `from` until just before `to`, past midnight if `to` is the earlier.
#[derive(Clone, Debug)]
pub struct Hours {
    pub from: Time,
    pub to: Time,
    pub timezone: TimeZone,
}

/// Zones that change their clocks differ by as much as on one of these days.
const SEASONS: [Date; 2] = [Date::constant(2026, 1, 15), Date::constant(2026, 7, 15)];

impl Hours {
    /// Whether any moment of them is outside of these others.
    pub(super) fn reach_beyond(&self, others: &Self) -> bool {
        SEASONS.iter().any(|&date| {
            // The first such moment is when these begin, or when the others end.
            let begin = at(date, self.from, &self.timezone, &others.timezone);
            let end = at(date, others.to, &others.timezone, &self.timezone);
            !is_within(begin, others.from, others.to) || is_within(end, self.from, self.to)
        })
    }
}

/// What the clocks of another zone say at this time of day.
fn at(date: Date, time: Time, zone: &TimeZone, other: &TimeZone) -> Time {
    let moment = zone.to_ambiguous_timestamp(date.to_datetime(time));
    moment
        .compatible()
        .map_or(time, |moment| other.to_datetime(moment).time())
}

/// Reads `from`, `to` and `timezone`.
pub(super) fn hours(table: &mut Table<'_>) -> Option<Hours> {
    hours_in(table, None)
}

/// The same where the zone may be left out, if there is one to go by.
pub(super) fn hours_in(table: &mut Table<'_>, zone: Option<&TimeZone>) -> Option<Hours> {
    let from = table.required(
        "from",
        "say when they begin, such as \"22:00\"",
        time_of_day,
    );
    let to = table.required("to", "say when they end, such as \"08:00\"", time_of_day);
    let timezone = match zone {
        Some(zone) => Some(table.or("timezone", zone.clone(), timezone)),
        None => table.required(
            "timezone",
            "name the subscribers' zone, such as \"Asia/Tashkent\"",
            timezone,
        ),
    };
    let (from, to) = (from?, to?);
    if from == to {
        return table.wrong(
            "begin and end at the same time",
            "leave them out if there are none",
        );
    }
    Some(Hours {
        from,
        to,
        timezone: timezone?,
    })
}

fn time_of_day(cell: &Cell<'_>) -> Option<Time> {
    parsed("write a time of day such as \"22:00\"", |text| {
        let has_form = text.len() == 5 && text.get(2..3) == Some(":");
        has_form.then(|| text.parse().ok())?
    })(cell)
}
