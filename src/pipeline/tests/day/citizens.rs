//! What citizens write in a day: that they want no more messages, of one agency or of all; that they want them again;
//! and how their applications stand.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::super::laws::Text;
use super::super::random::Random;
use super::super::world::*;
use super::agencies::{name, somebody, subscriber};
use super::promises::carrier;
use super::some_time;
use crate::clock::UnixMillis;
use crate::delivery::Answer;
use crate::journal::OperatorId;

/// For so many events one citizen opts out.
const EVENTS: u64 = 40;

/// A text that was acknowledged may come again within this time, once: that is sooner than it is forgotten.
const AGAIN: u64 = 300;

pub(super) struct Citizens {
    /// By time and number.
    coming: BTreeMap<(UnixMillis, u64), Text>,
    /// Those of this second, with what acknowledges them.
    brought: Vec<(u64, OperatorId, Answer, Text)>,
    /// Those that were acknowledged, and come once more.
    last_time: HashSet<u64>,
}

impl Citizens {
    pub(super) fn new(events: u64, random: &mut Random) -> Self {
        let mut texts = Vec::new();
        for _ in 0..events.div_ceil(EVENTS) {
            let from = somebody(events, random);
            let of = match random.below(3) {
                0 => format!(" {}", name(random.below(super::agencies::AGENCIES))),
                _ => String::new(),
            };
            let at = some_time(random);
            let again = at.after(Duration::from_secs(60 + random.below(7200)));
            for (at, words) in [
                (at, format!("stop{of}")),
                (at.after(MINUTE / 2), "status".to_owned()),
                (again, format!("start{of}")),
            ] {
                texts.push((at, from, words));
            }
        }
        let numbered = (0..).zip(texts).map(|(number, (at, from, words))| {
            let text = Text {
                from,
                words,
                reference: u16::try_from(number % 0xFFFF).ok(),
            };
            ((at, number), text)
        });
        Self {
            coming: numbered.collect(),
            brought: Vec::new(),
            last_time: HashSet::new(),
        }
    }

    /// Lets some of them ask in a minute.
    pub(super) fn soon(&mut self, citizens: u64) {
        let numbered = self.coming.keys().map(|(_, number)| *number);
        let next = numbered.max().map_or(0, |last| last + 1);
        for number in 0..citizens {
            let text = Text {
                from: subscriber(100 + number),
                words: "status".to_owned(),
                reference: u16::try_from((next + number) % 0xFFFF).ok(),
            };
            self.coming
                .insert((START.after(2 * MINUTE), next + number), text);
        }
    }

    /// Their operators bring what they wrote, where there is a session.
    pub(super) fn write(&mut self, world: &mut World) {
        let now = world.steady;
        while let Some(first) = self.coming.first_entry()
            && first.key().0 <= now
        {
            let ((_, number), text) = first.remove_entry();
            let operator = carrier(text.from);
            if world.smsc(operator).sessions == 0 {
                self.coming.insert((now.after(MINUTE), number), text);
                continue;
            }
            let [(_, read), ..] = world.bring_text(operator, &text);
            self.brought.push((number, operator, read, text));
        }
    }

    /// What is not acknowledged comes again in the next second, and now and then what is, too.
    pub(super) fn hear(&mut self, world: &mut World, random: &mut Random) {
        let now = world.steady;
        for (number, operator, read, text) in self.brought.drain(..) {
            let again = if !world.smsc(operator).answers.contains(&read) {
                Some(1)
            } else {
                let again = (random.below(5) == 0).then(|| 1 + random.below(AGAIN));
                again.filter(|_| self.last_time.insert(number))
            };
            if let Some(again) = again {
                let at = now.after(Duration::from_secs(again));
                self.coming.insert((at, number), text);
            }
        }
        for smsc in world.smscs.values_mut() {
            smsc.answers.clear();
        }
    }
}
