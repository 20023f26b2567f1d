//! What holds for who stands in line, for an agency's quota or a campaign: who came first, and joined first, goes first.

use std::collections::BTreeMap;
use std::time::Duration;

use xabar_events::{Outcome, Reason, State};

use super::Laws;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, MessageId};
use crate::pacing::Rules;

/// How long one may be held up by what is over within that, and others go.
const MOMENT: Duration = Duration::from_secs(60);

/// Whose end comes within that may get no place before it.
const SOON: Duration = Duration::from_secs(24 * 3600);

/// Of one line so many may go before another; a fault turns them all.
const FEW: u32 = 5;

/// All that stand in line, and who went since it was looked at last.
#[derive(Default)]
pub(super) struct Lines {
    lines: BTreeMap<(AgencyKey, Lane), Line>,
    begun: Vec<Begun>,
}

#[derive(Default)]
struct Line {
    /// Each with the time at which it was told that it stands in line.
    waiting: BTreeMap<Came, UnixMillis>,
    /// How many left it without having gone: others may get their places.
    left: u32,
    /// How many went before one that came first.
    passed: u32,
}

/// Since when a message may go, as far as its agency is concerned, and which it is.
type Came = (UnixMillis, MessageId);

struct Begun {
    line: (AgencyKey, Lane),
    came: Came,
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
    /// A line goes on while there is the same to stand in line for.
    pub(super) fn go_by(&mut self, rules: &Rules, before: &Rules) {
        let of = |rules: &Rules, agency: AgencyKey| {
            let is_spread = rules.spreads.iter().any(|it| it.agency == agency);
            (rules.daily.contains_key(&agency), is_spread)
        };
        self.lines
            .retain(|(agency, _), _| of(rules, *agency) == of(before, *agency));
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
            }
            (state, _) => {
                let stood = line.waiting.remove(&came(message)).is_some();
                line.left += u32::from(stood && state.is_terminal());
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
            let told = waiting.and_then(|line| line.waiting.remove(&came));
            self.lines.begun.push(Begun { line, came, told });
        }
    }

    /// Of those that went none came later, and joined later, than one that might have gone.
    pub(super) fn check_lines(&mut self, now: &Now, had_trouble: bool) {
        for begun in std::mem::take(&mut self.lines.begun) {
            let Some(line) = self.lines.lines.get(&begun.line) else {
                continue;
            };
            let mut earlier = line.waiting.range(..begun.came);
            let passed = earlier.find(|((_, id), told)| {
                let joined_first = begun.told.is_none_or(|it| **told < it);
                let for_long = told.after(MOMENT) <= now.steady;
                let message = &self.messages[id].message;
                joined_first
                    && for_long
                    && message.expires.since(now.wall) > SOON
                    && !self.thread_is_busy(*id)
                    && self.limited_until(message.msisdn, now).is_none()
            });
            let Some(((_, passed), _)) = passed.filter(|_| !had_trouble) else {
                continue;
            };
            let (passed, id) = (*passed, begun.came.1);
            let line = self.lines.lines.entry(begun.line).or_default();
            line.passed += 1;
            assert!(
                line.passed <= line.left + FEW,
                "{id} goes before {passed}, which came first and stood in line before it"
            );
        }
    }
}
