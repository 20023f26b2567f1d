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

    /// Whether it holds a text in an encoding.
    pub(crate) fn fits_in(self, text: &str, encoding: Encoding) -> bool {
        len_that_fits(text, encoding, self.capacity(encoding)) == text.len()
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

/// The longest start of a text, in UTF-8 bytes, that takes at most `room` units.
pub fn len_that_fits(text: &str, encoding: Encoding, room: usize) -> usize {
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

    /// What each page shows of a text, in the encoding that it needs.
    fn pages(text: &str, room: usize) -> Vec<&str> {
        let encoding = Encoding::of(text);
        let mut pages = Vec::new();
        let mut rest = text.trim();
        while len_that_fits(rest, encoding, room) < rest.len() {
            let (page, after) = break_page(rest, encoding, room);
            pages.push(page);
            rest = after;
        }
        pages.push(rest);
        pages
    }

    #[test]
    fn a_screen_holds_182_septets_or_80_units() {
        let screen = Screen::default();
        assert_eq!(screen.capacity(Encoding::Gsm7), 182);
        assert_eq!(screen.capacity(Encoding::Ucs2), 80);
        assert_eq!(Screen { octets: 140 }.capacity(Encoding::Gsm7), 160);
    }

    #[test]
    fn what_fits_is_counted_in_units() {
        let fits = |text: &str, room| len_that_fits(text, Encoding::of(text), room);
        assert_eq!(fits(&"a".repeat(183), 182), 182);
        assert_eq!(fits(&"€".repeat(92), 182), 91 * "€".len());
        assert_eq!(fits(&"я".repeat(81), 80), 80 * "я".len());
        assert_eq!(fits(&"😀".repeat(41), 80), 40 * "😀".len());
        assert_eq!(fits("ab", 182), 2);
    }

    #[test]
    fn pages_break_after_a_word() {
        let words = |count: usize| vec!["ariza"; count].join(" ");
        assert_eq!(pages(&words(40), 174), [words(29), words(11)]);
    }

    #[test]
    fn lines_stay_whole_where_that_fills_half_a_page() {
        let line = "3. Arizangiz holatini bilish uchun raqam";
        let text = [line; 8].join("\n");
        assert_eq!(
            pages(&text, 174),
            [[line; 4].join("\n"), [line; 4].join("\n")]
        );
        let text = format!("Menu\n{}", "so'z ".repeat(60));
        assert!(pages(&text, 174)[0].len() > 160);
    }

    #[test]
    fn a_word_longer_than_a_page_breaks_between_characters() {
        let text = "€".repeat(120);
        assert_eq!(pages(&text, 174), ["€".repeat(87), "€".repeat(33)]);
    }

    #[test]
    fn a_page_that_ends_with_a_word_is_filled() {
        let page = format!("{} {}", "a".repeat(86), "b".repeat(87));
        assert_eq!(pages(&format!("{page} {page}"), 174), [&page, &page]);
    }

    fn text() -> impl Strategy<Value = String> {
        let words = proptest::string::string_regex("[a-z€я😀 \\n]{0,600}").unwrap();
        let plain = proptest::string::string_regex("[a-z€ \\n]{0,900}").unwrap();
        prop_oneof![words, plain, any::<String>()]
    }

    proptest! {
        #[test]
        fn pages_join_to_the_text_and_each_has_room(text in text(), room in 2..182_usize) {
            let encoding = Encoding::of(&text);
            let mut rest = text.as_str();
            for page in pages(&text, room) {
                prop_assert!(encoding.len_units(page).unwrap() <= room);
                let (between, after) = rest.split_once(page).unwrap();
                prop_assert_eq!(between.trim(), "");
                rest = after;
            }
            prop_assert_eq!(rest.trim(), "");
        }
    }
}
