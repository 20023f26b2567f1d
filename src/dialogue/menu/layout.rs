//! Lays out what a screen says in pages that a phone shows at once.

use std::borrow::Cow;
use std::ops::Range;

use xabar_sms::fold::fold;
use xabar_sms::{Encoding, LanguageRules, in_latin};
use xabar_ussd::{Screen, break_page, len_that_fits};

/// What a screen says, from top to bottom.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    /// May go on from page to page.
    pub(super) text: String,
    /// Each in a line that stays whole, after its digit.
    pub(super) items: Vec<String>,
    /// The digits before the items; on each page they begin anew.
    pub(super) digits: Vec<char>,
    /// Each in a line that stays whole.
    pub(super) choices: Vec<String>,
    /// The last lines of the first page.
    pub(super) foot: String,
    /// The last lines of each other page.
    pub(super) foot_later: String,
    /// The line above them that leads to the next page.
    pub(super) next: String,
}

/// What a phone shows at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) text: String,
    /// Those of the items that are on it.
    pub(super) items: Range<usize>,
}

/// More pages nobody reads.
const MOST_PAGES: usize = 50;

/// What a screen says in the spelling that reads best, and its pages.
pub(super) struct Laid<'a> {
    content: Cow<'a, Content>,
    pub(super) encoding: Encoding,
    pub(super) pages: Vec<Page>,
}

/// Lays out in the spelling that reads best: as it is, where that is one page or cannot be in fewer.
pub(super) fn lay(content: &Content, rules: LanguageRules) -> Laid<'_> {
    let as_it_is = Laid::of(Cow::Borrowed(content));
    if as_it_is.encoding == Encoding::Gsm7 {
        return as_it_is;
    }
    let folded = content.spelled(fold);
    if encoding_of(folded.all()) == Encoding::Gsm7 {
        return Laid::of(Cow::Owned(folded));
    }
    if as_it_is.pages.len() == 1 || rules == LanguageRules::default() {
        return as_it_is;
    }
    let latin = Laid::of(Cow::Owned(folded.spelled(|text| in_latin(text, rules))));
    match latin.pages.len() < as_it_is.pages.len() {
        true => latin,
        false => as_it_is,
    }
}

impl<'a> Laid<'a> {
    fn of(content: Cow<'a, Content>) -> Self {
        let encoding = encoding_of(content.on_one_page());
        if let Some(page) = one_page(&content, encoding) {
            return Self {
                content,
                encoding,
                pages: vec![page],
            };
        }
        let encoding = encoding_of(content.all());
        let pages = in_pages(&content, encoding);
        Self {
            content,
            encoding,
            pages,
        }
    }

    /// The units that all of it would take on one page.
    pub(super) fn units(&self) -> usize {
        let mut sheet = Sheet::new(self.encoding, usize::MAX);
        sheet.whole(&Rest::of(&self.content), &self.content.foot);
        sheet.units
    }
}

fn encoding_of<'a>(mut texts: impl Iterator<Item = &'a String>) -> Encoding {
    match texts.any(|text| Encoding::of(text) == Encoding::Ucs2) {
        true => Encoding::Ucs2,
        false => Encoding::Gsm7,
    }
}

impl Content {
    fn on_one_page(&self) -> impl Iterator<Item = &String> {
        let lines = self.items.iter().chain(&self.choices);
        [&self.text, &self.foot].into_iter().chain(lines)
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.on_one_page().chain([&self.foot_later, &self.next])
    }

    fn spelled<'a>(&'a self, spell: impl Fn(&'a str) -> Cow<'a, str>) -> Self {
        let one = |text: &'a String| spell(text).into_owned();
        let lines = |lines: &'a Vec<String>| lines.iter().map(one).collect();
        Self {
            text: one(&self.text),
            items: lines(&self.items),
            digits: self.digits.clone(),
            choices: lines(&self.choices),
            foot: one(&self.foot),
            foot_later: one(&self.foot_later),
            next: one(&self.next),
        }
    }
}

