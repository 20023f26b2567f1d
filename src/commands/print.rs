//! What commands print: lines, JSON and tables on standard output.
//!
//! The only place that opens standard output. Colours mean something (green is well, yellow
//! deserves a look, red is wrong, faint is beside the point) and go to terminals only.

use std::io::{self, StdoutLock, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Effects, Style};
use serde::Serialize;

/// As it should be.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Deserves a look.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// Wrong.
pub const BAD: Style = AnsiColor::Red.on_default();
/// Of use to few.
pub const FAINT: Style = Style::new().effects(Effects::DIMMED);
/// Names what stands below or beside it.
pub const HEADING: Style = Style::new().bold();

/// Standard output, in colours if it is a terminal and nobody asked for none (`NO_COLOR`).
pub fn stdout() -> AutoStream<StdoutLock<'static>> {
    AutoStream::auto(io::stdout().lock())
}

/// Prints a value as JSON in one line.
pub fn json(value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    io::stdout().lock().write_all(&line)
}

/// Prints what scripts read, or what people do.
pub fn for_scripts_or_people<T: Serialize>(
    scripts: bool,
    value: impl FnOnce() -> T,
    table: impl FnOnce(&mut AutoStream<StdoutLock<'static>>) -> io::Result<()>,
) -> io::Result<()> {
    match scripts {
        true => json(&value()),
        false => table(&mut stdout()),
    }
}

/// A text in the colours of a style.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Rows whose columns stand below each other.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

/// One field of a table.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            style: Style::new(),
            right: false,
        }
    }

    /// A number, which stands at the right of its column.
    pub fn number(number: impl std::fmt::Display) -> Self {
        Self {
            right: true,
            ..Self::new(number.to_string())
        }
    }

    #[must_use]
    pub fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn shown(&self) -> String {
        match self.text.as_str() {
            "" => String::new(),
            text => styled(self.style, text),
        }
    }

    fn width(&self) -> usize {
        self.text.chars().map(columns).sum()
    }
}

/// The columns that a terminal gives a character: none for marks on the one before, two for East Asian letters and emoji.
fn columns(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

impl Table {
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// A row with what is counted, how much, and what there is to say to it.
    pub fn count(&mut self, name: &str, count: impl std::fmt::Display, note: &str) {
        self.row([
            Cell::new(name),
            Cell::number(count),
            Cell::new(note).style(FAINT),
        ]);
    }

    /// Prints the rows, two blanks between the columns.
    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let widths = self.widths();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let blanks = " ".repeat(width - cell.width());
                let text = cell.shown();
                let padded = if cell.right {
                    blanks + &text
                } else {
                    text + &blanks
                };
                line.push_str(&padded);
                line.push_str("  ");
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        (0..columns)
            .map(|column| cells(column).map(Cell::width).max().unwrap_or(0))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::default();
        table.row([Cell::new("ucell"), Cell::number(300), Cell::new("bound")]);
        table.row([Cell::new("ўзбек"), Cell::number(7), Cell::new("")]);
        table.row([Cell::new("\u{1F600}\u{1F600}"), Cell::number(8)]);
        table.row([Cell::new("u\u{308}"), Cell::number(9)]);
        let mut out = Vec::new();
        table.print(&mut out).unwrap();
        let expected =
            "ucell  300  bound\nўзбек    7\n\u{1F600}\u{1F600}     8\nu\u{308}        9\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
