//! `[[agency]]`: what one agency may do that others may not, or may do more of.

use jiff::tz::TimeZone;
use xabar_events::Agency as Name;

use super::reading::{Cell, Table};
use super::values::{Unique, list, matching, some_list, switch, timezone, whole};

/// The largest weight of one.
pub const MOST_AGENCY_WEIGHT: u32 = 100;

/// The weight of one that says nothing of it, or is not listed.
pub const USUAL_WEIGHT: u32 = 1;

/// `[[agency]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agency {
    pub name: String,
    /// How much it gets of its lane, beside other agencies with their weights.
    pub weight: u32,
    /// How many of its messages go on one day; `None`: as many as there are.
    pub daily: Option<DailyQuota>,
    /// Whether what it calls required by law goes past an opt-out.
    pub legal: bool,
    /// The users of the broker that publish for it; once any agency has some, everybody else is refused.
    pub broker_users: Vec<String>,
}

/// At most `messages` from midnight to midnight of a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyQuota {
    pub messages: u32,
    pub timezone: TimeZone,
}

pub(super) fn agencies(root: &mut Table<'_>) -> Vec<Agency> {
    root.or("agency", Vec::new(), |cell: &Cell<'_>| {
        let names = Unique::default();
        list(|cell: &Cell<'_>| cell.table(|table| agency(table, &names)))(cell)
    })
}

fn agency(table: &mut Table<'_>, names: &Unique) -> Option<Agency> {
    let name = table.required(
        "name",
        "name the agency, as in its events' `source`",
        |cell| names.check(cell, name(cell)?),
    );
    Some(Agency {
        weight: table.or("weight", USUAL_WEIGHT, whole(1..=MOST_AGENCY_WEIGHT)),
        daily: table.optional("daily", |cell: &Cell<'_>| cell.table(daily)),
        legal: table.or("legal", false, switch),
        broker_users: table.or("broker_users", Vec::new(), some_list(user)),
        name: name?,
    })
}

fn daily(table: &mut Table<'_>) -> Option<DailyQuota> {
    let messages = table.required("messages", "say how many", whole(1..=100_000_000));
    let right = "name the zone whose midnight ends the day, such as \"Asia/Tashkent\"";
    let timezone = table.required("timezone", right, timezone);
    Some(DailyQuota {
        messages: messages?,
        timezone: timezone?,
    })
}

/// As RabbitMQ has it in the property `user-id`.
fn user(cell: &Cell<'_>) -> Option<String> {
    matching(
        "write the name of a user of the broker, 1 to 255 octets",
        |user| (1..=255).contains(&user.len()),
    )(cell)
}

/// The name of an agency.
pub(crate) fn name(cell: &Cell<'_>) -> Option<String> {
    let right = "write the agency as in the `source` of its events: 1 to 64 of the characters a-z, 0-9 and -";
    let name = matching(right, |name| {
        name == Name::GATEWAY || Name::from_name(name).is_ok()
    })(cell)?;
    if name == Name::GATEWAY {
        return cell.unfit("name an agency: this is the gateway itself, as it answers citizens");
    }
    Some(name)
}
