//! `xabar ctl what-if`: what would be if something were set otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::client::{Which, read};
use crate::commands::Failure;
use crate::commands::print::{self, Cell, FAINT, GOOD, HEADING, Table, styled};
use crate::control::standing::Key;
use crate::control::what_if::{Answer, Course, Drain, Group, MOST_HOURS, Waits};

/// Replays the last hours' traffic as everything is and with changes: rates, waits, and how long what waits takes to go
///
/// Nothing is changed by it. Times are virtual: hours take seconds, on at most half of one core of the gateway's.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar ctl what-if --config config/xabar.toml                            as everything is, beside what was in fact
  xabar ctl what-if --config config/xabar.toml ucell.tps=600 ucell.window=54
  xabar ctl what-if --config config/xabar.toml ucell.sessions=4 --hours 12
  xabar ctl what-if --config config/xabar.toml agency.kadastr.weight=3
  xabar ctl what-if --config config/xabar.toml limits=3/10m,10/24h quiet_hours=23:00-07:00@Asia/Tashkent
  xabar ctl what-if --config config/xabar.toml limits=none quiet_hours=none --json")]
pub(super) struct WhatIf {
    #[command(flatten)]
    which: Which,
    /// OPERATOR.tps=600, OPERATOR.window=54, OPERATOR.sessions=4, OPERATOR.weight=3, agency.NAME.weight=3, or =default for the configured one;
    /// limits=3/10m,10/24h, also =default, quiet_hours=22:00-08:00, with @Asia/Tashkent behind it where the configuration has no quiet hours and so no zone, or =none
    #[arg(value_name = "CHANGE")]
    changes: Vec<Change>,
    /// How much of the past goes once more (left out: 4)
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_HOURS)))]
    hours: Option<u32>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// A day of messages is read, and some hundred thousand go twice at most, with half of a slow core.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What is to be other.
#[derive(Clone, Debug, PartialEq)]
struct Change {
    whose: Whose,
    key: String,
    value: Value,
}

/// Whose value it is.
#[derive(Clone, Debug, PartialEq)]
enum Whose {
    Operator(String),
    Agency(String),
    Subscriber,
}

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RIGHT: &str = "should be OPERATOR.tps=, OPERATOR.window=, OPERATOR.sessions= or OPERATOR.weight= or agency.NAME.weight= with a number or default, \
             limits=3/10m,10/24h or limits=default, quiet_hours=22:00-08:00 or quiet_hours=22:00-08:00@Asia/Tashkent, or either =none";
        let (key, value) = text.split_once('=').ok_or(RIGHT)?;
        let number = || match value.parse::<u32>() {
            Ok(number) => json!(number),
            Err(_) => json!(value),
        };
        let (whose, key, value) = match (key, key.rsplit_once('.')) {
            ("limits", _) if value == "default" => (Whose::Subscriber, key, json!(value)),
            ("limits", _) => (Whose::Subscriber, key, limits(value)?),
            ("quiet_hours", _) => (Whose::Subscriber, key, hours(value)?),
            (_, Some((name, key))) => match (name.strip_prefix("agency."), Key::named(key)) {
                (Some(agency), Some(Key::Weight)) => {
                    (Whose::Agency(agency.to_owned()), key, number())
                }
                (None, Some(_)) => (Whose::Operator(name.to_owned()), key, number()),
                _ => return Err(RIGHT.to_owned()),
            },
            _ => return Err(RIGHT.to_owned()),
        };
        Ok(Self {
            whose,
            key: key.to_owned(),
            value,
        })
    }
}

pub(super) fn limits(text: &str) -> Result<Value, String> {
    if text == "none" {
        return Ok(json!([]));
    }
    let limit = |limit: &str| {
        let (messages, per) = limit.split_once('/')?;
        let messages: u32 = messages.trim().parse().ok()?;
        Some(json!({ "messages": messages, "per": per.trim() }))
    };
    let limits = text.split(',').map(limit).collect::<Option<Vec<_>>>();
    let limits = limits.ok_or("should be limits=none, or such as limits=3/10m,10/24h")?;
    Ok(limits.into())
}

