//! The limits at work: what keeps citizens from a flood, and operators from an overload.

use xabar_events::State as Settled;

use super::line::Line;
use super::words::{amount, clock, countdown};
use crate::commands::demo::state::State;
use crate::commands::print::{FAINT, GOOD, HEADING, WARN};

pub(super) fn lines(state: &State) -> Vec<Line> {
    vec![
        Line::styled(HEADING, " LIMITS AT WORK"),
        subscriber(state),
        throttling(state),
        duplicates(state),
        overtaken(state),
    ]
}

fn label(text: &str) -> Line {
    Line::plain(format!(" {text:<11}"))
}

fn nothing_yet(text: &str) -> Line {
    label(text).and_styled(FAINT, "nothing yet")
}

fn subscriber(state: &State) -> Line {
    let Some(held) = state.held.front() else {
        return nothing_yet("subscriber");
    };
    let time_left = countdown(held.until.since(state.now));
    let until = clock(held.until, &state.timezone);
    label("subscriber")
        .and(format!(
            "{} for {} ",
            state.waiting_for(held.msisdn),
            held.msisdn
        ))
        .and_styled(WARN, "deferred subscriber-limit")
        .and(format!(" until {until} "))
        .and_styled(HEADING, format!("({time_left})"))
}

/// The operator that throttled most.
fn throttling(state: &State) -> Line {
    let most = state
        .operators
        .iter()
        .max_by_key(|operator| operator.link.throttled);
    let Some(operator) = most.filter(|operator| operator.link.throttled > 0) else {
        return nothing_yet("operator");
    };
    let refused = amount(operator.link.throttled);
    let line = label("operator").and(format!(
        "{} said ESME_RTHROTTLED {refused}×: ",
        operator.name
    ));
    match operator.pace() < operator.tps {
        true => line
            .and_styled(WARN, format!("slowed to {:.0}/s", operator.pace()))
            .and(format!(", climbing to {:.0}/s", operator.tps)),
        false => line.and_styled(GOOD, format!("back at {:.0}/s", operator.tps)),
    }
}

fn duplicates(state: &State) -> Line {
    let count = state.tally.duplicates;
    if count == 0 {
        return nothing_yet("duplicate");
    }
    let line = label("duplicate").and_styled(GOOD, format!("{} swallowed", amount(count)));
    match &state.duplicate {
        None => line,
        Some(last) => line.and_styled(FAINT, " · ").and(format!(
            "{} {} came twice, one SMS went",
            last.agency, last.application
        )),
    }
}

fn overtaken(state: &State) -> Line {
    let settled = &state.tally.settled;
    let Some(count) = settled.get(&Settled::Superseded) else {
        return nothing_yet("overtaken");
    };
    let line = label("overtaken").and_styled(GOOD, format!("{} superseded", amount(*count)));
    match &state.overtaken {
        None => line,
        Some(last) => line.and_styled(FAINT, " · ").and(format!(
            "{} {}: {} went instead of {}",
            last.agency, last.application, last.newer, last.older
        )),
    }
}
