//! Weights and quotas of agencies.

use super::*;

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