/// The only page, if it is one.
fn one_page(content: &Content, encoding: Encoding) -> Option<Page> {
    let mut sheet = Sheet::new(encoding, Screen::default().capacity(encoding));
    let fits = sheet.whole(&Rest::of(content), &content.foot);
    fits.then_some(Page {
        text: sheet.text,
        items: 0..content.items.len(),
    })
}

fn in_pages(content: &Content, encoding: Encoding) -> Vec<Page> {
    let capacity = Screen::default().capacity(encoding);
    let mut rest = Rest::of(content);
    let mut pages = Vec::new();
    loop {
        let foot = match pages.is_empty() {
            true => &content.foot,
            false => &content.foot_later,
        };
        let first = rest.begun();
        let mut sheet = Sheet::new(encoding, capacity);
        if sheet.whole(&rest, foot) || pages.len() + 1 == MOST_PAGES {
            let items = first..content.items.len().min(first + content.digits.len());
            let text = sheet.text;
            pages.push(Page { text, items });
            return pages;
        }
        let mut tail = Sheet::new(encoding, usize::MAX);
        tail.line(&content.next);
        tail.line(foot);
        let mut sheet = Sheet::new(encoding, capacity.saturating_sub(tail.units + 1).max(2));
        rest.fill(&mut sheet);
        sheet.room = usize::MAX;
        sheet.line(&tail.text);
        let items = first..rest.begun();
        let text = sheet.text;
        pages.push(Page { text, items });
    }
}

/// What is not on a page yet.
struct Rest<'a> {
    content: &'a Content,
    text: &'a str,
    items: &'a [String],
    choices: &'a [String],
}

impl<'a> Rest<'a> {
    fn of(content: &'a Content) -> Self {
        Self {
            content,
            text: content.text.trim(),
            items: &content.items,
            choices: &content.choices,
        }
    }

    /// How many of the items are on a page.
    fn begun(&self) -> usize {
        self.content.items.len() - self.items.len()
    }

    /// Moves what fits to a page.
    fn fill(&mut self, sheet: &mut Sheet) {
        if !sheet.line(self.text) {
            let (page, after) = break_page(self.text, sheet.encoding, sheet.room);
            sheet.line(page);
            self.text = after;
            return;
        }
        self.text = "";
        for digit in &self.content.digits {
            let Some((item, after)) = self.items.split_first() else {
                break;
            };
            if !sheet.line_or_cut(&numbered(*digit, item)) {
                return;
            }
            self.items = after;
        }
        while self.items.is_empty()
            && let Some((choice, after)) = self.choices.split_first()
            && sheet.line_or_cut(choice)
        {
            self.choices = after;
        }
    }
}

fn numbered(digit: char, item: &str) -> String {
    format!("{digit}. {item}")
}

/// A page under way.
struct Sheet {
    text: String,
    units: usize,
    room: usize,
    encoding: Encoding,
}

impl Sheet {
    fn new(encoding: Encoding, room: usize) -> Self {
        Self {
            text: String::new(),
            units: 0,
            room,
            encoding,
        }
    }

    /// Adds all that is left; says whether it fits.
    fn whole(&mut self, rest: &Rest<'_>, foot: &str) -> bool {
        let digits = &rest.content.digits;
        let items = digits.iter().zip(rest.items);
        rest.items.len() <= digits.len()
            && self.line(rest.text)
            && items
                .into_iter()
                .all(|(digit, item)| self.line(&numbered(*digit, item)))
            && rest.choices.iter().all(|choice| self.line(choice))
            && self.line(foot)
    }

    /// Adds a line, if there is room for it.
    fn line(&mut self, line: &str) -> bool {
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
    fn line_or_cut(&mut self, line: &str) -> bool {
        self.line(line) || (self.text.is_empty() && self.line(&self.cut(line)))
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
