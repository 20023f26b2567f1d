//! Whether a run did what it was to do: otherwise it has no figures.

use std::collections::HashMap;

use xabar_events::{Outcome, State};

use super::Failure;
use crate::simulator::Figures;

/// What is told of every message.
const STORY: [State; 3] = [State::Accepted, State::Submitted, State::Delivered];

/// The outcomes that came, by event.
#[derive(Debug, Default)]
pub(super) struct Told {
    outcomes: u64,
    stories: HashMap<Box<str>, Story>,
}

/// What was told of one event.
#[derive(Clone, Debug, Default)]
struct Story {
    told: usize,
    /// The first outcome that was not the one to come.
    odd: Option<Box<str>>,
}

impl Told {
    pub(super) fn note(&mut self, outcome: &Outcome<'_>) {
        self.outcomes += 1;
        if !self.stories.contains_key(&*outcome.event) {
            self.stories
                .insert(outcome.event.as_ref().into(), Story::default());
        }
        if let Some(story) = self.stories.get_mut(&*outcome.event) {
            story.note(outcome);
        }
    }

    /// Only how many there are: those of the floor are of no event.
    pub(super) fn count(&mut self, outcomes: u64) {
        self.outcomes += outcomes;
    }
}

impl Story {
    fn note(&mut self, outcome: &Outcome<'_>) {
        let expected = STORY.get(self.told) == Some(&outcome.state);
        self.told += 1;
        let in_order = usize::try_from(outcome.sequence).is_ok_and(|number| number == self.told);
        if !(expected && in_order) && self.odd.is_none() {
            let reason = outcome.reason.map(|reason| format!(" ({reason})"));
            let reason = reason.unwrap_or_default();
            let odd = format!("{}{reason} as its number {}", outcome.state, self.told);
            self.odd = Some(odd.into());
        }
    }

    fn is_whole(&self) -> bool {
        self.told == STORY.len() && self.odd.is_none()
    }
}

/// What there is after a run.
#[derive(Debug)]
pub(super) struct Aftermath {
    pub(super) figures: Figures,
    /// Texts that one subscriber was sent more than once.
    pub(super) repeated: u64,
    pub(super) told: Told,
    pub(super) events_left: u64,
    pub(super) dead_letters: u64,
}

impl Aftermath {
    /// What is wrong with a run of the floor with so many messages. All of its messages are alike and can only be counted:
    /// one that was lost and one that came twice make up for each other.
    pub(super) fn faults_of_floor(&self, messages: u64) -> Vec<String> {
        let mut faults = self.faults(messages);
        let expected = messages * STORY.len() as u64;
        if self.told.outcomes != expected {
            let outcomes = self.told.outcomes;
            faults.push(format!("{outcomes} outcomes came where {expected} are due"));
        }
        faults
    }

    /// What is wrong with a run of the gateway with so many messages.
    pub(super) fn faults_of_gateway(&self, messages: u64) -> Vec<String> {
        let mut faults = self.faults(messages);
        if self.repeated > 0 {
            faults.push(format!("{} texts went out again", self.repeated));
        }
        let stories = &self.told.stories;
        if stories.len() as u64 != messages {
            let events = stories.len();
            faults.push(format!("outcomes came of {events} events, not {messages}"));
        }
        let broken: Vec<&Story> = stories.values().filter(|story| !story.is_whole()).collect();
        if let Some(first) = broken.first() {
            let what = match &first.odd {
                Some(odd) => format!("was told {odd}"),
                None => format!("was told only {} outcomes", first.told),
            };
            let count = broken.len();
            faults.push(format!(
                "{count} events were not told accepted, submitted, delivered; one {what}"
            ));
        }
        faults
    }

    fn faults(&self, messages: u64) -> Vec<String> {
        let mut faults = faults_of_submitting(&self.figures, messages);
        faults.extend(differs(
            self.events_left,
            0,
            "events were left in the queue",
        ));
        faults.extend(differs(self.dead_letters, 0, "events were rejected"));
        faults
    }
}

/// What is wrong with what an operator got and told of so many messages.
pub(super) fn faults_of_submitting(figures: &Figures, messages: u64) -> Vec<String> {
    let faults = [
        differs(figures.submits, messages, "submit_sm came"),
        differs(figures.accepted, messages, "submit_sm were accepted"),
        differs(figures.deliveries.acked, messages, "receipts were answered"),
        differs(figures.deliveries.repeated, 0, "receipts were sent again"),
    ];
    faults.into_iter().flatten().collect()
}

