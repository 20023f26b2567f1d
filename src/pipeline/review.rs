//! Goes once through all that was put off, when it may be for something else by now, or until another time.
//!
//! What waits is due at a steady time that was found by the rules and the wall clock of then. When a rule changes, by a reload or a
//! restart, or the wall clock is set forward, or the machine slept, all of it is judged anew, whatever it was told: a time comes about by
//! several rules, of which a reason names one. Agency by agency, each in the order in which its messages are due, since they
//! share its quota and its campaigns; so where nothing has changed for them they keep their times.
//! After a step back of the clock a message's turn comes too early, and it is deferred again then.
//!
//! The journal keeps by which rules all was judged, so that one that a restart cuts short begins again.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use xabar_events::Reason;

use super::beat::Beat;
use super::core::Core;
use super::sending::next_look;
use super::telling::WORTH_TELLING;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Arrival, Cursor, JournalError, Message, MessageId, Queue};

/// The two clocks are read one after the other; a step is more than that, and than a message may be late.
const STEP: u64 = 1000;

/// Messages looked at in one beat, if they are of few queues.
const LOOKED_AT_ONCE: usize = 200;

/// The least that are read of a queue.
const READ_AT_ONCE: usize = 20;

/// The journal keeps the times of campaigns in whole milliseconds: what differs by less is the same.
const SAME: u64 = 2;

/// Messages of one agency that wait longer than before, and come up again therefore. The rest of more than that is judged when its
/// time comes.
const MOST_PUT_BACK: usize = 500_000;

/// What is gone through, and why.
#[derive(Debug)]
pub(super) struct Review {
    /// By how many milliseconds the wall clock was ahead of the steady one when last set.
    ahead: i64,
    /// The rules of now.
    rules: i64,
    /// It is to begin with the next beat.
    begins: bool,
    /// The agencies that are to be gone through, the last one first.
    left: Vec<Walk>,
    /// By which rules all was judged, if the journal does not know it yet.
    judged_by: Option<i64>,
}

/// How far what waits of an agency was gone through.
#[derive(Debug)]
struct Walk {
    agency: AgencyKey,
    queues: Vec<Queue>,
    /// The last message judged; `None`: it is to begin.
    place: Option<Cursor>,
    /// Those that were judged, and stand further back now.
    put_back: FxHashSet<MessageId>,
}

impl Review {
    /// `judged_by` is what the journal knows of the rules by which all was judged; nothing, if it is new.
    pub(super) fn new(now: &Now, rules: i64, judged_by: Option<i64>) -> Self {
        Self {
            ahead: ahead(now),
            rules,
            begins: judged_by.is_some_and(|it| it != rules),
            left: Vec::new(),
            judged_by: judged_by.is_none().then_some(rules),
        }
    }

    /// Whether something is to be gone through yet.
    pub(super) fn is_under_way(&self) -> bool {
        self.begins || !self.left.is_empty()
    }

    /// These are the rules from now on.
    pub(super) fn go_by(&mut self, rules: i64) {
        self.begins |= rules != self.rules;
        self.rules = rules;
    }

    /// By which rules all was judged, where that has changed since it was asked last.
    pub(super) fn judged_by(&mut self) -> Option<i64> {
        self.judged_by.take()
    }

    /// Notes the time; all is to be gone through if the wall clock was set forward since it was noted last.
    fn note(&mut self, now: &Now) {
        let before = self.ahead;
        let is_set = ahead(now).abs_diff(before) > STEP;
        if is_set {
            self.ahead = ahead(now);
        }
        self.begins |= is_set && self.ahead > before;
    }

    /// Begins with what waits in these queues.
    fn begin(&mut self, queues: Vec<Queue>) {
        let mut agencies: BTreeMap<AgencyKey, Vec<Queue>> = BTreeMap::new();
        for queue in queues {
            agencies.entry(queue.agency).or_default().push(queue);
        }
        let walks = agencies.into_iter().map(|(agency, queues)| Walk {
            agency,
            queues,
            place: None,
            put_back: FxHashSet::default(),
        });
        (self.begins, self.left) = (false, walks.collect());
        self.judged_by = Some(0);
    }
}

