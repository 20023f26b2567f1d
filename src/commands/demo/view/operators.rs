//! The operators: a line each, with a bar of their rate.

use anstyle::Style;

use super::line::Line;
use super::words::amount;
use crate::commands::demo::state::{Operator, State};
use crate::commands::print::{BAD, FAINT, GOOD, HEADING, WARN};

pub(super) fn lines(state: &State, columns: usize) -> Vec<Line> {
    let bar = columns.saturating_sub(FIXED).clamp(8, 60);
    let heading = format!(
        " {:<10} {:<13} {:>6} {:<bar$} {:>9} {:>8} {:>9}",
        "OPERATORS", "sessions", "now", " of TPS", "paced at", "in air", "throttled"
    );
    let operators = state.operators.iter().map(|operator| line(operator, bar));
    std::iter::once(Line::styled(HEADING, heading))
        .chain(operators)
        .collect()
}

/// What a line takes besides its bar.
const FIXED: usize = 62;

fn line(operator: &Operator, bar: usize) -> Line {
    let (state, style) = sessions(operator);
    let pace = operator.pace();
    let slowed = pace < operator.tps;
    let paced = match slowed {
        true => format!("{pace:.0}/s of {:.0}", operator.tps),
        false => format!("{pace:.0}/s"),
    };
    let throttled = operator.link.throttled;
    let when = |condition, style| if condition { style } else { Style::new() };
    Line::plain(format!(" {:<10} ", operator.name))
        .and_styled(style, format!("{state:<13}"))
        .and(format!(" {:>4.0}/s ", operator.written.rate()))
        .and_line(bar_of(operator, bar))
        .and_styled(when(slowed, WARN), format!(" {paced:>9}"))
        .and(format!(
            " {:>3}/{:<4}",
            operator.link.in_flight,
            operator.sessions * operator.window
        ))
        .and_styled(
            when(throttled > 0, WARN),
            format!(" {:>9}", amount(throttled)),
        )
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
