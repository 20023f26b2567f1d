//! Questions about a journal of known traffic, whose answers can be worked out by hand.

use std::collections::VecDeque;
use std::path::Path;

use serde_json::{Value, json};
use xabar_events::{Reason, State};

use super::*;
use crate::clock::{Now, UnixMillis};
use crate::control::settings::{Environment, Limit};
use crate::control::status::bottleneck::{Tps, Use};
use crate::control::what_if::Course;
use crate::delivery::Directive;
use crate::delivery::model::Link;
use crate::delivery::sample::{submission, token};
use crate::durations::Durations;
use crate::journal::model::Model;
use crate::journal::{Changes, Identity, Journal, Lane, Message, OperatorId, Phase, Told, sample};
use crate::log_lines::LogLines;
use crate::scratch::Folder;

const CONFIG: &str = r#"
[lanes]
urgent = 10

[[operator]]
name = "ucell"
prefixes = ["99890"]
address = "127.0.0.1:1"
system_id = "xabar"
password = "secret"
sender = "MyGov"
tps = 100
sessions = 1
window = 10
"#;

const RESPONSE: Duration = Duration::from_millis(200);

/// A gateway of which this is known, with this in its journal.
struct World {
    known: Known,
    now: Now,
    journal: Model,
    numbers: u64,
    _folder: Folder,
}

impl World {
    fn new(config: &str) -> Self {
        let settings =
            Settings::read(config, Path::new("xabar.toml"), &Environment::default()).unwrap();
        let mut journal = Model::default();
        let mut response_times = Durations::default();
        response_times.add(RESPONSE);
        let state = LinkState {
            submitting: 1,
            window: 10,
            most_window: 10,
            tps: Some(100),
            rate: Some(97.0),
            response_times,
            ..LinkState::default()
        };
        let operators = settings.operators.iter();
        let observed = operators.map(|operator| {
            let id = journal.operator(&operator.name).unwrap();
            Observed {
                operator: fitting::configured(id, operator, settings.lanes),
                link: watch::channel(state).1,
            }
        });
        let observed = observed.collect();
        let folder = Folder::new();
        let clock = Clock::starting_after(UnixMillis(0));
        let now = clock.now();
        let known = Known {
            settings: watch::channel(Arc::new(settings)).1,
            standing: Standing::nothing(&folder.path("kept.json")),
            ported: watch::channel(Arc::default()).1,
            links: observed,
            status: watch::channel(None).1,
            clock,
            reader: journal.reader().unwrap(),
        };
        Self {
            known,
            now,
            journal,
            numbers: 0,
            _folder: folder,
        }
    }

    /// A message that came in so long ago, and what was told of it, each so long ago.
    fn message(&mut self, ago: Duration, told: &[(State, Option<Reason>, Duration)]) -> Message {
        self.numbers += 1;
        let mut message = sample::waiting(self.numbers);
        let origin = message.origin_mut();
        origin.accepted_at = self.now.steady.before(ago);
        origin.expires = self.now.wall.after(Duration::from_secs(72 * 3600));
        message.progress.history = told
            .iter()
            .map(|(state, reason, ago)| Told {
                reason: *reason,
                at: self.now.wall.before(*ago),
                ..sample::told(*state)
            })
            .collect();
        if told.iter().any(|(state, ..)| *state == State::Submitted) {
            message.progress.phase = Phase::Submitted;
        }
        message
    }

    fn accept(&mut self, accepted: Vec<Message>) {
        let mut changes = Changes {
            accepted,
            ..Changes::default()
        };
        self.journal.commit(&mut changes).unwrap();
    }

    /// So many that came in at once, so long ago, and wait.
    fn waiting(&mut self, count: u64, ago: Duration) {
        let waiting = (0..count).map(|_| self.message(ago, &[])).collect();
        self.accept(waiting);
    }

    fn ask(&mut self, body: &Value) -> Box<Answer> {
        self.known.answer(body, &mut || true).unwrap()
    }

    /// The answer if no more than so many are replayed and everything is as is asked for.
    fn at_most(&mut self, most: u64, body: &Value) -> Answer {
        let settings = Arc::clone(&self.known.settings.borrow());
        let question = Question::read(body, &settings, &self.known.standing).unwrap();
        let side = self.known.side(&settings, Some(&question)).unwrap();
        let sources = Sources {
            reader: self.known.reader.as_mut(),
            now: self.now,
            go_on: &mut || true,
            assumed: Vec::new(),
            most,
        };
        answer(&question, (&side, None), sources).unwrap()
    }

