//! The whole simulator over TCP, with the gateway's own link as ESME.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::timeout;
use xabar_smpp::link::{self, Events, Link};
use xabar_smpp::pdu::{DeliverSmResp, Pdu};
use xabar_smpp::session::{CloseReason, Event, Opening, Requests, Settings as LinkSettings};
use xabar_smpp::{Body, Status};

use super::rig::{login, message};
use crate::simulator::{
    Account, Behaviour, Dialect, Faults, Numbering, Receipts, Settings, Share, Simulator,
};

const PHONE: &str = "998901234567";

pub(super) struct Esme {
    pub(super) link: Link,
    events: Events,
    /// Ids by responses, in order, and by receipts.
    pub(super) responses: Vec<String>,
    pub(super) statuses: HashMap<Status, usize>,
    pub(super) receipts: Vec<String>,
    /// Receipts that came before the response with their id.
    pub(super) early: usize,
    pub(super) mo: Vec<Vec<u8>>,
    /// Sequence numbers of the SMSC's requests.
    numbers: HashSet<u32>,
    pub(super) closed: Option<CloseReason>,
}

impl Esme {
    pub(super) async fn bind(simulator: &Simulator, password: &'static str, window: usize) -> Self {
        let mut bind = login("xabar");
        bind.password = password.into();
        let frame = Pdu::new(1, Body::BindTransceiver(bind)).to_frame().unwrap();
        let settings = LinkSettings {
            window,
            ..LinkSettings::default()
        };
        let opened = link::connect(simulator.address(), Opening::Bind(frame), settings).await;
        let (link, events) = opened.unwrap();
        Self {
            link,
            events,
            responses: Vec::new(),
            statuses: HashMap::new(),
            receipts: Vec::new(),
            early: 0,
            mo: Vec::new(),
            numbers: HashSet::new(),
            closed: None,
        }
    }

    pub(super) async fn submit(&self, count: u64) {
        let mut requests = Requests::new();
        for token in 0..count {
            requests
                .push(token, Body::SubmitSm(message(PHONE, "Salom")))
                .unwrap();
        }
        self.link.request(requests).await.unwrap();
    }

    /// Takes events and answers deliver_sm until something is so.
    pub(super) async fn until(&mut self, done: impl Fn(&Self) -> bool) {
        let all = async {
            while !done(self) {
                let Some(events) = self.events.recv().await else {
                    break;
                };
                self.take(events).await;
            }
        };
        timeout(Duration::from_secs(20), all)
            .await
            .expect("it happens in time");
    }

    async fn take(&mut self, events: Vec<Event>) {
        let mut answers = bytes::BytesMut::new();
        for event in events {
            match event {
                Event::Response { frame, .. } => {
                    *self.statuses.entry(frame.header().status).or_default() += 1;
                    if let Body::SubmitSmResp(resp) = frame.decode().unwrap().body
                        && let Some(id) = resp.message_id
                    {
                        self.responses.push(id.as_str().unwrap().to_owned());
                    }
                }
                Event::Request(frame) => {
                    let pdu = frame.decode().unwrap();
                    self.numbers.insert(pdu.sequence_number);
                    let deliver_sm = match pdu.body {
                        Body::DeliverSm(deliver_sm) => deliver_sm,
                        Body::AlertNotification(_) => continue,
                        body => panic!("{body:?}"),
                    };
                    match deliver_sm.tlvs.receipted_message_id() {
                        Some(id) => {
                            let id = id.as_str().unwrap().to_owned();
                            self.early += usize::from(!self.responses.contains(&id));
                            self.receipts.push(id);
                        }
                        None => self.mo.push(deliver_sm.short_message.to_vec()),
                    }
                    let resp = Body::DeliverSmResp(DeliverSmResp {
                        message_id: Some("".into()),
                        ..Default::default()
                    });
                    Pdu::new(pdu.sequence_number, resp)
                        .encode(&mut answers)
                        .unwrap();
                }
                Event::Closed(closed) => self.closed = Some(closed.reason),
                _ => {}
            }
        }
        if !answers.is_empty() {
            self.link.respond(answers).await.ok();
        }
    }
}

