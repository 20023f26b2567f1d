//! What is asked, when a batch goes on, and when the service is left alone.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use super::{BEELINE, UCELL, phone};
use crate::clock::instant;
use crate::lookup::MOST_QUESTIONS;
use crate::lookup::answer::{Answer, Naming};
use crate::lookup::breaker::{Breaker, Turn};
use crate::lookup::cache::Cache;
use crate::lookup::counts::Counts;
use crate::lookup::desk::{Desk, Outcome};

const TIMEOUT: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);
const KEEP: Duration = Duration::from_secs(3600);

fn desk() -> Desk<&'static str> {
    Desk::new(Cache::new(100, KEEP), TIMEOUT)
}

/// The batches that go on now, and how many of their numbers have an operator.
fn gone(desk: &mut Desk<&'static str>, now: Instant) -> Vec<(&'static str, usize)> {
    let ready = std::iter::from_fn(|| desk.ready(now));
    ready.map(|(batch, known)| (batch, known.len())).collect()
}

#[test]
fn batches_go_on_in_the_order_in_which_they_came_each_with_its_answers() {
    let (mut desk, now) = (desk(), instant());
    desk.take(now, "first", [phone(1), phone(2), phone(1)]);
    desk.take(now, "second", [phone(3)]);
    desk.take(now, "third", []);
    let asked: Vec<_> = std::iter::from_fn(|| desk.question()).collect();
    assert_eq!(asked, [phone(1), phone(2), phone(3)]);
    desk.settle(now, phone(3), Outcome::Known(Some(UCELL)));
    desk.settle(now, phone(2), Outcome::Known(None));
    assert_eq!(gone(&mut desk, now), []);
    desk.settle(now, phone(1), Outcome::Known(Some(BEELINE)));
    let (batch, carriers) = desk.ready(now).unwrap();
    assert_eq!((batch, carriers.get(&phone(1))), ("first", Some(&BEELINE)));
    assert_eq!(gone(&mut desk, now), [("second", 1), ("third", 0)]);
    assert!(desk.is_empty());
}

#[test]
fn one_question_serves_many_messages_of_a_number_and_its_answer_those_that_come_later() {
    let (mut desk, now) = (desk(), instant());
    desk.take(now, "first", [phone(1)]);
    assert_eq!(desk.question(), Some(phone(1)));
    desk.take(now, "second", [phone(1)]);
    assert_eq!(desk.question(), None);
    desk.settle(now, phone(1), Outcome::Known(Some(BEELINE)));
    desk.take(now, "third", [phone(1)]);
    assert_eq!(desk.question(), None);
    assert_eq!(
        gone(&mut desk, now),
        [("first", 1), ("second", 1), ("third", 1)]
    );
    desk.take(now + KEEP, "much later", [phone(1)]);
    assert_eq!(desk.question(), Some(phone(1)));
}

#[test]
fn a_batch_waits_no_longer_than_an_answer_may_take_and_a_late_answer_serves_the_next() {
    let (mut desk, now) = (desk(), instant());
    desk.take(now, "first", [phone(1)]);
    assert_eq!(desk.question(), Some(phone(1)));
    assert_eq!(desk.deadline(), Some(now + TIMEOUT));
    assert_eq!(gone(&mut desk, now + TIMEOUT), [("first", 0)]);
    desk.settle(now + SECOND, phone(1), Outcome::Known(Some(BEELINE)));
    desk.take(now + SECOND, "second", [phone(1)]);
    assert_eq!(gone(&mut desk, now + SECOND), [("second", 1)]);
}

#[test]
fn so_many_questions_are_under_way_at_once_and_none_for_batches_that_have_gone_on() {
    let (mut desk, now) = (desk(), instant());
    let many = MOST_QUESTIONS as u64;
    desk.take(now, "first", (0..2 * many).map(phone));
    let asked = std::iter::from_fn(|| desk.question()).count();
    assert_eq!(asked, MOST_QUESTIONS);
    assert_eq!(gone(&mut desk, now + TIMEOUT), [("first", 0)]);
    desk.take(now + TIMEOUT, "second", [phone(2 * many)]);
    desk.settle(now + TIMEOUT, phone(0), Outcome::Known(None));
    assert_eq!(desk.question(), Some(phone(2 * many)));
}