    fn problems(&mut self, body: &Value) -> Vec<String> {
        match self.known.answer(body, &mut || true) {
            Err(Refused::Wrong(problems)) => problems.iter().map(Problem::sentence).collect(),
            other => panic!("{other:?}"),
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);

const SECOND: Duration = Duration::from_secs(1);

fn near(found: f64, expected: f64, part: f64) {
    let off = (found / expected - 1.0).abs();
    assert!(off < part, "{found} instead of {expected}");
}

fn drain_s(course: &Course) -> f64 {
    let drain = course.drain.as_ref().unwrap();
    assert_eq!(drain.left, 0);
    drain.drain_s.unwrap()
}

#[test]
fn a_wider_window_drains_what_waits_as_littles_law_says() {
    let mut world = World::new(CONFIG);
    world.waiting(2000, MINUTE);
    let answer = world.ask(&json!({"operators": {"ucell": {"window": 40}}}));
    assert_eq!((answer.messages, answer.backlog), (2000, 2000));
    assert_eq!(answer.changes, ["ucell.window=40"]);
    // One place of ten is kept for urgent ones; of forty more would fit than the TPS lets through.
    near(drain_s(&answer.as_is), 2000.0 / (9.0 / 0.2), 0.03);
    let changed = answer.changed.as_ref().unwrap();
    // The first second after a start counts as spent.
    near(drain_s(changed), 1.0 + 2000.0 / 97.0, 0.03);
    let limit = |course: &Course| course.drain.as_ref().unwrap().operators[0].limit.name();
    assert_eq!(limit(&answer.as_is), "window");
    assert_eq!(limit(changed), "operator-tps");
    let rate = |course: &Course| course.operators[0].rate.unwrap();
    near(rate(&answer.as_is), 45.0, 0.05);
    near(rate(changed), 97.0, 0.05);
}

#[test]
fn sessions_and_tps_count_as_they_would() {
    let mut world = World::new(CONFIG);
    world.waiting(2000, MINUTE);
    let link = json!({"sessions": 2, "tps": 60});
    let answer = world.ask(&json!({"operators": {"ucell": link}}));
    let changed = answer.changed.as_ref().unwrap();
    near(drain_s(changed), 1.0 + 2000.0 / 58.2, 0.03);
    let alone = world.ask(&json!({}));
    assert!(alone.changed.is_none());
    near(drain_s(&alone.as_is), drain_s(&answer.as_is), 0.01);
}

#[test]
fn an_operator_that_takes_less_than_is_asked_for_is_the_limit() {
    let mut world = World::new(CONFIG);
    world.waiting(1000, MINUTE);
    let throttles = LinkState {
        rate: Some(40.0),
        throttled: 9,
        ..*world.known.links[0].link.borrow()
    };
    world.known.links[0].link = watch::channel(throttles).1;
    let link = json!({"tps": 300, "window": 100});
    let answer = world.ask(&json!({"operators": {"ucell": link}}));
    let changed = answer.changed.as_ref().unwrap();
    assert_eq!(
        changed.drain.as_ref().unwrap().operators[0].limit.name(),
        "throttled"
    );
    // It has to be found first.
    near(drain_s(changed), 1000.0 / 40.0, 0.4);
    let told = "ucell takes 40/s and throttles the rest, as it does now";
    assert!(
        answer.assumed.iter().any(|it| it == told),
        "{:?}",
        answer.assumed
    );
}

#[test]
fn what_really_happened_stands_beside_it() {
    let mut world = World::new(CONFIG);
    // Ten a second until a second ago, each taken at once but for those of the last minute, which wait for five.
    let all: Vec<_> = (0..6000)
        .map(|number| {
            let ago = Duration::from_millis(601_000 - 100 * number);
            let wait = Duration::from_millis(if number < 5400 { 210 } else { 5000 });
            let taken = ago.saturating_sub(wait);
            world.message(ago, &[(State::Submitted, None, taken)])
        })
        .collect();
    world.accept(all);
    let answer = world.ask(&json!({"hours": 1}));
    let (really, as_is) = (answer.really.waits.unwrap(), answer.as_is.waits.unwrap());
    assert_eq!((really.messages, as_is.messages), (6000, 6000));
    near(really.p50_s, 0.21, 0.01);
    near(really.p95_s, 5.0, 0.01);
    near(as_is.p50_s, 0.2, 0.1);
    assert!(as_is.max_s < 0.5, "{as_is:?}");
    assert_eq!(answer.as_is.ended["submitted"], 6000);
    assert_eq!(drain_s(&answer.as_is), 0.0);
}

#[test]
fn quiet_hours_that_are_asked_about_shift_the_waits() {
    let mut world = World::new(CONFIG);
    world.waiting(10, 120 * MINUTE);
    let clock = |ago: Duration| {
        let at = jiff::Timestamp::from_millisecond(world.now.wall.before(ago).0).unwrap();
        at.strftime("%H:%M").to_string()
    };
    let hours = json!({"from": clock(180 * MINUTE), "to": clock(60 * MINUTE), "timezone": "UTC", "release": "0s"});
    let answer = world.ask(&json!({"subscriber": {"quiet_hours": hours}}));
    let changed = answer.changed.unwrap();
    let waits = changed.waits.unwrap();
    assert!((59.0..=61.5).contains(&(waits.p50_s / 60.0)), "{waits:?}");
    assert_eq!(changed.deferred["quiet-hours"], 10);
    assert!(answer.as_is.waits.unwrap().max_s < 5.0);
    assert!(answer.as_is.deferred.is_empty());
}

#[test]
fn limits_that_are_asked_about_put_off_those_who_had_enough() {
    let mut world = World::new(CONFIG);
    // Each had one a minute before the hour that is replayed, and gets two more.
    let to_the_same = |mut message: Message, subscriber| {
        message.origin_mut().msisdn = sample::msisdn(subscriber);
        message
    };
    let mut all = Vec::new();
    for (ago, is_past) in [(61, true), (60, false), (30, false)] {
        for subscriber in 1..=5 {
            let told = [(State::Submitted, None, ago * MINUTE)];
            let told = if is_past { &told[..] } else { &[] };
            let mut message = to_the_same(world.message(ago * MINUTE, told), subscriber);
            message.progress.operator = OperatorId(1);
            all.push(message);
        }
    }
    world.accept(all);
    let limits = json!([{"messages": 1, "per": "10m"}]);
    let answer = world.ask(&json!({"hours": 1, "subscriber": {"limits": limits}}));
    let changed = answer.changed.unwrap();
    assert_eq!(changed.deferred["subscriber-limit"], 5, "{changed:?}");
    let waits = changed.waits.unwrap();
    assert!((8.5..=9.5).contains(&(waits.max_s / 60.0)), "{waits:?}");
    assert!(waits.p50_s < 5.0, "{waits:?}");
    // Those that staff set are how it is.
    let limit = Limit {
        messages: 1,
        per: 10 * MINUTE,
    };
    let set = world.known.standing.note_limits(Some(vec![limit]), false);
    set.unwrap();
    let as_is = world.ask(&json!({"hours": 1})).as_is;
    assert_eq!(as_is.deferred["subscriber-limit"], 5, "{as_is:?}");
}

#[test]
fn a_limit_looks_back_further_than_the_hours_that_are_replayed() {
    let mut world = World::new(CONFIG);
    let mut earlier = world.message(600 * MINUTE, &[(State::Submitted, None, 600 * MINUTE)]);
    let mut new = world.message(30 * MINUTE, &[]);
    for message in [&mut earlier, &mut new] {
        message.origin_mut().msisdn = sample::msisdn(1);
    }
    world.accept(vec![earlier, new]);
    let limits = json!([{"messages": 1, "per": "24h"}]);
    let answer = world.ask(&json!({"hours": 1, "subscriber": {"limits": limits}}));
    let changed = answer.changed.unwrap();
    assert_eq!(changed.deferred["subscriber-limit"], 1, "{changed:?}");
    assert!(answer.as_is.waits.unwrap().max_s < 5.0);
}

#[test]
fn a_weight_is_the_one_that_is_asked_for_else_the_one_that_is_set() {
    let world = World::new(&shared());
    let settings = Arc::clone(&world.known.settings.borrow());
    let weight = |operators: Value| {
        let question = Question::read(
            &json!({ "operators": operators }),
            &settings,
            &world.known.standing,
        )
        .unwrap();
        let side = world.known.side(&settings, Some(&question)).unwrap();
        side.rules.operators[0].weight
    };
    assert_eq!(weight(json!({})), 1);
    let set = json!({ "weight": 5 });
    let set = set.as_object().unwrap();
    world.known.standing.note_set("ucell", set, false).unwrap();
    assert_eq!(weight(json!({})), 5);
    assert_eq!(weight(json!({ "ucell": { "weight": 3 } })), 3);
    assert_eq!(weight(json!({ "ucell": { "weight": "default" } })), 1);
}

#[test]
fn so_many_are_replayed_and_it_says_when_there_were_more() {
    let mut world = World::new(CONFIG);
    for number in 0..20 {
        world.waiting(10, Duration::from_secs(200 - 10 * number));
    }
    let mut ask = |most| world.at_most(most, &json!({"hours": 1}));
    let cut = ask(50);
    // The newest fifty, and as many of those that waited by then.
    assert!(cut.cut);
    assert_eq!((cut.messages, cut.backlog), (100, 200));
    let drain = cut.as_is.drain.unwrap();
    assert!(drain.estimated && drain.messages == 200, "{drain:?}");
    let all = ask(1000);
    assert!(!all.cut && all.messages == 200);
    near(drain.drain_s.unwrap(), drain_s(&all.as_is), 0.5);
}

#[test]
fn what_waits_for_a_limit_goes_after_it_though_traffic_comes_meanwhile() {
    let mut world = World::new(CONFIG);
    let mut all = Vec::new();
    for (minutes, subscriber) in [(600, 1), (30, 1), (20, 2), (10, 3)] {
        let told = [(State::Submitted, None, minutes * MINUTE)];
        let told = if minutes == 30 { &[][..] } else { &told };
        let mut message = world.message(minutes * MINUTE, told);
        message.origin_mut().msisdn = sample::msisdn(subscriber);
        all.push(message);
    }
    world.accept(all);
    let limits = json!([{"messages": 1, "per": "24h"}]);
    let answer = world.ask(&json!({"hours": 1, "subscriber": {"limits": limits}}));
    near(drain_s(&answer.changed.unwrap()) / 3600.0, 14.0, 0.01);
    assert!(drain_s(&answer.as_is) < 5.0);
}

#[test]
fn where_the_hours_are_cut_traffic_comes_again_at_the_rate_of_all_of_them() {
    let mut world = World::new(CONFIG);
    // Of an hour's 720 the last 600 came within three seconds, two hundred a second, and some wait for the urgent ones.
    let early: Vec<_> = (0..120)
        .map(|number| world.message((59 * 60 - number) * SECOND, &[]))
        .collect();
    let mut all = early;
    for number in 0..600 {
        let told = [(State::Submitted, None, Duration::ZERO)];
        let mut message = world.message(Duration::from_millis(3000 - 5 * number), &told);
        message.origin_mut().lane = Lane::Urgent;
        all.push(message);
    }
    world.accept(all);
    let answer = world.at_most(600, &json!({"hours": 1}));
    assert!(answer.cut);
    let told = "while what waits goes out, 0.2 messages come in a second, as in all of the hours asked for";
    assert!(
        answer.assumed.iter().any(|it| it == told),
        "{:?}",
        answer.assumed
    );
    // 120 at 45 a second, after the first one, which counts as spent.
    near(drain_s(&answer.as_is), 1.0 + 120.0 / 45.0, 0.1);
}

#[test]
fn no_operator_is_left_out_however_many_wait_for_another() {
    let mut world = World::new(&shared());
    let mut all: Vec<_> = (0..2000).map(|_| world.message(MINUTE, &[])).collect();
    for _ in 0..900 {
        let mut message = world.message(MINUTE, &[]);
        message.progress.operator = OperatorId(2);
        all.push(message);
    }
    world.accept(all);
    let drain = world.at_most(500, &json!({})).as_is.drain.unwrap();
    let of = |place: usize| {
        (
            drain.operators[place].messages,
            drain.operators[place].drain_s.unwrap(),
        )
    };
    assert_eq!((drain.messages, drain.estimated), (2900, true));
    assert_eq!((of(0).0, of(1).0), (2000, 900));
    assert_eq!(drain.drain_s.unwrap(), of(0).1.max(of(1).1));
}

#[test]
fn numbers_that_nobody_has_any_more_are_left_out() {
    let mut world = World::new(CONFIG);
    let told = [(State::Submitted, None, MINUTE)];
    let messages = [1, 2].map(|_| world.message(2 * MINUTE, &told));
    world.accept(vec![messages[0].clone(), messages[1].veiled()]);
    let answer = world.ask(&json!({"hours": 1}));
    assert_eq!(answer.messages, 1);
    let told = "1 messages are left out, whose numbers are purged or erased";
    assert!(
        answer.assumed.iter().any(|it| it == told),
        "{:?}",
        answer.assumed
    );
}

#[test]
fn what_is_wrong_with_a_question_is_told_by_its_keys() {
    let mut world = World::new(CONFIG);
    let wrong = json!({
        "hours": 25,
        "operators": {"ucel": {"tps": 1}, "ucell": {"tps": 0, "speed": 1, "window": "wide", "weight": 2}},
        "subscriber": {"limits": [{"messages": 0, "per": "10m"}], "quiet_hours": {"from": "22:00", "to": "8"}},
    });
    let problems = world.problems(&wrong).join("\n");
    for told in [
        "`hours` is 25; give a whole number from 1 to 24",
        "`operators.ucel` is no operator; known here: ucell",
        "`operators.ucell.tps` is 0; give a whole number from 1 to 100000",
        "`operators.ucell.window` is \"wide\"; give a whole number from 1 to 10000, or \"default\": as configured",
        "`operators.ucell.speed` is not a key; known here: tps, window, sessions, weight",
        "`operators.ucell.weight` is asked of an operator that shares no numbers with another",
        "`subscriber.limits[0].messages` is 0; give a whole number from 1 to 100",
        "`subscriber.quiet_hours.to` is \"8\"; write a time of day such as \"22:00\"",
    ] {
        assert!(problems.contains(told), "{told}\n---\n{problems}");
    }
}

#[test]
fn what_is_null_is_no_change() {
    let mut world = World::new(CONFIG);
    let answer = world.ask(&json!({
        "operators": {"ucell": {"tps": null, "window": null}, "x": null},
        "subscriber": {"limits": null, "quiet_hours": null},
    }));
    assert_eq!(answer.changes, Vec::<String>::new());
    assert!(answer.changed.is_none());
}

/// A second operator with the same numbers.
fn shared() -> String {
    let second = CONFIG.split_once("[[operator]]").unwrap().1;
    format!("{CONFIG}[[operator]]{}", second.replace("ucell", "beeline"))
}

#[test]
fn the_log_has_nothing_of_what_never_happened() {
    let mut world = World::new(&shared());
    world.waiting(100, MINUTE);
    let lines = LogLines::listen(tracing::Level::DEBUG);
    let answer = world.ask(&json!({}));
    assert_eq!(answer.as_is.operators.len(), 2);
    assert_eq!(lines.take(), "");
}

#[test]
fn it_ends_when_nobody_waits_for_it_any_more() {
    let mut world = World::new(CONFIG);
    world.waiting(100, MINUTE);
    let mut steps = 0;
    let answer = world.known.answer(&json!({}), &mut || {
        steps += 1;
        steps < 150
    });
    assert!(matches!(answer, Err(Refused::Failed)));
    assert_eq!(steps, 150);
}

#[test]
fn an_operator_that_throttles_is_given_no_more_than_it_takes() {
    let throttles = LinkState {
        rate: Some(40.0),
        tps: Some(100),
        throttled: 9,
        ..LinkState::default()
    };
    assert_eq!(throttled_to(&throttles), Some(40.0));
    let well = LinkState {
        rate: Some(97.0),
        ..throttles
    };
    assert_eq!(throttled_to(&well), None);
    let narrow = LinkState {
        window: 4,
        most_window: 10,
        ..well
    };
    let wide = Tuning {
        window: Setting::To(40),
        ..Tuning::default()
    };
    assert_eq!(within(wide, &narrow).window, Setting::To(4));
    assert_eq!(within(wide, &well).window, Setting::To(40));
}

#[test]
fn the_hours_that_are_asked_about_may_bring_their_zone() {
    let mut world = World::new(CONFIG);
    let hours = json!({"from": "22:00", "to": "08:00"});
    let problems = world.problems(&json!({"subscriber": {"quiet_hours": hours}}));
    assert!(problems[0].contains("timezone"), "{problems:?}");
    let hours = json!({"from": "22:00", "to": "08:00", "timezone": "Asia/Tashkent"});
    let answer = world.ask(&json!({"subscriber": {"quiet_hours": hours}}));
    assert_eq!(answer.changes, ["quiet_hours=22:00-08:00@Asia/Tashkent"]);
}

/// So many that came in ten hours ago and were put off for this reason, each for a second longer than the one before.
fn put_off(world: &mut World, count: u64, reason: Reason, first: Duration) {
    let now = world.now;
    let message = |number: u64| {
        let mut message = world.message(600 * MINUTE, &[]);
        let until = first + Duration::from_secs(number);
        message.progress.due = now.steady.after(until);
        message.progress.history = vec![Told {
            reason: Some(reason),
            at: now.wall.before(590 * MINUTE),
            until: Some(now.wall.after(until)),
            ..sample::told(State::Deferred)
        }];
        message
    };
    let all = (0..count).map(message).collect();
    world.accept(all);
}

#[test]
fn what_was_put_off_keeps_its_moment_and_also_where_a_reload_would_keep_it() {
    // The night ended ten minutes ago.
    let mut world = World::new(CONFIG);
    let clock = |ago: Duration| {
        let at = jiff::Timestamp::from_millisecond(world.now.wall.before(ago).0).unwrap();
        at.strftime("%H:%M").to_string()
    };
    let (from, to) = (clock(600 * MINUTE), clock(10 * MINUTE));
    let night = format!(
        "[subscriber]\nquiet_hours = {{ from = \"{from}\", to = \"{to}\", timezone = \"UTC\", release = \"1h\" }}\n"
    );
    world = World::new(&format!("{night}{CONFIG}"));
    put_off(&mut world, 100, Reason::QuietHours, 8 * MINUTE);
    let none = json!({"subscriber": {"quiet_hours": "none"}});
    let answer = world.ask(&none);
    near(drain_s(&answer.as_is), 579.0, 0.01);
    let changed = drain_s(answer.changed.as_ref().unwrap());
    assert!((300.0..600.0).contains(&changed), "{changed}");
    let wider = world.ask(&json!({"operators": {"ucell": {"window": 40}}}));
    near(drain_s(wider.changed.as_ref().unwrap()), 579.0, 0.01);
}

#[test]
fn what_was_put_off_by_a_rule_that_is_gone_goes_as_after_a_reload() {
    let limits = "[subscriber]\nlimits = [{ messages = 1, per = \"24h\" }]\n";
    let mut world = World::new(&format!("{limits}{CONFIG}"));
    put_off(&mut world, 50, Reason::SubscriberLimit, 60 * MINUTE);
    let answer = world.ask(&json!({"subscriber": {"limits": []}}));
    near(drain_s(&answer.as_is), 3649.0, 0.01);
    let changed = drain_s(&answer.changed.unwrap());
    assert!(changed < 5.0, "{changed}");
}

#[test]
fn what_was_put_off_when_the_hours_begin_went_when_it_was_due() {
    let mut world = World::new(CONFIG);
    let mut message = world.message(
        110 * MINUTE,
        &[
            (State::Deferred, Some(Reason::QuietHours), 100 * MINUTE),
            (State::Submitted, None, 30 * MINUTE),
        ],
    );
    message.progress.history[0].until = Some(world.now.wall.before(30 * MINUTE));
    message.progress.operator = OperatorId(1);
    world.accept(vec![message]);
    let answer = world.ask(&json!({"hours": 1}));
    let (really, as_is) = (answer.really.waits.unwrap(), answer.as_is.waits.unwrap());
    near(as_is.max_s, really.max_s, 0.001);
    assert_eq!(answer.as_is.deferred["quiet-hours"], 1);
}

#[test]
fn where_many_were_put_off_their_moments_are_no_later_for_there_being_more_of_them() {
    let mut world = World::new(CONFIG);
    put_off(&mut world, 400, Reason::QuietHours, MINUTE);
    let drain = world.at_most(300, &json!({})).as_is.drain.unwrap();
    assert!(drain.estimated);
    let took = drain.drain_s.unwrap();
    assert!((350.0..470.0).contains(&took), "{took}");
}

/// A link in virtual time that is given what it asks for only so much later, and how it did for five seconds.
fn late_link(world: &World, link: &Value, late: Duration) -> Use {
    let settings = Arc::clone(&world.known.settings.borrow());
    let question = Question::read(
        &json!({"operators": {"ucell": link}}),
        &settings,
        &world.known.standing,
    )
    .unwrap();
    let side = world.known.side(&settings, Some(&question)).unwrap();
    let of = &side.links[0];
    let mut now = world.now.instant;
    let mut link = Link::new(OperatorId(1), (&of.settings, of.tuning), of.smsc, now).unwrap();
    let (mut asked, mut given, mut coming) = (0, 0, VecDeque::new());
    let mut before = link.state();
    for milli in 0..7000 {
        if milli == 2000 {
            before = link.state();
        }
        if let Some(report) = link.look(now) {
            // What is kept for urgent ones nobody brings.
            let granted = report.offer.granted.saturating_sub(report.offer.kept);
            if granted > asked {
                coming.push_back((now + late, granted));
                asked = granted;
            }
        }
        while coming.front().is_some_and(|(at, _)| *at <= now) {
            let (_, to) = coming.pop_front().unwrap();
            let submissions = (given..to).map(|id| submission(token(id), now)).collect();
            given = to;
            let directive = Directive {
                submissions,
                ..Directive::default()
            };
            link.take(directive, now);
        }
        now += Duration::from_millis(1);
    }
    let state = link.state();
    let occupancy = state.occupancy.since(&before.occupancy);
    let pdus = u32::try_from(state.pdus - before.pdus).unwrap();
    let pdus = f64::from(pdus) / occupancy.elapsed().as_secs_f64();
    Use {
        paused: false,
        failing: false,
        sessions: 1,
        sessions_bound: state.submitting,
        receiving: state.receiving,
        tps: state.tps.map(Tps::OfAll),
        rate_now: state.rate,
        window: state.most_window,
        windows: Vec::new(),
        window_now: state.window,
        rate: pdus,
        pdus,
        filled: 0.0,
        kept: of.configured.kept,
        occupancy,
        answered_in: None,
        pressure: 1.0,
    }
}

#[test]
fn what_is_advised_to_a_link_near_both_limits_brings_more_also_if_messages_come_late() {
    let world = World::new(CONFIG);
    // At 200 ms and with a tenth kept a window of 65 lets through as many as 300 TPS; and a wider one, where they are late.
    for (late, window) in [
        (0, 54),
        (0, 64),
        (0, 66),
        (15, 54),
        (15, 64),
        (15, 70),
        (15, 90),
    ] {
        let late = Duration::from_millis(late);
        let link = json!({"tps": 300, "window": window});
        let before = late_link(&world, &link, late);
        let limit = before.limit().expect("it is held");
        let advice = before.advice(limit);
        let (tps, window) = followed(&advice, window);
        let link = json!({"tps": tps, "window": window});
        let after = late_link(&world, &link, late);
        assert!(
            after.pdus > 1.02 * before.pdus,
            "{advice}: {:.0} became {:.0}",
            before.pdus,
            after.pdus
        );
    }
}

/// TPS and window once that is done: of 300 TPS, and with twice of what is to be raised by nobody says how much.
fn followed(advice: &str, window: usize) -> (u32, usize) {
    let named = advice.split_once("raise window to ").map(|(_, to)| {
        let digits = to.split(|it: char| !it.is_ascii_digit()).next();
        digits.and_then(|it| it.parse().ok()).expect(advice)
    });
    let is_wider = advice.contains("with it window");
    let is_faster = advice.contains("raise tps") || advice.contains("with it tps");
    (
        if is_faster { 600 } else { 300 },
        named.unwrap_or(if is_wider { 2 * window } else { window }),
    )
}

#[test]
fn what_goes_without_waiting_counts_for_no_rate_under_pressure() {
    let mut world = World::new(CONFIG);
    // Every five seconds 250 at once, at which a hundred a second go, and then forty a second, which do not wait.
    let mut all = Vec::new();
    for round in (1..=12).rev() {
        let begin = Duration::from_secs(5 * round);
        all.extend((0..250).map(|_| begin));
        all.extend((0..80).map(|number| begin - Duration::from_millis(3000 + 25 * number)));
    }
    let told = [(State::Submitted, None, SECOND)];
    let all = all.into_iter().map(|ago| world.message(ago, &told));
    let all = all.collect();
    world.accept(all);
    let answer = world.ask(&json!({"hours": 1, "operators": {"ucell": {"window": 40}}}));
    let rate = answer.changed.unwrap().operators[0].rate.unwrap();
    near(rate, 97.0, 0.05);
}

#[test]
fn an_agency_has_the_weight_that_is_asked_for_else_the_one_that_is_set() {
    let config = format!("{CONFIG}[[agency]]\nname = \"kadastr\"\nweight = 2\n");
    let world = World::new(&config);
    let settings = Arc::clone(&world.known.settings.borrow());
    let standing = &world.known.standing;
    let weight = |agencies: Value| {
        let body = json!({ "agencies": agencies });
        let question = Question::read(&body, &settings, standing).unwrap();
        let side = world.known.side(&settings, Some(&question)).unwrap();
        let weights = side.rules.rules.sharing.weights;
        weights[&AgencyKey::of("kadastr")]
    };
    assert_eq!(weight(json!({})), 2);
    standing.note_weight("kadastr", Some(7), false).unwrap();
    assert_eq!(weight(json!({})), 7);
    assert_eq!(weight(json!({"kadastr": {"weight": 3}})), 3);
    assert_eq!(weight(json!({"kadastr": {"weight": "default"}})), 2);
}

#[test]
fn a_heavier_agency_waits_less() {
    let mut world = World::new(CONFIG);
    let mut all = Vec::new();
    for number in 0..1000 {
        let mut message = world.message(MINUTE, &[]);
        let agency = if number % 2 == 0 { "kadastr" } else { "yhxbb" };
        of_agency(&mut message, agency);
        all.push(message);
    }
    world.accept(all);
    let answer = world.ask(&json!({"agencies": {"kadastr": {"weight": 9}}}));
    assert_eq!(answer.changes, ["agency.kadastr.weight=9"]);
    let wait = |course: &Course| {
        let mut agencies = course.agencies.iter();
        agencies
            .find(|it| it.name == "kadastr")
            .unwrap()
            .waits
            .p50_s
    };
    let (as_is, changed) = (wait(&answer.as_is), wait(answer.changed.as_ref().unwrap()));
    assert!(changed < 0.7 * as_is, "{changed} instead of {as_is}");
}

fn of_agency(message: &mut Message, agency: &str) {
    let origin = message.origin_mut();
    let mut identity = Identity::clone(&origin.identity);
    identity.key.agency = xabar_events::Agency::from_name(agency).unwrap();
    origin.identity = Arc::new(identity);
}

#[test]
fn limits_that_are_asked_about_may_be_the_configured_ones() {
    let limits = "[subscriber]\nlimits = [{ messages = 1, per = \"24h\" }]\n";
    let world = World::new(&format!("{limits}{CONFIG}"));
    let settings = Arc::clone(&world.known.settings.borrow());
    let standing = &world.known.standing;
    standing.reconfigure(&settings, &[]).unwrap();
    standing.note_limits(Some(Vec::new()), false).unwrap();
    let held = standing.limiting(&settings);
    assert_eq!(held.subscriber.limits, []);
    let body = json!({"subscriber": {"limits": "default"}});
    let question = Question::read(&body, &held, standing).unwrap();
    assert_eq!(
        question.changed(&held).subscriber.limits,
        settings.subscriber.limits
    );
}

#[test]
fn what_an_order_would_be_refused_for_is_no_question() {
    let mut world = World::new(&shared());
    let one = json!({"operators": {"ucell": {"weight": 0}}});
    assert_eq!(world.ask(&one).changes, ["ucell.weight=0"]);
    let told = "`operators` leaves no operator that shares 99890 a weight of 1 or more; leave one to at least one of them";
    let both = json!({"operators": {"ucell": {"weight": 0}, "beeline": {"weight": 0}}});
    assert_eq!(world.problems(&both), [told]);
    let set = json!({ "weight": 0 });
    let standing = &world.known.standing;
    standing
        .note_set("beeline", set.as_object().unwrap(), false)
        .unwrap();
    assert_eq!(world.problems(&one), [told]);
    let agencies = json!({"agencies": {"Kadastr": {"weight": 1}, "kadastr": {"weight": 101}}});
    let problems = world.problems(&agencies).join("\n");
    assert!(
        problems.contains("`agencies.Kadastr` is no agency"),
        "{problems}"
    );
    assert!(
        problems.contains("`agencies.kadastr.weight` is 101"),
        "{problems}"
    );
}

#[test]
fn what_was_used_of_a_daily_quota_counts() {
    let agency = "[[agency]]\nname = \"kadastr\"\ndaily = { messages = 5, timezone = \"UTC\" }\n";
    // Whatever the time of day is, that zone's day began at least six hours ago and lasts as long yet.
    let midday = |now: Now| {
        let hour = now.wall.0.rem_euclid(24 * 3_600_000) / 3_600_000;
        if (6..18).contains(&hour) {
            "UTC"
        } else {
            "Etc/GMT+12"
        }
    };
    let zone = midday(World::new(CONFIG).now);
    let mut world = World::new(&format!("{CONFIG}{}", agency.replace("UTC", zone)));
    let mut all = Vec::new();
    for (minutes, is_over) in [
        (180, true),
        (170, true),
        (160, true),
        (30, false),
        (29, false),
        (28, false),
    ] {
        let told = [(State::Submitted, None, minutes * MINUTE)];
        let mut message = world.message(minutes * MINUTE, if is_over { &told } else { &[] });
        of_agency(&mut message, "kadastr");
        all.push(message);
    }
    world.accept(all);
    let answer = world.ask(&json!({"hours": 1}));
    // Three of five were used when the hour begins, and until now.
    assert_eq!(
        answer.as_is.deferred["agency-quota"], 1,
        "{:?}",
        answer.as_is
    );
    assert!(drain_s(&answer.as_is) > 6.0 * 3600.0);
}
