//! Numbers and times as they are read.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::clock::UnixMillis;

/// 12,345
pub(in super::super) fn amount(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// 14:03:22
pub(in super::super) fn clock(at: UnixMillis, timezone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
    timezone.to_datetime(at).strftime("%H:%M:%S").to_string()
}

/// 1:07
pub(in super::super) fn countdown(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
