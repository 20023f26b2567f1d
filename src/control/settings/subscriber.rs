//! `[subscriber]`: what keeps a citizen from a flood, and from messages at night.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xabar_events::Language;

use super::Problem;
use super::document::Value;
use super::hours::{Hours, hours, hours_in};
use super::reading::{Cell, Table, read_json};
use super::values::{Unique, duration, language, list, whole, written_as};
use crate::pacing;

/// `[subscriber]`
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// All hold at once; shortest window first. Empty: no limit.
    pub limits: Vec<Limit>,
    /// `None`: messages may go at any hour.
    pub quiet_hours: Option<QuietHours>,
    /// For subscribers and events that do not say.
    pub default_language: Language,
}

/// At most `messages` in any window of length `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SubscriberLimit)]
pub struct Limit {
    #[schema(minimum = 1, maximum = 100)]
    pub messages: u32,
    #[serde(with = "written_as")]
    #[schema(value_type = String, example = "10m")]
    pub per: Duration,
}

impl From<Limit> for pacing::Limit {
    fn from(Limit { messages, per }: Limit) -> Self {
        Self { messages, per }
    }
}

impl From<pacing::Limit> for Limit {
    fn from(pacing::Limit { messages, per }: pacing::Limit) -> Self {
        Self { messages, per }
    }
}

/// As in the configuration, or on a command line: `3/10m`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.messages, written_as::text(self.per))
    }
}

/// When only urgent messages go.
#[derive(Clone, Debug)]
pub struct QuietHours {
    pub hours: Hours,
    /// Over which time the messages that waited for their end go out.
    pub release: Duration,
}

impl Default for Subscriber {
    fn default() -> Self {
        Self {
            limits: Vec::new(),
            quiet_hours: None,
            default_language: Language::UzLatn,
        }
    }
}

pub(super) fn subscriber(root: &mut Table<'_>) -> Subscriber {
    root.or("subscriber", Subscriber::default(), |cell: &Cell<'_>| {
        cell.table(read)
    })
}

fn read(table: &mut Table<'_>) -> Option<Subscriber> {
    let default = Subscriber::default();
    Some(Subscriber {
        limits: table.or("limits", default.limits, limits),
        quiet_hours: table.optional("quiet_hours", |cell: &Cell<'_>| cell.table(quiet_hours)),
        default_language: table.or("default_language", default.default_language, language),
    })
}

/// What it would be with what a table says; what that leaves out stays as it is held, the text `none` means no quiet hours, and
/// `default` the configured limits.
pub(crate) fn changed(
    cell: &Cell<'_>,
    held: &Subscriber,
    configured: &[Limit],
) -> Option<Subscriber> {
    cell.table(|table| {
        Some(Subscriber {
            limits: table.or("limits", held.limits.clone(), |cell| {
                match &cell.node.value {
                    Value::Text(text) if text == "default" => Some(configured.to_vec()),
                    _ => limits(cell),
                }
            }),
            quiet_hours: table.or("quiet_hours", held.quiet_hours.clone(), |cell| {
                let held = held.quiet_hours.as_ref();
                match &cell.node.value {
                    Value::Text(text) if text == "none" => Some(None),
                    Value::Table(_) => cell.table(|table| changed_hours(table, held)).map(Some),
                    _ => cell.unfit("make it a table of from and to, or \"none\""),
                }
            }),
            default_language: held.default_language,
        })
    })
}

fn changed_hours(table: &mut Table<'_>, held: Option<&QuietHours>) -> Option<QuietHours> {
    let release = held.map_or(RELEASE, |held| held.release);
    let zone = held.map(|held| &held.hours.timezone);
    Some(QuietHours {
        release: table.or(
            "release",
            release,
            duration(SHORTEST_RELEASE..=LONGEST_RELEASE),
        ),
        hours: hours_in(table, zone)?,
    })
}

/// Each limit costs memory for every subscriber, so there are few and they look back on little.
const MOST_LIMITS: usize = 4;
pub(crate) const MOST_MESSAGES: u32 = 100;

pub(super) fn limits(cell: &Cell<'_>) -> Option<Vec<Limit>> {
    let windows = Unique::default();
    let mut limits = list(|cell| cell.table(|table| limit(table, &windows)))(cell)?;
    if limits.len() > MOST_LIMITS {
        return cell.wrong(
            format!("has {} entries", limits.len()),
            format!("give at most {MOST_LIMITS}"),
        );
    }
    for (void, by) in void(&limits) {
        let what = format!(
            "has {} messages in entry {}, which entry {} with its {} makes void",
            void.1.messages,
            void.0 + 1,
            by.0 + 1,
            by.1.messages
        );
        cell.warn(what, "leave that entry out, or change one of the two");
    }
    limits.sort_by_key(|limit| limit.per);
    Some(limits)
}

/// Reads limits that were sent, as the configuration has them.
///
/// # Errors
/// All that is wrong with them.
pub(crate) fn read_limits(sent: &serde_json::Value) -> Result<Vec<Limit>, Vec<Problem>> {
    // By this name it is told what is wrong.
    let named = serde_json::json!({ "limits": sent });
    read_json(&named, |cell| {
        cell.table(|table| table.required("limits", "give a list of limits", limits))
    })
}

/// A limit with its place in the list.
type Entry<'a> = (usize, &'a Limit);

/// Those that are never reached, each with one that is reached before it.
fn void(limits: &[Limit]) -> Vec<(Entry<'_>, Entry<'_>)> {
    let is_void = |limit: &Limit, by: &Limit| {
        let windows = limit.per.as_millis().div_ceil(by.per.as_millis());
        limit.per != by.per && u128::from(by.messages) * windows <= limit.messages.into()
    };
    let entries = || limits.iter().enumerate();
    let by = |limit: &Limit| entries().find(|(_, by)| is_void(limit, by));
    let void = entries().filter_map(|entry| Some((entry, by(entry.1)?)));
    void.collect()
}

fn limit(table: &mut Table<'_>, windows: &Unique) -> Option<Limit> {
    let messages = table.required("messages", "say how many", whole(1..=MOST_MESSAGES));
    let per = table.required("per", "say in which time, such as \"10m\"", |cell| {
        let per = duration("1s"..="31d")(cell)?;
        windows
            .check(cell, per.as_millis().to_string())
            .map(|_| per)
    });
    Some(Limit {
        messages: messages?,
        per: per?,
    })
}

/// How long after the quiet hours the last of a night's messages go, unless it is said; without such hours the same for the
/// first of the bulk window.
pub const RELEASE: Duration = Duration::from_secs(30 * 60);

const SHORTEST_RELEASE: &str = "0s";
const LONGEST_RELEASE: &str = "4h";

fn quiet_hours(table: &mut Table<'_>) -> Option<QuietHours> {
    let release = duration(SHORTEST_RELEASE..=LONGEST_RELEASE);
    let release = table.or("release", RELEASE, release);
    Some(QuietHours {
        hours: hours(table)?,
        release,
    })
}
