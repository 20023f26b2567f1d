//! What citizens get and when: for every key a value that cannot be, and what is told of it.

use super::*;

/// Each of these is one mistake, and is told in these words.
fn each_is_told(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(told(text, &[]), [*expected], "{text}");
    }
}

#[test]
fn limits_that_cannot_be_are_told_what_would_be_right() {
    each_is_told(&[
        (
            "[subscriber]\nlimits = \"3 a day\"",
            "2:10: `subscriber.limits` is \"3 a day\"; write a list in square brackets",
        ),
        (
            "[subscriber]\nlimits = [3]",
            "2:11: `subscriber.limits[0]` is 3; make it a table of keys",
        ),
        (
            "[subscriber]\nlimits = [{ per = \"1h\" }]",
            "2:11: `subscriber.limits[0].messages` is missing; say how many",
        ),
        (
            "[subscriber]\nlimits = [{ messages = 3 }]",
            "2:11: `subscriber.limits[0].per` is missing; say in which time, such as \"10m\"",
        ),
        (
            "[subscriber]\nlimits = [{ messages = \"3\", per = \"1h\" }]",
            "2:24: `subscriber.limits[0].messages` is \"3\"; give a whole number from 1 to 100",
        ),
        (
            "[subscriber]\nlimits = [{ messages = 3, per = \"10 minutes\" }]",
            "2:33: `subscriber.limits[0].per` is \"10 minutes\"; write a length of time from \"1s\" to \"31d\": numbers with the units ms, s, m, h, d or w",
        ),
        (
            "[subscriber]\nlimits = [{ messages = 3, per = \"32d\" }]",
            "2:33: `subscriber.limits[0].per` is \"32d\"; write a length of time from \"1s\" to \"31d\": numbers with the units ms, s, m, h, d or w",
        ),
        (
            "[subscriber]\nlimits = [{ message = 3, messages = 3, per = \"1h\" }]",
            "2:13: `subscriber.limits[0].message` is not a key; did you mean `messages`?",
        ),
        (
            "[subscriber]\nlimits = [{ messages = 1, per = \"1m\" }, { messages = 2, per = \"2m\" }, { messages = 3, per = \"3m\" }, { messages = 4, per = \"4m\" }, { messages = 5, per = \"5m\" }]",
            "2:10: `subscriber.limits` has 5 entries; give at most 4",
        ),
        (
            "[subscriber]\nlimit = []",
            "2:1: `subscriber.limit` is not a key; did you mean `limits`?",
        ),
    ]);
}

#[test]
fn a_limit_that_another_one_makes_void_is_told() {
    let limits = |limits: &str| {
        let settings = good(&format!("[subscriber]\nlimits = [{limits}]"), &[]);
        let warnings = settings.warnings.iter();
        warnings.map(|it| it.what.clone()).collect::<Vec<_>>()
    };
    for (both, void, by) in [
        (
            "{ messages = 10, per = \"10m\" }, { messages = 5, per = \"24h\" }",
            "10 messages in entry 1",
            "entry 2 with its 5",
        ),
        (
            "{ messages = 24, per = \"24h\" }, { messages = 1, per = \"1h\" }",
            "24 messages in entry 1",
            "entry 2 with its 1",
        ),
    ] {
        let told = limits(both);
        assert_eq!(
            told,
            [format!("has {void}, which {by} makes void")],
            "{both}"
        );
    }
    for both in [
        "{ messages = 3, per = \"10m\" }, { messages = 10, per = \"24h\" }",
        "{ messages = 23, per = \"24h\" }, { messages = 1, per = \"1h\" }",
    ] {
        assert!(limits(both).is_empty(), "{both}");
    }
}

#[test]
fn a_file_of_numbers_is_for_those_who_read_it_to_miss() {
    let settings = good("[numbers]\nblocked = \"nowhere.csv\"", &[]);
    let problems = crate::numbers::Files::read(&settings).unwrap_err();
    let told = problems[0].to_string();
    assert!(
        told.contains("nowhere.csv: cannot be read") && told.contains("`numbers.blocked`"),
        "{told}"
    );
}

