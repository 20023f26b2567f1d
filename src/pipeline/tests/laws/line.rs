//! What holds for who stands in line, for an agency's quota or a campaign: who came first, and joined first, goes first.

use std::collections::BTreeMap;
use std::time::Duration;

use rustc_hash::FxHashSet;
use xabar_events::{Outcome, Reason, State};

use super::Laws;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, MessageId, OperatorId};

/// How long one may be held up by what is over within that, and others go.
const MOMENT: Duration = Duration::from_secs(60);

/// Whose end comes within that may get no place before it.
const SOON: Duration = Duration::from_secs(24 * 3600);

/// Of one line so many may go before another: as good as any, until the law knows all that may hold one up.
const FEW: u32 = 1_000_000;

/// All that stand in line, and who went since it was looked at last.
#[derive(Default)]
pub(super) struct Lines {
    lines: BTreeMap<(AgencyKey, Lane), Line>,
    begun: Vec<Begun>,
    are_over: bool,
}

#[derive(Default)]
struct Line {
    /// Each with the time at which it was told that it stands in line.
    waiting: BTreeMap<Came, UnixMillis>,
    /// Those that have had a place and did not go, whatever holds them up by now.
    stood: FxHashSet<MessageId>,
    /// How many left it without having gone: of a campaign others may get their times.
    left: u32,
    /// How many went before one that came first.
    passed: u32,
}

/// Since when a message may go, as far as its agency is concerned, and which it is.
type Came = (UnixMillis, MessageId);

struct Begun {
    line: (AgencyKey, Lane),
    came: Came,
    operator: OperatorId,
    /// When it was told to stand in line, if it was.
    told: Option<UnixMillis>,
}

fn came(message: &Message) -> Came {
    let since = message.not_before.unwrap_or_default();
    (since.max(message.accepted_at), message.id)
}

fn line_of(message: &Message) -> (AgencyKey, Lane) {
    (message.agency(), message.lane)
}

impl Lines {
    /// By other rules there are other lines, in which those of before stand in another order than they were told.
    pub(super) fn end(&mut self) {
        self.are_over = true;
    }
}

impl Laws {
    pub(super) fn note_line(&mut self, now: &Now, id: MessageId, outcome: &Outcome<'_>) {
        let message = &self.messages[&id].message;
        if !matches!(message.lane, Lane::Normal | Lane::Bulk) {
            return;
        }
        let line = self.lines.lines.entry(line_of(message)).or_default();
        match (outcome.state, outcome.reason) {
            (State::Deferred, Some(Reason::AgencyQuota)) => {
                line.waiting.entry(came(message)).or_insert(now.steady);
                line.stood.insert(id);
            }
            (state, _) => {
                line.waiting.remove(&came(message));
                let left = state.is_terminal() && line.stood.remove(&id);
                line.left += u32::from(left);
            }
        }
    }

    /// A message is begun for the first time.
    pub(super) fn leave_line(&mut self, id: MessageId) {
        let known = &self.messages[&id];
        let message = &known.message;
        if known.attempts.is_empty() && matches!(message.lane, Lane::Normal | Lane::Bulk) {
            let (line, came) = (line_of(message), came(message));
            let waiting = self.lines.lines.get_mut(&line);
            let told = waiting.and_then(|line| {
                line.stood.remove(&id);
                line.waiting.remove(&came)
            });
            let operator = message.progress.operator;
            self.lines.begun.push(Begun {
                line,
                came,
                operator,
                told,
            });
        }
    }

    /// Of those that went none came later, and joined later, than one that might have gone.
    pub(super) fn check_lines(&mut self, now: &Now, had_trouble: bool) {
        for begun in std::mem::take(&mut self.lines.begun) {
            if self.lines.are_over {
                return;
            }
            let Some(line) = self.lines.lines.get(&begun.line) else {
                continue;
            };
            let mut earlier = line.waiting.range(..begun.came);
            let passed = earlier.find(|((_, id), told)| {
                let message = &self.messages[id].message;
                let joined_first = begun.told.is_none_or(|it| **told <= it);
                // What is due at one moment goes operator by operator.
                let is_beside = message.progress.operator == begun.operator;
                let for_long = told.after(MOMENT) <= now.steady;
                joined_first
                    && is_beside
                    && for_long
                    && message.expires.since(now.wall) > SOON
                    && !self.thread_is_busy(*id)
                    && self.limited_until(message.msisdn, now).is_none()
            });
            let Some(((_, passed), _)) = passed.filter(|_| !had_trouble) else {
                continue;
            };
            let (passed, id) = (*passed, begun.came.1);
            let (agency, lane) = begun.line;
            let mut spreads = self.rules.spreads.iter();
            let is_campaign = lane == Lane::Bulk && spreads.any(|it| it.agency == agency);
            let line = self.lines.lines.entry(begun.line).or_default();
            line.passed += 1;
            let free = if is_campaign { line.left } else { 0 };
            assert!(
                line.passed <= free + FEW,
                "{id} goes before {passed}, which came first and stood in line before it"
            );
        }
    }
}
