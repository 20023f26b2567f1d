//! Drives one operator: submissions in, what became of them out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use xabar_events::Msisdn;
use xabar_smpp::link::Link;
use xabar_smpp::pdu::{Body, Pdu};
use xabar_smpp::session::{self, Opening, Requests};
use xabar_smpp::{CommandId, EncodeError, Frame, Status};

use super::binds::{Line, lines};
use super::class::{Class, Classes};
use super::dispatch::{Bounds, Dispatch, Heard};
use super::inbox::Inbox;
use super::sessions::{News, Session};
use super::submission::{Sender, Submission, Token};
use super::tlvs::{Carried, Tlvs};
use super::{Answer, Directive, Event, LinkState, OperatorSettings, Report, SessionKey};
use crate::clock::instant as now;
use crate::journal::OperatorId;

/// Looks at the rate and the sessions at least this often.
const TICK: Duration = Duration::from_secs(1);

/// Runs one operator's sessions until stopped.
pub(super) struct Operator {
    id: OperatorId,
    name: String,
    sender: Sender,
    tlvs: Tlvs,
    classes: Classes,
    dispatch: Dispatch,
    slots: Vec<Slot>,
    directives: mpsc::Receiver<Directive>,
    news: mpsc::Receiver<(usize, News)>,
    reports: mpsc::Sender<Report>,
    stop: CancellationToken,
    /// Told to stop: what is bound unbinds, and nothing new is written.
    unbinding: bool,
    /// What the pipeline was told last.
    reported: (u64, usize),
    state: watch::Sender<LinkState>,
}

/// One session as the operator's task sees it.
#[derive(Default)]
struct Slot {
    link: Option<Link>,
    /// Counts the sessions of this slot, so that an answer never reaches a later one.
    generation: u32,
    carried: Carried,
    /// Encoded, not yet taken by the link.
    requests: Requests,
    /// Requests whose response did not come in time; each keeps its place in the window.
    timed_out: usize,
    /// Requests of the other end that wait for their answers.
    inbox: Inbox,
    /// To be unbound, since it goes elsewhere.
    leaving: bool,
}

impl Slot {
    async fn respond(&self, answers: &[Answer]) {
        if let Some(link) = self.link.as_ref().filter(|_| !answers.is_empty()) {
            // A session that closed meanwhile brings the request again.
            drop(link.respond(responses(answers)).await);
        }
    }
}

impl Operator {
    /// Starts the sessions; [`run`](Self::run) does the rest.
    pub(super) fn start(
        id: OperatorId,
        settings: &OperatorSettings,
        directives: mpsc::Receiver<Directive>,
        reports: mpsc::Sender<Report>,
        stop: CancellationToken,
    ) -> Result<Self, EncodeError> {
        let lines = lines(&settings.binds, settings.interface_version)?;
        let (news_out, news) = mpsc::channel(2 * lines.len().max(4));
        let returning = Arc::new(Semaphore::new(1));
        for (index, line) in lines.iter().enumerate() {
            let session = Session {
                operator: settings.name.clone(),
                index,
                addresses: line.settings.addresses.clone(),
                opening: Opening::Bind(line.opening.clone()),
                settings: session_settings(settings, line.room.window),
                return_after: settings.return_after,
                returning: Arc::clone(&returning),
            };
            tokio::spawn(session.run(news_out.clone(), stop.clone()));
        }
        let logins: Vec<_> = settings.binds.iter().map(|bind| bind.tps).collect();
        Ok(Self {
            id,
            name: settings.name.clone(),
            sender: Sender::new(&settings.senders, settings.receipts),
            tlvs: Tlvs::new(settings.tlvs),
            classes: settings.classes.clone(),
            dispatch: Dispatch::of_logins(
                lines.iter().map(|line| line.room),
                &logins,
                bounds(settings, &lines),
                now(),
            ),
            slots: lines.iter().map(|_| Slot::default()).collect(),
            directives,
            news,
            reports,
            stop,
            unbinding: false,
            reported: (0, 0),
            state: watch::Sender::default(),
        })
    }

    /// Follows how the link does.
    pub(super) fn state(&self) -> watch::Receiver<LinkState> {
        self.state.subscribe()
    }