fn hours(text: &str) -> Result<Value, String> {
    if text == "none" {
        return Ok(json!(text));
    }
    let (hours, zone) = match text.split_once('@') {
        Some((hours, zone)) => (hours, Some(zone)),
        None => (text, None),
    };
    let (from, to) = hours.split_once('-').ok_or(
        "should be quiet_hours=none, or such as quiet_hours=22:00-08:00 or quiet_hours=22:00-08:00@Asia/Tashkent",
    )?;
    Ok(match zone {
        Some(zone) => json!({ "from": from, "to": to, "timezone": zone }),
        None => json!({ "from": from, "to": to }),
    })
}

/// What is asked, each thing once.
fn body(changes: Vec<Change>, hours: Option<u32>) -> Result<Value, Failure> {
    let mut operators: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut agencies = operators.clone();
    let mut subscriber = Map::new();
    for Change { whose, key, value } in changes {
        let (values, of) = match whose {
            Whose::Operator(name) => {
                let of = format!("{name}.");
                (operators.entry(name).or_default(), of)
            }
            Whose::Agency(name) => {
                let of = format!("agency.{name}.");
                (agencies.entry(name).or_default(), of)
            }
            Whose::Subscriber => (&mut subscriber, String::new()),
        };
        if values.contains_key(&key) {
            return Err(Failure::Usage(format!("{of}{key} is given twice")));
        }
        values.insert(key, value);
    }
    let hours = hours.map(|hours| ("hours", json!(hours)));
    let operators = (!operators.is_empty()).then(|| ("operators", json!(operators)));
    let agencies = (!agencies.is_empty()).then(|| ("agencies", json!(agencies)));
    let subscriber = (!subscriber.is_empty()).then(|| ("subscriber", json!(subscriber)));
    let body = [hours, operators, agencies, subscriber]
        .into_iter()
        .flatten();
    let body = body.map(|(key, value)| (key.to_owned(), value));
    Ok(Value::Object(body.collect()))
}

impl WhatIf {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = body(self.changes, self.hours)?;
        let client = self.which.client()?.patient(PATIENCE);
        let answer = client.post("/v1/what-if", &body).await?;
        match self.json {
            true => print::json(&answer)?,
            false => render(&read(&answer)?, &mut print::stdout())?,
        }
        Ok(())
    }
}

fn render(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    let from = match answer.cut {
        true => format!("since {}, as many as are replayed", answer.from),
        false => format!("of the last {} h", answer.hours),
    };
    let (messages, backlog) = (answer.messages, answer.backlog);
    writeln!(out, "{messages} messages {from} · {backlog} wait now")?;
    if !answer.changes.is_empty() {
        let changes = styled(GOOD, answer.changes.join(" "));
        writeln!(out, "changed: {changes}")?;
    }
    writeln!(out)?;
    table(answer).print(out)?;
    writeln!(out)?;
    for operator in answer.changed.iter().flat_map(|it| &it.operators) {
        if let Some(advice) = &operator.advice {
            writeln!(out, "changed · {}: {advice}", operator.name)?;
        }
    }
    for assumed in &answer.assumed {
        writeln!(out, "{}", styled(FAINT, format!("assumed: {assumed}")))?;
    }
    Ok(())
}

