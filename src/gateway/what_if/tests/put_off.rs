//! What was put off before the hours that are replayed, or is by what is asked about.

use super::*;

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
    let night = "[subscriber]\nquiet_hours = { from = \"02:00\", to = \"11:50\", timezone = \"UTC\", release = \"1h\" }\n";
    let mut world = World::new(&format!("{night}{CONFIG}"));
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
