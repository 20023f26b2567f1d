//! A page of a screen while it is written: line by line, as far as there is room.

use xabar_sms::Encoding;
use xabar_ussd::{Screen, break_page, len_that_fits};

/// A page under way.
pub(super) struct Sheet {
    pub(super) text: String,
    /// The octets of the text that are to be read, above the lines that can be chosen.
    pub(super) prose: usize,
    pub(super) units: usize,
    pub(super) room: usize,
    pub(super) encoding: Encoding,
}

impl Sheet {
    pub(super) fn new(encoding: Encoding, room: usize) -> Self {
        Self {
            text: String::new(),
            prose: 0,
            units: 0,
            room,
            encoding,
        }
    }

    /// For a notice and a page below it.
    pub(super) fn below(notice: &str, page: &str) -> Self {
        let encoding = encoding_of([notice, page].into_iter());
        Self::new(encoding, Screen::default().capacity(encoding))
    }

    /// The units that a line would take below others.
    pub(super) fn len_of(&self, line: &str) -> usize {
        match line {
            "" => 0,
            line => 1 + self.encoding.len_units(line).unwrap_or(line.len()),
        }
    }

    /// Adds what there is to read, if there is room for it.
    pub(super) fn prose(&mut self, text: &str) -> bool {
        let fits = self.line(text);
        self.prose = self.text.len();
        fits
    }

    /// Adds a line, if there is room for it.
    pub(super) fn line(&mut self, line: &str) -> bool {
        if line.is_empty() {
            return true;
        }
        let between = usize::from(!self.text.is_empty());
        let units = between + self.encoding.len_units(line).unwrap_or(line.len());
        if units > self.room.saturating_sub(self.units) {
            return false;
        }
        self.units += units;
        if between > 0 {
            self.text.push('\n');
        }
        self.text.push_str(line);
        true
    }

    /// Adds a line, the first one cut if need be.
    pub(super) fn line_or_cut(&mut self, line: &str) -> bool {
        self.line(line) || (self.text.is_empty() && self.line(&self.cut(line)))
    }

    /// Adds a text, or its start if that is worth reading.
    pub(super) fn line_or_start(&mut self, text: &str) {
        let between = usize::from(!self.text.is_empty());
        let room = self.room.saturating_sub(self.units + between + CUT.len());
        if !self.line(text) && room >= LEAST_START {
            let (start, _) = break_page(text, self.encoding, room);
            self.line(&format!("{start}{CUT}"));
        }
    }

    /// As much of a line as a page has room for.
    fn cut(&self, line: &str) -> String {
        let room = self.room.saturating_sub(CUT.len());
        let fits = len_that_fits(line, self.encoding, room);
        let start = line.get(..fits).unwrap_or_default();
        format!("{}{CUT}", start.trim_end())
    }
}

/// What stands for the end of a line that was cut.
const CUT: &str = "...";

/// Units of a text that make a start of it worth reading.
const LEAST_START: usize = 30;

/// In which encoding these texts are shown together.
pub(super) fn encoding_of<'a>(mut texts: impl Iterator<Item = &'a str>) -> Encoding {
    match texts.any(|text| Encoding::of(text) == Encoding::Ucs2) {
        true => Encoding::Ucs2,
        false => Encoding::Gsm7,
    }
}
