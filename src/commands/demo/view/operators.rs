//! The operators: a line each, with a bar of their rate.

use anstyle::Style;

use super::line::Line;
use super::words::amount;
use crate::commands::demo::state::{Operator, State};
use crate::commands::print::{BAD, FAINT, GOOD, HEADING, WARN};

pub(super) fn lines(state: &State, columns: usize) -> Vec<Line> {
    let bar = columns.saturating_sub(FIXED).clamp(8, 60);
    let heading = format!(
        " {:<10} {:<10} {:>6} {:<bar$} {:>9} {:>9} {:>9}",
        "OPERATORS", "sessions", "now", "of TPS", "pace/TPS", "in flight", "throttled"
    );
    let operators = state.operators.iter().map(|operator| line(operator, bar));
    std::iter::once(Line::styled(HEADING, heading))
        .chain(operators)
        .collect()
}

/// What a line takes besides its bar.
const FIXED: usize = 61;

fn line(operator: &Operator, bar: usize) -> Line {
    let (state, style) = sessions(operator);
    let pace = format!("{:.0}/{:.0}", operator.pace(), operator.tps);
    let room = operator.sessions * operator.window;
    let in_flight = format!("{}/{room}", operator.link.in_flight);
    let throttled = operator.link.throttled;
    let look = |condition| if condition { WARN } else { Style::new() };
    Line::plain(format!(" {:<10} ", operator.name))
        .and_styled(style, format!("{state:<10}"))
        .and(format!(" {:>4.0}/s ", operator.written.rate()))
        .and_line(bar_of(operator, bar))
        .and_styled(look(operator.pace() < operator.tps), format!(" {pace:>9}"))
        .and(format!(" {in_flight:>9}"))
        .and_styled(look(throttled > 0), format!(" {:>9}", amount(throttled)))
}

/// What is written now, what it is held to, and what was taken from it by throttling.
fn bar_of(operator: &Operator, width: usize) -> Line {
    let cells = |rate: f64| share(rate / operator.tps, width);
    let paced = cells(operator.pace());
    let now = cells(operator.written.rate()).min(paced);
    Line::styled(GOOD, "█".repeat(now))
        .and_styled(FAINT, "░".repeat(paced - now))
        .and_styled(BAD, "·".repeat(width - paced))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to the width of a terminal; `as` saturates"
)]
fn share(of: f64, width: usize) -> usize {
    ((of * width as f64).round() as usize).min(width)
}

fn sessions(operator: &Operator) -> (String, Style) {
    let (bound, all) = (operator.link.sessions_bound, operator.sessions);
    match bound {
        0 => ("connecting".to_owned(), BAD),
        _ if bound < all => (format!("{bound}/{all} bound"), WARN),
        _ => (format!("{bound} bound"), GOOD),
    }
}
