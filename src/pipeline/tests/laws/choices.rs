//! What citizens wrote, and what follows from it (R9).

use std::collections::HashMap;
use std::time::Duration;

use xabar_events::Msisdn;

use crate::clock::UnixMillis;
use crate::delivery::Answer;
use crate::journal::OperatorId;

/// A text from a phone, as the operator knows it again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Text {
    pub(crate) from: Msisdn,
    pub(crate) words: String,
    pub(crate) reference: Option<u16>,
}

/// An equal text within this time is the same one.
const SAME: Duration = Duration::from_secs(10 * 60);

/// Whom citizens want to hear, by the texts that were acknowledged, each once.
#[derive(Default)]
pub(super) struct Choices {
    brought: Vec<(OperatorId, Answer, Text)>,
    /// When each was acknowledged first.
    read: HashMap<(OperatorId, Text), UnixMillis>,
    /// What each phone wrote last.
    last: HashMap<Msisdn, Text>,
    /// The last one last; of an agency, or of all.
    chosen: HashMap<Msisdn, Vec<(Wish, Option<String>)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Stop,
    Start,
}

impl Choices {
    pub(super) fn brought(&mut self, operator: OperatorId, answer: Answer, text: Text) {
        self.brought.push((operator, answer, text));
    }

    /// Nobody answers on the sessions of the last life.
    pub(super) fn crashed(&mut self) {
        self.brought.clear();
    }

    pub(super) fn answered(&mut self, now: UnixMillis, operator: OperatorId, answers: &[Answer]) {
        if self.brought.is_empty() {
            return;
        }
        let acknowledged = |brought: &mut (OperatorId, Answer, Text)| {
            brought.0 == operator && answers.contains(&brought.1)
        };
        let texts: Vec<_> = self.brought.extract_if(.., acknowledged).collect();
        for (_, _, text) in texts {
            let before = self.read.get(&(operator, text.clone()));
            let again = before.is_some_and(|before| before.after(SAME) > now);
            let last = self.last.insert(text.from, text.clone());
            let is_shared = last
                .is_some_and(|last| last.reference == text.reference && last.words != text.words);
            // Without a reference of its own the same words may be a new wish: STOP, START, STOP.
            if again && text.reference.is_some() && !is_shared {
                continue;
            }
            self.chosen(text.from, &text.words);
            self.read.insert((operator, text), now);
        }
    }

    pub(super) fn chosen(&mut self, from: Msisdn, words: &str) {
        self.chosen.entry(from).or_default().extend(wish(words));
    }

    /// The last wish that is of this agency, or of all.
    pub(super) fn hears(&self, msisdn: Msisdn, agency: &str) -> bool {
        let mut chosen = self.chosen.get(&msisdn).into_iter().flatten().rev();
        let last = chosen.find(|(_, of)| of.as_deref().is_none_or(|of| of == agency));
        last.is_none_or(|(wish, _)| *wish == Wish::Start)
    }
}

/// `STOP` and `START`, alone, with `ALL` or with an agency.
fn wish(words: &str) -> Option<(Wish, Option<String>)> {
    let words = words.to_lowercase();
    let (word, agency) = match words.split_once(' ') {
        Some((word, "all")) => (word, None),
        Some((word, agency)) => (word, Some(agency.to_owned())),
        None => (words.as_str(), None),
    };
    match word {
        "stop" => Some((Wish::Stop, agency)),
        "start" => Some((Wish::Start, agency)),
        _ => None,
    }
}
