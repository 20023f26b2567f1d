//! What went out: without a result, or without a receipt.

use std::cell::Cell;

use super::*;

pub(in crate::journal) fn in_flight_is_what_has_no_result(journal: &mut dyn Journal) {
    let at_once = progressed(2, Phase::InFlight, State::Accepted);
    accept(journal, [waiting(1), at_once, waiting(3)]);
    commit(
        journal,
        Changes {
            progressed: vec![progressed(3, Phase::InFlight, State::Accepted)],
            ..Changes::default()
        },
    );
    assert_eq!(ids(&journal.in_flight().unwrap()), [2, 3]);
    commit(
        journal,
        Changes {
            progressed: vec![progressed(2, Phase::Submitted, State::Submitted)],
            ..Changes::default()
        },
    );
    assert_eq!(ids(&journal.in_flight().unwrap()), [3]);
}

pub(in crate::journal) fn what_waits_to_be_repeated_is_counted(journal: &mut dyn Journal) {
    let put = |journal: &mut dyn Journal, number, phase, uncertain: bool| {
        let mut message = progressed(number, phase, State::Deferred);
        message.progress.attempt.segments = vec![Segment::Accepted, Segment::Waiting];
        message.progress.attempt.unanswered = vec![0, uncertain.into()];
        let changes = Changes {
            progressed: vec![message],
            ..Changes::default()
        };
        commit(journal, changes);
        journal.uncertain().unwrap()
    };
    accept(journal, [waiting(1), waiting(2)]);
    assert_eq!(put(journal, 1, Phase::Waiting, true), 1);
    assert_eq!(put(journal, 2, Phase::Waiting, true), 2);
    assert_eq!(put(journal, 2, Phase::Waiting, true), 2, "put off again");
    assert_eq!(put(journal, 1, Phase::InFlight, false), 1);
    assert_eq!(put(journal, 1, Phase::Waiting, false), 1, "refused");
    assert_eq!(put(journal, 2, Phase::Settled, true), 0);
}

pub(in crate::journal) fn a_segment_is_known_by_its_id_before_and_after_its_receipt(
    journal: &mut dyn Journal,
) {
    let segments = |number, segments: &[Segment]| {
        let mut message = progressed(number, Phase::Submitted, State::Submitted);
        message.progress.attempt.segments = segments.to_vec();
        message
    };
    let accepted = segments(1, &[Segment::Accepted, Segment::Accepted]);
    accept(journal, [accepted, segments(2, &[Segment::Accepted])]);
    let all = vec![
        awaiting(1, 0, "A1", 10),
        awaiting(1, 1, "A2", 10),
        awaiting(2, 0, "A2", 20),
    ];
    commit(
        journal,
        Changes {
            awaiting: all,
            ..Changes::default()
        },
    );
    let found = |journal: &mut dyn Journal, smsc_ids: &[&str]| -> Vec<_> {
        let found = journal.awaiting(OPERATOR, smsc_ids, &Meant::ANY).unwrap();
        found
            .into_iter()
            .map(|(awaiting, message)| (message.id.0, awaiting.segment, awaiting.at.0))
            .collect()
    };
    assert_eq!(
        found(journal, &["A2", "A3", "A1"]),
        [(1, 1, 10), (2, 0, 20), (1, 0, 10)]
    );
    assert_eq!(
        journal
            .awaiting(OperatorId(9), &["A1"], &Meant::ANY)
            .unwrap(),
        []
    );
    commit(
        journal,
        Changes {
            progressed: vec![segments(1, &[Segment::Failed, Segment::Delivered])],
            ..Changes::default()
        },
    );
    assert_eq!(
        found(journal, &["A1", "A2"]),
        [(1, 0, 10), (1, 1, 10), (2, 0, 20)]
    );
}

/// As with an operator whose ids come again all the time: what it costs must not grow with what went out under one.
pub(in crate::journal) fn of_an_id_that_comes_again_the_newest_uses_are_looked_at(
    journal: &mut dyn Journal,
) {
    const USES: u64 = 600;
    for first in (1..=USES).step_by(20) {
        let some = first..first + 20;
        let settled = some.clone();
        let settled = settled.map(|number| progressed(number, Phase::Settled, State::Delivered));
        let given = some.clone();
        let given = given.map(|number| awaiting(number, 0, "A1", number.cast_signed()));
        let changes = Changes {
            accepted: settled.collect(),
            awaiting: given.collect(),
            held: some.map(|it| (it, held_receipt("A1", 0, 5))).collect(),
            ..Changes::default()
        };
        commit(journal, changes);
    }
    let looks = Cell::new(0);
    let mut ask = |is_to: &dyn Fn(Msisdn) -> bool| {
        looks.set(0);
        let meant = Meant {
            is_to: &|msisdn| {
                looks.set(looks.get() + 1);
                is_to(msisdn)
            },
            ..Meant::ANY
        };
        let found = journal.awaiting(OPERATOR, &["A1"], &meant).unwrap();
        // What is in memory is looked at once more if it is read.
        assert!(looks.get() <= MOST_USES + MOST_READ);
        let ids = found.iter().map(|(_, message)| message.id.0);
        ids.collect::<Vec<_>>()
    };
    let newest: Vec<_> = (1..=USES).skip(600 - MOST_READ).collect();
    assert_eq!(ask(&|_| true), newest);
    assert_eq!(ask(&|to| to == msisdn(590)), [590]);
    assert_eq!(ask(&|to| to == msisdn(250)), [0; 0]);
    let held = journal.held(OPERATOR, &["A1"]).unwrap();
    let held: Vec<_> = held.iter().map(|(number, _)| *number).collect();
    assert_eq!(held, newest);
}

