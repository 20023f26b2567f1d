//! What fits on a screen, and where longer text breaks into pages.

use xabar_sms::Encoding;

/// What a phone shows at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Screen {
    /// The octets of one USSD string on the air.
    pub octets: usize,
}

/// 160 octets: 182 septets, or 80 UCS-2 units (3GPP TS 24.090 by way of 23.038, 5.1). Some
/// operators allow less.
impl Default for Screen {
    fn default() -> Self {
        Self { octets: 160 }
    }
}

impl Screen {
    /// The units (septets, or 16-bit units) that it holds.
    pub fn capacity(self, encoding: Encoding) -> usize {
        encoding.capacity(self.octets)
    }

    /// Whether a text fits, in the encoding that it needs.
    pub fn fits(self, text: &str) -> bool {
        self.fits_in(text, Encoding::of(text))
    }

    /// Breaks a text into pages of which each but the last ends in `next`, say `"\n0. Next"`.
    ///
    /// All are in the encoding that text and `next` need together. A page ends at a line break
    /// if that leaves it at least half full, otherwise after a word, otherwise anywhere
    /// between two characters; white space at a break is not shown.
    ///
    /// # Errors
    /// `next` leaves no room for a character of text.
    pub fn pages<'a>(self, text: &'a str, next: &'a str) -> Result<Pages<'a>, NoRoom> {
        if self.fits(text) {
            return Ok(Pages {
                encoding: Encoding::of(text),
                bodies: vec![text],
                next,
            });
        }
        let encoding = needed_by(text, next);
        let room = self.room(encoding, next)?;
        let mut bodies = Vec::new();
        let mut rest = text.trim();
        while !self.fits_in(rest, encoding) {
            let (body, after) = break_page(rest, encoding, room);
            bodies.push(body);
            rest = after;
        }
        bodies.push(rest);
        Ok(Pages {
            encoding,
            bodies,
            next,
        })
    }

    pub(crate) fn fits_in(self, text: &str, encoding: Encoding) -> bool {
        len_that_fits(text, encoding, self.capacity(encoding)) == text.len()
    }

    /// The units left for text beside `next`: at least 2, so that any character fits.
    fn room(self, encoding: Encoding, next: &str) -> Result<usize, NoRoom> {
        let capacity = self.capacity(encoding);
        let taken = encoding.len_units(next).unwrap_or(capacity);
        let room = capacity.saturating_sub(taken);
        if room < 2 {
            Err(NoRoom { taken, capacity })
        } else {
            Ok(room)
        }
    }
}

/// A screen has no room for text beside the line that leads to the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the line for the next page takes {taken} of the {capacity} units of a screen")]
pub struct NoRoom {
    /// The units (septets, or 16-bit units) of that line.
    pub taken: usize,
    /// The units of a screen.
    pub capacity: usize,
}

/// A text in pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages<'a> {
    encoding: Encoding,
    bodies: Vec<&'a str>,
    next: &'a str,
}

impl<'a> Pages<'a> {
    /// How every page is written.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The number of pages, from 1.
    pub fn total(&self) -> usize {
        self.bodies.len()
    }

    /// The part of the text on each page, without the line for the next one.
    pub fn bodies(&self) -> &[&'a str] {
        &self.bodies
    }

    /// What the screen shows for the page at an index from 0.
    pub fn screen(&self, index: usize) -> Option<String> {
        let body = *self.bodies.get(index)?;
        let is_last = index + 1 == self.bodies.len();
        Some(if is_last {
            body.to_owned()
        } else {
            format!("{body}{}", self.next)
        })
    }
}

fn needed_by(text: &str, next: &str) -> Encoding {
    match (Encoding::of(text), Encoding::of(next)) {
        (Encoding::Gsm7, Encoding::Gsm7) => Encoding::Gsm7,
        _ => Encoding::Ucs2,
    }
}

