//! The numbers of building norms, standards and laws: `ШНҚ 2.07.01-23`, `ГОСТ 12.1.004-91`, `O'z DSt 1234:2009`, and
//! `O'RQ-595 12.12.2019`.

use super::Skeleton;
use super::by_right::is_date;
use super::call::OF_A_DECISION;
use super::document::{NATIONAL_DIGITS, begins_like_a_call, digits, is_year};

/// Building norms, as they are, in capitals.
pub(super) const NORMS: [&str; 13] = [
    "SHNQ", "SHNK", "QMQ", "KMK", "MQN", "IQN", "SNIP", "ШНҚ", "ШНК", "ҚМҚ", "КМК", "МҚН", "СНИП",
];

/// The first digit of such a norm says what kind it is.
const KINDS: std::ops::RangeInclusive<u8> = b'1'..=b'4';

/// What words for standards end with.
pub(super) const STANDARDS: [&str; 10] = [
    "GOST", "DST", "MST", "ISO", "IEC", "ГОСТ", "ДСТ", "МСТ", "ИСО", "МЭК",
];

/// Between such a word and the number: ГОСТ Р.
const OF_RUSSIA: [&str; 2] = ["R", "Р"];

/// The most digits of a standard whose number has no full stops.
const OF_A_STANDARD: usize = 5;

/// The most digits of a point of a norm.
const OF_A_POINT: usize = 3;

/// Laws, decrees and resolutions.
pub(super) const LAWS: [&str; 17] = [
    "ORQ", "VMQ", "PQ", "PF", "PP", "UP", "PKM", "ZRU", "FQ", "ЎРҚ", "ВМҚ", "ПҚ", "ПФ", "ПП", "УП",
    "ПКМ", "ЗРУ",
];

impl Skeleton {
    /// Where the number of a norm or of a standard ends of which these are the first digits.
    pub(super) fn end_of_a_norm(&self, start: usize) -> Option<usize> {
        let rest = self.0.get(start..).unwrap_or_default();
        let of_a_norm = |each: &&char| each.is_ascii_digit() || matches!(**each, '.' | '-' | ':');
        let number: String = rest.iter().take_while(of_a_norm).collect();
        let number = number.trim_end_matches(['.', '-', ':']);
        let (head, year) = number.rsplit_once(['-', ':'])?;
        let is_dated = is_year(year) || (digits(year), year.len()) == (2, 2);
        if !is_dated || !(is_of_a_norm(head) || is_of_a_standard(head)) {
            return None;
        }
        let naming = self.naming(start);
        let word = match OF_RUSSIA.contains(&naming.last()) {
            true => naming.before_last(),
            false => naming.last(),
        };
        let is_norm = NORMS.contains(&word) && (is_of_a_norm(head) || is_year(year));
        let is_standard = STANDARDS.iter().any(|it| word.ends_with(it));
        let end = start + number.len();
        let may_go_on = !begins_like_a_call(number);
        let is_call = digits(number) >= NATIONAL_DIGITS && !may_go_on;
        let is_parted = is_norm && is_of_a_norm(head);
        let ends = || {
            is_norm && self.is_amended(end)
                || is_parted && self.is_before_a_point_of_it(end)
                || self.is_whole(
                    start,
                    end,
                    may_go_on || is_parted && self.ends_before_a_date(end),
                )
        };
        ((is_norm || is_standard) && !is_call && ends()).then_some(end)
    }

    /// СНиП 2.01.07-85*: the star says that the norm was amended.
    fn is_amended(&self, end: usize) -> bool {
        let after = self.0.get(end..).unwrap_or_default();
        matches!(after, ['*'] | ['*', ' ' | ',' | ';' | '.' | ')', ..])
            && self.end_of_number(end - 1) == end
    }

    /// ШНҚ 2.07.01-23 5.2-банди, or (5-банд): the digits behind it have a word of their own.
    fn is_before_a_point_of_it(&self, end: usize) -> bool {
        let run = self.end_of_number(end - 1);
        let point = self.groups(end, run);
        let digits: usize = point.iter().map(|(_, group)| group.len()).sum();
        let is_named = self.at(run) == '-' && self.at(run + 1).is_alphabetic();
        is_named && (1..=OF_A_POINT).contains(&digits) && self.is_unsigned(end, end)
    }

