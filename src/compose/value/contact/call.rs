//! Finds a number to call and a code to dial among digits that stand in a text by right.

use super::Skeleton;
use super::cut::is_whole_number;
use super::disguise::digit;
use super::document::groups_of_a_document;

/// Fewer digits are no number that a phone calls, but for the short ones, which cannot be told
/// from the number of a house.
pub(super) const PHONE_DIGITS: usize = 7;

/// With a comma among them they are more likely a postal code and the number of a house.
const LISTED_DIGITS: usize = 9;

/// The same with a plus before them, which no date or span of years has, though a sum may: +1 200 000.
pub(super) const INTERNATIONAL_DIGITS: usize = 9;

/// A whole number of the country, with the country's code.
pub(super) const NATIONAL: (&str, usize) = ("998", 12);

/// What words for an application begin with, in capitals.
pub(super) const APPLICATIONS: [&str; 9] = [
    "ARIZA",
    "ARZA",
    "APPLICATION",
    "ZAYAVLENI",
    "ZAYAVK",
    "АРИЗА",
    "АРЗА",
    "ЗАЯВЛЕНИ",
    "ЗАЯВК",
];

/// The numbers of applications that stand in words.
const LEN_OF_AN_APPLICATION: usize = 8;

/// The most digits of a decision's number beside its date.
pub(super) const OF_A_DECISION: usize = 5;

/// Read with digits for some of its letters, a text has to have nearly a whole number, with the
/// operator's code.
const UNDISGUISED_DIGITS: usize = 8;

impl Skeleton {
    pub(super) fn has_phone(&self) -> bool {
        let undisguised = || self.undisguised();
        self.has_number(PHONE_DIGITS)
            || self.has_cut_number()
            || undisguised()
                .is_some_and(|text| text.has_number(UNDISGUISED_DIGITS) || text.has_cut_number())
            || self.has_grouped_number()
    }

    /// Whether it has a code to dial, or a number to call of at least so many digits.
    fn has_number(&self, least: usize) -> bool {
        let mut index = 0;
        while index < self.0.len() {
            if !self.is_digit(index) {
                index += 1;
                continue;
            }
            let by_right = self
                .end_of_an_application(index)
                .or_else(|| self.end_of_a_parcel(index))
                .or_else(|| self.end_of_a_document(index))
                .or_else(|| self.end_of_a_case(index))
                .or_else(|| self.end_of_a_norm(index))
                .or_else(|| self.end_of_a_law(index))
                .or_else(|| self.end_of_a_registered(index))
                .or_else(|| self.end_of_a_series(index))
                .or_else(|| self.end_of_a_masked_card(index))
                .or_else(|| self.end_of_a_place(index))
                .filter(|end| {
                    !self.is_behind_a_call(index) && !has_national(&self.groups(index, *end))
                });
            if let Some(after) = by_right {
                index = after;
                continue;
            }
            let end = self.end_of_number(index);
            if self.is_code_to_dial(index, end) || self.is_number_to_call(index, end, least) {
                return true;
            }
            index = end;
        }
        false
    }

    /// A digit, or a letter that stands for one between digits.
    pub(super) fn is_digit(&self, index: usize) -> bool {
        let plain = |each: char| each.is_ascii_digit() || matches!(each, '²' | '³');
        let between = || {
            let before = index.checked_sub(1).map_or(' ', |before| self.at(before));
            plain(before) && (plain(self.at(index + 1)) || is_like_a_digit(self.at(index + 1)))
        };
        let each = self.at(index);
        plain(each) || (is_like_a_digit(each) && between())
    }

    /// Where the digits end that begin here, with signs and no letters between them, and no number of a land parcel or of
    /// a court's case.
    pub(super) fn end_of_number(&self, start: usize) -> usize {
        let (mut end, mut index) = (start + 1, start + 1);
        while index < self.0.len() {
            let begins = index > end && self.is_digit(index);
            if begins && (self.end_of_a_parcel(index).is_some() || self.begins_a_case(index)) {
                break;
            }
            if self.is_digit(index) {
                end = index + 1;
            } else if self.at(index).is_alphabetic() && !self.is_times(index) {
                break;
            }
            index += 1;
        }
        end
    }

    /// An x between digits, as in 2x3, which is no word.
    fn is_times(&self, index: usize) -> bool {
        let before = index.checked_sub(1).is_some_and(|it| self.is_digit(it));
        matches!(self.at(index), 'x' | 'X' | 'х' | 'Х') && before && self.is_digit(index + 1)
    }

