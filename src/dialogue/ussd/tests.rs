use std::time::Duration;

use proptest::prelude::*;
use xabar_events::Msisdn;
use xabar_smpp::Octets;
use xabar_ussd::form::{self, Form};
use xabar_ussd::{Said, SessionKey, Shown, Step};

use super::dialogue::Dialogue;
use super::sessions::MOST_OPEN;
use super::{Phone, Sessions, Times, Turn};
use crate::clock::UnixMillis;
use crate::dialogue::menu::{Picked, Place};
use crate::journal::OperatorId;

const SECOND: Duration = Duration::from_secs(1);
const TIMES: Times = Times {
    answer: Duration::from_secs(60),
    resume: Duration::from_secs(30),
};
const AT_ONCE: Times = Times {
    resume: Duration::ZERO,
    ..TIMES
};
const FIRST: SessionKey = SessionKey::Number(1);
const SECOND_ONE: SessionKey = SessionKey::Number(2);
const THIRD: SessionKey = SessionKey::Number(3);

fn phone(number: u64) -> Phone {
    Phone {
        operator: OperatorId(1),
        msisdn: Msisdn::from_u64(998_930_000_000 + number).unwrap(),
    }
}

fn step(session: SessionKey, count: Option<u16>, said: Said) -> Step<'static> {
    Step {
        from: Octets(b""),
        session,
        count,
        said,
    }
}

/// One phone's dialogue with sessions whose places are the texts shown there.
struct Rig {
    sessions: Sessions<&'static str>,
    now: UnixMillis,
    times: Times,
}

impl Rig {
    fn new() -> Self {
        Self {
            sessions: Sessions::default(),
            now: UnixMillis(1_000_000),
            times: TIMES,
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    fn say(&mut self, session: SessionKey, said: Said) -> Turn<&'static str> {
        self.say_counted(session, None, said)
    }

    fn say_counted(
        &mut self,
        session: SessionKey,
        count: Option<u16>,
        said: Said,
    ) -> Turn<&'static str> {
        let step = step(session, count, said);
        self.sessions.heard(self.now, phone(1), step, self.times)
    }

    fn dial(&mut self, session: SessionKey) -> Turn<&'static str> {
        let dialled = "*555#".into();
        self.say(session, Said::Begin { dialled })
    }

    fn answer(&mut self, session: SessionKey) -> Turn<&'static str> {
        self.say(session, Said::Answer("1".into()))
    }

    fn post(&mut self, session: &str, text: Option<&str>) -> Turn<&'static str> {
        let form = Form {
            session: session.into(),
            code: "*555#".into(),
            phone: String::new(),
            text: text.unwrap_or_default().into(),
            over: text.is_none(),
        };
        self.sessions.posted(self.now, phone(1), form, self.times)
    }

    /// The same with the status of a whole dialogue.
    fn report(&mut self, session: &str, text: &str) -> Turn<&'static str> {
        let form = Form {
            session: session.into(),
            code: "*555#".into(),
            phone: String::new(),
            text: text.into(),
            over: true,
        };
        self.sessions.posted(self.now, phone(1), form, self.times)
    }

    fn show(&mut self, text: &'static str) {
        let (now, times) = (self.now, self.times);
        let shown = Shown::asking(text);
        self.sessions.shows(now, phone(1), text, &shown, times);
    }

    /// Where the phone stood, if it is to be told that its time is up.
    fn over(&mut self) -> Vec<&'static str> {
        let over = self.sessions.over(self.now, 10);
        over.into_iter().map(|(_, place)| place).collect()
    }

    fn end(&mut self, text: &str) {
        self.sessions.ends(self.now, phone(1), text);
    }
}

fn begin() -> Turn<&'static str> {
    Turn::Begin {
        dialled: "*555#".into(),
    }
}