pub(in crate::journal) fn the_oldest_without_a_receipt_come_first(journal: &mut dyn Journal) {
    accept(journal, [waiting(1), waiting(2), waiting(3)]);
    for (at, number) in [(10, 2), (20, 1), (30, 3)] {
        commit(
            journal,
            Changes {
                at: UnixMillis(at),
                progressed: vec![progressed(number, Phase::Submitted, State::Submitted)],
                ..Changes::default()
            },
        );
    }
    let unreceipted_after = |journal: &mut dyn Journal, since, id, before, limit| -> Vec<u64> {
        let after = SubmittedPlace {
            since: UnixMillis(since),
            id: MessageId(id),
        };
        let found = journal.unreceipted(after, UnixMillis(before), limit);
        found
            .unwrap()
            .iter()
            .map(|(_, message)| message.id.0)
            .collect()
    };
    let unreceipted =
        |journal: &mut dyn Journal, before, limit| unreceipted_after(journal, 0, 0, before, limit);
    assert_eq!(unreceipted(journal, 20, 10), [2, 1]);
    assert_eq!(unreceipted(journal, 20, 1), [2]);
    assert_eq!(unreceipted(journal, 9, 10), [0; 0]);
    assert_eq!(unreceipted_after(journal, 10, 2, 30, 10), [1, 3]);
    assert_eq!(unreceipted_after(journal, 10, 1, 30, 2), [2, 1]);
    assert_eq!(unreceipted_after(journal, 30, 3, 30, 10), [0; 0]);
    // Another word on the same phase does not make it younger.
    commit(
        journal,
        Changes {
            at: UnixMillis(40),
            progressed: vec![
                progressed(2, Phase::Submitted, State::Submitted),
                progressed(1, Phase::Settled, State::Delivered),
            ],
            ..Changes::default()
        },
    );
    assert_eq!(unreceipted(journal, 30, 10), [2, 3]);
}

pub(in crate::journal) fn a_held_receipt_waits_for_its_segment(journal: &mut dyn Journal) {
    let held = |smsc_id: &str, at| {
        let last_digits = if smsc_id == "A1" { 1_234_567 } else { 0 };
        held_receipt(smsc_id, last_digits, at)
    };
    commit(
        journal,
        Changes {
            held: vec![(1, held("A1", 5)), (2, held("A2", 6)), (3, held("A1", 7))],
            ..Changes::default()
        },
    );
    assert_eq!(
        journal.held(OPERATOR, &["A1", "A3"]).unwrap(),
        [(1, held("A1", 5)), (3, held("A1", 7))]
    );
    assert_eq!(journal.held(OperatorId(9), &["A1"]).unwrap(), []);
    assert_eq!(
        journal.held_for(OPERATOR, 1_234_567).unwrap(),
        [(1, held("A1", 5)), (3, held("A1", 7))]
    );
    assert_eq!(journal.held_for(OPERATOR, 34_567).unwrap(), []);
    assert_eq!(journal.held_for(OperatorId(9), 1_234_567).unwrap(), []);
    commit(
        journal,
        Changes {
            released: vec![1, 3],
            ..Changes::default()
        },
    );
    assert_eq!(journal.held(OPERATOR, &["A1"]).unwrap(), []);
    let start = journal.start().unwrap();
    assert_eq!((start.held, start.last_held), (1, 3));
    journal.forget(UnixMillis(9), 10).unwrap();
    assert_eq!(journal.start().unwrap().held, 1);
    assert_eq!(journal.forget_held(UnixMillis(5), 10).unwrap(), 0);
    assert_eq!(journal.forget_held(UnixMillis(6), 10).unwrap(), 1);
    assert_eq!(journal.start().unwrap().held, 0);
}

fn held_receipt(smsc_id: &str, last_digits: u32, at: i64) -> HeldReceipt {
    HeldReceipt {
        operator: OPERATOR,
        smsc_id: smsc_id.into(),
        last_digits,
        at: UnixMillis(at),
        octets: bytes::Bytes::from_static(b"\0\xff\x80"),
    }
}
