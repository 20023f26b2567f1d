//! Whose turn it is, and what becomes of it.

use std::time::{Duration, Instant};

use jiff::civil::Time;
use jiff::tz::TimeZone;
use xabar_events::{Msisdn, Reason};

use super::*;
use crate::journal::{Attempt, Content, Identity, Lane, Origin, Phase, Progress};

pub(super) const START: UnixMillis = UnixMillis(1_795_407_300_000);
pub(super) const UCELL: OperatorId = OperatorId(1);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

#[expect(
    clippy::disallowed_methods,
    reason = "only where the simulation starts"
)]
pub(super) fn after(wait: Duration) -> Now {
    Now {
        instant: Instant::now(),
        steady: START.after(wait),
        wall: START.after(wait),
    }
}

/// The n-th message, of a thread and a subscriber of its own.
pub(super) fn message(n: u64) -> Message {
    let identity = Identity {
        id: MessageId(n),
        key: xabar_events::EventKey {
            agency: xabar_events::Agency::from_name("kadastr").unwrap(),
            id: format!("{n}").parse().unwrap(),
        },
        application: "48120973".into(),
        trace: None,
    };
    let origin = Origin {
        identity: identity.into(),
        msisdn: Msisdn::from_u64(998_930_000_000 + n).unwrap(),
        thread: ThreadKey(n),
        lane: Lane::Normal,
        time: START,
        accepted_at: START,
        not_before: None,
        expires: START.after(72 * HOUR),
        content: Content {
            service: "passport".into(),
            status: "ready".into(),
            language: None,
            params: Vec::new(),
            legal: false,
            extensions: Vec::new(),
        },
    };
    let progress = Progress {
        phase: Phase::Waiting,
        operator: UCELL,
        due: START,
        dealt: None,
        attempt: Attempt::default(),
        history: Vec::new(),
    };
    Message::new(origin, progress)
}

/// The n-th message of the first thread.
pub(super) fn sibling(n: u64) -> Message {
    let mut sibling = message(n);
    sibling.origin_mut().thread = ThreadKey(1);
    sibling.origin_mut().msisdn = message(1).msisdn;
    sibling
}

pub(super) fn offer(pacer: &mut Pacer, message: Message) {
    pacer.offer(Arrival {
        message,
        thread: ThreadFacts::default(),
        subscriber: SubscriberFacts::default(),
    });
}

/// What the next turn is, and of which message.
pub(super) fn turn(pacer: &mut Pacer, now: &Now) -> Option<(&'static str, u64)> {
    let turn = pacer.next(UCELL, Among::All, now)?;
    let kind = match turn {
        Turn::Go(_) => "go",
        Turn::Contended(_) => "contended",
        Turn::Defer { .. } => "defer",
        Turn::Overtaken { .. } => "overtaken",
        Turn::Expired(_) => "expired",
    };
    Some((kind, turn.message().id.0))
}

pub(super) fn one_an_hour() -> Rules {
    let limit = Limit {
        messages: 1,
        per: HOUR,
    };
    Rules {
        limits: vec![limit],
        ..Rules::default()
    }
}

#[test]
fn every_held_message_gets_one_turn() {
    let mut pacer = Pacer::new(&Rules::default(), &BTreeMap::new());
    let now = after(Duration::ZERO);
    for n in 1..=3 {
        offer(&mut pacer, message(n));
    }
    assert_eq!(pacer.held(message(1).queue()), 3);
    for n in 1..=3 {
        assert_eq!(turn(&mut pacer, &now), Some(("go", n)));
    }
    assert_eq!(turn(&mut pacer, &now), None);
    assert_eq!(pacer.held(message(1).queue()), 0);
}

#[test]
fn a_message_whose_thread_is_under_way_gets_its_turn_when_that_ends() {
    let mut pacer = Pacer::new(&Rules::default(), &BTreeMap::new());
    let now = after(Duration::ZERO);
    pacer.begin(&message(1), Lane::Normal, &now);
    offer(&mut pacer, sibling(2));
    assert_eq!(turn(&mut pacer, &now), None);
    assert_eq!(pacer.held(sibling(2).queue()), 1, "it takes up memory");
    pacer.end(&message(1));
    assert_eq!(turn(&mut pacer, &now), Some(("go", 2)));
}

