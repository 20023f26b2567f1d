//! Phones whose citizens did not answer in time: they are shown a last screen, rather than left to what the network
//! makes of a dialogue that nobody goes on with.
//!
//! Over HTTP nothing is shown that was not asked for.

use std::fmt;

use xabar_smpp::Frame;
use xabar_smpp::pdu::{DeliverSm, Pdu};
use xabar_ussd::{Shown, with_code_of};

use super::beat::Beat;
use super::core::Core;
use super::ussd::{Brought, screen};
use crate::delivery::{Screen, SessionKey};
use crate::dialogue::menu::Place;
use crate::journal::{JournalError, OperatorId};

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
    operator: OperatorId,
    session: SessionKey,
    /// The octets of that step, without what it said.
    step: Box<[u8]>,
}

/// Dialogues that one beat looks at.
const LOOKS: usize = 200;

impl Standing {
    pub(super) fn new(place: Place, line: Option<&Brought>) -> Self {
        let line = line.and_then(|brought| {
            let bare = brought.dialect.bare(&brought.delivered()?).ok()?;
            Some(Line {
                operator: brought.operator,
                session: brought.session,
                step: bare.octets().to_vec().into(),
            })
        });
        Self { place, line }
    }

    /// A step of the same phone's that lacks the code, with that of the last one.
    pub(super) fn with_code(&self, step: &DeliverSm<'_>) -> Option<Frame> {
        let line = self.line.as_ref()?;
        let last = Frame::new(line.step.clone().into()).ok()?;
        let decoded: Pdu<'_> = last.decode().ok()?;
        with_code_of(&decoded.body.delivered()?, step).ok()
    }
}

impl Core {
    /// Tells phones that their time is up. Where no dialogue may begin, since screens that phones wait for would be late,
    /// they are told nothing, and it is the network that ends theirs.
    pub(super) fn end_unanswered(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        for (phone, standing) in self.ussd.over(beat.now.steady, LOOKS) {
            let language = self.language(beat, phone, Some(&standing.place))?;
            if let Some(line) = standing.line {
                let text = self.ussd.time_is_up(&standing.place, language);
                self.show_last(beat, line, text);
            }
        }
        Ok(())
    }

    fn show_last(&self, beat: &mut Beat, line: Line, text: String) {
        let operator = line.operator;
        let link = self.operators.get(&operator);
        let has_room = link.is_some_and(|link| beat.screens(operator) < link.screens_left());
        let rules = self.ussd_rules(operator).filter(|_| has_room);
        let Some((rules, step)) = rules.zip(Frame::new(line.step.into()).ok()) else {
            return;
        };
        let brought = Brought {
            operator,
            session: line.session,
            number: None,
            step,
            dialect: rules.dialect,
        };
        if let Some(screen) = screen(beat, &brought, &Shown::last(text)) {
            let screen = Screen {
                awaited: false,
                ..screen
            };
            beat.show(operator, screen);
        }
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
