//! Requests of the operator's that wait for the journal, and what is said when it takes too long.
//!
//! A request is answered once its beat is committed. While the journal does not take, the SMSC is asked to
//! bring it again, rather than kept waiting until it gives the session up.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use xabar_smpp::{Frame, Status};

use super::Answer;

/// How long a request waits for the journal.
const PATIENCE: Duration = Duration::from_secs(5);

/// One session's requests without an answer, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// When each came, with what is answered if nothing else is in time.
    waiting: VecDeque<(Instant, Answer)>,
}

impl Inbox {
    /// A request came; until when it is answered.
    pub(super) fn came(&mut self, frame: &Frame, now: Instant) -> Instant {
        self.waiting
            .push_back((now, Answer::to(frame, Status::RX_T_APPN)));
        now + PATIENCE
    }

    /// Whether a request still waits for this answer, which then is given.
    pub(super) fn take(&mut self, answer: &Answer) -> bool {
        let same = |(_, later): &(_, Answer)| later.sequence_number == answer.sequence_number;
        let place = self.waiting.iter().position(same);
        place.is_some_and(|place| self.waiting.remove(place).is_some())
    }

    /// Takes the answers to the requests that have waited too long.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Answer> {
        let is_overdue = |(since, _): &&(Instant, Answer)| *since + PATIENCE <= now;
        let overdue = self.waiting.iter().take_while(is_overdue).count();
        let overdue = self.waiting.drain(..overdue);
        overdue.map(|(_, later)| later).collect()
    }

    /// Whether any waits that came before then.
    pub(super) fn waits_since_before(&self, then: Instant) -> bool {
        self.waiting
            .front()
            .is_some_and(|(since, _)| *since <= then)
    }

    /// When the next has waited too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|(since, _)| *since + PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use xabar_smpp::pdu::{Body, Pdu, SubmitSm};

    use super::*;
    use crate::clock::instant;

    fn request(sequence_number: u32) -> Frame {
        let pdu: Pdu<'_> = Pdu::new(sequence_number, Body::DeliverSm(SubmitSm::default()));
        pdu.to_frame().expect("it fits")
    }

    #[test]
    fn a_receipt_is_acknowledged_with_an_empty_message_id() {
        let mut octets = BytesMut::new();
        Answer::to(&request(7), Status::ROK).encode(&mut octets);
        let expected = [0, 0, 0, 17, 0x80, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7, 0];
        assert_eq!(octets[..], expected);
    }

    #[test]
    fn a_request_is_answered_once_in_time_or_too_late() {
        let start = instant();
        let mut inbox = Inbox::default();
        for sequence_number in 1..=3 {
            inbox.came(&request(sequence_number), start);
        }
        let answer = |number| Answer::to(&request(number), Status::ROK);
        assert!(inbox.take(&answer(2)));
        assert!(!inbox.take(&answer(2)));
        assert_eq!(inbox.overdue(start + PATIENCE / 2), []);
        assert_eq!(inbox.deadline(), Some(start + PATIENCE));
        let later = |number| Answer::to(&request(number), Status::RX_T_APPN);
        assert_eq!(inbox.overdue(start + PATIENCE), [later(1), later(3)]);
        assert!(!inbox.take(&answer(1)), "it will come again");
        assert_eq!(inbox.deadline(), None);
    }
}
