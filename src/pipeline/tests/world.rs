//! A small world around the pipeline: a clock moved by hand, a journal that outlives crashes, and operators
//! that do as they are told. Every beat is checked against the [`Laws`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::sync::oneshot;
use xabar_events::{
    Agency, Event as Incoming, EventKey, Language, Msisdn, Notification, Outcome, Priority, State,
    TextMap,
};
use xabar_smpp::pdu::{Body, Pdu, SubmitSm};
use xabar_smpp::values::{DataCoding, EsmClass, MessageState, Ton};
use xabar_smpp::{Frame, Octets, Status, Tag, TlvBuffer, Tlvs};
use xabar_sms::DefaultAlphabet;
use xabar_ussd::Dialect;

use super::laws::{Heard, Laws};
use crate::clock::{Now, UnixMillis};
use crate::compose::Catalog;
use crate::delivery::{
    Answer, Event, Query, Report, Screen, Senders, SessionKey, Submission, Token, retry, usual,
};
use crate::dialogue::menu::Menus;
use crate::dialogue::ussd::{Posted, Times};
use crate::intake::{Batch, Carriers, Verdict};
use crate::journal::{Books, Changes, Message, MessageId, OperatorId, Reader, sqlite};
use crate::numbers::{Lists, Numbers};
use crate::outcome::Wording;
use crate::pacing::{Limit, Rules, UrgentRight};
use crate::pipeline::{
    Core, DialogueRules, Effects, Inputs, OperatorRules, Right, Settings, UssdRules,
};
use crate::scratch::Folder;

/// A Monday, 09:15 in Tashkent.
pub(super) const START: UnixMillis = UnixMillis(1_795_407_300_000);

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// The first operator; the second one carries 99890.
pub(super) const UCELL: OperatorId = OperatorId(1);
pub(super) const BEELINE: OperatorId = OperatorId(2);

pub(super) struct World {
    core: Option<Core>,
    reader: Option<Box<dyn Reader>>,
    pub(super) settings: Settings,
    base: Instant,
    /// What the steady clock reads.
    pub(super) steady: UnixMillis,
    /// How far the wall clock is ahead of it.
    pub(super) wall_ahead: i64,
    pub(super) smscs: BTreeMap<OperatorId, Smsc>,
    arrivals: Vec<Vec<Incoming>>,
    /// Steps of USSD dialogues over HTTP, for the next beat.
    pub(super) posted: Vec<Posted>,
    /// Lists of numbers for the next beat.
    pub(super) ported: Option<Arc<Numbers>>,
    pub(super) blocked: Option<Arc<Numbers>>,
    pub(super) reassigned: Option<Arc<Numbers>>,
    /// What was looked up of the numbers that come in.
    pub(super) carriers: Carriers,
    pub(super) outcomes: Vec<Outcome<'static>>,
    wording: Wording,
    pub(super) laws: Laws,
    pub(super) beats: u64,
    /// What breaks the pipeline, to see whether the laws notice.
    pub(super) saboteur: Option<Box<dyn Saboteur>>,
    folder: Folder,
}

/// Spoils what goes into the pipeline or comes out of it, unseen by the laws.
pub(super) trait Saboteur: Send {
    fn inputs(&mut self, _inputs: &mut Inputs) {}

    fn effects(&mut self, _now: &Now, _changes: &mut Changes, _effects: &mut Effects) {}
}

/// An operator at the other end.
#[derive(Debug, Default)]
pub(super) struct Smsc {
    /// Sessions bound; none is an outage.
    pub(super) sessions: usize,
    /// How many submissions it takes at once.
    pub(super) room: u64,
    taken: u64,
    /// What the pipeline hears with the next beat.
    pub(super) events: Vec<Event>,
    /// What was submitted and not yet looked at.
    pub(super) sent: Vec<Sent>,
    /// What it was asked and has not yet looked at.
    pub(super) queries: Vec<Query>,
    /// How its own requests were answered.
    pub(super) answers: Vec<Answer>,
    /// Screens of USSD dialogues that it got and has not yet looked at.
    pub(super) screens: Vec<Screen>,
    requests: u32,
}

/// One segment as the operator got it.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) operator: OperatorId,
    pub(super) submission: Submission,
}

