//! What every journal must do, whatever is behind it.

use xabar_events::{Agency, EventKey, Language, Reason, State};

use super::sample::{OPERATOR, key, msisdn, outgoing, told, waiting};
use super::*;

/// Makes a test of each claim for a backend: `conformance!(run)` with `fn run(claim: fn(&mut dyn Journal))`.
macro_rules! conformance {
    ($run:path) => {
        $crate::journal::conformance::claims!($run;
            an_accepted_event_is_a_duplicate_afterwards
            an_event_is_accepted_once
            the_same_id_of_another_agency_is_another_event
            a_withdrawn_key_is_remembered
            a_message_comes_back_as_it_was_written
            what_is_due_comes_in_order_after_the_cursor
            arrivals_bring_what_is_known_of_thread_and_subscriber
            queues_are_where_something_waits
            an_agency_has_queues_of_its_own
            siblings_are_those_that_wait
            what_expires_first_is_told_first
            in_flight_is_what_has_no_result
            a_segment_is_known_by_its_id_before_and_after_its_receipt
            the_oldest_without_a_receipt_come_first
            a_held_receipt_waits_for_its_segment
            outcomes_go_out_in_order_and_leave_when_published
            a_refused_commit_leaves_nothing
            the_books_balance
            people_find_messages
            what_a_subscriber_chose_is_kept
            the_newest_messages_to_a_subscriber_come_first
            what_is_settled_long_ago_is_forgotten
            a_thread_is_remembered_as_long_as_one_of_its_messages
            numbers_outlive_what_they_counted
            an_operator_keeps_its_number
            what_an_agency_used_is_what_it_was_last_said_to_be
            a_campaign_is_dealt_out_as_far_as_was_last_said
        );
    };
}
macro_rules! claims {
    ($run:path; $($claim:ident)+) => {
        $(#[test]
        fn $claim() {
            $run($crate::journal::conformance::$claim);
        })+
    };
}
pub(super) use {claims, conformance};

pub(super) fn an_accepted_event_is_a_duplicate_afterwards(journal: &mut dyn Journal) {
    assert_eq!(facts(journal, 1), Facts::default());
    accept(journal, [waiting(1), waiting(2)]);
    assert_eq!(facts(journal, 1).duplicate_of, Some(MessageId(1)));
    assert_eq!(facts(journal, 2).duplicate_of, Some(MessageId(2)));
    assert_eq!(facts(journal, 3).duplicate_of, None);
}

pub(super) fn an_event_is_accepted_once(journal: &mut dyn Journal) {
    accept(journal, [waiting(1)]);
    let mut again = waiting(1);
    again.identity_mut().id = MessageId(2);
    let mut twice = Changes {
        accepted: vec![again],
        ..Changes::default()
    };
    assert!(matches!(
        journal.commit(&mut twice),
        Err(JournalError::Refused { .. })
    ));
    let mut both = Changes {
        accepted: vec![waiting(3), renumbered(3, 4)],
        ..Changes::default()
    };
    assert!(matches!(
        journal.commit(&mut both),
        Err(JournalError::Refused { .. })
    ));
    assert_eq!(facts(journal, 3).duplicate_of, None);
}

pub(super) fn the_same_id_of_another_agency_is_another_event(journal: &mut dyn Journal) {
    accept(journal, [waiting(1)]);
    let mut other = waiting(2);
    other.identity_mut().key = EventKey {
        agency: Agency::from_name("soliq").unwrap(),
        ..key(1)
    };
    accept(journal, [other]);
    assert_eq!(facts(journal, 1).duplicate_of, Some(MessageId(1)));
}

