//! Drives one operator: submissions in, what became of them out.

mod news;
mod response;
mod slots;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use xabar_smpp::session::{self, Opening};
use xabar_smpp::{EncodeError, Status};

use self::slots::Slots;
use super::binds::{Line, lines};
use super::class::{Class, Classes};
use super::dispatch::{Bounds, Dispatch};
use super::sessions::{News, Session};
use super::submission::{Query, Sender, Submission, Token};
use super::tlvs::Tlvs;
use super::{Directive, Event, LinkState, OperatorSettings, Report};
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
    slots: Slots,
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
                tls: settings.tls.clone(),
                connect: settings.connect,
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
            slots: Slots::new(lines.len()),
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
            let deadlines = [self.dispatch.deadline(now()), self.slots.overdue_at()];
            let deadline = deadlines
                .into_iter()
                .flatten()
                .fold(now() + TICK, Instant::min);
            let mut events = Vec::new();
            tokio::select! {
                directive = self.directives.recv() => match directive {
                    Some(directive) => self.obey(directive, &mut events).await,
                    None => return,
                },
                news = self.news.recv() => match news {
                    Some((session, news)) => self.note(session, news, &mut events),
                    None => return,
                },
                () = sleep_until(deadline.into()) => {}
                () = self.stop.cancelled(), if !self.unbinding => {
                    self.unbinding = true;
                    self.slots.unbind().await;
                }
            }
            self.gather(&mut events);
            self.ask_again().await;
            self.slots.let_go().await;
            let unbound = self.unbinding && self.slots.are_unbound();
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

    async fn obey(&mut self, directive: Directive, events: &mut Vec<Event>) {
        self.dispatch.submit(directive.submissions);
        for query in self.dispatch.ask(directive.queries) {
            events.push(untold(query.token));
        }
        for (key, answers) in directive.answers {
            self.slots.answer(key, answers).await;
        }
    }

    /// Asks the SMSC to bring again what the journal does not take in time.
    async fn ask_again(&mut self) {
        for slot in self.slots.iter_mut() {
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

    /// Hands the links what may be written now.
    fn write(&mut self, events: &mut Vec<Event>) {
        let now = now();
        events.extend(self.dispatch.stale(now).into_iter().map(Event::Returned));
        while let Some((index, query)) = self.dispatch.next_query(now) {
            self.encode_query(index, &query, events);
        }
        while let Some((index, submission)) = self.dispatch.next(now) {
            self.encode(index, &submission, events);
        }
        self.slots.flush();
    }

    fn encode(&mut self, index: usize, submission: &Submission, events: &mut Vec<Event>) {
        let Some(slot) = self.slots.get(index) else {
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

    fn encode_query(&mut self, index: usize, query: &Query, events: &mut Vec<Event>) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        if let Err(error) = self.sender.push_query(query, &mut slot.requests) {
            error!(operator = self.name, message = %query.token.message, %error, "a query_sm cannot be written");
            self.dispatch.query_unwritten(index, query.token);
            events.push(untold(query.token));
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
            let overdue = self.slots.overdue_at();
            tokio::select! {
                sent = &mut sending => return sent.map_err(drop),
                () = sleep_until(overdue.unwrap_or_else(now).into()), if overdue.is_some() => {
                    self.ask_again().await;
                }
            }
        }
    }
}

/// The operator does not say where a segment stands.
fn untold(token: Token) -> Event {
    Event::Queried { token, told: None }
}

fn bounds(settings: &OperatorSettings, lines: &[Line<'_>]) -> Bounds {
    let windows = lines.iter().map(|line| line.room.window);
    Bounds {
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