impl Sent {
    pub(super) fn token(&self) -> Token {
        self.submission.token
    }

    pub(super) fn message(&self) -> u64 {
        self.submission.token.message.0
    }
}

/// A way in which a submission ends.
pub(super) type End = fn(&mut World, &Sent);

/// Where a crash comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
    BeforeCommit,
    BeforeEffects,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings();
        set(&mut settings);
        let mut world = Self {
            core: None,
            reader: None,
            laws: Laws::new(&settings),
            settings,
            base: base(),
            steady: START,
            wall_ahead: 0,
            smscs: BTreeMap::new(),
            arrivals: Vec::new(),
            posted: Vec::new(),
            ported: None,
            blocked: None,
            reassigned: None,
            carriers: Carriers::default(),
            outcomes: Vec::new(),
            wording: Wording::default(),
            beats: 0,
            saboteur: None,
            folder: Folder::in_memory(), // A simulation of days commits often.
        };
        world.start();
        world
    }

    /// Takes up where the journal left off.
    pub(super) fn start(&mut self) {
        let journal = sqlite::open(&self.folder.path("xabar.db")).unwrap();
        let now = self.now();
        let core = Core::start(
            Box::new(journal),
            self.settings.clone(),
            Catalog::built_in(),
            &now,
        )
        .unwrap();
        self.reader = Some(core.reader().unwrap());
        self.wording = Wording::new(core.operators());
        for (id, _) in core.operators() {
            let smsc = self.smscs.entry(id).or_insert_with(|| Smsc {
                sessions: 1,
                room: 1_000_000,
                ..Smsc::default()
            });
            (smsc.taken, smsc.requests) = (0, 0);
            smsc.events.clear();
        }
        self.core = Some(core);
    }

    /// As after `kill -9`: what was not committed is gone, and so are the sessions.
    pub(super) fn crash(&mut self) {
        self.reader = None;
        self.core = None;
        self.arrivals.clear();
        self.posted.clear();
        self.laws.crashed(self.steady);
        for smsc in self.smscs.values_mut() {
            smsc.events.clear();
        }
    }

    pub(super) fn restart(&mut self) {
        self.crash();
        self.start();
        self.beat();
    }

    pub(super) fn now(&self) -> Now {
        Now {
            instant: self.base + self.steady.since(START),
            steady: self.steady,
            wall: self.wall(),
        }
    }

    pub(super) fn wall(&self) -> UnixMillis {
        UnixMillis(self.steady.0 + self.wall_ahead)
    }

    /// Lets time pass at once, and then beats until nothing is left to do.
    pub(super) fn advance(&mut self, wait: Duration) {
        self.steady = self.steady.after(wait);
        self.calm();
    }

    /// Beats as often as the pipeline asks for until it wants to wait.
    pub(super) fn calm(&mut self) {
        for _ in 0..1000 {
            self.beat();
            let wait = self.wait();
            if wait > Duration::from_millis(20) {
                return;
            }
            self.steady = self.steady.after(wait.max(Duration::from_millis(1)));
        }
        panic!("the pipeline never comes to rest");
    }

    /// How many waiting messages are in memory.
    pub(super) fn held(&self) -> usize {
        self.core.as_ref().unwrap().pacer.held_in_all()
    }

    /// How long the pipeline wants to wait if nothing comes in.
    pub(super) fn wait(&self) -> Duration {
        let now = self.now();
        let deadline = self.core.as_ref().unwrap().deadline(&now);
        deadline.saturating_duration_since(now.instant)
    }

    /// One beat with all that came in.
    pub(super) fn beat(&mut self) -> Vec<Verdict> {
        let (mut inputs, replies) = self.gather();
        let heard = Heard::from(&inputs);
        let now = self.now();
        if let Some(saboteur) = &mut self.saboteur {
            saboteur.inputs(&mut inputs);
        }
        let (mut changes, mut effects) = self.decide(inputs);
        self.commit(&changes, heard);
        self.count(&effects);
        if let Some(saboteur) = &mut self.saboteur {
            saboteur.effects(&now, &mut changes, &mut effects);
        }
        self.act(changes, effects);
        replies
            .into_iter()
            .flat_map(|mut reply| reply.try_recv().unwrap())
            .collect()
    }

    /// A beat that does not come to its end.
    pub(super) fn beat_and_crash(&mut self, crash: Crash) {
        let (inputs, _replies) = self.gather();
        let heard = Heard::from(&inputs);
        let (changes, effects) = self.decide(inputs);
        if crash == Crash::BeforeEffects {
            self.commit(&changes, heard);
            self.tell(&changes);
            // Their attempts are in the journal, though nobody got them.
            for directive in effects.directives.values() {
                for submission in &directive.submissions {
                    self.laws.submitted(&self.now(), submission);
                }
            }
        }
        drop(effects);
        self.crash();
        self.start();
    }

    fn gather(&mut self) -> (Inputs, Vec<oneshot::Receiver<Vec<Verdict>>>) {
        let mut inputs = Inputs {
            ported: self.ported.take(),
            blocked: self.blocked.take(),
            reassigned: self.reassigned.take(),
            posted: std::mem::take(&mut self.posted),
            ..Inputs::default()
        };
        let mut replies = Vec::new();
        for events in self.arrivals.drain(..) {
            let (reply, verdicts) = oneshot::channel();
            inputs.batches.push(Batch {
                carriers: self.carriers.clone(),
                ..Batch::new(events, reply)
            });
            replies.push(verdicts);
        }
        for (operator, smsc) in &mut self.smscs {
            let room = if smsc.sessions > 0 { smsc.room } else { 0 };
            inputs.reports.push(Report {
                operator: *operator,
                events: std::mem::take(&mut smsc.events),
                granted: smsc.taken + room,
                sessions_bound: smsc.sessions,
            });
        }
        (inputs, replies)
    }

    fn decide(&mut self, inputs: Inputs) -> (Changes, Effects) {
        self.beats += 1;
        let now = self.now();
        self.core.as_mut().unwrap().decide(now, inputs).unwrap()
    }

    fn commit(&mut self, changes: &Changes, heard: Heard) {
        let core = self.core.as_mut().unwrap();
        core.commit(&mut changes.clone()).unwrap();
        let now = self.now();
        self.laws.committed(&now, changes, heard);
    }

    /// What each operator was given, of what it granted.
    fn count(&mut self, effects: &Effects) {
        for (operator, directive) in &effects.directives {
            self.smsc(*operator).taken += directive.submissions.len() as u64;
        }
    }

    fn act(&mut self, changes: Changes, effects: Effects) {
        self.tell(&changes);
        for (reply, verdicts) in effects.replies {
            drop(reply.send(verdicts));
        }
        for (reply, shown) in effects.shown {
            drop(reply.send(shown));
        }
        let directives: BTreeMap<_, _> = effects.directives.into_iter().collect();
        for (operator, directive) in directives {
            let now = self.now();
            let smsc = self.smscs.get_mut(&operator).expect("a known operator");
            for submission in directive.submissions {
                self.laws.submitted(&now, &submission);
                smsc.sent.push(Sent {
                    operator,
                    submission,
                });
            }
            smsc.queries.extend(directive.queries);
            smsc.screens.extend(directive.screens);
            let answers = directive
                .answers
                .into_iter()
                .flat_map(|(_, answers)| answers);
            smsc.answers.extend(answers);
        }
    }

    fn tell(&mut self, changes: &Changes) {
        for outgoing in &changes.outgoing {
            let outcome = self.wording.outcome(outgoing).into_owned();
            self.laws.told(&outcome, outgoing.number);
            self.outcomes.push(outcome);
        }
    }

    // What agencies do.

    /// Hands in events for the next beat, as one batch.
    pub(super) fn bring(&mut self, events: Vec<Incoming>) {
        self.arrivals.push(events);
    }

    pub(super) fn publish(&mut self, event: Notification) -> Verdict {
        self.bring(vec![Incoming::StatusChanged(event)]);
        self.beat()[0]
    }

    pub(super) fn publish_all(&mut self, events: impl IntoIterator<Item = Notification>) {
        self.bring(events.into_iter().map(Incoming::StatusChanged).collect());
        self.beat();
    }

    pub(super) fn cancel(&mut self, id: &str) {
        self.bring(vec![cancel("kadastr", id)]);
        self.beat();
    }

    /// What was told of an event, in order: `state` or `state reason`.
    pub(super) fn story(&self, event: &str) -> Vec<String> {
        let told = self
            .outcomes
            .iter()
            .filter(|outcome| outcome.event == event);
        told.map(|outcome| match outcome.reason {
            Some(reason) => format!("{} {reason}", outcome.state),
            None => outcome.state.to_string(),
        })
        .collect()
    }

    /// The last that was told of an event.
    pub(super) fn last(&self, event: &str) -> &Outcome<'static> {
        let mut told = self.outcomes.iter().rev();
        told.find(|outcome| outcome.event == event)
            .expect("something was told")
    }

    /// The last deferral that was told of a message.
    pub(super) fn last_deferral(&self, message: u64) -> &Outcome<'static> {
        let mut told = self.outcomes.iter().rev();
        let of =
            |it: &&Outcome<'_>| it.message == message.to_string() && it.state == State::Deferred;
        told.find(of).expect("it was put off")
    }

    /// How many messages of which agencies were called something without a right to it.
    pub(super) fn not_entitled(&mut self) -> Vec<(Right, String, u64)> {
        let counted = self.core.as_mut().unwrap().not_entitled();
        counted
            .into_iter()
            .map(|((right, agency), count)| (right, agency.into(), count))
            .collect()
    }

    /// A message as the journal has it.
    pub(super) fn journalled(&mut self, id: MessageId) -> Message {
        let reader = self.reader.as_mut().unwrap();
        reader.message(id).unwrap().unwrap()
    }

    pub(super) fn books(&mut self) -> Vec<Books> {
        self.reader.as_mut().unwrap().books().unwrap()
    }

    /// Messages that wait, are in flight or submitted. The books balance and say what agencies were told.
    pub(super) fn unsettled(&mut self) -> usize {
        let mut books = self.books();
        for books in &books {
            let settled: u64 = books.settled.iter().map(|(_, count)| count).sum();
            assert_eq!(books.accepted, books.waiting + settled, "{books:?}");
        }
        books.retain(|books| books.agency != "xabar");
        let sum = |count: fn(&Books) -> u64| books.iter().map(count).sum::<u64>();
        let waiting = usize::try_from(sum(|books| books.waiting)).unwrap();
        assert_eq!(sum(|books| books.accepted), self.laws.accepted() as u64);
        assert_eq!(waiting, self.laws.unsettled());
        waiting
    }

    // What operators do.

    pub(super) fn smsc(&mut self, operator: OperatorId) -> &mut Smsc {
        self.smscs.get_mut(&operator).unwrap()
    }

    /// A text from a phone, which is read with the next beat; gives what the SMSC is told.
    pub(super) fn writes(&mut self, msisdn: Msisdn, text: &str) -> Status {
        self.writes_with(msisdn, text, None)
    }

    /// A text from a phone, to be read with the next beat.
    pub(super) fn bring_text(&mut self, operator: OperatorId, msisdn: Msisdn, text: &str) {
        let event = Event::Inbound {
            session: SessionKey::default(),
            frame: mo(msisdn, text, None),
        };
        self.hear(operator, event);
    }

    /// The same with a reference by which the SMSC knows it again.
    pub(super) fn writes_with(
        &mut self,
        msisdn: Msisdn,
        text: &str,
        reference: Option<u16>,
    ) -> Status {
        self.brings(mo(msisdn, text, reference))
    }

    /// A request of the first operator's, which is answered; gives what it is told.
    pub(super) fn brings(&mut self, frame: Frame) -> Status {
        self.hear(
            UCELL,
            Event::Inbound {
                session: SessionKey::default(),
                frame: frame.clone(),
            },
        );
        let before = self.smsc(UCELL).answers.len();
        self.beat();
        let answers = &self.smsc(UCELL).answers[before..];
        let statuses = [Status::ROK, Status::RX_T_APPN, Status::RX_R_APPN];
        let mut given = statuses.into_iter();
        let given = given.find(|status| answers.contains(&Answer::to(&frame, *status)));
        given.expect("an answer")
    }

    /// What was submitted since it was asked last.
    pub(super) fn sent(&mut self) -> Vec<Sent> {
        let smscs = self.smscs.values_mut();
        smscs.flat_map(|smsc| smsc.sent.drain(..)).collect()
    }

    /// The one segment that was submitted since it was asked last.
    pub(super) fn one_sent(&mut self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        sent.remove(0)
    }

    pub(super) fn hear(&mut self, operator: OperatorId, event: Event) {
        self.smsc(operator).events.push(event);
    }

    /// An answer, heard with the next beat.
    pub(super) fn answer(&mut self, sent: &Sent, status: Status, smsc_id: &str) {
        let event = Event::Answered {
            token: sent.token(),
            class: usual(status),
            status,
            smsc_id: smsc_id.into(),
        };
        self.hear(sent.operator, event);
    }

    pub(super) fn accept(&mut self, sent: &Sent, smsc_id: &str) {
        self.answer(sent, Status::ROK, smsc_id);
        self.beat();
    }

    pub(super) fn refuse(&mut self, sent: &Sent, status: Status) {
        self.answer(sent, status, "");
        self.beat();
    }

    pub(super) fn time_out(&mut self, sent: &Sent) {
        self.hear(sent.operator, Event::TimedOut(sent.token()));
        self.beat();
    }

    pub(super) fn lose(&mut self, sent: &Sent) {
        self.hear(sent.operator, Event::Lost(sent.token()));
        self.beat();
    }

    pub(super) fn give_back(&mut self, sent: &Sent) {
        self.hear(sent.operator, Event::Returned(sent.token()));
        self.beat();
    }

    /// What it was asked since it was looked at last.
    pub(super) fn queries(&mut self, operator: OperatorId) -> Vec<Query> {
        std::mem::take(&mut self.smsc(operator).queries)
    }

    /// The answer to a question: a state and the network's reason, or nothing.
    pub(super) fn tell_fate(&mut self, query: &Query, told: Option<(MessageState, u8)>) {
        let token = query.token;
        self.hear(UCELL, Event::Queried { token, told });
        self.beat();
    }

    /// A receipt, heard with the next beat; gives what acknowledges it.
    pub(super) fn bring_receipt(&mut self, sent: &Sent, smsc_id: &str, stat: &str) -> Answer {
        let smsc = self.smsc(sent.operator);
        smsc.requests += 1;
        let frame = receipt(sent.submission.msisdn, smsc_id, stat, smsc.requests);
        let acknowledged = Answer::to(&frame, Status::ROK);
        smsc.events.push(Event::Inbound {
            session: SessionKey::default(),
            frame,
        });
        acknowledged
    }

    /// A receipt that returns our reference.
    pub(super) fn receipt_by_reference(&mut self, sent: &Sent, smsc_id: &str, stat: &str) {
        let mut tlvs = TlvBuffer::new();
        tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, sent.submission.reference);
        let smsc = self.smsc(sent.operator);
        smsc.requests += 1;
        let (msisdn, requests) = (sent.submission.msisdn, smsc.requests);
        let frame = receipt_with(msisdn, smsc_id, stat, requests, tlvs.as_tlvs());
        smsc.events.push(Event::Inbound {
            session: SessionKey::default(),
            frame,
        });
        self.beat();
    }

    /// A receipt in whatever words, with our reference if it returns that; gives what the SMSC is told.
    pub(super) fn receipt_in_words(&mut self, sent: &Sent, text: &str, returns: bool) -> Status {
        let mut tlvs = TlvBuffer::new();
        if returns {
            tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, sent.submission.reference);
        }
        self.receipt_saying(sent, text, tlvs.as_tlvs())
    }

    /// A receipt in whatever words and TLVs; gives what the SMSC is told.
    pub(super) fn receipt_saying(&mut self, sent: &Sent, text: &str, tlvs: Tlvs<'_>) -> Status {
        let smsc = self.smsc(sent.operator);
        smsc.requests += 1;
        let (msisdn, requests) = (sent.submission.msisdn, smsc.requests);
        let frame = receipt_of(msisdn, text, requests, tlvs);
        smsc.answers.clear();
        let event = Event::Inbound {
            session: SessionKey::default(),
            frame: frame.clone(),
        };
        self.hear(sent.operator, event);
        self.beat();
        let answers = &self.smsc(sent.operator).answers;
        let taken = answers.contains(&Answer::to(&frame, Status::ROK));
        let again = answers.contains(&Answer::to(&frame, Status::RX_T_APPN));
        assert!(taken != again, "{answers:?}");
        if taken {
            Status::ROK
        } else {
            Status::RX_T_APPN
        }
    }

    /// How many receipts are held, as the pipeline counts them.
    pub(super) fn held_receipts(&self) -> u64 {
        self.core.as_ref().unwrap().held
    }

    /// Forgets some of what is over; says whether there may be more.
    pub(super) fn forget(&mut self) -> bool {
        let now = self.now();
        self.core.as_mut().unwrap().forget(&now).unwrap()
    }

    /// The receipts that named no message, of operators that sent any since that was asked last.
    pub(super) fn unnamed_receipts(&mut self) -> Vec<(String, u64)> {
        let steady = self.steady;
        let told = self.core.as_mut().unwrap().unnamed_receipts(steady);
        told.into_iter()
            .map(|(operator, count)| (operator.into(), count))
            .collect()
    }

    pub(super) fn receipt(&mut self, sent: &Sent, smsc_id: &str, stat: &str) {
        let acknowledged = self.bring_receipt(sent, smsc_id, stat);
        self.beat();
        let answers = &self.smsc(sent.operator).answers;
        assert_eq!(answers.last(), Some(&acknowledged));
    }
}

