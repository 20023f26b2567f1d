//! A story as people read it in a terminal.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use xabar_events::{State, UnixMillis};

use super::sentences::sentence;
use super::{FruitlessAttempt, Next, Step, Story};
use crate::control::terminal::{Style, styled};

impl Story {
    /// The story as it is now, with times of this zone: a heading, then a line a state.
    pub fn render(&self, zone: &TimeZone, now: UnixMillis, colour: bool) -> String {
        let mut text = self.heading(zone, now, colour);
        let mut lines = self.lines(zone);
        lines.sort_by_key(|line| line.after);
        let width = lines.iter().map(|line| line.label.chars().count()).max();
        for line in lines {
            text += &format!("  {}\n", line.render(width.unwrap_or(0), zone, colour));
        }
        if let Some(next) = self.what_is_next(zone) {
            text += &format!("  {}\n", styled(next, Style::Dim, colour));
        }
        text
    }

    /// A line a state, and one for each attempt that came to nothing and that no state tells of; not in their order yet.
    fn lines(&self, zone: &TimeZone) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let mut before = None;
        for step in &self.states {
            let what = sentence(step.state, step.reason);
            let (details, attempt) = (details(step, zone), attempt(step, before, self.pushed));
            // States stand in their order, whatever the clock was set to between them.
            let earlier = lines.last().map(|line| line.after);
            lines.push(Line {
                at: step.at,
                after: earlier.map_or(step.at, |earlier| earlier.max(step.at)),
                label: label(step),
                style: style(step.state),
                said: format!("{what}{details}{attempt}"),
            });
            before = Some(step);
        }
        let is_told = |it: &&FruitlessAttempt| {
            let tells = |step: &Step| step.is_of_an_attempt() && step.attempts == Some(it.attempt);
            self.states.iter().any(tells)
        };
        let untold = self.fruitless.iter().filter(|it| !is_told(it));
        lines.extend(untold.map(Line::of));
        lines
    }

    fn what_is_next(&self, zone: &TimeZone) -> Option<String> {
        let operator = self.operator.as_deref().unwrap_or("an operator");
        let attempts = self.attempts;
        Some(match self.next? {
            Next::Turn if self.state == State::Deferred => {
                format!("Next: once that is over it goes over {operator}, in its turn.")
            }
            Next::Turn => format!("Next: it goes over {operator} when its turn comes."),
            Next::Answer => {
                let otherwise = match self.withdrawn {
                    true => "it ends as `unknown`, since it was withdrawn",
                    false => "it is tried again",
                };
                format!(
                    "Next: the answer of {operator} to attempt {attempts}, or a receipt, settles it; where neither comes in time {otherwise}."
                )
            }
            Next::LateAnswer => {
                let until = self.states.last().and_then(|step| step.until);
                let until = until.map(|until| format!(" until {}", local(until, zone)));
                let until = until.unwrap_or_default();
                let otherwise = match self.withdrawn {
                    true => "it ends as `unknown`, since it was withdrawn",
                    false => "it is tried again after that",
                };
                format!(
                    "Next: a late answer of {operator} to attempt {attempts}, or a receipt, may settle it{until}; otherwise {otherwise}."
                )
            }
            Next::Attempt => format!("Next: attempt {}, over {operator}.", attempts + 1),
            Next::Receipt => format!("Next: the receipt of {operator} says what became of it."),
        })
    }

    fn heading(&self, zone: &TimeZone, now: UnixMillis, colour: bool) -> String {
        let state = styled(self.state, style(self.state), colour);
        let application = styled(&self.application, Style::Bold, colour);
        let (source, id) = (&self.event.source, &self.event.id);
        let carrier = self
            .operator
            .as_deref()
            .map(|name| format!(" · {name}"))
            .unwrap_or_default();
        let segments = self
            .segments
            .map(|count| format!(" · {}", counted(count, "segment")))
            .unwrap_or_default();
        let attempts = counted(usize::from(self.attempts), "attempt");
        let repeats = match self.repeats {
            0 => String::new(),
            repeats => format!(" · {}", counted(usize::from(repeats), "repeat")),
        };
        // What is paused, say, waits on when it is due.
        let due = self.due.map(|due| match (local(due, zone), due > now) {
            (due, true) => format!(" · waits to be tried again at {due}"),
            (due, false) => format!(" · waits to be tried again, due since {due}"),
        });
        let due = due.unwrap_or_default();
        let trace = self.trace.as_deref().map(|id| format!(" · trace {id}"));
        let trace = trace.unwrap_or_default();
        let zone = zone.iana_name().unwrap_or("UTC");
        let (service, status) = (&self.service, &self.status);
        format!(
            "application {application} · {service}: {status} · to {} · {state}\n\
             event {id} of {source} · message {}{carrier}{segments} · {attempts}{repeats}{due}{trace} · times of {zone}\n",
            self.msisdn, self.id,
        )
    }
}

