//! Stories as scripts and as people read them.

use std::convert::Infallible;

use jiff::tz::TimeZone;
use serde_json::json;
use xabar_events::{Agency, EventKey, TraceContext};

use super::*;
use crate::clock::{self, WallTimes};
use crate::journal::{
    Attempt, Attempted, Content, Fruitless, Identity, Lane, Limited, Message, MessageId,
    OperatorId, Origin, Phase, Progress, Segment, ThreadKey,
};

fn told(minute: i64, state: State, reason: Option<Reason>) -> Told {
    let at = clock::UnixMillis(1_795_406_400_000 + minute * 60_000);
    Told {
        state,
        reason,
        at,
        until: None,
        code: None,
        by: None,
        attempted: None,
        limit: None,
    }
}

fn message(history: Vec<Told>) -> Message {
    let at = clock::UnixMillis(0);
    let identity = Identity {
        id: MessageId(42),
        key: EventKey {
            agency: Agency::from_name("kadastr").unwrap(),
            id: "01JD".parse().unwrap(),
        },
        application: "48120973".into(),
        trace: None,
    };
    let origin = Origin {
        identity: identity.into(),
        msisdn: "998901234567".parse().unwrap(),
        thread: ThreadKey(1),
        lane: Lane::Normal,
        time: at,
        accepted_at: at,
        not_before: None,
        expires: at,
        content: Content {
            service: "land-registration".into(),
            status: "approved".into(),
            language: None,
            params: vec![("office".into(), "Yunusobod".into())],
            legal: false,
            extensions: Vec::new(),
        },
    };
    let progress = Progress {
        phase: Phase::Settled,
        operator: OperatorId(1),
        due: at,
        dealt: None,
        attempt: Attempt {
            attempts: 1,
            segments: vec![Segment::Delivered],
            ..Attempt::default()
        },
        history,
    };
    Message::new(origin, progress)
}

pub(in crate::control) fn night_and_day() -> Message {
    let mut night = told(1, State::Deferred, Some(Reason::QuietHours));
    night.until = Some(clock::UnixMillis(night.at.0 + 3_600_000));
    message(vec![
        told(0, State::Accepted, None),
        night,
        told(61, State::Submitted, None),
        told(62, State::Delivered, None),
    ])
}

/// Its story, with two operators that have names.
fn told_of(message: &Message) -> Story {
    let name = |operator: OperatorId| {
        let name = match operator.0 {
            1 => "ucell",
            _ => "others",
        };
        Ok::<_, Infallible>(Some(name.to_owned()))
    };
    story(message, &WallTimes::default(), None, name).unwrap()
}

#[test]
fn scripts_read_states_with_reason_and_time() {
    let json = serde_json::to_value(told_of(&night_and_day())).unwrap();
    assert_eq!(
        json,
        json!({
            "id": "42",
            "event": { "source": "/agencies/kadastr", "id": "01JD" },
            "application": "48120973",
            "service": "land-registration",
            "status": "approved",
            "msisdn": "998*****4567",
            "state": "delivered",
            "operator": "ucell",
            "segments": 1,
            "attempts": 1,
            "repeats": 0,
            "attempted_at": "1970-01-01T00:00:00.000Z",
            "states": [
                { "state": "accepted", "reason": null, "at": "2026-11-23T04:00:00.000Z" },
                { "state": "deferred", "reason": "quiet-hours", "at": "2026-11-23T04:01:00.000Z", "until": "2026-11-23T05:01:00.000Z" },
                { "state": "submitted", "reason": null, "at": "2026-11-23T05:01:00.000Z" },
                { "state": "delivered", "reason": null, "at": "2026-11-23T05:02:00.000Z" },
            ],
        })
    );
}