    /// Runs until stopped and unbound; then nothing more is reported. What was not written by then is given back.
    pub(super) async fn run(mut self) {
        loop {
            let deadlines = [self.dispatch.deadline(now()), self.overdue_at()];
            let deadline = deadlines
                .into_iter()
                .flatten()
                .fold(now() + TICK, Instant::min);
            let mut events = Vec::new();
            tokio::select! {
                directive = self.directives.recv() => match directive {
                    Some(directive) => self.obey(directive).await,
                    None => return,
                },
                news = self.news.recv() => match news {
                    Some((session, news)) => self.note(session, news, &mut events),
                    None => return,
                },
                () = sleep_until(deadline.into()) => {}
                () = self.stop.cancelled(), if !self.unbinding => {
                    self.unbinding = true;
                    self.unbind().await;
                }
            }
            self.gather(&mut events);
            self.ask_again().await;
            self.let_go().await;
            let unbound = self.unbinding && self.slots.iter().all(|slot| slot.link.is_none());
            if unbound {
                self.take_the_last();
            }
            if self.unbinding {
                let unwritten = self.dispatch.unwritten();
                events.extend(unwritten.into_iter().map(Event::Returned));
            } else {
                self.write(&mut events);
            }
            if self.report(events).await.is_err() || unbound {
                return;
            }
        }
    }

    /// Takes what the pipeline gave before it heard of the end; what it gives later comes back to it.
    fn take_the_last(&mut self) {
        self.directives.close();
        while let Ok(directive) = self.directives.try_recv() {
            self.dispatch.submit(directive.submissions);
        }
    }

    /// Takes what else is there, so that one turn serves it all.
    fn gather(&mut self, events: &mut Vec<Event>) {
        while let Ok((session, news)) = self.news.try_recv() {
            self.note(session, news, events);
        }
    }

    async fn obey(&mut self, directive: Directive) {
        self.dispatch.submit(directive.submissions);
        for (key, mut answers) in directive.answers {
            let slot = self.slots.get_mut(key.index);
            if let Some(slot) = slot.filter(|slot| slot.generation == key.generation) {
                answers.retain(|answer| slot.inbox.take(answer));
                slot.respond(&answers).await;
            }
        }
    }

    /// Asks the SMSC to bring again what the journal does not take in time.
    async fn ask_again(&mut self) {
        for slot in &mut self.slots {
            let overdue = slot.inbox.overdue(now());
            if overdue.is_empty() {
                continue;
            }
            let requests = overdue.len();
            warn!(
                operator = self.name,
                requests,
                "the journal did not take the operator's requests in time: it is to bring them again"
            );
            slot.respond(&overdue).await;
        }
    }

    /// When a request will have waited too long for the journal.
    fn overdue_at(&self) -> Option<Instant> {
        let inboxes = self.slots.iter().map(|slot| &slot.inbox);
        inboxes.filter_map(Inbox::deadline).min()
    }

