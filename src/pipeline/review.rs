//! Goes once through all that was put off, when it may be for something else by now, or until another time.
//!
//! What waits is due at a steady time that was found by the rules and the wall clock of then. When a rule changes, by a reload or a
//! restart, or the wall clock is set, or the machine slept, all of it is judged anew, whatever it was told: a time comes about by
//! several rules, of which a reason names one. A step back of a few minutes is not worth that: a message's turn comes that much too
//! early, and it is deferred again then.
//!
//! Agency by agency, those whose rules are the same left out. What may have to stand in line, for its agency's quota or its campaign,
//! is judged in the order in which it came in, bulk messages after the others, and gets the places of now in that order: times are made
//! from the order, never the order from times, so whatever cuts this short turns nothing. The journal knows no such order; so what
//! waits is read first, and those that come first are noted, then judged; of very many as many as memory has room for, again and again.
//!
//! Where the gateway was down over some of a morning, or starts with other rules, so is what came due while it was down, before it
//! has its turn.
//!
//! What is due keeps its place, and counts with it beside those that are dealt out anew: be it held, since its operator takes nothing,
//! or not read yet. What goes to another operator meanwhile, or comes back unwritten, is found there.
//!
//! So is what waits for another day of its agency, in line or in a campaign, when this one has room after all, since what that was for
//! did not go.
//!
//! The journal keeps by which rules all was judged, and how far the wall clock was ahead then, so that one that a restart cuts short
//! begins again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::beat::Beat;
use super::core::Core;
use super::sending::next_look;
use super::telling::{WORTH_TELLING, name_limit};
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Arrival, Cursor, JournalError, Lane, Message, Queue, Start};
use crate::pacing::{Affected, Came};
use xabar_events::Reason;

/// The two clocks are read one after the other; a step is more than that, and than a message may be late.
const STEP: u64 = 1000;

/// By how many milliseconds a wall clock may be set back without all being judged anew.
const BACK: i64 = 3 * 60 * 1000;

/// Messages read or judged in one beat.
const LOOKED_AT_ONCE: usize = 200;

/// How often days are looked for that have room though some wait for another one.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(10);

/// How much later they are for each beat that the review before took: it takes a small part of what the pipeline can do.
const REST: Duration = Duration::from_millis(100);

/// The journal keeps the times of campaigns in whole milliseconds: what differs by less is the same there, and the moment of a morning
/// by what the two clocks are read apart. Places in an agency's line are a millisecond apart, and exact.
const SAME: u64 = 2;

/// Messages of one agency whose places in line are noted at once.
const MOST_NOTED: usize = if cfg!(test) { 1_000 } else { 500_000 };

/// What is gone through, and why.
#[derive(Debug)]
pub(super) struct Review {
    /// By how many milliseconds the wall clock was ahead of the steady one when last set.
    ahead: i64,
    /// The same when all that waits was last to be judged anew for that.
    judged_ahead: i64,
    /// The rules of now.
    rules: i64,
    /// What came due since then, while the gateway was down, is judged before it has its turn.
    missed_since: Option<UnixMillis>,
    /// When the first of that came due, or will, and whether that is so by now.
    first_due: UnixMillis,
    is_awaited: bool,
    /// What is to begin with the next beat.
    begins: Affected,
    /// The agencies that are to be gone through, the last one first.
    left: Vec<Walk>,
    /// By which rules all was judged, if the journal does not know it yet.
    judged_by: Option<i64>,
    /// Whether it does not know how far the wall clock is ahead.
    is_set: bool,
    /// In how many beats something was read or judged.
    beats: u32,
    /// How many messages were judged since it began.
    judged: u64,
    /// When days that have room are looked for.
    room_at: UnixMillis,
}

/// How far what waits is judged anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judging {
    pub judged: u64,
    /// Whether what came due while the gateway was down waits for that.
    pub holds_up: bool,
}

