//! Which messages are heard, and as what.

use xabar_sms::Concat;

use super::*;
use crate::clock::{UnixMillis, instant};
use crate::dialogue::seen::MEMORY;

const UCELL: OperatorId = OperatorId(1);

fn now() -> Now {
    Now {
        instant: instant(),
        steady: UnixMillis(1_000_000),
        wall: UnixMillis(1_000_000),
    }
}

fn after(now: &Now, wait: Duration) -> Now {
    Now {
        instant: now.instant + wait,
        steady: now.steady.after(wait),
        wall: now.wall.after(wait),
    }
}

fn mo(text: &str) -> Mo {
    Mo {
        from: "998931234567".into(),
        to: "555".into(),
        reference: None,
        concat: None,
        text: text.into(),
        international: true,
    }
}

/// As [`Desk::take`], where nothing is in a hurry.
fn take(desk: &mut Desk, now: &Now, mo: Mo) -> Heard {
    desk.take(now, UCELL, mo, |_| false)
}

/// And where opting out is.
fn take_stop(desk: &mut Desk, now: &Now, mo: Mo) -> Heard {
    desk.take(now, UCELL, mo, |text| text.starts_with("STOP"))
}

fn segment(number: u8, text: &str) -> Mo {
    Mo {
        concat: Some(Concat {
            reference: 7,
            total: 2,
            number,
        }),
        ..mo(text)
    }
}

fn text(heard: Heard) -> Option<String> {
    match heard {
        Heard::Whole(written) => Some(written.text),
        _ => None,
    }
}

fn marked(reference: u16, text: &str) -> Mo {
    Mo {
        reference: Some(reference),
        ..mo(text)
    }
}

#[test]
fn a_message_that_comes_twice_is_heard_once() {
    let (mut desk, now) = (Desk::default(), now());
    let mut heard = |now: &Now, mo: Mo| text(take(&mut desk, now, mo)).is_some();
    assert!(heard(&now, marked(3, "a")));
    assert!(heard(&now, mo("b")));
    assert!(!heard(&now, marked(3, "a")), "whatever came in between");
    assert!(heard(&after(&now, MEMORY), mo("b")));
}

#[test]
fn the_same_words_after_others_are_another_text() {
    for reference in [None, Some(0)] {
        let (mut desk, now) = (Desk::default(), now());
        let one = |words| Mo {
            reference,
            ..mo(words)
        };
        for words in ["STOP", "START", "STOP"] {
            let heard = take(&mut desk, &now, one(words));
            assert_eq!(text(heard).as_deref(), Some(words));
            let repeated = take(&mut desk, &now, one(words));
            assert_eq!(text(repeated).is_some(), reference.is_none());
        }
    }
}

#[test]
fn a_long_opt_out_is_heard_with_its_first_segment_and_once() {
    let (mut desk, now) = (Desk::default(), now());
    assert_eq!(take_stop(&mut desk, &now, segment(2, "b")), Heard::Noted);
    let first = take_stop(&mut desk, &now, segment(1, "STOP a"));
    assert_eq!(text(first).as_deref(), Some("STOP a"));
    for again in [segment(1, "STOP a"), segment(2, "b")] {
        assert_eq!(take_stop(&mut desk, &now, again), Heard::Noted);
    }
    assert_eq!(desk.give_up(&after(&now, SEGMENTS_WAIT)), None);
    let next = take_stop(&mut desk, &now, mo("b"));
    assert_eq!(text(next).as_deref(), Some("b"));
}

#[test]
fn a_long_text_of_the_same_number_after_another_text_is_a_new_one() {
    let stop = |desk: &mut Desk, now: &Now, mo: Mo| text(take_stop(desk, now, mo));
    let (mut desk, now) = (Desk::default(), now());
    for (first, second, reference) in [
        ("STOP", " a", None),
        ("STOP once more", " b", None),
        ("STOP", " a", None),
        ("STOP", " a", None),
        ("STOP", " a", Some(1)),
        ("STOP", " a", Some(2)),
    ] {
        let of = |mo: Mo| Mo { reference, ..mo };
        let heard = stop(&mut desk, &now, of(segment(1, first)));
        assert_eq!(heard.as_deref(), Some(first), "{reference:?}");
        for again in [segment(2, second), segment(1, first), segment(2, second)] {
            assert_eq!(take_stop(&mut desk, &now, of(again)), Heard::Noted);
        }
        let start = stop(&mut desk, &now, mo("START"));
        assert_eq!(start.as_deref(), Some("START"));
    }
    let repeated = Mo {
        reference: Some(1),
        ..segment(1, "STOP")
    };
    assert_eq!(
        take_stop(&mut desk, &now, repeated),
        Heard::Noted,
        "whatever came in between"
    );
}

