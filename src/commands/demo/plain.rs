//! The demo without a terminal: a line for each thing that deserves a look.

use super::state::{Noteworthy, State};
use super::view::{amount, clock, countdown};

/// What to say of something that happened.
pub(super) fn line(state: &State, noteworthy: &Noteworthy) -> String {
    let (what, said) = match noteworthy {
        Noteworthy::Arrived(shown) => {
            let text = shown.text.replace('\n', " / ");
            let what = if shown.is_screen { "ussd" } else { "phone" };
            (what, format!("{} {}: {text}", shown.msisdn, shown.from))
        }
        Noteworthy::Held(held) => (
            "limit",
            format!(
                "{} application {} deferred: subscriber-limit, until {}, in {}",
                held.msisdn,
                held.application,
                clock(held.until, &state.timezone),
                countdown(held.until.since(state.now)),
            ),
        ),
        Noteworthy::Duplicate(duplicate) => (
            "duplicate",
            format!(
                "{} {} came twice and was swallowed; one SMS went",
                duplicate.agency, duplicate.application
            ),
        ),
        Noteworthy::Overtaken(overtaken) => (
            "superseded",
            format!(
                "{} {}: {} went instead of {}",
                overtaken.agency, overtaken.application, overtaken.newer, overtaken.older
            ),
        ),
        Noteworthy::Throttled { operator, from, to } => (
            "throttled",
            format!(
                "{operator} answered ESME_RTHROTTLED: rate lowered from {from:.0}/s to {to:.0}/s"
            ),
        ),
        Noteworthy::Recovered { operator } => {
            ("recovered", format!("{operator} is at its TPS again"))
        }
        Noteworthy::Unanswered(why) => ("http", why.clone()),
    };
    told(state, what, &said)
}

/// The figures of this moment.
pub(super) fn figures(state: &State) -> String {
    let flow = &state.flow;
    let said = format!(
        "published {:.0}/s, accepted {:.0}/s, submitted {:.0}/s, delivered {:.0}/s; {} waiting, {} under way, {} delivered in all",
        flow.published.rate(),
        flow.accepted.rate(),
        flow.submitted.rate(),
        flow.delivered.rate(),
        amount(state.waiting()),
        amount(state.with_operators()),
        amount(flow.delivered.total),
    );
    told(state, "figures", &said)
}

fn told(state: &State, what: &str, said: &str) -> String {
    format!("{} {what:<10} {said}", clock(state.now, &state.timezone))
}