fn ahead(now: &Now) -> i64 {
    now.wall.0.saturating_sub(now.steady.0)
}

impl Core {
    /// Judges some of what was put off anew, if that is to be done; gives what has a new due time. It is not in the journal yet.
    pub(super) fn review(&mut self, beat: &mut Beat) -> Result<Vec<Message>, JournalError> {
        self.review.note(&beat.now);
        if !self.review.is_under_way() {
            return Ok(Vec::new());
        }
        if self.review.begins {
            self.review.begin(self.journal.queues()?);
        }
        let mut moved = Vec::new();
        if let Some(mut walk) = self.review.left.pop() {
            let (waiting, is_over) = self.next_waiting(beat, &mut walk)?;
            for arrival in waiting {
                moved.extend(self.judge_anew(beat, &mut walk, arrival));
            }
            if !is_over && walk.put_back.len() < MOST_PUT_BACK {
                self.review.left.push(walk);
            }
        }
        if self.review.left.is_empty() {
            self.review.judged_by = Some(self.review.rules);
        }
        Ok(moved)
    }

    /// The next messages of an agency in the order in which they are due, and whether these are the last.
    fn next_waiting(
        &mut self,
        beat: &Beat,
        walk: &mut Walk,
    ) -> Result<(Vec<Arrival>, bool), JournalError> {
        let place = walk.place.unwrap_or_else(|| {
            self.pacer.begin_anew(walk.agency, &beat.now);
            // What is due has its turn anyway.
            Cursor {
                due: UnixMillis(beat.now.steady.0 + 1),
                id: 0,
            }
        });
        let most = (LOOKED_AT_ONCE / walk.queues.len().max(1)).max(READ_AT_ONCE);
        let mut waiting = Vec::new();
        // As far as all queues were read.
        let mut end: Option<Cursor> = None;
        for queue in &walk.queues {
            let read = self.journal.due(*queue, place, UnixMillis::NEVER, most)?;
            let last = read.last().filter(|_| read.len() == most);
            let last = last.map(|last| last.message.cursor());
            end = end.into_iter().chain(last).min();
            waiting.extend(read);
        }
        waiting.retain(|it| end.is_none_or(|end| it.message.cursor() <= end));
        waiting.sort_unstable_by_key(|it| it.message.cursor());
        walk.place = end.or(Some(place));
        Ok((waiting, end.is_none()))
    }

    /// Judges one message anew; gives it if it is due at another time now.
    fn judge_anew(
        &mut self,
        beat: &mut Beat,
        walk: &mut Walk,
        mut arrival: Arrival,
    ) -> Option<Message> {
        let Arrival { message, .. } = &arrival;
        let (before, dealt) = (message.progress.due, message.progress.dealt);
        let is_over = message.expires <= beat.now.wall || beat.touched(message.id);
        if is_over || !is_put_off(message, &beat.now) || walk.put_back.contains(&message.id) {
            return None;
        }
        let wait = self.pacer.judge_anew(&mut arrival, &beat.now);
        let mut message = arrival.message;
        let due = match wait {
            Some(wait) => next_look(&message, wait, &beat.now),
            // Not before the next millisecond: the queue's cursor may have passed this one.
            None => UnixMillis(beat.now.steady.0 + 1),
        };
        let is_same = due.0.abs_diff(before.0) <= SAME;
        if is_same && message.progress.dealt.is_some() == dealt.is_some() {
            return None;
        }
        if due > before {
            walk.put_back.insert(message.id);
        }
        message.progress.due = due;
        if let Some((until, reason)) = wait {
            self.teller.defer(beat, &mut message, reason, Some(until));
        }
        beat.put(message.clone());
        Some(message)
    }
}

/// Whether a message waits for a rule, or for its own time. After an attempt it may wait for another: that is told where the wait is long.
fn is_put_off(message: &Message, now: &Now) -> bool {
    let progress = &message.progress;
    let told = progress.history.last().and_then(|told| told.reason);
    let is_told = matches!(
        told,
        Some(
            Reason::SubscriberLimit | Reason::QuietHours | Reason::BulkWindow | Reason::AgencyQuota
        )
    );
    progress.attempt.attempts == 0 || (is_told && progress.due.since(now.steady) > WORTH_TELLING)
}
