//! Drives one operator: submissions in, what became of them out.

mod lowered;
mod news;
mod response;
mod screens;
mod sick;
mod silence;
mod slots;
mod tally;
mod unreported;
mod wanted;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use xabar_smpp::session;
use xabar_smpp::{EncodeError, Status};

use self::lowered::Lowered;
use self::screens::Screens;
use self::silence::LONGEST_GRACE;
use self::slots::Slots;
use self::tally::Tally;
use self::unreported::Unreported;
use self::wanted::Wanted;
use super::binds::lines;
use super::class::{Class, Classes};
use super::dispatch::{Bounds, Dispatch};
use super::refused_bind::Bound;
use super::returns::Returns;
use super::sessions::{News, Session};
use super::submission::{Query, Sender, Submission, Token};
use super::tlvs::Tlvs;
use super::tuning::Tuning;
use super::{BindSettings, Directive, Event, LinkState, Offer, OperatorSettings, Report};
use crate::clock::instant as now;
use crate::journal::OperatorId;

/// Looks at the rate and the sessions at least this often.
const TICK: Duration = Duration::from_secs(1);

/// A session that is given up has so long for its last answers, if no response may take longer.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// What phones wait for is written for so long before sessions unbind, if the last responses may take longer than that.
const LAST_SCREENS: Duration = Duration::from_secs(3);

/// Runs one operator's sessions until stopped.
pub(super) struct Operator {
    id: OperatorId,
    name: String,
    /// What its logins are called, by their numbers.
    logins: Vec<String>,
    sender: Sender,
    tlvs: Tlvs,
    classes: Classes,
    /// How long a response may take, and then how long a late one is waited for before its session is left.
    response: Duration,
    grace: Duration,
    /// How long a session that is given up may take for its last answers.
    last_answers: Duration,
    /// How long the last screens may take, when the gateway stops.
    last_screens: Duration,
    dispatch: Dispatch,
    slots: Slots,
    wanted: Wanted,
    screens: Screens,
    /// Requests that the journal did not take in time.
    untaken: Tally,
    /// Messages accepted without an id.
    nameless: Tally,
    lowered: Lowered,
    directives: mpsc::Receiver<Directive>,
    news: mpsc::Receiver<(usize, News)>,
    reports: mpsc::Sender<Report>,
    stop: CancellationToken,
    /// When it was told to stop: since then nothing but screens is written.
    stopped: Option<Instant>,
    /// Then what is bound unbinds, and nothing at all is written.
    unbinding: bool,
    /// What the link takes now, and what of that was reported last.
    offer: Offer,
    reported: Offer,
    state: watch::Sender<LinkState>,
}

impl Operator {
    /// Starts the sessions; [`run`](Self::run) does the rest.
    pub(super) fn start(
        id: OperatorId,
        (settings, tuning): (&OperatorSettings, Tuning),
        directives: mpsc::Receiver<Directive>,
        reports: mpsc::Sender<Report>,
        stop: CancellationToken,
    ) -> Result<Self, EncodeError> {
        let lines = lines(&settings.binds, settings.interface_version)?;
        let (news_out, news) = mpsc::channel(2 * lines.len().max(4));
        let returns = Returns::new(settings.return_after);
        let bound = settings.binds.iter().map(|bind| {
            let addresses = bind.reach.addresses().into_iter();
            addresses.map(|_| Bound::default()).collect()
        });
        let bound: Vec<Arc<[Bound]>> = bound.collect();
        let entrances: Vec<_> = settings
            .binds
            .iter()
            .map(|bind| bind.reach.entrance())
            .collect();
        let mut wanted = Wanted::new(lines.iter().map(|line| line.ordinal).collect());
        wanted.change(tuning.sessions.of(None, Some), None);
        let mut slots = Slots::new(lines.len());
        for (index, line) in lines.iter().enumerate() {
            let refusing = Arc::<AtomicBool>::default();
            if let Some(slot) = slots.get(index) {
                slot.refusing = Arc::clone(&refusing);
            }
            let session = Session {
                operator: settings.name.clone(),
                index,
                ordinal: line.ordinal,
                wanted: wanted.follow(),
                addresses: line.settings.reach.addresses(),
                entrance: entrances.get(line.room.login).cloned().flatten(),
                tls: settings.tls.clone(),
                connect: settings.connect,
                bind: line.bind,
                opening: line.opening.clone(),
                settings: session_settings(settings),
                classes: settings.classes.clone(),
                return_after: settings.return_after,
                returns: Arc::clone(&returns),
                refusing: Arc::clone(&refusing),
                bound: bound.get(line.room.login).cloned().unwrap_or_default(),
            };
            tokio::spawn(session.run(news_out.clone(), stop.clone()));
        }
        let addresses = settings.binds.iter();
        let addresses = addresses.map(|bind| bind.reach.addresses().len()).collect();
        let limits: Vec<_> = settings.binds.iter().map(|bind| bind.tps).collect();
        let mut dispatch = Dispatch::of_logins(
            lines.iter().map(|line| line.room),
            &limits,
            Bounds::of(settings, &lines),
            now(),
        )
        .at_addresses(addresses, now());
        dispatch.tune(tuning, now());
        Ok(Self {
            id,
            name: settings.name.clone(),
            logins: settings.binds.iter().map(BindSettings::login).collect(),
            sender: Sender::new(&settings.senders, settings.receipts)
                .with_pushes(settings.push.as_ref()),
            tlvs: Tlvs::new(settings.tlvs && settings.interface_version.has_tlvs()),
            classes: settings.classes.clone(),
            response: settings.response,
            grace: settings.uncertain.min(LONGEST_GRACE),
            last_answers: settings.response.min(LAST_ANSWERS),
            last_screens: (settings.drain / 2).min(LAST_SCREENS),
            dispatch,
            slots,
            wanted,
            screens: Screens::default(),
            untaken: Tally::default(),
            nameless: Tally::default(),
            lowered: Lowered::default(),
            directives,
            news,
            reports,
            stop,
            stopped: None,
            unbinding: false,
            offer: Offer::default(),
            reported: Offer::default(),
            state: watch::Sender::default(),
        })
    }

