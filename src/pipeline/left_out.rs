//! Counts the values of events that their texts do not take, or have no room for, without the values: the citizen gets
//! the news all the same, and whoever runs the gateway tells the agency, or gives the text more room. And the messages for
//! which there is no text: their citizens get nothing.

use super::core::Core;
use crate::clock::UnixMillis;
use crate::compose::{Text, Unfit};
use crate::journal::{Message, MessageId};

/// Whose value it is, and of which text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub agency: Box<str>,
    pub service: Box<str>,
    pub status: Box<str>,
    pub parameter: Box<str>,
}

/// What no text says, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct News {
    pub agency: Box<str>,
    pub service: Box<str>,
    pub status: Box<str>,
}

impl Core {
    /// Counts what the text of a message lacks, when it is sent first.
    pub(super) fn note_left_out(&mut self, message: &Message, text: &Text) {
        let is_whole = !text.left_out && text.crowded_out == 0;
        if is_whole || message.progress.attempt.attempts > 0 {
            return;
        }
        for (parameter, why) in self.catalog.left_out(text, message.into()) {
            let place = Place {
                agency: message.key.agency.name().into(),
                service: message.content.service.clone(),
                status: message.content.status.clone(),
                parameter: parameter.into(),
            };
            self.left_out.count(place, why);
        }
    }

    /// Counts a message that is not sent for want of a text.
    pub(super) fn note_without_text(&mut self, message: &Message) {
        let news = News {
            agency: message.key.agency.name().into(),
            service: message.content.service.clone(),
            status: message.content.status.clone(),
        };
        self.without_text.count(news, message.id);
    }

    /// The news that are to be told as without a text, each with the first message since it was told last, and how many.
    pub fn without_text(&mut self, now: UnixMillis) -> Vec<(News, MessageId, u64)> {
        self.without_text.due(now)
    }

    /// The values that are to be told as left out of texts, with why the first of each was, and how often since.
    pub fn left_out(&mut self, now: UnixMillis) -> Vec<(Place, Unfit, u64)> {
        self.left_out.due(now)
    }
}