#[test]
fn people_read_aligned_lines_in_their_own_time() {
    let zone = TimeZone::get("Asia/Tashkent").unwrap();
    let text = told_of(&night_and_day()).render(&zone, UnixMillis(0), false);
    let expected = "\
application 48120973 · land-registration: approved · to 998*****4567 · delivered
event 01JD of /agencies/kadastr · message 42 · ucell · 1 segment · 1 attempt · times of Asia/Tashkent
  2026-11-23 09:00:00.000  accepted                It is in the journal: it will not be lost.
  2026-11-23 09:01:00.000  deferred (quiet-hours)  It waits for the subscriber's night to end, and then for its own moment of the `release` after it. Until 2026-11-23 10:01:00.000.
  2026-11-23 10:01:00.000  submitted               The operator accepted all of it.
  2026-11-23 10:02:00.000  delivered               It is on the subscriber's phone.
";
    assert_eq!(text, expected);
}

#[test]
fn what_waits_to_be_tried_again_tells_when() {
    let mut waiting = message(vec![told(0, State::Accepted, None)]);
    waiting.progress.phase = Phase::Waiting;
    waiting.progress.due = told(1, State::Accepted, None).at;
    let story = told_of(&waiting);
    let json = serde_json::to_value(&story).unwrap();
    assert_eq!(json["due"], "2026-11-23T04:01:00.000Z");
    let text = story.render(&TimeZone::UTC, UnixMillis(0), false);
    let heading = "1 attempt · waits to be tried again at 2026-11-23 04:01:00.000 · times of UTC";
    assert!(text.contains(heading), "{text}");
    let later = UnixMillis(waiting.progress.due.0);
    let text = story.render(&TimeZone::UTC, later, false);
    let heading = "1 attempt · waits to be tried again, due since 2026-11-23 04:01:00.000 · times";
    assert!(text.contains(heading), "{text}");
    // Before its first attempt it waits for its turn, or for what its last state tells.
    waiting.progress.attempt.attempts = 0;
    assert_eq!(told_of(&waiting).due, None);
}

/// One operator refuses it for now, another one takes it.
fn carried_by_another() -> Message {
    let attempted = |operator, attempts| {
        Some(Attempted {
            operator: OperatorId(operator),
            segments: 1,
            attempts,
            repeats: 0,
        })
    };
    let retry = Told {
        code: Some("ESME_RSYSERR".into()),
        attempted: attempted(2, 3),
        ..told(1, State::Deferred, Some(Reason::Retry))
    };
    let [submitted, delivered] = [State::Submitted, State::Delivered].map(|state| Told {
        attempted: attempted(1, 4),
        ..told(3, state, None)
    });
    message(vec![
        told(0, State::Accepted, None),
        retry,
        submitted,
        delivered,
    ])
}