#[test]
fn quiet_hours_that_cannot_be_are_told_what_would_be_right() {
    each_is_told(&[
        (
            "[subscriber]\nquiet_hours = \"22:00-08:00\"",
            "2:15: `subscriber.quiet_hours` is \"22:00-08:00\"; make it a table of keys",
        ),
        (
            "[subscriber]\nquiet_hours = { to = \"08:00\", timezone = \"UTC\" }",
            "2:15: `subscriber.quiet_hours.from` is missing; say when they begin, such as \"22:00\"",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22:00\", timezone = \"UTC\" }",
            "2:15: `subscriber.quiet_hours.to` is missing; say when they end, such as \"08:00\"",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22:00\", to = \"08:00\" }",
            "2:15: `subscriber.quiet_hours.timezone` is missing; name the subscribers' zone, such as \"Asia/Tashkent\"",
        ),
        (
            "[subscriber]\nquiet_hours = { from = 22, to = \"08:00\", timezone = \"UTC\" }",
            "2:24: `subscriber.quiet_hours.from` is 22; write a time of day such as \"22:00\"",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22:00\", to = \"8\", timezone = \"UTC\" }",
            "2:38: `subscriber.quiet_hours.to` is \"8\"; write a time of day such as \"22:00\"",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22:00\", to = \"22:00\", timezone = \"UTC\" }",
            "2:15: `subscriber.quiet_hours` begin and end at the same time; leave them out if there are none",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22:00\", to = \"08:00\", timezone = \"UTC\", release = \"5h\" }",
            "2:75: `subscriber.quiet_hours.release` is \"5h\"; write a length of time from \"0s\" to \"4h\": numbers with the units ms, s, m, h, d or w",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22:00\", to = \"08:00\", time_zone = \"UTC\", timezone = \"UTC\" }",
            "2:47: `subscriber.quiet_hours.time_zone` is not a key; did you mean `timezone`?",
        ),
    ]);
}

#[test]
fn lanes_and_agencies_that_cannot_be_are_told_what_would_be_right() {
    each_is_told(&[
        (
            "[lanes]\nanswers = \"10%\"",
            "2:11: `lanes.answers` is \"10%\"; give a whole number from 1 to 25",
        ),
        (
            "[lanes]\nurgent = 0",
            "2:10: `lanes.urgent` is 0; give a whole number from 1 to 25",
        ),
        (
            "[lanes]\nnormal = 26",
            "2:10: `lanes.normal` is 26; give a whole number from 1 to 25",
        ),
        (
            "[lanes]\nbulk = 5.5",
            "2:8: `lanes.bulk` is a number with a fraction; give a whole number from 1 to 25",
        ),
        (
            "[lanes]\nslow = 5",
            "2:1: `lanes.slow` is not a key; known here: answers, urgent, normal, bulk",
        ),
        (
            "[agency]\nname = \"kadastr\"",
            "1:1: `agency` is a table; write a list in square brackets, or the table's head in double ones, as in [[operator]]",
        ),
        (
            "[[agency]]\nname = \"Kadastr\"",
            "2:8: `agency[0].name` is \"Kadastr\"; write the agency as in the `source` of its events: 1 to 64 of the characters a-z, 0-9 and -",
        ),
        (
            "[[agency]]\nname = \"kadastr\"\nweight = 0",
            "3:10: `agency[0].weight` is 0; give a whole number from 1 to 100",
        ),
        (
            "[[agency]]\nname = \"kadastr\"\ndaily = 1000",
            "3:9: `agency[0].daily` is 1000; make it a table of keys",
        ),
        (
            "[[agency]]\nname = \"kadastr\"\ndaily = { timezone = \"UTC\" }",
            "3:9: `agency[0].daily.messages` is missing; say how many",
        ),
        (
            "[[agency]]\nname = \"kadastr\"\ndaily = { messages = 0, timezone = \"UTC\" }",
            "3:22: `agency[0].daily.messages` is 0; give a whole number from 1 to 100000000",
        ),
        (
            "[[agency]]\nname = \"kadastr\"\ndaily = { messages = 5, timezone = \"UTC+5\" }",
            "3:36: `agency[0].daily.timezone` is \"UTC+5\"; name a zone of the IANA database, such as \"Asia/Tashkent\"",
        ),
        (
            "[[agency]]\nname = \"kadastr\"\nlegal = 1",
            "3:9: `agency[0].legal` is 1; write true or false, without quotes",
        ),
    ]);
}

