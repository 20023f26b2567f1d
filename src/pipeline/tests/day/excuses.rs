//! Tests of the test: a gateway that tells agencies a reason that there is not, and a day that notices.

use xabar_events::{Reason, State};

use super::super::world::*;
use super::sabotage::{day, day_without};
use crate::clock::Now;
use crate::journal::{Changes, Told};
use crate::pipeline::Effects;

/// Tells something else instead of one state, each time.
struct Excuse {
    state: State,
    instead: fn(&mut Told),
}

impl Saboteur for Excuse {
    fn effects(&mut self, _: &Now, changes: &mut Changes, _: &mut Effects) {
        let told = changes.outgoing.iter_mut().map(|it| &mut it.told);
        told.filter(|told| told.state == self.state)
            .for_each(self.instead);
    }
}

/// A day on which what goes out is told to have ended so.
macro_rules! ends {
    ($($name:ident: $state:ident $reason:ident, $expected:literal;)*) => {
        $(
            #[test]
            #[should_panic(expected = $expected)]
            fn $name() {
                day(Excuse {
                    state: State::Submitted,
                    instead: |told| {
                        (told.state, told.reason) = (State::$state, Some(Reason::$reason));
                    },
                });
            }
        )*
    };
}

ends! {
    superseded_by_nothing_is_noticed: Superseded NewerStatus, "no newer one was attempted";
    stale_before_a_newer_one_went_is_noticed: Suppressed Stale, "no newer one was attempted";
    expired_before_its_time_is_noticed: Expired Deadline, "expired before its time";
    cancelled_by_nobody_is_noticed: Cancelled Event, "cancelled by nobody";
    cancelled_by_nobody_of_staff_is_noticed: Cancelled Staff, "cancelled by nobody of staff";
    blocked_without_a_list_is_noticed: Suppressed Blocked, "blocked without being listed";
    reassigned_without_a_list_is_noticed: Suppressed Reassigned, "reassigned without being listed";
    opted_out_without_an_opt_out_is_noticed: Suppressed OptedOut, "without an opt-out";
    no_template_with_one_is_noticed: Suppressed NoTemplate, "though there is a text";
    an_operators_expiry_without_a_receipt_is_noticed: Expired Operator, "though no receipt says so";
    undelivered_without_a_receipt_is_noticed: Failed Undelivered, "though no receipt says so";
    refused_by_nobody_is_noticed: Failed Refused, "though nothing was refused";
    given_up_after_no_refusal_is_noticed: Failed Attempts, "though nothing was refused";
    a_part_of_one_segment_is_noticed: Failed Partial, "though it is of one segment";
    no_route_for_what_went_is_noticed: Failed NoRoute, "though it went";
    no_receipt_before_its_time_is_noticed: Unknown NoReceipt, "before its receipt is overdue";
    no_receipts_where_they_come_is_noticed: Unknown NoReceipts, "though receipts come";
    uncertain_with_an_answer_is_noticed: Unknown Uncertain, "though it is answered";
}

#[test]
#[should_panic(expected = "delivered, of which nobody said so")]
fn delivered_without_a_receipt_is_noticed() {
    day(Excuse {
        state: State::Submitted,
        instead: |told| told.state = State::Delivered,
    });
}

#[test]
#[should_panic(expected = "no newer one was attempted")]
fn superseded_by_what_did_not_go_is_noticed() {
    day(Excuse {
        state: State::Superseded,
        instead: |told| told.by = Some("another".into()),
    });
}

#[test]
#[should_panic(expected = "until nobody knows when")]
fn a_wait_of_which_nobody_knows_until_when_is_noticed() {
    day(Excuse {
        state: State::Deferred,
        instead: |told| told.until = None,
    });
}

#[test]
#[should_panic(expected = "an answer too many")]
fn an_answer_too_many_is_noticed() {
    day_without(|settings| settings.dialogue.answers.clear());
}