#[test]
fn people_read_over_whom_it_went_once_for_each_attempt() {
    let text = told_of(&carried_by_another()).render(&TimeZone::UTC, UnixMillis(0), false);
    let lines: Vec<&str> = text.lines().skip(2).collect();
    let expected = [
        "  2026-11-23 04:00:00.000  accepted          It is in the journal: it will not be lost.",
        "  2026-11-23 04:01:00.000  deferred (retry)  The operator could not take it, so it is tried again. The operator said ESME_RSYSERR. Attempt 3, over others.",
        "  2026-11-23 04:03:00.000  submitted         The operator accepted all of it. Attempt 4, over ucell.",
        "  2026-11-23 04:03:00.000  delivered         It is on the subscriber's phone.",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn people_read_what_was_answered_to_every_attempt_and_until_when_only_the_last_one_waits() {
    let fruitless = |minute, attempt, status| Fruitless {
        operator: OperatorId(2),
        attempt,
        at: told(minute, State::Deferred, None).at,
        status,
    };
    let mut message = carried_by_another();
    let progress = &mut message.progress;
    progress.history.truncate(2);
    progress.history[1].until = Some(told(9, State::Deferred, None).at);
    progress.phase = Phase::Waiting;
    progress.attempt.attempts = 4;
    progress.attempt.fruitless = vec![
        fruitless(0, 2, None),
        fruitless(1, 3, Some(8)),
        fruitless(2, 4, Some(0x58)),
    ];
    let story = told_of(&message);
    let text = story.render(&TimeZone::UTC, UnixMillis(0), false);
    let lines: Vec<&str> = text.lines().skip(2).collect();
    let expected = [
        "  2026-11-23 04:00:00.000  accepted          It is in the journal: it will not be lost.",
        "  2026-11-23 04:00:00.000  not answered      No answer came in time. Attempt 2, over others.",
        "  2026-11-23 04:01:00.000  deferred (retry)  The operator could not take it, so it is tried again. The operator said ESME_RSYSERR. Attempt 3, over others.",
        "  2026-11-23 04:02:00.000  not taken         The operator could not take it. The operator said ESME_RTHROTTLED. Attempt 4, over others.",
        "  Next: attempt 5, over ucell.",
    ];
    assert_eq!(lines, expected);
    let json = serde_json::to_value(&story).unwrap();
    let last = json!({
        "attempt": 4, "operator": "others", "code": "ESME_RTHROTTLED", "at": "2026-11-23T04:02:00.000Z",
    });
    assert_eq!(
        (&json["fruitless"][2], &json["next"]),
        (&last, &json!("attempt"))
    );
    assert_eq!(json["states"][1].get("until"), None);
}

#[test]
fn people_read_what_comes_next() {
    let mut message = night_and_day();
    let mut next = |phase, attempts, states| {
        message.progress.phase = phase;
        message.progress.attempt.attempts = attempts;
        message.progress.history.truncate(states);
        let text = told_of(&message).render(&TimeZone::UTC, UnixMillis(0), false);
        let next = text.lines().find_map(|line| line.strip_prefix("  Next: "));
        next.map(str::to_owned)
    };
    assert_eq!(next(Phase::Settled, 1, 4), None);
    for (phase, attempts, states, expected) in [
        (
            Phase::Submitted,
            1,
            3,
            "the receipt of ucell says what became of it.",
        ),
        (
            Phase::Waiting,
            0,
            2,
            "once that is over it goes over ucell, in its turn.",
        ),
        (
            Phase::Waiting,
            0,
            1,
            "it goes over ucell when its turn comes.",
        ),
        (
            Phase::InFlight,
            1,
            1,
            "the answer of ucell to attempt 1, or a receipt, settles it; where neither comes in time it is tried again.",
        ),
    ] {
        assert_eq!(next(phase, attempts, states).as_deref(), Some(expected));
    }
}

#[test]
fn what_is_next_of_an_attempt_without_an_answer_is_a_late_one_while_its_grace_lasts() {
    let mut told = told(1, State::Deferred, Some(Reason::Uncertain));
    let begun = told.at;
    told.until = Some(begun.after(std::time::Duration::from_secs(120)));
    let mut message = message(vec![told]);
    message.progress.phase = Phase::InFlight;
    message.progress.attempt.at = begun;
    let next = |message: &Message| {
        let story = told_of(message);
        let text = story.render(&TimeZone::UTC, UnixMillis(0), false);
        let (_, said) = text.rsplit_once("  Next: ").unwrap();
        (story.next, said.trim_end().to_owned())
    };
    let said = "a late answer of ucell to attempt 1, or a receipt, may settle it until 2026-11-23 04:03:00.000; otherwise it is tried again after that.";
    assert_eq!(next(&message), (Some(Next::LateAnswer), said.to_owned()));
    message.progress.attempt.withdrawn = true;
    let (_, said) = next(&message);
    assert!(
        said.ends_with("otherwise it ends as `unknown`, since it was withdrawn."),
        "{said}"
    );
    // The next attempt begins when that is over.
    message.progress.attempt.at = begun.after(std::time::Duration::from_secs(120));
    assert_eq!(next(&message).0, Some(Next::Answer));
}

#[test]
fn an_attempt_and_what_comes_next_are_told_as_the_wall_clock_read_then() {
    let mut wall_times = WallTimes::default();
    wall_times.note(clock::UnixMillis(100), 3_600_000);
    wall_times.note(clock::UnixMillis(200), 7_200_000);
    let mut message = message(vec![told(0, State::Accepted, None)]);
    let progress = &mut message.progress;
    progress.phase = Phase::Waiting;
    (progress.attempt.attempts, progress.attempt.at) = (1, clock::UnixMillis(150));
    progress.due = clock::UnixMillis(250);
    let tell = |message: &Message| {
        story(message, &wall_times, None, |_| Ok::<_, Infallible>(None)).unwrap()
    };
    let story = tell(&message);
    assert_eq!(story.attempted_at, Some(UnixMillis(3_600_150)));
    assert_eq!(story.due, Some(UnixMillis(7_200_250)));
    // Its last wait ended before the attempt that is under way.
    let until = |millis| Told {
        until: Some(clock::UnixMillis(millis)),
        ..told(0, State::Deferred, Some(Reason::Uncertain))
    };
    message.progress.phase = Phase::InFlight;
    for (millis, next) in [(3_600_150, Next::Answer), (3_600_151, Next::LateAnswer)] {
        message.progress.history = vec![until(millis)];
        assert_eq!(tell(&message).next, Some(next), "{millis}");
    }
}

#[test]
fn people_and_scripts_read_which_limit_it_is() {
    let mut message = night_and_day();
    let limited = &mut message.progress.history[1];
    limited.reason = Some(Reason::SubscriberLimit);
    limited.limit = Some(Box::new(Limited {
        messages: 5,
        per: std::time::Duration::from_secs(3600),
    }));
    let story = told_of(&message);
    let text = story.render(&TimeZone::UTC, UnixMillis(0), false);
    assert!(
        text.contains("as the limit allows. That is 5 in 1h. Until"),
        "{text}"
    );
    let json = serde_json::to_value(&story).unwrap();
    let limit = json!({"messages": 5, "seconds": 3600});
    assert_eq!(json["states"][1]["limit"], limit);
}

#[test]
fn people_read_what_was_sent_four_times_without_an_answer_and_not_that_time_was_short() {
    let uncertain = |minute, state, attempts| Told {
        attempted: Some(Attempted {
            operator: OperatorId(1),
            segments: 1,
            attempts,
            repeats: attempts - 1,
        }),
        ..told(minute, state, Some(Reason::Uncertain))
    };
    let message = message(vec![
        uncertain(1, State::Deferred, 1),
        uncertain(9, State::Unknown, 4),
    ]);
    let text = told_of(&message).render(&TimeZone::UTC, UnixMillis(0), false);
    let lines: Vec<&str> = text.lines().skip(2).collect();
    let expected = [
        "  2026-11-23 04:01:00.000  deferred (uncertain)  It was sent and no answer came: a late answer or a receipt may still settle it. Attempt 1, over ucell.",
        "  2026-11-23 04:09:00.000  unknown (uncertain)   It was sent, no answer came, and it was not sent again. Attempt 4, over ucell.",
    ];
    assert_eq!(lines, expected);
}

/// How a message went that was pushed to the screen first, with the state of each attempt that was told of.
fn pushed(told_of_attempts: &[(State, Option<Reason>, u16)]) -> Message {
    let states = told_of_attempts.iter();
    let told = |(state, reason, attempts): &(State, Option<Reason>, u16)| Told {
        attempted: Some(Attempted {
            operator: OperatorId(1),
            segments: 1,
            attempts: *attempts,
            repeats: 0,
        }),
        ..told(1, *state, *reason)
    };
    let mut message = message(states.map(told).collect());
    let last = told_of_attempts.last();
    message.progress.attempt.attempts = last.map_or(0, |(_, _, attempts)| *attempts);
    message.progress.attempt.pushed = true;
    message
}

#[test]
fn people_and_scripts_read_what_was_pushed_to_the_screen() {
    let said = |message: &Message| -> Vec<String> {
        let text = told_of(message).render(&TimeZone::UTC, UnixMillis(0), false);
        let said = text
            .lines()
            .skip(2)
            .filter_map(|line| line.split_once(" Attempt"));
        said.map(|(_, attempt)| attempt.to_owned()).collect()
    };
    let shown = pushed(&[(State::Submitted, None, 1), (State::Delivered, None, 1)]);
    assert_eq!(said(&shown), [" 1, pushed to the screen over ucell."]);
    let json = serde_json::to_value(told_of(&shown)).unwrap();
    assert_eq!(json["pushed"], json!(true));

    let refused = pushed(&[(State::Submitted, None, 2), (State::Delivered, None, 2)]);
    assert_eq!(
        said(&refused),
        [" 2, over ucell, after a push to the screen."]
    );

    let silent = pushed(&[
        (State::Deferred, Some(Reason::Uncertain), 1),
        (State::Submitted, None, 2),
    ]);
    let expected = [" 1, pushed to the screen over ucell.", " 2, over ucell."];
    assert_eq!(said(&silent), expected);
}

#[test]
fn scripts_read_with_each_state_over_whom_it_had_gone_and_how_often() {
    let json = serde_json::to_value(told_of(&carried_by_another())).unwrap();
    let states = json["states"].as_array().unwrap();
    let carried = states.iter().map(|it| (&it["operator"], &it["attempts"]));
    let expected = [
        (&json!(null), &json!(null)),
        (&json!("others"), &json!(3)),
        (&json!("ucell"), &json!(4)),
        (&json!("ucell"), &json!(4)),
    ];
    assert_eq!(carried.collect::<Vec<_>>(), expected);
}

#[test]
fn every_reason_is_explained_in_a_sentence_of_its_own() {
    for &state in State::ALL {
        for reason in state.reasons().iter().copied().map(Some).chain([None]) {
            let sentence = sentences::sentence(state, reason);
            assert!(
                sentence.ends_with('.') && sentence.len() > 8,
                "{state} {reason:?}"
            );
        }
    }
}

#[test]
fn a_story_holds_neither_number_nor_text() {
    let story = told_of(&night_and_day());
    let shown = format!(
        "{story:?}{}{}",
        serde_json::to_string(&story).unwrap(),
        story.render(&TimeZone::UTC, UnixMillis(0), true)
    );
    assert!(!shown.contains("998901234567") && !shown.contains("Yunusobod"));
}

#[test]
fn who_reads_traces_as_well_is_told_which_one() {
    let of = |sampling| {
        story(&night_and_day(), &WallTimes::default(), sampling, |_| {
            Ok::<_, Infallible>(None)
        })
        .unwrap()
    };
    let every = |one_in: u64| {
        Some(Sampling {
            one_in: one_in.try_into().ok(),
        })
    };
    assert_eq!((of(None).trace, of(every(0)).trace), (None, None));
    let begun_here = of(every(1)).trace.unwrap();
    assert_eq!(begun_here.len(), 32);
    let text = of(every(1)).render(&TimeZone::UTC, UnixMillis(0), false);
    assert!(
        text.contains(&format!(" · trace {begun_here} · ")),
        "{text}"
    );

    let message = night_and_day();
    let mut origin = Origin::clone(message.origin());
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let trace = TraceContext {
        parent: parent.parse().unwrap(),
        state: None,
    };
    let identity = Identity {
        trace: Some(trace.into()),
        ..Identity::clone(&origin.identity)
    };
    origin.identity = identity.into();
    let message = Message::new(origin, message.progress);
    let told = story(&message, &WallTimes::default(), None, |_| {
        Ok::<_, Infallible>(None)
    })
    .unwrap();
    assert_eq!(
        told.trace.as_deref(),
        Some("0af7651916cd43dd8448eb211c80319c")
    );
}

/// Times are those that the clock showed, and states stand in their order.
#[test]
fn a_clock_set_back_does_not_turn_a_life_around() {
    let waited = told(60, State::Deferred, Some(Reason::SubscriberLimit));
    let message = message(vec![
        told(60, State::Accepted, None),
        waited,
        told(1, State::Submitted, None),
        told(2, State::Delivered, None),
    ]);
    let text = told_of(&message).render(&TimeZone::UTC, UnixMillis(0), false);
    let places = ["accepted", "deferred", "submitted", "delivered"]
        .map(|state| text.find(&format!("  {state}")));
    assert!(places.is_sorted() && places[0].is_some(), "{text}");
}