    /// `*880#` and the like; of `* 880 #` both signs, since an item of a list begins with a star, too.
    fn is_code_to_dial(&self, start: usize, end: usize) -> bool {
        let before = self.0.get(..start).unwrap_or_default();
        let after = self.0.get(end..).unwrap_or_default();
        let is_sign = |each: &&char| !each.is_alphanumeric();
        before.last() == Some(&'*')
            || after.first() == Some(&'#')
            || (before
                .iter()
                .rev()
                .take_while(is_sign)
                .any(|each| *each == '*')
                && after.iter().take_while(is_sign).any(|each| *each == '#'))
    }

    pub(super) fn is_number_to_call(&self, start: usize, end: usize, least: usize) -> bool {
        let groups = self.groups(start, end);
        let is_amount = is_amount(&groups) && !is_behind_a_prefix(&groups);
        if self.is_international(start, end) || (has_national(&groups) && !is_amount) {
            return true;
        }
        self.is_local(start, end, least)
    }

    /// Whether these digits, of which nothing says that they are a whole number with its country's code, are one to call.
    fn is_local(&self, start: usize, end: usize, least: usize) -> bool {
        let mut places = start..end;
        let dated = places.find_map(|at| Some((at, self.end_of_a_date_in_brackets(at)?)));
        if let Some((opens, closes)) = dated {
            let before = (start..opens).rfind(|at| self.is_digit(*at));
            return before.is_some_and(|last| self.is_local(start, last + 1, least))
                || self.is_local(closes, end, least);
        }
        let groups = self.without_sum_of_money(self.groups(start, end), end);
        // Letters that are read as digits are more likely those of a house or a class.
        if least == PHONE_DIGITS && groups.chunk_by(is_together).any(is_around_a_date) {
            return true;
        }
        let listed = groups
            .iter()
            .any(|(sign, _)| matches!(sign, ',' | ';' | '№' | '×' | 'x' | 'X' | 'х' | 'Х'));
        let least = match listed {
            true => LISTED_DIGITS,
            false if ends_like_a_number(&groups) => PHONE_DIGITS,
            false => least,
        };
        !(is_amount(&groups) && (!is_behind_a_prefix(&groups) || self.is_before_a_currency(end)))
            && !is_span_of_amounts(&groups)
            && !is_house_and_postal_code(&groups)
            && beside_dates_and_hours(&without_listed_sums(groups)).digits >= least
    }

    /// Whether a plus stands before a whole number in these digits: then they are no dates, hours or years.
    fn is_international(&self, start: usize, end: usize) -> bool {
        let before = self.0.get(..start).unwrap_or_default();
        let signs = before.iter().rev();
        let signs = signs.take_while(|each| !each.is_alphanumeric()).count();
        let (mut plus, mut digits) = (false, 0);
        for index in start - signs..end {
            if self.is_digit(index) {
                digits += usize::from(plus);
            } else if self.at(index) == '+' {
                (plus, digits) = (true, 0);
            } else if self.at(index).is_alphabetic() {
                (plus, digits) = (false, 0);
            }
        }
        digits >= INTERNATIONAL_DIGITS
    }

    /// The digits from here to there in groups, each with the sign before it.
    pub(super) fn groups(&self, start: usize, end: usize) -> Vec<(char, String)> {
        let mut groups: Vec<(char, String)> = Vec::new();
        let mut sign = Some(' ');
        for index in start..end {
            if !self.is_digit(index) {
                sign = sign.filter(|sign| *sign != ' ').or(Some(self.at(index)));
                continue;
            }
            // A letter counts as one digit, however many octets it has.
            let digit = digit(self.at(index)).unwrap_or(self.at(index));
            if let Some(sign) = sign.take() {
                groups.push((sign, digit.into()));
            } else if let Some((_, group)) = groups.last_mut() {
                group.push(digit);
            }
        }
        groups
    }

    /// Where `N48120973` or `Ariza raqami 48120973` ends, of which these are the first digits: no number to call has eight of
    /// them.
    fn end_of_an_application(&self, start: usize) -> Option<usize> {
        let end = start + LEN_OF_AN_APPLICATION;
        let is_whole = (start..end).all(|it| self.at(it).is_ascii_digit());
        let is_named = || {
            let naming = self.naming(start);
            naming.is_numbered() || naming.begins(&APPLICATIONS)
        };
        let ends = || {
            let after = self.at(end);
            (matches!(after, ',' | ';' | ')') && !self.is_whole_with_more(start, end))
                || (self.end_of_number(start) == end && !after.is_alphabetic())
        };
        (is_whole && is_named() && ends()).then_some(end)
    }

