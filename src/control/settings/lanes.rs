//! `[lanes]`: what each lane keeps of an operator's link while earlier ones would fill it.

use super::reading::{Cell, Table};
use super::values::whole;

/// `[lanes]`, in percent
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneShares {
    pub answers: u32,
    pub urgent: u32,
    pub normal: u32,
    pub bulk: u32,
}

impl Default for LaneShares {
    fn default() -> Self {
        Self {
            answers: 10,
            urgent: 10,
            normal: 5,
            bulk: 5,
        }
    }
}

pub(super) fn lanes(root: &mut Table<'_>) -> LaneShares {
    root.or("lanes", LaneShares::default(), |cell: &Cell<'_>| {
        cell.table(read)
    })
}

fn read(table: &mut Table<'_>) -> Option<LaneShares> {
    let default = LaneShares::default();
    // Four times the most is all there is.
    let mut share = |key, default| table.or(key, default, whole(1..=25));
    Some(LaneShares {
        answers: share("answers", default.answers),
        urgent: share("urgent", default.urgent),
        normal: share("normal", default.normal),
        bulk: share("bulk", default.bulk),
    })
}
