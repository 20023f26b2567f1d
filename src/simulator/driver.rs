//! Carries connections, events, orders and the time between the world and the [`Smsc`].
//!
//! One task takes turns: accept, take orders, take what the links bring, tick, hand out what is to
//! be said; until none of them gets on. A link that is behind holds up only itself.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Sleep, sleep_until};
use xabar_smpp::link::{self, Events, Link, LinkClosed};
use xabar_smpp::session::{Event, Requests, Settings};

use super::entrance::{Entered, Entrance};
use super::figures::Figures;
use super::handle::Order;
use super::numbering::Renumbering;
use super::pcap::{Capture, Conversation};
use super::phones::Text;
use super::slab::Key;
use super::smsc::Smsc;
use super::wire::{Valve, Wire};
use crate::clock::Clock;

pub(super) struct Driver {
    pub(super) entrance: Entrance,
    pub(super) smsc: Smsc,
    pub(super) clock: Clock,
    pub(super) capture: Option<Arc<Capture>>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) texts: broadcast::Sender<Text>,
    lines: Vec<Line>,
    alarm: Pin<Box<Sleep>>,
    /// Accepting failed: not again before then.
    pause_until: Option<Instant>,
    /// No longer accepting; everything ends at the latest then.
    stop_at: Option<Instant>,
}

/// One connection.
struct Line {
    key: Key,
    link: Link,
    events: Events,
    valve: Arc<Valve>,
    responding: Option<Sending<()>>,
    requesting: Option<Sending<Requests>>,
    unbinding: Option<Sending<()>>,
    closed: bool,
}

type Sending<T> = Pin<Box<dyn Future<Output = Result<(), LinkClosed<T>>> + Send>>;

/// How long accepting rests after it failed, mostly for want of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often an idle driver looks around; nothing depends on it.
const IDLE: Duration = Duration::from_secs(3_600);

/// Batches taken from one link in one turn.
const BATCHES_A_TURN: usize = 4;

impl Driver {
    pub(super) fn new(
        entrance: Entrance,
        smsc: Smsc,
        clock: Clock,
        capture: Option<Arc<Capture>>,
        orders: mpsc::Receiver<Order>,
        texts: broadcast::Sender<Text>,
    ) -> Self {
        let alarm = sleep_until((clock.now().instant + IDLE).into());
        Self {
            entrance,
            smsc,
            clock,
            capture,
            orders,
            texts,
            lines: Vec::new(),
            alarm: Box::pin(alarm),
            pause_until: None,
            stop_at: None,
        }
    }

    /// Runs until it is stopped; the last figures, and how the capture went.
    pub(super) async fn run(mut self) -> (Figures, io::Result<()>) {
        poll_fn(|cx| self.poll(cx)).await;
        let figures = self.smsc.figures(self.clock.now().instant);
        for line in &self.lines {
            line.valve.cut();
        }
        let captured = self.capture.map_or(Ok(()), |capture| capture.finish());
        (figures, captured)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = self.clock.now().instant;
            let mut busy = self.accept(cx, now);
            busy |= self.obey(cx, now);
            busy |= self.hear(cx, now);
            self.smsc.tick(now);
            busy |= self.speak(cx);
            self.tell_news();
            if self.is_over(now) {
                return Poll::Ready(());
            }
            if !busy && !self.watch_time(cx) {
                return Poll::Pending;
            }
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        self.stop_at
            .is_some_and(|at| self.lines.is_empty() || at <= now)
    }

    fn accept(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if self.stop_at.is_some() || self.pause_until.is_some_and(|until| now < until) {
            return false;
        }
        self.pause_until = None;
        match self.entrance.poll_accept(cx) {
            Poll::Pending => false,
            Poll::Ready(Ok(entered)) => {
                self.connected(entered);
                true
            }
            Poll::Ready(Err(_)) => {
                self.pause_until = Some(now + ACCEPT_PAUSE);
                false
            }
        }
    }

    fn connected(&mut self, entered: Entered) {
        let Entered { stream, peer, ours } = entered;
        let begin = |capture: &Arc<Capture>| Conversation::begin(capture.clone(), peer, ours);
        let tap = self.capture.as_ref().map(begin);
        let valve = Arc::new(Valve::default());
        let renumbering = Renumbering::of(self.smsc.behaviour.dialect.numbering);
        let wire = Wire::new(stream, valve.clone(), tap, renumbering);
        let (link, events) = link::spawn(wire, self.smsc.opening(), self.link_settings());
        self.lines.push(Line {
            key: self.smsc.connected(),
            link,
            events,
            valve,
            responding: None,
            requesting: None,
            unbinding: None,
            closed: false,
        });
    }

    /// The SMSC keeps the windows itself.
    fn link_settings(&self) -> Settings {
        Settings {
            window: usize::MAX,
            inbound_window: usize::MAX,
            response_timeout: self.smsc.behaviour.receipts.repeat,
            enquire_link: self.smsc.behaviour.dialect.enquire_link,
            ..Settings::default()
        }
    }

    fn hear(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut busy = false;
        for line in &mut self.lines {
            for _ in 0..BATCHES_A_TURN {
                let Poll::Ready(events) = line.events.poll_recv(cx) else {
                    break;
                };
                let Some(events) = events else {
                    line.closed = true;
                    break;
                };
                busy = true;
                line.closed |= matches!(events.last(), Some(Event::Closed(_)));
                self.smsc.handle(now, line.key, events);
            }
        }
        busy
    }

