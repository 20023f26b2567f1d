//! Screens of USSD dialogues, as their operator's task writes them and hears of them.

use std::time::{Duration, Instant};

use tracing::warn;
use xabar_smpp::{Frame, Status};

use super::Operator;
use super::response::{status, told};
use super::unreported::Unreported;
use crate::clock::instant as now;
use crate::delivery::dispatch::Heard;
use crate::delivery::screen::{Screen, ScreenToken};
use crate::delivery::{Class, Token};

/// What is known of the screens that were written.
#[derive(Debug, Default)]
pub(super) struct Screens {
    written: u64,
    /// Not shown, as far as we know, since that was told last.
    unshown: u64,
    told_at: Option<Instant>,
}

/// How often it is told that screens are not shown.
const TOLD_EVERY: Duration = Duration::from_secs(60);

impl Screens {
    /// The operator did not say that it took a screen.
    pub(super) fn lost(&mut self) {
        self.unshown += 1;
    }

    /// How many were lost, if that is to be told.
    fn tell(&mut self, now: Instant) -> Option<u64> {
        let told_of_late = self.told_at.is_some_and(|at| now < at + TOLD_EVERY);
        if self.unshown == 0 || told_of_late {
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.unshown))
    }
}

impl Operator {
    pub(super) fn drop_stale_screens(&mut self, now: Instant) {
        let stale = self.dispatch.stale_screens(now);
        self.screens.unshown += stale as u64;
        if stale > 0
            && let Some(screens) = self.screens.tell(now)
        {
            warn!(
                operator = self.name,
                screens, "USSD screens could not be written in time"
            );
        }
    }

    pub(super) fn write_screen(&mut self, index: usize, screen: &Screen) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        self.screens.written += 1;
        let token = ScreenToken::new(self.screens.written);
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
        let class = self.classes.of(status, frame);
        let heard = Heard {
            token: Token::from(token),
            class,
            status,
            congestion: told(frame).1,
        };
        self.dispatch.answered(index, heard, now());
        if class == Class::Session {
            self.give_up(index, events);
        }
        if status != Status::ROK {
            self.screens.lost();
            if let Some(screens) = self.screens.tell(now()) {
                warn!(operator = self.name, %status, screens, "the operator refuses USSD screens; see [operator.ussd]");
            }
        }
    }
}
