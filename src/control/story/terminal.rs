//! A story as people read it in a terminal.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use xabar_events::{Reason, State, UnixMillis};

use super::sentences::sentence;
use super::{Step, Story};
use crate::control::terminal::{Style, styled};

impl Story {
    /// The story as it is now, with times of this zone: a heading, then a line a state.
    pub fn render(&self, zone: &TimeZone, now: UnixMillis, colour: bool) -> String {
        let mut text = self.heading(zone, now, colour);
        let width = self
            .states
            .iter()
            .map(|step| label(step).chars().count())
            .max();
        let mut before = None;
        for step in &self.states {
            let line = line(step, width.unwrap_or(0), zone, colour);
            let attempt = attempt(step, before, self.pushed);
            text += &format!("  {line}{attempt}\n");
            before = Some(step);
        }
        text
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
        format!(
            "application {application} · to {} · {state}\n\
             event {id} of {source} · message {}{carrier}{segments} · {attempts}{repeats}{due}{trace} · times of {zone}\n",
            self.msisdn, self.id,
        )
    }
}

fn line(step: &Step, width: usize, zone: &TimeZone, colour: bool) -> String {
    let label = label(step);
    let padding = " ".repeat(width.saturating_sub(label.chars().count()));
    let at = styled(local(step.at, zone), Style::Dim, colour);
    let label = styled(label, style(step.state), colour);
    let details = details(step, zone);
    format!(
        "{at}  {label}{padding}  {}{details}",
        sentence(step.state, step.reason)
    )
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
    let waits = step.state == State::Deferred && !is_of_an_attempt(step.reason);
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

fn is_of_an_attempt(reason: Option<Reason>) -> bool {
    let reasons = [Reason::Retry, Reason::Throttled, Reason::Uncertain];
    reason.is_some_and(|reason| reasons.contains(&reason))
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
    [until, code, by].into_iter().flatten().collect()
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
