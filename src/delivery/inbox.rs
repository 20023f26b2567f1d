//! Requests of the operator's that wait for the journal, and what is said when it takes too long.
//!
//! A request is answered once its beat is committed. While the journal does not take, the SMSC is asked to
//! bring it again, rather than kept waiting until it gives the session up.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use xabar_smpp::{Frame, Status};

use super::{Answer, SessionKey};

/// How long a request waits for the journal.
const PATIENCE: Duration = Duration::from_secs(5);

/// The requests without an answer, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    session: SessionKey,
    /// What is answered if nothing else is in time.
    later: Answer,
    since: Instant,
}

impl Inbox {
    pub(super) fn came(&mut self, session: SessionKey, frame: &Frame, now: Instant) {
        self.waiting.push_back(Waiting {
            session,
            later: Answer::to(frame, Status::RX_T_APPN),
            since: now,
        });
    }

    /// Whether a request still waits for this answer, which then is given.
    pub(super) fn take(&mut self, session: SessionKey, answer: &Answer) -> bool {
        let waits = |waiting: &Waiting| {
            waiting.session == session && waiting.later.sequence_number == answer.sequence_number
        };
        let place = self.waiting.iter().position(waits);
        place.is_some_and(|place| self.waiting.remove(place).is_some())
    }

    /// Takes the requests that have waited too long, with their answers.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<(SessionKey, Answer)> {
        let is_overdue = |waiting: &&Waiting| waiting.since + PATIENCE <= now;
        let overdue = self.waiting.iter().take_while(is_overdue).count();
        let overdue = self.waiting.drain(..overdue);
        overdue
            .map(|waiting| (waiting.session, waiting.later))
            .collect()
    }

    /// When the next has waited too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|waiting| waiting.since + PATIENCE)
    }

    /// The session has ended, and its requests will come again over another.
    pub(super) fn closed(&mut self, session: SessionKey) {
        self.waiting.retain(|waiting| waiting.session != session);
    }
}

#[cfg(test)]
mod tests {
    use xabar_smpp::pdu::{Body, Pdu, SubmitSm};

    use super::*;
    use crate::clock::instant;

    fn request(sequence_number: u32) -> Frame {
        let pdu: Pdu<'_> = Pdu::new(sequence_number, Body::DeliverSm(SubmitSm::default()));
        pdu.to_frame().expect("it fits")
    }

    fn session(index: usize) -> SessionKey {
        SessionKey {
            index,
            generation: 1,
        }
    }

    #[test]
    fn a_request_is_answered_once_in_time_or_too_late() {
        let start = instant();
        let mut inbox = Inbox::default();
        for sequence_number in 1..=3 {
            inbox.came(session(0), &request(sequence_number), start);
        }
        let answer = |number| Answer::to(&request(number), Status::ROK);
        assert!(inbox.take(session(0), &answer(2)));
        assert!(!inbox.take(session(0), &answer(2)));
        assert!(!inbox.take(session(1), &answer(1)), "of another session");
        assert_eq!(inbox.overdue(start + PATIENCE / 2), []);
        assert_eq!(inbox.deadline(), Some(start + PATIENCE));
        let later = |number| (session(0), Answer::to(&request(number), Status::RX_T_APPN));
        assert_eq!(inbox.overdue(start + PATIENCE), [later(1), later(3)]);
        assert!(!inbox.take(session(0), &answer(1)), "it will come again");
        assert_eq!(inbox.deadline(), None);
    }

    #[test]
    fn requests_of_a_session_that_ended_are_forgotten() {
        let start = instant();
        let mut inbox = Inbox::default();
        inbox.came(session(0), &request(1), start);
        inbox.came(session(1), &request(1), start);
        inbox.closed(session(0));
        let left = inbox.overdue(start + PATIENCE);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].0, session(1));
    }
}
