//! What staff stopped from being sent.

use crate::journal::{AgencyKey, Lane, OperatorId, Queue};

/// What a pause covers: all that agrees with what it names. One that names nothing covers everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub operator: Option<OperatorId>,
    pub agency: Option<AgencyKey>,
    pub lane: Option<Lane>,
}

impl Scope {
    /// Whether messages of a queue are covered.
    pub fn covers(&self, queue: Queue) -> bool {
        agrees(self.operator, queue.operator)
            && agrees(self.agency, queue.agency)
            && agrees(self.lane, queue.lane)
    }

    /// Whether another scope covers nothing that this one does not.
    pub fn encloses(&self, other: &Self) -> bool {
        encloses(self.operator, other.operator)
            && encloses(self.agency, other.agency)
            && encloses(self.lane, other.lane)
    }
}

fn agrees<T: PartialEq>(named: Option<T>, is: T) -> bool {
    named.is_none_or(|named| named == is)
}

fn encloses<T: PartialEq>(named: Option<T>, other: Option<T>) -> bool {
    named.is_none() || named == other
}

#[cfg(test)]
mod tests {
    use super::*;

    const UCELL: Option<OperatorId> = Some(OperatorId(1));
    const BULK: Option<Lane> = Some(Lane::Bulk);

    fn scope(operator: Option<OperatorId>, lane: Option<Lane>) -> Scope {
        Scope {
            operator,
            lane,
            agency: None,
        }
    }

    #[test]
    fn a_scope_covers_what_agrees_with_all_that_it_names() {
        let queue = Queue {
            operator: OperatorId(1),
            lane: Lane::Bulk,
            agency: AgencyKey(7),
        };
        for (operator, lane) in [(None, None), (UCELL, None), (None, BULK), (UCELL, BULK)] {
            assert!(scope(operator, lane).covers(queue));
        }
        assert!(!scope(Some(OperatorId(2)), BULK).covers(queue));
        assert!(!scope(UCELL, Some(Lane::Normal)).covers(queue));
        let of_another = Scope {
            agency: Some(AgencyKey(8)),
            ..Scope::default()
        };
        assert!(!of_another.covers(queue));
    }

    #[test]
    fn a_scope_encloses_those_that_name_more() {
        assert!(scope(None, None).encloses(&scope(UCELL, BULK)));
        assert!(scope(UCELL, None).encloses(&scope(UCELL, BULK)));
        assert!(scope(UCELL, BULK).encloses(&scope(UCELL, BULK)));
        assert!(!scope(UCELL, BULK).encloses(&scope(UCELL, None)));
        assert!(!scope(UCELL, None).encloses(&scope(Some(OperatorId(2)), None)));
    }
}
