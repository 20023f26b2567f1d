//! What operators do in a day: so many a second, answers, receipts, what phones say of pushes, throttling and outages.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};
use xabar_smpp::Status;

use super::super::random::Random;
use super::super::world::*;
use super::promises::Promises;
use super::some_time;
use crate::clock::UnixMillis;
use crate::delivery::{Answer, Event};
use crate::journal::OperatorId;

const OUTAGES: u64 = 2;
const HARD_TIMES: u64 = 3;

pub(super) struct Operators {
    all: BTreeMap<OperatorId, Operator>,
    /// By time and number, the first one on top.
    coming: BinaryHeap<Reverse<(UnixMillis, u64)>>,
    what: FxHashMap<u64, Coming>,
    numbers: u64,
    /// How often each segment was taken, where more than once.
    taken: FxHashMap<(u64, u8), u32>,
    /// What was taken after all in this second.
    taken_late: Vec<Sent>,
    /// The messages that were on screens, whether or not anybody was told.
    shown: FxHashSet<u64>,
    /// The segments of each message that receipts say arrived, a bit for each; all of one that its phone says it shows.
    arrived: FxHashMap<u64, u64>,
    /// What phones said of pushes in this second, each with what acknowledges it.
    words: Vec<(Answer, Sent, bool)>,
}

struct Operator {
    /// Submissions a second.
    tps: u64,
    /// When it is away, and until when.
    outages: Vec<(UnixMillis, UnixMillis)>,
    /// When it throttles and errs.
    hard_times: Vec<(UnixMillis, UnixMillis)>,
    /// When it last was away or in trouble.
    trouble: UnixMillis,
}

enum Coming {
    Answer(Sent, Status),
    TimeOut(Sent),
    /// It is taken, having been refused.
    Taken(Sent),
    Receipt(Sent, &'static str),
    /// Whether a push is shown.
    Word(Sent, bool),
}

impl Operators {
    pub(super) fn new(events: u64, random: &mut Random) -> Self {
        let operator = |random: &mut Random| Operator {
            tps: (events / 60_000).max(4),
            outages: times(OUTAGES, 5400, random),
            hard_times: times(HARD_TIMES, 1800, random),
            trouble: START,
        };
        Self {
            all: [UCELL, BEELINE].map(|id| (id, operator(random))).into(),
            coming: BinaryHeap::new(),
            what: FxHashMap::default(),
            numbers: 0,
            taken: FxHashMap::default(),
            taken_late: Vec::new(),
            shown: FxHashSet::default(),
            arrived: FxHashMap::default(),
            words: Vec::new(),
        }
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.len()
    }

    pub(super) fn shown(&self) -> usize {
        self.shown.len()
    }

    /// When something comes from one of them.
    pub(super) fn next(&self) -> UnixMillis {
        let first = self.coming.peek();
        first.map_or(UnixMillis::NEVER, |Reverse((at, _))| *at)
    }

    /// Since when an operator has been well.
    pub(super) fn well_since(&self, operator: OperatorId) -> UnixMillis {
        self.all[&operator].trouble
    }

    /// What they say and let in at this second.
    pub(super) fn begin(&mut self, world: &mut World) {
        let now = world.steady;
        for (id, operator) in &mut self.all {
            let away = within(&operator.outages, now);
            if away || within(&operator.hard_times, now) {
                operator.trouble = now;
            }
            let smsc = world.smsc(*id);
            // What is kept for urgent messages is there besides.
            smsc.kept = (operator.tps / 10).max(1);
            (smsc.sessions, smsc.room) = (usize::from(!away), operator.tps + smsc.kept);
        }
        while self
            .coming
            .peek()
            .is_some_and(|Reverse((at, _))| *at <= now)
        {
            let Some(Reverse((_, number))) = self.coming.pop() else {
                return;
            };
            if let Some(coming) = self.what.remove(&number) {
                self.come(world, coming);
            }
        }
    }