    fn note(&mut self, index: usize, news: News, events: &mut Vec<Event>) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        match news {
            // One that came up while the others were unbound: dropped, it closes.
            News::Up(_) if self.unbinding => {}
            News::Up(link) => {
                *slot = Slot {
                    link: Some(link),
                    generation: slot.generation + 1,
                    ..Slot::default()
                };
            }
            News::Leave => {
                slot.leaving = true;
                let unwritten = self.dispatch.unbound(index);
                events.extend(unwritten.into_iter().map(Event::Returned));
            }
            News::Events(news) => {
                for event in news {
                    self.note_event(index, event, events);
                }
            }
        }
    }

    fn note_event(&mut self, index: usize, event: session::Event, events: &mut Vec<Event>) {
        match event {
            session::Event::Bound {
                interface_version, ..
            } => {
                self.dispatch.bound(index);
                if let Some(slot) = self.slots.get_mut(index) {
                    slot.carried = self.tlvs.bound(interface_version.has_tlvs());
                }
            }
            session::Event::Response { token, frame, late } => {
                self.answered(index, token, &frame, late, events)
            }
            session::Event::TimedOut { token } => {
                events.push(Event::TimedOut(token.into()));
                self.timed_out(index);
            }
            session::Event::Request(frame) if is_alert(&frame) => self.note_alert(&frame),
            session::Event::Request(frame) => {
                let Some(slot) = self.slots.get_mut(index) else {
                    return;
                };
                slot.inbox.came(&frame, now());
                let generation = slot.generation;
                events.push(Event::Inbound {
                    session: SessionKey { index, generation },
                    frame,
                });
            }
            session::Event::Closed(closed) => self.closed(index, closed, events),
            session::Event::Sent { .. } | session::Event::Fault(_) => {}
        }
    }

    fn answered(
        &mut self,
        index: usize,
        token: u64,
        frame: &Frame,
        late: bool,
        events: &mut Vec<Event>,
    ) {
        if late && let Some(slot) = self.slots.get_mut(index) {
            slot.timed_out = slot.timed_out.saturating_sub(1);
        }
        let status = status(frame);
        let class = self.classes.of(status, frame);
        if class == Class::Session {
            self.dispatch.unused(index);
            events.push(Event::Returned(token.into()));
            self.leave(index, "the SMSC says that it is not bound");
            return;
        }
        if self.refuses_tlvs(index, token, status) {
            self.dispatch.unused(index);
            events.push(Event::Returned(token.into()));
            return;
        }
        let (smsc_id, congestion) = told(frame);
        let heard = Heard {
            token: token.into(),
            class,
            status,
            congestion,
        };
        if self.dispatch.answered(index, heard, now()) {
            let tps = self.dispatch.rate(index).map(f64::round);
            let window = self.dispatch.window(index);
            info!(operator = self.name, %status, tps, window, "the operator throttles: rate lowered");
        }
        events.push(Event::Answered {
            token: token.into(),
            class,
            status,
            smsc_id,
        });
    }

    /// A phone can be reached again. Nobody waits for that here: its messages are the operator's to deliver.
    fn note_alert(&self, frame: &Frame) {
        let Ok(Body::AlertNotification(alert)) = frame.decode().map(|pdu: Pdu<'_>| pdu.body) else {
            return;
        };
        let number = String::from_utf8_lossy(alert.source_addr.as_bytes());
        let msisdn = number.parse::<Msisdn>().ok();
        debug!(
            operator = self.name,
            ?msisdn,
            "a phone can be reached again"
        );
    }

    /// Whether only the TLVs of a submission are refused; then what follows goes without.
    fn refuses_tlvs(&mut self, index: usize, token: u64, status: Status) -> bool {
        let slot = self.slots.get_mut(index);
        let refuses = slot.is_some_and(|slot| slot.carried.refuses_tlvs(token, status));
        if refuses && self.tlvs.refused() {
            warn!(operator = self.name, %status, "the operator refuses TLVs: submissions go without from now on; set tlvs = false");
        }
        refuses
    }

    /// A response did not come in time. Where none comes any more, only a new session helps.
    fn timed_out(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        slot.timed_out += 1;
        if slot.timed_out >= self.dispatch.window(index) {
            self.leave(index, "nothing in its window was answered in time");
        }
    }

    /// Closes a session that is of no use; it is connected again. Its last event tells of what is unanswered.
    fn leave(&mut self, index: usize, why: &'static str) {
        let link = self.slots.get_mut(index).and_then(|slot| slot.link.take());
        if link.is_some() {
            warn!(
                operator = self.name,
                session = index,
                why,
                "session given up"
            );
        }
    }

    fn closed(&mut self, index: usize, closed: session::Closed, events: &mut Vec<Event>) {
        let mut returned = self.dispatch.unbound(index);
        returned.extend(closed.unsent.into_iter().map(Token::from));
        if let Some(slot) = self.slots.get_mut(index) {
            returned.extend(slot.requests.tokens().map(Token::from));
            *slot = Slot {
                generation: slot.generation,
                ..Slot::default()
            };
        }
        events.extend(returned.into_iter().map(Event::Returned));
        events.extend(
            closed
                .unanswered
                .into_iter()
                .map(|token| Event::Lost(token.into())),
        );
    }

    /// Hands the links what may be written now.
    fn write(&mut self, events: &mut Vec<Event>) {
        let now = now();
        events.extend(self.dispatch.stale(now).into_iter().map(Event::Returned));
        while let Some((index, submission)) = self.dispatch.next(now) {
            self.encode(index, &submission, events);
        }
        for slot in &mut self.slots {
            let Some(link) = slot.link.as_ref().filter(|_| !slot.requests.is_empty()) else {
                continue;
            };
            // What a full or closed link gives back is tried again, or returned when it closes.
            if let Err(requests) = link.try_request(std::mem::take(&mut slot.requests)) {
                slot.requests = requests.0;
            }
        }
    }

    fn encode(&mut self, index: usize, submission: &Submission, events: &mut Vec<Event>) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let tlvs = self
            .tlvs
            .written(&mut slot.carried, submission.token.into());
        if let Err(error) = self.sender.push(submission, tlvs, &mut slot.requests) {
            error!(operator = self.name, message = %submission.token.message, %error, "a submit_sm cannot be written");
            self.dispatch.unused(index);
            events.push(Event::Answered {
                token: submission.token,
                class: Class::OurBug,
                status: Status::RINVMSGLEN,
                smsc_id: Box::default(),
            });
        }
    }

    async fn report(&mut self, events: Vec<Event>) -> Result<(), ()> {
        let now_is = (self.dispatch.granted(now()), self.dispatch.sessions_bound());
        self.state.send_replace(self.dispatch.state());
        if events.is_empty() && now_is == self.reported {
            return Ok(());
        }
        self.reported = now_is;
        let (granted, sessions_bound) = now_is;
        let report = Report {
            operator: self.id,
            events,
            granted,
            sessions_bound,
        };
        let reports = self.reports.clone();
        let sending = reports.send(report);
        tokio::pin!(sending);
        // While the pipeline takes nothing, only what is overdue is seen to.
        loop {
            let overdue = self.overdue_at();
            tokio::select! {
                sent = &mut sending => return sent.map_err(drop),
                () = sleep_until(overdue.unwrap_or_else(now).into()), if overdue.is_some() => {
                    self.ask_again().await;
                }
            }
        }
    }

    /// Unbinds the sessions that go elsewhere. They are given nothing more; what they have is answered first.
    async fn let_go(&mut self) {
        for slot in &mut self.slots {
            if std::mem::take(&mut slot.leaving)
                && let Some(link) = &slot.link
            {
                // One that is closed already says so by its last event.
                drop(link.unbind().await);
            }
        }
    }

    async fn unbind(&mut self) {
        for link in self.slots.iter().filter_map(|slot| slot.link.as_ref()) {
            // One that is closed already says so by its last event.
            drop(link.unbind().await);
        }
    }
}

