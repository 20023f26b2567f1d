//! Lays out what a screen says in pages that a phone shows at once.

use std::borrow::Cow;
use std::ops::Range;

use xabar_sms::fold::fold;
use xabar_sms::{Encoding, LanguageRules, in_latin};
use xabar_ussd::{Screen, break_page};

use super::sheet::{Sheet, encoding_of};

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
    /// The octets of its text that are to be read, above the lines that can be chosen.
    prose: usize,
    /// Those of the items that are on it.
    pub(super) items: Range<usize>,
}

impl Page {
    fn of(sheet: Sheet, items: Range<usize>) -> Self {
        Self {
            text: sheet.text,
            prose: sheet.prose,
            items,
        }
    }
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
    if encoding_of(folded.all().map(String::as_str)) == Encoding::Gsm7 {
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
        let encoding = encoding_of(content.on_one_page().map(String::as_str));
        if let Some(page) = one_page(&content, encoding) {
            return Self {
                content,
                encoding,
                pages: vec![page],
            };
        }
        let encoding = encoding_of(content.all().map(String::as_str));
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
        Rest::of(&self.content).fits(&mut sheet, &self.content.foot);
        sheet.units
    }
}

impl Laid<'_> {
    /// A page below a notice. Where both do not fit, what there is to read on the page gives way, then the last lines
    /// that lead back: all of it was shown a moment ago. `None`: there is no room without them either.
    pub(super) fn below(&self, notice: &str, at: usize, rules: LanguageRules) -> Option<String> {
        let page = self.pages.get(at)?;
        let mut sheet = Sheet::below(notice, &page.text);
        if sheet.line(notice) && sheet.line(&page.text) {
            return Some(sheet.text);
        }
        let notice = spelled_in(self.encoding, notice, rules);
        let (prose, lines) = page.text.split_at_checked(page.prose)?;
        let mut lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
        let foot = match at {
            0 => &self.content.foot,
            _ => &self.content.foot_later,
        };
        for _ in 0..=foot.lines().count() {
            let below = lines.join("\n");
            let mut sheet = Sheet::below(&notice, &page.text);
            let room = sheet.room;
            sheet.room = room.saturating_sub(sheet.len_of(&below));
            if sheet.line(&notice) {
                sheet.line_or_start(prose);
                sheet.room = room;
                sheet.line(&below);
                return Some(sheet.text);
            }
            lines.pop();
        }
        None
    }

    /// Whether the first page has these words, however they are spelled there.
    pub(super) fn first_page_says(&self, words: &str, rules: LanguageRules) -> bool {
        let folded = fold(words.trim());
        let latin = in_latin(&folded, rules);
        let page = self.pages.first().map_or("", |page| page.text.as_str());
        let mut spellings = [words.trim(), &folded, &latin].into_iter();
        spellings.any(|words| page.contains(words))
    }
}

/// A text in the letters of pages in this encoding, as far as the language has a way to do so.
pub(super) fn spelled_in(encoding: Encoding, text: &str, rules: LanguageRules) -> Cow<'_, str> {
    match encoding {
        Encoding::Gsm7 => in_latin(&fold(text), rules).into_owned().into(),
        Encoding::Ucs2 => text.into(),
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
    let fits = Rest::of(content).fits(&mut sheet, &content.foot);
    fits.then(|| Page::of(sheet, 0..content.items.len()))
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
        if rest.fits(&mut sheet, foot) {
            pages.push(Page::of(sheet, first..content.items.len()));
            return pages;
        }
        let is_last = pages.len() + 1 == MOST_PAGES;
        let mut tail = Sheet::new(encoding, usize::MAX);
        if !is_last {
            tail.line(&content.next);
        }
        tail.line(foot);
        let mut sheet = Sheet::new(encoding, capacity.saturating_sub(tail.units + 1).max(2));
        rest.fill(&mut sheet);
        sheet.room = usize::MAX;
        sheet.line(&tail.text);
        let items = first..rest.begun();
        pages.push(Page::of(sheet, items));
        if is_last {
            return pages;
        }
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

    /// Adds all of it to a page; says whether it fits.
    fn fits(&self, sheet: &mut Sheet, foot: &str) -> bool {
        let digits = &self.content.digits;
        let mut items = digits.iter().zip(self.items);
        self.items.len() <= digits.len()
            && sheet.prose(self.text)
            && items.all(|(digit, item)| sheet.line(&numbered(*digit, item)))
            && self.choices.iter().all(|choice| sheet.line(choice))
            && sheet.line(foot)
    }

    /// Moves what fits to a page.
    fn fill(&mut self, sheet: &mut Sheet) {
        if !sheet.prose(self.text) {
            let (page, after) = break_page(self.text, sheet.encoding, sheet.room);
            sheet.prose(page);
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
