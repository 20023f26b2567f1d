//! Receipts that wait for a look: those that say by no id of which message they are, while a beat has asked the journal as often
//! as it may. They wait for the next ones, in the order in which they came. So only what there is no room for is to come again;
//! what waits too long for the journal is by its link.

use std::collections::VecDeque;
use std::time::Instant;

use xabar_smpp::{Frame, Status};

use super::beat::Beat;
use super::core::Core;
use super::looks::For;
use crate::delivery::SessionKey;
use crate::journal::{JournalError, OperatorId};

#[derive(Debug, Default)]
pub(super) struct Receipts {
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    operator: OperatorId,
    session: SessionKey,
    frame: Frame,
    until: Instant,
}

/// Receipts that may wait, which are a few hundred octets each; more are to come again.
const MOST: usize = 5_000;

impl Receipts {
    /// Whether receipts wait for the next beat.
    pub(super) fn wait(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Keeps a receipt for the next beat; gives what the operator is told if there is no room.
    pub(super) fn put_by(
        &mut self,
        operator: OperatorId,
        session: SessionKey,
        (frame, until): (&Frame, Instant),
    ) -> Option<Status> {
        if self.waiting.len() >= MOST {
            return Some(Status::RX_T_APPN);
        }
        self.waiting.push_back(Waiting {
            operator,
            session,
            frame: frame.clone(),
            until,
        });
        None
    }
}

impl Core {
    /// Goes on with the receipts that the last beats had no look left for, late ones too: what comes again then has come before.
    pub(super) fn resume_receipts(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        while beat.looks.are_left(For::Receipt)
            && let Some(next) = self.receipts.waiting.pop_front()
        {
            let request = (&next.frame, next.until);
            self.inbound(beat, next.operator, next.session, request)?;
        }
        Ok(())
    }
}