pub(super) fn a_withdrawn_key_is_remembered(journal: &mut dyn Journal) {
    let at = UnixMillis(1000);
    commit(
        journal,
        Changes {
            at,
            cancelled: vec![key(1)],
            ..Changes::default()
        },
    );
    assert!(facts(journal, 1).cancelled);
    assert!(!facts(journal, 2).cancelled);
    assert_eq!(journal.forget(UnixMillis(999), 10).unwrap(), 0);
    assert!(facts(journal, 1).cancelled);
    journal.forget(at, 10).unwrap();
    assert!(!facts(journal, 1).cancelled);
}

pub(super) fn a_message_comes_back_as_it_was_written(journal: &mut dyn Journal) {
    let mut full = waiting(7);
    full.origin_mut().not_before = Some(UnixMillis(5));
    full.origin_mut().expires = UnixMillis::NEVER;
    full.origin_mut().thread = ThreadKey(u64::MAX - 3);
    full.identity_mut().application = "№ 12/ў".into();
    full.origin_mut().content.language = Some(Language::Kaa);
    full.origin_mut().content.params = vec![("office".into(), "Yunusobod \"DXM\"".into())];
    full.origin_mut().content.legal = true;
    full.origin_mut().content.extensions = vec![("partitionkey".into(), "7".into())];
    full.identity_mut().traceparent =
        Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
    accept(journal, [full.clone(), waiting(8)]);
    assert_eq!(journal.message(MessageId(7)).unwrap(), Some(full.clone()));
    assert_eq!(journal.message(MessageId(9)).unwrap(), None);

    let progress = &mut full.progress;
    progress.phase = Phase::Submitted;
    progress.operator = OperatorId(u16::MAX);
    progress.attempt = Attempt {
        attempts: 2,
        repeats: 1,
        uncounted: 3,
        uncertain: true,
        undelivered: true,
        withdrawn: true,
        pushed: true,
        at: UnixMillis(17),
        reference: 0xfffe,
        text: Some("Arizangiz ma’qullandi".into()),
        segments: vec![Segment::Accepted, Segment::Sent],
        smsc_ids: vec!["00ab".into()],
        copies: vec![Copies {
            segment: 1,
            others: 2,
            failed: vec!["AB".into()],
        }],
    };
    progress.history.push(Told {
        reason: Some(Reason::Uncertain),
        until: Some(UnixMillis(9)),
        ..told(State::Deferred)
    });
    progress.history.push(Told {
        code: Some("0x00000058".into()),
        by: Some("e9".into()),
        ..told(State::Submitted)
    });
    commit(
        journal,
        Changes {
            progressed: vec![full.clone()],
            ..Changes::default()
        },
    );
    assert_eq!(journal.message(MessageId(7)).unwrap(), Some(full.clone()));
    assert_eq!(
        journal.reader().unwrap().message(MessageId(7)).unwrap(),
        Some(full)
    );
}

pub(super) fn what_is_due_comes_in_order_after_the_cursor(journal: &mut dyn Journal) {
    accept(
        journal,
        [
            due(1, 300),
            due(2, 100),
            due(3, 200),
            due(4, 100),
            due(5, 400),
        ],
    );
    let now = UnixMillis(300);
    assert_eq!(due_ids(journal, Cursor::default(), now, 10), [2, 4, 3, 1]);
    assert_eq!(due_ids(journal, Cursor::default(), now, 2), [2, 4]);
    let after = Cursor {
        due: UnixMillis(100),
        id: 2,
    };
    assert_eq!(due_ids(journal, after, now, 2), [4, 3]);
    let past_all_of_it = Cursor {
        due: UnixMillis(100),
        id: u64::MAX,
    };
    assert_eq!(due_ids(journal, past_all_of_it, now, 10), [3, 1]);
    assert_eq!(
        journal.next_due(queue(), past_all_of_it).unwrap(),
        Some(UnixMillis(200))
    );
    assert_eq!(
        journal
            .next_due(
                queue(),
                Cursor {
                    due: UnixMillis(400),
                    id: 5
                }
            )
            .unwrap(),
        None
    );

    let gone = [
        progressed(2, Phase::InFlight, State::Accepted),
        progressed(4, Phase::Settled, State::Superseded),
    ];
    let mut later = due(3, 350);
    later.progress.history.push(Told {
        reason: Some(Reason::QuietHours),
        ..told(State::Deferred)
    });
    commit(
        journal,
        Changes {
            progressed: [gone.to_vec(), vec![later]].concat(),
            ..Changes::default()
        },
    );
    assert_eq!(
        due_ids(journal, Cursor::default(), UnixMillis(500), 10),
        [1, 3, 5]
    );
}

