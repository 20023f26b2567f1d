//! The phones that rang last, side by side.

use anstyle::Style;

use super::line::Line;
use super::words::clock;
use crate::commands::demo::state::{Shown, State};
use crate::commands::print::{FAINT, GOOD, HEADING};

/// As many phones as the room holds; a text stays on its phone until that phone's next turn.
pub(super) fn lines(state: &State, columns: usize, rows: usize) -> Vec<Line> {
    let grid = Grid::within(columns, rows);
    let mut lines = Vec::new();
    for row in 0..grid.down {
        let phones: Vec<Vec<Line>> = (0..grid.across)
            .map(|column| phone(state, &grid, row * grid.across + column))
            .collect();
        for at in 0..grid.rows {
            let cells = phones.iter().filter_map(|phone| phone.get(at)).cloned();
            lines.push(cells.fold(Line::new(), |line, cell| line.and_line(cell)));
        }
    }
    lines
}

/// How many phones there are, and how large.
#[derive(Debug, PartialEq, Eq)]
struct Grid {
    across: usize,
    down: usize,
    /// Of one phone.
    columns: usize,
    rows: usize,
}

/// Narrower than this a phone is not readable.
const NARROWEST: usize = 26;
/// Two for the borders, one for who wrote when.
const FRAME: usize = 3;
/// What most texts have.
const CHARACTERS: usize = 120;
/// The border and a blank on both sides.
const SIDES: usize = 4;

impl Grid {
    /// The grid with the most phones whose texts can be read as a whole.
    fn within(columns: usize, rows: usize) -> Self {
        let widest = (columns / NARROWEST).max(1);
        let grids = (1..=widest).map(|across| {
            let width = columns / across;
            let text = CHARACTERS.div_ceil(width.saturating_sub(SIDES).max(1));
            let down = (rows / (FRAME + text)).clamp(1, 4);
            let tallest = FRAME + text + 1;
            Self {
                across,
                down,
                columns: width,
                rows: (rows / down).min(tallest),
            }
        });
        let whole = |grid: &Self| grid.across * grid.down;
        grids
            .max_by_key(whole)
            .expect("there is at least one in a row")
    }

    fn phones(&self) -> usize {
        self.across * self.down
    }
}

fn phone(state: &State, grid: &Grid, place: usize) -> Vec<Line> {
    let Some((shown, newest)) = text_at(state, grid.phones(), place) else {
        return frame(grid, FAINT, "", Vec::new());
    };
    let from = Line::styled(HEADING, shown.from.clone()).and_styled(
        FAINT,
        format!(" {} {}", clock(shown.at, &state.timezone), shown.operator),
    );
    let room = grid.rows.saturating_sub(FRAME);
    let text = wrap(&shown.text, grid.columns.saturating_sub(SIDES), room);
    let lines = std::iter::once(from).chain(text.into_iter().map(Line::plain));
    let style = if newest { GOOD } else { Style::new() };
    frame(grid, style, &shown.msisdn.to_string(), lines.collect())
}

/// The text that the phone at this place shows, and whether it is the newest of all.
fn text_at(state: &State, phones: usize, place: usize) -> Option<(&Shown, bool)> {
    let phones = phones as u64;
    let newest = state.shown.checked_sub(1)?;
    let behind = (newest % phones + phones - place as u64) % phones;
    let shown = state.texts.get(usize::try_from(behind).ok()?)?;
    Some((shown, behind == 0))
}

fn frame(grid: &Grid, style: Style, title: &str, lines: Vec<Line>) -> Vec<Line> {
    let inner = grid.columns.saturating_sub(SIDES);
    let title = match title {
        "" => "─".repeat(inner),
        title => {
            let rest = inner.saturating_sub(title.chars().count() + 3);
            format!("─ {title} {}", "─".repeat(rest))
        }
    };
    let side = |line: Line| {
        let middle = line.fill(inner);
        let left = Line::styled(style, "│ ").and_line(middle);
        left.and_styled(style, " │")
    };
    let mut framed = vec![Line::styled(style, format!("╭─{title}─╮"))];
    let blank = std::iter::repeat_with(Line::new);
    let within = grid.rows.saturating_sub(2);
    framed.extend(lines.into_iter().chain(blank).take(within).map(side));
    framed.push(Line::styled(style, format!("╰{}╯", "─".repeat(inner + 2))));
    framed
}

/// Words in lines of at most `width`; what has no room ends in an ellipsis.
fn wrap(text: &str, width: usize, rows: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for own in text.lines() {
        let mut is_first = true;
        for word in own.split_whitespace() {
            let length = word.chars().count();
            match lines.last_mut().filter(|_| !is_first) {
                Some(line) if line.chars().count() + 1 + length <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
            is_first = false;
        }
    }
    if lines.len() > rows {
        lines.truncate(rows);
        if let Some(line) = lines.last_mut() {
            *line = line
                .chars()
                .take(width.saturating_sub(1))
                .chain(['…'])
                .collect();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_fill_the_room_without_being_too_small() {
        let grid = |columns, rows| {
            let grid = Grid::within(columns, rows);
            (grid.across, grid.down, grid.columns, grid.rows)
        };
        assert_eq!(grid(80, 9), (3, 1, 26, 9));
        assert_eq!(grid(120, 22), (3, 3, 40, 7));
        assert_eq!(grid(20, 3), (1, 1, 20, 3));
    }

    #[test]
    fn the_lines_of_a_screen_stay_lines() {
        assert_eq!(
            wrap("Заявления\n1. Мои заявления\n0. Назад", 12, 9),
            ["Заявления", "1. Мои", "заявления", "0. Назад"]
        );
    }

    #[test]
    fn what_has_no_room_ends_in_an_ellipsis() {
        assert_eq!(
            wrap("Ваш паспорт готов", 10, 3),
            ["Ваш", "паспорт", "готов"]
        );
        assert_eq!(wrap("Ваш паспорт готов", 11, 2), ["Ваш паспорт", "готов"]);
        assert_eq!(wrap("Ваш паспорт готов", 11, 1), ["Ваш паспор…"]);
    }
}