#[test]
fn a_long_opt_out_after_an_opt_in_is_heard_where_all_texts_have_one_number_and_reference() {
    let (mut desk, now) = (Desk::default(), now());
    let of = |mo: Mo| Mo {
        reference: Some(0),
        ..mo
    };
    for _ in 0..2 {
        let heard = take_stop(&mut desk, &now, of(segment(1, "STOP")));
        assert_eq!(text(heard).as_deref(), Some("STOP"));
        let rest = take_stop(&mut desk, &now, of(segment(2, " a")));
        assert_eq!(rest, Heard::Noted);
        let start = take_stop(&mut desk, &now, of(mo("START")));
        assert_eq!(text(start).as_deref(), Some("START"));
    }
}

#[test]
fn a_question_of_the_number_of_a_long_opt_out_is_heard() {
    let (mut desk, now) = (Desk::default(), now());
    take_stop(&mut desk, &now, segment(1, "STOP"));
    assert_eq!(take_stop(&mut desk, &now, segment(2, " a")), Heard::Noted);
    assert_eq!(take_stop(&mut desk, &now, segment(2, " b")), Heard::Noted);
    let whole = take_stop(&mut desk, &now, segment(1, "START"));
    assert_eq!(text(whole).as_deref(), Some("START b"));
    for again in [segment(1, "START"), segment(2, " b")] {
        assert_eq!(take_stop(&mut desk, &now, again), Heard::Noted);
    }
    assert_eq!(desk.give_up(&after(&now, SEGMENTS_WAIT)), None);
}

#[test]
fn a_segment_whose_place_anothers_has_is_to_be_brought_again() {
    let (mut desk, now) = (Desk::default(), now());
    assert_eq!(take(&mut desk, &now, segment(1, "a")), Heard::Noted);
    assert_eq!(take(&mut desk, &now, segment(1, "a")), Heard::Noted);
    assert_eq!(take(&mut desk, &now, segment(1, "START")), Heard::Full);
    let later = after(&now, SEGMENTS_WAIT);
    assert_eq!(desk.give_up(&later).and_then(text).as_deref(), Some("a"));
    assert_eq!(take(&mut desk, &later, segment(1, "START")), Heard::Noted);
    let whole = take(&mut desk, &later, segment(2, " b"));
    assert_eq!(text(whole).as_deref(), Some("START b"));
}

#[test]
fn one_phone_does_not_take_all_places_of_segments() {
    let (mut desk, now) = (Desk::default(), now());
    let one_of = |reference, from: &str| Mo {
        from: from.into(),
        concat: Some(Concat {
            reference,
            total: 2,
            number: 1,
        }),
        ..mo("a")
    };
    let places = u16::try_from(MOST_OF_A_PHONE).unwrap();
    for reference in 0..places {
        let heard = take(&mut desk, &now, one_of(reference, "998931234567"));
        assert_eq!(heard, Heard::Noted);
    }
    let full = take(&mut desk, &now, one_of(1000, "998931234567"));
    assert_eq!(full, Heard::Full);
    let other = take(&mut desk, &now, one_of(1000, "998931234568"));
    assert_eq!(other, Heard::Noted);
}

#[test]
fn a_long_text_is_heard_whole_and_once() {
    let (mut desk, now) = (Desk::default(), now());
    assert_eq!(take(&mut desk, &now, segment(2, "b")), Heard::Noted);
    let whole = take(&mut desk, &now, segment(1, "a"));
    assert_eq!(text(whole).as_deref(), Some("ab"));
    assert_eq!(take(&mut desk, &now, segment(1, "a")), Heard::Noted);
    assert_eq!(desk.texts.held_segments(), 0);
}

#[test]
fn what_came_of_a_text_is_heard_when_the_rest_does_not_come() {
    let (mut desk, now) = (Desk::default(), now());
    take(&mut desk, &now, segment(1, "STATUS"));
    assert_eq!(desk.give_up(&now), None);
    let later = after(&now, SEGMENTS_WAIT);
    let came = desk.give_up(&later).and_then(text);
    assert_eq!(came.as_deref(), Some("STATUS"));
    assert_eq!(desk.give_up(&later), None);
}

#[test]
fn names_and_short_numbers_are_nobody_to_be_answered() {
    let (mut desk, now) = (Desk::default(), now());
    for from in ["Bank", "1024", ""] {
        let mo = Mo {
            from: from.into(),
            ..mo("a")
        };
        assert_eq!(take(&mut desk, &now, mo), Heard::Noted);
    }
}

#[test]
fn more_texts_than_a_person_writes_are_heard_only_for_what_they_choose() {
    let (mut desk, now) = (Desk::default(), now());
    let mut heard = |now: &Now, words: &str| take(&mut desk, now, mo(words));
    for n in 0..MOST_TEXTS {
        assert!(text(heard(&now, &n.to_string())).is_some());
    }
    let one_more = heard(&now, "STOP");
    assert!(matches!(one_more, Heard::Aside(written) if written.text == "STOP"));
    assert!(text(heard(&after(&now, MEMORY), "later")).is_some());
}
