//! What became of spans, for metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The collector took it.
    Exported,
    /// There was no room for it.
    Dropped,
    /// The collector does not want it.
    Refused,
}

impl Fate {
    const ALL: [Self; 3] = [Self::Exported, Self::Dropped, Self::Refused];

    /// As metrics name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exported => "exported",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
        }
    }
}

/// Counts since the start: those who deal with spans count, metrics read.
#[derive(Clone, Debug, Default)]
pub struct Counts(Arc<[AtomicU64; Fate::ALL.len()]>);

impl Counts {
    pub(crate) fn add(&self, fate: Fate, spans: usize) {
        let mut all = Fate::ALL.iter().zip(&*self.0);
        if let Some((_, count)) = all.find(|(its, _)| **its == fate) {
            count.fetch_add(spans as u64, Ordering::Relaxed);
        }
    }

    /// Every fate, with how many met it.
    pub fn read(&self) -> impl Iterator<Item = (Fate, u64)> {
        let counts = Fate::ALL.into_iter().zip(&*self.0);
        counts.map(|(fate, count)| (fate, count.load(Ordering::Relaxed)))
    }
}