#[test]
fn the_end_of_an_attempt_given_up_before_does_not_end_the_wait_for_another() {
    let mut pacer = Pacer::new(&Rules::default(), &BTreeMap::new());
    let now = after(Duration::ZERO);
    pacer.resume(&message(1), ThreadFacts::default());
    pacer.begin(&sibling(2), Lane::Normal, &now);
    offer(&mut pacer, sibling(3));
    pacer.end(&message(1));
    assert_eq!(turn(&mut pacer, &now), None);
    pacer.end(&sibling(2));
    assert_eq!(turn(&mut pacer, &now), Some(("go", 3)));
}

#[test]
fn an_older_message_is_overtaken_once_there_is_a_result_of_the_newer() {
    for (attempts, then) in [(1, "overtaken"), (0, "go")] {
        let mut pacer = Pacer::new(&Rules::default(), &BTreeMap::new());
        let now = after(Duration::ZERO);
        let mut newer = sibling(2);
        pacer.begin(&newer, Lane::Normal, &now);
        offer(&mut pacer, message(1));
        assert_eq!(turn(&mut pacer, &now), None);
        newer.progress.attempt.attempts = attempts;
        pacer.uncount(&newer, &now);
        let superseding = (attempts > 0).then(|| newer.order());
        assert_eq!(pacer.end(&newer), superseding);
        assert_eq!(turn(&mut pacer, &now), Some((then, 1)));
    }
}

#[test]
fn what_the_journal_says_of_a_thread_counts() {
    let mut pacer = Pacer::new(&Rules::default(), &BTreeMap::new());
    let now = after(Duration::ZERO);
    let mut arrive = |n, thread| {
        pacer.offer(Arrival {
            message: message(n),
            thread,
            subscriber: SubscriberFacts::default(),
        });
        turn(&mut pacer, &now)
    };
    let waiting = |waiting| ThreadFacts {
        attempted: None,
        waiting,
    };
    let newer = ThreadFacts {
        attempted: Some(sibling(9).order()),
        waiting: 1,
    };
    assert_eq!(arrive(1, waiting(1)), Some(("go", 1)));
    assert_eq!(arrive(2, waiting(2)), Some(("contended", 2)));
    assert_eq!(arrive(3, newer), Some(("overtaken", 3)));
}

#[test]
fn a_withdrawn_message_has_no_turn_and_makes_room_once_its_place_came() {
    let mut pacer = Pacer::new(&Rules::default(), &BTreeMap::new());
    let now = after(Duration::ZERO);
    offer(&mut pacer, message(1));
    assert!(pacer.withdraw(MessageId(1)).is_some());
    assert!(pacer.withdraw(MessageId(1)).is_none());
    assert_eq!(pacer.held(message(1).queue()), 1);
    assert_eq!(turn(&mut pacer, &now), None);
    assert_eq!(pacer.held(message(1).queue()), 0);
}

#[test]
fn a_limit_defers_until_the_window_has_room() {
    let mut pacer = Pacer::new(&one_an_hour(), &BTreeMap::new());
    let now = after(Duration::ZERO);
    offer(&mut pacer, message(1));
    assert_eq!(turn(&mut pacer, &now), Some(("go", 1)));
    pacer.begin(&message(1), Lane::Normal, &now);
    pacer.end(&message(1));
    offer(&mut pacer, sibling(2));
    let until = match pacer.next(UCELL, Among::All, &after(HOUR / 2)) {
        Some(Turn::Defer { until, reason, .. }) => Some((until, reason)),
        _ => None,
    };
    assert_eq!(until, Some((START.after(HOUR), Reason::SubscriberLimit)));
    offer(&mut pacer, sibling(2));
    assert_eq!(turn(&mut pacer, &after(HOUR)), Some(("go", 2)));
}

#[test]
fn a_refused_submission_does_not_count() {
    let mut pacer = Pacer::new(&one_an_hour(), &BTreeMap::new());
    let now = after(Duration::ZERO);
    let mut refused = message(1);
    refused.progress.attempt.at = now.steady;
    pacer.begin(&refused, Lane::Normal, &now);
    pacer.end(&refused);
    pacer.give_back(&refused);
    offer(&mut pacer, sibling(2));
    assert_eq!(turn(&mut pacer, &now), Some(("go", 2)));
}