/// How far what waits of an agency was gone through.
#[derive(Debug)]
struct Walk {
    agency: AgencyKey,
    queues: Vec<Queue>,
    /// How far each that is to be read yet was.
    unread: Vec<(Queue, Cursor)>,
    /// Where those stand that were read and may have to stand in line, as many as there is room for.
    noted: BTreeMap<Came, (Queue, UnixMillis)>,
    /// Whether there was no room for some: all is read again then.
    is_full: bool,
    /// Up to where those that stand in line were judged; `None`: that is to begin.
    judged: Option<Came>,
}

impl Review {
    /// `start` is what the journal knows of the rules by which all was judged, and of the clock; nothing, if it is new.
    /// `over_a_morning`: some of one, or of an opening of the hours of bulk, fell into the time in which the gateway was down.
    pub(super) fn new(now: &Now, rules: i64, start: &Start, over_a_morning: bool) -> Self {
        let ahead = ahead(now);
        let is_other = start.judged_by.is_some_and(|it| it != rules);
        let is_set = start.ahead.is_none_or(|it| it.abs_diff(ahead) > STEP);
        let is_off = is_set && start.ahead.is_some_and(|it| is_off(it, it, ahead));
        let is_all = is_other || is_off || over_a_morning;
        let all = is_all.then_some(Affected::All);
        Self {
            ahead,
            judged_ahead: ahead,
            rules,
            missed_since: is_all.then_some(start.latest),
            first_due: UnixMillis::NEVER,
            is_awaited: false,
            begins: all.unwrap_or_default(),
            left: Vec::new(),
            judged_by: start.judged_by.is_none().then_some(rules),
            is_set,
            beats: 0,
            judged: 0,
            room_at: now.steady.after(LOOK_FOR_ROOM),
        }
    }

    /// By how many milliseconds the wall clock was ahead when all was judged last.
    pub(super) fn judged_ahead(&self) -> i64 {
        self.judged_ahead
    }

    /// Whether something is to be gone through yet.
    pub(super) fn is_under_way(&self) -> bool {
        !self.begins.is_nobody() || !self.left.is_empty()
    }

    /// Whether what a queue has is to be judged before it has its turn. Nothing but its subscriber's limits holds urgent messages
    /// up, and nothing answers.
    pub(super) fn holds_up(&self, queue: Queue) -> bool {
        let mut left = self.left.iter();
        self.missed_since.is_some()
            && may_have_missed(queue)
            && (self.begins.covers(queue.agency) || left.any(|walk| walk.agency == queue.agency))
    }

    /// What is due later than this in a queue is judged: what is due by then has its turn anyway.
    fn from(&self, queue: Queue, now: &Now) -> UnixMillis {
        let since = self.missed_since.filter(|_| may_have_missed(queue));
        since.unwrap_or(now.steady)
    }

    /// These are the rules from now on, others than before for these agencies.
    pub(super) fn go_by(&mut self, rules: i64, affected: Affected) {
        if self.rules != rules && affected.is_nobody() && !self.is_under_way() {
            self.judged_by = Some(rules);
        }
        self.begins.add(affected);
        self.rules = rules;
    }

    /// By which rules all was judged, and how far the wall clock is ahead, where that has changed since it was asked last.
    pub(super) fn changes(&mut self) -> (Option<i64>, Option<i64>) {
        let is_set = std::mem::take(&mut self.is_set);
        (self.judged_by.take(), is_set.then_some(self.ahead))
    }

    /// A message was put off. If what waits of its agency is gone through it is judged once more, after all that came in before.
    pub(super) fn note(&mut self, message: &Message, came: Came) {
        if let Some(walk) = self.walk(message.agency()) {
            walk.find(message, came);
        }
    }

    /// A message that stands in line waits somewhere else from now on. If it is to be judged yet it is found there.
    pub(super) fn follow(&mut self, message: &Message, came: Came) {
        if let Some(walk) = self.walk(message.agency())
            && walk.judged < Some(came)
        {
            walk.find(message, came);
        }
    }