    fn come(&mut self, world: &mut World, coming: Coming) {
        let (Coming::Answer(sent, _)
        | Coming::TimeOut(sent)
        | Coming::Taken(sent)
        | Coming::Receipt(sent, _)
        | Coming::Word(sent, _)) = &coming;
        let operator = sent.operator;
        let bound = world.smsc(operator).sessions > 0;
        match coming {
            Coming::Answer(sent, status) if bound => world.answer(&sent, status, &id(&sent)),
            Coming::TimeOut(sent) if bound => {
                world.hear(operator, Event::TimedOut(sent.token()));
            }
            Coming::Taken(sent) if bound => {
                let (token, smsc_id) = (sent.token(), id(&sent).into());
                world.hear(operator, Event::TakenAfterAll { token, smsc_id });
                self.taken_late.push(sent.clone());
                self.at(
                    world.steady.after(5 * SECOND),
                    Coming::Receipt(sent, "DELIVRD"),
                );
            }
            // Its session is gone, and nobody is told.
            Coming::Taken(_) => {}
            Coming::Answer(sent, _) | Coming::TimeOut(sent) => {
                world.hear(operator, Event::Lost(sent.token()));
            }
            Coming::Receipt(sent, stat) if bound => {
                if stat == "DELIVRD" {
                    *self.arrived.entry(sent.message()).or_default() |= 1 << sent.token().segment;
                }
                world.bring_receipt(&sent, &id(&sent), stat);
            }
            Coming::Word(sent, is_shown) if bound => {
                if is_shown {
                    self.arrived.insert(sent.message(), u64::MAX);
                }
                let read = world.bring_word(&sent, is_shown);
                self.words.push((read, sent, is_shown));
            }
            later @ (Coming::Receipt(..) | Coming::Word(..)) => {
                self.at(world.steady.after(MINUTE), later);
            }
        }
    }

    /// What is told to be delivered was said to have arrived, segment by segment.
    pub(super) fn check_delivered(&self, message: u64, segments: Option<u32>) {
        let all = (1 << segments.unwrap_or(1)) - 1;
        let arrived = self.arrived.get(&message).copied().unwrap_or_default();
        assert!(
            arrived & all == all,
            "delivered, of which nobody said so: {message}, of {segments:?} segments {arrived:b}"
        );
    }

    /// What they make of what was submitted.
    pub(super) fn take(&mut self, world: &mut World, sent: Vec<Sent>, random: &mut Random) {
        let now = world.steady;
        for sent in sent {
            let smsc = world.smsc(sent.operator);
            smsc.room = smsc.room.saturating_sub(1);
            let hard = within(&self.all[&sent.operator].hard_times, now);
            let soon = now.after(Duration::from_millis(random.below(3000)));
            let timeout = now.after(30 * SECOND);
            match random.below(1000) {
                // A push is over once it is refused.
                chance @ 0..30 if hard && !sent.token().is_push() => {
                    self.at(soon, Coming::Answer(sent.clone(), Status::RTHROTTLED));
                    let later = Duration::from_secs(chance);
                    self.at(soon.after(later), Coming::Taken(sent));
                }
                0..300 if hard => self.at(soon, Coming::Answer(sent, Status::RTHROTTLED)),
                300..330 if hard => self.at(soon, Coming::Answer(sent, Status::RSYSERR)),
                330..350 if hard => self.at(timeout, Coming::TimeOut(sent)),
                350..360 if hard => {
                    // It took it, and does not say so.
                    self.at(timeout, Coming::TimeOut(sent.clone()));
                    self.deliver(now, sent, random);
                }
                990..995 => self.at(soon, Coming::Answer(sent, Status::RINVDSTADR)),
                _ => {
                    self.at(soon, Coming::Answer(sent.clone(), Status::ROK));
                    self.deliver(now, sent, random);
                }
            }
        }
    }