fn at(place: &'static str) -> Turn<&'static str> {
    typed(place, "1")
}

fn typed(place: &'static str, typed: &str) -> Turn<&'static str> {
    let typed = typed.into();
    Turn::Answer { place, typed }
}

fn resumed(place: &'static str) -> Turn<&'static str> {
    Turn::Resume { place }
}

fn again(text: &str) -> Turn<&'static str> {
    Turn::Again(Shown::asking(text))
}

#[test]
fn a_dialogue_goes_from_place_to_place_until_its_last_screen() {
    let mut rig = Rig::new();
    assert_eq!(rig.dial(FIRST), begin());
    rig.show("menu");
    assert_eq!(rig.answer(FIRST), at("menu"));
    rig.show("status");
    assert_eq!(rig.answer(FIRST), at("status"));
    rig.end("bye");
    assert_eq!(rig.sessions.len(), 0);
    assert_eq!(rig.answer(FIRST), Turn::Forgotten);
}

#[test]
fn a_dropped_dialogue_goes_on_where_it_was_for_some_time() {
    for (wait, expected) in [(29 * SECOND, resumed("status")), (30 * SECOND, begin())] {
        let mut rig = Rig::new();
        rig.dial(FIRST);
        rig.show("status");
        assert_eq!(rig.say(FIRST, Said::Ended), Turn::Ended);
        rig.wait(wait);
        assert_eq!(rig.dial(SECOND_ONE), expected);
    }
}

#[test]
fn a_dialogue_whose_end_nobody_told_goes_on_too() {
    for (wait, expected) in [(89 * SECOND, resumed("status")), (90 * SECOND, begin())] {
        let mut rig = Rig::new();
        rig.dial(FIRST);
        rig.show("status");
        rig.wait(wait);
        assert_eq!(rig.dial(SECOND_ONE), expected);
    }
}

#[test]
fn where_nothing_is_resumed_a_code_that_is_dialled_again_begins() {
    let mut rig = Rig::new();
    rig.times = AT_ONCE;
    rig.dial(FIRST);
    rig.show("status");
    assert_eq!(rig.dial(FIRST), resumed("status"), "the same step twice");
    assert_eq!(rig.dial(SECOND_ONE), begin());
    rig.dial(SessionKey::Unnamed);
    rig.show("menu");
    assert_eq!(rig.dial(SessionKey::Unnamed), begin());
    rig.show("menu");
    rig.say(SessionKey::Unnamed, Said::Ended);
    assert_eq!(rig.answer(SessionKey::Unnamed), Turn::Forgotten);
}

#[test]
fn another_code_begins_another_dialogue() {
    let mut rig = Rig::new();
    rig.dial(FIRST);
    rig.show("menu");
    let dialled = "*555*7#".to_owned();
    let turn = rig.say(
        SECOND_ONE,
        Said::Begin {
            dialled: dialled.clone(),
        },
    );
    assert_eq!(turn, Turn::Begin { dialled });
    assert_eq!(rig.sessions.len(), 1, "a phone shows one at a time");
}

#[test]
fn an_answer_that_comes_too_late_or_from_another_dialogue_is_of_one_forgotten() {
    let mut rig = Rig::new();
    assert_eq!(rig.answer(FIRST), Turn::Forgotten, "as after a restart");
    rig.dial(FIRST);
    rig.show("menu");
    assert_eq!(rig.answer(SECOND_ONE), Turn::Forgotten);
    assert_eq!(rig.answer(FIRST), at("menu"), "that one goes on");
    rig.wait(90 * SECOND);
    assert_eq!(rig.answer(FIRST), Turn::Forgotten);
}

#[test]
fn the_end_of_an_old_dialogue_does_not_end_the_new_one() {
    let mut rig = Rig::new();
    rig.dial(FIRST);
    rig.show("menu");
    rig.dial(SECOND_ONE);
    rig.show("menu");
    rig.say(FIRST, Said::Ended);
    rig.wait(59 * SECOND);
    assert_eq!(rig.answer(SECOND_ONE), at("menu"));
}

#[test]
fn a_phone_whose_citizen_does_not_answer_is_told_so_once_and_goes_on_if_it_dials_again() {
    let mut rig = Rig::new();
    rig.dial(FIRST);
    rig.show("menu");
    rig.wait(59 * SECOND);
    assert_eq!(rig.over(), [""; 0]);
    assert_eq!(rig.answer(FIRST), at("menu"));
    rig.wait(60 * SECOND);
    assert_eq!(rig.over(), [""; 0], "it is the phone that waits");
    rig.show("status");
    let time_is_up = rig.sessions.next_over().unwrap();
    assert!(time_is_up <= rig.now.after(60 * SECOND));
    rig.wait(60 * SECOND);
    assert_eq!(rig.over(), ["status"]);
    assert_eq!(rig.over(), [""; 0], "once");
    assert_eq!(rig.answer(FIRST), Turn::Forgotten);
    assert_eq!(rig.dial(SECOND_ONE), resumed("status"));
    rig.show("status");
    rig.wait(60 * SECOND);
    assert_eq!(rig.over(), ["status"], "each time");
}

#[test]
fn a_phone_whose_dialogue_is_over_is_not_told_that_its_time_is_up() {
    for end in [
        |rig: &mut Rig| drop(rig.say(FIRST, Said::Ended)),
        |rig: &mut Rig| drop(rig.dial(SECOND_ONE)),
        |rig: &mut Rig| {
            rig.answer(FIRST);
            rig.end("bye");
        },
        |rig: &mut Rig| {
            rig.sessions.close(phone(1));
        },
    ] {
        let mut rig = Rig::new();
        rig.dial(FIRST);
        rig.show("menu");
        end(&mut rig);
        rig.wait(60 * SECOND);
        assert_eq!(rig.over(), [""; 0]);
        assert_eq!(rig.sessions.next_over(), None, "nor is one looked for");
    }
}

#[test]
fn a_phone_is_told_that_its_time_is_up_though_its_dialogue_is_forgotten() {
    let mut rig = Rig::new();
    rig.times = AT_ONCE;
    rig.dial(FIRST);
    rig.show("menu");
    rig.wait(60 * SECOND);
    let of_another = step(FIRST, None, Said::Ended);
    rig.sessions.heard(rig.now, phone(2), of_another, rig.times);
    assert_eq!(rig.sessions.len(), 0);
    assert_eq!(rig.over(), ["menu"]);
    assert_eq!(rig.sessions.next_over(), None);
}

#[test]
fn who_answers_too_late_is_told_so_by_that_alone() {
    for times in [TIMES, AT_ONCE] {
        let mut rig = Rig::new();
        rig.times = times;
        rig.dial(FIRST);
        rig.show("menu");
        rig.wait(60 * SECOND);
        assert_eq!(rig.answer(FIRST), Turn::Forgotten);
        assert_eq!(rig.over(), [""; 0]);
    }
}

#[test]
fn a_form_that_is_sent_again_is_answered_as_before() {
    let mut rig = Rig::new();
    assert_eq!(rig.post("a", Some("")), begin());
    rig.show("menu");
    assert_eq!(rig.post("a", Some("")), again("menu"));
    assert_eq!(rig.post("a", Some("1")), typed("menu", "1"));
    rig.show("number");
    assert_eq!(rig.post("a", Some("1")), again("number"));
    assert_eq!(rig.post("a", Some("")), again("number"), "an older one");
    assert_eq!(rig.post("a", Some("1*48*7")), typed("number", "48*7"));
    rig.end("bye");
    assert_eq!(
        rig.post("a", Some("1*48*7")),
        Turn::Again(Shown::last("bye"))
    );
    assert_eq!(rig.post("a", Some("1*48*7*1")), Turn::Forgotten);
    assert_eq!(rig.post("b", Some("")), begin(), "that one is over");
}

#[test]
fn a_step_that_comes_again_before_its_answer_waits_for_that() {
    let mut rig = Rig::new();
    assert_eq!(rig.dial(FIRST), begin());
    assert_eq!(rig.dial(FIRST), Turn::Nothing);
    assert_eq!(rig.answer(FIRST), Turn::Nothing, "nothing is shown yet");
    rig.show("menu");
    assert_eq!(rig.answer(FIRST), at("menu"));
    assert_eq!(rig.answer(FIRST), Turn::Nothing);
    rig.show("number");
    assert_eq!(rig.answer(FIRST), at("number"));
    let mut rig = Rig::new();
    assert_eq!(rig.post("a", Some("")), begin());
    assert_eq!(rig.post("a", Some("")), Turn::Nothing);
    rig.show("menu");
    assert_eq!(rig.post("a", Some("1")), typed("menu", "1"));
    assert_eq!(rig.post("a", Some("1")), Turn::Nothing);
    rig.show("number");
    assert_eq!(rig.post("a", Some("1")), again("number"));
}

#[test]
fn who_leaves_before_an_answer_came_waits_for_none_and_may_dial_again() {
    let mut rig = Rig::new();
    rig.dial(FIRST);
    assert_eq!(
        rig.say(SECOND_ONE, Said::Ended),
        Turn::Nothing,
        "of another"
    );
    assert_eq!(rig.say(FIRST, Said::Ended), Turn::Ended);
    assert_eq!(rig.answer(FIRST), Turn::Forgotten);
    // An operator that was restarted gives the same name again.
    assert_eq!(rig.dial(FIRST), begin());
    rig.show("menu");
    rig.answer(FIRST);
    assert_eq!(rig.say(FIRST, Said::Ended), Turn::Ended);
    assert_eq!(rig.dial(FIRST), resumed("menu"));
    let mut rig = Rig::new();
    rig.post("a", Some(""));
    assert_eq!(rig.post("a", None), Turn::Ended);
    assert_eq!(rig.post("b", Some("")), begin());
}

#[test]
fn who_dials_again_before_an_answer_came_is_where_they_were() {
    let mut rig = Rig::new();
    rig.dial(FIRST);
    assert_eq!(rig.dial(SECOND_ONE), begin(), "nothing was shown");
    rig.show("menu");
    rig.answer(SECOND_ONE);
    assert_eq!(rig.dial(THIRD), resumed("menu"));
    assert_eq!(rig.dial(THIRD), Turn::Nothing, "that step again");
    rig.show("menu");
    assert_eq!(rig.answer(THIRD), at("menu"));
}

#[test]
fn a_code_that_comes_late_does_not_disturb_the_dialogue_that_its_phone_is_in_since() {
    for other_code in [false, true] {
        let mut rig = Rig::new();
        rig.dial(FIRST);
        rig.show("menu");
        let dialled = if other_code { "*555*7#" } else { "*555#" }.to_owned();
        rig.say(SECOND_ONE, Said::Begin { dialled });
        assert_eq!(rig.dial(FIRST), Turn::Forgotten, "a screen is waited for");
        rig.show("number");
        assert_eq!(rig.dial(FIRST), Turn::Forgotten);
        assert_eq!(rig.answer(SECOND_ONE), at("number"), "it goes on");
    }
    let mut rig = Rig::new();
    rig.post("a", Some(""));
    rig.show("menu");
    rig.post("b", Some(""));
    rig.show("menu");
    assert_eq!(rig.post("a", Some("")), Turn::Forgotten);
    assert_eq!(rig.post("b", Some("1")), typed("menu", "1"));
    rig.end("bye");
    assert_eq!(rig.post("a", Some("")), Turn::Forgotten, "a name is of one");
}

#[test]
fn a_number_that_an_operator_uses_again_is_of_a_new_dialogue_once_that_can_be() {
    for over in [
        |rig: &mut Rig| drop(rig.say(SECOND_ONE, Said::Ended)),
        |rig: &mut Rig| {
            rig.wait(30 * SECOND);
            rig.answer(SECOND_ONE);
            rig.show("menu");
            rig.wait(30 * SECOND);
        },
    ] {
        let mut rig = Rig::new();
        rig.dial(FIRST);
        rig.show("menu");
        rig.dial(SECOND_ONE);
        rig.show("menu");
        assert_eq!(rig.dial(FIRST), Turn::Forgotten, "too soon");
        over(&mut rig);
        assert_eq!(rig.dial(FIRST), resumed("menu"));
    }
    let mut rig = Rig::new();
    for _ in 0..3 {
        rig.dial(SessionKey::Unnamed);
        rig.show("menu");
    }
    assert_eq!(rig.dial(SessionKey::Unnamed), resumed("menu"));
}

#[test]
fn an_answer_that_comes_again_is_answered_as_before_where_steps_are_counted() {
    let answer = |rig: &mut Rig, count| {
        let said = Said::Answer("1".into());
        rig.say_counted(FIRST, Some(count), said)
    };
    let mut rig = Rig::new();
    let dialled = "*555#".into();
    rig.say_counted(FIRST, Some(0), Said::Begin { dialled });
    rig.show("menu");
    assert_eq!(answer(&mut rig, 2), at("menu"));
    rig.show("status");
    assert_eq!(answer(&mut rig, 2), again("status"));
    assert_eq!(answer(&mut rig, 4), at("status"));
    rig.end("bye");
    assert_eq!(answer(&mut rig, 4), Turn::Again(Shown::last("bye")));
    assert_eq!(answer(&mut rig, 6), Turn::Forgotten);
}

#[test]
fn an_answer_before_the_last_one_is_no_answer_where_steps_are_counted_however_far_that_goes() {
    const STEP: u16 = 0x0200;
    let mut rig = Rig::new();
    let dialled = "*555#".into();
    rig.say_counted(FIRST, Some(0), Said::Begin { dialled });
    let answer = |rig: &mut Rig, step: u16, typed: &str| {
        let count = step.wrapping_mul(STEP);
        rig.say_counted(FIRST, Some(count), Said::Answer(typed.into()))
    };
    for step in 1..=200 {
        rig.show("menu");
        let own = step.to_string();
        assert_eq!(answer(&mut rig, step, &own), typed("menu", &own));
        assert_eq!(answer(&mut rig, step - 1, "1"), Turn::Nothing, "too soon");
        rig.show("stop");
        // One a step, as far back as may be.
        let before = step - (step / 2).min(60);
        if step > 1 {
            let before = answer(&mut rig, before, &before.to_string());
            assert_eq!(before, again("stop"), "{step}");
        }
    }
    rig.end("bye");
    let last = Turn::Again(Shown::last("bye"));
    assert_eq!(answer(&mut rig, 198, "198"), last);
}

#[test]
fn an_operator_that_counts_otherwise_than_it_seemed_is_heard_with_the_third_answer() {
    let mut rig = Rig::new();
    let dialled = "*555#".into();
    rig.say_counted(FIRST, Some(0x1000), Said::Begin { dialled });
    let answer = |rig: &mut Rig, count| {
        let turn = rig.say_counted(FIRST, Some(count), Said::Answer("1".into()));
        matches!(turn, Turn::Answer { .. })
    };
    for count in [0x3000, 0x5000, 0x7000] {
        rig.show("menu");
        assert!(answer(&mut rig, count));
    }
    rig.show("menu");
    let heard = [0x6000, 0x6200, 0x6400].map(|count| answer(&mut rig, count));
    assert_eq!(heard, [false, false, true]);
}

#[test]
fn steps_that_are_brought_again_from_the_code_on_choose_nothing() {
    let mut rig = Rig::new();
    let begin = |rig: &mut Rig| {
        let dialled = "*555#".into();
        rig.say_counted(FIRST, Some(0), Said::Begin { dialled })
    };
    let answer = |rig: &mut Rig, count, text: &str| {
        rig.say_counted(FIRST, Some(count), Said::Answer(text.into()))
    };
    begin(&mut rig);
    for (count, text, place) in [(2, "1", "language"), (4, "5", "main")] {
        rig.show(place);
        assert_eq!(answer(&mut rig, count, text), typed(place, text));
    }
    rig.show("stop");
    assert_eq!(begin(&mut rig), resumed("stop"));
    rig.show("stop");
    for (count, text) in [(2, "1"), (4, "5")] {
        assert_eq!(answer(&mut rig, count, text), again("stop"), "{count}");
    }
    assert_eq!(answer(&mut rig, 6, "1"), typed("stop", "1"), "it is new");
}

#[test]
fn counts_that_take_turns_leave_no_phone_without_its_next_screen() {
    let mut rig = Rig::new();
    let dialled = "*555#".into();
    rig.say_counted(FIRST, Some(0), Said::Begin { dialled });
    for (count, place) in [2, 0, 2, 0, 2].into_iter().zip(["a", "b", "c", "d", "e"]) {
        rig.show(place);
        let turn = rig.say_counted(FIRST, Some(count), Said::Answer("1".into()));
        assert_eq!(turn, at(place));
    }
}

#[test]
fn an_operator_that_writes_whatever_it_likes_where_others_count_has_each_answer_taken() {
    for bits in [
        [8, 3, 5, 1, 7],
        [1, 2, 6, 4, 0],
        [9, 1, 4, 5, 3],
        [4, 5, 7, 8, 2],
    ] {
        let mut rig = Rig::new();
        let dialled = "*555#".into();
        rig.say_counted(FIRST, Some(0), Said::Begin { dialled });
        for (bits, place) in bits.into_iter().zip(["a", "b", "c", "d", "e"]) {
            rig.show(place);
            let said = Said::Answer("1".into());
            assert_eq!(rig.say_counted(FIRST, Some(bits << 9), said), at(place));
        }
    }
}

#[test]
fn the_same_answer_to_the_next_screen_is_another_where_all_steps_are_marked_alike() {
    let mut rig = Rig::new();
    let dialled = "*555#".into();
    rig.say_counted(FIRST, Some(8), Said::Begin { dialled });
    for place in ["menu", "status", "text"] {
        rig.show(place);
        let turn = rig.say_counted(FIRST, Some(8), Said::Answer("1".into()));
        assert_eq!(turn, at(place));
    }
}

#[test]
fn a_code_that_led_to_the_last_screen_does_nothing_twice_where_its_dialogue_has_a_name() {
    let dial = |rig: &mut Rig, session, count| {
        let dialled = "*555#".into();
        rig.say_counted(session, count, Said::Begin { dialled })
    };
    for count in [None, Some(0)] {
        let mut rig = Rig::new();
        assert_eq!(dial(&mut rig, FIRST, count), begin());
        rig.end("sent");
        assert_eq!(
            dial(&mut rig, FIRST, count),
            Turn::Again(Shown::last("sent"))
        );
        assert_eq!(rig.answer(FIRST), Turn::Forgotten);
        assert_eq!(dial(&mut rig, FIRST, Some(2)), begin(), "another one");
        rig.end("sent");
        assert_eq!(dial(&mut rig, SECOND_ONE, count), begin());
        rig.end("sent");
        rig.wait(60 * SECOND);
        assert_eq!(dial(&mut rig, SECOND_ONE, count), begin(), "later");
    }
    let mut rig = Rig::new();
    for _ in 0..2 {
        assert_eq!(rig.dial(SessionKey::Unnamed), begin(), "nothing says which");
        rig.end("sent");
    }
}

#[test]
fn a_code_that_was_dialled_is_one_step_only_where_it_brings_the_same() {
    let dial = |rig: &mut Rig, count| {
        let dialled = "*555#".into();
        rig.say_counted(FIRST, Some(count), Said::Begin { dialled })
    };
    let mut rig = Rig::new();
    rig.times = AT_ONCE;
    assert_eq!(dial(&mut rig, 2), begin());
    assert_eq!(dial(&mut rig, 2), Turn::Nothing, "it is being answered");
    assert_eq!(dial(&mut rig, 4), begin(), "of the next dialogue");
    rig.show("menu");
    assert_eq!(dial(&mut rig, 4), resumed("menu"), "the same step twice");
    rig.show("menu");
    rig.say_counted(FIRST, Some(4), Said::Answer("1".into()));
    rig.show("number");
    assert_eq!(dial(&mut rig, 6), begin(), "nothing is resumed");
}

#[test]
fn what_comes_late_of_a_dialogue_whose_name_differs_in_bits_that_may_count_is_not_of_the_next_one()
{
    let say = |rig: &mut Rig, bits, said| rig.say_counted(FIRST, Some(bits), said);
    let dial = |rig: &mut Rig, bits| {
        let dialled = "*555#".into();
        say(rig, bits, Said::Begin { dialled })
    };
    let answer = |rig: &mut Rig, bits| say(rig, bits, Said::Answer("1".into()));
    for (first, second) in [(0x0200, 0x0600), (0xFE00, 0x0200), (0x8000, 0x0200)] {
        let mut rig = Rig::new();
        rig.times = AT_ONCE;
        assert_eq!(dial(&mut rig, first), begin());
        rig.show("menu");
        assert_eq!(dial(&mut rig, second), begin());
        assert_eq!(
            dial(&mut rig, first),
            Turn::Forgotten,
            "a screen is awaited"
        );
        rig.show("stop");
        assert_eq!(answer(&mut rig, first), Turn::Forgotten);
        assert_eq!(say(&mut rig, first, Said::Ended), Turn::Nothing);
        assert_eq!(answer(&mut rig, second), at("stop"));
        rig.show("text");
        assert_eq!(answer(&mut rig, first), Turn::Forgotten);
        assert_eq!(answer(&mut rig, second), at("text"));
    }
}

#[test]
fn an_operator_that_counts_on_from_dialogue_to_dialogue_of_one_name_has_each_answer_taken() {
    let mut rig = Rig::new();
    rig.times = AT_ONCE;
    let mut count = 0_u16;
    let mut next = |rig: &mut Rig, said| {
        count = count.wrapping_add(0x0200);
        rig.say_counted(FIRST, Some(count), said)
    };
    for _ in 0..100 {
        let dialled = "*555#".into();
        assert_eq!(next(&mut rig, Said::Begin { dialled }), begin());
        for place in ["menu", "number"] {
            rig.show(place);
            assert_eq!(next(&mut rig, Said::Answer("1".into())), at(place));
        }
        rig.show("status");
    }
}

#[test]
fn a_last_screen_is_remembered_for_a_minute_however_long_a_citizen_may_think() {
    for (wait, open) in [(59 * SECOND, 1), (60 * SECOND, 0)] {
        let mut rig = Rig::new();
        rig.times.answer = 600 * SECOND;
        rig.dial(FIRST);
        rig.end("sent");
        rig.wait(wait);
        let of_another = step(FIRST, None, Said::Ended);
        rig.sessions.heard(rig.now, phone(2), of_another, rig.times);
        assert_eq!(rig.sessions.len(), open);
    }
}

#[test]
fn a_form_of_a_dropped_session_goes_on_in_a_new_one() {
    let mut rig = Rig::new();
    rig.post("a", Some(""));
    rig.show("menu");
    rig.post("a", Some("1"));
    rig.show("number");
    assert_eq!(rig.post("a", None), Turn::Ended);
    assert_eq!(rig.post("b", Some("")), resumed("number"));
    rig.show("number");
    assert_eq!(rig.post("b", Some("7")), typed("number", "7"));
}

#[test]
fn a_report_of_the_end_with_an_input_that_is_not_known_is_a_step() {
    let mut rig = Rig::new();
    assert_eq!(rig.report("a", ""), Turn::Nothing, "nobody is in it");
    rig.post("a", Some(""));
    assert_eq!(rig.report("a", "1"), Turn::Ended, "nothing is shown yet");
    rig.post("a", Some(""));
    rig.show("menu");
    assert_eq!(rig.report("a", "1"), typed("menu", "1"));
    rig.show("number");
    assert_eq!(rig.report("a", "1"), Turn::Ended, "it is known");
    rig.wait(61 * SECOND);
    assert_eq!(rig.post("b", Some("")), begin(), "that was the end");
}

#[test]
fn what_is_dialled_behind_a_code_comes_in_the_code_and_never_in_the_text_of_a_first_form() {
    let mut rig = Rig::new();
    let form = |code: &str, text: &str| Form {
        session: "a".into(),
        code: code.into(),
        phone: String::new(),
        text: text.into(),
        over: false,
    };
    let mut post = |form| rig.sessions.posted(rig.now, phone(1), form, TIMES);
    // The gateway may have forgotten the dialogue: nothing of it is done once more.
    assert_eq!(post(form("*555#", "2*48120973")), Turn::Forgotten);
    let dialled = "*555*2*48120973#".to_owned();
    assert_eq!(post(form(&dialled, "")), Turn::Begin { dialled });
}

#[test]
fn a_new_dialogue_takes_the_place_of_the_one_not_answered_for_longest() {
    let mut sessions = Sessions::with_room(2);
    let mut now = UnixMillis(0);
    let mut next = |number, said| {
        now = now.after(SECOND);
        let turn = sessions.heard(now, phone(number), step(FIRST, None, said), TIMES);
        if !matches!(turn, Turn::Forgotten) {
            sessions.shows(now, phone(number), "menu", &Shown::asking("menu"), TIMES);
        }
        (turn, sessions.len())
    };
    let dial = || Said::Begin {
        dialled: "*555#".into(),
    };
    let answer = || Said::Answer("1".into());
    next(1, dial());
    next(2, dial());
    next(1, answer());
    assert_eq!(next(3, dial()), (begin(), 2));
    assert_eq!(next(2, answer()), (Turn::Forgotten, 2));
    assert_eq!(next(1, answer()), (at("menu"), 2));
    next(4, dial());
    assert_eq!(sessions.over(now, 10), [(phone(3), "menu")], "it waits");
}

#[test]
fn as_many_dialogues_as_are_kept_take_less_than_288_mebibytes_whatever_is_typed() {
    // 182 characters in GSM 03.38, of up to two octets in memory, or 80 in UCS-2 of up to three.
    let screen = 2 * 182;
    let listed = 9 * size_of::<Picked>() + screen;
    let number = 64 * 4;
    let ahead = 96;
    // Over HTTP all inputs are kept; over SMPP the link, and the last step without what it said.
    let (session, step) = (3 * size_of::<usize>(), 96);
    let line = session + size_of::<Box<[u8]>>();
    // Tables that have just grown have room for twice as many.
    let look = size_of::<(UnixMillis, Phone)>();
    let tables = 2 * (size_of::<(Phone, Dialogue<Place>)>() + line + 2 * 2 * look);
    let taken = tables + screen + listed + number + ahead + step.max(form::MOST);
    assert!(MOST_OPEN * taken < 288 << 20, "{taken} octets each");
}

proptest! {
    #[test]
    fn whatever_phones_say_their_dialogues_stay_few_and_are_forgotten(
        steps in prop::collection::vec((0..12_u64, 0..4_u8, 0..3_u16, 0..40_u32), 1..200),
    ) {
        let mut sessions = Sessions::with_room(5);
        let mut now = UnixMillis(0);
        for (number, what, session, wait) in steps {
            now = now.after(wait * SECOND / 2);
            let (phone, session) = (phone(number), SessionKey::Number(session));
            let said = match what {
                0 => Said::Begin { dialled: "*555#".into() },
                1 => Said::Ended,
                _ => Said::Answer("1".into()),
            };
            match sessions.heard(now, phone, step(session, None, said), TIMES) {
                Turn::Begin { .. } => sessions.shows(now, phone, (), &Shown::asking("menu"), TIMES),
                Turn::Answer { .. } if what == 2 => sessions.ends(now, phone, "bye"),
                _ => {}
            }
            prop_assert!(sessions.len() <= 5);
            prop_assert!(sessions.looks() <= 2 * sessions.len() + 1_001);
        }
        now = now.after(100 * SECOND);
        sessions.heard(now, phone(99), step(FIRST, None, Said::Ended), TIMES);
        prop_assert_eq!(sessions.len(), 0);
    }

    #[test]
    fn each_phone_that_is_left_waiting_is_told_so_once(
        steps in prop::collection::vec((0..12_u64, 0..5_u8, 0..40_u32), 1..200),
        resume in 0..2_u32,
    ) {
        let times = Times { resume: resume * 30 * SECOND, ..TIMES };
        let mut sessions = Sessions::with_room(5);
        let mut waiting = std::collections::HashSet::new();
        let mut now = UnixMillis(0);
        for (number, what, wait) in steps {
            now = now.after(wait * SECOND / 2);
            let over = sessions.over(now, 3);
            prop_assert!(over.len() <= 3, "no more than was asked for");
            for (phone, ()) in over {
                prop_assert!(waiting.remove(&phone));
            }
            let phone = phone(number);
            let said = match what {
                0 => Said::Begin { dialled: "*555#".into() },
                1 => Said::Ended,
                _ => Said::Answer("1".into()),
            };
            let turn = sessions.heard(now, phone, step(FIRST, None, said), times);
            waiting.remove(&phone);
            match turn {
                Turn::Answer { .. } if what == 2 => sessions.ends(now, phone, "bye"),
                Turn::Begin { .. } | Turn::Resume { .. } | Turn::Answer { .. } => {
                    sessions.shows(now, phone, (), &Shown::asking("menu"), times);
                    waiting.insert(phone);
                }
                _ => {}
            }
        }
        now = now.after(100 * SECOND);
        while sessions.next_over().is_some_and(|at| at <= now) {
            for (phone, ()) in sessions.over(now, 3) {
                prop_assert!(waiting.remove(&phone));
            }
        }
        prop_assert_eq!(waiting, std::collections::HashSet::new());
        prop_assert_eq!(sessions.next_over(), None);
    }
}
