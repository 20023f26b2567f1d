//! A value as one visible line of a bounded length.

use std::borrow::Cow;

/// The most characters of one value; a longer one ends in three dots.
pub(crate) const MAX_CHARACTERS: usize = 120;

/// A value as a text has it.
pub(crate) struct Written<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Whether the dots at its end stand for words that it had; an agency may write three of its own.
    pub(crate) is_cut: bool,
}

impl<'a> Written<'a> {
    /// The same without what stands for the rest of it.
    pub(crate) fn without_dots(self) -> Cow<'a, str> {
        match self.text.strip_suffix(DOTS) {
            Some(words) if self.is_cut => words.to_owned().into(),
            _ => self.text,
        }
    }
}

impl<'a> From<Cow<'a, str>> for Written<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self {
            text,
            is_cut: false,
        }
    }
}

/// A value as it may stand in a text: one line of at most `most` characters, all of them letters
/// and signs that the languages write. Others, such as look-alikes of a full stop, are blanks.
pub(crate) fn clean(value: &str, most: usize) -> Written<'_> {
    if is_plain(value, most) {
        return Cow::Borrowed(value).into();
    }
    let mut clean = String::with_capacity(value.len().min(4 * most));
    let mut characters = 0;
    // Whether something that is not written stood at the end of it.
    let mut is_gap = false;
    let visible = value.chars().filter(|each| !is_invisible(*each));
    for character in visible.flat_map(as_written) {
        let is_blank = character.is_whitespace();
        let character = match is_written(character) {
            true => character,
            false => ' ',
        };
        is_gap |= character == ' ' && !is_blank;
        if character == ' ' && (clean.is_empty() || clean.ends_with(' ')) {
            continue;
        }
        if is_gap && character != ' ' {
            is_gap = false;
            if closes_a_gap(&mut clean, character) {
                characters = clean.chars().count();
                is_gap = true;
                continue;
            }
            characters = clean.chars().count();
        }
        // One accent on a letter says something; others only make the text dearer.
        if is_mark(character) && !clean.ends_with(char::is_alphabetic) {
            continue;
        }
        characters += 1;
        clean.push(character);
        // Of two more than it may have one is no blank.
        if characters > most + 1 {
            break;
        }
    }
    clean.truncate(clean.trim_end().len());
    let is_cut = clean.chars().count() > most;
    if is_cut {
        clean = shortened(&clean, most);
    }
    Written {
        text: clean.into(),
        is_cut,
    }
}

/// Takes away what reads badly between a line and the character behind something that is not written: a blank before a
/// comma or within brackets, and brackets with nothing in them. Whether the character is of these itself.
fn closes_a_gap(line: &mut String, character: char) -> bool {
    let closes = ")]}»”,.;:!?".contains(character);
    let opened = line.trim_end().ends_with(['(', '[', '{', '«', '“']);
    if closes || opened {
        line.truncate(line.trim_end().len());
    }
    let is_empty = match character {
        ')' => line.ends_with('('),
        ']' => line.ends_with('['),
        '}' => line.ends_with('{'),
        '»' => line.ends_with('«'),
        '”' => line.ends_with('“'),
        ',' | ';' => line.is_empty(),
        _ => false,
    };
    if is_empty {
        line.pop();
    }
    is_empty
}

/// Whether a value is clean at first sight, as most are: a short one of visible ASCII characters
/// with single spaces between them.
fn is_plain(value: &str, most: usize) -> bool {
    let octets = value.as_bytes();
    let at_an_end = octets.first() == Some(&b' ') || octets.last() == Some(&b' ');
    let doubled = octets.windows(2).any(|pair| pair == b"  ");
    let visible = octets.iter().all(|octet| (b' '..=b'~').contains(octet));
    visible && !doubled && !at_an_end && octets.len() <= most
}

/// The beginning of a longer value with three dots after it, together at most `most` characters:
/// whole words where that leaves half of it, and never a letter without its accent or half of a number, a date or a sum.
pub(crate) fn shortened(value: &str, most: usize) -> String {
    let starts = value.char_indices().map(|(at, _)| at);
    let cut = starts.take(most.saturating_sub(DOTS.len()) + 1).last();
    let cut = cut.unwrap_or_default();
    let (head, rest) = value.split_at_checked(cut).unwrap_or((value, ""));
    let mut head = head;
    if rest.starts_with(is_mark) {
        head = head.trim_end_matches(is_mark);
        head = head.strip_suffix(|_: char| true).unwrap_or(head);
    }
    if !rest.starts_with(' ')
        && let Some((words, _)) = head.rsplit_once(' ')
        && words.len() * 2 >= head.len()
    {
        head = words;
    }
    let head = without_half_a_number(head, value);
    let head = head.trim_end_matches([' ', '.', ',', ';', ':', '-', '(', '№']);
    format!("{head}{DOTS}")
}