    /// Where the number of a law ends with its date.
    pub(super) fn end_of_a_law(&self, start: usize) -> Option<usize> {
        let rest = self.0.get(start..).unwrap_or_default();
        let number = rest.iter().take_while(|each| each.is_ascii_digit()).count();
        let date = rest.get(number..)?.strip_prefix(&[' '])?;
        let of_a_date = |each: &&char| each.is_ascii_digit() || matches!(**each, '.' | '/' | '-');
        let date: String = date.iter().take_while(of_a_date).collect();
        let date = date.trim_end_matches(['.', '-']);
        if number > OF_A_DECISION || !is_date(date) {
            return None;
        }
        let is_joined = self.0.get(..start).unwrap_or_default().ends_with(&['-']);
        let naming = self.naming(if is_joined { start - 1 } else { start });
        let end = start + number + 1 + date.len();
        (naming.is(&LAWS) && self.is_whole(start, end, true)).then_some(end)
    }
}

/// 2.07.01 and 2.01.03.05, of a building norm.
fn is_of_a_norm(head: &str) -> bool {
    let lengths = head.split('.').map(str::len);
    let is_parted = lengths.clone().eq([1, 2, 2]) || lengths.eq([1, 2, 2, 2]);
    is_parted
        && head
            .bytes()
            .next()
            .is_some_and(|first| KINDS.contains(&first))
}

/// 12.1.004, 21.101 and 30494, of a standard.
fn is_of_a_standard(head: &str) -> bool {
    let mut lengths = head.split('.').map(str::len);
    let first = lengths.next().unwrap_or_default();
    let rest: Vec<usize> = lengths.collect();
    match *rest {
        [] => (1..=OF_A_STANDARD).contains(&first),
        [_] | [_, _] => (1..=2).contains(&first) && rest.iter().all(|it| (1..=3).contains(it)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Contact, contact_in};

    #[test]
    fn a_norm_a_standard_and_a_law_call_nobody() {
        for words in [
            "ШНҚ 2.07.01-23 ва ҚМҚ 2.01.03-19 талабларига мос эмас",
            "ҚМҚ 2.01.03-19, 5.2-банд",
            "ШНҚ 2.07.01-23 (5-банд)",
            "ШНҚ 2.07.01-23, 15.03.2026, 500000 сўм",
            "SHNQ 2.07.01-23 12-bandi",
            "QMQ 2.01.03-19, KMK 2.01.03-96",
            "MQN 123-2006",
            "СНиП 2.01.07-85*, СНиП 2.01.07-85*",
            "SNiP 2.01.07-85",
            "ГОСТ 12.1.004-91, п. 3.2",
            "ГОСТ Р 51872-2019",
            "ГОСТ 26633-91 и ГОСТ 30494-2011",
            "GOST 12.1.004-91",
            "O'z DSt 1234:2009",
            "Oʻz DSt ISO 9001:2015",
            "ЎзДСт 1234:2009",
            "O'zMSt 123:2023",
            "ISO/IEC 27001:2013",
            "O'RQ-595 12.12.2019",
            "ПФ-158 15.03.2024, 5-банд",
            "VMQ № 123 15.03.2024",
        ] {
            assert_eq!(contact_in(words), None, "{words}");
        }
        for number in [
            "2.07.01-23",
            "Tel 2.07.01-23",
            "ШНҚ 9.01.23-45",
            "SHNQ 2.07.01-23 45",
            "SHNQ 2.07.01-23, 45",
            "SHNQ 2.07.01-23 4567-bandi",
            "ШНҚ 970-2000/00-son",
            "SHNQ *2.07.01-23#",
            "СНиП 2.01.07-85*#",
            "СНиП 2.01.07-85* 5",
            "SHNQ 901234567",
            "ГОСТ 123-45-67",
            "ГОСТ 90123-2034",
            "ГОСТ 90.123.45-67",
            "GOST 90.1.234-56, 7",
            "O'RQ-595 1234567",
            "O'RQ-90123 4567",
            "PF-90 12:34 567",
        ] {
            assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
        }
    }
}
