//! Outcomes that no queue takes: somebody forgot to listen.

use std::{collections::BTreeMap, time::Duration};

use lapin::message::BasicReturnMessage;
use serde_json::value::RawValue;
use tokio::{sync::watch, time::Instant};
use tracing::warn;

/// Counts them by agency, and warns about each agency seldom.
pub(super) struct Unrouted {
    counts: watch::Sender<BTreeMap<Box<str>, u64>>,
    warned: BTreeMap<Box<str>, Instant>,
}

/// How long an agency is not warned about again.
const QUIET: Duration = Duration::from_secs(60);

/// Anybody who may publish can invent agencies; those beyond are counted together, as those of messages are.
const MOST_AGENCIES: usize = 200;

impl Unrouted {
    pub(super) fn new(counts: watch::Sender<BTreeMap<Box<str>, u64>>) -> Self {
        Self {
            counts,
            warned: BTreeMap::new(),
        }
    }

    /// Notes a message that came back.
    pub(super) fn note(&mut self, message: &BasicReturnMessage, now: Instant) {
        let agency = message
            .routing_key
            .as_str()
            .split('.')
            .next()
            .unwrap_or_default();
        let total = self.count(agency, outcomes_in(&message.data));
        if self.is_due(agency, now) {
            warn!(
                agency,
                total, "no queue takes the outcomes of this agency; they are lost to it"
            );
        }
    }

    fn count(&mut self, agency: &str, outcomes: u64) -> u64 {
        let mut total = 0;
        self.counts.send_modify(|counts| {
            let known = counts.len() < MOST_AGENCIES || counts.contains_key(agency);
            let agency = if known { agency } else { "other" };
            let count = counts.entry(agency.into()).or_default();
            *count += outcomes;
            total = *count;
        });
        total
    }

    fn is_due(&mut self, agency: &str, now: Instant) -> bool {
        self.warned.retain(|_, warned| now < *warned + QUIET);
        let due = self.warned.len() < MOST_AGENCIES && !self.warned.contains_key(agency);
        if due {
            self.warned.insert(agency.into(), now);
        }
        due
    }
}

fn outcomes_in(body: &[u8]) -> u64 {
    match serde_json::from_slice::<Vec<&RawValue>>(body) {
        Ok(outcomes) => outcomes.len() as u64,
        Err(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "some instant to start from")]
    fn agencies_are_counted_always_and_warned_about_seldom() {
        let counts = watch::Sender::new(BTreeMap::new());
        let mut unrouted = Unrouted::new(counts.clone());
        assert_eq!(unrouted.count("kadastr", 3), 3);
        assert_eq!(unrouted.count("kadastr", outcomes_in(b"[{},{}]")), 5);
        assert_eq!(unrouted.count("adliya", outcomes_in(b"{}")), 1);
        assert_eq!(counts.borrow().get("kadastr"), Some(&5));

        let start = Instant::now();
        assert!(unrouted.is_due("kadastr", start));
        assert!(!unrouted.is_due("kadastr", start + QUIET / 2));
        assert!(unrouted.is_due("adliya", start + QUIET / 2));
        assert!(unrouted.is_due("kadastr", start + QUIET));
    }

    #[test]
    fn two_hundred_agencies_are_counted_by_name_and_the_rest_together() {
        let mut unrouted = Unrouted::new(watch::Sender::new(BTreeMap::new()));
        for number in 0..200 {
            assert_eq!(unrouted.count(&format!("agency-{number}"), 1), 1);
        }
        assert_eq!(unrouted.count("one-more", 1), 1);
        assert_eq!(unrouted.count("another", 1), 2);
        assert_eq!(unrouted.count("agency-199", 1), 2);
    }
}
