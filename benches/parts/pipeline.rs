//! Everything that is decided of a message, from its event to its last outcome: taken in, given its turn and its text,
//! answered by the operator, delivered by a receipt. The pure core by itself, on the model of journals, without sockets.

use std::hint::black_box;
use std::time::Duration;

use tokio::sync::oneshot;
use xabar::clock::{Now, UnixMillis};
use xabar::compose::Catalog;
use xabar::delivery::{
    Event, Logins, Offer, Report, Senders, SessionKey, Submission, retry, usual,
};
use xabar::dialogue::menu::Menus;
use xabar::intake::Batch;
use xabar::journal::model::Model;
use xabar::numbers::Lists;
use xabar::pacing::{Limit, Rules, UrgentRight};
use xabar::pipeline::{Core, DialogueRules, Inputs, OperatorRules, Settings};
use xabar_events::{Event as Incoming, Language, Notification, State};
use xabar_smpp::pdu::{Body, DeliverSm, Pdu};
use xabar_smpp::receipt::Detection;
use xabar_smpp::values::EsmClass;
use xabar_smpp::{Octets, Status};
use xabar_sms::DefaultAlphabet;

use super::events::STRUCTURED;
use super::{Part, Room, Run, sample};

pub(crate) const ROOM: Room = Room {
    name: "pipeline",
    parts: &[Part::new("from the event to delivered", wave).times(WAVE)],
    beside: &[],
};

/// Messages that go their way together.
const WAVE: u32 = 500;
/// From one wave to the next, by which the one before is forgotten.
const BETWEEN: Duration = Duration::from_secs(11 * 60);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn wave() -> Run {
    let mut gateway = Gateway::new();
    Box::new(move || gateway.wave())
}

/// A core and the operator that it sends to.
struct Gateway {
    core: Core,
    example: Notification,
    started: Now,
    waves: u32,
    granted: u64,
    told: u64,
}

impl Gateway {
    fn new() -> Self {
        let started = sample::after(Duration::ZERO);
        let journal = Box::<Model>::default();
        let core = Core::start(journal, settings(), Catalog::built_in(), &started);
        Self {
            core: core.expect("it has a journal"),
            example: example(),
            started,
            waves: 0,
            granted: 0,
            told: 0,
        }
    }

    fn wave(&mut self) {
        let now = self.now();
        let first = u64::from(self.waves) * u64::from(WAVE);
        let events =
            (first..first + u64::from(WAVE)).map(|number| event(&self.example, number, now.wall));
        let events = events.collect();
        let submitted = self.beat(now, vec![Batch::new(events, oneshot::channel().0)], vec![]);
        assert_eq!(submitted.len(), WAVE as usize);
        let answers = submitted.iter().map(accepted).collect();
        self.beat(now, vec![], answers);
        let receipts = (1..).zip(&submitted);
        let receipts = receipts.map(|(number, it)| receipt(it, number, &now));
        self.beat(now, vec![], receipts.collect());
        let told = self.core.last_outgoing();
        assert_eq!(told - self.told, 3 * u64::from(WAVE));
        self.told = told;
        while self.core.forget(&now).expect("it has a journal") {}
        self.waves += 1;
    }

    fn now(&self) -> Now {
        let passed = BETWEEN * self.waves;
        Now {
            instant: self.started.instant + passed,
            steady: self.started.steady.after(passed),
            wall: self.started.wall.after(passed),
        }
    }

    fn beat(&mut self, now: Now, batches: Vec<Batch>, events: Vec<Event>) -> Vec<Submission> {
        self.granted += u64::from(WAVE);
        let login: Logins = std::iter::once(0).collect();
        let report = Report {
            operator: sample::OPERATOR,
            events,
            apart: Vec::new(),
            offer: Offer {
                granted: self.granted,
                submitting: 1,
                logins: login,
                carrying: login,
                heard: login,
                ..Offer::default()
            },
        };
        let inputs = Inputs {
            batches,
            reports: vec![report],
            published: Some(self.core.last_outgoing()),
            ..Inputs::default()
        };
        let decided = self.core.decide(now, inputs);
        let (mut changes, effects) = decided.expect("it has a journal");
        self.core.commit(&mut changes).expect("it has a journal");
        let directives = black_box(effects).directives.into_iter();
        directives
            .flat_map(|(_, directive)| directive.submissions)
            .collect()
    }
}

/// The example of the contract, with a key and a subscriber of its own.
fn event(example: &Notification, number: u64, time: UnixMillis) -> Incoming {
    let message = sample::message(number);
    Incoming::StatusChanged(Notification {
        key: message.key.clone(),
        msisdn: message.msisdn,
        time: time.into(),
        not_before: None,
        expires: None,
        ..example.clone()
    })
}

fn example() -> Notification {
    match Incoming::from_structured(STRUCTURED) {
        Ok(Incoming::StatusChanged(notification)) => notification,
        other => panic!("it is an event: {other:?}"),
    }
}

fn accepted(submission: &Submission) -> Event {
    Event::Answered {
        token: submission.token,
        class: usual(Status::ROK),
        status: Status::ROK,
        smsc_id: smsc_id(submission).into(),
    }
}

fn smsc_id(submission: &Submission) -> String {
    format!("{:X}", 0x1000_0000 + submission.token.message.0)
}

fn receipt(submission: &Submission, number: u32, now: &Now) -> Event {
    let text = format!(
        "id:{} sub:001 dlvrd:001 submit date:2611230915 done date:2611230915 stat:DELIVRD err:000 text:",
        smsc_id(submission)
    );
    let digits = submission.msisdn.digits();
    let deliver_sm = DeliverSm {
        source_addr: Octets(digits.as_bytes()),
        destination_addr: Octets(b"MyGov"),
        esm_class: EsmClass::DELIVERY_RECEIPT,
        short_message: Octets(text.as_bytes()),
        ..DeliverSm::default()
    };
    let pdu = Pdu::new(number, Body::DeliverSm(deliver_sm));
    Event::Inbound {
        session: SessionKey::default(),
        frame: pdu.to_frame().expect("its fields fit"),
        until: now.instant + BETWEEN,
    }
}

fn settings() -> Settings {
    let catalog = Catalog::built_in();
    let limit = |messages, per| Limit { messages, per };
    Settings {
        operators: vec![OperatorRules {
            name: "ucell".into(),
            prefixes: vec!["998".into()],
            weight: 1,
            fallback: Vec::new(),
            move_after: None,
            receipts: true,
            query: false,
            receipt_ids: None,
            detection: Detection::default(),
            accepted_is_delivered: false,
            alphabet: DefaultAlphabet::Gsm7,
            senders: Senders::new("MyGov", []),
            ussd: None,
            push: None,
            logins: vec!["xabar at ucell".into()],
        }],
        lists: Lists::default(),
        looked_up: false,
        rules: Rules {
            limits: vec![limit(3, DAY / 144), limit(10, DAY)],
            ..Rules::default()
        },
        urgent: UrgentRight::default(),
        legal: [].into(),
        dialogue: DialogueRules {
            answers: Vec::new(),
            help: BETWEEN,
            agencies: Vec::new(),
            menus: Menus::built_in(|language| catalog.rules(language)),
        },
        default_language: Language::UzLatn,
        expires: 3 * DAY,
        duplicates: BETWEEN,
        retention: BETWEEN,
        uncertain: BETWEEN,
        receipt: DAY,
        retry: retry::Policy::default(),
        told: State::ALL.iter().copied().collect(),
        traced: None,
    }
}
