//! Under which ids receipts are held, as far as that can be said without a look at the table.
//!
//! While some are held, every response asks whether one is of its id, and hardly any is.

use rusqlite::Connection;

use super::receipts::key;
use super::rows::text;
use crate::journal::{JournalError, OperatorId};

/// How many receipts are held under ids of each hash. With ten thousand of them one look in 26 is in vain.
#[derive(Debug, Default)]
pub(super) struct HeldIds {
    /// Empty while none was held.
    counts: Vec<u8>,
}

const PLACES_BITS: u32 = 18;

impl HeldIds {
    pub(super) fn load(db: &Connection) -> Result<Self, JournalError> {
        let mut ids = Self::default();
        let mut all = db.prepare("SELECT operator, smsc_id FROM held INDEXED BY held_smsc_id")?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            ids.add(OperatorId(row.get(0)?), text(row, 1)?);
        }
        Ok(ids)
    }

    pub(super) fn add(&mut self, operator: OperatorId, smsc_id: &str) {
        if self.counts.is_empty() {
            self.counts = vec![0; 1 << PLACES_BITS];
        }
        if let Some(count) = self.counts.get_mut(place(operator, smsc_id)) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn remove(&mut self, operator: OperatorId, smsc_id: &str) {
        let count = self.counts.get_mut(place(operator, smsc_id));
        // Of one at its most nobody knows how many more there were.
        if let Some(count) = count.filter(|count| **count < u8::MAX) {
            *count = count.saturating_sub(1);
        }
    }

    /// Whether a look at the table is worth it.
    pub(super) fn may_have(&self, operator: OperatorId, smsc_id: &str) -> bool {
        let count = self.counts.get(place(operator, smsc_id));
        count.is_some_and(|count| *count > 0)
    }
}

fn place(operator: OperatorId, smsc_id: &str) -> usize {
    // Its highest bits are the best mixed ones.
    usize::try_from(key(operator, smsc_id) >> (64 - PLACES_BITS)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATOR: OperatorId = OperatorId(1);

    #[test]
    fn of_ids_under_which_nothing_is_held_hardly_any_is_looked_up() {
        let mut ids = HeldIds::default();
        assert!(!ids.may_have(OPERATOR, "1"));
        for id in 0..10_000 {
            ids.add(OPERATOR, &id.to_string());
        }
        let may_have = |id: &u32| ids.may_have(OPERATOR, &id.to_string());
        assert!((0..10_000).all(|id| may_have(&id)));
        let in_vain = (10_000..20_000).filter(may_have).count();
        assert!(in_vain < 500, "{in_vain}");
    }

    #[test]
    fn what_is_held_no_more_is_not_looked_up_unless_it_was_too_much_to_count() {
        let mut ids = HeldIds::default();
        ids.add(OPERATOR, "A1");
        ids.add(OPERATOR, "A1");
        ids.remove(OPERATOR, "A1");
        assert!(ids.may_have(OPERATOR, "A1"));
        ids.remove(OPERATOR, "A1");
        assert!(!ids.may_have(OPERATOR, "A1"));
        for _ in 0..300 {
            ids.add(OPERATOR, "A1");
        }
        for _ in 0..299 {
            ids.remove(OPERATOR, "A1");
        }
        assert!(ids.may_have(OPERATOR, "A1"));
    }
}