    fn walk(&mut self, agency: AgencyKey) -> Option<&mut Walk> {
        self.left.iter_mut().find(|it| it.agency == agency)
    }

    /// How far it is, if something is to be gone through.
    pub(super) fn progress(&self) -> Option<Judging> {
        self.is_under_way().then_some(Judging {
            judged: self.judged,
            holds_up: self.is_awaited,
        })
    }

    /// Notes the time; all is to be gone through if the wall clock was set since then.
    fn pass(&mut self, now: &Now) {
        let (before, ahead) = (self.ahead, ahead(now));
        if ahead.abs_diff(before) > STEP {
            (self.ahead, self.is_set) = (ahead, true);
            if is_off(before, self.judged_ahead, ahead) {
                (self.begins, self.judged_ahead) = (Affected::All, ahead);
            }
        }
    }

    /// Begins with what waits in these queues; gives the agencies that need not be gone through to their end.
    fn begin(&mut self, queues: Vec<Queue>) -> Vec<AgencyKey> {
        let affected = std::mem::take(&mut self.begins);
        let mut agencies: BTreeMap<AgencyKey, Vec<Queue>> = BTreeMap::new();
        for queue in queues {
            if affected.covers(queue.agency) {
                agencies.entry(queue.agency).or_default().push(queue);
            }
        }
        let before = self
            .left
            .extract_if(.., |walk| affected.covers(walk.agency));
        let named = match &affected {
            Affected::These(these) => these.clone(),
            Affected::All => BTreeSet::new(),
        };
        let idle = before.map(|walk| walk.agency).chain(named);
        let idle = idle.filter(|it| !agencies.contains_key(it)).collect();
        let walks = agencies.into_iter();
        self.left
            .extend(walks.map(|(agency, queues)| Walk::new(agency, queues)));
        self.judged_by = Some(0);
        idle
    }
}

impl Walk {
    fn new(agency: AgencyKey, queues: Vec<Queue>) -> Self {
        Self {
            agency,
            queues,
            unread: Vec::new(),
            noted: BTreeMap::new(),
            is_full: true,
            judged: None,
        }
    }

    /// Whether a message stands behind some for which there was no room: it is read with them, and not judged before.
    fn is_to_read(&self, came: Came) -> bool {
        let last = self.noted.last_key_value().map(|(came, _)| *came);
        self.is_full && self.judged.max(last) < Some(came)
    }

    /// A message stands where it did not before: it is noted, or read there with those for which there was no room.
    fn find(&mut self, message: &Message, came: Came) {
        let queue = message.queue();
        if !self.is_to_read(came) {
            self.note(message, came);
        } else if !self.queues.contains(&queue) {
            self.queues.push(queue);
        }
    }

    /// Notes where a message stands that has to be judged in its order.
    fn note(&mut self, message: &Message, came: Came) {
        let place = (message.queue(), message.progress.due);
        self.noted.insert(came, place);
        if self.noted.len() > MOST_NOTED {
            self.noted.pop_last();
            self.is_full = true;
        }
    }
}

fn may_have_missed(queue: Queue) -> bool {
    matches!(queue.lane, Lane::Normal | Lane::Bulk)
}

fn ahead(now: &Now) -> i64 {
    now.wall.0.saturating_sub(now.steady.0)
}

/// Whether times are off that were found when the wall clock was so far ahead: it is set forward, or has been set far back since.
fn is_off(before: i64, judged: i64, ahead: i64) -> bool {
    ahead > before || judged.saturating_sub(ahead) > BACK
}