/// Parts what fits into `room` units, at least 2, from the rest: at a line break if that leaves the page at least
/// half full, otherwise after a word, otherwise anywhere between two characters. Both are without white space at the
/// break.
pub fn break_page(text: &str, encoding: Encoding, room: usize) -> (&str, &str) {
    let full = len_that_fits(text, encoding, room);
    let line = reach(text, full).rfind('\n').filter(|end| *end >= full / 2);
    let word = reach(text, full).rfind(char::is_whitespace);
    let end = line.or(word).unwrap_or(full);
    let (body, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (body.trim_end(), rest.trim_start())
}

/// A full page and the character behind it: a break there is as good as any within the page.
fn reach(text: &str, full: usize) -> &str {
    let behind = text.get(full..).and_then(|rest| rest.chars().next());
    text.get(..full + behind.map_or(0, char::len_utf8))
        .unwrap_or(text)
}

/// The longest start of a text, in UTF-8 bytes, that takes at most so many units.
fn len_that_fits(text: &str, encoding: Encoding, room: usize) -> usize {
    let mut units = 0;
    let over = text.char_indices().find(|(_, character)| {
        units += encoding.width(*character).unwrap_or(1);
        units > room
    });
    over.map_or(text.len(), |(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NEXT: &str = "\n0. Next";

    fn bodies(text: &str) -> Vec<&str> {
        Screen::default()
            .pages(text, NEXT)
            .unwrap()
            .bodies()
            .to_vec()
    }

    #[test]
    fn a_screen_holds_182_septets_or_80_units() {
        let screen = Screen::default();
        assert!(screen.fits(&"a".repeat(182)) && !screen.fits(&"a".repeat(183)));
        assert!(screen.fits(&"€".repeat(91)) && !screen.fits(&"€".repeat(92)));
        assert!(screen.fits(&"я".repeat(80)) && !screen.fits(&"я".repeat(81)));
        assert!(screen.fits(&"😀".repeat(40)) && !screen.fits(&"😀".repeat(41)));
        assert!(!Screen { octets: 140 }.fits(&"a".repeat(161)));
    }

    #[test]
    fn what_fits_is_one_page_as_it_is() {
        assert_eq!(bodies(" 1. Status\n2. Til \n"), [" 1. Status\n2. Til \n"]);
        assert_eq!(bodies(""), [""]);
    }

    #[test]
    fn pages_break_after_a_word_and_lead_on() {
        let text = "ariza ".repeat(40);
        let pages = Screen::default().pages(&text, NEXT).unwrap();
        let words = |count: usize| vec!["ariza"; count].join(" ");
        assert_eq!(pages.bodies(), [words(29), words(11)]);
        assert_eq!(pages.screen(0).unwrap(), words(29) + NEXT);
        assert_eq!(pages.screen(1).unwrap(), words(11));
        assert_eq!((pages.total(), pages.screen(2)), (2, None));
    }

    #[test]
    fn lines_stay_whole_where_that_fills_half_a_page() {
        let line = "3. Arizangiz holatini bilish uchun raqam";
        let text = [line; 8].join("\n");
        assert_eq!(bodies(&text), [[line; 4].join("\n"), [line; 4].join("\n")]);
        let text = format!("Menu\n{}", "so'z ".repeat(60));
        assert!(bodies(&text)[0].len() > 160);
    }

    #[test]
    fn a_word_longer_than_a_page_breaks_between_characters() {
        let text = "€".repeat(120);
        // 174 septets beside the line for the next page are 87 pairs.
        assert_eq!(bodies(&text), ["€".repeat(87), "€".repeat(33)]);
    }

    #[test]
    fn a_page_that_ends_with_a_word_is_filled() {
        let page = format!("{} {}", "a".repeat(86), "b".repeat(87));
        assert_eq!(bodies(&format!("{page} {page}")), [&page, &page]);
    }

    #[test]
    fn cyrillic_in_the_line_for_the_next_page_makes_all_pages_ucs2() {
        let text = "a".repeat(200);
        let pages = Screen::default().pages(&text, "\n0. Далее").unwrap();
        assert_eq!((pages.encoding(), pages.total()), (Encoding::Ucs2, 3));
    }

    #[test]
    fn a_line_that_fills_the_screen_is_refused() {
        let next = "x".repeat(181);
        let text = "a".repeat(200);
        let error = Screen::default().pages(&text, &next);
        assert_eq!(
            error,
            Err(NoRoom {
                taken: 181,
                capacity: 182
            })
        );
    }

    fn text() -> impl Strategy<Value = String> {
        let words = proptest::string::string_regex("[a-z€я😀 \\n]{0,600}").unwrap();
        let plain = proptest::string::string_regex("[a-z€ \\n]{0,900}").unwrap();
        prop_oneof![words, plain, any::<String>()]
    }

    proptest! {
        #[test]
        fn pages_join_to_the_text(text in text()) {
            let mut rest = text.as_str();
            for body in bodies(&text) {
                let (between, after) = rest.split_once(body).unwrap();
                prop_assert_eq!(between.trim(), "");
                rest = after;
            }
            prop_assert_eq!(rest.trim(), "");
        }

        #[test]
        fn every_page_fits_its_screen(text in text(), octets in 30..200_usize) {
            let screen = Screen { octets };
            let pages = screen.pages(&text, NEXT).unwrap();
            for page in 0..pages.total() {
                prop_assert!(screen.fits_in(&pages.screen(page).unwrap(), pages.encoding()));
            }
        }
    }
}
