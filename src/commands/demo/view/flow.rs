//! The flow: how many messages pass each station, and how they ended.

use xabar_events::State as Settled;

use super::line::Line;
use super::words::amount;
use crate::commands::demo::meter::Meter;
use crate::commands::demo::state::State;
use crate::commands::print::{BAD, FAINT, GOOD, HEADING};

pub(super) fn lines(state: &State, columns: usize) -> Vec<Line> {
    let flow = &state.flow;
    let stations = [
        ("published", &flow.published),
        ("accepted", &flow.accepted),
        ("submitted", &flow.submitted),
        ("delivered", &flow.delivered),
    ];
    let cell = (columns.saturating_sub(LABEL + 1) / stations.len()).clamp(12, 24);
    let row = |label: &str, shown: &dyn Fn(&Meter) -> String| {
        let cells = stations
            .iter()
            .map(|(_, meter)| format!("{:<cell$}", shown(meter)));
        Line::plain(format!(" {label:<LABEL$}")).and(cells.collect::<String>())
    };
    vec![
        names(&stations.map(|(name, _)| name), cell),
        row("a second", &|meter| format!("{:.1}", meter.rate())),
        row("in all", &|meter| amount(meter.total)),
        outcomes(state),
    ]
}

const LABEL: usize = 11;

fn names(stations: &[&str], cell: usize) -> Line {
    let start = Line::styled(HEADING, format!(" {:<LABEL$}", "FLOW"));
    let last = stations.len().saturating_sub(1);
    stations
        .iter()
        .enumerate()
        .fold(start, |line, (place, name)| {
            let arrow = cell.saturating_sub(name.len() + 3);
            let line = line.and_styled(HEADING, *name);
            match place == last {
                true => line,
                false => line.and_styled(FAINT, format!(" {}▶ ", "─".repeat(arrow))),
            }
        })
}

fn outcomes(state: &State) -> Line {
    let start = Line::plain(format!(" {:<LABEL$}", "events"))
        .and(format!("{} waiting", amount(state.waiting())))
        .and_styled(FAINT, "  ")
        .and(format!("{} under way", amount(state.with_operators())));
    state
        .tally
        .settled
        .iter()
        .fold(start, |line, (settled, count)| {
            let style = match settled {
                Settled::Delivered => GOOD,
                Settled::Failed | Settled::Expired | Settled::Unknown => BAD,
                _ => anstyle::Style::new(),
            };
            line.and_styled(FAINT, "  ")
                .and_styled(style, format!("{} {settled}", amount(*count)))
        })
}