/// A status of the first application, for the first subscriber.
pub(super) fn status(id: &str) -> Notification {
    Notification {
        key: key("kadastr", id),
        application: "48120973".parse().unwrap(),
        time: START.into(),
        service: "land-registration".parse().unwrap(),
        status: "approved".parse().unwrap(),
        msisdn: phone(0),
        language: Some(Language::UzLatn),
        priority: Priority::Normal,
        params: TextMap::default(),
        not_before: None,
        expires: None,
        legal: false,
        extensions: TextMap::default(),
    }
}

/// The same with a text of several segments.
pub(super) fn long_status(id: &str) -> Notification {
    let params = [
        (
            "documents",
            "паспорт, свидетельство о браке, справка с места жительства",
        ),
        (
            "office",
            "Центр государственных услуг Яшнабадского района города Ташкента",
        ),
    ];
    Notification {
        language: Some(Language::Ru),
        status: "documents-needed".parse().unwrap(),
        params: params.into_iter().collect(),
        ..status(id)
    }
}

/// Of another application of another subscriber, for each number.
pub(super) fn apart(number: u32) -> Notification {
    Notification {
        application: format!("{}", 10_000_000 + number).parse().unwrap(),
        msisdn: phone(number),
        ..status(&format!("apart-{number}"))
    }
}

