//! What waits: in which queue, in which order, with what is known of it.

use super::*;

pub(in crate::journal) fn what_is_due_comes_in_order_after_the_cursor(journal: &mut dyn Journal) {
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

pub(in crate::journal) fn arrivals_bring_what_is_known_of_thread_and_subscriber(
    journal: &mut dyn Journal,
) {
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

pub(in crate::journal) fn queues_are_where_something_waits(journal: &mut dyn Journal) {
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

pub(in crate::journal) fn an_agency_has_queues_of_its_own(journal: &mut dyn Journal) {
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

pub(in crate::journal) fn siblings_are_those_that_wait(journal: &mut dyn Journal) {
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

pub(in crate::journal) fn what_expires_first_is_told_first(journal: &mut dyn Journal) {
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

fn due(number: u64, due: i64) -> Message {
    let mut message = waiting(number);
    message.progress.due = UnixMillis(due);
    message
}

fn due_ids(journal: &mut dyn Journal, after: Cursor, now: UnixMillis, limit: usize) -> Vec<u64> {
    let due = journal.due(queue(), after, now, limit).unwrap();
    due.iter().map(|arrival| arrival.message.id.0).collect()
}
