//! Withdraws what waits of an agency, when staff orders it.
//!
//! Each queue of the agency is gone through, some messages a beat, while everything else goes on. What waits without an attempt is
//! cancelled; what has one is too late to be, but not tried again, as if its agency had withdrawn it. Messages
//! move between queues meanwhile, and come back from attempts: so the queues are gone through until nothing more is found.

use std::collections::VecDeque;
use std::fmt;

use tokio::sync::watch;
use tracing::info;
use xabar_events::Reason;

use super::admission::withdrawn;
use super::beat::Beat;
use super::core::Core;
use super::orders::Refusal;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::journal::{
    AgencyKey, Cursor, JournalError, Message, MessageId, Phase, Queue, SubmittedPlace,
};

/// What is to be withdrawn: all of an agency's that was accepted before the order and agrees with what is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwanted {
    pub agency: String,
    pub service: Option<String>,
    /// Only what was accepted before this wall time.
    pub before: Option<UnixMillis>,
    /// Whether it is only to be counted.
    pub dry_run: bool,
}

/// How far that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cancelled {
    pub cancelled: u64,
    /// Those with an attempt, which are not tried again.
    pub too_late: u64,
    /// Whether that is all.
    pub done: bool,
}

/// Messages looked at in one beat.
const LOOKED_AT_ONCE: usize = 500;

/// Orders that wait for the one under way; more are refused.
const MOST: usize = 16;

/// What is being withdrawn, the first one now.
#[derive(Debug, Default)]
pub(super) struct Cancelling(VecDeque<Walk>);

/// One such order under way.
#[derive(Debug)]
struct Walk {
    unwanted: Unwanted,
    /// What was accepted before the order has a smaller number.
    from: MessageId,
    told: watch::Sender<Cancelled>,
    count: Cancelled,
    /// The queues that are to be gone through yet, each from this place on; `None`: they are to be asked for.
    left: Option<Vec<(Queue, Cursor)>>,
    /// Where it is among those that were submitted; `None`: it is through with them.
    submitted: Option<SubmittedPlace>,
    /// Whether something was found since the queues were asked for.
    found: bool,
}

impl fmt::Display for Unwanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "agency {}", self.agency)?;
        if let Some(service) = &self.service {
            write!(f, ", service {service}")?;
        }
        match self.before {
            None => Ok(()),
            Some(before) => write!(f, ", before {}", xabar_events::UnixMillis::from(before)),
        }
    }
}

impl Cancelling {
    /// Whether something is under way.
    pub(super) fn is_under_way(&self) -> bool {
        !self.0.is_empty()
    }
}

impl Walk {
    fn is_about(&self, message: &Message) -> bool {
        let Unwanted {
            agency,
            service,
            before,
            ..
        } = &self.unwanted;
        let accepted = message.progress.history.first().map(|told| told.at);
        message.key.agency.name() == agency
            && !message.is_answer()
            && message.id < self.from
            && service
                .as_ref()
                .is_none_or(|service| *message.content.service == **service)
            && before.is_none_or(|before| accepted.is_some_and(|at| at < before))
    }

    /// Counts a message, and says that there may be others.
    fn count(&mut self, message: &Message) {
        self.found = true;
        match message.progress.attempt.attempts {
            0 => self.count.cancelled += 1,
            _ => self.count.too_late += 1,
        }
    }
}

impl Core {
    /// Begins to withdraw what staff wants no more; tells there how far that is.
    pub(super) fn begin_to_cancel(
        &mut self,
        unwanted: Unwanted,
    ) -> Result<watch::Receiver<Cancelled>, Refusal> {
        if self.cancelling.0.len() >= MOST {
            return Err(Refusal::TooManyToCancel);
        }
        let (told, seen) = watch::channel(Cancelled::default());
        self.cancelling.0.push_back(Walk {
            unwanted,
            from: MessageId(self.next_message),
            told,
            count: Cancelled::default(),
            left: None,
            submitted: Some(SubmittedPlace::default()),
            found: false,
        });
        Ok(seen)
    }