pub(super) fn arrivals_bring_what_is_known_of_thread_and_subscriber(journal: &mut dyn Journal) {
    let thread = ThreadFacts {
        attempted: Some(ThreadOrder {
            time: UnixMillis(-5),
            id: MessageId(1),
        }),
        waiting: 3,
    };
    let subscriber = SubscriberFacts {
        submitted: vec![UnixMillis(1), UnixMillis(1_700_000_000_000)],
    };
    let accepted = vec![waiting(1), waiting(2)];
    let (key, msisdn) = (accepted[0].thread, accepted[0].msisdn);
    commit(
        journal,
        Changes {
            accepted,
            threads: vec![(key, thread)],
            subscribers: vec![(msisdn, subscriber.clone())],
            ..Changes::default()
        },
    );
    let arrivals = journal
        .due(queue(), Cursor::default(), UnixMillis::NEVER, 10)
        .unwrap();
    assert_eq!(arrivals.len(), 2);
    assert_eq!(
        arrivals[0],
        Arrival {
            message: waiting(1),
            thread,
            subscriber: subscriber.clone()
        }
    );
    assert_eq!(arrivals[1].thread, ThreadFacts::default());
    assert_eq!(arrivals[1].subscriber, SubscriberFacts::default());
    let known = facts(journal, 1);
    assert_eq!((known.thread, known.subscriber), (thread, subscriber));

    let nothing = Changes {
        threads: vec![(key, ThreadFacts::default())],
        subscribers: vec![(msisdn, SubscriberFacts::default())],
        ..Changes::default()
    };
    commit(journal, nothing);
    assert_eq!(
        facts(journal, 1),
        Facts {
            duplicate_of: Some(MessageId(1)),
            ..Facts::default()
        }
    );
}

pub(super) fn queues_are_where_something_waits(journal: &mut dyn Journal) {
    let elsewhere = |number, operator, lane| {
        let mut message = waiting(number);
        message.progress.operator = OperatorId(operator);
        message.origin_mut().lane = lane;
        message
    };
    let queue = |operator, lane| Queue {
        operator: OperatorId(operator),
        lane,
        agency: waiting(1).agency(),
    };
    accept(
        journal,
        [
            elsewhere(1, 0, Lane::Bulk),
            elsewhere(2, 7, Lane::Urgent),
            elsewhere(3, 7, Lane::Bulk),
            elsewhere(4, 7, Lane::Urgent),
        ],
    );
    let all = [
        queue(0, Lane::Bulk),
        queue(7, Lane::Urgent),
        queue(7, Lane::Bulk),
    ];
    assert_eq!(journal.queues().unwrap(), all);
    let mut settled = progressed(3, Phase::Settled, State::Expired);
    settled.progress.operator = OperatorId(7);
    commit(
        journal,
        Changes {
            progressed: vec![settled],
            ..Changes::default()
        },
    );
    assert_eq!(journal.queues().unwrap(), all[..2]);
}

pub(super) fn an_agency_has_queues_of_its_own(journal: &mut dyn Journal) {
    let mut other = waiting(3);
    other.identity_mut().key.agency = Agency::from_name("adliya").unwrap();
    accept(journal, [waiting(1), waiting(2), other.clone()]);
    let mut all = vec![queue(), other.queue()];
    all.sort_unstable();
    assert_eq!(journal.queues().unwrap(), all);
    let due = journal.due(other.queue(), Cursor::default(), UnixMillis::NEVER, 10);
    let due = due.unwrap().into_iter();
    assert_eq!(due.map(|it| it.message).collect::<Vec<_>>(), [other]);
}

