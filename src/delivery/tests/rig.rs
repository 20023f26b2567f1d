//! The two ends of the sockets: an operator's task as the pipeline sees it, and an SMSC played by hand.

use std::time::Duration;

use bytes::BytesMut;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use xabar_smpp::link::{self, Events, Link};
use xabar_smpp::pdu::{BindResp, Body, Outbind, Pdu, SubmitSm};
use xabar_smpp::session::{CloseReason, Event as SmppEvent, Opening, Requests, Settings};
use xabar_smpp::values::InterfaceVersion;
use xabar_smpp::{CommandId, Frame, Octets, Status, Tag, TlvBuffer};

use crate::clock::instant;
use crate::delivery::sample::submission;
pub(super) use crate::delivery::sample::token;
use crate::delivery::{
    self, BindSettings, Classes, Directions, Directive, Event, LinkState, OperatorLink,
    OperatorSettings, Reach, Report, Senders, Token, Tuning,
};
use crate::journal::OperatorId;
use crate::tls;

/// Nothing here takes longer, unless it never happens.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    let happened = timeout(PATIENCE, happens).await;
    happened.unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// An operator's task, as the pipeline sees it.
pub(super) struct Esme {
    link: OperatorLink,
    reports: mpsc::Receiver<Report>,
    stop: CancellationToken,
    /// Events that nobody asked for yet.
    events: Vec<Event>,
    sessions_bound: usize,
}

impl Esme {
    pub(super) fn start(settings: &OperatorSettings) -> Self {
        Self::start_behind(settings, 256)
    }

    /// The same, where the pipeline may be so many reports behind.
    pub(super) fn start_behind(settings: &OperatorSettings, waiting_reports: usize) -> Self {
        Self::start_tuned((settings, Tuning::default()), waiting_reports)
    }

    /// The same, where staff has set something before.
    pub(super) fn start_tuned(tuned: (&OperatorSettings, Tuning), waiting_reports: usize) -> Self {
        let (reports_in, reports) = mpsc::channel(waiting_reports);
        let stop = CancellationToken::new();
        let link = delivery::start(OperatorId(1), tuned, reports_in, stop.clone());
        Self {
            link: link.unwrap(),
            reports,
            stop,
            events: Vec::new(),
            sessions_bound: 0,
        }
    }

    /// Settings for one session at an SMSC that listens there.
    pub(super) fn settings(address: &str) -> OperatorSettings {
        OperatorSettings {
            name: "ucell".into(),
            binds: vec![BindSettings {
                reach: Reach::Connect(vec![address.into()]),
                system_id: "xabar".into(),
                password: "secret".into(),
                system_type: String::new(),
                directions: Directions::Transceiver,
                sessions: 1,
                window: 10,
                is_own_window: false,
                tps: None,
            }],
            tls: None,
            connect: Duration::from_secs(10),
            return_after: Duration::from_secs(600),
            interface_version: InterfaceVersion::V3_4,
            senders: Senders::new("MyGov", []),
            receipts: true,
            push: None,
            tlvs: true,
            tps: None,
            kept: 10,
            enquire_link: Duration::from_secs(30),
            classes: Classes::default(),
            response: Duration::from_secs(10),
            uncertain: Duration::from_secs(10),
            drain: Duration::from_secs(5),
        }
    }

    pub(super) async fn direct(&self, directive: Directive) {
        self.link.directives.send(directive).await.unwrap();
    }

    pub(super) async fn submit(&self, tokens: impl IntoIterator<Item = Token>) {
        let directive = Directive {
            submissions: tokens
                .into_iter()
                .map(|token| submission(token, instant()))
                .collect(),
            ..Directive::default()
        };
        self.direct(directive).await;
    }

    pub(super) async fn until_bound(&mut self, sessions: usize) {
        while self.sessions_bound != sessions {
            self.report().await;
        }
    }

    /// Waits until the link's rate is below this many PDUs a second.
    pub(super) async fn until_slower_than(&mut self, rate: f64) {
        let slower = |state: &LinkState| state.rate.is_some_and(|it| it < rate);
        let state = soon("a slower rate", self.link.state.wait_for(slower)).await;
        drop(state.unwrap());
    }

