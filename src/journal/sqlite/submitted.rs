//! What was asked of the messages that were submitted last, as it stood in memory then. Their receipts come soon, and
//! need not have it decoded again.

use std::sync::Arc;

use crate::journal::{Message, MessageId, Origin, Phase};

/// Bounded: as many as are submitted while most receipts are on their way.
#[derive(Debug)]
pub(super) struct Submitted(Vec<Option<Arc<Origin>>>);

/// Some three megabytes, and not much more than ten if all are large.
const REMEMBERED: usize = 4096;
/// What is larger is decoded again.
const MOST_OCTETS: usize = 1024;

impl Default for Submitted {
    fn default() -> Self {
        Self(vec![None; REMEMBERED])
    }
}

impl Submitted {
    /// Remembers a message if it was submitted and what was asked takes few octets, and for it forgets another.
    pub(super) fn note(&mut self, message: &Message, origin_octets: usize) {
        if message.progress.phase == Phase::Submitted
            && origin_octets <= MOST_OCTETS
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::sample::waiting;

    fn submitted(number: u64) -> Message {
        let mut message = waiting(number);
        message.progress.phase = Phase::Submitted;
        message
    }

    #[test]
    fn another_message_in_its_place_is_not_taken_for_it() {
        let mut remembered = Submitted::default();
        let later = 7 + REMEMBERED as u64;
        remembered.note(&submitted(7), 300);
        assert_eq!(remembered.get(MessageId(7)).map(|it| it.id.0), Some(7));
        assert!(remembered.get(MessageId(later)).is_none());
        remembered.note(&submitted(later), 300);
        assert!(remembered.get(MessageId(7)).is_none());
    }

    #[test]
    fn what_is_large_or_not_submitted_is_not_remembered() {
        let mut remembered = Submitted::default();
        remembered.note(&submitted(1), MOST_OCTETS + 1);
        remembered.note(&waiting(2), 300);
        assert!(remembered.get(MessageId(1)).is_none());
        assert!(remembered.get(MessageId(2)).is_none());
    }
}
