//! The file of what outlives a restart.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::{Book, Key, Pace, Set, SetLimits, Values, pace};
use crate::control::private_file;
use crate::control::settings::subscriber::read_limits;
use crate::control::settings::{Limit, MOST_AGENCY_WEIGHT};
use crate::control::status::Paused;
use crate::pipeline::Pause;

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    paused: Vec<Paused>,
    set: BTreeMap<String, BTreeMap<Key, KeptValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limits: Option<KeptLimits>,
    /// Of agencies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    weights: BTreeMap<String, KeptValue>,
}

/// A value, and the configured one instead of which it was set: when that changes, it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptValue {
    to: u32,
    configured: Option<u32>,
}

/// Limits, and the configured ones instead of which they were set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptLimits {
    to: Vec<Limit>,
    configured: Vec<Limit>,
}

/// A hundred pauses, a thousand weights and all operators are far from that.
const MOST_OCTETS: u64 = 1 << 20;

type Configured = BTreeMap<String, BTreeMap<Key, u32>>;

/// What the file holds; nothing if there is none.
pub(super) fn read(file: &Path) -> io::Result<Kept> {
    let text = private_file::read(file, MOST_OCTETS)?;
    let kept = text.map(|text| serde_json::from_str(&text)).transpose()?;
    Ok(kept.unwrap_or_default())
}

impl Kept {
    pub(super) fn of(book: &Book) -> Self {
        let paused = book.paused.iter().filter(|paused| paused.kept);
        let of = |(operator, values): (&String, &Values)| {
            let configured = book.configured.get(operator);
            let kept = values.iter().filter_map(|(key, set)| {
                let configured = configured.and_then(|it| it.get(key).copied());
                let to = set.kept?;
                Some((*key, KeptValue { to, configured }))
            });
            let kept: BTreeMap<_, _> = kept.collect();
            (!kept.is_empty()).then(|| (operator.clone(), kept))
        };
        let configured = &book.pace_configured;
        let limits = book.pace.limits.as_ref().and_then(|set| {
            Some(KeptLimits {
                to: set.kept.clone()?,
                configured: configured.limits().to_vec(),
            })
        });
        let weights = book.pace.weights.iter().filter_map(|(agency, set)| {
            let kept = KeptValue {
                to: set.kept?,
                configured: Some(configured.weight(agency)),
            };
            Some((agency.clone(), kept))
        });
        Self {
            paused: paused.cloned().collect(),
            set: book.set.iter().filter_map(of).collect(),
            limits,
            weights: weights.collect(),
        }
    }

    pub(super) fn write(&self, file: &Path) -> io::Result<()> {
        private_file::replace(
            file,
            (serde_json::to_string_pretty(self)? + "\n").as_bytes(),
        )
    }

    /// The pauses that still are about something.
    pub(super) fn pauses(&self, configured: &Configured) -> Vec<Paused> {
        let is_known = |paused: &&Paused| {
            let operator = paused.operator.as_ref();
            let gone = operator.filter(|name| !configured.contains_key(*name));
            if let Some(operator) = gone {
                warn!(
                    operator,
                    "a pause was kept of an operator that is not there: it ends"
                );
            }
            gone.is_none() && Pause::try_from(*paused).is_ok()
        };
        self.paused.iter().filter(is_known).cloned().collect()
    }

    /// The values that still hold.
    pub(super) fn values(&self, configured: &Configured) -> BTreeMap<String, Values> {
        let mut held = BTreeMap::new();
        for (operator, values) in &self.set {
            let Some(configured) = configured.get(operator) else {
                warn!(
                    operator,
                    "values were kept of an operator that is not there: they end"
                );
                continue;
            };
            let values = values.iter().filter_map(|(key, value)| {
                let to = held_of(operator, *key, value, configured.get(key).copied())?;
                let kept = Some(to);
                Some((*key, Set { to, kept }))
            });
            let values: Values = values.collect();
            if !values.is_empty() {
                held.insert(operator.clone(), values);
            }
        }
        held
    }

    /// What still holds of how messages are paced.
    pub(super) fn pace(&self, configured: &pace::Configured) -> Pace {
        let limits = self.limits.as_ref().and_then(|kept| {
            let to = held_limits(kept, configured.limits())?;
            let kept = Some(to.clone());
            Some(SetLimits { to, kept })
        });
        let weights = self.weights.iter().filter_map(|(agency, value)| {
            let to = held_weight(agency, value, configured.weight(agency))?;
            let kept = Some(to);
            Some((agency.clone(), Set { to, kept }))
        });
        Pace {
            limits,
            weights: weights.collect(),
        }
    }

    /// Leaves no more kept than this.
    pub(super) fn limit(&self, book: &mut Book) {
        for paused in &mut book.paused {
            paused.kept = self.paused.iter().any(|it| it.is_same(paused));
        }
        for (operator, values) in &mut book.set {
            let written = self.set.get(operator);
            for (key, set) in values {
                set.kept = written.and_then(|it| it.get(key)).map(|it| it.to);
            }
        }
        if let Some(set) = &mut book.pace.limits {
            set.kept = self.limits.as_ref().map(|it| it.to.clone());
        }
        for (agency, set) in &mut book.pace.weights {
            set.kept = self.weights.get(agency).map(|it| it.to);
        }
    }
}

/// What of a kept value holds.
fn held_of(operator: &str, key: Key, value: &KeptValue, configured: Option<u32>) -> Option<u32> {
    let key_name = key.name();
    if value.configured != configured {
        warn!(
            operator,
            key = key_name,
            kept = value.to,
            "the configuration was changed since a value was kept: what is configured holds"
        );
        return None;
    }
    let to = value.to.clamp(key.least(), key.most());
    if to == value.to {
        info!(operator, key = key_name, to, "a value holds that was kept");
    } else {
        warn!(
            operator,
            key = key_name,
            kept = value.to,
            to,
            "a kept value is out of bounds: it is cut"
        );
    }
    Some(to)
}

/// Limits that hold, if they are still set instead of the same and could be set.
fn held_limits(kept: &KeptLimits, configured: &[Limit]) -> Option<Vec<Limit>> {
    if kept.configured != configured {
        warn!("the configuration was changed since limits were kept: what is configured holds");
        return None;
    }
    let read = serde_json::to_value(&kept.to).ok();
    let read = read.and_then(|limits| read_limits(&limits).ok());
    match &read {
        Some(limits) => info!(?limits, "limits hold that were kept"),
        None => warn!("kept limits are out of bounds: what is configured holds"),
    }
    read
}

/// What of the kept weight of an agency holds.
fn held_weight(agency: &str, value: &KeptValue, configured: u32) -> Option<u32> {
    let kept = value.to;
    if value.configured != Some(configured) {
        warn!(
            agency,
            kept, "the configuration was changed since a value was kept: what is configured holds"
        );
        return None;
    }
    let to = kept.clamp(1, MOST_AGENCY_WEIGHT);
    match to == kept {
        true => info!(agency, to, "a value holds that was kept"),
        false => warn!(agency, kept, to, "a kept value is out of bounds: it is cut"),
    }
    Some(to)
}
