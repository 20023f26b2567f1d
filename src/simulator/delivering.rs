//! Bringing receipts and messages from phones to the ESME, until it acknowledges them.

use std::time::{Duration, Instant};

use xabar_smpp::Status;

use super::behaviour::ReceiptSession;
use super::delivery::{Content, Delivery};
use super::slab::Key;
use super::smsc::{Smsc, Task};

/// How long a delivery waits that an ESME refused for now.
const REFUSED_FOR_NOW: Duration = Duration::from_secs(1);

impl Smsc {
    /// Keeps a delivery until it is due.
    pub(super) fn plan(&mut self, now: Instant, due: Instant, place: usize, content: Content) {
        let Some(esme) = self.esmes.get_mut(place) else {
            return;
        };
        esme.pending += 1;
        self.counters.figures.deliveries.planned += 1;
        let delivery = self.deliveries.insert(Delivery {
            esme: place,
            on: None,
            content,
        });
        if due <= now {
            esme.waiting.push_back(delivery);
        } else {
            self.agenda.add(due, Task::Deliver(delivery));
        }
    }

    pub(super) fn due(&mut self, key: Key) {
        if let Some(delivery) = self.deliveries.get(key)
            && let Some(esme) = self.esmes.get_mut(delivery.esme)
        {
            esme.waiting.push_back(key);
        }
    }

    /// Sends what waits, as far as sessions are bound and their windows take it.
    pub(super) fn dispatch(&mut self, place: usize) {
        while let Some(esme) = self.esmes.get_mut(place)
            && let Some(&delivery) = esme.waiting.front()
            && let Some(session) = self.receiver_for(place, delivery)
        {
            if let Some(esme) = self.esmes.get_mut(place) {
                esme.waiting.pop_front();
            }
            self.send(session, delivery);
        }
    }

    pub(super) fn dispatch_all(&mut self) {
        for place in 0..self.esmes.len() {
            self.dispatch(place);
        }
    }

    /// The session that a delivery goes over: one that its receipt prefers, or else any.
    fn receiver_for(&mut self, place: usize, delivery: Key) -> Option<Key> {
        let delivery = self.deliveries.get(delivery);
        let came_over = delivery.and_then(|delivery| match &delivery.content {
            Content::Fate(fate) => Some(fate.of.session),
            Content::FromPhone(_) => None,
        });
        let preferred = match self.behaviour.receipts.session {
            ReceiptSession::Any => None,
            ReceiptSession::Same => self.next_receiver(place, |key| Some(key) == came_over),
            ReceiptSession::Other => self.next_receiver(place, |key| Some(key) != came_over),
        };
        preferred.or_else(|| self.next_receiver(place, |_| true))
    }

    /// Sessions take turns.
    fn next_receiver(&mut self, place: usize, fits: impl Fn(Key) -> bool) -> Option<Key> {
        let window = self.behaviour.receipts.window;
        let receivers = &mut self.esmes.get_mut(place)?.receivers;
        for _ in 0..receivers.len() {
            receivers.rotate_left(1);
            let key = *receivers.back()?;
            let session = self.sessions.get(key);
            if fits(key) && session.is_some_and(|session| session.takes_deliveries(window)) {
                return Some(key);
            }
        }
        None
    }

    fn send(&mut self, session_key: Key, key: Key) {
        let (Some(session), Some(delivery)) = (
            self.sessions.get_mut(session_key),
            self.deliveries.get_mut(key),
        ) else {
            return;
        };
        let written = self.writer.write(
            key.token(),
            &delivery.content,
            &self.behaviour.receipts,
            &mut self.calendar,
            &mut session.output.requests,
        );
        if written.is_ok() {
            delivery.on = Some(session_key);
            session.in_flight += 1;
            self.counters.figures.deliveries.sent += 1;
        } else {
            self.counters.figures.deliveries.dropped += 1;
            self.settle(key);
        }
    }

    pub(super) fn delivery_answered(
        &mut self,
        now: Instant,
        session: Key,
        token: u64,
        status: Status,
        late: bool,
    ) {
        if let Some(session) = self.sessions.get_mut(session).filter(|_| !late) {
            session.in_flight -= 1;
        }
        let key = Key::of_token(token);
        let Some(delivery) = self.deliveries.get_mut(key) else {
            return;
        };
        let deliveries = &mut self.counters.figures.deliveries;
        match status {
            Status::ROK => deliveries.acked += 1,
            Status::RX_T_APPN | Status::RMSGQFUL | Status::RTHROTTLED | Status::RSYSERR => {
                if delivery.on.take() == Some(session) {
                    deliveries.repeated += 1;
                    self.agenda.add(now + REFUSED_FOR_NOW, Task::Deliver(key));
                }
                return;
            }
            _ => {
                deliveries.refused += 1;
                self.dialogues.refused(&delivery.content);
            }
        }
        self.settle(key);
    }

    /// Sends it again, maybe on another session; a late response still counts.
    pub(super) fn delivery_timed_out(&mut self, key: Key, token: u64) {
        if let Some(session) = self.sessions.get_mut(key) {
            session.in_flight -= 1;
            session.timed_out += 1;
        }
        self.not_delivered(Some(key), [token].into_iter());
    }

    /// What was not delivered on a session, or whose fate there is unknown, goes out again, before
    /// what waits. What is on another session by now stays there.
    pub(super) fn not_delivered(
        &mut self,
        session: Option<Key>,
        tokens: impl Iterator<Item = u64>,
    ) {
        let keys: Vec<_> = tokens.map(Key::of_token).collect();
        for key in keys.into_iter().rev() {
            if let Some(delivery) = self.deliveries.get_mut(key)
                && delivery.on == session
                && let Some(esme) = self.esmes.get_mut(delivery.esme)
            {
                delivery.on = None;
                esme.waiting.push_front(key);
                self.counters.figures.deliveries.repeated += 1;
            }
        }
        self.dispatch_all();
    }

    fn settle(&mut self, key: Key) {
        if let Some(delivery) = self.deliveries.remove(key)
            && let Some(esme) = self.esmes.get_mut(delivery.esme)
        {
            esme.pending -= 1;
        }
    }
}
