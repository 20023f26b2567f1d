//! Questions about a journal of known traffic, whose answers can be worked out by hand.

mod agencies;
mod late;
mod limits;
mod put_off;

use std::collections::VecDeque;
use std::path::Path;

use serde_json::{Value, json};
use xabar_events::{Reason, State};

use super::*;
use crate::clock::UnixMillis;
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

/// When all is asked, in UTC.
const NOON: UnixMillis = UnixMillis(1_795_608_000_000);

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
        let now = Now {
            instant: instant(),
            steady: NOON,
            wall: NOON,
        };
        let known = Known {
            settings: watch::channel(Arc::new(settings)).1,
            standing: Standing::nothing(&folder.path("kept.json")),
            ported: watch::channel(Arc::default()).1,
            links: observed,
            status: watch::channel(None).1,
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
        self.known.answer(self.now, body, &mut || true).unwrap()
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
        match self.known.answer(self.now, body, &mut || true) {
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
    let answer = world.known.answer(world.now, &json!({}), &mut || {
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