pub(super) fn siblings_are_those_that_wait(journal: &mut dyn Journal) {
    let thread = ThreadKey(1 << 63);
    let of_thread = |number| {
        let mut message = waiting(number);
        message.origin_mut().thread = thread;
        message
    };
    accept(
        journal,
        [of_thread(1), waiting(2), of_thread(3), of_thread(4)],
    );
    let mut settled = of_thread(3);
    settled.progress = progressed(3, Phase::Settled, State::Superseded).progress;
    commit(
        journal,
        Changes {
            progressed: vec![settled],
            ..Changes::default()
        },
    );
    assert_eq!(ids(&journal.siblings(thread).unwrap()), [1, 4]);
}

pub(super) fn what_expires_first_is_told_first(journal: &mut dyn Journal) {
    let expires = |number, at| {
        let mut message = waiting(number);
        message.origin_mut().expires = UnixMillis(at);
        message
    };
    accept(
        journal,
        [
            expires(1, 300),
            expires(2, 100),
            expires(3, 200),
            expires(4, 301),
        ],
    );
    let expired = journal.expired(UnixMillis(300), 10).unwrap();
    assert_eq!(
        expired,
        [2, 3, 1].map(|number| expires(
            number,
            [300, 100, 200][usize::try_from(number).unwrap() - 1]
        ))
    );
    assert_eq!(journal.expired(UnixMillis(300), 1).unwrap().len(), 1);
}