async fn simulator(behaviour: Behaviour) -> Simulator {
    let settings = Settings {
        behaviour,
        seed: Some(7),
        tape: 100_000,
        ..Settings::default()
    };
    Simulator::start(settings).await.unwrap()
}

#[tokio::test]
async fn ten_thousand_messages_are_all_answered_and_receipted() {
    let simulator = simulator(Behaviour::default()).await;
    let mut esme = Esme::bind(&simulator, "secret", 100).await;
    esme.submit(10_000).await;
    esme.until(|esme| esme.receipts.len() == 10_000).await;
    assert_eq!(esme.responses.len(), 10_000);
    let ids: HashSet<&String> = esme.responses.iter().collect();
    assert_eq!(ids.len(), 10_000);
    assert_eq!(ids, esme.receipts.iter().collect());
    esme.link.unbind().await.unwrap();
    esme.until(|esme| esme.closed.is_some()).await;
    assert_eq!(esme.closed, Some(CloseReason::Unbound));

    let tape = simulator.handle().tape().await.unwrap();
    assert_eq!((tape.entries().len(), tape.missed()), (10_000, 0));
    assert_eq!(tape.repeats(), 9_999, "all of one text");
    let figures = simulator.stop().await.unwrap();
    assert_eq!(
        (figures.submits, figures.accepted, figures.deliveries.acked),
        (10_000, 10_000, 10_000)
    );
    assert_eq!((figures.sessions, figures.deliveries.pending), (0, 0));
}

#[tokio::test]
async fn receipts_before_their_responses_arrive_first() {
    let simulator = simulator(Behaviour {
        receipts: Receipts {
            first: Share::ALWAYS,
            ..Receipts::default()
        },
        ..Behaviour::default()
    })
    .await;
    let mut esme = Esme::bind(&simulator, "secret", 100).await;
    esme.submit(100).await;
    esme.until(|esme| esme.receipts.len() == 100 && esme.responses.len() == 100)
        .await;
    assert_eq!(esme.early, 100);
}

#[tokio::test]
async fn a_wrong_login_is_refused_with_the_status_that_says_why() {
    let account = |system_id: &str| Account {
        system_id: system_id.to_owned(),
        password: "secret".to_owned(),
    };
    for (known, password, status) in [
        ("xabar", "wrong", Status::RINVPASWD),
        ("kannel", "secret", Status::RINVSYSID),
    ] {
        let settings = Settings {
            accounts: vec![account(known)],
            ..Settings::default()
        };
        let simulator = Simulator::start(settings).await.unwrap();
        let mut esme = Esme::bind(&simulator, password, 1).await;
        esme.until(|esme| esme.closed.is_some()).await;
        assert_eq!(esme.closed, Some(CloseReason::BindRefused { status }));
    }
}

#[tokio::test]
async fn disconnects_lose_answers_but_no_receipts() {
    let mut behaviour = Behaviour::default();
    behaviour.faults.disconnect_every = Some(50);
    let simulator = simulator(behaviour).await;
    let mut esme = Esme::bind(&simulator, "secret", 100).await;
    esme.submit(100).await;
    esme.until(|esme| esme.closed.is_some()).await;
    assert!(matches!(
        esme.closed,
        Some(CloseReason::Io(_) | CloseReason::PeerClosed)
    ));
    assert!(esme.responses.len() < 50);
    let mut again = Esme::bind(&simulator, "secret", 100).await;
    again.until(|again| again.receipts.len() == 50).await;
    let figures = simulator.stop().await.unwrap();
    assert_eq!((figures.accepted, figures.disconnects), (50, 1));
}