/// What became of the messages, side by side.
fn table(answer: &Answer) -> Table {
    let courses: Vec<(&str, &Course)> = [
        ("really", Some(&answer.really)),
        ("as it is", Some(&answer.as_is)),
        ("changed", answer.changed.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, course)| Some((name, course?)))
    .collect();
    let mut table = Table::default();
    let heading = courses
        .iter()
        .map(|(name, _)| Cell::number(name).style(HEADING));
    table.row([Cell::new("")].into_iter().chain(heading));
    let mut row = |name: &str, told: &dyn Fn(&Course) -> Option<String>| {
        let cells: Vec<Option<String>> = courses.iter().map(|(_, it)| told(it)).collect();
        if cells.iter().any(Option::is_some) {
            let cells = cells.into_iter();
            let cells = cells.map(|cell| Cell::number(cell.unwrap_or_default()));
            table.row([Cell::new(name)].into_iter().chain(cells));
        }
    };
    row("what waits is gone in", &|it| {
        it.drain.as_ref().map(drained)
    });
    for operator in &answer.as_is.operators {
        let name = &operator.name;
        let of = |course: &Course| {
            let mut operators = course.operators.iter();
            operators.find(|it| it.name == *name).cloned()
        };
        let drain = |course: &Course| {
            let mut operators = course.drain.as_ref()?.operators.iter();
            operators.find(|it| it.name == *name).cloned()
        };
        row(&format!("{name}: rate then"), &|it| {
            a_second(drain(it)?.rate)
        });
        row(&format!("{name}: limit then"), &|it| {
            Some(drain(it)?.limit.name().to_owned())
        });
        row(&format!("{name}: rate while some waited"), &|it| {
            a_second(of(it)?.rate)
        });
        row(&format!("{name}: in its busiest 5 s"), &|it| {
            a_second(of(it)?.busiest)
        });
        row(&format!("{name}: limit"), &|it| {
            Some(of(it)?.limit?.name().to_owned())
        });
        row(&format!("{name}: wait"), &|it| of(it)?.waits.map(waited));
    }
    row("wait p50 / p95 / max", &|it| it.waits.map(waited));
    let groups: [fn(&Course) -> &Vec<Group>; 2] = [|it| &it.lanes, |it| &it.agencies];
    for groups in groups {
        for Group { name, .. } in groups(&answer.as_is) {
            row(&format!("{name}: wait"), &|it| {
                let found = groups(it).iter().find(|it| it.name == *name)?;
                Some(waited(found.waits))
            });
        }
    }
    let counts = |of: fn(&Course) -> &BTreeMap<String, u64>| {
        let all = courses.iter().flat_map(|(_, it)| of(it).keys().cloned());
        all.collect::<BTreeSet<_>>()
    };
    for reason in counts(|it| &it.deferred) {
        row(&format!("put off, {reason}"), &|it| {
            it.deferred.get(&reason).map(u64::to_string)
        });
    }
    for state in counts(|it| &it.ended) {
        row(&state, &|it| it.ended.get(&state).map(u64::to_string));
    }
    row("still waiting", &|it| {
        (it.left > 0).then(|| it.left.to_string())
    });
    table
}

fn drained(drain: &Drain) -> String {
    let about = if drain.estimated { "about " } else { "" };
    match drain.drain_s {
        Some(_) if drain.messages == 0 => "nothing waits".to_owned(),
        Some(seconds) => format!("{about}{}", length(seconds)),
        None => format!("over {}, {} left", length(drain.replayed_s), drain.left),
    }
}

fn a_second(rate: Option<f64>) -> Option<String> {
    let rate = rate?;
    Some(match rate < 10.0 {
        true => format!("{rate:.1}/s"),
        false => format!("{rate:.0}/s"),
    })
}

fn waited(waits: Waits) -> String {
    let Waits {
        p50_s,
        p95_s,
        max_s,
        ..
    } = waits;
    [p50_s, p95_s, max_s].map(length).join(" / ")
}