pub(super) fn differs(count: u64, expected: u64, what: &str) -> Option<String> {
    (count != expected).then(|| format!("{count} {what}, not {expected}"))
}

/// Figures of a run that went wrong say nothing.
pub(super) fn accept(who: &str, faults: &[String]) -> Result<(), Failure> {
    match faults {
        [] => Ok(()),
        faults => Err(Failure::because(format!(
            "the {who}'s run went wrong, so it has no figures: {}",
            faults.join("; ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use xabar_events::{Reason, UnixMillis};

    use super::*;

    fn outcome(event: &str, sequence: u32, state: State) -> Outcome<'_> {
        Outcome {
            message: Cow::Borrowed("1"),
            sequence,
            agency: Cow::Borrowed("kadastr"),
            event: Cow::Borrowed(event),
            application: Cow::Borrowed("48120973"),
            state,
            reason: None,
            until: None,
            code: None,
            by: None,
            operator: None,
            segments: None,
            attempts: 0,
            repeats: 0,
            at: UnixMillis(0),
            traceparent: None,
            tracestate: None,
        }
    }

    fn whole(told: &mut Told, event: &str) {
        for (state, sequence) in STORY.into_iter().zip(1..) {
            told.note(&outcome(event, sequence, state));
        }
    }

    /// After a run of two messages that went well.
    fn well() -> Aftermath {
        let mut told = Told::default();
        whole(&mut told, "a");
        whole(&mut told, "b");
        let mut figures = Figures {
            submits: 2,
            accepted: 2,
            ..Figures::default()
        };
        figures.deliveries.acked = 2;
        Aftermath {
            figures,
            repeated: 0,
            told,
            events_left: 0,
            dead_letters: 0,
        }
    }

    #[test]
    fn a_run_that_went_well_has_no_faults() {
        assert_eq!(well().faults_of_gateway(2), [""; 0]);
        assert_eq!(well().faults_of_floor(2), [""; 0]);
    }

    #[test]
    fn a_lost_message_is_noticed_wherever_it_was_lost() {
        let mut lost = well();
        lost.figures.submits = 1;
        lost.figures.accepted = 1;
        lost.figures.deliveries.acked = 1;
        lost.told = Told::default();
        whole(&mut lost.told, "a");
        lost.told.note(&outcome("b", 1, State::Accepted));
        assert_eq!(
            lost.faults_of_gateway(2),
            [
                "1 submit_sm came, not 2",
                "1 submit_sm were accepted, not 2",
                "1 receipts were answered, not 2",
                "1 events were not told accepted, submitted, delivered; \
                 one was told only 1 outcomes"
            ]
        );
        let mut silent = well();
        silent.told = Told::default();
        whole(&mut silent.told, "a");
        assert_eq!(
            silent.faults_of_gateway(2),
            ["outcomes came of 1 events, not 2"]
        );
        assert_eq!(
            silent.faults_of_floor(2),
            ["3 outcomes came where 6 are due"]
        );
    }

    #[test]
    fn what_is_told_or_sent_twice_is_noticed() {
        let mut repeated = well();
        repeated.told.note(&outcome("b", 3, State::Delivered));
        repeated.repeated = 1;
        repeated.figures.deliveries.repeated = 2;
        assert_eq!(
            repeated.faults_of_gateway(2),
            [
                "2 receipts were sent again, not 0",
                "1 texts went out again",
                "1 events were not told accepted, submitted, delivered; \
                 one was told delivered as its number 4"
            ]
        );
    }

    #[test]
    fn what_was_put_off_or_left_is_noticed() {
        let mut deferred = well();
        deferred.told = Told::default();
        whole(&mut deferred.told, "a");
        deferred.told.note(&outcome("b", 1, State::Accepted));
        let reason = Some(Reason::SubscriberLimit);
        deferred.told.note(&Outcome {
            reason,
            ..outcome("b", 2, State::Deferred)
        });
        deferred.events_left = 3;
        deferred.dead_letters = 4;
        assert_eq!(
            deferred.faults_of_gateway(2),
            [
                "3 events were left in the queue, not 0",
                "4 events were rejected, not 0",
                "1 events were not told accepted, submitted, delivered; \
                 one was told deferred (subscriber-limit) as its number 2"
            ]
        );
    }
}
