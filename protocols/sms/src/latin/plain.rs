//! Names from abroad without the marks of their letters.
//!
//! GSM 03.38 has few letters with marks, and one that it lacks makes a text two or three times as dear. Passports
//! leave the marks out where machines read them (ICAO Doc 9303, part 3, section 6), so whoever has such a name knows
//! it that way, and so do the others.

use std::borrow::Cow;

use crate::fold::Rule;

/// Why a letter is written without its mark.
const REASON: &str = "as passports have it for machines (ICAO Doc 9303)";

const fn rule(from: &'static str, to: &'static str) -> Rule {
    Rule {
        from,
        to,
        reason: REASON,
    }
}

/// The Latin letters with marks that GSM 03.38 lacks.
pub const PLAIN: &[Rule] = &[
    rule("áâãāăąǎḁạảấầẩẫậắằẳẵặ", "a"),
    rule("ÀÁÂÃĀĂĄǍḀẠẢẤẦẨẪẬẮẰẲẴẶ", "A"),
    rule("ḃḅḇ", "b"),
    rule("ḂḄḆ", "B"),
    rule("çćĉċčḉ", "c"),
    rule("ĆĈĊČḈ", "C"),
    rule("ďđðḋḍḏḑḓ", "d"),
    rule("ĎĐÐḊḌḎḐḒ", "D"),
    rule("êëēĕėęěəḕḗḙḛḝẹẻẽếềểễệ", "e"),
    rule("ÈÊËĒĔĖĘĚƏḔḖḘḚḜẸẺẼẾỀỂỄỆ", "E"),
    rule("ḟ", "f"),
    rule("Ḟ", "F"),
    rule("ĝğġģǧǵḡ", "g"),
    rule("ĜĞĠĢǦǴḠ", "G"),
    rule("ĥħḣḥḧḩḫẖ", "h"),
    rule("ĤĦḢḤḦḨḪ", "H"),
    rule("íîïĩīĭįıḭḯỉị", "i"),
    rule("ÌÍÎÏĨĪĬĮİḬḮỈỊ", "I"),
    rule("ĵ", "j"),
    rule("Ĵ", "J"),
    rule("ķḱḳḵ", "k"),
    rule("ĶḰḲḴ", "K"),
    rule("ĺļľŀłḷḹḻḽ", "l"),
    rule("ĹĻĽĿŁḶḸḺḼ", "L"),
    rule("ḿṁṃ", "m"),
    rule("ḾṀṂ", "M"),
    rule("ńņňŋṅṇṉṋ", "n"),
    rule("ŃŅŇŊṄṆṈṊ", "N"),
    rule("óôõōŏőǒṍṏṑṓọỏốồổỗộớờởỡợơ", "o"),
    rule("ÒÓÔÕŌŎŐǑṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢƠ", "O"),
    rule("œ", "oe"),
    rule("Œ", "OE"),
    rule("ṕṗ", "p"),
    rule("ṔṖ", "P"),
    rule("ŕŗřṙṛṝṟ", "r"),
    rule("ŔŖŘṘṚṜṞ", "R"),
    rule("śŝşšșṡṣṥṧṩ", "s"),
    rule("ŚŜŞŠȘṠṢṤṦṨ", "S"),
    rule("ţťŧțṫṭṯṱẗ", "t"),
    rule("ŢŤŦȚṪṬṮṰ", "T"),
    rule("þ", "th"),
    rule("Þ", "TH"),
    rule("úûũūŭůűųǔṳṵṷṹṻụủứừửữựư", "u"),
    rule("ÙÚÛŨŪŬŮŰŲǓṲṴṶṸṺỤỦỨỪỬỮỰƯ", "U"),
    rule("ṽṿ", "v"),
    rule("ṼṾ", "V"),
    rule("ŵẁẃẅẇẉẘ", "w"),
    rule("ŴẀẂẄẆẈ", "W"),
    rule("ẋẍ", "x"),
    rule("ẊẌ", "X"),
    rule("ýÿŷẏẙỳỵỷỹ", "y"),
    rule("ÝŶŸẎỲỴỶỸ", "Y"),
    rule("źżžẑẓẕ", "z"),
    rule("ŹŻŽẐẒẔ", "Z"),
    rule("ẞ", "SS"),
];

/// Writes letters without the marks that GSM 03.38 lacks, be these part of the letter or a character behind it.
/// Borrowed if there are none.
pub fn plain_letters(text: &str) -> Cow<'_, str> {
    if text.is_ascii()
        || !text
            .chars()
            .any(|each| plain(each).is_some() || is_mark(each))
    {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len());
    for each in text.chars() {
        match plain(each) {
            Some(rule) => spelled.push_str(rule.to),
            None if is_mark(each)
                && spelled.ends_with(|before: char| before.is_ascii_alphabetic()) => {}
            None => spelled.push(each),
        }
    }
    Cow::Owned(spelled)
}

/// The rule for a letter, if it has such a mark.
pub(crate) fn plain(letter: char) -> Option<&'static Rule> {
    let may_be =
        ('\u{C0}'..='\u{1EFF}').contains(&letter) && !('\u{370}'..='\u{52F}').contains(&letter);
    may_be.then(|| PLAIN.iter().find(|rule| rule.from.contains(letter)))?
}

/// An accent that belongs to the letter before it.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{Encoding, gsm7};

    #[test]
    fn names_from_abroad_are_written_as_passports_have_them() {
        for (name, plain) in [
            ("Łódź, Şişli, Čapek", "Lodz, Sisli, Capek"),
            ("Əliyev, García, Œuvre", "Eliyev, Garcia, OEuvre"),
            (
                "Nguyễn Văn Ước, Đặng Thị Hường",
                "Nguyen Van Uoc, Dang Thi Huong",
            ),
            ("Siân Ŵyn, Ḥasan Muṣṭafā", "Sian Wyn, Hasan Mustafa"),
            ("q\u{301}a n\u{30C}", "qa n"),
        ] {
            assert_eq!(plain_letters(name), plain);
        }
        for other in [
            "Müller, Åse, Ñandu",
            "за\u{301}мок",
            "Ўзбекистон",
            "5\u{301}",
        ] {
            assert_eq!(plain_letters(other), other);
        }
    }

    #[test]
    fn each_letter_has_one_rule_and_becomes_one_of_gsm_03_38() {
        let mut seen = HashSet::new();
        for letter in PLAIN.iter().flat_map(|rule| rule.from.chars()) {
            assert!(
                gsm7::code(letter).is_none() && seen.insert(letter),
                "{letter}"
            );
            assert_eq!(
                Encoding::of(&plain_letters(&letter.to_string())),
                Encoding::Gsm7
            );
        }
    }

    #[test]
    fn letters_with_marks_for_tones_and_below_become_ascii() {
        let mut letters = ('\u{1E00}'..='\u{1EFF}').filter(|each| !"ẚẛẜẝẟỺỻỼỽỾỿ".contains(*each));
        let other = letters.find(|each| !plain_letters(&each.to_string()).is_ascii());
        assert_eq!(other, None);
    }

    proptest! {
        #[test]
        fn the_letters_of_europe_become_ascii_or_stay(text in "[\u{C0}-\u{17F}a-z ]{0,40}") {
            let spelled = plain_letters(&text);
            let is_known = |each: char| gsm7::code(each).is_some() || "×÷ĸŉſĲĳ".contains(each);
            prop_assert!(spelled.chars().all(is_known), "{spelled}");
        }
    }
}