/// The beginning of a value without the number at its end that goes on behind it: 1 200 of 1 200 000 is another sum.
fn without_half_a_number<'a>(head: &'a str, value: &str) -> &'a str {
    let is_digit = |each: char| each.is_ascii_digit();
    let before = head.trim_end_matches(is_sign);
    let rest = value.get(before.len()..).unwrap_or_default();
    let next = rest.trim_start_matches(is_sign);
    let between = rest.strip_suffix(next).unwrap_or_default();
    if !joins_digits(between, next) || !before.ends_with(is_digit) {
        return head;
    }
    let mut number = before.trim_end_matches(is_digit);
    loop {
        let digits = before.get(number.len()..).unwrap_or_default();
        let earlier = number.trim_end_matches(is_sign);
        let between = number.get(earlier.len()..).unwrap_or_default();
        if between.is_empty() || !earlier.ends_with(is_digit) || !joins_digits(between, digits) {
            return number;
        }
        number = earlier.trim_end_matches(is_digit);
    }
}

/// Stands between the digits of dates, hours, sums and spans.
fn is_sign(character: char) -> bool {
    " \u{A0}\u{202F}.,:/–-".contains(character)
}

/// Whether the digits that come next go on with those before the signs: after a blank only three of a sum do.
fn joins_digits(between: &str, next: &str) -> bool {
    let digits = next.bytes().take_while(u8::is_ascii_digit).count();
    match between {
        " " | "\u{A0}" | "\u{202F}" => digits == 3,
        "" | "." | "," | ":" | "/" | "-" | "–" | " - " | " – " => digits > 0,
        _ => false,
    }
}

/// What stands instead of the rest of a value.
const DOTS: &str = "...";

/// Characters that show nothing and could reorder or hide what stands beside them.
pub(crate) fn is_invisible(character: char) -> bool {
    let removed_control = character.is_control() && !character.is_whitespace();
    let format = matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    );
    removed_control || format
}

/// A character as the languages write it. What is typed or copied instead of an apostrophe or a hyphen is one, and a
/// ligature is its letters: in place of a blank they keep a word together.
fn as_written(character: char) -> impl Iterator<Item = char> {
    let instead = match character {
        '´' | 'ˈ' | '‛' | '′' | '＇' => "'",
        '‒' | '―' | '−' => "-",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        _ => "",
    };
    let itself = instead.is_empty().then_some(character);
    instead.chars().chain(itself)
}

/// Whether one of the languages writes this character, or a name from abroad in Latin or Cyrillic
/// letters. What looks like a full stop, a slash or a digit and is none is not among them.
fn is_written(character: char) -> bool {
    match character {
        ' '..='~' => true,
        // Known without a look into a table, which costs more than all else that is done with a letter.
        '\u{400}'..='\u{481}' | '\u{48A}'..='\u{52F}' => true,
        '\u{A1}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' | '\u{400}'..='\u{52F}' => {
            is_letter(character) || "§°²³«»£¥±×".contains(character)
        }
        '\u{2B9}'..='\u{2BF}' | 'ə' => true,
        _ => is_mark(character) || "‐‑–—‘’“”„…№€•".contains(character),
    }
}

/// Letters are small or capital; what Unicode counts among them and is a sign, as º and ǃ, is neither, and µ is one.
fn is_letter(character: char) -> bool {
    let mut forms = character.to_lowercase().chain(character.to_uppercase());
    character != 'µ' && character.is_alphabetic() && forms.any(|form| form != character)
}