pub(super) fn limit(messages: u32, per: Duration) -> Limit {
    Limit { messages, per }
}

pub(super) fn key(agency: &str, id: &str) -> EventKey {
    EventKey {
        agency: Agency::from_name(agency).unwrap(),
        id: id.parse().unwrap(),
    }
}

pub(super) fn cancel(agency: &str, id: &str) -> Incoming {
    Incoming::Cancel(xabar_events::Cancel {
        key: key(agency, &format!("cancel-{id}")),
        event: id.parse().unwrap(),
    })
}

/// A subscriber of the first operator.
pub(super) fn phone(number: u32) -> Msisdn {
    Msisdn::from_u64(998_930_000_000 + u64::from(number)).unwrap()
}

/// A subscriber of the second.
pub(super) fn other_phone(number: u32) -> Msisdn {
    Msisdn::from_u64(998_900_000_000 + u64::from(number)).unwrap()
}

fn settings() -> Settings {
    let operator = |name: &str, prefix: &str| OperatorRules {
        name: name.into(),
        prefixes: vec![prefix.into()],
        weight: 1,
        fallback: Vec::new(),
        move_after: None,
        receipts: true,
        query: false,
        receipt_ids: None,
        alphabet: DefaultAlphabet::Gsm7,
        senders: Senders::new("MyGov", []).answering_from(Some("555")),
        ussd: Some(UssdRules {
            dialect: Dialect::GENERIC,
            times: Times {
                answer: MINUTE,
                resume: MINUTE,
            },
        }),
        logins: vec![format!("xabar at {name}")],
    };
    Settings {
        operators: vec![operator("ucell", "99893"), operator("beeline", "99890")],
        lists: Lists::default(),
        looked_up: false,
        rules: Rules::default(),
        urgent: UrgentRight::default(),
        legal: ["kadastr".into()].into(),
        dialogue: DialogueRules {
            answers: Vec::new(),
            help: 6 * HOUR,
            agencies: Vec::new(),
            menus: menus(),
        },
        default_language: Language::UzLatn,
        expires: 72 * HOUR,
        duplicates: 7 * 24 * HOUR,
        uncertain: 30 * SECOND,
        receipt: 72 * HOUR,
        retry: retry::Policy::default(),
        told: State::ALL.iter().copied().collect(),
    }
}

