//! The live picture: what is known goes in, lines of exactly the terminal's size come out.
//!
//! Nothing here knows of terminals, so a picture can be tested as text. The fixed parts come
//! first; the phones get the rows that are left.

mod flow;
mod limits;
mod line;
mod operators;
mod phones;
mod words;

#[cfg(test)]
mod tests;

pub(super) use line::Line;
pub(super) use words::{amount, clock, countdown};

use super::state::State;
use crate::commands::print::{FAINT, GOOD, HEADING, WARN};

/// How large the terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// The picture of a state.
pub(super) fn picture(state: &State, size: Size) -> Vec<Line> {
    let airy = size.rows >= AIRY;
    let parts = [
        operators::lines(state, size.columns),
        flow::lines(state, size.columns),
        limits::lines(state),
    ];
    let below: usize = parts
        .iter()
        .map(|part| part.len() + usize::from(airy))
        .sum();
    let fixed = 2 + usize::from(airy) + below;
    let phones = phones::lines(state, size.columns, size.rows.saturating_sub(fixed));

    let mut lines = vec![heading(state, size.columns)];
    for part in [phones].into_iter().chain(parts) {
        lines.extend(airy.then(Line::new));
        lines.extend(part);
    }
    let left = size.rows.saturating_sub(lines.len());
    lines.extend(log(state, left));
    lines.truncate(size.rows);
    lines
        .into_iter()
        .map(|line| line.cut(size.columns))
        .collect()
}

/// From so many rows on there are blank ones between the parts.
const AIRY: usize = 30;

fn heading(state: &State, columns: usize) -> Line {
    let subtitle = if columns < ROOMY { "" } else { SUBTITLE };
    let ran = state.now.since(state.started);
    let name = Line::styled(HEADING, " XABAR demo").and_styled(FAINT, subtitle);
    let doing = match state.stopping {
        true => Line::styled(WARN, "stopping "),
        false => {
            Line::styled(GOOD, format!("{} ", countdown(ran))).and_styled(FAINT, "Ctrl-C ends ")
        }
    };
    let place = Line::styled(FAINT, format!("{}  ", state.http));
    let right = Line::plain("  ").and_line(place).and_line(doing);
    name.and_right(right, columns)
}

/// From so many columns on there is room for more than is needed.
const ROOMY: usize = 100;
const SUBTITLE: &str = "  from agencies to phones, in one process";

/// What the gateway says, newest last, at the end of the picture.
fn log(state: &State, rows: usize) -> Vec<Line> {
    if state.log.is_empty() {
        let quiet = Line::styled(FAINT, " log        no warnings");
        return std::iter::repeat_with(Line::new)
            .take(rows.saturating_sub(1))
            .chain(Some(quiet).filter(|_| rows > 0))
            .collect();
    }
    let newest = state.log.iter().take(rows).rev();
    let lines = newest.map(|line| Line::styled(WARN, format!(" log        {line}")));
    let blank = std::iter::repeat_with(Line::new).take(rows.saturating_sub(state.log.len()));
    blank.chain(lines).collect()
}