/// A length of time as people read it.
fn length(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is never below zero; `as` saturates"
    )]
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1}s"),
        10..60 => format!("{whole}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::status::Limit;
    use crate::control::what_if::{DrainOf, OperatorCourse};

    fn asked(changes: &[&str]) -> Result<Value, Failure> {
        let changes = changes.iter().map(|it| it.parse().expect(it));
        body(changes.collect(), None)
    }

    #[test]
    fn changes_are_those_that_the_gateway_reads() {
        let all = [
            "ucell.tps=600",
            "ucell.window=default",
            "uzmobile.sessions=4",
            "agency.kadastr.weight=3",
            "limits=3/10m,10/24h",
            "quiet_hours=23:00-07:00",
        ];
        let expected = json!({
            "operators": {"ucell": {"tps": 600, "window": "default"}, "uzmobile": {"sessions": 4}},
            "agencies": {"kadastr": {"weight": 3}},
            "subscriber": {
                "limits": [{"messages": 3, "per": "10m"}, {"messages": 10, "per": "24h"}],
                "quiet_hours": {"from": "23:00", "to": "07:00"},
            },
        });
        assert_eq!(asked(&all).unwrap(), expected);
        let zoned = json!({"subscriber": {"quiet_hours": {"from": "23:00", "to": "07:00", "timezone": "Asia/Tashkent"}}});
        assert_eq!(
            asked(&["quiet_hours=23:00-07:00@Asia/Tashkent"]).unwrap(),
            zoned
        );
        let none = json!({"subscriber": {"limits": [], "quiet_hours": "none"}});
        assert_eq!(asked(&["limits=none", "quiet_hours=none"]).unwrap(), none);
        let configured = json!({"subscriber": {"limits": "default"}});
        assert_eq!(asked(&["limits=default"]).unwrap(), configured);
        assert_eq!(asked(&[]).unwrap(), json!({}));
        for wrong in [
            "tps=5",
            "ucell.speed=1",
            "agency.kadastr.tps=1",
            "limits=3",
            "quiet_hours=22",
            "ucell",
        ] {
            assert!(wrong.parse::<Change>().is_err(), "{wrong}");
        }
        let Err(Failure::Usage(why)) = asked(&["ucell.tps=1", "ucell.tps=2"]) else {
            panic!("it is");
        };
        assert_eq!(why, "ucell.tps is given twice");
    }

    fn course(rate: f64, limit: Limit, drain_s: Option<f64>) -> Course {
        let waits = Waits {
            messages: 900,
            p50_s: rate / 10.0,
            p95_s: 75.2,
            max_s: 7260.0,
        };
        let group = |name: &str| Group {
            name: name.to_owned(),
            waits,
        };
        Course {
            operators: vec![OperatorCourse {
                name: "ucell".to_owned(),
                rate: Some(rate),
                busiest: Some(rate),
                limit: Some(limit),
                advice: Some("raise it".to_owned()),
                waits: Some(waits),
            }],
            waits: Some(waits),
            lanes: vec![group("normal")],
            agencies: vec![group("kadastr")],
            ended: [("submitted".to_owned(), 900)].into(),
            left: 100,
            deferred: [("quiet-hours".to_owned(), 7)].into(),
            drain: Some(Drain {
                messages: 5000,
                drain_s,
                left: 17,
                replayed_s: 86_400.0,
                estimated: true,
                operators: vec![DrainOf {
                    name: "ucell".to_owned(),
                    messages: 5000,
                    drain_s,
                    rate: Some(rate),
                    limit,
                }],
            }),
        }
    }

    #[test]
    fn people_read_the_courses_side_by_side() {
        let really = course(5.0, Limit::Idle, None);
        let really = Course {
            drain: None,
            operators: Vec::new(),
            ..really
        };
        let answer = Answer {
            hours: 4,
            from: xabar_events::UnixMillis(0),
            to: xabar_events::UnixMillis(1),
            messages: 1000,
            cut: false,
            backlog: 5001,
            changes: vec!["ucell.window=54".to_owned()],
            assumed: vec!["ucell answers in 180 ms, as in the last seconds".to_owned()],
            really,
            as_is: course(4.5, Limit::Window, None),
            changed: Some(course(291.0, Limit::OperatorTps, Some(372.0))),
        };
        let mut out = Vec::new();
        render(&answer, &mut anstream::StripStream::new(&mut out)).unwrap();
        let expected = "\
1000 messages of the last 4 h · 5001 wait now
changed: ucell.window=54

                                             really              as it is              changed
what waits is gone in                                over 24h00m, 17 left          about 6m12s
ucell: rate then                                                    4.5/s                291/s
ucell: limit then                                                  window         operator-tps
ucell: rate while some waited                                       4.5/s                291/s
ucell: in its busiest 5 s                                           4.5/s                291/s
ucell: limit                                                       window         operator-tps
ucell: wait                                          0.5s / 1m15s / 2h01m  29s / 1m15s / 2h01m
wait p50 / p95 / max           0.5s / 1m15s / 2h01m  0.5s / 1m15s / 2h01m  29s / 1m15s / 2h01m
normal: wait                   0.5s / 1m15s / 2h01m  0.5s / 1m15s / 2h01m  29s / 1m15s / 2h01m
kadastr: wait                  0.5s / 1m15s / 2h01m  0.5s / 1m15s / 2h01m  29s / 1m15s / 2h01m
put off, quiet-hours                              7                     7                    7
submitted                                       900                   900                  900
still waiting                                   100                   100                  100

changed · ucell: raise it
assumed: ucell answers in 180 ms, as in the last seconds
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
