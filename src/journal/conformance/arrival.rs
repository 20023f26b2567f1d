//! What was accepted, withdrawn and written is known again.

use std::time::Duration;

use xabar_events::Trace;

use super::*;

pub(in crate::journal) fn an_accepted_event_is_a_duplicate_afterwards(journal: &mut dyn Journal) {
    assert_eq!(facts(journal, 1), Facts::default());
    accept(journal, [waiting(1), waiting(2)]);
    assert_eq!(facts(journal, 1).duplicate_of, Some(MessageId(1)));
    assert_eq!(facts(journal, 2).duplicate_of, Some(MessageId(2)));
    assert_eq!(facts(journal, 3).duplicate_of, None);
}

pub(in crate::journal) fn an_event_is_accepted_once(journal: &mut dyn Journal) {
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

pub(in crate::journal) fn the_same_id_of_another_agency_is_another_event(
    journal: &mut dyn Journal,
) {
    accept(journal, [waiting(1)]);
    let mut other = waiting(2);
    other.identity_mut().key = EventKey {
        agency: Agency::from_name("soliq").unwrap(),
        ..key(1)
    };
    accept(journal, [other]);
    assert_eq!(facts(journal, 1).duplicate_of, Some(MessageId(1)));
}

pub(in crate::journal) fn a_withdrawn_key_is_remembered(journal: &mut dyn Journal) {
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

pub(in crate::journal) fn a_message_comes_back_as_it_was_written(journal: &mut dyn Journal) {
    let mut full = waiting(7);
    full.origin_mut().not_before = Some(UnixMillis(5));
    full.origin_mut().expires = UnixMillis::NEVER;
    full.origin_mut().thread = ThreadKey(u64::MAX - 3);
    full.identity_mut().application = "№ 12/ў".into();
    full.origin_mut().content.language = Some(Language::Kaa);
    full.origin_mut().content.params = vec![("office".into(), "Yunusobod \"DXM\"".into())];
    full.origin_mut().content.legal = true;
    full.origin_mut().content.extensions = vec![("partitionkey".into(), "7".into())];
    let parent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    full.identity_mut().trace = Trace::read(parent, Some("rojo=1")).into_context();
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
        throttled: 300,
        unbound: 2,
        unanswered: vec![0, 4],
        undelivered: Some(Undelivered {
            operator: OperatorId(3),
            code: Some("UNDELIV 001".into()),
            attempts: 1,
        }),
        withdrawn: true,
        pushed: true,
        in_ucs2: true,
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
        fruitless: vec![Fruitless {
            operator: OperatorId(2),
            attempt: 1,
            at: UnixMillis(16),
            status: None,
        }],
    };
    progress.history.push(Told {
        reason: Some(Reason::Uncertain),
        until: Some(UnixMillis(9)),
        limit: Some(Box::new(Limited {
            messages: 5,
            per: Duration::from_secs(3600),
        })),
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

pub(in crate::journal) fn a_refused_commit_leaves_nothing(journal: &mut dyn Journal) {
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