fn menus() -> Menus {
    let catalog = Catalog::built_in();
    Menus::built_in(|language| catalog.rules(language))
}

/// A message from a phone to 555.
fn mo(msisdn: Msisdn, text: &str, reference: Option<u16>) -> Frame {
    let digits = msisdn.digits();
    mo_from(Ton::INTERNATIONAL, &digits, text, reference)
}

/// The same with the phone's number as it is given here.
pub(super) fn mo_from(ton: Ton, digits: &str, text: &str, reference: Option<u16>) -> Frame {
    let encoding = xabar_sms::Encoding::of(text);
    let segments =
        xabar_sms::segments(text, encoding, xabar_sms::Concatenation::Udh8).expect("a short text");
    let mut octets = Vec::new();
    segments.get(0).unwrap().write_user_data(0, &mut octets);
    let mut tlvs = TlvBuffer::new();
    if let Some(reference) = reference {
        tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, reference);
    }
    let pdu = SubmitSm {
        source_addr_ton: ton,
        source_addr: Octets(digits.as_bytes()),
        destination_addr: Octets(b"555"),
        data_coding: DataCoding(xabar_sms::DataCoding::of(encoding, None).0),
        short_message: Octets(&octets),
        tlvs: tlvs.as_tlvs(),
        ..SubmitSm::default()
    };
    Pdu::new(1, Body::DeliverSm(pdu)).to_frame().unwrap()
}