#[tokio::test]
async fn the_handle_steers_a_running_simulator() {
    let simulator = simulator(Behaviour::default()).await;
    let handle = simulator.handle();
    let mut texts = handle.listen();
    let mut esme = Esme::bind(&simulator, "secret", 10).await;
    esme.submit(1).await;
    esme.until(|esme| esme.receipts.len() == 1).await;
    assert_eq!(texts.recv().await.unwrap().text, "Salom");
    assert_eq!(handle.texts(PHONE).await.unwrap().len(), 1);

    assert_eq!(handle.send_mo(PHONE, "555", "Holat").await, Ok(1));
    esme.until(|esme| esme.mo == [b"Holat"]).await;

    let refusing = Behaviour {
        errors: "0x0B=1".parse().unwrap(),
        ..Behaviour::default()
    };
    handle.set_behaviour(refusing.clone()).await.unwrap();
    assert_eq!(handle.behaviour().await, Ok(refusing));
    esme.submit(1).await;
    esme.until(|esme| esme.statuses.contains_key(&Status::RINVDSTADR))
        .await;

    handle.refuse_binds(true).await.unwrap();
    handle.disconnect_all().await.unwrap();
    esme.until(|esme| esme.closed.is_some()).await;
    let mut refused = Esme::bind(&simulator, "secret", 10).await;
    refused.until(|esme| esme.closed.is_some()).await;
    let status = Status::RBINDFAIL;
    assert_eq!(refused.closed, Some(CloseReason::BindRefused { status }));
    simulator.stop().await.unwrap();
    assert!(handle.figures().await.is_err());
}

#[tokio::test]
async fn a_simulator_that_stops_reading_answers_again_when_it_reads() {
    let simulator = simulator(Behaviour::default()).await;
    let handle = simulator.handle();
    let mut esme = Esme::bind(&simulator, "secret", 10).await;
    esme.submit(1).await;
    esme.until(|esme| esme.responses.len() == 1).await;
    handle.stop_reading(true).await.unwrap();
    esme.submit(1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(handle.figures().await.unwrap().submits, 1);
    handle.stop_reading(false).await.unwrap();
    esme.until(|esme| esme.responses.len() == 2).await;
}

#[tokio::test]
async fn however_the_smsc_numbers_its_requests_their_answers_find_them() {
    for numbering in [Numbering::FromZero, Numbering::High, Numbering::Same] {
        let simulator = simulator(Behaviour {
            dialect: Dialect {
                numbering,
                alerts: "20%".parse().unwrap(),
                ..Dialect::default()
            },
            ..Behaviour::default()
        })
        .await;
        let mut esme = Esme::bind(&simulator, "secret", 50).await;
        esme.submit(500).await;
        esme.until(|esme| esme.receipts.len() == 500).await;
        let figures = simulator.stop().await.unwrap();
        let deliveries = figures.deliveries;
        assert_eq!((deliveries.acked, deliveries.repeated), (500, 0));
        assert_eq!(figures.faults, 0, "{numbering:?}");
        let numbers = esme.numbers;
        match numbering {
            Numbering::FromZero => assert!(numbers.contains(&0)),
            Numbering::High => assert!(numbers.iter().all(|number| *number > 0x8000_0000)),
            _ => assert_eq!(numbers.len(), 1),
        }
    }
}

#[tokio::test]
async fn a_mute_simulator_takes_messages_and_says_nothing() {
    let simulator = simulator(Behaviour::default()).await;
    let mut esme = Esme::bind(&simulator, "secret", 50).await;
    esme.submit(1).await;
    esme.until(|esme| esme.receipts.len() == 1).await;
    let mute = Behaviour {
        faults: Faults {
            mute_after: Some(Duration::ZERO),
            ..Faults::default()
        },
        ..Behaviour::default()
    };
    let handle = simulator.handle();
    handle.set_behaviour(mute).await.unwrap();
    esme.submit(3).await;
    let taken = async {
        while handle.figures().await.unwrap().accepted < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), taken).await.unwrap();
    handle.disconnect_all().await.unwrap();
    esme.until(|esme| esme.closed.is_some()).await;
    assert_eq!(esme.responses.len(), 1, "of those before");
}
