//! A wall clock that is set while the gateway runs, which then is started anew: what is told stays as that clock read then.

use xabar_events::{Notification, UnixMillis};

use super::world::*;

/// Sets the wall clock so many hours ahead of the other.
fn set(world: &mut World, hours: i64) {
    world.wall_ahead = hours * 3_600_000;
    world.advance(SECOND);
}

/// The n-th status for the first subscriber, each of an application of its own.
fn nth(n: u32) -> Notification {
    Notification {
        application: format!("{n}").parse().unwrap(),
        ..status(&format!("e{n}"))
    }
}

#[test]
fn what_happened_is_told_as_the_wall_clock_read_then_whatever_it_is_set_to_afterwards() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(10, HOUR)]);
    let mut clock_read = Vec::new();
    for (n, hours) in (1..).zip([0, 26, 26, 1, -1, -1, 0]) {
        set(&mut world, hours);
        clock_read.push(world.wall());
        world.outcomes.clear();
        world.publish(nth(n));
        let sent = world.one_sent();
        world.accept(&sent, "A1");
        let told = world.outcomes.iter().map(|told| told.at);
        assert!(told.len() > 1 && told.eq([world.wall().into(); 2]));
        world.restart();
    }
    let known = world.known(phone(0));
    let messages = known.messages.iter().map(|it| &it.story);
    let attempts = messages.clone().map(|story| story.attempted_at.unwrap());
    let accepted = messages.map(|story| story.states[0].at);
    let submitted = known.submissions.iter().map(|it| it.at);
    let clock_read = clock_read.into_iter().map(UnixMillis::from);
    assert!(attempts.eq(clock_read.clone()));
    assert!(accepted.eq(clock_read.clone()));
    assert!(submitted.eq(clock_read));
}
