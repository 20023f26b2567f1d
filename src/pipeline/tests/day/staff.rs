//! What staff orders during the day: now and then an agency's messages are withdrawn, and on some days subscribers have other limits.

use super::agencies::{AGENCIES, name};
use super::{Random, some_time};
use crate::clock::UnixMillis;
use crate::pacing::Limit;
use crate::pipeline::tests::world::*;
use crate::pipeline::{Done, Order, Refusal, Unwanted};

/// So often.
const WITHDRAWALS: u64 = 6;

/// What comes of an order.
type Answer = Box<dyn FnOnce() -> Option<Result<Done, Refusal>>>;

pub(super) struct Staff {
    /// When what is withdrawn, the next one last.
    unwanted: Vec<(UnixMillis, Unwanted)>,
    /// Whoever does not wait for it is not heard.
    answer: Option<Answer>,
}

impl Staff {
    /// By a chance of its own, so that all else goes as without it.
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random(!seed);
        let unwanted = (0..WITHDRAWALS).map(|_| {
            let at = some_time(&mut random);
            let unwanted = Unwanted {
                agency: name(random.below(AGENCIES)),
                service: None,
                before: None,
                dry_run: random.below(3) == 0,
            };
            (at, unwanted)
        });
        let mut unwanted: Vec<_> = unwanted.collect();
        unwanted.sort_unstable_by_key(|(at, _)| std::cmp::Reverse(*at));
        Self {
            unwanted,
            answer: None,
        }
    }

    pub(super) fn limit(&mut self, world: &mut World, limits: Vec<Limit>) {
        self.answer = Some(Box::new(world.give(Order::Limit(limits))));
    }

    pub(super) fn order(&mut self, world: &mut World) {
        let is_due = |(at, _): &mut (UnixMillis, Unwanted)| *at <= world.steady;
        if let Some((_, unwanted)) = self.unwanted.pop_if(is_due) {
            self.answer = Some(Box::new(world.give(Order::Cancel(unwanted))));
        }
    }
}