/// An accent that belongs to the letter before it.
pub(super) fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_visible_line() {
        for (value, cleaned) in [
            ("  Yunusobod \t\r\n DXM ", "Yunusobod DXM"),
            ("a\u{0}b\u{1b}[31m\u{202e}c\u{200b}", "ab[31mc"),
            ("\u{2028}\u{feff}\u{7f}", ""),
            ("ЦГУ №4", "ЦГУ №4"),
            ("Mirzo Ulug\u{2BB}bek — 2", "Mirzo Ulug\u{2BB}bek — 2"),
            ("Ulug´bek, Qo‛rg′onˈ ＇", "Ulug'bek, Qo'rg'on' '"),
            ("20 − 30 ‒ 40 ― kun", "20 - 30 - 40 - kun"),
            (
                "ﬁlial, oﬀis, ﬂeshka, Məmmədov",
                "filial, offis, fleshka, Məmmədov",
            ),
            ("evil\u{FF0E}uz\u{2024}x\u{3002}y", "evil uz x y"),
            ("\u{1D41E}vil \u{661}\u{662} \u{1F600}", "vil"),
        ] {
            assert_eq!(clean(value, MAX_CHARACTERS).text, cleaned, "{value:?}");
        }
    }

    #[test]
    fn where_something_is_not_written_no_blank_or_bracket_is_left() {
        for (value, cleaned) in [
            ("hujjat 😀, imzo 😀.", "hujjat, imzo."),
            ("hujjat (你), imzo", "hujjat, imzo"),
            ("hujjat «你 » ( 你好 ) imzo", "hujjat imzo"),
            ("hujjat ( 😀 asl )", "hujjat (asl )"),
            ("hujjat (asl 😀)", "hujjat (asl)"),
            ("😀, hujjat", "hujjat"),
            ("hujjat\t, ( )", "hujjat , ( )"),
        ] {
            assert_eq!(clean(value, MAX_CHARACTERS).text, cleaned, "{value:?}");
        }
    }

    #[test]
    fn a_long_value_ends_in_three_dots_after_a_whole_word() {
        let cut = |value: &str, most| clean(value, most).text.into_owned();
        assert_eq!(cut(&"я".repeat(120), 120), "я".repeat(120));
        assert_eq!(cut(&"я".repeat(121), 120), "я".repeat(117) + "...");
        assert_eq!(cut("Yunusobod tumani DXM", 20), "Yunusobod tumani DXM");
        assert_eq!(cut("Yunusobod tumani, DXM", 20), "Yunusobod tumani...");
        assert_eq!(cut("Yunusobod tumani DXM", 18), "Yunusobod...");
        assert_eq!(cut("Yu nusobodtumani DXM", 13), "Yu nusobod...");
        assert_eq!(cut("Yunusobod tumani DXM", 16), "Yunusobod...");
    }

    #[test]
    fn a_number_is_whole_or_not_there() {
        let sum = "to'lov 1 200 000 so'm, muddat 01.12.2026 gacha, 9:00 - 18:00";
        let cut = |most| shortened(sum, most);
        for most in 11..=18 {
            assert_eq!(cut(most), "to'lov...", "{most}");
        }
        assert_eq!(cut(19), "to'lov 1 200 000...");
        for most in 34..=41 {
            assert_eq!(cut(most), "to'lov 1 200 000 so'm, muddat...", "{most}");
        }
        assert_eq!(cut(43), "to'lov 1 200 000 so'm, muddat 01.12.2026...");
        assert_eq!(cut(59), "to'lov 1 200 000 so'm, muddat 01.12.2026 gacha...");
        assert_eq!(shortened("01.12.2026-15.12.2026", 16), "...");
        assert_eq!(shortened("12-uy 34 xona va hovli", 14), "12-uy 34...");
        assert_eq!(shortened("AB1234567 raqamli", 8), "AB...");
    }

    #[test]
    fn one_accent_stays_on_a_letter_and_none_elsewhere() {
        for (value, cleaned) in [
            ("za\u{301}\u{302}\u{303}mok", "za\u{301}mok"),
            ("\u{301}office \u{301}5\u{301}", "office 5"),
            ("ev\u{34F}il", "evil"),
        ] {
            assert_eq!(clean(value, MAX_CHARACTERS).text, cleaned);
        }
    }

    #[test]
    fn of_cyrillic_the_letters_are_written() {
        assert!(('\u{400}'..='\u{52F}').all(|each| is_written(each) == each.is_alphabetic()));
    }

    #[test]
    fn an_accent_stays_with_its_letter() {
        assert_eq!(shortened("коии\u{306}коии", 7), "кои...");
        assert_eq!(shortened("коии\u{306}коии", 8), "коии\u{306}...");
    }
}