impl Core {
    /// Judges some of what was put off anew, if that is to be done; gives what has a new due time. It is not in the journal yet.
    pub(super) fn review(&mut self, beat: &mut Beat) -> Result<Vec<Message>, JournalError> {
        self.review.pass(&beat.now);
        self.pacer.judges_by(self.review.judged_ahead());
        if !self.review.is_under_way() {
            self.look_for_room(&beat.now);
            if !self.review.is_under_way() {
                return Ok(Vec::new());
            }
        }
        if !self.review.begins.is_nobody() {
            (self.review.beats, self.review.judged) = (0, 0);
            let queues = self.journal.queues()?;
            if self.review.missed_since.is_some() {
                self.review.first_due = self.first_due(&queues)?;
            }
            for agency in self.review.begin(queues) {
                self.pacer.end_anew(agency);
            }
        }
        self.review.is_awaited = self.review.first_due <= beat.now.steady;
        let mut moved = Vec::new();
        self.review.beats += 1;
        if let Some(mut walk) = self.review.left.pop() {
            if self.go_on(beat, &mut walk, &mut moved)? {
                self.pacer.end_anew(walk.agency);
            } else {
                self.review.left.push(walk);
            }
        }
        if self.review.left.is_empty() {
            self.review.judged_by = Some(self.review.rules);
            self.review.missed_since = None;
            (self.review.first_due, self.review.is_awaited) = (UnixMillis::NEVER, false);
            let rest = REST.saturating_mul(self.review.beats);
            self.review.room_at = beat.now.steady.after(LOOK_FOR_ROOM.max(rest));
        }
        Ok(moved)
    }

    /// When the first of those comes due, or did, that are to be judged before they have their turns.
    fn first_due(&mut self, queues: &[Queue]) -> Result<UnixMillis, JournalError> {
        let mut first = UnixMillis::NEVER;
        for queue in queues.iter().filter(|it| may_have_missed(**it)) {
            let start = Cursor::default();
            let due = self.journal.due(*queue, start, UnixMillis::NEVER, 1)?;
            let due = due.first().map(|it| it.message.progress.due);
            first = first.min(due.unwrap_or(first));
        }
        Ok(first)
    }

    /// Goes through the agencies again of which some wait for another day though this one has room: it was for what did not go.
    fn look_for_room(&mut self, now: &Now) {
        if now.steady < self.review.room_at {
            return;
        }
        self.review.room_at = now.steady.after(LOOK_FOR_ROOM);
        let agencies = self.pacer.with_room(now);
        for agency in &agencies {
            self.pacer.begin_anew(*agency);
        }
        self.review.begins.add(Affected::These(agencies));
    }

    /// Goes on with an agency; says whether it is through.
    fn go_on(
        &mut self,
        beat: &mut Beat,
        walk: &mut Walk,
        moved: &mut Vec<Message>,
    ) -> Result<bool, JournalError> {
        if walk.unread.is_empty() && walk.noted.is_empty() && walk.is_full {
            let counts = self.pacer.has_quota(walk.agency);
            let queues = walk.queues.iter().map(|queue| {
                let due = UnixMillis(self.review.from(*queue, &beat.now).0 + 1);
                let start = match counts && may_have_missed(*queue) {
                    true => Cursor::default(),
                    false => Cursor { due, id: 0 },
                };
                (*queue, start)
            });
            walk.unread = queues.collect();
            walk.is_full = false;
        }
        if let Some((queue, place)) = walk.unread.pop() {
            self.read_on(beat, walk, (queue, place), moved)?;
            return Ok(false);
        }
        if walk.judged.is_none() {
            self.pacer.begin_anew(walk.agency);
            walk.judged = Some(Came::default());
        }
        for _ in 0..LOOKED_AT_ONCE {
            let Some((came, (queue, due))) = walk.noted.pop_first() else {
                break;
            };
            walk.judged = walk.judged.max(Some(came));
            let Some(arrival) = self.at_place(queue, Cursor { due, id: came.2 })? else {
                continue;
            };
            if self.has_turn(beat, &arrival.message) {
                self.pacer.keep(&arrival.message, &beat.now);
            } else {
                moved.extend(self.judge_anew(beat, arrival));
            }
        }
        Ok(walk.noted.is_empty() && !walk.is_full)
    }

