//! Screens of USSD dialogues, as their operator's task writes them and hears of them.

use std::time::Instant;

use tracing::warn;
use xabar_smpp::{Frame, Status};

use super::Operator;
use super::response::{status, told};
use super::tally::Tally;
use super::unreported::Unreported;
use crate::clock::instant as now;
use crate::delivery::dispatch::Heard;
use crate::delivery::screen::{Screen, ScreenToken};
use crate::delivery::{Class, Token};

/// What is known of the screens that were not shown.
#[derive(Debug, Default)]
pub(super) struct Screens {
    /// Not shown, as far as we know.
    unshown: Tally,
    /// How the last of them was refused, if it was.
    refused: Option<Status>,
}

impl Screens {
    /// The operator did not say that it took so many screens.
    pub(super) fn lost(&mut self, screens: usize) {
        self.unshown.add(screens);
    }
}

impl Operator {
    pub(super) fn drop_stale_screens(&mut self, now: Instant) {
        let stale = self.dispatch.stale_screens(now);
        self.screens.lost(stale);
    }

    /// Tells of screens that were refused, or not answered, or could not be written in time.
    pub(super) fn tell_of_screens(&mut self) {
        if let Some(screens) = self.screens.unshown.due(now()) {
            self.warn_of_screens(screens);
        }
    }

    fn warn_of_screens(&mut self, screens: u64) {
        let status = self.screens.refused.take().map(tracing::field::display);
        warn!(
            operator = self.name,
            screens, status, "USSD screens were not shown; see [operator.ussd]"
        );
    }

    /// When the last screens have to be written, once told to stop.
    pub(super) fn last_screens_end(&self) -> Option<Instant> {
        let stopped = self.stopped.filter(|_| !self.unbinding)?;
        Some(stopped + self.last_screens)
    }

    /// Once told to stop, unbinds what is bound when all that phones were promised is written, or time is up.
    pub(super) async fn unbind_after_screens(&mut self) {
        let Some((stopped, end)) = self.stopped.zip(self.last_screens_end()) else {
            return;
        };
        // What answers a step comes with its acknowledgement.
        let owes = self.slots.owe_answers(stopped) || self.dispatch.has_screens();
        if now() >= end || !owes {
            self.unbinding = true;
            self.slots.unbind().await;
        }
    }

    /// At the end, all that was not shown is told.
    pub(super) fn tell_of_last_screens(&mut self) {
        let unwritten = self.dispatch.drop_screens();
        self.screens.lost(unwritten);
        if let Some(screens) = self.screens.unshown.rest(now()) {
            self.warn_of_screens(screens);
        }
    }

    pub(super) fn write_screen(&mut self, index: usize, token: ScreenToken, screen: &Screen) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        slot.requests.push_frame(token.into(), &screen.frame);
    }

    /// The operator took a screen, or did not.
    pub(super) fn screen_answered(
        &mut self,
        index: usize,
        token: u64,
        frame: &Frame,
        events: &mut Unreported,
    ) {
        let status = status(frame);
        let awaited = ScreenToken::is_awaited(token);
        let class = match self.classes.of(status, frame) {
            class @ (Class::Accepted | Class::Throttled) => class,
            class if awaited => class,
            // That the dialogue is over already says nothing of the link.
            _ => Class::Permanent,
        };
        let again = class == Class::Throttled && self.dispatch.show_again(token.into(), now());
        let heard = Heard {
            token: Token::from(token),
            class,
            status,
            congestion: told(frame).1,
        };
        if status != Status::ROK && awaited && !again {
            self.screens.lost(1);
            self.screens.refused = Some(status);
        }
        self.heard(index, heard, events);
    }
}