    /// Hands out what is to be said; connections that are over and have nothing left are dropped.
    fn speak(&mut self, cx: &mut Context<'_>) -> bool {
        let mut busy = false;
        let mut unsent = Vec::new();
        for line in &mut self.lines {
            busy |= line.speak(cx, &mut self.smsc, &mut unsent);
        }
        for (key, requests) in unsent {
            self.smsc.not_delivered(Some(key), requests.tokens());
            busy = true;
        }
        self.lines
            .retain(|line| !line.closed || line.requesting.is_some());
        busy
    }

    fn tell_news(&mut self) {
        self.smsc.phones.listen(self.texts.receiver_count() > 0);
        for text in self.smsc.phones.take_news() {
            // The last listener may just have left.
            self.texts.send(text).ok();
        }
    }

    /// Sets the alarm; whether it is already time.
    fn watch_time(&mut self, cx: &mut Context<'_>) -> bool {
        let deadlines = [self.smsc.deadline(), self.pause_until, self.stop_at];
        let next = deadlines.into_iter().flatten().min();
        let next = next.unwrap_or_else(|| self.clock.now().instant + IDLE);
        if self.alarm.deadline().into_std() != next {
            self.alarm.as_mut().reset(next.into());
        }
        self.alarm.as_mut().poll(cx).is_ready()
    }
}

impl Line {
    fn speak(
        &mut self,
        cx: &mut Context<'_>,
        smsc: &mut Smsc,
        unsent: &mut Vec<(Key, Requests)>,
    ) -> bool {
        let mut busy = false;
        if let Some(output) = smsc.output(self.key) {
            if output.cut {
                self.valve.cut();
            }
            if let Some(stalled) = output.stall.take() {
                self.valve.stall(stalled);
            }
            if output.mute {
                self.valve.mute();
            }
            if std::mem::take(&mut output.unbind) {
                self.unbinding = Some(unbind(&self.link));
            }
            if self.responding.is_none() && !output.responses.is_empty() {
                self.responding = Some(respond(&self.link, output.responses.split()));
                busy = true;
            }
            if self.requesting.is_none() && !output.requests.is_empty() {
                let requests = std::mem::take(&mut output.requests);
                self.requesting = Some(request(&self.link, requests));
                busy = true;
            }
        }
        // What a closed link was to answer nobody waits for; what it was to deliver goes elsewhere.
        finished(cx, &mut self.responding);
        finished(cx, &mut self.unbinding);
        if let Some(LinkClosed(requests)) = finished(cx, &mut self.requesting) {
            unsent.push((self.key, requests));
        }
        busy
    }
}

fn respond(link: &Link, responses: BytesMut) -> Sending<()> {
    let link = link.clone();
    Box::pin(async move { link.respond(responses).await })
}

fn unbind(link: &Link) -> Sending<()> {
    let link = link.clone();
    Box::pin(async move { link.unbind().await })
}

fn request(link: &Link, requests: Requests) -> Sending<Requests> {
    let link = link.clone();
    Box::pin(async move { link.request(requests).await })
}

/// Moves a sending on; what came back if the link was closed.
fn finished<T>(cx: &mut Context<'_>, sending: &mut Option<Sending<T>>) -> Option<LinkClosed<T>> {
    let Poll::Ready(done) = sending.as_mut()?.as_mut().poll(cx) else {
        return None;
    };
    *sending = None;
    done.err()
}

/// What others ask for.
impl Driver {
    fn obey(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut busy = false;
        while let Poll::Ready(Some(order)) = self.orders.poll_recv(cx) {
            self.carry_out(now, order);
            busy = true;
        }
        busy
    }

    fn carry_out(&mut self, now: Instant, order: Order) {
        let smsc = &mut self.smsc;
        match order {
            Order::Behave(behaviour, reply) => {
                smsc.set_behaviour(now, *behaviour);
                answer(reply, ());
            }
            Order::Behaviour(reply) => answer(reply, smsc.behaviour.clone()),
            Order::Figures(reply) => answer(reply, smsc.figures(now)),
            Order::Tape(reply) => answer(reply, smsc.tape.clone()),
            Order::Texts(msisdn, reply) => answer(reply, smsc.phones.texts(&msisdn)),
            Order::Phones(reply) => answer(reply, smsc.phones.snapshot()),
            Order::SendMo(from, to, text, reply) => {
                answer(reply, smsc.send_mo(now, &from, &to, &text));
            }
            Order::Dial(from, code, reply) => answer(reply, smsc.dial(now, &from, &code)),
            Order::Answer(from, text, reply) => answer(reply, smsc.reply(now, &from, &text)),
            Order::HangUp(from, reply) => answer(reply, smsc.hang_up(now, &from)),
            Order::IsTalking(from, reply) => answer(reply, smsc.is_talking(&from)),
            Order::CutAll(reply) => {
                smsc.cut_all(now);
                answer(reply, ());
            }
            Order::RefuseBinds(refuse, reply) => {
                smsc.refuse_binds(refuse);
                answer(reply, ());
            }
            Order::StopReading(stop, reply) => {
                smsc.stall_all(stop);
                answer(reply, ());
            }
            Order::Stop(grace) => self.stop(now, grace),
        }
    }

    fn stop(&mut self, now: Instant, grace: Duration) {
        self.stop_at = Some(now + grace);
        for line in &mut self.lines {
            line.unbinding = Some(unbind(&line.link));
        }
    }
}

/// Whoever asked may have gone.
fn answer<T>(reply: oneshot::Sender<T>, answer: T) {
    reply.send(answer).ok();
}
