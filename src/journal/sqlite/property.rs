//! Whatever is done to it, the journal answers as a simple one in memory does.

use std::collections::BTreeSet;

use proptest::prelude::*;
use xabar_events::{Agency, EventKey, Msisdn, State};

use super::*;
use crate::control::books::{Reckoning, Scope, Statement};
use crate::journal::conformance::awaiting;
use crate::journal::model::Model;
use crate::journal::sample::{key, msisdn, told, waiting};
use crate::journal::{
    Books, Lane, Outgoing, Phase, Question, Segment, SubscriberFacts, ThreadFacts, ThreadOrder,
};
use crate::scratch::Folder;

/// One thing done in a beat, from two small numbers.
#[derive(Clone, Copy, Debug)]
enum Step {
    Accept(u8, u8),
    Progress(u8, u8),
    Thread(u8, u8),
    Subscriber(u8, u8),
    Await(u8, u8),
    Hold(u8),
    Release(u8),
    Outgoing,
    Published(u8),
    Cancel(u8),
}

/// What happens between two looks at both journals.
#[derive(Clone, Debug)]
enum Turn {
    Beat(Vec<Step>),
    Forget { back: u8 },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let two = (any::<u8>(), any::<u8>());
    prop_oneof![
        4 => two.prop_map(|(a, b)| Step::Accept(a, b)),
        4 => two.prop_map(|(a, b)| Step::Progress(a, b)),
        2 => two.prop_map(|(a, b)| Step::Thread(a, b)),
        1 => two.prop_map(|(a, b)| Step::Subscriber(a, b)),
        2 => two.prop_map(|(a, b)| Step::Await(a, b)),
        1 => any::<u8>().prop_map(Step::Hold),
        1 => any::<u8>().prop_map(Step::Release),
        3 => Just(Step::Outgoing),
        1 => any::<u8>().prop_map(Step::Published),
        1 => any::<u8>().prop_map(Step::Cancel),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        8 => proptest::collection::vec(step(), 1..12).prop_map(Turn::Beat),
        2 => any::<u8>().prop_map(|back| Turn::Forget { back: back % 8 }),
        1 => Just(Turn::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn answers_as_the_model_does(turns in proptest::collection::vec(turn(), 1..14), collide: bool, hurry: bool) {
        let folder = Folder::new();
        let path = folder.path("xabar.db");
        let reopen = || {
            let hash_mask = if collide { 3 } else { u64::MAX };
            let mut journal = SqliteJournal::open_with(&path, hash_mask).unwrap();
            if hurry {
                tests::hurry(&mut journal);
            }
            journal
        };
        let (mut journal, mut model, mut story) = (Some(reopen()), Model::default(), Story::default());
        for turn in turns {
            if matches!(turn, Turn::Reopen) {
                journal = None;
            }
            let real = journal.get_or_insert_with(reopen);
            match turn {
                Turn::Beat(steps) => {
                    let mut changes = story.beat(&steps);
                    model.commit(&mut changes.clone()).unwrap();
                    real.commit(&mut changes).unwrap();
                }
                Turn::Forget { back } => {
                    let before = UnixMillis(story.now - i64::from(back));
                    assert_eq!(real.forget(before, 1000).unwrap(), model.forget(before, 1000).unwrap());
                    assert_eq!(real.forget_held(before, 1000).unwrap(), model.forget_held(before, 1000).unwrap());
                    story.forget(|message| Journal::message(&mut model.clone(), message.id).unwrap().is_some());
                }
                Turn::Reopen => {}
            }
            assert_same(real, &mut model, &story);
        }
    }
}

/// What was done so far, so that the next step is one that the pipeline might take.
#[derive(Default)]
struct Story {
    now: i64,
    last_message: u64,
    last_held: u64,
    last_outgoing: u64,
    messages: Vec<Message>,
    /// Threads that had messages, and then none: a journal may know or have forgotten what it knew of them.
    ended: BTreeSet<ThreadKey>,
}

impl Story {
    fn has_messages(&self, thread: ThreadKey) -> bool {
        self.messages.iter().any(|it| it.thread == thread)
    }

    fn forget(&mut self, kept: impl Fn(&Message) -> bool) {
        let before: Vec<ThreadKey> = self.messages.iter().map(|it| it.thread).collect();
        self.messages.retain(kept);
        let ended = before
            .into_iter()
            .filter(|thread| !self.has_messages(*thread));
        let ended: Vec<ThreadKey> = ended.collect();
        self.ended.extend(ended);
    }

    fn beat(&mut self, steps: &[Step]) -> Changes {
        self.now += 1;
        let mut changes = Changes {
            at: UnixMillis(self.now),
            ..Changes::default()
        };
        for step in steps {
            self.step(*step, &mut changes);
        }
        self.messages.extend(changes.accepted.iter().cloned());
        changes
    }

    fn step(&mut self, step: Step, changes: &mut Changes) {
        match step {
            Step::Accept(a, b) => changes.accepted.push(self.accept(a, b)),
            Step::Progress(a, b) => {
                let progressed = self.progress(a, b);
                let again =
                    |known: &Message| progressed.as_ref().is_some_and(|it| it.id == known.id);
                changes.progressed.retain(|known| !again(known));
                changes.progressed.extend(progressed);
            }
            Step::Thread(a, b) if self.has_messages(thread(a)) => {
                changes.threads.push((thread(a), self.thread_facts(b)));
            }
            Step::Thread(..) => {}
            Step::Subscriber(a, b) => changes
                .subscribers
                .push((subscriber(a), self.submissions(b))),
            Step::Await(a, b) => changes.awaiting.extend(self.some(a).map(|message| {
                awaiting(message.id.0, b % 3, SMSC_IDS[usize::from(b % 4)], self.now)
            })),
            Step::Hold(a) => {
                self.last_held += 1;
                changes.held.push((self.last_held, self.held(a)));
            }
            Step::Release(a) => changes.released.push(u64::from(a) % (self.last_held + 1)),
            Step::Outgoing => {
                let touched = changes.accepted.last().or(changes.progressed.last());
                if let Some(message) = touched {
                    self.last_outgoing += 1;
                    let outgoing = Outgoing::of(message, self.last_outgoing, 1);
                    changes.outgoing.extend(outgoing);
                }
            }
            Step::Published(a) => changes.published = Some(u64::from(a) % (self.last_outgoing + 1)),
            Step::Cancel(a) => changes.cancelled.push(key(1000 + u64::from(a % 5))),
        }
    }

    fn accept(&mut self, a: u8, b: u8) -> Message {
        self.last_message += 1;
        let mut message = waiting(self.last_message);
        message.identity_mut().key = event(self.last_message);
        message.identity_mut().application = format!("{}", a % 4).into();
        message.origin_mut().msisdn = subscriber(b);
        message.origin_mut().thread = thread(a);
        if a.is_multiple_of(5) {
            message.identity_mut().key.agency = Agency::from_name("adliya").unwrap();
        }
        message.origin_mut().lane = Lane::ALL[usize::from(b % 4)];
        message.origin_mut().time = UnixMillis(i64::from(a));
        message.origin_mut().accepted_at = UnixMillis(self.now + i64::from(a % 3) * 86_400_000);
        message.origin_mut().expires = UnixMillis(i64::from(b % 32));
        stand(&mut message, a, b);
        message
    }

    fn progress(&self, a: u8, b: u8) -> Option<Message> {
        let mut message = self.some(a)?.clone();
        stand(&mut message, b, a);
        message.progress.attempt.attempts = u16::from(b);
        message.progress.attempt.segments.push(Segment::Waiting);
        message.progress.attempt.unanswered = vec![0, 0, 0, u8::from(b.is_multiple_of(2))];
        Some(message)
    }

    fn some(&self, a: u8) -> Option<&Message> {
        self.messages
            .get(usize::from(a) % self.messages.len().max(1))
    }

    fn thread_facts(&self, b: u8) -> ThreadFacts {
        let attempted = self
            .some(b)
            .filter(|_| !b.is_multiple_of(3))
            .map(|message| message.order());
        let order = attempted.map(|order| ThreadOrder {
            time: UnixMillis(i64::from(b)),
            ..order
        });
        ThreadFacts {
            attempted: order,
            waiting: u32::from(b % 3),
        }
    }

    fn submissions(&self, b: u8) -> SubscriberFacts {
        SubscriberFacts {
            submitted: (0..i64::from(b % 4))
                .map(|back| UnixMillis(self.now - back))
                .collect(),
        }
    }

    fn held(&self, a: u8) -> HeldReceipt {
        HeldReceipt {
            operator: OperatorId(1),
            smsc_id: SMSC_IDS[usize::from(a % 4)].into(),
            last_digits: u32::from(a % 3),
            at: UnixMillis(self.now),
            octets: vec![a; 3].into(),
        }
    }
}

/// Moves a message to one of the phases, with a state that fits.
fn stand(message: &mut Message, a: u8, b: u8) {
    let (phase, state) = [
        (Phase::Waiting, State::Deferred),
        (Phase::InFlight, State::Accepted),
        (Phase::Submitted, State::Submitted),
        (Phase::Settled, State::Delivered),
        (Phase::Settled, State::Unknown),
    ][usize::from(a % 5)];
    message.progress.phase = phase;
    message.progress.operator = OperatorId(u16::from(b % 2) + 1);
    message.progress.due = UnixMillis(i64::from(b % 16));
    message.progress.history.push(told(state));
    let fate = [Segment::Accepted, Segment::Delivered][usize::from(b % 2)];
    message.progress.attempt.segments = vec![Segment::Accepted, fate, Segment::Sent];
}

fn event(number: u64) -> EventKey {
    let agency = ["kadastr", "adliya"][usize::from(number.is_multiple_of(2))];
    EventKey {
        agency: Agency::from_name(agency).unwrap(),
        ..key(number)
    }
}

fn thread(a: u8) -> ThreadKey {
    ThreadKey(u64::MAX - u64::from(a % 4))
}

fn subscriber(b: u8) -> Msisdn {
    msisdn(u64::from(b % 3))
}

const SMSC_IDS: [&str; 4] = ["A", "B", "C", "D"];

fn assert_same(real: &mut dyn Journal, model: &mut dyn Journal, story: &Story) {
    let ask = |journal: &mut dyn Journal| {
        let keys: Vec<EventKey> = (1..=story.last_message)
            .map(event)
            .chain((1000..1005).map(key))
            .collect();
        let known = |thread| story.has_messages(thread) && !story.ended.contains(&thread);
        let spread = |place: usize| u8::try_from(place % 12).unwrap();
        let asks: Vec<Ask<'_>> = (0..12)
            .cycle()
            .zip(&keys)
            .map(|(place, key)| Ask {
                key,
                about: known(thread(spread(place)))
                    .then(|| (thread(spread(place)), subscriber(spread(place)))),
            })
            .collect();
        (
            journal.start().unwrap(),
            journal.queues().unwrap(),
            journal.facts(&asks).unwrap(),
        )
    };
    assert_eq!(ask(real), ask(model));
    let lists = |journal: &mut dyn Journal| {
        let expired = [4, 20].map(|wall| journal.expired(UnixMillis(wall), 5).unwrap());
        let siblings: Vec<_> = (0..4)
            .map(|a| journal.siblings(thread(a)).unwrap())
            .collect();
        let late_after = SubmittedPlace {
            since: UnixMillis(story.now - 5),
            id: MessageId(3),
        };
        let late = [story.now - 3, story.now].map(|before| {
            journal
                .unreceipted(late_after, UnixMillis(before), 3)
                .unwrap()
        });
        let unanswered = (journal.in_flight().unwrap(), journal.uncertain().unwrap());
        (unanswered, expired, siblings, late)
    };
    assert_eq!(lists(real), lists(model));
    let receipts = |journal: &mut dyn Journal| {
        let operator = OperatorId(1);
        (
            journal.awaiting(operator, &SMSC_IDS, &Meant::ANY).unwrap(),
            journal.held(operator, &SMSC_IDS).unwrap(),
            [0, 1].map(|last_digits| journal.held_for(operator, last_digits).unwrap()),
        )
    };
    assert_eq!(receipts(real), receipts(model));
    assert_same_queues(real, model, story);
    assert_same_reader(real, model);
}

fn assert_same_queues(real: &mut dyn Journal, model: &mut dyn Journal, story: &Story) {
    for queue in model.queues().unwrap() {
        for after in [
            Cursor::default(),
            Cursor {
                due: UnixMillis(7),
                id: 4,
            },
        ] {
            for limit in [2, 100] {
                let due = |journal: &mut dyn Journal| {
                    let mut due = journal.due(queue, after, UnixMillis(12), limit).unwrap();
                    due.iter_mut()
                        .filter(|it| story.ended.contains(&it.message.thread))
                        .for_each(|it| it.thread = ThreadFacts::default());
                    due
                };
                assert_eq!(due(real), due(model));
            }
            assert_eq!(
                real.next_due(queue, after).unwrap(),
                model.next_due(queue, after).unwrap()
            );
        }
    }
}

fn assert_same_reader(real: &mut dyn Journal, model: &mut dyn Journal) {
    let questions = [
        Question::default(),
        Question {
            state: Some(State::Unknown),
            ..Question::default()
        },
        Question {
            application: Some("2".into()),
            ..Question::default()
        },
        Question {
            msisdn: Some(subscriber(1)),
            state: Some(State::Delivered),
            ..Question::default()
        },
        Question {
            event: Some("e3".into()),
            ..Question::default()
        },
        Question {
            agency: Some(Agency::from_name("adliya").unwrap()),
            ..Question::default()
        },
    ];
    let read = |journal: &mut dyn Journal| {
        let mut reader = journal.reader().unwrap();
        let found = questions
            .each_ref()
            .map(|question| reader.find(question, 4).unwrap());
        let outbox = [0, 3].map(|after| reader.outbox(after, 5).unwrap());
        let mut all = Vec::new();
        let balance = reader
            .balance(None, &mut |message| all.push(message))
            .unwrap();
        let ids = SMSC_IDS.map(|id| (OperatorId(1), vec!["?".to_owned(), id.to_owned()]));
        let last = reader.last_message().unwrap();
        // Of what is forgotten, one or the other may know the ids for longer.
        let named = match all.len() as u64 == last {
            true => reader.accepted_as(&ids).unwrap(),
            false => Vec::new(),
        };
        assert_balances(&all, &balance);
        (found, outbox, balance, all, named, last)
    };
    assert_eq!(read(real), read(model));
}

/// The journal's own books and the messages in it agree.
fn assert_balances(all: &[Message], books: &[Books]) {
    let mut reckoning = Reckoning::new(Scope::default(), Statement::default());
    all.iter().for_each(|message| reckoning.take(message));
    let name = |_| Ok::<_, JournalError>(None);
    let balance = reckoning.close(books, name).unwrap();
    assert!(balance.balanced, "{balance:#?}");
    let held: u64 = balance.operators.iter().map(|it| it.account.accepted).sum();
    assert_eq!(held, all.len() as u64);
}
