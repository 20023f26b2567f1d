//! What is said of pace: lanes, rights, hours, quotas, retries.

use super::*;

#[test]
fn lanes_and_agencies_have_shares_within_bounds() {
    let text = "[lanes]\nurgent = 20\n[[agency]]\nname = \"kadastr\"\nweight = 3\n";
    let settings = good(text, &[]);
    assert_eq!((settings.lanes.urgent, settings.lanes.bulk), (20, 5));
    let kadastr = &settings.agencies[0];
    assert_eq!((&*kadastr.name, kadastr.weight), ("kadastr", 3));
    for (text, expected) in [
        (
            "[lanes]\nurgent = 26\nbulk = 0\n",
            vec![
                "2:10: `lanes.urgent` is 26; give a whole number from 1 to 25",
                "3:8: `lanes.bulk` is 0; give a whole number from 1 to 25",
            ],
        ),
        (
            "[[agency]]\nname = \"kadastr\"\n[[agency]]\nname = \"kadastr\"\nweight = 101\n",
            vec![
                "4:8: `agency[1].name` is \"kadastr\"; `agency[0].name` has it already, and only one can: change or remove this one",
                "5:10: `agency[1].weight` is 101; give a whole number from 1 to 100",
            ],
        ),
        (
            "[[agency]]\nweight = 2\n",
            vec!["1:1: `agency[0].name` is missing; name the agency, as in its events' `source`"],
        ),
        (
            "[[agency]]\nname = \"xabar\"\n",
            vec![
                "2:8: `agency[0].name` is \"xabar\"; name an agency: this is the gateway itself, as it answers citizens",
            ],
        ),
    ] {
        assert_eq!(told(text, &[]), expected);
    }
}

#[test]
fn who_may_be_urgent_when_bulk_goes_and_how_much_a_day_are_read() {
    let text = r#"
urgent.allowed = ["adliya", "kadastr/land-registration"]
[subscriber]
quiet_hours = { from = "22:00", to = "08:00", timezone = "Asia/Tashkent" }
[bulk]
window = { from = "09:00", to = "20:00", timezone = "Asia/Tashkent" }
[[bulk.spread]]
agency = "soliq"
an_hour = 20000
[[bulk.spread]]
agency = "soliq"
service = "tax-reminder"
an_hour = 500
[[agency]]
name = "soliq"
daily = { messages = 100000, timezone = "Asia/Tashkent" }
[[agency]]
name = "adliya"
legal = true
"#;
    let settings = good(text, &[]);
    assert!(!settings.urgent.limited);
    assert!(good("urgent.limited = true", &[]).urgent.limited);
    let allowed = settings.urgent.allowed.unwrap();
    let allowed: Vec<_> = allowed
        .iter()
        .map(|it| (&*it.agency, it.service.as_deref()))
        .collect();
    assert_eq!(
        allowed,
        [("adliya", None), ("kadastr", Some("land-registration"))]
    );
    let release = settings.subscriber.quiet_hours.unwrap().release;
    assert_eq!(release, Duration::from_secs(30 * 60));
    assert_eq!(settings.bulk.window.unwrap().to.hour(), 20);
    assert_eq!(settings.bulk.spread[1].an_hour, 500);
    assert_eq!(settings.bulk.spread[0].service, None);
    let daily = settings.agencies[0].daily.as_ref().unwrap();
    assert_eq!(daily.messages, 100_000);
    let legal: Vec<bool> = settings.agencies.iter().map(|it| it.legal).collect();
    assert_eq!(legal, [false, true]);
    let text = r#"
[urgent]
allowed = ["/agencies/adliya", "kadastr/"]
[bulk]
window = { from = "09:00", to = "09:00", timezone = "Tashkent" }
[[bulk.spread]]
agency = "soliq"
an_hour = 1
[[bulk.spread]]
agency = "soliq"
an_hour = 0
[[bulk.spread]]
agency = "soliq"
an_hour = 2
[[agency]]
name = "soliq"
daily = { messages = 100000 }
legal = "yes"
"#;
    let entitled = "write an agency, or one of its services, such as \"kadastr\" or \"kadastr/land-registration\"";
    assert_eq!(
        told(text, &[]),
        [
            format!("3:12: `urgent.allowed[0]` is \"/agencies/adliya\"; {entitled}"),
            format!("3:32: `urgent.allowed[1]` is \"kadastr/\"; {entitled}"),
            "5:10: `bulk.window` begin and end at the same time; leave them out if there are none".to_owned(),
            "5:53: `bulk.window.timezone` is \"Tashkent\"; name a zone of the IANA database, such as \"Asia/Tashkent\"".to_owned(),
            "11:11: `bulk.spread[1].an_hour` is 0; give a whole number from 1 to 100000000".to_owned(),
            "12:1: `bulk.spread[2]` is a table; `bulk.spread[0]` has it already, and only one can: change or remove this one".to_owned(),
            "17:9: `agency[0].daily.timezone` is missing; name the zone whose midnight ends the day, such as \"Asia/Tashkent\"".to_owned(),
            "18:9: `agency[0].legal` is \"yes\"; write true or false, without quotes".to_owned(),
        ]
    );
}

