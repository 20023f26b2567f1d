//! Phones whose citizens did not answer in time: they are shown a last screen, rather than left to what the network
//! makes of a dialogue that nobody goes on with.
//!
//! Over HTTP nothing is shown that was not asked for.

use std::fmt;

use xabar_events::Language;
use xabar_smpp::Frame;
use xabar_smpp::pdu::Pdu;
use xabar_ussd::{Dialect, Shown};

use super::beat::Beat;
use super::core::Core;
use super::ussd::screen;
use crate::delivery::{Screen, SessionKey};
use crate::dialogue::menu::Place;
use crate::dialogue::ussd::Phone;
use crate::journal::JournalError;

/// Where a phone is in the menus, and how it is reached there.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) place: Place,
    /// `None`: over HTTP.
    line: Option<Line>,
}

/// The way to a phone in a dialogue over SMPP.
#[derive(Clone)]
struct Line {
    /// Which brought its last step.
    session: SessionKey,
    /// The octets of that step, without what it said.
    step: Box<[u8]>,
}

/// Dialogues that one beat looks at.
const LOOKS: usize = 200;

impl Standing {
    pub(super) fn new(place: Place, line: Option<(SessionKey, &Frame, Dialect)>) -> Self {
        let line = line.and_then(|(session, frame, dialect)| {
            let pdu: Pdu<'_> = frame.decode().ok()?;
            let bare = dialect.bare(&pdu.body.delivered()?).ok()?;
            Some(Line {
                session,
                step: bare.octets().to_vec().into(),
            })
        });
        Self { place, line }
    }
}

impl Core {
    /// Tells phones that their time is up. Where no dialogue may begin, since screens that phones wait for would be late,
    /// they are told nothing, and it is the network that ends theirs.
    pub(super) fn end_unanswered(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        for (phone, standing) in self.ussd.over(beat.now.steady, LOOKS) {
            let language = self.language(beat, phone, Some(&standing.place))?;
            if let Some(screen) = self.time_is_up(beat, phone, standing, language) {
                beat.show(phone.operator, screen);
            }
        }
        Ok(())
    }

    fn time_is_up(
        &self,
        beat: &Beat,
        phone: Phone,
        standing: Standing,
        language: Language,
    ) -> Option<Screen> {
        let link = self.operators.get(&phone.operator)?;
        let has_room = beat.screens(phone.operator) < link.offer.dialogues;
        let dialect = link.ussd.filter(|_| has_room)?.dialect;
        let line = standing.line?;
        let frame = Frame::new(line.step.into()).ok()?;
        let text = self.ussd.time_is_up(language);
        let screen = screen(beat, (line.session, &frame, dialect), &Shown::last(text))?;
        Some(Screen {
            awaited: false,
            ..screen
        })
    }
}

/// Shows nothing of the step, which holds the phone's number.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("session", &self.session)
            .field("len", &self.step.len())
            .finish()
    }
}
