//! Carries octets, commands, events and the time between the world and a session.
//!
//! One task does everything in turns: read once, take what the application gave, hand over
//! events, write once, look at the clock; until none of them gets on. Reading and writing are
//! both tried in every turn, so a peer that only writes cannot hold up what it should read.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep_until, timeout};
use tokio_util::sync::PollSender;

use super::Order;
use crate::codec::take_frames;
use crate::session::{CloseReason, Event, Input, Requests, Session, State};

pub(super) struct Driver<S> {
    stream: S,
    session: Session,
    input: BytesMut,
    requests: mpsc::Receiver<Requests>,
    orders: mpsc::Receiver<Order>,
    events: PollSender<Vec<Event>>,
    alarm: Pin<Box<Sleep>>,
    /// A write was accepted that the stream may still hold back.
    unflushed: bool,
    /// No [`Link`](super::Link) is left.
    link_dropped: bool,
}

/// Octets asked for in one read.
const READ_OCTETS: usize = 64 * 1024;

/// Room below which a read gets a new buffer.
const LEAST_READ_OCTETS: usize = 8 * 1024;

/// Batches taken from one channel in one turn, so that a busy application leaves time to read.
const BATCHES_A_TURN: usize = 32;

/// How long a closing connection may take to carry our last words and the peer's.
const FAREWELL: Duration = Duration::from_secs(1);

#[expect(clippy::disallowed_methods, reason = "the driver is where time enters")]
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    pub(super) fn new(
        stream: S,
        session: Session,
        requests: mpsc::Receiver<Requests>,
        orders: mpsc::Receiver<Order>,
        events: mpsc::Sender<Vec<Event>>,
    ) -> Self {
        let deadline = session.deadline().unwrap_or_else(now);
        Self {
            stream,
            session,
            input: BytesMut::with_capacity(READ_OCTETS),
            requests,
            orders,
            events: PollSender::new(events),
            alarm: Box::pin(sleep_until(deadline.into())),
            unflushed: false,
            link_dropped: false,
        }
    }

    pub(super) async fn run(mut self) {
        poll_fn(|cx| self.poll_session(cx)).await;
        self.wind_up().await;
    }

    /// Takes turns until the session is over.
    fn poll_session(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = now();
            let mut busy = self.read(cx, now);
            busy |= self.take_orders(cx, now);
            busy |= self.take_requests(cx, now);
            busy |= self.write(cx, now);
            busy |= self.hand_over_events(cx, now);
            busy |= self.watch_time(cx, now);
            if self.session.close_reason().is_some() {
                return Poll::Ready(());
            }
            if !busy {
                return Poll::Pending;
            }
        }
    }

    /// Reads once, unless the application or the peer is behind.
    fn read(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if self.is_behind() || !self.session.wants_frames() {
            return false;
        }
        if self.input.capacity() - self.input.len() < LEAST_READ_OCTETS {
            self.input.reserve(READ_OCTETS);
        }
        let read = match pin!(self.stream.read_buf(&mut self.input)).poll(cx) {
            Poll::Pending => return false,
            Poll::Ready(read) => read,
        };
        match read {
            Ok(0) => self.lost(now, CloseReason::PeerClosed),
            Ok(_) => self.receive(now),
            Err(error) => self.lost(now, CloseReason::Io(error.kind())),
        }
        true
    }

    /// Whether the application has not taken its events, or owes too many answers.
    fn is_behind(&self) -> bool {
        self.session.has_events() || self.session.owes_answers()
    }

    fn receive(&mut self, now: Instant) {
        loop {
            match take_frames(&mut self.input, self.session.max_pdu_octets()) {
                Ok(frames) => {
                    let mut any = false;
                    for frame in frames {
                        any = true;
                        self.session.handle(now, Input::Frame(frame));
                    }
                    if !any {
                        return;
                    }
                }
                Err(error) => return self.session.handle(now, Input::Unframed(error)),
            }
        }
    }

    /// Takes orders, always: answers are as few as the requests that the session passed on.
    fn take_orders(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut busy = false;
        while !self.link_dropped
            && let Poll::Ready(order) = self.orders.poll_recv(cx)
        {
            busy = true;
            match order {
                Some(Order::Responses(octets)) => {
                    self.session.handle(now, Input::Responses(octets));
                }
                Some(Order::Window(window)) => self.session.handle(now, Input::Window(window)),
                Some(Order::Unbind) => self.unbind(now),
                None => self.link_dropped(now),
            }
        }
        busy
    }

    fn take_requests(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let mut busy = false;
        for _ in 0..BATCHES_A_TURN {
            if !self.session.wants_requests() {
                break;
            }
            let Poll::Ready(Some(requests)) = self.requests.poll_recv(cx) else {
                break;
            };
            self.session.handle(now, Input::Requests(requests));
            busy = true;
        }
        busy
    }

    /// What was given before goes out before; who wants to send from here on hears of it at once.
    fn unbind(&mut self, now: Instant) {
        self.requests.close();
        self.take_all_requests(now);
        self.session.handle(now, Input::Unbind);
    }

    /// Nobody is left to send. What was given before still goes out as far as the window lets it,
    /// and a link that was told to unbind does so.
    fn link_dropped(&mut self, now: Instant) {
        self.link_dropped = true;
        self.take_all_requests(now);
        self.session.output(now);
        if self.session.state() != State::Unbinding {
            self.session.handle(now, Input::Dropped);
        }
    }

    fn take_all_requests(&mut self, now: Instant) {
        while let Ok(requests) = self.requests.try_recv() {
            self.session.handle(now, Input::Requests(requests));
        }
    }

    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let output = self.session.output(now);
        if output.is_empty() {
            return self.flush(cx, now);
        }
        let written = match pin!(self.stream.write_buf(output)).poll(cx) {
            Poll::Pending => return false,
            Poll::Ready(written) => written,
        };
        match written {
            Ok(0) => self.lost(now, CloseReason::Io(std::io::ErrorKind::WriteZero)),
            Ok(_) => self.unflushed = true,
            Err(error) => {
                self.receive_last_words(cx, now);
                self.lost(now, CloseReason::Io(error.kind()));
            }
        }
        true
    }

    /// Reads what came before the connection broke: it may hold responses, or an `unbind`.
    fn receive_last_words(&mut self, cx: &mut Context<'_>, now: Instant) {
        loop {
            self.input.reserve(LEAST_READ_OCTETS);
            match pin!(self.stream.read_buf(&mut self.input)).poll(cx) {
                Poll::Ready(Ok(1..)) => self.receive(now),
                _ => return,
            }
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if !self.unflushed {
            return false;
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => self.unflushed = false,
            Poll::Ready(Err(error)) => self.lost(now, CloseReason::Io(error.kind())),
        }
        false
    }

    fn hand_over_events(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        if !self.session.has_events() {
            return false;
        }
        match self.events.poll_reserve(cx) {
            Poll::Pending => return false,
            Poll::Ready(Ok(())) => {
                let sent = self.events.send_item(self.session.take_events());
                if sent.is_err() {
                    self.session.handle(now, Input::Dropped);
                }
            }
            Poll::Ready(Err(_)) => self.session.handle(now, Input::Dropped),
        }
        true
    }

    /// Ticks when it is time, and sets the alarm. Deadlines mostly move away, so the alarm is left
    /// alone unless it would ring too late; ringing early costs one look.
    fn watch_time(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let Some(deadline) = self.session.deadline() else {
            return false;
        };
        if deadline <= now {
            if self.is_behind() {
                self.session.handle(now, Input::NotReading);
            }
            self.session.handle(now, Input::Tick);
            return true;
        }
        if deadline < self.alarm.deadline().into_std() {
            self.alarm.as_mut().reset(deadline.into());
        }
        if self.alarm.as_mut().poll(cx).is_ready() {
            self.alarm.as_mut().reset(deadline.into());
            return true;
        }
        false
    }

    fn lost(&mut self, now: Instant, reason: CloseReason) {
        self.session.handle(now, Input::Lost(reason));
    }
}

