//! What was asked of the messages that were submitted last, as it stood in memory then. Their receipts come soon, and
//! need not have it decoded again.

use std::sync::Arc;

use crate::journal::{Message, MessageId, Origin, Phase};

/// Bounded: as many as are submitted while most receipts are on their way.
#[derive(Debug)]
pub(super) struct Submitted(Vec<Option<Arc<Origin>>>);

/// Some three megabytes.
const REMEMBERED: usize = 4096;

impl Default for Submitted {
    fn default() -> Self {
        Self(vec![None; REMEMBERED])
    }
}

impl Submitted {
    /// Remembers a message if it was submitted, and for it forgets another.
    pub(super) fn note(&mut self, message: &Message) {
        if message.progress.phase == Phase::Submitted
            && let Some(place) = self.0.get_mut(place(message.id))
        {
            *place = Some(Arc::clone(message.origin()));
        }
    }

    pub(super) fn get(&self, id: MessageId) -> Option<&Arc<Origin>> {
        let remembered = self.0.get(place(id))?.as_ref();
        remembered.filter(|origin| origin.id == id)
    }
}

/// Ids are given one after the other, so those of one time have places of their own.
fn place(id: MessageId) -> usize {
    usize::try_from(id.0 % REMEMBERED as u64).unwrap_or(0)
}
