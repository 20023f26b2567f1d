//! What every journal must do, whatever is behind it.

pub(super) mod arrival;
pub(super) mod keeping;
pub(super) mod queues;
pub(super) mod receipts;
pub(super) mod telling;

use xabar_events::{Agency, EventKey, Language, Reason, State};

use super::sample::{OPERATOR, key, msisdn, outgoing, told, waiting};
use super::*;

/// Makes a test of each claim for a backend: `conformance!(run)` with `fn run(claim: fn(&mut dyn Journal))`.
macro_rules! conformance {
    ($run:path) => {
        $crate::journal::conformance::claims!($run;
            arrival:
                an_accepted_event_is_a_duplicate_afterwards
                an_event_is_accepted_once
                the_same_id_of_another_agency_is_another_event
                a_withdrawn_key_is_remembered
                a_message_comes_back_as_it_was_written
                a_refused_commit_leaves_nothing;
            queues:
                what_is_due_comes_in_order_after_the_cursor
                arrivals_bring_what_is_known_of_thread_and_subscriber
                queues_are_where_something_waits
                an_agency_has_queues_of_its_own
                siblings_are_those_that_wait
                what_expires_first_is_told_first;
            receipts:
                in_flight_is_what_has_no_result
                what_waits_to_be_repeated_is_counted
                a_segment_is_known_by_its_id_before_and_after_its_receipt
                of_an_id_that_comes_again_the_newest_uses_are_looked_at
                the_oldest_without_a_receipt_come_first
                a_held_receipt_waits_for_its_segment;
            telling:
                outcomes_go_out_in_order_and_leave_when_published
                the_books_balance
                people_find_messages
                traffic_is_what_waits_and_what_came_in_lately
                the_newest_messages_to_a_subscriber_come_first
                the_past_is_told_as_the_wall_clock_read_then;
            keeping:
                what_a_subscriber_chose_is_kept
                what_is_settled_long_ago_is_forgotten
                what_is_purged_is_known_and_names_nobody
                a_subscriber_is_erased_and_stays_opted_out
                a_thread_is_remembered_as_long_as_one_of_its_messages
                numbers_outlive_what_they_counted
                an_operator_keeps_its_number
                what_an_agency_used_is_what_it_was_last_said_to_be
                a_campaign_is_dealt_out_as_far_as_was_last_said;
        );
    };
}
macro_rules! claims {
    ($run:path; $($about:ident: $($claim:ident)+;)+) => {
        $($(#[test]
        fn $claim() {
            $run($crate::journal::conformance::$about::$claim);
        })+)+
    };
}
pub(super) use {claims, conformance};

/// Where all samples wait.
pub(super) fn queue() -> Queue {
    waiting(1).queue()
}

pub(super) fn commit(journal: &mut dyn Journal, mut changes: Changes) {
    journal.commit(&mut changes).unwrap();
}

pub(super) fn accept(journal: &mut dyn Journal, accepted: impl IntoIterator<Item = Message>) {
    commit(
        journal,
        Changes {
            accepted: accepted.into_iter().collect(),
            ..Changes::default()
        },
    );
}

/// The same message further on.
pub(super) fn progressed(number: u64, phase: Phase, state: State) -> Message {
    let mut message = waiting(number);
    message.progress.phase = phase;
    message.progress.history.push(told(state));
    message
}

fn renumbered(number: u64, id: u64) -> Message {
    let mut message = waiting(number);
    message.identity_mut().id = MessageId(id);
    message
}

pub(super) fn awaiting(message: u64, segment: u8, smsc_id: &str, at: i64) -> Awaiting {
    let (message, at) = (MessageId(message), UnixMillis(at));
    Awaiting {
        operator: OPERATOR,
        smsc_id: smsc_id.into(),
        message,
        segment,
        at,
    }
}

pub(super) fn facts(journal: &mut dyn Journal, number: u64) -> Facts {
    let ask = Ask {
        key: &key(number),
        about: Some((ThreadKey(number), msisdn(number))),
    };
    journal.facts(&[ask]).unwrap().remove(0)
}

pub(super) fn ids(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.id.0).collect()
}

mod of_the_model {
    super::conformance!(run);

    fn run(claim: fn(&mut dyn super::Journal)) {
        claim(&mut crate::journal::model::Model::default());
    }
}
