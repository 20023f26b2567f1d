//! What staff set of how messages are paced: subscribers' limits, and agencies' weights.
//!
//! The pipeline is told what holds, be it set or configured, so which of both it is stands here alone.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Set, Standing};
use crate::control::settings::{Limit, Settings, USUAL_WEIGHT};

/// What staff has set of how messages are paced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Pace {
    /// Of every subscriber.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<SetLimits>,
    /// By agency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, Set>,
}

/// Limits that are set, and those that hold after a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SetLimits {
    pub to: Vec<Limit>,
    /// `None`: the configured ones.
    pub kept: Option<Vec<Limit>>,
}

/// So many agencies have a weight by order at most.
pub const MOST_WEIGHTS: usize = 1000;

/// What is configured.
#[derive(Clone, Debug, Default)]
pub(super) struct Configured {
    limits: Vec<Limit>,
    weights: BTreeMap<String, u32>,
}

impl Configured {
    pub(super) fn of(settings: &Settings) -> Self {
        let agencies = settings.agencies.iter();
        Self {
            limits: settings.subscriber.limits.clone(),
            weights: agencies.map(|it| (it.name.clone(), it.weight)).collect(),
        }
    }

    pub(super) fn limits(&self) -> &[Limit] {
        &self.limits
    }

    pub(super) fn weight(&self, agency: &str) -> u32 {
        self.weights.get(agency).copied().unwrap_or(USUAL_WEIGHT)
    }
}

impl Pace {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Drops what is configured otherwise than before; gives what is configured now.
    pub(super) fn reconfigured(&mut self, before: &Configured, settings: &Settings) -> Configured {
        let now = Configured::of(settings);
        if now.limits != before.limits {
            self.limits = None;
        }
        self.weights
            .retain(|agency, _| now.weight(agency) == before.weight(agency));
        now
    }
}

impl Standing {
    /// What is set of how messages are paced.
    pub fn pace(&self) -> Pace {
        self.book().pace.clone()
    }

    /// The limits that hold: as set, or else as configured.
    pub fn limits(&self) -> Vec<Limit> {
        let book = self.book();
        let set = book.pace.limits.as_ref().map(|set| &set.to);
        set.unwrap_or(&book.pace_configured.limits).clone()
    }

    /// The limits that would hold if none were set.
    pub fn configured_limits(&self) -> Vec<Limit> {
        self.book().pace_configured.limits.clone()
    }

    /// The weight of an agency that holds: as set, or else as configured.
    pub fn weight(&self, agency: &str) -> u32 {
        let book = self.book();
        let set = book.pace.weights.get(agency).map(|set| set.to);
        set.unwrap_or_else(|| book.pace_configured.weight(agency))
    }

    /// The weight that an agency would have if none were set.
    pub fn configured_weight(&self, agency: &str) -> u32 {
        self.book().pace_configured.weight(agency)
    }

    /// The settings with the limits that are set, if any are.
    #[must_use]
    pub fn limiting(&self, settings: &Settings) -> Settings {
        let mut settings = settings.clone();
        if let Some(set) = self.pace().limits {
            settings.subscriber.limits = set.to;
        }
        settings
    }

    /// Notes the limits that were set, or that those hold that are configured.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn note_limits(&self, to: Option<Vec<Limit>>, keep: bool) -> io::Result<()> {
        self.change(|book| {
            let before = book.pace.limits.take().and_then(|set| set.kept);
            book.pace.limits = to.map(|to| {
                let kept = if keep { Some(to.clone()) } else { before };
                SetLimits { to, kept }
            });
        })
    }

    /// Notes the weight of an agency that was set, or that the configured one holds.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn note_weight(&self, agency: &str, to: Option<u32>, keep: bool) -> io::Result<()> {
        self.change(|book| {
            let before = book.pace.weights.remove(agency).and_then(|set| set.kept);
            if let Some(to) = to {
                let kept = if keep { Some(to) } else { before };
                book.pace
                    .weights
                    .insert(agency.to_owned(), Set { to, kept });
            }
        })
    }
}
