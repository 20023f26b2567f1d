//! Whether the gateway may receive traffic, and why not.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

/// What has to stand before traffic may come. Operators are not among it: messages wait for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The journal is open and takes.
    Journal,
    /// Exchanges and queues are declared, and the consumer runs.
    Broker,
    /// Nobody asked to take no more in.
    Intake,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "journal",
            Self::Broker => "broker",
            Self::Intake => "intake",
        })
    }
}

/// What stands in the way at present; shared by the rooms, which tell, and HTTP, which asks.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<watch::Sender<BTreeMap<Part, String>>>);

impl Readiness {
    /// Not ready before each of these parts has said so.
    pub fn awaiting(parts: impl IntoIterator<Item = Part>) -> Self {
        let starting = parts
            .into_iter()
            .map(|part| (part, format!("the {part} is starting")));
        Self(Arc::new(watch::Sender::new(starting.collect())))
    }

    /// This part stands.
    pub fn ready(&self, part: Part) {
        self.0
            .send_if_modified(|missing| missing.remove(&part).is_some());
    }

    /// This part does not stand, or not any more; `why` is a sentence for people.
    pub fn not_ready(&self, part: Part, why: impl Into<String>) {
        self.0.send_modify(|missing| {
            missing.insert(part, why.into());
        });
    }

    /// What stands in the way; empty when ready.
    pub fn reasons(&self) -> BTreeMap<Part, String> {
        self.0.borrow().clone()
    }

    /// Why nothing is taken in, while somebody wants it so.
    pub fn draining(&self) -> Option<String> {
        self.0.borrow().get(&Part::Intake).cloned()
    }

    /// Returns once somebody wants nothing to be taken in, or everything again.
    pub async fn until_draining(&self, draining: bool) {
        let mut changes = self.0.subscribe();
        let is_so =
            |missing: &BTreeMap<Part, String>| missing.contains_key(&Part::Intake) == draining;
        drop(changes.wait_for(is_so).await);
    }

    /// Returns once nothing stands in the way.
    pub async fn wait(&self) {
        let mut changes = self.0.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        drop(changes.wait_for(BTreeMap::is_empty).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn is_ready_once_every_part_is() {
        let readiness = Readiness::awaiting([Part::Journal, Part::Broker]);
        readiness.ready(Part::Journal);
        assert_eq!(readiness.reasons().len(), 1);
        readiness.ready(Part::Broker);
        readiness.wait().await;

        readiness.not_ready(Part::Intake, "draining");
        assert_eq!(readiness.draining().as_deref(), Some("draining"));
        readiness.ready(Part::Intake);
        assert!(readiness.reasons().is_empty());
    }
}
