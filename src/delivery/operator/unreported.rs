//! What is still to be reported to the pipeline.
//!
//! Mostly nothing. While the pipeline takes no reports, it waits here, and the sessions are served all the same. How much
//! that may become is bounded: results by what was granted, requests by the sessions' inbound windows, since those that
//! will be brought again are forgotten.

use crate::delivery::{Answer, Event, SessionKey, Token};

#[derive(Debug, Default)]
pub(super) struct Unreported(Vec<Event>, Vec<Token>);

impl Unreported {
    pub(super) fn push(&mut self, event: Event) {
        self.0.push(event);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is told of this submission is one SMSC's fault, not the operator's.
    pub(super) fn set_apart(&mut self, token: Token) {
        self.1.push(token);
    }

    /// Of which submissions that is so, to be told now.
    pub(super) fn take_apart(&mut self) -> Vec<Token> {
        std::mem::take(&mut self.1)
    }

    /// All of it, to be told now.
    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.0)
    }

    /// These requests were answered meanwhile: they are brought again.
    pub(super) fn forget_answered(&mut self, of: SessionKey, answers: &[Answer]) {
        let answered = |number| answers.iter().any(|it| it.sequence_number == number);
        self.forget(|session, number| session == of && answered(number));
    }

    /// Another session took the place of this one's: what was not answered is brought again.
    pub(super) fn forget_before(&mut self, new: SessionKey) {
        self.forget(|session, _| session.index == new.index && session != new);
    }

    /// Forgets requests by their session and sequence number.
    fn forget(&mut self, which: impl Fn(SessionKey, u32) -> bool) {
        self.0.retain(|event| match event {
            Event::Inbound { session, frame, .. } => {
                !which(*session, frame.header().sequence_number)
            }
            _ => true,
        });
    }
}

impl Extend<Event> for Unreported {
    fn extend<T: IntoIterator<Item = Event>>(&mut self, events: T) {
        self.0.extend(events);
    }
}

#[cfg(test)]
mod tests {
    use xabar_smpp::Status;
    use xabar_smpp::pdu::{Body, Pdu, SubmitSm};

    use super::*;
    use crate::clock::instant;
    use crate::delivery::sample::token;

    const fn session(index: usize, generation: u32) -> SessionKey {
        SessionKey { index, generation }
    }

    fn request(session: SessionKey, number: u32) -> Event {
        let pdu: Pdu<'_> = Pdu::new(number, Body::DeliverSm(SubmitSm::default()));
        let frame = pdu.to_frame().unwrap();
        let until = instant();
        Event::Inbound {
            session,
            frame,
            until,
        }
    }

    fn answer(number: u32) -> Answer {
        let Event::Inbound { frame, .. } = request(session(0, 1), number) else {
            unreachable!("a request");
        };
        Answer::to(&frame, Status::RX_T_APPN)
    }

    /// The requests that are left, by place, generation and number.
    fn left(unreported: &mut Unreported) -> Vec<(usize, u32, u32)> {
        let told = unreported.take();
        let requests = told.iter().filter_map(|event| match event {
            Event::Inbound { session, frame, .. } => Some((
                session.index,
                session.generation,
                frame.header().sequence_number,
            )),
            _ => None,
        });
        requests.collect()
    }

    #[test]
    fn requests_that_come_again_are_forgotten_and_results_never() {
        let mut unreported = Unreported::default();
        let (one, other) = (session(0, 1), session(1, 1));
        unreported.extend([request(one, 1), request(one, 2), request(other, 1)]);
        unreported.push(Event::Lost(token(7)));
        unreported.forget_answered(one, &[answer(1), answer(3)]);
        unreported.forget_before(session(1, 2));
        let result = |event: &Event| matches!(event, Event::Lost(_));
        assert_eq!(unreported.0.iter().filter(|it| result(it)).count(), 1);
        assert_eq!(left(&mut unreported), [(0, 1, 2)]);
        assert!(unreported.is_empty());
    }

    #[test]
    fn what_a_new_session_brings_stays() {
        let mut unreported = Unreported::default();
        unreported.extend([request(session(0, 1), 1), request(session(0, 2), 1)]);
        unreported.forget_before(session(0, 2));
        assert_eq!(left(&mut unreported), [(0, 2, 1)]);
    }
}
