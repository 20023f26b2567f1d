use super::*;
use crate::clock::UnixMillis;

fn calls() -> Calls {
    Calls {
        first: 1,
        phones: 3,
        begins: Begins::Dials("*555#".into()),
        answers: vec!["1".into()],
        at_once: 3,
        hangs_up: true,
    }
}

fn text(to: &str, ussd: Option<Ussd>) -> Text {
    Text {
        from: "555".into(),
        to: to.into(),
        text: "1. Holat".into(),
        segments: 1,
        at: UnixMillis(0),
        ussd,
    }
}

fn dials(phone: &str) -> Option<Deed> {
    Some(Deed::Dials {
        phone: phone.into(),
        code: "*555#".into(),
    })
}

fn answers(phone: &str) -> Option<Deed> {
    Some(Deed::Answers {
        phone: phone.into(),
        text: "1".into(),
    })
}

const ASKS: Option<Ussd> = Some(Ussd::Ask);
const ENDS: Option<Ussd> = Some(Ussd::End);

#[test]
fn each_phone_answers_until_its_last_screen_or_its_last_answer() {
    let start = instant();
    let later = |millis| start + Duration::from_millis(millis);
    let mut crowd = Crowd::new(calls(), start);
    for phone in ["1", "2", "3"] {
        assert_eq!(crowd.begin(start), dials(phone));
    }
    assert_eq!(crowd.begin(start), None);
    assert_eq!(crowd.shown(&text("1", None), start), None, "an SMS");
    assert_eq!(crowd.shown(&text("1", ASKS), later(10)), answers("1"));
    assert_eq!(crowd.shown(&text("2", ASKS), later(20)), answers("2"));
    let hangs_up = Deed::HangsUp { phone: "1".into() };
    assert_eq!(crowd.shown(&text("1", ASKS), later(40)), Some(hangs_up));
    assert_eq!(crowd.shown(&text("2", ENDS), later(50)), None);
    assert_eq!(crowd.shown(&text("2", ENDS), later(60)), None);
    assert!(!crowd.is_over());
    let expected = Fared {
        dialogues: 3,
        ended: 1,
        hung_up: 1,
        silent: 1,
        screens: 4,
        dialogues_per_second: 2,
        screens_per_second: 4,
        p50_ms: 30.0,
        p99_ms: 30.0,
    };
    assert_eq!(crowd.fared(Duration::from_secs(1)), expected);
}

#[test]
fn no_more_dialogues_are_under_way_than_may_be() {
    let start = instant();
    let one_by_one = Calls {
        at_once: 1,
        ..calls()
    };
    let mut crowd = Crowd::new(one_by_one, start);
    assert_eq!(crowd.begin(start), dials("1"));
    assert_eq!(crowd.begin(start), None);
    crowd.shown(&text("1", ENDS), start);
    assert_eq!(crowd.begin(start), dials("2"));
    assert_eq!((crowd.over(), crowd.is_over()), (1, false));
}

#[test]
fn a_phone_that_stays_is_not_waited_for_and_can_go_on_later() {
    let start = instant();
    let stay = Calls {
        answers: Vec::new(),
        phones: 1,
        hangs_up: false,
        ..calls()
    };
    let mut crowd = Crowd::new(stay.clone(), start);
    crowd.begin(start);
    assert_eq!(crowd.shown(&text("1", ASKS), start), None);
    assert!(crowd.is_over());
    let goes_on = Calls {
        begins: Begins::Answers("1".into()),
        ..stay
    };
    let mut crowd = Crowd::new(goes_on, start);
    assert_eq!(crowd.begin(start), answers("1"));
    assert_eq!(crowd.shown(&text("1", ASKS), start), None);
    let fared = crowd.fared(Duration::from_secs(1));
    assert_eq!((fared.hung_up, fared.silent, fared.screens), (0, 0, 1));
}

#[test]
fn a_silent_phone_is_waited_for_from_the_last_screen_whatever_else_comes() {
    let start = instant();
    let later = |millis| start + Duration::from_millis(millis);
    let mut crowd = Crowd::new(calls(), start);
    crowd.begin(later(1));
    assert_eq!(crowd.moved(), later(1));
    crowd.shown(&text("1", None), later(2));
    crowd.shown(&text("4", ASKS), later(3));
    assert_eq!(crowd.moved(), later(1), "an SMS, and another's screen");
    crowd.shown(&text("1", ASKS), later(4));
    assert_eq!(crowd.moved(), later(4));
}
