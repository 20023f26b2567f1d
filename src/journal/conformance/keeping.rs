//! What is forgotten, and what outlives it: numbers, names, counts and choices.

use super::*;

pub(in crate::journal) fn what_a_subscriber_chose_is_kept(journal: &mut dyn Journal) {
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

pub(in crate::journal) fn a_subscriber_is_erased_and_stays_opted_out(journal: &mut dyn Journal) {
    let settled = |number, of| {
        let mut message = progressed(number, Phase::Settled, State::Delivered);
        message.origin_mut().msisdn = msisdn(of);
        message
    };
    let mut late = waiting(9);
    late.origin_mut().msisdn = msisdn(1);
    let mut all: Vec<Message> = (1..=8).map(|number| settled(number, number % 2)).collect();
    all.push(late.clone());
    accept(journal, all);
    let mut chosen = Choices::default();
    chosen.language = Some(Language::Kaa);
    chosen.stop(None);
    let submitted = SubscriberFacts {
        submitted: vec![UnixMillis(1), UnixMillis(4)],
    };
    let octets = |of: u64| format!("from {}", msisdn(of).digits()).into_bytes();
    let held = [1, 2].map(|of| HeldReceipt {
        operator: OPERATOR,
        smsc_id: "A".into(),
        last_digits: 7,
        at: UnixMillis(3),
        octets: octets(of).into(),
    });
    commit(
        journal,
        Changes {
            choices: [0, 1].map(|of| (msisdn(of), chosen.clone())).into(),
            held: (1..).zip(held.clone()).collect(),
            subscribers: vec![(msisdn(1), submitted.clone())],
            ..Changes::default()
        },
    );
    let known = |journal: &mut dyn Journal| {
        let mut reader = journal.reader().unwrap();
        let receipts = reader.held_of(msisdn(1), 7).unwrap();
        (reader.submitted_to(msisdn(1)).unwrap(), receipts)
    };
    let [of_them, _] = held;
    assert_eq!(known(journal), (submitted.clone(), vec![of_them]));
    let refused = journal.erase(msisdn(1), 7).unwrap();
    assert_eq!((refused.messages, refused.under_way), (0, 1));
    assert_eq!(journal.newest_to(msisdn(1), 9).unwrap().len(), 5);
    late = settled(9, 1);
    commit(
        journal,
        Changes {
            progressed: vec![late],
            at: UnixMillis(5),
            ..Changes::default()
        },
    );
    let erased = journal.erase(msisdn(1), 7).unwrap();
    assert_eq!((erased.messages, erased.under_way), (5, 0));
    assert_eq!(journal.newest_to(msisdn(1), 9).unwrap(), []);
    assert_eq!(journal.newest_to(msisdn(0), 9).unwrap().len(), 4);
    for number in 1..=9 {
        let message = journal.message(MessageId(number)).unwrap().unwrap();
        let whole = msisdn(number % 2);
        let expected = if number % 2 == 1 {
            whole.veiled()
        } else {
            whole
        };
        assert_eq!(message.msisdn, expected, "{number}");
    }
    assert_eq!(journal.held_for(OPERATOR, 7).unwrap().len(), 1);
    // The log is written out by now; the limits go on counting.
    assert_eq!(known(journal), (submitted, Vec::new()));
    let left = journal.choices(msisdn(1)).unwrap();
    assert!(left.hears_nobody() && left.language.is_none());
    assert_eq!(journal.choices(msisdn(0)).unwrap(), chosen);
}

pub(in crate::journal) fn what_is_purged_is_known_and_names_nobody(journal: &mut dyn Journal) {
    accept(journal, (1..=40).map(waiting));
    for number in 1..=30 {
        commit(
            journal,
            Changes {
                at: UnixMillis(100 + i64::try_from(number).unwrap() % 7),
                progressed: vec![progressed(number, Phase::Settled, State::Unknown)],
                ..Changes::default()
            },
        );
    }
    while journal.purge(UnixMillis(104), 3).unwrap() {}
    // Settled once more, with what is left of it.
    let mut late = journal.message(MessageId(7)).unwrap().unwrap();
    late.progress.history.push(told(State::Delivered));
    commit(
        journal,
        Changes {
            at: UnixMillis(200),
            progressed: vec![late],
            ..Changes::default()
        },
    );
    for purged_by in [104, 106] {
        while journal.purge(UnixMillis(purged_by), 3).unwrap() {}
        for number in 1..=40 {
            let is_purged = number <= 30 && 100 + number % 7 <= purged_by;
            let number = u64::try_from(number).unwrap();
            let message = journal.message(MessageId(number)).unwrap().unwrap();
            let expected = match is_purged {
                true => msisdn(number).veiled(),
                false => msisdn(number),
            };
            assert_eq!(message.msisdn, expected, "{number} by {purged_by}");
            assert!(facts(journal, number).duplicate_of.is_some(), "{number}");
        }
    }
    while journal.forget(UnixMillis(200), 3).unwrap() > 0 {}
    assert_eq!(journal.message(MessageId(1)).unwrap(), None);
}

pub(in crate::journal) fn what_is_settled_long_ago_is_forgotten(journal: &mut dyn Journal) {
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
    assert_eq!(
        journal.awaiting(OPERATOR, &["A1"], &Meant::ANY).unwrap(),
        []
    );
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

pub(in crate::journal) fn a_thread_is_remembered_as_long_as_one_of_its_messages(
    journal: &mut dyn Journal,
) {
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

pub(in crate::journal) fn numbers_outlive_what_they_counted(journal: &mut dyn Journal) {
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
            judged_by: Some(-7),
            ahead: Some(-3),
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
            latest: UnixMillis(60),
            judged_by: Some(-7),
            ahead: Some(-3)
        }
    );
}

pub(in crate::journal) fn an_operator_keeps_its_number(journal: &mut dyn Journal) {
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

pub(in crate::journal) fn what_an_agency_used_is_what_it_was_last_said_to_be(
    journal: &mut dyn Journal,
) {
    assert!(journal.used().unwrap().is_empty());
    let on = |last: i64| OnDay {
        last: UnixMillis(last),
        waiting: u32::try_from(last.abs()).unwrap() + 7,
    };
    let used = |day, messages| Used {
        day: UnixMillis(day),
        messages,
        normal: Places {
            today: on(day + 1),
            next: on(day + 2),
        },
        bulk: Places {
            today: on(day + 3),
            next: on(day + 4),
        },
        campaigns: vec![7, 0, u32::MAX],
        full: vec![false, true],
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

pub(in crate::journal) fn a_campaign_is_dealt_out_as_far_as_was_last_said(
    journal: &mut dyn Journal,
) {
    assert!(journal.dealt().unwrap().is_empty());
    let dealt = |arrival, last| Dealt {
        arrival: UnixMillis(arrival),
        last: UnixMillis(last),
        late: UnixMillis(last + 1),
        own: UnixMillis(last + 2),
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