    /// Goes on to withdraw. The journal holds what this beat has not touched.
    pub(super) fn cancel_some(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        let Some(mut walk) = self.cancelling.0.pop_front() else {
            return Ok(());
        };
        let is_through = self.walk_on(beat, &mut walk)?;
        walk.count.done = is_through;
        // Whoever ordered it need not wait for that.
        walk.told.send_replace(walk.count);
        if is_through {
            let Cancelled {
                cancelled,
                too_late,
                ..
            } = walk.count;
            let (of, dry_run) = (&walk.unwanted, walk.unwanted.dry_run);
            info!(%of, cancelled, too_late, dry_run, "messages are withdrawn");
        } else {
            self.cancelling.0.push_front(walk);
        }
        Ok(())
    }

    /// Looks at some messages; says whether there are no more.
    fn walk_on(&mut self, beat: &mut Beat, walk: &mut Walk) -> Result<bool, JournalError> {
        if walk.left.is_none() {
            self.cancel_in_flight(beat, walk);
            let agency = AgencyKey::of(&walk.unwanted.agency);
            let queues = self.journal.queues()?.into_iter();
            let queues = queues.filter(|queue| queue.agency == agency);
            walk.left = Some(queues.map(|queue| (queue, Cursor::default())).collect());
            walk.found = false;
        }
        if let Some((queue, place)) = walk.left.as_mut().and_then(Vec::pop) {
            self.cancel_waiting(beat, walk, (queue, place))?;
        } else if let Some(place) = walk.submitted {
            self.cancel_submitted(beat, walk, place)?;
        } else if walk.found && !walk.unwanted.dry_run {
            walk.left = None;
        } else {
            return Ok(true);
        }
        Ok(false)
    }

    /// What awaits an answer is not tried again.
    fn cancel_in_flight(&mut self, beat: &mut Beat, walk: &mut Walk) {
        let dry_run = walk.unwanted.dry_run;
        let flights = self.in_flight.values_mut();
        let mut flights: Vec<_> = flights
            .filter(|flight| !flight.message.progress.attempt.withdrawn)
            .filter(|flight| walk.is_about(&flight.message))
            .collect();
        flights.sort_unstable_by_key(|flight| flight.message.id);
        for flight in flights {
            walk.count(&flight.message);
            if !dry_run {
                flight.message.progress.attempt.withdrawn = true;
                flight.by_staff = true;
                beat.put(flight.message.clone());
            }
        }
    }

    /// What waits ends.
    fn cancel_waiting(
        &mut self,
        beat: &mut Beat,
        walk: &mut Walk,
        (queue, place): (Queue, Cursor),
    ) -> Result<(), JournalError> {
        let never = UnixMillis::NEVER;
        let waiting = self.journal.due(queue, place, never, LOOKED_AT_ONCE)?;
        if let Some(last) = waiting.last()
            && waiting.len() == LOOKED_AT_ONCE
            && let Some(left) = &mut walk.left
        {
            left.push((queue, last.message.cursor()));
        }
        let about = waiting.into_iter().map(|it| it.message);
        let about: Vec<MessageId> = about
            .filter(|message| walk.is_about(message))
            .map(|message| message.id)
            .collect();
        for id in about {
            // Not what this beat has just given to a link, or ended.
            let Some(mut message) = self.waiting(beat, id)? else {
                walk.found = true;
                continue;
            };
            walk.count(&message);
            if !walk.unwanted.dry_run {
                self.pacer.withdraw(id);
                let end = withdrawn(&message, Reason::Staff);
                self.end(beat, &mut message, end, Details::default());
            }
        }
        Ok(())
    }

    /// What an operator took goes to no other one.
    fn cancel_submitted(
        &mut self,
        beat: &mut Beat,
        walk: &mut Walk,
        place: SubmittedPlace,
    ) -> Result<(), JournalError> {
        walk.submitted = None;
        if walk.unwanted.dry_run || !self.settings.retry.undelivered_elsewhere {
            return Ok(());
        }
        let now = beat.now.steady;
        let submitted = self.journal.unreceipted(place, now, LOOKED_AT_ONCE)?;
        if let Some((last, _)) = submitted.last()
            && submitted.len() == LOOKED_AT_ONCE
        {
            walk.submitted = Some(*last);
        }
        for (_, message) in submitted.iter().filter(|(_, it)| walk.is_about(it)) {
            if let Some(mut message) = self.as_it_stands(beat, message.id)?
                && message.progress.phase == Phase::Submitted
            {
                message.progress.attempt.withdrawn = true;
                // Of one that another operator might have tried, enough may be known now.
                self.settle_by_receipts(beat, &mut message, None);
                beat.put(message);
            }
        }
        Ok(())
    }
}