    /// The next event.
    pub(super) async fn event(&mut self) -> Event {
        while self.events.is_empty() {
            self.report().await;
        }
        self.events.remove(0)
    }

    /// Waits until no more reports fit.
    pub(super) async fn until_behind(&mut self) {
        let full = async {
            while self.reports.len() < self.reports.max_capacity() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        soon("a full channel", full).await;
    }

    async fn report(&mut self) {
        let report = soon("a report", self.reports.recv()).await.unwrap();
        self.sessions_bound = report.offer.submitting;
        self.events.extend(report.events);
    }

    /// Stops; what is told until the end.
    pub(super) async fn last_events(mut self) -> Vec<Event> {
        self.stop.cancel();
        while let Some(report) = soon("the last report", self.reports.recv()).await {
            self.events.extend(report.events);
        }
        self.events
    }

    pub(super) fn told_to_stop(&self) {
        self.stop.cancel();
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        soon("the end of the task", self.link.task).await.unwrap();
    }
}

/// An SMSC that listens.
pub(super) struct Smsc(TcpListener);

impl Smsc {
    pub(super) async fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(super) fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Whether somebody connects within a moment.
    pub(super) async fn is_connected_to(&self) -> bool {
        timeout(Duration::from_millis(300), self.0.accept())
            .await
            .is_ok()
    }

    /// The next connection, without a session of ours.
    pub(super) async fn stream(&self) -> TcpStream {
        soon("a connection", self.0.accept()).await.unwrap().0
    }

    /// The next connection, before its bind is answered.
    pub(super) async fn connection(&self) -> Peer {
        let accepted = link::accept(&self.0, Opening::Listen, Settings::default());
        let (_, link, events) = soon("a connection", accepted).await.unwrap();
        Peer {
            link,
            events,
            came: Vec::new(),
        }
    }

    /// The next connection, after its handshake, if that succeeds.
    pub(super) async fn secured(&self, tls: &tls::Server) -> Option<Peer> {
        let stream = self.stream().await;
        let stream = soon("a handshake", tls.accept(stream)).await.ok()?;
        let (link, events) = link::spawn(stream, Opening::Listen, Settings::default());
        Some(Peer {
            link,
            events,
            came: Vec::new(),
        })
    }

    /// The next connection that binds, and its bind.
    pub(super) async fn binding(&self) -> (Peer, Frame) {
        loop {
            let mut peer = self.connection().await;
            if let SmppEvent::Request(bind) = peer.event().await {
                return (peer, bind);
            }
        }
    }

    /// The next connection that binds, bound.
    pub(super) async fn session(&self) -> Peer {
        let (peer, bind) = self.binding().await;
        peer.accept_bind(&bind).await;
        peer
    }
}

/// An address at which nobody listens yet.
pub(super) struct Silent(String);

impl Silent {
    pub(super) async fn address() -> Self {
        Self(Smsc::listen().await.address())
    }

    pub(super) fn get(&self) -> String {
        self.0.clone()
    }