#[test]
fn each_number_of_a_batch_counts_once_by_what_came_of_it() {
    let (mut desk, now) = (desk(), instant());
    let many = MOST_QUESTIONS as u64;
    desk.take(now, "first", (0..many + 3).map(phone));
    desk.take(now, "second", [phone(0), phone(many)]);
    assert_eq!(
        std::iter::from_fn(|| desk.question()).count(),
        MOST_QUESTIONS
    );
    let outcomes = [
        Outcome::Known(None),
        Outcome::Useless,
        Outcome::Failed,
        Outcome::Late,
    ];
    for (number, outcome) in (0..).zip(outcomes) {
        desk.settle(now, phone(number), outcome);
    }
    // Two of those that had no place have one now, and the rest not: one in both batches, the other in the first.
    assert_eq!(
        [desk.question(), desk.question()],
        [phone(many), phone(many + 1)].map(Some)
    );
    desk.take(now, "third", [phone(0), phone(many + 2)]);
    gone(&mut desk, now + TIMEOUT);
    desk.settle(now + TIMEOUT, phone(5), Outcome::Known(None));
    let expected = Counts {
        remembered: 1,
        answered: 2,
        late: 1 + (many - 4) + 2 + 1,
        unasked: 1 + 1,
        failed: 2,
        left_alone: 0,
    };
    assert_eq!(*desk.counts(), expected);
    for number in 1000..1030 {
        desk.take(now + SECOND, "more", [phone(number)]);
        desk.question();
        desk.settle(now + SECOND, phone(number), Outcome::Failed);
    }
    let failed = desk.counts().failed;
    desk.take(now + SECOND, "last", [phone(2000)]);
    assert_eq!(
        desk.counts().left_alone,
        30 - (failed - 2) + 1,
        "{:?}",
        desk.counts()
    );
}

#[test]
fn an_answer_of_no_use_is_not_remembered_and_no_failure() {
    let (mut desk, now) = (desk(), instant());
    for number in 0..100 {
        desk.take(now, "batch", [phone(1)]);
        assert_eq!(desk.question(), Some(phone(1)), "{number}");
        assert_eq!(desk.settle(now, phone(1), Outcome::Useless), None);
        assert_eq!(gone(&mut desk, now), [("batch", 0)]);
    }
}

#[test]
fn a_service_that_fails_holds_nothing_up_and_is_tried_by_a_few_questions_after_a_while() {
    let (mut desk, now) = (desk(), instant());
    desk.take(now, "first", (0..30).map(phone));
    let asked: Vec<_> = std::iter::from_fn(|| desk.question()).collect();
    let turns: Vec<_> = asked
        .into_iter()
        .filter_map(|number| desk.settle(now, number, Outcome::Failed))
        .collect();
    assert_eq!(turns, [Turn::LeftAlone]);
    assert_eq!(gone(&mut desk, now), [("first", 0)]);
    desk.take(now + SECOND, "second", [phone(1)]);
    assert_eq!(gone(&mut desk, now + SECOND), [("second", 0)]);

    let later = now + 5 * SECOND;
    desk.take(later, "third", (0..30).map(phone));
    let asked: Vec<_> = std::iter::from_fn(|| desk.question()).collect();
    assert_eq!(asked, (0..10).map(phone).collect::<Vec<_>>());
    let answered = asked.into_iter().take(8);
    let turns = answered.map(|number| desk.settle(later, number, Outcome::Known(None)));
    let turns: Vec<_> = turns.collect();
    assert_eq!(turns.last(), Some(&Some(Turn::Back)));
    assert!(turns.iter().take(7).all(Option::is_none), "{turns:?}");
    desk.take(later, "fourth", [phone(20)]);
    assert_eq!(desk.question(), Some(phone(20)));
}

