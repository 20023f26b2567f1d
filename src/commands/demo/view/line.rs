//! A line of the screen: words in styles, cut and filled to a width.

use anstyle::Style;

/// Words in their styles. Every character takes one cell: the texts are in Latin and Cyrillic.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Line(Vec<(Style, String)>);

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::styled(Style::new(), text)
    }

    pub(super) fn styled(style: Style, text: impl Into<String>) -> Self {
        Self(vec![(style, text.into())])
    }

    /// The line with more at its end.
    #[must_use]
    pub(super) fn and(self, text: impl Into<String>) -> Self {
        self.and_styled(Style::new(), text)
    }

    /// The line with more at its end, in a style.
    #[must_use]
    pub(super) fn and_styled(mut self, style: Style, text: impl Into<String>) -> Self {
        self.0.push((style, text.into()));
        self
    }

    /// The line with another at its end.
    #[must_use]
    pub(super) fn and_line(mut self, line: Self) -> Self {
        self.0.extend(line.0);
        self
    }

    /// The line, with blanks up to `width` if it is shorter, and what is beyond that cut off.
    #[must_use]
    pub(super) fn fill(self, width: usize) -> Self {
        let line = self.cut(width);
        let blanks = width - line.width();
        line.and(" ".repeat(blanks))
    }

    /// The line without what is beyond `width`.
    #[must_use]
    pub(super) fn cut(self, width: usize) -> Self {
        let mut room = width;
        let cut = |(style, text): (Style, String)| {
            let text: String = text.chars().take(room).collect();
            room -= text.chars().count();
            (style, text)
        };
        Self(self.0.into_iter().map(cut).collect())
    }

    /// The line with another at the right edge of `width`; that goes first if both do not fit.
    #[must_use]
    pub(super) fn and_right(self, right: Self, width: usize) -> Self {
        let right = right.cut(width);
        let left = self.fill(width - right.width());
        left.and_line(right)
    }

    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// As it goes to a terminal, or without colours.
    pub(in super::super) fn shown(&self, colours: bool) -> String {
        let words = self.0.iter().map(|(style, text)| match colours {
            true => crate::commands::print::styled(*style, text),
            false => text.clone(),
        });
        let line: String = words.collect();
        line.trim_end().to_owned()
    }
}