#[test]
fn a_bulk_window_has_an_hour_outside_of_the_quiet_hours() {
    let told = |quiet: [&str; 3], window: [&str; 3]| {
        let hours = |[from, to, zone]: [&str; 3]| {
            format!("{{ from = \"{from}\", to = \"{to}\", timezone = \"{zone}\" }}")
        };
        let (quiet, window) = (hours(quiet), hours(window));
        told(
            &format!("[subscriber]\nquiet_hours = {quiet}\n[bulk]\nwindow = {window}\n"),
            &[],
        )
    };
    let zone = "Asia/Tashkent";
    let expected = "4:10: `bulk.window` has no hour outside of `subscriber.quiet_hours`; \
                    let it begin before 22:00 or end after 08:00, or leave it out";
    for (from, to, opens) in [
        ("09:00", "20:00", true),
        ("21:00", "23:00", true),
        ("23:00", "09:00", true),
        ("20:00", "09:00", true),
        ("07:00", "02:00", true),
        ("22:00", "08:01", true),
        ("22:00", "08:00", false),
        ("23:00", "07:00", false),
        ("22:30", "23:30", false),
        ("01:00", "05:00", false),
    ] {
        let told = told(["22:00", "08:00", zone], [from, to, zone]);
        let expected = if opens { &[][..] } else { &[expected][..] };
        assert_eq!(told, expected, "{from} to {to}");
    }
    let noon = told(["08:00", "22:00", zone], ["10:00", "12:00", zone]);
    assert_eq!(noon.len(), 1, "quiet hours within one day");
    // In London this night is from 17:00 to 03:00 in winter, from 18:00 to 04:00 in summer.
    let london = |from, to| told(["22:00", "08:00", zone], [from, to, "Europe/London"]).len();
    assert_eq!(london("18:30", "02:30"), 1);
    assert_eq!(london("18:30", "03:30"), 0, "it opens in winter");
    assert_eq!(london("17:30", "02:30"), 0, "it opens in summer");
}

#[test]
fn retries_grow_from_the_first_pause_to_the_longest() {
    let settings = good("[retry]\nfirst = \"1s\"\nattempts = 3\n", &[]);
    assert_eq!(settings.retry.first, Duration::from_secs(1));
    assert_eq!(settings.retry.longest, Duration::from_secs(900));
    assert_eq!(settings.retry.attempts, 3);
    let hour = good("[retry]\nfirst = \"1h\"\n", &[]).retry;
    assert_eq!(hour.longest, hour.first, "left out, it is never shorter");
    let wrong = "[retry]\nfirst = \"1m\"\nlongest = \"30s\"\nattempts = 0\nafter_undelivered = \"always\"\n";
    let expected = [
        "3:11: `retry.longest` is \"30s\"; give at least as long as `retry.first`",
        "4:12: `retry.attempts` is 0; give a whole number from 1 to 100",
        "5:21: `retry.after_undelivered` is \"always\"; choose from \"never\" and \"elsewhere\"",
    ];
    assert_eq!(told(wrong, &[]), expected);
    let elsewhere = good("[retry]\nafter_undelivered = \"elsewhere\"\n", &[]).retry;
    assert!(elsewhere.undelivered_elsewhere && !hour.undelivered_elsewhere);
}

#[test]
fn trying_elsewhere_is_warned_of_where_there_is_no_other_operator() {
    let policy = "[retry]\nafter_undelivered = \"elsewhere\"\n";
    let warnings = |operators: &[&str]| -> Vec<String> {
        let operators = operators.iter().map(|lines| operator(lines));
        let text = policy.to_owned() + &operators.collect::<String>();
        let warnings = good(&text, &[]).warnings;
        warnings.iter().map(ToString::to_string).collect()
    };
    let of = |names: &str| {
        format!(
            "{FILE}:2:21: `retry.after_undelivered` is \"elsewhere\", but for what {names} did not deliver there is \
             no other operator; give it a `fallback`, or prefixes that another has too"
        )
    };
    let other = "name = \"others\"\nprefixes = [\"99890\"]\nsystem_id = \"other\"";
    assert_eq!(warnings(&[""]), [of("ucell")]);
    assert_eq!(warnings(&["", other]), [of("ucell, others")]);
    assert_eq!(warnings(&["fallback = \"others\"", other]), [of("others")]);
    let sharing = "name = \"others\"\nprefixes = [\"99890\", \"99893\"]\nsystem_id = \"other\"";
    let stand_in = "name = \"others\"\nprefixes = []\nsystem_id = \"other\"";
    assert_eq!(warnings(&["", sharing]), [""; 0]);
    assert_eq!(warnings(&["fallback = \"others\"", stand_in]), [""; 0]);
    assert_eq!(warnings(&[]), [""; 0]);
    let without = good(&operator(""), &[]);
    assert!(without.warnings.is_empty());
}