#[test]
fn lists_and_campaigns_that_cannot_be_are_told_what_would_be_right() {
    each_is_told(&[
        (
            "[numbers]\nreassigned = [\"nowhere.csv\"]",
            "2:14: `numbers.reassigned` is a list; write the name of a file, in quotes",
        ),
        (
            "[numbers]\nblock = \"nowhere.csv\"",
            "2:1: `numbers.block` is not a key; did you mean `blocked`?",
        ),
        (
            "[bulk]\nwindow = \"09:00-20:00\"",
            "2:10: `bulk.window` is \"09:00-20:00\"; make it a table of keys",
        ),
        (
            "[bulk]\nwindow = { from = \"9\", to = \"20:00\", timezone = \"UTC\" }",
            "2:19: `bulk.window.from` is \"9\"; write a time of day such as \"22:00\"",
        ),
        (
            "[bulk]\nspread = { agency = \"soliq\", an_hour = 5 }",
            "2:10: `bulk.spread` is a table; write a list in square brackets, or the table's head in double ones, as in [[operator]]",
        ),
        (
            "[[bulk.spread]]\nan_hour = 5",
            "1:1: `bulk.spread[0].agency` is missing; name the agency that sends them",
        ),
        (
            "[[bulk.spread]]\nagency = \"soliq\"",
            "1:1: `bulk.spread[0].an_hour` is missing; say how many may go in an hour",
        ),
        (
            "[[bulk.spread]]\nagency = \"soliq\"\nan_hour = \"5k\"",
            "3:11: `bulk.spread[0].an_hour` is \"5k\"; give a whole number from 1 to 100000000",
        ),
        (
            "[[bulk.spread]]\nagency = \"soliq\"\nservice = \"Tax reminder\"\nan_hour = 5",
            "3:11: `bulk.spread[0].service` is \"Tax reminder\"; write the service as in `data.service` of its events",
        ),
        (
            "[[bulk.spread]]\nagency = \"soliq\"\nper_hour = 5\nan_hour = 5",
            "3:1: `bulk.spread[0].per_hour` is not a key; did you mean `an_hour`?",
        ),
    ]);
}

#[test]
fn rights_and_answers_that_cannot_be_are_told_what_would_be_right() {
    each_is_told(&[
        (
            "[urgent]\nallowed = \"adliya\"",
            "2:11: `urgent.allowed` is \"adliya\"; write a list in square brackets",
        ),
        (
            "[urgent]\nallowed = [\"Adliya\"]",
            "2:12: `urgent.allowed[0]` is \"Adliya\"; write an agency, or one of its services, such as \"kadastr\" or \"kadastr/land-registration\"",
        ),
        (
            "[urgent]\nallowed = [5]",
            "2:12: `urgent.allowed[0]` is 5; write an agency, or one of its services, such as \"kadastr\" or \"kadastr/land-registration\"",
        ),
        (
            "[urgent]\nlimited = \"no\"",
            "2:11: `urgent.limited` is \"no\"; write true or false, without quotes",
        ),
        (
            "[urgent]\nagencies = []",
            "2:1: `urgent.agencies` is not a key; known here: allowed, limited",
        ),
        (
            "[dialogue]\nanswers = 5",
            "2:11: `dialogue.answers` is 5; write a list in square brackets",
        ),
        (
            "[dialogue]\nanswers = [{ messages = 101, per = \"1h\" }]",
            "2:25: `dialogue.answers[0].messages` is 101; give a whole number from 1 to 100",
        ),
        (
            "[dialogue]\nhelp = \"1s\"",
            "2:8: `dialogue.help` is \"1s\"; write a length of time from \"1m\" to \"7d\": numbers with the units ms, s, m, h, d or w",
        ),
        (
            "[dialogue]\nanswer = []",
            "2:1: `dialogue.answer` is not a key; did you mean `answers`?",
        ),
    ]);
}