#[test]
fn each_trial_that_fails_is_followed_by_a_longer_pause() {
    let (mut breaker, mut now) = (Breaker::new(TIMEOUT), instant());
    let turns = (0..30).map(|_| breaker.failed(now)).filter(Option::is_some);
    assert_eq!(turns.count(), 1);
    for pause in [5, 10, 20, 40, 60, 60].map(Duration::from_secs) {
        assert!(!breaker.lets(now + pause - Duration::from_millis(1)));
        now += pause;
        let asked = (0..20).filter(|_| breaker.lets(now)).count();
        assert_eq!(asked, 10, "so many try it");
        for _ in 0..7 {
            assert_eq!(breaker.answered(now), None);
        }
        for _ in 0..3 {
            assert_eq!(breaker.failed(now), None, "told once");
        }
    }
}

#[test]
fn answers_to_what_was_asked_before_it_was_left_alone_say_nothing() {
    let (mut breaker, now) = (Breaker::new(TIMEOUT), instant());
    let left_alone = (0..30).filter_map(|_| breaker.failed(now)).count();
    assert_eq!(left_alone, 1);
    for _ in 0..100 {
        assert_eq!(breaker.answered(now), None);
    }
    assert!(!breaker.lets(now + SECOND));
}

#[test]
fn answers_are_forgotten_after_a_while_and_there_are_never_more_than_so_many() {
    let (mut cache, now) = (Cache::new(100, KEEP), instant());
    cache.put(phone(0), Some(BEELINE), now);
    for number in 1..1000 {
        cache.put(phone(number), None, now);
        assert_eq!(cache.get(phone(0), now), Some(Some(BEELINE)), "{number}");
        assert!(cache.len() <= 100);
    }
    assert_eq!(cache.get(phone(1), now), None);
    assert_eq!(cache.get(phone(999), now), Some(None));
    assert_eq!(cache.get(phone(999), now + KEEP), None);
}

#[test]
fn an_operator_is_named_in_json_or_in_plain_text_or_not_at_all() {
    let names = [("ucell", UCELL), ("43405", UCELL), ("Beeline UZ", BEELINE)];
    let names = names.map(|(name, operator)| (name.to_owned(), operator));
    let flat = Naming::new("operator", names.clone());
    let nested = Naming::new("result.mccmnc", names);
    let stranger = |name: &str| Some(Answer::Stranger(name.to_owned()));
    let (ucell, beeline) = (Some(Answer::Carrier(UCELL)), Some(Answer::Carrier(BEELINE)));
    for (naming, body, expected) in [
        (&flat, r#"{"operator":"ucell"}"#, ucell.clone()),
        (&flat, " ucell\n", ucell.clone()),
        (&flat, "Beeline UZ", beeline),
        (&flat, "\u{feff}{\"operator\":\"ucell\"}", ucell.clone()),
        (&flat, "\u{feff} ucell\r\n", ucell.clone()),
        (&flat, r#""ucell""#, ucell.clone()),
        (&flat, r#""""#, Some(Answer::Unported)),
        (&flat, r#""ucell"#, None),
        (&flat, r#"{"operator":null}"#, Some(Answer::Unported)),
        (&flat, r#"{"ported":false}"#, Some(Answer::Unported)),
        (&flat, "", Some(Answer::Unported)),
        (&flat, "perfectum", stranger("perfectum")),
        (&flat, r#"{"operator":["ucell"]}"#, None),
        (&flat, r#"{"operator":"#, None),
        (&flat, "<html>ucell</html>", None),
        (&flat, r#"[{"operator":"ucell"}]"#, None),
        (&flat, "OK 998930000001 not ported", None),
        (&flat, r#"{"operator":"998930000001"}"#, None),
        (&nested, r#"{"result":{"mccmnc":43405}}"#, ucell.clone()),
        (&nested, r#"{"result":{"mccmnc":"43405"}}"#, ucell),
        (&nested, r#"{"result":7}"#, Some(Answer::Unported)),
    ] {
        let read = naming.read(StatusCode::OK, body.as_bytes());
        assert_eq!(read, expected, "{body}");
    }
    let status = |status| flat.read(status, b"ucell");
    assert_eq!(status(StatusCode::NOT_FOUND), Some(Answer::Unported));
    assert_eq!(status(StatusCode::NO_CONTENT), Some(Answer::Unported));
    assert_eq!(status(StatusCode::INTERNAL_SERVER_ERROR), None);
    assert_eq!(status(StatusCode::UNAUTHORIZED), None);
}
