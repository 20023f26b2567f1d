//! Limits of subscribers and quiet hours.

use super::*;

#[test]
fn quiet_hours_that_are_asked_about_shift_the_waits() {
    let mut world = World::new(CONFIG);
    world.waiting(10, 120 * MINUTE);
    let hours = json!({"from": "09:00", "to": "11:00", "timezone": "UTC", "release": "0s"});
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
fn the_hours_that_are_asked_about_may_bring_their_zone() {
    let mut world = World::new(CONFIG);
    let hours = json!({"from": "22:00", "to": "08:00"});
    let problems = world.problems(&json!({"subscriber": {"quiet_hours": hours}}));
    assert!(problems[0].contains("timezone"), "{problems:?}");
    let hours = json!({"from": "22:00", "to": "08:00", "timezone": "Asia/Tashkent"});
    let answer = world.ask(&json!({"subscriber": {"quiet_hours": hours}}));
    assert_eq!(answer.changes, ["quiet_hours=22:00-08:00@Asia/Tashkent"]);
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