/// The end.
impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    /// Tells the application how it ended, and the peer what it is still owed.
    async fn wind_up(mut self) {
        self.orders.close();
        let now = now();
        let output = std::mem::take(self.session.output(now));
        let lost = matches!(
            self.session.close_reason(),
            Some(CloseReason::PeerClosed | CloseReason::Io(_))
        );
        let farewell = async {
            if !lost {
                // Whether the peer hears it or not, this is the end.
                drop(timeout(FAREWELL, say_goodbye(&mut self.stream, output)).await);
            }
        };
        let report = report(self.session, self.requests, self.events);
        tokio::join!(farewell, report);
    }
}

/// Writes what is left and waits for the peer to close: closing with something unread in our
/// buffer would make TCP throw away what the peer has not read yet.
async fn say_goodbye<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    mut output: BytesMut,
) -> std::io::Result<()> {
    let mut ignored = BytesMut::with_capacity(LEAST_READ_OCTETS);
    poll_fn(|cx| {
        loop {
            let written = pin!(stream.write_all_buf(&mut output)).poll(cx);
            if let Poll::Ready(done) = written {
                return Poll::Ready(done);
            }
            match pin!(stream.read_buf(&mut ignored)).poll(cx)? {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(0) => return Poll::Ready(Ok(())),
                Poll::Ready(_) => ignored.clear(),
            }
        }
    })
    .await?;
    stream.flush().await?;
    stream.shutdown().await?;
    while stream.read_buf(&mut ignored).await? > 0 {
        ignored.clear();
    }
    Ok(())
}

/// Sends the last events. Requests that no turn took count as not sent.
async fn report(
    mut session: Session,
    mut requests: mpsc::Receiver<Requests>,
    events: PollSender<Vec<Event>>,
) {
    requests.close();
    while let Some(requests) = requests.recv().await {
        session.handle(now(), Input::Requests(requests));
    }
    let mut last = session.take_events();
    last.push(Event::Closed(session.finish()));
    if let Some(events) = events.get_ref() {
        // Nobody listens any more: then nobody misses it.
        drop(events.send(last).await);
    }
}