pub(super) fn in_flight_is_what_has_no_result(journal: &mut dyn Journal) {
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

pub(super) fn a_segment_is_known_by_its_id_before_and_after_its_receipt(journal: &mut dyn Journal) {
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
        let found = journal.awaiting(OPERATOR, smsc_ids).unwrap();
        found
            .into_iter()
            .map(|(awaiting, message)| (message.id.0, awaiting.segment, awaiting.at.0))
            .collect()
    };
    assert_eq!(
        found(journal, &["A2", "A3", "A1"]),
        [(1, 1, 10), (2, 0, 20), (1, 0, 10)]
    );
    assert_eq!(journal.awaiting(OperatorId(9), &["A1"]).unwrap(), []);
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

pub(super) fn the_oldest_without_a_receipt_come_first(journal: &mut dyn Journal) {
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

pub(super) fn a_held_receipt_waits_for_its_segment(journal: &mut dyn Journal) {
    let held = |smsc_id: &str, at| HeldReceipt {
        operator: OPERATOR,
        smsc_id: smsc_id.into(),
        last_digits: if smsc_id == "A1" { 1_234_567 } else { 0 },
        at: UnixMillis(at),
        octets: bytes::Bytes::from_static(b"\0\xff\x80"),
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

pub(super) fn outcomes_go_out_in_order_and_leave_when_published(journal: &mut dyn Journal) {
    accept(journal, (1..=7).map(waiting));
    commit(
        journal,
        Changes {
            outgoing: (1..=3).map(outgoing).collect(),
            ..Changes::default()
        },
    );
    commit(
        journal,
        Changes {
            outgoing: (4..=6).map(outgoing).collect(),
            ..Changes::default()
        },
    );
    let mut reader = journal.reader().unwrap();
    let mut outbox = |after, limit| -> Vec<u64> {
        let found = reader.outbox(after, limit).unwrap();
        found
            .iter()
            .for_each(|one| assert_eq!(*one, outgoing(one.number)));
        found.iter().map(|one| one.number).collect()
    };
    assert_eq!(outbox(0, 100), [1, 2, 3, 4, 5, 6]);
    assert_eq!(outbox(0, 4), [1, 2, 3, 4]);
    assert_eq!(outbox(2, 2), [3, 4]);
    assert_eq!(outbox(6, 100), [0; 0]);
    assert_eq!(outbox(u64::MAX, 100), [0; 0]);
    commit(
        journal,
        Changes {
            published: Some(2),
            ..Changes::default()
        },
    );
    assert_eq!(outbox(0, 100), [3, 4, 5, 6]);
    commit(
        journal,
        Changes {
            published: Some(5),
            outgoing: vec![outgoing(7)],
            ..Changes::default()
        },
    );
    assert_eq!(outbox(0, 100), [6, 7]);
    assert_eq!(outbox(6, 100), [7]);
    commit(
        journal,
        Changes {
            published: Some(7),
            ..Changes::default()
        },
    );
    assert_eq!(outbox(0, 100), [0; 0]);
}

pub(super) fn a_refused_commit_leaves_nothing(journal: &mut dyn Journal) {
    let before = journal.start().unwrap();
    let mut refused = Changes {
        at: UnixMillis(99),
        accepted: vec![waiting(1)],
        progressed: vec![progressed(2, Phase::InFlight, State::Accepted)],
        cancelled: vec![key(5)],
        threads: vec![(
            waiting(1).thread,
            ThreadFacts {
                attempted: None,
                waiting: 1,
            },
        )],
        subscribers: vec![(
            waiting(1).msisdn,
            SubscriberFacts {
                submitted: vec![UnixMillis(1)],
            },
        )],
        outgoing: vec![outgoing(1)],
        ..Changes::default()
    };
    assert!(matches!(
        journal.commit(&mut refused),
        Err(JournalError::Refused { .. })
    ));
    assert_eq!(journal.start().unwrap(), before);
    assert_eq!(facts(journal, 1), Facts::default());
    assert!(!facts(journal, 5).cancelled);
    let mut reader = journal.reader().unwrap();
    assert_eq!(reader.outbox(0, 10).unwrap(), []);
    assert_eq!(reader.books().unwrap(), []);
    commit(
        journal,
        Changes {
            progressed: vec![],
            ..refused
        },
    );
    assert_eq!(facts(journal, 1).duplicate_of, Some(MessageId(1)));
}

pub(super) fn the_books_balance(journal: &mut dyn Journal) {
    let mut other = waiting(4);
    other.identity_mut().key = EventKey {
        agency: Agency::from_name("adliya").unwrap(),
        ..key(4)
    };
    let at_once = progressed(3, Phase::Settled, State::Suppressed);
    accept(journal, [waiting(1), waiting(2), at_once, other]);
    commit(
        journal,
        Changes {
            progressed: vec![progressed(1, Phase::Settled, State::Unknown)],
            ..Changes::default()
        },
    );
    commit(
        journal,
        Changes {
            progressed: vec![progressed(2, Phase::Submitted, State::Submitted)],
            ..Changes::default()
        },
    );
    let mut reader = journal.reader().unwrap();
    let kadastr = |waiting, settled| Books {
        agency: "kadastr".into(),
        accepted: 3,
        waiting,
        settled,
    };
    let adliya = Books {
        agency: "adliya".into(),
        accepted: 1,
        waiting: 1,
        settled: vec![],
    };
    let unknown = vec![(State::Suppressed, 1), (State::Unknown, 1)];
    assert_eq!(
        reader.books().unwrap(),
        [adliya.clone(), kadastr(1, unknown)]
    );

    // A receipt came after all.
    commit(
        journal,
        Changes {
            progressed: vec![progressed(1, Phase::Settled, State::Delivered)],
            ..Changes::default()
        },
    );
    let delivered = vec![(State::Delivered, 1), (State::Suppressed, 1)];
    assert_eq!(
        reader.books().unwrap(),
        [adliya.clone(), kadastr(1, delivered.clone())]
    );
    while journal.forget(UnixMillis::NEVER, 1).unwrap() > 0 {}
    assert_eq!(reader.books().unwrap(), [adliya, kadastr(1, delivered)]);
}

pub(super) fn people_find_messages(journal: &mut dyn Journal) {
    // Far apart, as messages of several days are.
    let far = |number: u64, application: &str, subscriber| {
        let mut message = waiting(number);
        message.identity_mut().application = application.into();
        message.origin_mut().msisdn = msisdn(subscriber);
        message
    };
    accept(
        journal,
        [
            far(1, "48", 1),
            far(2, "49", 2),
            far(200_000, "48", 2),
            far(9_000_000, "48", 1),
        ],
    );
    commit(
        journal,
        Changes {
            progressed: vec![progressed(2, Phase::Settled, State::Expired)],
            ..Changes::default()
        },
    );
    let mut reader = journal.reader().unwrap();
    let mut find = |question: Question, limit| ids(&reader.find(&question, limit).unwrap());
    let application = |number: &str| Question {
        application: Some(number.into()),
        ..Question::default()
    };
    assert_eq!(find(application("48"), 10), [1, 200_000, 9_000_000]);
    assert_eq!(find(application("48"), 2), [1, 200_000]);
    assert_eq!(find(application("4"), 10), [0; 0]);
    assert_eq!(
        find(
            Question {
                msisdn: Some(msisdn(2)),
                ..Question::default()
            },
            10
        ),
        [2, 200_000]
    );
    assert_eq!(
        find(
            Question {
                msisdn: Some(msisdn(2)),
                ..application("48")
            },
            10
        ),
        [200_000]
    );
    assert_eq!(
        find(
            Question {
                event: Some("e2".into()),
                ..Question::default()
            },
            10
        ),
        [2]
    );
    assert_eq!(
        find(
            Question {
                state: Some(State::Expired),
                ..Question::default()
            },
            10
        ),
        [2]
    );
    assert_eq!(
        find(
            Question {
                state: Some(State::Expired),
                ..application("48")
            },
            10
        ),
        [0; 0]
    );
    assert_eq!(find(Question::default(), 3), [1, 2, 200_000]);
}

pub(super) fn what_a_subscriber_chose_is_kept(journal: &mut dyn Journal) {
    let (chooser, other) = (msisdn(1), msisdn(2));
    let choose = |journal: &mut dyn Journal, choices: Choices| {
        let choices = vec![(chooser, choices)];
        commit(
            journal,
            Changes {
                choices,
                ..Changes::default()
            },
        );
    };
    assert_eq!(journal.choices(chooser).unwrap(), Choices::default());
    let mut chosen = Choices::default();
    chosen.language = Some(Language::Kaa);
    chosen.stop(None);
    chosen.start(Some("kadastr"));
    choose(journal, chosen.clone());
    assert_eq!(journal.choices(chooser).unwrap(), chosen);
    assert_eq!(journal.choices(other).unwrap(), Choices::default());
    choose(journal, Choices::default());
    assert_eq!(journal.choices(chooser).unwrap(), Choices::default());
}

pub(super) fn the_newest_messages_to_a_subscriber_come_first(journal: &mut dyn Journal) {
    let to_the_first = |number| {
        let mut message = waiting(number);
        message.origin_mut().msisdn = msisdn(1);
        message
    };
    accept(journal, [to_the_first(1), waiting(2), to_the_first(3)]);
    accept(journal, [to_the_first(4)]);
    let mut newest = |limit| ids(&journal.newest_to(msisdn(1), limit).unwrap());
    assert_eq!(newest(10), [4, 3, 1]);
    assert_eq!(newest(2), [4, 3]);
}

pub(super) fn what_is_settled_long_ago_is_forgotten(journal: &mut dyn Journal) {
    accept(journal, (1..=5).map(waiting));
    let settle = |at, number| Changes {
        at: UnixMillis(at),
        progressed: vec![progressed(number, Phase::Settled, State::Delivered)],
        ..Changes::default()
    };
    for (at, number) in [(100, 3), (200, 1), (300, 2)] {
        commit(journal, settle(at, number));
    }
    commit(
        journal,
        Changes {
            awaiting: vec![awaiting(3, 0, "A1", 100)],
            ..Changes::default()
        },
    );
    assert_eq!(journal.forget(UnixMillis(99), 10).unwrap(), 0);
    assert_eq!(journal.forget(UnixMillis(200), 1).unwrap(), 1);
    assert_eq!(journal.forget(UnixMillis(200), 10).unwrap(), 1);
    assert_eq!(journal.forget(UnixMillis(200), 10).unwrap(), 0);
    for (number, known) in [(1, false), (2, true), (3, false), (4, true)] {
        assert_eq!(
            journal.message(MessageId(number)).unwrap().is_some(),
            known,
            "{number}"
        );
        assert_eq!(
            facts(journal, number).duplicate_of.is_some(),
            known,
            "{number}"
        );
    }
    assert_eq!(journal.awaiting(OPERATOR, &["A1"]).unwrap(), []);
    assert_eq!(
        journal
            .unreceipted(SubmittedPlace::default(), UnixMillis::NEVER, 10)
            .unwrap(),
        []
    );
    // Its event may come once more, and is a new one then.
    let again = renumbered(3, 6);
    accept(journal, [again]);
    assert_eq!(facts(journal, 3).duplicate_of, Some(MessageId(6)));
}

pub(super) fn a_thread_is_remembered_as_long_as_one_of_its_messages(journal: &mut dyn Journal) {
    let thread = ThreadKey(77);
    let settled = |number| {
        let mut message = progressed(number, Phase::Settled, State::Delivered);
        message.origin_mut().thread = thread;
        message
    };
    let attempted = Some(ThreadOrder {
        time: UnixMillis(1),
        id: MessageId(2),
    });
    let threads = vec![(
        thread,
        ThreadFacts {
            attempted,
            waiting: 0,
        },
    )];
    commit(
        journal,
        Changes {
            at: UnixMillis(100),
            accepted: vec![settled(1)],
            threads,
            ..Changes::default()
        },
    );
    commit(
        journal,
        Changes {
            at: UnixMillis(200),
            accepted: vec![settled(2)],
            ..Changes::default()
        },
    );
    let known = |journal: &mut dyn Journal| {
        let ask = Ask {
            key: &key(9),
            about: Some((thread, msisdn(9))),
        };
        journal.facts(&[ask]).unwrap().remove(0).thread.attempted
    };
    assert_eq!(journal.forget(UnixMillis(100), 10).unwrap(), 1);
    assert_eq!(known(journal), attempted);
}

pub(super) fn numbers_outlive_what_they_counted(journal: &mut dyn Journal) {
    assert_eq!(journal.start().unwrap(), Start::default());
    let at_once = progressed(12, Phase::Settled, State::Suppressed);
    let at = UnixMillis(50);
    commit(
        journal,
        Changes {
            at,
            accepted: vec![at_once],
            outgoing: vec![outgoing(12)],
            ..Changes::default()
        },
    );
    commit(
        journal,
        Changes {
            at: UnixMillis(60),
            published: Some(12),
            ..Changes::default()
        },
    );
    assert_eq!(journal.forget(UnixMillis::NEVER, 10).unwrap(), 1);
    let start = journal.start().unwrap();
    assert_eq!(
        start,
        Start {
            last_message: 12,
            last_outgoing: 12,
            last_held: 0,
            held: 0,
            latest: UnixMillis(60)
        }
    );
}

pub(super) fn an_operator_keeps_its_number(journal: &mut dyn Journal) {
    let ucell = journal.operator("ucell").unwrap();
    let beeline = journal.operator("beeline").unwrap();
    assert_ne!(ucell, beeline);
    assert_eq!(journal.operator("ucell").unwrap(), ucell);
    let mut reader = journal.reader().unwrap();
    assert_eq!(
        reader.operator_name(beeline).unwrap().as_deref(),
        Some("beeline")
    );
    assert_eq!(reader.operator_name(OperatorId(999)).unwrap(), None);
}

pub(super) fn what_an_agency_used_is_what_it_was_last_said_to_be(journal: &mut dyn Journal) {
    assert!(journal.used().unwrap().is_empty());
    let used = |day, messages| Used {
        day: UnixMillis(day),
        messages,
    };
    let (one, other) = (AgencyKey(1), AgencyKey(u32::MAX));
    for used in [
        vec![(one, used(0, 7)), (other, used(-5, 1))],
        vec![(one, used(86_400_000, u32::MAX))],
    ] {
        commit(
            journal,
            Changes {
                used,
                ..Changes::default()
            },
        );
    }
    let last = [(one, used(86_400_000, u32::MAX)), (other, used(-5, 1))];
    assert_eq!(journal.used().unwrap(), BTreeMap::from(last));
}

pub(super) fn a_campaign_is_dealt_out_as_far_as_was_last_said(journal: &mut dyn Journal) {
    assert!(journal.dealt().unwrap().is_empty());
    let dealt = |arrival, last| Dealt {
        arrival: UnixMillis(arrival),
        last: UnixMillis(last),
    };
    let (one, other) = (SpreadKey(1), SpreadKey(u32::MAX));
    for dealt in [
        vec![(one, dealt(1, 2)), (other, dealt(0, 7))],
        vec![(one, dealt(5, 1_795_000_000_000))],
    ] {
        commit(
            journal,
            Changes {
                dealt,
                ..Changes::default()
            },
        );
    }
    let last = [(one, dealt(5, 1_795_000_000_000)), (other, dealt(0, 7))];
    assert_eq!(journal.dealt().unwrap(), BTreeMap::from(last));
}

/// Where all samples wait.
pub(super) fn queue() -> Queue {
    waiting(1).queue()
}

pub(super) fn commit(journal: &mut dyn Journal, mut changes: Changes) {
    journal.commit(&mut changes).unwrap();
}

pub(super) fn accept(journal: &mut dyn Journal, accepted: impl IntoIterator<Item = Message>) {
    commit(
        journal,
        Changes {
            accepted: accepted.into_iter().collect(),
            ..Changes::default()
        },
    );
}

/// The same message further on.
pub(super) fn progressed(number: u64, phase: Phase, state: State) -> Message {
    let mut message = waiting(number);
    message.progress.phase = phase;
    message.progress.history.push(told(state));
    message
}

fn renumbered(number: u64, id: u64) -> Message {
    let mut message = waiting(number);
    message.identity_mut().id = MessageId(id);
    message
}

fn due(number: u64, due: i64) -> Message {
    let mut message = waiting(number);
    message.progress.due = UnixMillis(due);
    message
}

pub(super) fn awaiting(message: u64, segment: u8, smsc_id: &str, at: i64) -> Awaiting {
    let (message, at) = (MessageId(message), UnixMillis(at));
    Awaiting {
        operator: OPERATOR,
        smsc_id: smsc_id.into(),
        message,
        segment,
        at,
    }
}

pub(super) fn facts(journal: &mut dyn Journal, number: u64) -> Facts {
    let ask = Ask {
        key: &key(number),
        about: Some((ThreadKey(number), msisdn(number))),
    };
    journal.facts(&[ask]).unwrap().remove(0)
}

fn due_ids(journal: &mut dyn Journal, after: Cursor, now: UnixMillis, limit: usize) -> Vec<u64> {
    let due = journal.due(queue(), after, now, limit).unwrap();
    due.iter().map(|arrival| arrival.message.id.0).collect()
}

pub(super) fn ids(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.id.0).collect()
}

mod of_the_model {
    super::conformance!(run);

    fn run(claim: fn(&mut dyn super::Journal)) {
        claim(&mut crate::journal::model::Model::default());
    }
}
