//! Answers, good and bad, in virtual time.

use super::*;

const START: UnixMillis = UnixMillis(1_795_407_300_000);
const NONE: Answers = Answers {
    good: 0,
    bad: 0,
    again: 0,
    vague: 0,
    doubtful: 0,
    in_a_row: 0,
    unanswered: 0,
};
const GOOD: Answers = good(1);
const BAD: Answers = bad(1);

const fn good(good: u32) -> Answers {
    Answers { good, ..NONE }
}

const fn bad(bad: u32) -> Answers {
    Answers { bad, ..NONE }
}

const fn unanswered(bad: u32) -> Answers {
    Answers {
        bad,
        unanswered: bad,
        ..NONE
    }
}

fn at(seconds: u64) -> UnixMillis {
    START.after(Duration::from_secs(seconds))
}

fn tripped() -> Circuit {
    let mut circuit = Circuit::default();
    assert_eq!(circuit.note(at(0), bad(19)), None);
    assert_eq!(circuit.note(at(0), BAD), Some(Switch::Opened));
    circuit
}

#[test]
fn few_answers_or_fewer_than_half_bad_ones_do_not_open_it() {
    let mut circuit = Circuit::default();
    assert_eq!(circuit.note(at(0), bad(19)), None);
    assert_eq!(circuit.note(at(1), good(21)), None);
    assert_eq!(circuit.takes(), u64::MAX);
    assert_eq!(circuit.note(at(2), bad(2)), Some(Switch::Opened));
    assert_eq!(circuit.takes(), 0);
    assert_eq!(circuit.tripped(), Some(at(2)));
}

/// Bad answers for messages numbered so, one after the other.
fn refused(
    circuit: &mut Circuit,
    time: UnixMillis,
    messages: std::ops::Range<u64>,
) -> Option<Switch> {
    let switches = messages.filter_map(|message| {
        let mut answers = NONE;
        answers.add_bad(circuit.weigh(time, MessageId(message)));
        circuit.note(time, answers)
    });
    switches.last()
}

#[test]
fn a_message_counts_once_where_others_are_answered_well() {
    let mut circuit = Circuit::default();
    for second in 0..600 {
        let poison = 9 * (second / 100);
        assert_eq!(refused(&mut circuit, at(second), poison..poison + 9), None);
        assert_eq!(circuit.note(at(second), GOOD), None);
    }
    assert_eq!(circuit.note(at(601), good(20)), None);
    let switch = refused(&mut circuit, at(602), 1000..1100);
    assert_eq!(switch, Some(Switch::Opened), "but each counts");
}

#[test]
fn where_nothing_is_answered_well_messages_count_again_and_few_are_no_reason() {
    let mut circuit = Circuit::default();
    for second in 0..600 {
        assert_eq!(refused(&mut circuit, at(second), 0..19), None, "{second}");
    }
    assert_eq!(refused(&mut circuit, at(700), 0..19), None);
    let switch = refused(&mut circuit, at(701), 0..20);
    assert_eq!(switch, Some(Switch::Opened));
    circuit.pass(at(706));
    let switch = refused(&mut circuit, at(707), 0..2);
    assert_eq!(switch, None);
    assert_eq!(refused(&mut circuit, at(708), 0..2), None);
    assert_eq!(circuit.takes(), 5, "two messages are too few probes");
    let switch = refused(&mut circuit, at(709), 2..3);
    assert_eq!(switch, Some(Switch::OpenedAgain));
}

#[test]
fn what_was_answered_long_ago_does_not_count() {
    let mut circuit = Circuit::default();
    circuit.note(at(0), bad(19));
    circuit.note(at(20), GOOD);
    circuit.note(at(40), GOOD);
    assert_eq!(circuit.note(at(41), BAD), None);
}

#[test]
fn small_windows_in_a_row_of_which_nothing_is_answered_open_it() {
    let mut circuit = Circuit::default();
    assert_eq!(circuit.note(at(30), unanswered(9)), None, "may be a pause");
    let given_back = Answers { vague: 9, ..NONE };
    assert_eq!(circuit.note(at(60), given_back), None);
    let switch = circuit.note(at(92), unanswered(1));
    assert_eq!(switch, Some(Switch::Opened));
    assert_eq!(
        circuit.tripped(),
        Some(at(92)),
        "whatever is bound meanwhile"
    );
    circuit.pass(at(97));
    let switch = circuit.note(at(127), unanswered(5));
    assert_eq!(switch, Some(Switch::OpenedAgain));
}