    /// Follows how the link does.
    pub(super) fn state(&self) -> watch::Receiver<LinkState> {
        self.state.subscribe()
    }

    /// Runs until stopped and unbound; then nothing more is reported. What was not written by then is given back.
    pub(super) async fn run(mut self) {
        let reports = self.reports.clone();
        let mut events = Unreported::default();
        // While the pipeline takes no reports, all else goes on.
        let mut reports_wait = false;
        let mut sessions_ended = false;
        loop {
            let deadlines = [
                self.dispatch.deadline(now()),
                self.slots.deadline(),
                self.silence_ends(),
                self.last_screens_end(),
            ];
            let deadline = deadlines
                .into_iter()
                .flatten()
                .fold(now() + TICK, Instant::min);
            tokio::select! {
                directive = self.directives.recv() => match directive {
                    Some(directive) => self.obey(directive, &mut events).await,
                    // Nobody hears any more what becomes of anything: the journal knows that it has no result.
                    None => return,
                },
                news = self.news.recv() => match news {
                    Some((session, news)) => self.note(session, news, &mut events),
                    // Told to stop, they may have ended before this task heard of it.
                    None => {
                        sessions_ended = true;
                        (self.stopped, self.unbinding) = (Some(now()), true);
                    }
                },
                room = reports.reserve(), if reports_wait => match room {
                    Ok(room) => room.send(self.report(&mut events)),
                    Err(_) => return,
                },
                () = sleep_until(deadline.into()) => {}
                () = self.stop.cancelled(), if self.stopped.is_none() => self.stopped = Some(now()),
            }
            self.gather(&mut events);
            self.tell_of_screens();
            self.ask_again(&mut events).await;
            self.leave_silent(&mut events);
            let in_flight = |session| self.dispatch.in_flight_on(session);
            self.slots.let_go(in_flight, now()).await;
            if !self.unbinding {
                self.write(&mut events);
                self.unbind_after_screens().await;
            }
            let unbound = sessions_ended || self.unbinding && self.slots.are_unbound();
            if unbound {
                self.take_the_last();
            }
            if self.stopped.is_some() {
                let unwritten = self.dispatch.unwritten();
                events.extend(unwritten.into_iter().map(Event::Returned));
            }
            let has_news = self.has_news(&events);
            if unbound {
                self.tell_of_last_screens();
                if has_news {
                    // What nobody hears any more the journal knows to have no result.
                    drop(reports.send(self.report(&mut events)).await);
                }
                return;
            }
            reports_wait = match reports.try_reserve() {
                Ok(room) if has_news => {
                    room.send(self.report(&mut events));
                    false
                }
                Ok(_) => false,
                Err(TrySendError::Full(())) => has_news,
                Err(TrySendError::Closed(())) => return,
            };
        }
    }

    /// Takes what the pipeline gave before it heard of the end; what it gives later comes back to it.
    fn take_the_last(&mut self) {
        self.directives.close();
        while let Ok(directive) = self.directives.try_recv() {
            self.dispatch.submit(directive.submissions);
            let beyond = self.dispatch.show(directive.screens);
            self.screens.lost(beyond);
        }
    }