    /// Whether the digits that go on behind a comma make a whole number with these: `N90123456, 7`, but not `N90123456, 7-uy`.
    fn is_whole_with_more(&self, start: usize, end: usize) -> bool {
        let run = self.end_of_number(end - 1);
        let beyond = self.without_sum_of_money(self.groups(end, run), run);
        let is_item = self.at(run) == '-' && self.at(run + 1).is_alphabetic();
        if beside_dates_and_hours(&beyond).digits == 0 || (is_item && beyond.len() == 1) {
            return false;
        }
        let mut number = self.groups(start, end).into_iter().chain(beyond);
        let mut digits = String::new();
        number.any(|(_, group)| {
            digits.push_str(&group);
            is_whole_number(&digits)
        })
    }
}

/// O and I, which are digits between two others in any word.
fn is_like_a_digit(character: char) -> bool {
    matches!(digit(character), Some('0' | '1'))
}

/// 123-45-67, in groups as people write them.
fn ends_like_a_number(groups: &[(char, String)]) -> bool {
    matches!(groups, [.., (_, one), (_, two), (_, three)]
        if one.len() == 3 && two.len() == 2 && three.len() == 2)
}

/// 1 200 000: no number to call has one or two digits and then only threes, unless those are a prefix.
fn is_amount(groups: &[(char, String)]) -> bool {
    let threes = |groups: &[(char, String)]| {
        groups
            .iter()
            .all(|(sign, group)| *sign == ' ' && group.len() == 3)
    };
    matches!(groups, [(_, first), rest @ ..] if first.len() <= 2 && threes(rest))
}

/// 0 901 234 567, 8 712 000 055 and 8 998 901 234 567: calls to elsewhere begin so.
fn is_behind_a_prefix(groups: &[(char, String)]) -> bool {
    match groups {
        [(_, first), ..] if first.starts_with('0') => true,
        [(_, first), rest @ ..] if first == "8" => {
            rest.len() == 3 || rest.first().is_some_and(|(_, next)| next == NATIONAL.0)
        }
        _ => false,
    }
}

/// 500 000 – 1 000 000: from one round sum to a larger one, which no number to call is like.
fn is_span_of_amounts(groups: &[(char, String)]) -> bool {
    let to = |(sign, _): &(char, String)| matches!(sign, '-' | '–' | '—');
    let Some(middle) = groups.iter().skip(1).position(to) else {
        return false;
    };
    let (from, to) = groups.split_at(middle + 1);
    let (from, to) = (round_sum(from), round_sum(to));
    from.is_some_and(|from| to.is_some_and(|to| from < to))
}

/// The groups without the sums among several that commas part.
fn without_listed_sums(groups: Vec<(char, String)>) -> Vec<(char, String)> {
    let is_sum = |listed: &[(char, String)]| {
        let is_part = (3..groups.len()).contains(&listed.len());
        is_part && is_amount(listed) && round_sum(listed).is_some()
    };
    let listed = groups.chunk_by(is_together);
    listed.filter(|it| !is_sum(it)).flatten().cloned().collect()
}

/// In threes, with at least two zeros at its end.
fn round_sum(groups: &[(char, String)]) -> Option<u64> {
    let [(_, first), rest @ ..] = groups else {
        return None;
    };
    let mut threes = rest.iter();
    let in_threes = first.len() <= 3
        && !first.starts_with('0')
        && !rest.is_empty()
        && threes.all(|(sign, group)| *sign == ' ' && group.len() == 3);
    let digits: String = groups.iter().map(|(_, group)| group.as_str()).collect();
    (in_threes && digits.ends_with("00"))
        .then(|| digits.parse().ok())
        .flatten()
}

/// Whether a whole number with the country's code begins with one of these groups, after 00 or 8 10 maybe.
fn has_national(groups: &[(char, String)]) -> bool {
    let (code, whole) = NATIONAL;
    (0..groups.len()).any(|first| {
        let groups = groups.iter().skip(first);
        let digits: String = groups.map(|(_, digits)| digits.as_str()).collect();
        let abroad = ["00", "810"].iter().find_map(|it| digits.strip_prefix(it));
        let digits = abroad.unwrap_or(&digits);
        digits.starts_with(code) && digits.chars().count() >= whole
    })
}