/// A delivery receipt in the words of SMPP 3.4, appendix B.
pub(super) fn receipt(msisdn: Msisdn, smsc_id: &str, stat: &str, sequence_number: u32) -> Frame {
    receipt_with(msisdn, smsc_id, stat, sequence_number, Tlvs::EMPTY)
}

pub(super) fn receipt_with(
    msisdn: Msisdn,
    smsc_id: &str,
    stat: &str,
    sequence_number: u32,
    tlvs: Tlvs<'_>,
) -> Frame {
    let text = format!(
        "id:{smsc_id} sub:001 dlvrd:001 submit date:2611230915 done date:2611230916 stat:{stat} err:000 text:"
    );
    receipt_of(msisdn, &text, sequence_number, tlvs)
}

/// A delivery receipt in whatever words.
fn receipt_of(msisdn: Msisdn, text: &str, sequence_number: u32, tlvs: Tlvs<'_>) -> Frame {
    let digits = msisdn.digits();
    let pdu = Pdu {
        status: Status::ROK,
        sequence_number,
        body: Body::DeliverSm(SubmitSm {
            source_addr: Octets(digits.as_bytes()),
            destination_addr: Octets(b"MyGov"),
            esm_class: EsmClass::DELIVERY_RECEIPT,
            short_message: Octets(text.as_bytes()),
            tlvs,
            ..SubmitSm::default()
        }),
    };
    let mut octets = BytesMut::new();
    pdu.encode(&mut octets).unwrap();
    Frame::new(octets.freeze()).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "only where the simulation starts"
)]
fn base() -> Instant {
    Instant::now()
}

pub(super) fn id(verdict: Verdict) -> MessageId {
    match verdict {
        Verdict::Accepted { id, .. } => id,
        Verdict::Cancelled => panic!("not an event"),
    }
}