    /// Takes what else is there, so that one turn serves it all.
    fn gather(&mut self, events: &mut Unreported) {
        while let Ok((session, news)) = self.news.try_recv() {
            self.note(session, news, events);
        }
    }

    async fn obey(&mut self, directive: Directive, events: &mut Unreported) {
        if let Some(configured) = directive.configured {
            self.dispatch.configure(configured);
        }
        self.dispatch.tune(directive.tuning, now());
        let sessions = directive.tuning.sessions.of(None, Some);
        self.wanted.change(sessions, directive.rest);
        self.let_unwanted_go(events);
        self.dispatch.submit(directive.submissions);
        let taken_back = self.dispatch.take_back(&directive.take_back);
        events.extend(taken_back.into_iter().map(Event::Returned));
        for query in self.dispatch.ask(directive.queries) {
            events.push(untold(query.token));
        }
        let mut screens = directive.screens;
        // The phone's step is acknowledged before it is answered. One that is to come again gets no screen.
        for (key, answers) in directive.answers {
            let late = self.slots.answer(key, answers).await;
            if !late.is_empty() {
                screens.retain(|screen| screen.session != key || !screen.answers_any(&late));
            }
        }
        let beyond = self.dispatch.show(screens);
        self.screens.lost(beyond);
    }

    /// Asks the SMSC to bring again what the journal does not take in time.
    async fn ask_again(&mut self, events: &mut Unreported) {
        for (session, slot) in self.slots.iter_mut() {
            let overdue = slot.inbox.overdue(now());
            if overdue.is_empty() {
                continue;
            }
            self.untaken.add(overdue.len());
            events.forget_answered(session, &overdue);
            slot.respond(&overdue).await;
        }
        if let Some(requests) = self.untaken.due(now()) {
            warn!(
                operator = self.name,
                requests,
                "the journal did not take the operator's requests in time: it is to bring them again"
            );
        }
    }

    /// Hands the links what may be written now.
    fn write(&mut self, events: &mut Unreported) {
        let now = now();
        events.extend(self.dispatch.stale(now).into_iter().map(Event::Returned));
        while self.stopped.is_none()
            && let Some((index, query)) = self.dispatch.next_query(now)
        {
            self.encode_query(index, &query, events);
        }
        self.drop_stale_screens(now);
        loop {
            if let Some((index, token, screen)) = self.dispatch.next_screen(now) {
                self.write_screen(index, token, &screen);
            } else if self.stopped.is_none()
                && let Some((index, submission)) = self.dispatch.next(now)
            {
                self.encode(index, &submission, events);
            } else {
                break;
            }
        }
        self.slots.flush();
    }

    fn encode(&mut self, index: usize, submission: &Submission, events: &mut Unreported) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        let tlvs = self
            .tlvs
            .written(&mut slot.carried, submission.token.into());
        if let Err(error) = self.sender.push(submission, tlvs, &mut slot.requests) {
            error!(operator = self.name, message = %submission.token.message, %error, "a submit_sm cannot be written");
            self.dispatch.unused(index, submission.token);
            events.push(Event::Answered {
                token: submission.token,
                class: Class::OurBug,
                status: Status::RINVMSGLEN,
                smsc_id: Box::default(),
            });
        }
    }

    fn encode_query(&mut self, index: usize, query: &Query, events: &mut Unreported) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        if let Err(error) = self.sender.push_query(query, &mut slot.requests) {
            error!(operator = self.name, message = %query.token.message, %error, "a query_sm cannot be written");
            self.dispatch.query_unwritten(index, query.token);
            events.push(untold(query.token));
        }
    }

    /// Looks what the link takes now; says whether there is something to report.
    fn has_news(&mut self, events: &Unreported) -> bool {
        self.offer = self.dispatch.offer(now());
        self.state.send_replace(self.dispatch.state());
        !events.is_empty() || self.offer != self.reported
    }

    fn report(&mut self, events: &mut Unreported) -> Report {
        self.reported = self.offer;
        Report {
            operator: self.id,
            events: events.take(),
            apart: events.take_apart(),
            offer: self.offer,
        }
    }
}

/// The operator does not say where a segment stands.
fn untold(token: Token) -> Event {
    Event::Queried { token, told: None }
}

fn session_settings(settings: &OperatorSettings) -> session::Settings {
    session::Settings {
        // It is given no more than dispatch allows, which may be told to allow more.
        window: usize::from(u16::MAX),
        response_timeout: settings.response,
        enquire_link: settings.enquire_link,
        drain_timeout: settings.drain,
        ..session::Settings::default()
    }
}
