//! Days of traffic with everything that goes wrong, by chance and seed, under the eyes of the laws.

use std::collections::HashMap;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use xabar_events::{Event as Incoming, Notification, Priority};
use xabar_smpp::Status;

use super::world::*;
use crate::clock::UnixMillis;
use crate::delivery::Event;
use crate::journal::OperatorId;
use crate::pacing::{QuietHours, UrgentRight};

#[test]
fn whatever_goes_wrong_every_event_has_its_end_and_every_rule_is_kept() {
    let given = std::env::var("XABAR_SEED");
    let given = given.ok().and_then(|seed| seed.parse().ok());
    for seed in given.map_or(1..=9, |seed| seed..=seed) {
        let mut days = Days::new(seed);
        days.trouble(700);
        days.peace();
        days.check();
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut days = Days::new(seed);
        days.trouble(200);
        let told = days.world.outcomes.iter();
        told.map(|outcome| format!("{outcome:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(run(42), run(42));
    assert_ne!(run(42), run(43));
}

pub(super) fn night() -> QuietHours {
    QuietHours {
        from: Time::constant(22, 0, 0, 0),
        to: Time::constant(8, 0, 0, 0),
        timezone: TimeZone::get("Asia/Tashkent").unwrap(),
    }
}

struct Days {
    world: World,
    random: Random,
    /// What happens at the operators, by time.
    coming: Vec<(UnixMillis, Coming)>,
    published: Vec<Notification>,
    /// How often an operator took each segment.
    taken: HashMap<(u64, u8), u32>,
    /// The attempt in which each was sent last.
    last: HashMap<(u64, u8), u8>,
    ids: u64,
    peaceful: bool,
}

#[derive(Clone, Debug)]
enum Coming {
    Answer(Sent, Status, String),
    TimeOut(Sent),
    /// It is taken, having been refused.
    Taken(Sent, String),
    Receipt(Sent, String, &'static str),
    /// One that returns our reference for what is refused, before or after that.
    ReceiptOfRefused(Sent, String),
    /// It had refused what its receipt says to have arrived.
    Arrived(Sent, String),
    /// Whether a push is shown.
    Word(Sent, bool),
    Return(OperatorId),
}

impl Days {
    fn new(seed: u64) -> Self {
        let world = World::with(|settings| {
            // Rules make most messages wait; without them more are under way at a time.
            if !seed.is_multiple_of(3) {
                settings.rules.limits = vec![limit(3, 10 * MINUTE), limit(8, 24 * HOUR)];
            }
            if seed % 3 > 1 {
                settings.rules.quiet_hours = Some(night());
            }
            settings.rules.urgent_limited = seed % 5 == 1;
            settings.operators[1].receipts = seed.is_multiple_of(2);
            if seed % 5 > 2 {
                settings.operators[0].push = Some(UrgentRight::Everyone);
            }
            if seed % 4 > 1 {
                settings.operators[1].prefixes.push("99893".into());
                settings.retry.undelivered_elsewhere = seed % 4 == 2;
            }
        });
        Self {
            world,
            random: Random(seed),
            coming: Vec::new(),
            published: Vec::new(),
            taken: HashMap::new(),
            last: HashMap::new(),
            ids: 0,
            peaceful: false,
        }
    }

    fn trouble(&mut self, steps: u32) {
        for step in 0..steps {
            self.publish();
            let wait = match self.random.below(20) {
                0..8 => Duration::from_millis(self.random.below(50)),
                8..16 => Duration::from_millis(self.random.below(20_000)),
                16..19 => Duration::from_secs(self.random.below(600)),
                _ => Duration::from_secs(self.random.below(6 * 3600)),
            };
            self.pass(wait);
            self.mischief();
            if step % 50 == 0 {
                self.world.unsettled();
            }
        }
    }

    /// Nothing new comes, and nothing goes wrong, until all is over.
    fn peace(&mut self) {
        self.peaceful = true;
        for smsc in self.world.smscs.values_mut() {
            (smsc.sessions, smsc.room) = (1, 1000);
        }
        for wait in [10 * HOUR, 20 * MINUTE, 20 * MINUTE, 20 * MINUTE] {
            self.pass(wait);
        }
        if self.world.settings.rules.limits.is_empty() {
            assert_eq!(self.world.laws.waiting(), 0, "there is nothing to wait for");
        }
        for _ in 0..24 * 8 {
            self.pass(HOUR);
        }
    }

    fn check(&mut self) {
        assert_eq!(self.world.unsettled(), 0);
        let mut repeats = HashMap::new();
        for outcome in &self.world.outcomes {
            repeats.insert(outcome.message.parse::<u64>().unwrap(), outcome.repeats);
        }
        for ((message, segment), taken) in &self.taken {
            let told = repeats[message];
            assert!(
                *taken <= 1 + told,
                "segment {segment} of {message}: {taken} times"
            );
        }
    }

    /// Lets time pass, stopping wherever something comes from an operator.
    fn pass(&mut self, wait: Duration) {
        let end = self.world.steady.after(wait);
        loop {
            self.coming.sort_by_key(|(at, _)| *at);
            let next = self.coming.first().map(|(at, _)| *at);
            let stop = next.map_or(end, |at| at.min(end)).max(self.world.steady);
            self.world.steady = stop;
            while self.coming.first().is_some_and(|(at, _)| *at <= stop) {
                let (_, coming) = self.coming.remove(0);
                self.come(coming);
            }
            self.world.calm();
            for sent in self.world.sent() {
                self.operate(sent);
            }
            if stop >= end {
                return;
            }
        }
    }

    fn come(&mut self, coming: Coming) {
        match coming {
            Coming::Answer(sent, status, id) => self.world.answer(&sent, status, &id),
            Coming::TimeOut(sent) => {
                let event = Event::TimedOut(sent.token());
                self.world.hear(sent.operator, event);
            }
            Coming::Taken(sent, id) => {
                let (token, smsc_id) = (sent.token(), id.clone().into());
                let event = Event::TakenAfterAll { token, smsc_id };
                self.world.hear(sent.operator, event);
                // Of what is over no repeats are told any more.
                if !self.world.laws.is_over(sent.message()) {
                    self.note_taken(&sent);
                }
                self.bring_receipts(sent, &id);
            }
            Coming::Receipt(sent, id, stat) => {
                if self.world.smsc(sent.operator).sessions == 0 {
                    let later = self.world.steady.after(MINUTE);
                    self.coming.push((later, Coming::Receipt(sent, id, stat)));
                } else if self.ids.is_multiple_of(2) {
                    self.by_reference(&sent, &id, stat);
                } else {
                    self.world.bring_receipt(&sent, &id, stat);
                }
            }
            Coming::ReceiptOfRefused(sent, id) => {
                if self.world.smsc(sent.operator).sessions > 0 {
                    self.world.receipt_by_reference(&sent, &id, "REJECTD");
                }
            }
            Coming::Arrived(sent, id) => {
                if self.world.smsc(sent.operator).sessions > 0 {
                    // Of what went again since, or before, nobody knows which of them it was.
                    let of = (sent.message(), sent.token().segment);
                    let is_last = self.last[&of] == sent.token().attempt;
                    let is_last = is_last && !self.taken.contains_key(&of);
                    if is_last && !self.world.laws.is_over(sent.message()) {
                        self.note_taken(&sent);
                    }
                    self.by_reference(&sent, &id, "DELIVRD");
                }
            }
            Coming::Word(sent, is_shown) => {
                if self.world.smsc(sent.operator).sessions == 0 {
                    let later = self.world.steady.after(MINUTE);
                    self.coming.push((later, Coming::Word(sent, is_shown)));
                } else {
                    self.world.bring_word(&sent, is_shown);
                }
            }
            Coming::Return(operator) => self.world.smsc(operator).sessions = 1,
        }
    }

    /// A receipt that returns our reference: what arrived by that is settled for good.
    fn by_reference(&mut self, sent: &Sent, id: &str, stat: &str) {
        let acknowledged = self.world.bring_receipt_by_reference(sent, id, stat);
        let laws = &mut self.world.laws;
        laws.receipt_brought(sent.token());
        if stat == "DELIVRD" {
            laws.arrival_brought(sent.operator, acknowledged, sent.token());
        }
    }

    /// What an operator makes of a segment.
    fn operate(&mut self, sent: Sent) {
        self.ids += 1;
        let of = (sent.message(), sent.token().segment);
        self.last.insert(of, sent.token().attempt);
        let id = format!("{:X}", 0xA000_0000 + self.ids);
        let chance = if self.peaceful {
            0
        } else {
            self.random.below(100)
        };
        let soon = self
            .world
            .steady
            .after(Duration::from_millis(self.random.below(2000)));
        let timeout = self.world.steady.after(30 * SECOND);
        let early = self.random.below(4000);
        let mut refuse = |status| {
            let answer = Coming::Answer(sent.clone(), status, String::new());
            self.coming.push((soon, answer));
            if early < 1000 && !sent.token().is_push() {
                let receipt = Coming::ReceiptOfRefused(sent.clone(), id.clone());
                let at = soon.before(Duration::from_millis(early));
                self.coming
                    .push((at.after(Duration::from_millis(500)), receipt));
            }
        };
        match chance {
            0..70 => self.take(sent, soon, id, false),
            // A push is over once it is refused.
            70..73 if !sent.token().is_push() => {
                refuse(Status::RTHROTTLED);
                let late = soon.after(Duration::from_secs(self.random.below(60)));
                self.coming.push((late, Coming::Taken(sent, id)));
            }
            70..78 => refuse(Status::RTHROTTLED),
            78..82 => refuse(Status::RSYSERR),
            82..84 if !sent.token().is_push() => {
                refuse(Status::RMSGQFUL);
                let late = soon.after(Duration::from_secs(self.random.below(10)));
                self.coming.push((late, Coming::Arrived(sent, id)));
            }
            82..84 => refuse(Status::RMSGQFUL),
            84..87 => refuse(Status::RINVDSTADR),
            87..90 => refuse(Status::from(0x0432)),
            // It took it, and says so too late, or never.
            90..96 => {
                self.coming.push((timeout, Coming::TimeOut(sent.clone())));
                let late = timeout.after(Duration::from_secs(self.random.below(120)));
                self.take(sent, late, id, chance < 93);
            }
            _ => self.coming.push((timeout, Coming::TimeOut(sent))),
        }
    }

    fn take(&mut self, sent: Sent, answered: UnixMillis, id: String, silent: bool) {
        self.note_taken(&sent);
        if !silent {
            let answer = Coming::Answer(sent.clone(), Status::ROK, id.clone());
            self.coming.push((answered, answer));
        }
        if sent.token().is_push() {
            let wait = Duration::from_millis(self.random.below(40_000));
            let at = self.world.steady.after(wait);
            match self.random.below(4) {
                0 => {}
                chance => self.coming.push((at, Coming::Word(sent, chance > 1))),
            }
            return;
        }
        self.bring_receipts(sent, &id);
    }

    fn note_taken(&mut self, sent: &Sent) {
        let taken = self.taken.entry((sent.message(), sent.token().segment));
        *taken.or_default() += 1;
    }

    /// The receipts that come of what an operator took, in whatever spelling.
    fn bring_receipts(&mut self, sent: Sent, id: &str) {
        let stat = match self.random.below(20) {
            0..15 => "DELIVRD",
            15..17 => "UNDELIV",
            17 => "EXPIRED",
            _ => return,
        };
        let mut wait = Duration::from_millis(self.random.below(60_000));
        if self.random.below(10) == 0 {
            // Before the response, or long after.
            wait = Duration::from_secs(self.random.below(2) * 80 * 3600);
        }
        let spelled = match self.random.below(3) {
            0 => u64::from_str_radix(id, 16).unwrap().to_string(),
            _ => id.to_lowercase(),
        };
        let at = self.world.steady.after(wait);
        let receipt = Coming::Receipt(sent, spelled, stat);
        if self.random.below(8) == 0 {
            self.coming.push((at.after(SECOND), receipt.clone()));
        }
        self.coming.push((at, receipt));
    }

    fn publish(&mut self) {
        let mut events = Vec::new();
        for _ in 0..self.random.below(4) {
            events.push(match self.random.below(20) {
                0 | 1 if !self.published.is_empty() => Incoming::StatusChanged(self.earlier()),
                2 if !self.published.is_empty() => {
                    let key = self.earlier().key;
                    cancel(key.agency.name(), key.id.as_str())
                }
                3 => cancel("kadastr", &format!("e{}", self.published.len() + 2)),
                _ => Incoming::StatusChanged(self.status()),
            });
        }
        self.world.bring(events);
    }

    fn earlier(&mut self) -> Notification {
        let from = self.published.len().saturating_sub(20);
        let near = self.random.below((self.published.len() - from) as u64);
        self.published[from + usize::try_from(near).unwrap()].clone()
    }

    fn status(&mut self) -> Notification {
        let id = format!("e{}", self.published.len());
        let mut event = match self.random.below(5) {
            0 => long_status(&id),
            _ => status(&id),
        };
        let now = self.world.wall();
        let number = u32::try_from(self.random.below(7)).unwrap();
        event.msisdn = if number < 5 {
            phone(number)
        } else {
            other_phone(number)
        };
        event.application = format!("{}", self.random.below(3)).parse().unwrap();
        event.key = key(["kadastr", "adliya"][self.pick(4) / 3], &id);
        event.time = UnixMillis(now.0 - 3_600_000 + self.millis(4_000_000)).into();
        event.priority = [
            Priority::Normal,
            Priority::Normal,
            Priority::Urgent,
            Priority::Bulk,
        ][self.pick(4)];
        if self.random.below(10) == 0 {
            event.not_before = Some(UnixMillis(now.0 + self.millis(30_000_000)).into());
        }
        if self.random.below(5) == 0 {
            event.expires = Some(UnixMillis(now.0 + self.millis(7_200_000)).into());
        }
        if self.random.below(30) == 0 {
            event.status = "unheard-of".parse().unwrap();
        }
        self.published.push(event.clone());
        event
    }

    /// Links break, rooms shrink, the gateway dies.
    fn mischief(&mut self) {
        let operator = [UCELL, BEELINE][self.pick(2)];
        match self.random.below(60) {
            0 => self.cut(operator),
            1 | 2 => self.world.smsc(operator).room = self.random.below(4),
            3..6 => self.world.smsc(operator).room = 20,
            6 => {
                self.world.wall_ahead = self.millis(600_000) - 300_000;
            }
            7 => {
                self.world.crash();
                self.world.start();
                self.crashed();
            }
            8 => {
                self.publish();
                self.world.beat_and_crash(Crash::BeforeCommit);
                self.crashed();
            }
            9 => {
                self.publish();
                self.world.beat_and_crash(Crash::BeforeEffects);
                self.crashed();
            }
            _ => {}
        }
    }

    /// An operator's session breaks, or it unbinds: what it was asked stays without an answer, or was not written.
    fn cut(&mut self, operator: OperatorId) {
        self.world.smsc(operator).sessions = 0;
        let back = self
            .world
            .steady
            .after(Duration::from_secs(self.random.below(600)));
        let unanswered = match self.random.below(2) {
            0 => Event::Lost,
            _ => Event::TimedOut,
        };
        for (at, coming) in std::mem::take(&mut self.coming) {
            match coming {
                Coming::Answer(sent, status, ..) if sent.operator == operator => {
                    let written = status.is_ok() || self.random.below(2) == 0;
                    let event = if written {
                        unanswered(sent.token())
                    } else {
                        Event::Returned(sent.token())
                    };
                    self.world.hear(operator, event);
                }
                Coming::TimeOut(sent) if sent.operator == operator => {
                    self.world.hear(operator, unanswered(sent.token()));
                }
                // Its session is gone, and nobody is told.
                Coming::Taken(sent, _) if sent.operator == operator => {}
                other => self.coming.push((at, other)),
            }
        }
        self.coming.push((back, Coming::Return(operator)));
    }

    /// Sessions end with the gateway; receipts come to the next one.
    fn crashed(&mut self) {
        self.coming.retain(|(_, coming)| {
            let is_answer = matches!(
                coming,
                Coming::Answer(..) | Coming::TimeOut(_) | Coming::Taken(..)
            );
            !is_answer
        });
        drop(self.world.sent());
    }

    fn pick(&mut self, from: u64) -> usize {
        usize::try_from(self.random.below(from)).unwrap()
    }

    fn millis(&mut self, below: u64) -> i64 {
        i64::try_from(self.random.below(below)).unwrap()
    }
}

/// Sebastiano Vigna's SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