/// No comma or semicolon parts these groups.
fn is_together(_: &(char, String), (sign, _): &(char, String)) -> bool {
    !matches!(sign, ',' | ';')
}

/// 90 12:34 567, 9 01.12.2034: what looks like a date or an hour has digits beside it, and all are enough for a whole
/// number; or on both sides, 90 12:34 56, as no date and hour have.
fn is_around_a_date(groups: &[(char, String)]) -> bool {
    let all: usize = groups.iter().map(|(_, group)| group.len()).sum();
    let beside = beside_dates_and_hours(groups);
    let all = all - beside.years;
    let least = match beside.first && beside.last {
        true => PHONE_DIGITS,
        false => LISTED_DIGITS,
    };
    all >= least && (1..all).contains(&beside.digits)
}

/// 125, 100170: a house and a postal code. No number to call has nine digits and begins with a one.
fn is_house_and_postal_code(groups: &[(char, String)]) -> bool {
    matches!(groups, [(_, first), (',', second)]
        if first.starts_with('1') && matches!((first.len(), second.len()), (3, 6) | (6, 3)))
}

/// The number of a document that was made on the day before it; empty: there is none.
fn of_a_day(groups: &[(char, String)]) -> &[(char, String)] {
    let length = match groups {
        [('№', number), ..] if groups_of_a_document(groups) == 0 => {
            usize::from(number.len() <= OF_A_DECISION)
        }
        groups => groups_of_a_document(groups),
    };
    groups.get(..length).unwrap_or_default()
}

/// What stands beside dates and hours.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) digits: usize,
    /// Whether the first group, and the last one, are of these.
    first: bool,
    last: bool,
    /// How many digits are of spans of years and of the numbers of decisions, and so are not of these.
    years: usize,
}

/// The digits that are neither of a date, 01.12.2026 or 2026-12-01, nor of a span of years, 2026-2027,
/// nor of an hour, 10:30 or 9.00, or of a span of these, 08.15-17.45.
pub(super) fn beside_dates_and_hours(groups: &[(char, String)]) -> Beside {
    let within = |group: &str, most: u32| {
        group.len() <= 2 && group.parse().is_ok_and(|number: u32| number <= most)
    };
    let year =
        |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let dotted_hour = |hour: &str, minute: &str| {
        within(hour, 24)
            && minute.len() == 2
            && minute
                .parse()
                .is_ok_and(|it: u32| it < 60 && it.is_multiple_of(5))
    };
    let date = |first: &str, one: char, second: &str, other: char, third: &str| {
        one == other
            && matches!(one, '.' | '-' | '/')
            && ((within(first, 31) && within(second, 12) && third.len() == 4)
                || (first.len() == 4 && within(second, 12) && within(third, 31)))
    };
    let mut beside = Beside::default();
    let mut rest = groups;
    while let [(_, first), others @ ..] = rest {
        let taken = match others {
            // A contract or a decision of a day: 15.03.2024 № 2024/11-45, 15.03.2024 № 123.
            [(one, second), (other, third), document @ ..]
                if date(first, *one, second, *other, third) && !of_a_day(document).is_empty() =>
            {
                let document = of_a_day(document);
                beside.years += document.iter().map(|(_, it)| it.len()).sum::<usize>();
                3 + document.len()
            }
            [(one, second), (other, third), ..] if date(first, *one, second, *other, third) => 3,
            [
                ('.', one),
                ('-' | '–' | '—', second),
                ('.', two),
                after @ ..,
            ] if dotted_hour(first, one)
                && dotted_hour(second, two)
                && !matches!(after, [('-' | '.', _), ..]) =>
            {
                4
            }
            [('-' | '–' | '/', second), after @ ..]
                if year(first) && year(second) && !matches!(after, [('-' | '–', _), ..]) =>
            {
                beside.years += first.len() + second.len();
                2
            }
            [(sign, second), ..]
                if within(first, 24)
                    && second.len() == 2
                    && (*sign == ':' && within(second, 59)
                        || *sign == '.' && matches!(second.as_str(), "00" | "30")) =>
            {
                2
            }
            _ => {
                beside.digits += first.len();
                beside.first |= rest.len() == groups.len();
                beside.last = others.is_empty();
                1
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    beside
}
