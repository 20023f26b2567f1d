//! Many phones in USSD dialogues at once, all with the same answers, and how they fare.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::simulator::{Text, Ussd};

/// Phones whose dialogues are under way.
#[derive(Debug)]
pub(super) struct Crowd {
    answers: Vec<String>,
    open: HashMap<String, Call>,
    waits: Vec<Duration>,
    fared: Fared,
}

#[derive(Debug)]
struct Call {
    /// Which answer is next.
    next: usize,
    /// When it said something last.
    said: Instant,
}

/// What a phone does when it is shown something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Answer(String),
    HangUp,
    Nothing,
}

/// How the dialogues went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Fared {
    pub(super) dialogues: u64,
    /// With a last screen.
    pub(super) ended: u64,
    /// Nothing was left to answer.
    pub(super) hung_up: u64,
    /// No screen came in time.
    pub(super) silent: u64,
    pub(super) screens: u64,
    pub(super) screens_per_second: u64,
    /// From a step to its screen.
    pub(super) p50_ms: u64,
    pub(super) p99_ms: u64,
}

impl Crowd {
    pub(super) fn new(answers: Vec<String>) -> Self {
        Self {
            answers,
            open: HashMap::new(),
            waits: Vec::new(),
            fared: Fared::default(),
        }
    }

    /// A phone has dialled.
    pub(super) fn dialled(&mut self, phone: String, now: Instant) {
        self.fared.dialogues += 1;
        let call = Call { next: 0, said: now };
        self.open.insert(phone, call);
    }

    /// Whether no dialogue is under way.
    pub(super) fn is_over(&self) -> bool {
        self.open.is_empty()
    }

    /// A phone is shown something.
    pub(super) fn shown(&mut self, text: &Text, now: Instant) -> Next {
        let Some(call) = self
            .open
            .get_mut(&text.to)
            .filter(|_| text.is_of_dialogue())
        else {
            return Next::Nothing;
        };
        self.fared.screens += 1;
        self.waits.push(now.saturating_duration_since(call.said));
        if text.ussd == Some(Ussd::End) {
            self.fared.ended += 1;
            self.open.remove(&text.to);
            return Next::Nothing;
        }
        match self.answers.get(call.next) {
            Some(answer) => {
                (call.next, call.said) = (call.next + 1, now);
                Next::Answer(answer.clone())
            }
            None => {
                self.fared.hung_up += 1;
                self.open.remove(&text.to);
                Next::HangUp
            }
        }
    }

    /// How they fared in this time.
    pub(super) fn fared(mut self, took: Duration) -> Fared {
        self.waits.sort_unstable();
        let at = |part: usize| {
            let place = (self.waits.len() * part / 100).min(self.waits.len().saturating_sub(1));
            let wait = self.waits.get(place).copied().unwrap_or_default();
            u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
        };
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        Fared {
            silent: self.open.len() as u64,
            screens_per_second: self.fared.screens * 1_000 / millis,
            p50_ms: at(50),
            p99_ms: at(99),
            ..self.fared
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{UnixMillis, instant};

    fn text(to: &str, ussd: Option<Ussd>) -> Text {
        Text {
            from: "555".into(),
            to: to.into(),
            text: "1. Holat".into(),
            segments: 1,
            at: UnixMillis(0),
            ussd,
        }
    }

    #[test]
    fn each_phone_answers_until_its_last_screen_or_its_last_answer() {
        let start = instant();
        let later = |millis| start + Duration::from_millis(millis);
        let mut crowd = Crowd::new(vec!["1".into()]);
        for phone in ["1", "2", "3"] {
            crowd.dialled(phone.into(), start);
        }
        let asks = Some(Ussd::Ask);
        assert_eq!(
            crowd.shown(&text("1", None), start),
            Next::Nothing,
            "an SMS"
        );
        assert_eq!(
            crowd.shown(&text("1", asks), later(10)),
            Next::Answer("1".into())
        );
        assert_eq!(
            crowd.shown(&text("2", asks), later(20)),
            Next::Answer("1".into())
        );
        assert_eq!(crowd.shown(&text("1", asks), later(40)), Next::HangUp);
        let ends = Some(Ussd::End);
        assert_eq!(crowd.shown(&text("2", ends), later(50)), Next::Nothing);
        assert_eq!(crowd.shown(&text("2", ends), later(60)), Next::Nothing);
        assert!(!crowd.is_over());
        let expected = Fared {
            dialogues: 3,
            ended: 1,
            hung_up: 1,
            silent: 1,
            screens: 4,
            screens_per_second: 4,
            p50_ms: 30,
            p99_ms: 30,
        };
        assert_eq!(crowd.fared(Duration::from_secs(1)), expected);
    }
}