/// What happened at one moment.
struct Line {
    at: UnixMillis,
    /// It stands after all lines that are of earlier than this.
    after: UnixMillis,
    label: String,
    style: Style,
    said: String,
}

impl Line {
    fn of(fruitless: &FruitlessAttempt) -> Self {
        let FruitlessAttempt {
            attempt,
            operator,
            code,
            at,
        } = fruitless;
        let operator = operator.as_deref().unwrap_or("an operator");
        let (label, what) = match code {
            Some(code) => (
                "not taken",
                format!("The operator could not take it. The operator said {code}."),
            ),
            None => ("not answered", "No answer came in time.".to_owned()),
        };
        Self {
            at: *at,
            after: *at,
            label: label.to_owned(),
            style: Style::Yellow,
            said: format!("{what} Attempt {attempt}, over {operator}."),
        }
    }

    fn render(self, width: usize, zone: &TimeZone, colour: bool) -> String {
        let padding = " ".repeat(width.saturating_sub(self.label.chars().count()));
        let at = styled(local(self.at, zone), Style::Dim, colour);
        let label = styled(self.label, self.style, colour);
        format!("{at}  {label}{padding}  {}", self.said)
    }
}

fn label(step: &Step) -> String {
    match step.reason {
        Some(reason) => format!("{} ({reason})", step.state),
        None => step.state.to_string(),
    }
}

/// Which attempt came to this state, and over whom, if it is another one than came to the state before.
fn attempt(step: &Step, before: Option<&Step>, pushed: bool) -> String {
    let (Some(attempts), Some(operator)) = (step.attempts, &step.operator) else {
        return String::new();
    };
    // What waits for anything else may wait for another operator by now.
    let waits = step.state == State::Deferred && !step.is_of_an_attempt();
    if waits || before.is_some_and(|it| it.attempts == step.attempts) {
        return String::new();
    }
    let tells_first = before.is_none_or(|it| it.attempts.is_none());
    match attempts {
        1 if pushed => format!(" Attempt 1, pushed to the screen over {operator}."),
        2.. if pushed && tells_first => {
            format!(" Attempt {attempts}, over {operator}, after a push to the screen.")
        }
        _ => format!(" Attempt {attempts}, over {operator}."),
    }
}

fn details(step: &Step, zone: &TimeZone) -> String {
    let until = step
        .until
        .map(|until| format!(" Until {}.", local(until, zone)));
    let code = step
        .code
        .as_deref()
        .map(|code| format!(" The operator said {code}."));
    let by = step
        .by
        .as_deref()
        .map(|by| format!(" That was event {by}."));
    let limit = step.limit.map(|limit| {
        let per = Duration::from_secs(limit.seconds);
        format!(" That is {} in {}.", limit.messages, spelled(per))
    });
    [limit, until, code, by].into_iter().flatten().collect()
}

/// `1h`, as limits are configured.
fn spelled(per: Duration) -> String {
    match per.as_secs() {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// `2026-11-23 09:15:00.000`, or RFC 3339 for what no calendar holds.
fn local(at: UnixMillis, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at.0) {
        Ok(time) => time
            .to_zoned_datetime(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S%.3f")
            .to_string(),
        Err(_) => at.to_string(),
    }
}

fn style(state: State) -> Style {
    match state {
        State::Delivered => Style::Green,
        State::Failed | State::Expired => Style::Red,
        State::Deferred | State::Unknown | State::Suppressed => Style::Yellow,
        State::Accepted | State::Submitted | State::Cancelled | State::Superseded => Style::Bold,
    }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
