//! Letters of GSM 03.38 for links that carry fewer of them.
//!
//! Some SMSCs mean ASCII or ISO 8859-1 by `data_coding` 0, and one letter that these lack makes a text two or three times
//! as dear.

use std::borrow::Cow;

use crate::fold::Rule;

const fn rule(from: &'static str, to: &'static str, reason: &'static str) -> Rule {
    Rule { from, to, reason }
}

const MARK: &str = "the letter without its mark, as passports have it for machines (ICAO Doc 9303)";

/// What of GSM 03.38 is written in ASCII, if it has to be. The other signs that ASCII lacks, such as `§`, `¥` and `Δ`, have
/// no spelling that says the same.
pub const ASCII: &[Rule] = &[
    rule("àåä", "a", MARK),
    rule("ÅÄ", "A", MARK),
    rule("Ç", "C", MARK),
    rule("èé", "e", MARK),
    rule("É", "E", MARK),
    rule("ì", "i", MARK),
    rule("ñ", "n", MARK),
    rule("Ñ", "N", MARK),
    rule("òöø", "o", MARK),
    rule("ÖØ", "O", MARK),
    rule("ùü", "u", MARK),
    rule("Ü", "U", MARK),
    rule("æ", "ae", MARK),
    rule("Æ", "AE", MARK),
    rule("ß", "ss", MARK),
    rule("€", "EUR", CODE),
    rule("£", "GBP", CODE),
];

const CODE: &str = "the currency by its code (ISO 4217)";

/// Writes letters of GSM 03.38 in ASCII, but for those that `stays` is for and those without a rule. Borrowed if there are
/// none.
pub fn in_ascii(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let rule_of = |letter: char| match letter.is_ascii() || stays(letter) {
        true => None,
        false => ASCII.iter().find(|rule| rule.from.contains(letter)),
    };
    if text.is_ascii() || !text.chars().any(|letter| rule_of(letter).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(rule) = rule_of(letter) else {
            spelled.push(letter);
            continue;
        };
        // A code is a word: 50 EUR.
        let is_word = rule.reason == CODE;
        if is_word && spelled.ends_with(char::is_alphanumeric) {
            spelled.push(' ');
        }
        spelled.push_str(rule.to);
        if is_word && letters.peek().is_some_and(|next| next.is_alphanumeric()) {
            spelled.push(' ');
        }
    }
    Cow::Owned(spelled)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::gsm7;

    #[test]
    fn each_letter_is_of_gsm_03_38_and_has_one_rule() {
        let mut seen = HashSet::new();
        for rule in ASCII {
            assert!(rule.to.is_ascii());
            for letter in rule.from.chars() {
                let is_lacked = !letter.is_ascii() && gsm7::code(letter).is_some();
                assert!(is_lacked && seen.insert(letter), "{letter}");
            }
        }
    }

    #[test]
    fn letters_lose_their_marks_and_currencies_are_told_by_their_codes() {
        let none = |_: char| false;
        for (text, spelled) in [
            (
                "Café Müller, Åse Ørsted, Strauß",
                "Cafe Muller, Ase Orsted, Strauss",
            ),
            ("50€, €50 yoki 5 € (£)", "50 EUR, EUR 50 yoki 5 EUR (GBP)"),
            ("§ 5, ¥ 100", "§ 5, ¥ 100"),
        ] {
            assert_eq!(in_ascii(text, none), spelled);
        }
        assert_eq!(in_ascii("é, 5 €", |letter| letter == 'é'), "é, 5 EUR");
    }
}
