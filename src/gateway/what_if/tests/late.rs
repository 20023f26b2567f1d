//! What is advised to a link near its limits, and messages that come late.

use super::*;

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