    /// Reads some of a queue: notes what may have to stand in line, and judges the rest, the first time.
    fn read_on(
        &mut self,
        beat: &mut Beat,
        walk: &mut Walk,
        (queue, place): (Queue, Cursor),
        moved: &mut Vec<Message>,
    ) -> Result<(), JournalError> {
        let most = LOOKED_AT_ONCE;
        let read = self.journal.due(queue, place, UnixMillis::NEVER, most)?;
        if let Some(last) = read.last().filter(|_| read.len() == most) {
            walk.unread.push((queue, last.message.cursor()));
        }
        for arrival in read {
            let has_turn = self.has_turn(beat, &arrival.message);
            if has_turn && arrival.message.progress.dealt.is_none() {
                continue;
            }
            if self.pacer.has_line(&arrival.message) {
                let came = self.pacer.came(&arrival.message);
                if walk.judged < Some(came) {
                    walk.note(&arrival.message, came);
                }
            } else if walk.judged.is_none() && !has_turn {
                moved.extend(self.judge_anew(beat, arrival));
            }
        }
        Ok(())
    }

    /// Whether a message is not judged, as it has its turn anyway: it is due, or held, or at its end.
    fn has_turn(&self, beat: &Beat, message: &Message) -> bool {
        message.progress.due <= self.review.from(message.queue(), &beat.now)
            || message.expires <= beat.now.wall
            || self.pacer.holds(message.id)
    }

    /// Judges one message anew; gives it if it is due at another time now.
    fn judge_anew(&mut self, beat: &mut Beat, mut arrival: Arrival) -> Option<Message> {
        self.review.judged += 1;
        let Arrival { message, .. } = &arrival;
        let (before, dealt) = (message.progress.due, message.progress.dealt);
        if beat.touched(message.id) || !is_put_off(message, &beat.now) {
            return None;
        }
        let wait = self.pacer.judge_anew(&mut arrival, &beat.now);
        let mut message = arrival.message;
        let is_due = wait.is_none() && before <= beat.now.steady;
        if is_due && dealt.is_none() && message.progress.dealt.is_none() {
            return None;
        }
        let due = match wait {
            Some(wait) => next_look(&message, wait, &beat.now),
            // Not before the next millisecond: the queue's cursor may have passed this one.
            None => UnixMillis(beat.now.steady.0 + 1),
        };
        let has_place = message.progress.dealt.is_some() && !self.pacer.is_of_campaign(&message);
        let is_same = due.0.abs_diff(before.0) <= if has_place { 0 } else { SAME };
        let is_told = wait.is_none_or(|wait| is_told(&message, wait, &beat.now));
        if is_same && is_told && message.progress.dealt.is_some() == dealt.is_some() {
            return None;
        }
        message.progress.due = due;
        if let Some((until, reason)) = wait {
            self.teller.defer(beat, &mut message, reason, Some(until));
            if reason == Reason::SubscriberLimit {
                let submitted = &arrival.subscriber.submitted;
                name_limit(&mut message, self.pacer.limit_after(submitted, &beat.now));
            }
        }
        beat.put(message.clone());
        Some(message)
    }
}

/// Whether a message's history says what it waits for, and until when by the clock of now.
fn is_told(message: &Message, (until, reason): (UnixMillis, Reason), now: &Now) -> bool {
    let told = message.progress.history.last();
    let Some(told) = told.filter(|told| told.reason == Some(reason)) else {
        return true;
    };
    let until = now.wall_at(until).min(message.expires);
    told.until
        .is_none_or(|told| told.0.abs_diff(until.0) <= STEP)
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
    let is_long = progress.due.since(now.steady) > WORTH_TELLING || progress.due <= now.steady;
    progress.attempt.attempts == 0 || (is_told && is_long)
}