    /// What was taken after all counts, if its message goes on. What a phone says is brought again in the next second, if it is not
    /// acknowledged.
    pub(super) fn hear(&mut self, world: &mut World) {
        // Of what is over no repeats are told any more.
        for sent in std::mem::take(&mut self.taken_late) {
            if !world.laws.is_over(sent.message()) {
                self.note_taken(&sent);
            }
        }
        for (read, sent, is_shown) in std::mem::take(&mut self.words) {
            if !world.smsc(sent.operator).answers.contains(&read) {
                self.at(world.steady.after(SECOND), Coming::Word(sent, is_shown));
            }
        }
    }

    fn deliver(&mut self, now: UnixMillis, sent: Sent, random: &mut Random) {
        if sent.token().is_push() {
            return self.show(now, sent, random);
        }
        self.note_taken(&sent);
        let stat = match random.below(100) {
            0..94 => "DELIVRD",
            94..97 => "UNDELIV",
            97 | 98 => "EXPIRED",
            _ => return,
        };
        let wait = Duration::from_millis(random.below(60_000));
        if random.below(50) == 0 {
            self.at(
                now.after(wait + 2 * SECOND),
                Coming::Receipt(sent.clone(), stat),
            );
        }
        self.at(now.after(wait), Coming::Receipt(sent, stat));
    }

    fn note_taken(&mut self, sent: &Sent) {
        let taken = self.taken.entry((sent.message(), sent.token().segment));
        *taken.or_default() += 1;
    }

    /// Most phones show a push and say so; some are off, and of some nobody hears.
    fn show(&mut self, now: UnixMillis, sent: Sent, random: &mut Random) {
        let soon = now.after(Duration::from_millis(random.below(20_000)));
        let (is_shown, is_told) = match random.below(10) {
            0..6 => (true, true),
            6 => (true, false),
            7 | 8 => (false, true),
            _ => (false, false),
        };
        if is_shown {
            self.shown.insert(sent.message());
        }
        if is_told {
            self.at(soon, Coming::Word(sent, is_shown));
        }
    }

    fn at(&mut self, at: UnixMillis, what: Coming) {
        self.numbers += 1;
        self.coming.push(Reverse((at, self.numbers)));
        self.what.insert(self.numbers, what);
    }

    /// Its sessions are gone with it, and so is what they brought in this second; receipts, and what phones say, come to the next one.
    pub(super) fn gateway_died(&mut self, world: &mut World) {
        self.taken_late.clear();
        self.what
            .retain(|_, coming| matches!(coming, Coming::Receipt(..) | Coming::Word(..)));
        drop(world.sent());
        for operator in self.all.values_mut() {
            operator.trouble = world.steady;
        }
    }

    /// R2: what reached an operator twice, or a screen and an operator, was told as a repeat.
    pub(super) fn check(&self, promises: &Promises) {
        for ((message, segment), taken) in &self.taken {
            let Some(repeats) = promises.repeats(*message) else {
                continue;
            };
            let shown = u32::from(self.shown.contains(message));
            assert!(
                shown + *taken <= 1 + repeats,
                "segment {segment} of {message}: taken {taken} times, shown {shown}, and told {repeats} repeats"
            );
        }
    }
}

/// As an operator numbers segments.
fn id(sent: &Sent) -> String {
    let token = sent.token();
    format!(
        "{:X}{:02X}{:02X}",
        0xA000_0000 + token.message.0,
        token.attempt,
        token.segment
    )
}

fn times(count: u64, longest_s: u64, random: &mut Random) -> Vec<(UnixMillis, UnixMillis)> {
    let times = (0..count).map(|_| {
        let from = some_time(random);
        (
            from,
            from.after(Duration::from_secs(60 + random.below(longest_s))),
        )
    });
    times.collect()
}

fn within(times: &[(UnixMillis, UnixMillis)], now: UnixMillis) -> bool {
    times.iter().any(|(from, to)| (*from..*to).contains(&now))
}