#[test]
fn a_message_that_goes_in_an_urgent_ones_turn_is_at_the_cost_of_that_lane() {
    let rules = Rules::default();
    let mut pacer = Pacer::new(&rules, &BTreeMap::new());
    let now = after(Duration::ZERO);
    offer(&mut pacer, message(1));
    for n in 2..=3 {
        let mut urgent = message(n);
        urgent.origin_mut().lane = Lane::Urgent;
        offer(&mut pacer, urgent);
    }
    assert_eq!(turn(&mut pacer, &now), Some(("go", 2)));
    let mut instead = message(4);
    let pdus = 100 / rules.sharing.shares[Lane::Normal as usize];
    instead.progress.attempt.segments = vec![Segment::Sent; usize::try_from(pdus).unwrap()];
    pacer.begin(&instead, Lane::Urgent, &now);
    assert_eq!(turn(&mut pacer, &now), Some(("go", 1)), "its share");
    assert_eq!(turn(&mut pacer, &now), Some(("go", 3)));
}

#[test]
fn what_expired_or_is_scheduled_by_the_wall_clock_does_not_go() {
    let mut pacer = Pacer::new(&Rules::default(), &BTreeMap::new());
    let mut expired = message(1);
    expired.origin_mut().expires = START;
    offer(&mut pacer, expired);
    let mut scheduled = message(2);
    scheduled.origin_mut().not_before = Some(START.after(HOUR));
    offer(&mut pacer, scheduled);
    let now = after(Duration::ZERO);
    assert_eq!(turn(&mut pacer, &now), Some(("expired", 1)));
    assert_eq!(turn(&mut pacer, &now), Some(("defer", 2)));
}

/// The n-th message, of another lane.
fn of(lane: Lane, n: u64) -> Message {
    let mut message = message(n);
    message.origin_mut().lane = lane;
    message
}

fn of_a_day(messages: u32) -> Rules {
    let timezone = TimeZone::get("Asia/Tashkent").unwrap();
    let quota = DailyQuota { messages, timezone };
    Rules {
        daily: [(AgencyKey::of("kadastr"), quota)].into(),
        ..Rules::default()
    }
}

#[test]
fn no_day_is_looked_at_for_room_in_hours_that_let_nobody_go() {
    let hours = Some(QuietHours {
        from: Time::constant(9, 0, 0, 0),
        to: Time::constant(8, 0, 0, 0),
        timezone: TimeZone::get("Asia/Tashkent").unwrap(),
    });
    let open = Rules {
        release: HOUR,
        ..of_a_day(2)
    };
    let night = Rules {
        quiet_hours: hours.clone(),
        ..open.clone()
    };
    let no_bulk = Rules {
        no_bulk: hours,
        ..open.clone()
    };
    let now = after(Duration::ZERO);
    let cases = [
        (&night, Lane::Normal),
        (&night, Lane::Bulk),
        (&no_bulk, Lane::Bulk),
    ];
    for (closed, lane) in cases {
        let mut pacer = Pacer::new(closed, &BTreeMap::new());
        for n in 1..=3 {
            offer(&mut pacer, of(lane, n));
            assert_eq!(turn(&mut pacer, &now), Some(("defer", n)));
        }
        assert_eq!(pacer.with_room(&now), BTreeSet::new(), "{closed:?}");
        let known = |_: &[&Message]| Ok::<_, ()>(Vec::new());
        pacer.change_rules(&open, &now, known).unwrap();
        let agency = AgencyKey::of("kadastr");
        assert_eq!(pacer.with_room(&now), BTreeSet::from([agency]));
    }
}

#[test]
fn who_is_judged_twice_while_times_are_dealt_out_anew_counts_once_on_its_day() {
    let agency = AgencyKey::of("kadastr");
    let campaign = Spread {
        agency,
        service: None,
        an_hour: 20,
    };
    let rules = Rules {
        spreads: vec![campaign],
        ..of_a_day(10)
    };
    let mut pacer = Pacer::new(&rules, &BTreeMap::new());
    let now = after(Duration::ZERO);
    let mut first = of(Lane::Bulk, 1);
    first.progress.attempt.attempts = 1;
    pacer.begin(&first, Lane::Bulk, &now);
    offer(&mut pacer, of(Lane::Bulk, 2));
    let Some(Turn::Defer {
        mut message, until, ..
    }) = pacer.next(UCELL, Among::All, &now)
    else {
        panic!("it has a time of the campaign");
    };
    message.progress.due = until;
    let mut waiting = Arrival {
        message,
        thread: ThreadFacts::default(),
        subscriber: SubscriberFacts::default(),
    };
    pacer.begin_anew(agency);
    for _ in 0..2 {
        let wait = pacer.judge_anew(&mut waiting, &now);
        waiting.message.progress.due = wait.unwrap().0;
    }
    pacer.end_anew(agency);
    let used = pacer.used();
    assert_eq!(used[0].1.campaigns, [1]);
}
