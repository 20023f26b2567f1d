//! What operators count themselves, from a file with a line for each operator, or for each segment.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Theirs;
use crate::journal::{Awaiting, MessageId, OperatorId};

/// What operators say.
#[derive(Debug, Default)]
pub struct Statement {
    counts: BTreeMap<OperatorId, Theirs>,
    /// Of operators that list segments: an octet for each message, some thousand neighbours to a page.
    pages: FxHashMap<(OperatorId, u64), Box<[u8; PAGE]>>,
    /// How many lines of theirs are of no message here.
    listing: BTreeMap<OperatorId, u64>,
    strange_ids: Vec<String>,
}

const PAGE: usize = 4096;
/// Of the octet of a message: how many of its segments are listed, and what became of any of them.
const SEGMENTS: u8 = 0x3F;
const DELIVERED: u8 = 0x40;
const FAILED: u8 = 0x80;

/// So many ids that are not known are named.
const MOST_STRANGE: usize = 100;

/// What an operator's list says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// How many of its segments are listed.
    pub segments: u8,
    /// Any of them.
    pub delivered: bool,
    pub failed: bool,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// What an operator counts in all.
    Total { operator: String, theirs: Theirs },
    /// One segment.
    Segment {
        operator: String,
        id: String,
        delivered: Option<bool>,
    },
}

/// What is wrong with the file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WrongStatement {
    #[error(
        "the first line should name the columns: operator,segments or operator,segments,delivered for totals, \
         operator,id or operator,id,state for a line a segment"
    )]
    Columns,
    #[error("line {0} should have as many values as the first line has columns")]
    Values(u64),
    #[error("line {0}: segments and delivered should be whole numbers")]
    Number(u64),
    #[error("line {0} names an operator that the journal does not know")]
    Operator(u64),
    #[error("line {0} is too long, or no UTF-8")]
    Unreadable(u64),
}

/// Reads the line of this number, by the columns that the first line names.
///
/// # Errors
/// What is wrong with it.
pub fn read_line(columns: &str, line: &str, number: u64) -> Result<Line, WrongStatement> {
    let names: Vec<String> = values(columns).map(str::to_ascii_lowercase).collect();
    let given: Vec<&str> = values(line).collect();
    let place = |name: &str| names.iter().position(|it| it == name);
    let value = |name: &str| place(name).and_then(|place| given.get(place).copied());
    if place("operator").is_none() || place("id").is_some() == place("segments").is_some() {
        return Err(WrongStatement::Columns);
    }
    if given.len() != names.len() {
        return Err(WrongStatement::Values(number));
    }
    let operator = value("operator").unwrap_or_default().to_owned();
    if let Some(id) = value("id") {
        return Ok(Line::Segment {
            operator,
            id: id.to_owned(),
            delivered: value("state").and_then(fate),
        });
    }
    let count = |name| {
        let parsed = value(name).map(str::parse::<u64>).transpose();
        parsed.map_err(|_| WrongStatement::Number(number))
    };
    let theirs = Theirs {
        segments: count("segments")?.unwrap_or(0),
        delivered: count("delivered")?,
        strangers: None,
    };
    Ok(Line::Total { operator, theirs })
}

fn values(line: &str) -> impl Iterator<Item = &str> {
    let values = line.trim_start_matches('\u{FEFF}').split([',', ';', '\t']);
    values.map(|value| value.trim().trim_matches('"'))
}

/// Whether a segment arrived, by the words of receipts and by ours; `None`: that is open.
fn fate(word: &str) -> Option<bool> {
    const NOT: [&str; 8] = [
        "UNDELIV",
        "UNDELIVERED",
        "EXPIRED",
        "DELETED",
        "REJECTD",
        "REJECTED",
        "FAILED",
        "UNDELIVERABLE",
    ];
    let word = word.to_ascii_uppercase();
    if ["DELIVRD", "DELIVERED"].contains(&word.as_str()) {
        return Some(true);
    }
    NOT.contains(&word.as_str()).then_some(false)
}

impl Statement {
    /// Enters what an operator counts in all; several lines add up.
    pub fn total(&mut self, operator: OperatorId, theirs: &Theirs) {
        let count = self.counts.entry(operator).or_default();
        count.segments += theirs.segments;
        if let Some(delivered) = theirs.delivered {
            *count.delivered.get_or_insert(0) += delivered;
        }
    }

    /// Enters a segment that an operator lists, with what the journal knows under its id.
    pub fn segment(
        &mut self,
        operator: OperatorId,
        id: &str,
        delivered: Option<bool>,
        known: Option<&Awaiting>,
    ) {
        let strangers = self.listing.entry(operator).or_default();
        let Some(known) = known else {
            *strangers += 1;
            if self.strange_ids.len() < MOST_STRANGE {
                self.strange_ids.push(id.to_owned());
            }
            return;
        };
        let (page, place) = place(operator, known.message);
        let page = self.pages.entry(page);
        let page = page.or_insert_with(|| Box::new([0; PAGE]));
        if let Some(octet) = page.get_mut(place) {
            let segments = (*octet & SEGMENTS).saturating_add(1).min(SEGMENTS);
            let fate = delivered.map_or(0, |it| if it { DELIVERED } else { FAILED });
            *octet = (*octet & !SEGMENTS) | segments | fate;
        }
    }

    /// What its list says of a message; `None`: the operator gave no list.
    pub fn said_of(&self, operator: OperatorId, message: MessageId) -> Option<Said> {
        self.listing.get(&operator)?;
        let (page, place) = place(operator, message);
        let octet = self.pages.get(&page).and_then(|page| page.get(place));
        let octet = octet.copied().unwrap_or(0);
        Some(Said {
            segments: octet & SEGMENTS,
            delivered: octet & DELIVERED != 0,
            failed: octet & FAILED != 0,
        })
    }

    pub(super) fn count(&self, operator: OperatorId) -> Option<&Theirs> {
        self.counts.get(&operator)
    }

    pub(super) fn operators(&self) -> Vec<OperatorId> {
        self.counts
            .keys()
            .chain(self.listing.keys())
            .copied()
            .collect()
    }

    /// How many lines of a list of segments are of no message here; `None`: the operator gave no list.
    pub(super) fn strangers_of(&self, operator: OperatorId) -> Option<u64> {
        self.listing.get(&operator).copied()
    }

    pub(super) fn strange_ids(&mut self) -> Vec<String> {
        std::mem::take(&mut self.strange_ids)
    }
}

fn place(operator: OperatorId, message: MessageId) -> ((OperatorId, u64), usize) {
    let page = PAGE as u64;
    let place = usize::try_from(message.0 % page).unwrap_or(0);
    ((operator, message.0 / page), place)
}