    pub(super) async fn listen(&self) -> Smsc {
        Smsc(TcpListener::bind(&self.0).await.unwrap())
    }
}

/// The SMSC's end of one connection.
pub(super) struct Peer {
    pub(super) link: Link,
    events: Events,
    came: Vec<SmppEvent>,
}

impl Peer {
    /// Connects to us, as soon as we listen, and introduces itself.
    pub(super) async fn introduced(address: &str, system_id: &str, password: &str) -> Self {
        let outbind = Body::Outbind(Outbind {
            system_id: Octets(system_id.as_bytes()),
            password: Octets(password.as_bytes()),
            ..Outbind::default()
        });
        let outbind = Opening::Outbind(Pdu::new(1, outbind).to_frame().unwrap());
        let connected = async {
            loop {
                match TcpStream::connect(address).await {
                    Ok(stream) => return stream,
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            }
        };
        let stream = soon("a listener", connected).await;
        let (link, events) = link::spawn(stream, outbind, Settings::default());
        Self {
            link,
            events,
            came: Vec::new(),
        }
    }

    /// The next event of the session.
    pub(super) async fn event(&mut self) -> SmppEvent {
        while self.came.is_empty() {
            self.came = soon("an event", self.events.recv()).await.unwrap();
        }
        self.came.remove(0)
    }

    /// The next event that is asked for; what else happens before is passed over.
    pub(super) async fn event_of(&mut self, wanted: impl Fn(&SmppEvent) -> bool) -> SmppEvent {
        loop {
            let event = self.event().await;
            if wanted(&event) {
                return event;
            }
        }
    }

    /// The next request of the gateway's; what else happens before is passed over.
    pub(super) async fn request(&mut self) -> Frame {
        loop {
            if let SmppEvent::Request(frame) = self.event().await {
                return frame;
            }
        }
    }

    /// How the session ends; what comes before is passed over.
    pub(super) async fn end(&mut self) -> CloseReason {
        loop {
            if let SmppEvent::Closed(closed) = self.event().await {
                return closed.reason;
            }
        }
    }

    pub(super) async fn refuse_bind(&self, bind: &Frame) {
        let body = Body::BindTransceiverResp(BindResp::default());
        self.answer(bind, Status::RBINDFAIL, body).await;
    }

    /// Sends an empty message as a request of this number.
    pub(super) fn deliver(&self, number: u64) {
        let mut requests = Requests::default();
        let deliver_sm = Body::DeliverSm(SubmitSm::default());
        requests.push(number, deliver_sm).unwrap();
        self.link.try_request(requests).unwrap();
    }

    /// The number of the next request that is answered, and how. Nothing odd happens before.
    pub(super) async fn response(&mut self) -> (u64, Status) {
        loop {
            match self.event().await {
                SmppEvent::Response { token, frame, .. } => return (token, frame.header().status),
                SmppEvent::Fault(fault) => panic!("{fault:?}"),
                _ => {}
            }
        }
    }

    pub(super) async fn accept_bind(&self, bind: &Frame) {
        let body = bind.decode().unwrap().body;
        let (Body::BindTransceiver(login)
        | Body::BindTransmitter(login)
        | Body::BindReceiver(login)) = body
        else {
            panic!("no bind: {body:?}");
        };
        let mut tlvs = TlvBuffer::new();
        tlvs.push_octet(Tag::SC_INTERFACE_VERSION, login.interface_version.0);
        let resp = BindResp {
            system_id: Some("smsc".into()),
            tlvs: tlvs.as_tlvs(),
        };
        let body = match body {
            Body::BindTransmitter(_) => Body::BindTransmitterResp(resp),
            Body::BindReceiver(_) => Body::BindReceiverResp(resp),
            _ => Body::BindTransceiverResp(resp),
        };
        self.answer(bind, Status::ROK, body).await;
    }

    pub(super) async fn answer_submit(&self, submit: &Frame, status: Status, id: &str) {
        // As it stands on the wire, since it may be longer than allowed.
        let body = Body::Unknown {
            command_id: CommandId::SUBMIT_SM_RESP,
            octets: Octets(&[id.as_bytes(), b"\0"].concat()),
        };
        self.answer(submit, status, body).await;
    }

    pub(super) async fn answer(&self, request: &Frame, status: Status, body: Body<'_>) {
        let pdu = Pdu {
            status,
            sequence_number: request.header().sequence_number,
            body,
        };
        self.send(&pdu).await;
    }

    /// Sends any PDU at all, in order or not.
    pub(super) async fn send(&self, pdu: &Pdu<'_>) {
        let mut octets = BytesMut::new();
        pdu.encode(&mut octets).unwrap();
        self.link.respond(octets).await.unwrap();
    }
}

pub(super) fn submit_sm(frame: &Frame) -> SubmitSm<'_> {
    match frame.decode().unwrap().body {
        Body::SubmitSm(submit_sm) => submit_sm,
        other => panic!("no submit_sm: {other:?}"),
    }
}

/// A message goes out and is answered: the session is as good as before.
pub(super) async fn serves(esme: &mut Esme, peer: &mut Peer, message: u64) {
    esme.submit([token(message)]).await;
    let submit = peer.request().await;
    peer.answer_submit(&submit, Status::ROK, "7").await;
    let event = esme.event().await;
    assert!(
        matches!(event, Event::Answered { token: it, .. } if it == token(message)),
        "{event:?}"
    );
}
