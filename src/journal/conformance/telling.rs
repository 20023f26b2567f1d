//! What agencies are told, and what people find.

use super::*;

pub(in crate::journal) fn outcomes_go_out_in_order_and_leave_when_published(
    journal: &mut dyn Journal,
) {
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

pub(in crate::journal) fn the_books_balance(journal: &mut dyn Journal) {
    let mut other = waiting(4);
    other.identity_mut().key = EventKey {
        agency: Agency::from_name("adliya").unwrap(),
        ..key(4)
    };
    other.progress.history.push(Told {
        reason: Some(Reason::QuietHours),
        ..told(State::Deferred)
    });
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
    let deferred = |count| Backlog {
        messages: 1,
        deferred: BTreeMap::from([(Reason::QuietHours, count)]),
    };
    assert_eq!(reader.backlog().unwrap(), deferred(1), "nobody has it yet");
    let kadastr = |settled| Books {
        agency: "kadastr".into(),
        accepted: 3,
        waiting: 1,
        submitted: 1,
        deferred: vec![],
        settled,
    };
    let adliya = Books {
        agency: "adliya".into(),
        accepted: 1,
        waiting: 1,
        submitted: 0,
        deferred: vec![(Reason::QuietHours, 1)],
        settled: vec![],
    };
    let unknown = vec![(State::Suppressed, 1), (State::Unknown, 1)];
    assert_eq!(reader.books().unwrap(), [adliya.clone(), kadastr(unknown)]);

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
        [adliya.clone(), kadastr(delivered.clone())]
    );
    while journal.forget(UnixMillis::NEVER, 1).unwrap() > 0 {}
    assert_eq!(reader.books().unwrap(), [adliya, kadastr(delivered)]);
}

pub(in crate::journal) fn people_find_messages(journal: &mut dyn Journal) {
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
    for (agency, found) in [("kadastr", &[1, 200_000, 9_000_000][..]), ("soliq", &[])] {
        let of_it = Question {
            agency: Some(Agency::from_name(agency).unwrap()),
            ..application("48")
        };
        assert_eq!(find(of_it, 10), found, "{agency}");
    }
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

pub(in crate::journal) fn the_newest_messages_to_a_subscriber_come_first(
    journal: &mut dyn Journal,
) {
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

pub(in crate::journal) fn traffic_is_what_waits_and_what_came_in_lately(journal: &mut dyn Journal) {
    let at = |number: u64| {
        let mut message = waiting(number);
        message.origin_mut().accepted_at = UnixMillis(i64::try_from(100 * number).unwrap());
        message
    };
    let ended = |number| {
        Message::of(
            at(number).origin().clone(),
            progressed(number, Phase::Settled, State::Expired).progress,
        )
    };
    for number in 1..=12 {
        accept(journal, [at(number)]);
        // All but the third and the tenth end with the next one.
        let before = Some(number - 1).filter(|it| ![0, 3, 10].contains(it));
        let progressed = before.map(ended).into_iter().collect();
        commit(
            journal,
            Changes {
                progressed,
                ..Changes::default()
            },
        );
    }
    let mut reader = journal.reader().unwrap();
    let mut traffic = |since, most, enough: usize| {
        let mut seen = Vec::new();
        let mut each = |message: Message| {
            seen.push(message.id.0);
            match seen.len() < enough {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        };
        reader.traffic(UnixMillis(since), most, &mut each).unwrap();
        seen
    };
    assert_eq!(traffic(800, 100, 100), [3, 8, 9, 10, 11, 12]);
    assert_eq!(traffic(801, 100, 100), [3, 9, 10, 11, 12]);
    assert_eq!(
        traffic(800, 2, 100),
        [3, 10, 11, 12],
        "the newest two, and what waits"
    );
    assert_eq!(traffic(0, 100, 100).len(), 12);
    assert_eq!(traffic(9_000, 100, 100), [3, 10, 12]);
    assert_eq!(traffic(0, 100, 2), [1, 2], "until it is enough");
}

pub(in crate::journal) fn the_past_is_told_as_the_wall_clock_read_then(journal: &mut dyn Journal) {
    for (at, ahead) in [
        (10, Some(0)),
        (20, Some(3_600_000)),
        (20, None),
        (30, Some(-5)),
    ] {
        commit(
            journal,
            Changes {
                at: UnixMillis(at),
                ahead,
                judged_by: Some(1),
                ..Changes::default()
            },
        );
    }
    assert_eq!(journal.start().unwrap().ahead, Some(-5));
    let wall_times = journal.reader().unwrap().wall_times().unwrap();
    let read = |steady| wall_times.at(UnixMillis(steady)).0;
    assert_eq!(
        [9, 19, 20, 29, 30].map(read),
        [9, 19, 3_600_020, 3_600_029, 25]
    );
}