#[test]
fn a_good_answer_or_few_that_are_missing_leave_it_closed() {
    let mut circuit = Circuit::default();
    for minute in 0..10 {
        circuit.note(at(60 * minute), unanswered(9));
        assert_eq!(circuit.note(at(60 * minute + 20), GOOD), None);
    }
    for minute in 10..14 {
        assert_eq!(circuit.note(at(60 * minute), unanswered(1)), None);
        assert_eq!(
            circuit.note(at(60 * minute), bad(9)),
            None,
            "links that were cut"
        );
    }
    assert_eq!(circuit.takes(), u64::MAX);
}

#[test]
fn after_a_pause_a_few_probes_close_it() {
    let mut circuit = tripped();
    circuit.pass(at(4));
    assert_eq!(circuit.takes(), 0);
    circuit.pass(at(5));
    assert_eq!(circuit.takes(), 5);
    let mut switches = Vec::new();
    for left in [4, 3, 2] {
        circuit.begin();
        assert_eq!(circuit.takes(), left);
        switches.push(circuit.note(at(6), GOOD));
    }
    assert_eq!(switches, [None, None, Some(Switch::Closed)]);
    circuit.pass(at(7));
    assert_eq!((circuit.takes(), circuit.tripped()), (u64::MAX, None));
}

#[test]
fn bad_probes_open_it_for_twice_as_long_up_to_a_minute() {
    let mut circuit = tripped();
    let mut time = 5;
    for pause in [10, 20, 40, 60, 60] {
        circuit.pass(at(time));
        assert!(circuit.is_half_open());
        assert_eq!(circuit.note(at(time), good(2)), None);
        let switch = circuit.note(at(time), bad(3));
        assert_eq!(switch, Some(Switch::OpenedAgain));
        circuit.pass(at(time + pause - 1));
        assert_eq!(circuit.takes(), 0, "{pause}");
        time += pause;
    }
    assert_eq!(circuit.tripped(), Some(at(0)));
}

#[test]
fn a_probe_that_says_nothing_is_followed_by_another_at_once() {
    let mut circuit = tripped();
    circuit.pass(at(5));
    (0..PROBES).for_each(|_| circuit.begin());
    let new = Answers {
        vague: 2,
        ..good(2)
    };
    assert_eq!(circuit.note(at(6), new), None);
    assert_eq!(circuit.takes(), 2);
    circuit.note(at(7), Answers { vague: 9, ..NONE });
    assert_eq!(circuit.takes(), 5, "no more than there are probes");
    assert_eq!(circuit.note(at(8), GOOD), Some(Switch::Closed));
}

const fn doubtful(doubtful: u32, in_a_row: u32) -> Answers {
    Answers {
        doubtful,
        in_a_row,
        ..NONE
    }
}

#[test]
fn twenty_messages_refused_in_doubt_open_it_where_none_is_taken_for_ten_seconds() {
    let mut circuit = Circuit::default();
    for second in 0..100 {
        assert_eq!(circuit.note(at(10 * second), doubtful(900, 900)), None);
        assert_eq!(circuit.note(at(10 * second + 9), GOOD), None);
    }
    assert_eq!(circuit.note(at(1050), doubtful(1, 1)), None, "long ago");
    assert_eq!(circuit.note(at(1100), doubtful(19, 19)), None);
    for second in [1105, 1111] {
        assert_eq!(
            circuit.note(at(second), doubtful(300, 0)),
            None,
            "once more"
        );
    }
    let vague = Answers { vague: 1, ..NONE };
    assert_eq!(circuit.note(at(1111), vague), None);
    let switch = circuit.note(at(1111), doubtful(1, 1));
    assert_eq!(switch, Some(Switch::Opened));
}

#[test]
fn probes_that_are_refused_in_doubt_open_it_again_where_none_is_taken_for_ten_seconds() {
    let mut circuit = tripped();
    circuit.pass(at(5));
    assert_eq!(circuit.note(at(6), doubtful(4, 0)), None);
    assert_eq!(circuit.takes(), 5);
    let switch = circuit.note(at(7), doubtful(1, 0));
    assert_eq!(switch, Some(Switch::OpenedAgain));
    circuit.pass(at(17));
    for second in [18, 27] {
        assert_eq!(circuit.note(at(second), GOOD), None);
        assert_eq!(circuit.note(at(second + 8), doubtful(90, 90)), None);
    }
    assert_eq!(circuit.takes(), 5);
    let switch = circuit.note(at(37), doubtful(1, 1));
    assert_eq!(switch, Some(Switch::OpenedAgain));
}

#[test]
fn probes_without_an_answer_are_followed_by_others() {
    let mut circuit = tripped();
    circuit.pass(at(5));
    for _ in 0..PROBES {
        circuit.begin();
    }
    circuit.pass(at(64));
    assert_eq!(circuit.takes(), 0);
    circuit.pass(at(65));
    assert_eq!(circuit.takes(), 5);
}
