//! What the night holds back, told with its times.

use jiff::Timestamp;

use crate::clock::UnixMillis;
use crate::control::settings::{self, Hours};
use crate::pacing;

/// What so many messages wait for that the quiet hours put off.
pub(super) fn advice(count: u64, night: Option<&settings::QuietHours>, now: UnixMillis) -> String {
    let Some(settings::QuietHours { hours, release }) = night else {
        return format!(
            "{count} messages wait for the moments that [subscriber] quiet_hours gave them while there were any"
        );
    };
    let spread = |end: UnixMillis| match release.is_zero() {
        true => String::new(),
        false => format!(
            ", spread until {} by its release",
            told(end.after(*release), hours)
        ),
    };
    if let Some(end) = end(hours, now) {
        let (at, spread) = (told(end, hours), spread(end));
        return format!(
            "{count} messages wait for the end of [subscriber] quiet_hours at {at}{spread}"
        );
    }
    match end(hours, now.before(*release)) {
        Some(end) => {
            let at = told(end, hours);
            format!(
                "[subscriber] quiet_hours ended at {at}, and {count} messages wait for their moments{}",
                spread(end)
            )
        }
        None => format!(
            "{count} messages wait for the moments that the release of [subscriber] quiet_hours gave them"
        ),
    }
}

/// When the night ends that it is then.
fn end(hours: &Hours, at: UnixMillis) -> Option<UnixMillis> {
    let Hours { from, to, timezone } = hours.clone();
    pacing::QuietHours { from, to, timezone }.end(at)
}

/// The time of day where subscribers live.
fn told(at: UnixMillis, hours: &Hours) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
    let zone = hours.timezone.iana_name().unwrap_or("UTC");
    format!(
        "{} ({zone})",
        hours.timezone.to_datetime(at).strftime("%H:%M")
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::Time;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn after_the_night_it_is_the_release_that_is_named_and_until_when_it_lasts() {
        let night = settings::QuietHours {
            hours: Hours {
                from: Time::constant(22, 0, 0, 0),
                to: Time::constant(8, 0, 0, 0),
                timezone: TimeZone::get("Asia/Tashkent").unwrap(),
            },
            release: Duration::from_secs(30 * 60),
        };
        let at = |time: &str| {
            let at: Timestamp = format!("2026-11-24T{time}+05:00").parse().unwrap();
            advice(7, Some(&night), UnixMillis(at.as_millisecond()))
        };
        assert_eq!(
            at("07:59:00"),
            "7 messages wait for the end of [subscriber] quiet_hours at 08:00 (Asia/Tashkent), spread until 08:30 (Asia/Tashkent) by its release"
        );
        assert_eq!(
            at("08:10:00"),
            "[subscriber] quiet_hours ended at 08:00 (Asia/Tashkent), and 7 messages wait for their moments, spread until 08:30 (Asia/Tashkent) by its release"
        );
        assert!(at("12:00:00").contains("release"));
        let none = advice(7, None, UnixMillis(0));
        assert!(none.ends_with("while there were any"), "{none}");
    }
}