fn bounds(settings: &OperatorSettings, lines: &[Line<'_>]) -> Bounds {
    let windows = lines.iter().map(|line| line.room.window);
    Bounds {
        sessions: lines.len(),
        window: windows.max().unwrap_or_default(),
        tps: settings.tps,
        response: settings.response,
    }
}

fn session_settings(settings: &OperatorSettings, window: usize) -> session::Settings {
    session::Settings {
        window,
        response_timeout: settings.response,
        enquire_link: settings.enquire_link,
        drain_timeout: settings.drain,
        ..session::Settings::default()
    }
}

fn is_alert(frame: &Frame) -> bool {
    frame.header().command_id == CommandId::ALERT_NOTIFICATION
}

/// How a request was answered. Nothing but a `submit_sm_resp` accepts it.
fn status(frame: &Frame) -> Status {
    let header = frame.header();
    match header.command_id {
        CommandId::SUBMIT_SM_RESP => header.status,
        _ if header.status.is_ok() => Status::RUNKNOWNERR,
        _ => header.status,
    }
}

/// The id under which the operator accepted a segment, empty if it gave none, and how congested it is, if it says.
fn told(frame: &Frame) -> (Box<str>, Option<u8>) {
    let Ok(pdu) = frame.decode() else {
        return Default::default();
    };
    let pdu: Pdu<'_> = pdu;
    let congestion = pdu.tlvs().congestion_state().ok().flatten();
    let smsc_id = match pdu.body {
        Body::SubmitSmResp(response) => {
            let id = response.message_id.unwrap_or_default();
            String::from_utf8_lossy(id.0).trim().into()
        }
        _ => Box::default(),
    };
    (smsc_id, congestion)
}

fn responses(answers: &[Answer]) -> BytesMut {
    let mut octets = BytesMut::with_capacity(answers.len() * 17);
    for answer in answers {
        answer.encode(&mut octets);
    }
    octets
}
