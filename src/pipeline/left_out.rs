//! Counts the values of events that their texts do not take, without the values: the citizen gets the news all the
//! same, and whoever runs the gateway tells the agency.

use std::collections::BTreeMap;

use super::core::Core;
use crate::compose::{Text, Unfit};
use crate::journal::Message;

/// Whose value it is, and of which text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub agency: Box<str>,
    pub service: Box<str>,
    pub status: Box<str>,
    pub parameter: Box<str>,
}

/// How many there were of each, and why the first one was left out.
#[derive(Debug, Default)]
pub(super) struct LeftOut(BTreeMap<Place, (Unfit, u64)>);

/// Places counted at a time; whoever is told of so many knows enough.
const MOST: usize = 20;

impl LeftOut {
    fn count(&mut self, place: Place, why: Unfit) {
        if self.0.len() >= MOST && !self.0.contains_key(&place) {
            return;
        }
        self.0.entry(place).or_insert((why, 0)).1 += 1;
    }
}

impl Core {
    /// Counts what the text of a message lacks, when it is sent first.
    pub(super) fn note_left_out(&mut self, message: &Message, text: &Text) {
        if !text.left_out || message.progress.attempt.attempts > 0 {
            return;
        }
        for (parameter, why) in self.catalog.unfit(text.language, message.into()) {
            let place = Place {
                agency: message.key.agency.name().into(),
                service: message.content.service.clone(),
                status: message.content.status.clone(),
                parameter: parameter.into(),
            };
            self.left_out.count(place, why);
        }
    }

    /// The values that were left out of texts since this was asked last, with the reason and how often.
    pub fn left_out(&mut self) -> impl Iterator<Item = (Place, (Unfit, u64))> + use<> {
        std::mem::take(&mut self.left_out).0.into_iter()
    }
}
